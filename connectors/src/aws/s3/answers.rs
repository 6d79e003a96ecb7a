//! From S3's answers, as the SDK reads them, to the words of the documents.
//!
//! The SDK fills in what a required element should have said; each function here refuses such an answer instead, so that
//! a cut-off or foreign document never reads as a setting. `Ok(None)` is the documented form of "there is none".

use super::document::{
    Acl, DefaultRetention, Encryption, Expiration, Grant, Grantee, Lifecycle, LifecycleRule, Logging,
    NoncurrentExpiration, ObjectLock, OwnershipControls, PolicyStatus, PublicAccessBlock, Replication, ReplicationRule,
    Versioning,
};
use aws_sdk_s3::operation as sdk;
use aws_sdk_s3::types;
use chrono::{DateTime, SecondsFormat};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the SDK writes into a required enumeration that the answer leaves out.
const UNSET: &str = "no value was set";

type Understood<T> = Result<Option<T>, String>;

/// A required text; an empty or filled-in one is a missing element.
fn required(text: &str, element: &str) -> Result<String, String> {
    if text.is_empty() || text == UNSET { Err(missing(element)) } else { Ok(text.to_owned()) }
}

fn missing(element: &str) -> String {
    format!("the answer has no <{element}>")
}

/// An SDK time in RFC 3339, to the second.
pub(super) fn time(time: &aws_sdk_s3::primitives::DateTime) -> Option<String> {
    Some(DateTime::from_timestamp(time.secs(), 0)?.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// The region in a `LocationConstraint`: empty for `us-east-1`, `EU` for `eu-west-1`.
/// Source: GetBucketLocation, "LocationConstraint" in the API reference.
pub(super) fn region(answer: &sdk::get_bucket_location::GetBucketLocationOutput) -> String {
    match answer.location_constraint().map_or("", |location| location.as_str()) {
        "" | "null" => "us-east-1".to_owned(),
        "EU" => "eu-west-1".to_owned(),
        region => region.to_owned(),
    }
}

pub(super) fn acl(answer: sdk::get_bucket_acl::GetBucketAclOutput) -> Understood<Acl> {
    let grants = answer.grants.ok_or_else(|| missing("AccessControlList"))?;
    Ok(Some(Acl {
        owner_id: answer.owner.and_then(|owner| owner.id),
        grants: grants.into_iter().map(grant).collect::<Result<_, _>>()?,
    }))
}

fn grant(grant: types::Grant) -> Result<Grant, String> {
    let grantee = grant.grantee.ok_or_else(|| missing("Grantee"))?;
    let permission = grant.permission.as_ref().map_or("", types::Permission::as_str);
    Ok(Grant {
        grantee: Grantee {
            type_: required(grantee.r#type.as_str(), "xsi:type")?,
            id: grantee.id,
            uri: grantee.uri,
            display_name: grantee.display_name,
        },
        permission: required(permission, "Permission")?,
    })
}

pub(super) fn public_access_block(
    answer: sdk::get_public_access_block::GetPublicAccessBlockOutput,
) -> Understood<PublicAccessBlock> {
    let block = answer.public_access_block_configuration.ok_or_else(|| missing("PublicAccessBlockConfiguration"))?;
    Ok(Some(PublicAccessBlock {
        block_public_acls: block.block_public_acls.ok_or_else(|| missing("BlockPublicAcls"))?,
        ignore_public_acls: block.ignore_public_acls.ok_or_else(|| missing("IgnorePublicAcls"))?,
        block_public_policy: block.block_public_policy.ok_or_else(|| missing("BlockPublicPolicy"))?,
        restrict_public_buckets: block.restrict_public_buckets.ok_or_else(|| missing("RestrictPublicBuckets"))?,
    }))
}

pub(super) fn policy_status(
    answer: sdk::get_bucket_policy_status::GetBucketPolicyStatusOutput,
) -> Understood<PolicyStatus> {
    let is_public = answer.policy_status.and_then(|status| status.is_public).ok_or_else(|| missing("IsPublic"))?;
    Ok(Some(PolicyStatus { is_public }))
}

pub(super) fn policy(answer: sdk::get_bucket_policy::GetBucketPolicyOutput) -> Understood<Value> {
    let text = answer.policy.ok_or("the answer is empty")?;
    match serde_json::from_str(&text) {
        Ok(document @ Value::Object(_)) => Ok(Some(document)),
        Ok(_) => Err("the policy is not a JSON object".to_owned()),
        Err(error) => Err(format!("the policy is not JSON: {error}")),
    }
}

pub(super) fn encryption(answer: sdk::get_bucket_encryption::GetBucketEncryptionOutput) -> Understood<Encryption> {
    let rules = answer.server_side_encryption_configuration.map(|configuration| configuration.rules);
    let rule = rules.unwrap_or_default().into_iter().next().ok_or_else(|| missing("Rule"))?;
    let default =
        rule.apply_server_side_encryption_by_default.ok_or_else(|| missing("ApplyServerSideEncryptionByDefault"))?;
    Ok(Some(Encryption {
        sse_algorithm: required(default.sse_algorithm.as_str(), "SSEAlgorithm")?,
        kms_master_key_id: default.kms_master_key_id.filter(|key| !key.is_empty()),
        bucket_key_enabled: rule.bucket_key_enabled,
    }))
}

/// An empty answer is documented: versioning was never set.
#[expect(clippy::unnecessary_wraps, reason = "one shape for every getter")]
pub(super) fn versioning(answer: sdk::get_bucket_versioning::GetBucketVersioningOutput) -> Understood<Versioning> {
    Ok(Some(Versioning {
        status: answer.status.map(|status| status.as_str().to_owned()),
        mfa_delete: answer.mfa_delete.map(|status| status.as_str().to_owned()),
    }))
}

pub(super) fn object_lock(
    answer: sdk::get_object_lock_configuration::GetObjectLockConfigurationOutput,
) -> Understood<ObjectLock> {
    let lock = answer.object_lock_configuration.ok_or_else(|| missing("ObjectLockConfiguration"))?;
    let enabled = lock.object_lock_enabled.ok_or_else(|| missing("ObjectLockEnabled"))?;
    let retention = lock.rule.and_then(|rule| rule.default_retention);
    Ok(Some(ObjectLock {
        object_lock_enabled: enabled.as_str().to_owned(),
        default_retention: retention.map(|retention| DefaultRetention {
            mode: retention.mode.map(|mode| mode.as_str().to_owned()),
            days: retention.days,
            years: retention.years,
        }),
    }))
}

/// An empty answer is documented: there is no logging.
pub(super) fn logging(answer: sdk::get_bucket_logging::GetBucketLoggingOutput) -> Understood<Logging> {
    let Some(logging) = answer.logging_enabled else { return Ok(None) };
    Ok(Some(Logging {
        target_bucket: required(&logging.target_bucket, "TargetBucket")?,
        target_prefix: logging.target_prefix,
    }))
}

pub(super) fn lifecycle(
    answer: sdk::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput,
) -> Understood<Lifecycle> {
    let rules = answer.rules.ok_or_else(|| missing("Rule"))?;
    Ok(Some(Lifecycle { rules: rules.into_iter().map(lifecycle_rule).collect::<Result<_, _>>()? }))
}

fn lifecycle_rule(rule: types::LifecycleRule) -> Result<LifecycleRule, String> {
    Ok(LifecycleRule {
        id: rule.id,
        status: required(rule.status.as_str(), "Status")?,
        expiration: rule.expiration.map(|expiration| Expiration {
            days: expiration.days,
            date: expiration.date.as_ref().and_then(time),
            expired_object_delete_marker: expiration.expired_object_delete_marker,
        }),
        noncurrent_version_expiration: rule.noncurrent_version_expiration.map(|expiration| NoncurrentExpiration {
            noncurrent_days: expiration.noncurrent_days,
            newer_noncurrent_versions: expiration.newer_noncurrent_versions,
        }),
    })
}

pub(super) fn ownership_controls(
    answer: sdk::get_bucket_ownership_controls::GetBucketOwnershipControlsOutput,
) -> Understood<OwnershipControls> {
    let rules = answer.ownership_controls.map(|controls| controls.rules).unwrap_or_default();
    let rule = rules.first().ok_or_else(|| missing("Rule"))?;
    Ok(Some(OwnershipControls { object_ownership: required(rule.object_ownership.as_str(), "ObjectOwnership")? }))
}

pub(super) fn replication(answer: sdk::get_bucket_replication::GetBucketReplicationOutput) -> Understood<Replication> {
    let replication = answer.replication_configuration.ok_or_else(|| missing("ReplicationConfiguration"))?;
    let rule = |rule: types::ReplicationRule| {
        Ok::<_, String>(ReplicationRule {
            id: rule.id,
            status: required(rule.status.as_str(), "Status")?,
            destination_bucket: rule.destination.map(|destination| destination.bucket),
            priority: rule.priority,
        })
    };
    Ok(Some(Replication {
        role: required(&replication.role, "Role")?,
        rules: replication.rules.into_iter().map(rule).collect::<Result<_, _>>()?,
    }))
}

pub(super) fn tags(answer: sdk::get_bucket_tagging::GetBucketTaggingOutput) -> Understood<BTreeMap<String, String>> {
    answer
        .tag_set
        .into_iter()
        .map(|tag| Ok((required(&tag.key, "Key")?, tag.value)))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// The account's block, as the door reads it: the members of `<PublicAccessBlockConfiguration>`, all texts.
pub(super) fn account_public_access_block(answer: &Value) -> Understood<PublicAccessBlock> {
    let setting = |element: &str| match answer.get(element).and_then(Value::as_str).map(str::trim) {
        Some("true" | "TRUE" | "True") => Ok(true),
        Some("false" | "FALSE" | "False") => Ok(false),
        Some(text) => Err(format!("<{element}> is `{text}`")),
        None => Err(missing(element)),
    };
    Ok(Some(PublicAccessBlock {
        block_public_acls: setting("BlockPublicAcls")?,
        ignore_public_acls: setting("IgnorePublicAcls")?,
        block_public_policy: setting("BlockPublicPolicy")?,
        restrict_public_buckets: setting("RestrictPublicBuckets")?,
    }))
}
