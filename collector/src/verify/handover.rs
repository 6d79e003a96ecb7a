//! Changes of the signing key along a stream: whether the old key's holder handed over to the new one.
//!
//! Which keys are to be trusted is deliberately not decided here: a new key that the verifier gave is good with or without the
//! old one's signature. Without it nothing shows that both have the same owner, and that is worth a question.

use super::report::Warning;
use evidenced_schemas::Digest;
use serde::Serialize;

/// The first statement of a new key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyChange {
    /// Its number.
    pub sequence: u64,
    /// Ids of the keys that signed the statement before.
    pub from: Vec<Digest>,
    /// Ids of the keys that sign for the first time.
    pub to: Vec<Digest>,
    /// True when a key of the statement before signed this one too.
    pub endorsed: bool,
}

impl KeyChange {
    /// The change between a statement, signed by `now`, and the one before it; none when no key is new.
    pub(super) fn between(before: &[Digest], now: &[Digest], sequence: u64) -> Option<Self> {
        let to: Vec<Digest> = now.iter().filter(|key| !before.contains(key)).cloned().collect();
        if before.is_empty() || to.is_empty() {
            return None;
        }
        Some(Self { sequence, from: before.to_vec(), endorsed: to.len() < now.len(), to })
    }

    /// What a reader should know of it, where the old key did not sign.
    pub(super) fn warning(&self, stream: &str, file: &str) -> Option<Warning> {
        let list = |keys: &[Digest]| keys.iter().map(Digest::as_str).collect::<Vec<_>>().join(", ");
        let what = format!(
            "key changed without the old key's signature: signed by {}, the statement before by {}. Ask for when and why, and \
             whether both keys are the collector's",
            list(&self.to),
            list(&self.from)
        );
        (!self.endorsed).then(|| Warning { stream: Some(stream.to_owned()), file: file.to_owned(), what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_endorsed_by_a_key_of_the_statement_before() {
        let key = |name: &str| Digest::of(name.as_bytes());
        let (old, new) = (key("old"), key("new"));
        let between = |before: &[&Digest], now: &[&Digest]| {
            let list = |keys: &[&Digest]| keys.iter().map(|key| (*key).clone()).collect::<Vec<_>>();
            KeyChange::between(&list(before), &list(now), 7)
        };
        assert_eq!(between(&[&old], &[&old]), None);
        assert_eq!(between(&[], &[&new]), None, "nothing is known of the statement before");
        let endorsed = between(&[&old], &[&new, &old]).unwrap();
        assert_eq!((&endorsed.from, &endorsed.to), (&vec![old.clone()], &vec![new.clone()]));
        assert!(endorsed.endorsed && endorsed.warning("s", "f").is_none());
        assert_eq!(between(&[&new, &old], &[&new]), None, "the handover is over");
        let alone = between(&[&old], &[&new]).unwrap();
        let warning = alone.warning("s", "f").unwrap();
        assert!(warning.what.starts_with("key changed without the old key's signature"), "{warning:?}");
    }
}
