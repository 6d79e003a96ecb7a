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

/// True when `pattern`, in which `*` stands for any text and all else for itself, is the whole of `text`.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_nothing_else_does() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("AccessDenied*", "AccessDeniedException", true),
            ("AccessDenied*", "AccessDenied", true),
            ("*UnauthorizedOperation", "Client.UnauthorizedOperation", true),
            ("*UnauthorizedOperation", "Client.UnauthorizedOperation!", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "ac", false),
            ("ab*ba", "aba", false),
            ("?", "a", false),
            ("**", "é", true),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }

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
