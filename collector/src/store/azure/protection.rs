//! What Azure says of write-once protection, in the format's words.
//!
//! A locked policy can be removed or shortened by nobody: compliance. A policy that is not locked, and a legal hold, can be
//! lifted by who may change the container: governance. Blob Storage says that there is a policy and not for how many days:
//! those stand in Resource Manager ([`super::manager`]), which is asked where the URL names the account's resource. It
//! deliberately never takes silence for an answer: what is not told is unknown, with what to do about it.
//!
//! Documentation: <https://learn.microsoft.com/azure/storage/blobs/immutable-storage-overview>.

use super::calls::{BlobSays, ContainerSays};
use super::manager::ManagedPolicy;
use super::{Hold, Retention};
use chrono::TimeDelta;
use evidenced_schemas::Instant;
use evidenced_schemas::statement::RetentionMode;

/// What the URL needs for the days to be known.
const NAME_THE_RESOURCE: &str = "the container has a policy, and Blob Storage does not say which: name the account's \
    resource in the URL, ?subscription=ID&resource_group=NAME";

/// Protection of new objects. `managed` is what Resource Manager says; none where it was not asked.
pub(super) fn of_container(says: ContainerSays, managed: Option<Result<ManagedPolicy, String>>) -> Retention {
    match (says.policy, managed) {
        (None, _) => unknown("the server does not say whether the container has an immutability policy"),
        (Some(true), None) => unknown(NAME_THE_RESOURCE),
        (Some(_), Some(Err(reason))) => unknown(&reason),
        (Some(true), Some(Ok(ManagedPolicy { days: 0, .. }))) => {
            unknown("Blob Storage says that the container has a policy, and Resource Manager that it has none")
        }
        (Some(true), Some(Ok(policy))) => {
            Retention { mode: mode(policy.locked), days: Some(policy.days), reason: None }
        }
        (Some(false), _) if says.by_version => {
            unknown("the container has no policy of its own and takes its account's default one, which is not read")
        }
        // It holds until somebody ends it: for how long is not known.
        (Some(false), _) if says.legal_hold => Retention { mode: RetentionMode::Governance, days: None, reason: None },
        (Some(false), _) => Retention { mode: RetentionMode::None, days: None, reason: None },
    }
}

/// Protection of one object in a container with this retention: the strongest there is, and of two alike the longer.
pub(super) fn of_blob(blob: &BlobSays, container: &Retention) -> Hold {
    let mut holds = Vec::new();
    if let Some(policy) = blob.policy {
        holds.push(Hold { mode: mode(policy.locked), until: policy.until, reason: None });
    } else if container.mode != RetentionMode::None {
        holds.push(by_container(blob, container));
    }
    if blob.legal_hold {
        holds.push(Hold { mode: RetentionMode::Governance, until: None, reason: None });
    }
    holds.into_iter().max_by_key(|hold| (strength(hold.mode), hold.until)).unwrap_or(Hold::NONE)
}

/// A policy on a container counts from each blob's creation.
fn by_container(blob: &BlobSays, container: &Retention) -> Hold {
    let until = match (blob.created, container.days) {
        (Some(created), Some(days)) => after(created, days),
        _ => None,
    };
    let reason = match (container.mode, container.days, until) {
        (RetentionMode::Unknown, ..) => container.reason.clone(),
        (_, Some(_), None) => Some("the server does not say when the object was made".to_owned()),
        _ => return Hold { mode: container.mode, until, reason: None },
    };
    Hold { mode: RetentionMode::Unknown, until: None, reason }
}

fn after(created: Instant, days: u64) -> Option<Instant> {
    let days = TimeDelta::try_days(i64::try_from(days).ok()?)?;
    Some(Instant::new(created.utc().checked_add_signed(days)?))
}

fn mode(locked: bool) -> RetentionMode {
    if locked { RetentionMode::Compliance } else { RetentionMode::Governance }
}

