//! What Cloud Storage's answers say of write-once protection, in the format's words.
//!
//! A locked policy, and an object's retention in mode `Locked`, can be removed or shortened by nobody: compliance. What is
//! not locked can be, by who may change the bucket or the object: governance.
//! Documentation: <https://cloud.google.com/storage/docs/bucket-lock>, <https://cloud.google.com/storage/docs/object-lock>

use super::json::{BucketAnswer, ObjectAnswer};
use super::{Hold, Retention};
use evidenced_connectors::exchange::CollectError;
use evidenced_schemas::statement::RetentionMode;
use evidenced_schemas::{GapReason, Instant};

const DAY: u64 = 86_400;

/// Protection of new objects. A refusal is told; what may pass is an error.
pub(super) fn of_bucket(answer: Result<BucketAnswer, CollectError>) -> Result<Retention, CollectError> {
    let unknown = |reason: String| Retention { mode: RetentionMode::Unknown, days: None, reason: Some(reason) };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) if may_pass(&error) => return Err(error),
        Err(error) => return Ok(unknown(needs(&error, "storage.buckets.get"))),
    };
    let Some(policy) = answer.retention_policy else {
        return Ok(Retention { mode: RetentionMode::None, days: None, reason: None });
    };
    let Ok(seconds) = policy.retention_period.parse::<u64>() else {
        return Ok(unknown(format!("the bucket's retention period is `{}`", policy.retention_period)));
    };
    Ok(Retention { mode: mode(policy.is_locked), days: Some(seconds / DAY), reason: None })
}

/// Protection of one object in a bucket with this retention. A refusal is told; what may pass is an error.
pub(super) fn of_object(answer: Result<ObjectAnswer, CollectError>, bucket: &Retention) -> Result<Hold, CollectError> {
    let unknown = |until, reason: String| Hold { mode: RetentionMode::Unknown, until, reason: Some(reason) };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) if may_pass(&error) => return Err(error),
        Err(error) => return Ok(unknown(None, needs(&error, "storage.objects.get"))),
    };
    let mut holds = Vec::new();
    if let Some(text) = &answer.retention_expiration_time {
        let Ok(until) = Instant::try_from(text.clone()) else {
            return Ok(unknown(None, format!("the object is kept until `{text}`, which is no time")));
        };
        holds.push(match bucket.mode {
            RetentionMode::Compliance | RetentionMode::Governance => {
                Hold { mode: bucket.mode, until: Some(until), reason: None }
            }
            // The policy was removed or refused between the two answers: whether it is locked is not known.
            _ => {
                unknown(Some(until), bucket.reason.clone().unwrap_or_else(|| "the bucket's policy changed".to_owned()))
            }
        });
    }
    if let Some(own) = &answer.retention {
        let Ok(until) = Instant::try_from(own.retain_until_time.clone()) else {
            return Ok(unknown(
                None,
                format!("the object is kept until `{}`, which is no time", own.retain_until_time),
            ));
        };
        holds.push(match own.mode.as_str() {
            "Locked" => Hold { mode: RetentionMode::Compliance, until: Some(until), reason: None },
            "Unlocked" => Hold { mode: RetentionMode::Governance, until: Some(until), reason: None },
            other => unknown(Some(until), format!("the object's retention has the mode {other}")),
        });
    }
    // Whoever may change the object may end these.
    if answer.temporary_hold || answer.event_based_hold {
        holds.push(Hold { mode: RetentionMode::Governance, until: None, reason: None });
    }
    Ok(holds.into_iter().max_by_key(|hold| (strength(hold.mode), hold.until)).unwrap_or(Hold::NONE))
}

/// The strongest protection is told, and of two alike the longer one. What is not known is the weakest.
fn strength(mode: RetentionMode) -> u8 {
    match mode {
        RetentionMode::Compliance => 3,
        RetentionMode::Governance => 2,
        RetentionMode::Unknown => 1,
        RetentionMode::None => 0,
    }
}

fn mode(is_locked: bool) -> RetentionMode {
    if is_locked { RetentionMode::Compliance } else { RetentionMode::Governance }
}

