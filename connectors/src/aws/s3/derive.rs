//! From a bucket as read to its document: `derived`, and a gap for each derived field that cannot be known.

use super::access::{self, ACCOUNT_BLOCK, BUCKET_BLOCK, Fact, POLICY, Way};
use super::account::AccountBlock;
use super::document::BucketDerived;
use super::keys::{Key, Managers};
use super::known::Known;
use super::read::{Reading, TAGS};
use crate::aws::Context;
use crate::aws::policy_document::PolicyDocument;
use crate::aws::resource_policy;
use crate::document::{Draft, Field};
use crate::exchange::CollectError;
use evidenced_schemas::Resource;

/// The document of a bucket. The fields that depend on other resources are left to [`crate::aws::join`].
pub(super) fn document(context: &Context, mut reading: Reading, account: &AccountBlock, keys: &Managers) -> Resource {
    let mut derived = BucketDerived {
        account_public_access_block: reading.draft.take(ACCOUNT_BLOCK, account.clone()),
        ..BucketDerived::default()
    };
    let policy = parsed(&reading);
    exposure(&mut reading, &mut derived, &policy);
    policy_facts(&mut reading, &mut derived, context.account(), &policy);
    derived.key_manager = key_manager(&mut reading, keys);
    derived.classification = match reading.tags.known() {
        Some(tags) => tags.and_then(access::classification).into(),
        None => unknown(&mut reading.draft, "derived.classification", &[TAGS], &policy),
    };
    reading.finish(context, &derived)
}

/// The policy, where there is one and it was read; an error when it is not as the grammar has it.
type Parsed = Result<Option<PolicyDocument>, CollectError>;

fn parsed(reading: &Reading) -> Parsed {
    let Some(document) = reading.config.policy.value() else { return Ok(None) };
    PolicyDocument::from_value(document)
        .map(Some)
        .map_err(|message| CollectError::malformed("s3", "GetBucketPolicy", &reading.region, message, vec![]))
}

/// Leaves a derived field out: with the gaps of the fields that would settle it, or the policy's own trouble.
fn unknown<T>(draft: &mut Draft, path: &str, causes: &[&str], policy: &Parsed) -> Field<T> {
    draft.miss_with(path, causes);
    if let Err(error) = policy
        && causes.contains(&POLICY)
    {
        draft.miss(path, error);
    }
    Field::Unread
}

fn settled(draft: &mut Draft, path: &str, fact: Fact, policy: &Parsed) -> Field<bool> {
    match fact {
        Known::Is(value) => Field::Value(value),
        Known::Unknown(causes) => unknown(draft, path, &causes, policy),
    }
}

/// Who can reach the bucket after every block.
fn exposure(reading: &mut Reading, derived: &mut BucketDerived, policy: &Parsed) {
    let Reading { draft, config, .. } = reading;
    let account = &derived.account_public_access_block;
    derived.effective_public_access_block = match access::effective_block(&config.public_access_block, account) {
        Ok(block) => Field::Value(block),
        Err(causes) => {
            debug_assert!(causes.iter().all(|cause| [BUCKET_BLOCK, ACCOUNT_BLOCK].contains(cause)));
            unknown(draft, "derived.effective_public_access_block", &causes, policy)
        }
    };
    let document = policy.as_ref().ok().and_then(Option::as_ref);
    let read = access::public(Way::Read, config, account, document);
    let write = access::public(Way::Write, config, account, document);
    derived.effective_public_read = settled(draft, "derived.effective_public_read", read, policy);
    derived.effective_public_write = settled(draft, "derived.effective_public_write", write, policy);
}

/// What the policy itself says.
fn policy_facts(reading: &mut Reading, derived: &mut BucketDerived, own_account: &str, policy: &Parsed) {
    let known = !reading.config.policy.is_unread() && policy.is_ok();
    let document = policy.as_ref().ok().and_then(Option::as_ref);
    let draft = &mut reading.draft;
    if known {
        let denies = document.is_some_and(|policy| access::denies_insecure_transport(policy, &reading.arn));
        derived.denies_insecure_transport = Field::Value(denies);
        let accounts =
            document.map(|policy| resource_policy::external_accounts(policy, own_account)).unwrap_or_default();
        derived.external_accounts = Field::Value(accounts);
    } else {
        derived.denies_insecure_transport = unknown(draft, "derived.denies_insecure_transport", &[POLICY], policy);
        derived.external_accounts = unknown(draft, "derived.external_accounts", &[POLICY], policy);
    }
}

/// Who manages the default KMS key. S3's own key (`aws/s3`) stands in where the rule names none.
fn key_manager(reading: &mut Reading, keys: &Managers) -> Field<String> {
    const PATH: &str = "derived.key_manager";
    let Some(encryption) = reading.config.encryption.known() else {
        reading.draft.miss_with(PATH, &["config.encryption"]);
        return Field::Unread;
    };
    let Some(encryption) = encryption.filter(|encryption| encryption.sse_algorithm.starts_with("aws:kms")) else {
        return Field::Absent;
    };
    match Key::of(encryption, &reading.region) {
        None => Field::Value("AWS".to_owned()),
        Some(key) => {
            let manager = keys.get(&key).expect("every bucket's key was asked for").clone();
            reading.draft.take(PATH, manager)
        }
    }
}