fn strength(mode: RetentionMode) -> u8 {
    match mode {
        RetentionMode::Compliance => 3,
        RetentionMode::Governance => 2,
        RetentionMode::Unknown => 1,
        RetentionMode::None => 0,
    }
}

/// Protection that is not known, with why.
pub(super) fn unknown(reason: &str) -> Retention {
    Retention { mode: RetentionMode::Unknown, days: None, reason: Some(reason.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::super::calls::Policy;
    use super::*;

    const HAS: ContainerSays = ContainerSays { policy: Some(true), legal_hold: false, by_version: false };
    const HAS_NOT: ContainerSays = ContainerSays { policy: Some(false), ..HAS };

    #[allow(clippy::unnecessary_wraps, reason = "the shape that the function under test takes")]
    fn policy(days: u64, locked: bool) -> Option<Result<ManagedPolicy, String>> {
        Some(Ok(ManagedPolicy { days, locked }))
    }

    #[allow(clippy::unnecessary_wraps, reason = "the shape that the function under test takes")]
    fn at(text: &str) -> Option<Instant> {
        Some(Instant::try_from(text.to_owned()).unwrap())
    }

    #[test]
    fn only_what_is_told_is_known() {
        for (says, managed, mode, days, word) in [
            (HAS, policy(400, true), RetentionMode::Compliance, Some(400), ""),
            (HAS, policy(30, false), RetentionMode::Governance, Some(30), ""),
            (HAS, None, RetentionMode::Unknown, None, "?subscription="),
            (HAS, Some(Err("refused".to_owned())), RetentionMode::Unknown, None, "refused"),
            (HAS, policy(0, false), RetentionMode::Unknown, None, "Resource Manager that it has none"),
            (HAS_NOT, None, RetentionMode::None, None, ""),
            (HAS_NOT, policy(0, false), RetentionMode::None, None, ""),
            (ContainerSays { legal_hold: true, ..HAS_NOT }, None, RetentionMode::Governance, None, ""),
            (ContainerSays { by_version: true, ..HAS_NOT }, None, RetentionMode::Unknown, None, "account's default"),
            (ContainerSays::default(), None, RetentionMode::Unknown, None, "does not say whether"),
        ] {
            let told = of_container(says, managed.clone());
            assert_eq!((told.mode, told.days), (mode, days), "{says:?} {managed:?}");
            assert_eq!(told.reason.is_some(), mode == RetentionMode::Unknown, "{told:?}");
            assert!(told.reason.unwrap_or_default().contains(word), "{says:?} {managed:?}");
        }
    }

    #[test]
    fn the_strongest_hold_on_a_blob_is_told() {
        let none = of_container(HAS_NOT, None);
        let locked = of_container(HAS, policy(2, true));
        let unknown = of_container(HAS, None);
        let plain = BlobSays { created: at("2026-01-30T00:00:00.000Z"), ..BlobSays::default() };
        assert_eq!(of_blob(&plain, &none), Hold::NONE);
        let hold = of_blob(&plain, &locked);
        assert_eq!((hold.mode, hold.until), (RetentionMode::Compliance, at("2026-02-01T00:00:00.000Z")));
        assert!(of_blob(&plain, &unknown).reason.unwrap().contains("?subscription="));
        let ageless = BlobSays::default();
        assert_eq!(of_blob(&ageless, &locked).mode, RetentionMode::Unknown);

        let until = at("2027-01-01T00:00:00.000Z");
        for (is_locked, mode) in [(true, RetentionMode::Compliance), (false, RetentionMode::Governance)] {
            let own =
                BlobSays { policy: Some(Policy { locked: is_locked, until }), legal_hold: is_locked, ..plain.clone() };
            let hold = of_blob(&own, &unknown);
            assert_eq!((hold.mode, hold.until, hold.reason), (mode, until, None));
        }
        let frozen = BlobSays { legal_hold: true, ..plain };
        assert_eq!(of_blob(&frozen, &none).mode, RetentionMode::Governance);
    }
}