fn may_pass(error: &CollectError) -> bool {
    use GapReason as K;
    matches!(error.kind, K::Throttled | K::Unavailable | K::Timeout | K::Cancelled)
}

fn needs(error: &CollectError, permission: &str) -> String {
    match error.kind {
        GapReason::Denied => format!("{}: the identity needs {permission}", error.sentence()),
        _ => error.sentence(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn bucket(answer: Value) -> Retention {
        of_bucket(Ok(serde_json::from_value(answer).unwrap())).unwrap()
    }

    fn object(answer: Value, bucket: &Retention) -> Hold {
        of_object(Ok(serde_json::from_value(answer).unwrap()), bucket).unwrap()
    }

    fn error(kind: GapReason) -> CollectError {
        CollectError { kind, ..CollectError::malformed("storage", "buckets.get", "global", "no", Vec::new()) }
    }

    #[test]
    fn a_policy_is_told_in_whole_days() {
        let told = bucket(json!({"retentionPolicy": {"retentionPeriod": "172799", "isLocked": true}}));
        assert_eq!((told.mode, told.days), (RetentionMode::Compliance, Some(1)), "never more than there is");
        let told = bucket(json!({"retentionPolicy": {"retentionPeriod": "34560000"}}));
        assert_eq!((told.mode, told.days), (RetentionMode::Governance, Some(400)));
        assert_eq!(bucket(json!({})).mode, RetentionMode::None);
        let told = bucket(json!({"retentionPolicy": {"retentionPeriod": "-1", "isLocked": true}}));
        assert_eq!((told.mode, told.days), (RetentionMode::Unknown, None));
    }

    #[test]
    fn a_refusal_is_told_and_an_outage_is_an_error() {
        let told = of_bucket(Err(error(GapReason::Denied))).unwrap();
        assert_eq!(told.mode, RetentionMode::Unknown);
        assert!(told.reason.unwrap().contains("storage.buckets.get"));
        assert!(of_bucket(Err(error(GapReason::Unavailable))).is_err());
        let none = bucket(json!({}));
        assert_eq!(of_object(Err(error(GapReason::Denied)), &none).unwrap().mode, RetentionMode::Unknown);
        assert!(of_object(Err(error(GapReason::Timeout)), &none).is_err());
    }

    #[test]
    fn the_strongest_hold_is_told() {
        let none = bucket(json!({}));
        let locked = bucket(json!({"retentionPolicy": {"retentionPeriod": "86400", "isLocked": true}}));
        let unlocked = bucket(json!({"retentionPolicy": {"retentionPeriod": "86400"}}));
        let at = |text: &str| Some(Instant::try_from(text.to_owned()).unwrap());
        let by_policy = json!({"retentionExpirationTime": "2027-01-01T00:00:00Z"});
        let hold = object(by_policy.clone(), &locked);
        assert_eq!((hold.mode, hold.until), (RetentionMode::Compliance, at("2027-01-01T00:00:00.000Z")));
        assert_eq!(object(by_policy.clone(), &unlocked).mode, RetentionMode::Governance);
        let hold = object(by_policy, &none);
        assert_eq!((hold.mode, hold.until.is_some(), hold.reason.is_some()), (RetentionMode::Unknown, true, true));

        let own = json!({
            "retentionExpirationTime": "2030-01-01T00:00:00Z",
            "retention": {"mode": "Locked", "retainUntilTime": "2028-01-01T00:00:00Z"},
        });
        let hold = object(own.clone(), &unlocked);
        assert_eq!((hold.mode, hold.until), (RetentionMode::Compliance, at("2028-01-01T00:00:00.000Z")));
        assert_eq!(object(own, &locked).until, at("2030-01-01T00:00:00.000Z"), "the longer of two alike");

        let hold = object(json!({"eventBasedHold": true}), &locked);
        assert_eq!((hold.mode, hold.until), (RetentionMode::Governance, None));
        assert_eq!(object(json!({"temporaryHold": false}), &locked), Hold::NONE);
        let odd = json!({"retention": {"mode": "Firm", "retainUntilTime": "2028-01-01T00:00:00Z"}});
        assert_eq!(object(odd, &locked).mode, RetentionMode::Unknown);
    }
}
