//! Whether a store is as write-once as it was required to be.
//!
//! It deliberately only compares and advises: the collector has no permission to change a store's protection, and asks
//! for none.

use super::{Store, StoreError, StoreErrorKind};
use evidenced_schemas::config::RetentionDays;
use evidenced_schemas::statement::{Retention, RetentionMode};

/// What a store says of write-once protection. One that does not say stops nothing.
pub async fn told(store: &dyn Store) -> Retention {
    store.retention().await.unwrap_or_else(|error| unsaid(store, error))
}

fn unsaid(store: &dyn Store, error: StoreError) -> Retention {
    tracing::warn!(store = store.url(), %error, "the store did not say whether it is write-once");
    Retention { mode: RetentionMode::Unknown, days: None, reason: Some(error.what) }
}

/// Asks how a store protects new objects, logs it, and holds it against what is required.
///
/// # Errors
/// As [`require`]; and when something is required while the store does not answer.
pub async fn check(store: &dyn Store, required: Option<RetentionDays>) -> Result<(), StoreError> {
    let told = match store.retention().await {
        Ok(told) => told,
        Err(error) if required.is_some() && error.kind == StoreErrorKind::Unavailable => return Err(error),
        Err(error) => unsaid(store, error),
    };
    tracing::info!(
        store = store.url(),
        mode = told.mode.as_str(),
        days = told.days,
        reason = told.reason,
        "what the store says of write-once protection"
    );
    required.map_or(Ok(()), |required| require(store.url(), required, &told))
}

/// Holds what a store says against what is required. Only a mode that nobody can lift counts, and only where the store says
/// for how many days.
///
/// # Errors
/// [`StoreErrorKind::NotThere`], the configuration's, when the store protects less, or does not say.
pub fn require(url: &str, required: RetentionDays, told: &Retention) -> Result<(), StoreError> {
    let has = match (told.mode, told.days) {
        (RetentionMode::Compliance, Some(days)) if days >= required.days() => return Ok(()),
        (RetentionMode::Compliance, Some(days)) => format!("the store keeps new objects for {days} days"),
        (RetentionMode::Compliance, None) => "the store does not say for how many days it keeps new objects".to_owned(),
        (RetentionMode::Governance, days) => {
            let days = days.map_or_else(String::new, |days| format!(" for {days} days"));
            format!("the store keeps new objects{days} in a mode that a privileged identity can lift (governance)")
        }
        (RetentionMode::None, _) => "the store does not protect new objects".to_owned(),
        (RetentionMode::Unknown, _) => {
            format!("the store did not say how it protects new objects ({})", told.reason.as_deref().unwrap_or("-"))
        }
    };
    let advice = advice(url, required, told.mode == RetentionMode::Unknown);
    let what = format!("store.require_retention is {required}, and {has}: {advice}");
    Err(StoreError::new(url, StoreErrorKind::NotThere, what))
}

/// What to do: which permission the collector lacks, or what the store's owner sets.
fn advice(url: &str, required: RetentionDays, unknown: bool) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("file", url));
    let mut parts = rest.split(['/', '?']);
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let days = required.days();
    match (scheme, unknown) {
        ("s3", true) => "give the collector s3:GetBucketObjectLockConfiguration on the bucket".to_owned(),
        ("s3", false) => format!(
            "the bucket's owner sets it, on a bucket with Object Lock: aws s3api put-object-lock-configuration --bucket \
             {first} --object-lock-configuration '{{\"ObjectLockEnabled\": \"Enabled\", \"Rule\": {{\"DefaultRetention\": \
             {{\"Mode\": \"COMPLIANCE\", \"Days\": {days}}}}}}}'"
        ),
        ("gs", true) => "give the collector storage.buckets.get on the bucket".to_owned(),
        ("gs", false) => format!(
            "the bucket's owner sets and locks it: gcloud storage buckets update gs://{first} --retention-period={days}d, \
             then gcloud storage buckets update gs://{first} --lock-retention-period"
        ),
        ("az", true) => format!(
            "name the account's resource in the URL, az://{first}/{second}?subscription=ID&resource_group=NAME, and give \
             the collector Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/read"
        ),
        ("az", false) => format!(
            "the account's owner sets and locks it: az storage container immutability-policy create --account-name {first} \
             --container-name {second} --period {days}, then az storage container immutability-policy lock"
        ),
        _ => "a folder has no write-once protection: use an s3://, gs:// or az:// store, or take require_retention out"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(mode: RetentionMode, days: Option<u64>) -> Retention {
        let reason = (mode == RetentionMode::Unknown).then(|| "s3:GetObjectLockConfiguration denied".to_owned());
        Retention { mode, days, reason }
    }

    #[test]
    fn only_locked_days_count() {
        let required = RetentionDays::try_from("400d".to_owned()).unwrap();
        let check = |mode, days| require("s3://bucket/p", required, &told(mode, days));
        assert!(check(RetentionMode::Compliance, Some(400)).is_ok());
        assert!(check(RetentionMode::Compliance, Some(730)).is_ok());
        for (mode, days, says) in [
            (RetentionMode::Compliance, Some(399), "keeps new objects for 399 days"),
            (RetentionMode::Compliance, None, "does not say for how many days"),
            (RetentionMode::Governance, Some(4000), "for 4000 days in a mode that a privileged identity can lift"),
            (RetentionMode::None, None, "does not protect new objects"),
            (RetentionMode::Unknown, None, "s3:GetObjectLockConfiguration denied"),
        ] {
            let said = check(mode, days).unwrap_err().to_string();
            assert!(said.starts_with("s3://bucket/p: store.require_retention is 400d, and the store"), "{said}");
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn the_advice_is_that_of_the_kind_of_store() {
        let required = RetentionDays::try_from("30d".to_owned()).unwrap();
        for (url, mode, says) in [
            ("s3://bucket/p", RetentionMode::None, "--bucket bucket --object-lock-configuration"),
            ("s3://bucket", RetentionMode::Unknown, "s3:GetBucketObjectLockConfiguration"),
            ("gs://bucket/p", RetentionMode::Governance, "gs://bucket --lock-retention-period"),
            ("gs://bucket/p", RetentionMode::Unknown, "storage.buckets.get"),
            ("az://account/container/p", RetentionMode::None, "--account-name account --container-name container"),
            ("az://account/container", RetentionMode::Unknown, "az://account/container?subscription="),
            ("file:///srv/evidence", RetentionMode::None, "a folder has no write-once protection"),
            ("evidence", RetentionMode::None, "a folder has no write-once protection"),
        ] {
            let said = require(url, required, &told(mode, None)).unwrap_err().to_string();
            assert!(said.contains(says), "{said}");
        }
    }
}
