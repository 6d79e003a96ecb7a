//! What still protects the objects of a stream: asked of the store, object by object.
//!
//! It is information and no problem: evidence that is not protected may be whole, and evidence that is protected has been
//! checked elsewhere. Only the store can be believed here, so it is asked now, and nothing of it is taken from statements.

use crate::store::{Hold, Store, StoreError};
use chrono::{DateTime, Utc};
use evidenced_schemas::Instant;
use evidenced_schemas::statement::RetentionMode;
use futures::StreamExt as _;
use serde::Serialize;
use std::collections::BTreeMap;

/// Objects that are asked about at once.
const AT_ONCE: usize = 16;
/// Objects that are named because nothing protects them; all of them are counted.
const NAMED: usize = 100;

/// What protects the objects of a stream: its ledger files, and the files of the bundles that were checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Protected {
    /// Objects that were asked about.
    pub objects: u64,
    /// Those that are under retention now, by mode.
    pub modes: BTreeMap<RetentionMode, u64>,
    /// When the first of these may be changed or removed; null when nothing is protected, or without an end.
    pub until_min: Option<Instant>,
    /// When the last of them may be.
    pub until_max: Option<Instant>,
    /// Objects that nothing ever protected, as far as the store says.
    pub unprotected: u64,
    /// Objects whose retention is over: no longer protected.
    pub no_longer: u64,
    /// Objects of which the store did not say.
    pub unknown: u64,
    /// Why not, and of how many.
    pub reasons: BTreeMap<String, u64>,
    /// The first of the objects that are not protected now, or of which it is not known.
    pub exposed: Vec<String>,
}

/// Asks about these objects, as of `now`.
pub(super) async fn protection(store: &dyn Store, keys: &[&str], now: DateTime<Utc>) -> Protected {
    let mut holds =
        futures::stream::iter(keys).map(|key| async move { (*key, store.hold(key).await) }).buffered(AT_ONCE);
    let mut protected = Protected::default();
    while let Some((key, hold)) = holds.next().await {
        protected.count(key, hold, now);
    }
    protected
}

impl Protected {
    /// Objects that are under retention now.
    pub fn held(&self) -> u64 {
        self.modes.values().sum()
    }

    fn count(&mut self, key: &str, hold: Result<Hold, StoreError>, now: DateTime<Utc>) {
        self.objects += 1;
        let counted = match hold {
            Ok(Hold { mode: RetentionMode::None, .. }) => &mut self.unprotected,
            Ok(Hold { mode: RetentionMode::Unknown, reason, .. }) => {
                let reason = reason.unwrap_or_else(|| "the store gave no reason".to_owned());
                *self.reasons.entry(reason).or_default() += 1;
                &mut self.unknown
            }
            Ok(Hold { until: Some(until), .. }) if until.utc() <= now => &mut self.no_longer,
            Ok(Hold { mode, until, .. }) => {
                *self.modes.entry(mode).or_default() += 1;
                self.until_min = self.until_min.into_iter().chain(until).min();
                self.until_max = self.until_max.max(until);
                return;
            }
            Err(error) => {
                // The cause does not name the object, so that a store that is away is one reason and not thousands.
                let reason = error.source.as_ref().map_or_else(|| error.what.clone(), ToString::to_string);
                *self.reasons.entry(reason).or_default() += 1;
                &mut self.unknown
            }
        };
        *counted += 1;
        if self.exposed.len() < NAMED {
            self.exposed.push(key.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreErrorKind;

    fn at(text: &str) -> Instant {
        Instant::try_from(text.to_owned()).unwrap()
    }

    fn held(mode: RetentionMode, until: &str) -> Hold {
        Hold { mode, until: Some(at(until)), reason: None }
    }

    #[test]
    fn each_object_counts_once_as_what_it_is_now() {
        let now = at("2026-03-01T00:00:00Z");
        let refused = Hold { mode: RetentionMode::Unknown, until: None, reason: Some("denied".to_owned()) };
        let away = |key: &str| {
            Err(StoreError::new("s3://b", StoreErrorKind::Unavailable, format!("`{key}` cannot be asked about"))
                .caused_by("connection refused"))
        };
        let mut told = Protected::default();
        for (key, hold) in [
            ("a", Ok(held(RetentionMode::Compliance, "2027-01-01T00:00:00Z"))),
            ("b", Ok(held(RetentionMode::Compliance, "2026-03-01T00:00:00.001Z"))),
            ("c", Ok(held(RetentionMode::Governance, "2026-06-01T00:00:00Z"))),
            ("d", Ok(Hold { mode: RetentionMode::Governance, until: None, reason: None })),
            ("e", Ok(held(RetentionMode::Compliance, "2026-03-01T00:00:00Z"))),
            ("f", Ok(Hold::NONE)),
            ("g", Ok(refused)),
            ("h", away("h")),
            ("i", away("i")),
        ] {
            told.count(key, hold, now.utc());
        }
        assert_eq!((told.objects, told.held(), told.unprotected, told.no_longer, told.unknown), (9, 4, 1, 1, 3));
        let modes = BTreeMap::from([(RetentionMode::Governance, 2), (RetentionMode::Compliance, 2)]);
        assert_eq!(told.modes, modes);
        assert_eq!(told.until_min, Some(at("2026-03-01T00:00:00.001Z")));
        assert_eq!(told.until_max, Some(at("2027-01-01T00:00:00Z")));
        let reasons = [("connection refused".to_owned(), 2), ("denied".to_owned(), 1)];
        assert_eq!(told.reasons, BTreeMap::from(reasons));
        assert_eq!(told.exposed, ["e", "f", "g", "h", "i"]);
    }
}
