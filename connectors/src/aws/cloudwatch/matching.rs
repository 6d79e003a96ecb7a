//! What a pattern makes of an event: it matches, it does not, or nobody here can tell.

use crate::aws::s3::known::Known;

/// Whether a pattern matches; unknown with what of it was not understood.
pub type Match = Known<&'static str>;

/// A match that is not known.
pub(super) fn unknown(what: &'static str) -> Match {
    Known::Unknown(vec![what])
}

/// At least one holds.
pub(super) fn any(matches: impl IntoIterator<Item = Match>) -> Match {
    let mut found = Known::Is(false);
    for one in matches {
        found = found.or(one);
        if found == Known::Is(true) {
            break;
        }
    }
    found
}

/// All hold.
pub(super) fn all(matches: impl IntoIterator<Item = Match>) -> Match {
    any(matches.into_iter().map(Known::negated)).negated()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_settles_the_answer_outweighs_what_is_unknown() {
        let dont_know = || unknown("x");
        assert_eq!(any([Known::Is(false), dont_know(), Known::Is(true)]), Known::Is(true));
        assert_eq!(any([Known::Is(false), dont_know()]), dont_know());
        assert_eq!(all([Known::Is(true), dont_know(), Known::Is(false)]), Known::Is(false));
        assert_eq!(all([Known::Is(true), dont_know()]), dont_know());
        assert_eq!((any([]), all([])), (Known::Is(false), Known::Is(true)));
    }
}
