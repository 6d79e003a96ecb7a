//! The documents of S3: what `config` and `derived` hold. Nothing is read or computed here.
//!
//! Fields of [`BucketConfig`] and [`BucketDerived`] are three-valued ([`Field`]): unread leaves the key out.

use crate::document::Field;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// `config` of `aws.s3.account`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct AccountConfig {
    /// The account's public access block; null when none was ever set.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub public_access_block: Field<PublicAccessBlock>,
}

/// `derived` of `aws.s3.account`: nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct AccountDerived {}

/// The four settings of a public access block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the provider's document has these four")]
pub struct PublicAccessBlock {
    /// New public ACLs are refused.
    pub block_public_acls: bool,
    /// Public ACLs that exist have no effect.
    pub ignore_public_acls: bool,
    /// New public policies are refused.
    pub block_public_policy: bool,
    /// A public policy reaches only AWS services and principals of the account.
    pub restrict_public_buckets: bool,
}

/// `config` of `aws.s3.bucket`: S3's own words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct BucketConfig {
    /// Name.
    pub name: String,
    /// When it was made, RFC 3339.
    pub creation_date: Option<String>,
    /// The region it lies in.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub bucket_region: Field<String>,
    /// Access control list.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub acl: Field<Acl>,
    /// The bucket's own public access block; null when none was set.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub public_access_block: Field<PublicAccessBlock>,
    /// What S3 says of the policy; null without a policy.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub policy_status: Field<PolicyStatus>,
    /// The policy as a JSON document; null without one.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub policy: Field<Value>,
    /// Default encryption; null without a rule.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub encryption: Field<Encryption>,
    /// Versioning.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub versioning: Field<Versioning>,
    /// Object Lock; null without it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub object_lock: Field<ObjectLock>,
    /// Server access logging; null without it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub logging: Field<Logging>,
    /// Lifecycle rules; null without any.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub lifecycle: Field<Lifecycle>,
    /// Ownership controls; null when none were set, which leaves ACLs in force.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub ownership_controls: Field<OwnershipControls>,
    /// Replication; null without it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub replication: Field<Replication>,
}

/// An access control list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Acl {
    /// Canonical user id of the owner.
    pub owner_id: Option<String>,
    /// Grants.
    pub grants: Vec<Grant>,
}

/// One grant of an access control list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Grant {
    /// Who is granted.
    pub grantee: Grantee,
    /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP` or `FULL_CONTROL`.
    pub permission: String,
}

/// Who an access control list grants to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Grantee {
    /// `CanonicalUser`, `Group` or `AmazonCustomerByEmail`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Canonical user id.
    pub id: Option<String>,
    /// URI of a group.
    pub uri: Option<String>,
    /// Display name.
    pub display_name: Option<String>,
}

/// What S3 says of a bucket policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PolicyStatus {
    /// True when S3 takes the policy for public.
    pub is_public: bool,
}

/// Default encryption: the bucket's one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Encryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`.
    pub sse_algorithm: String,
    /// KMS key, where the rule names one.
    pub kms_master_key_id: Option<String>,
    /// Whether a bucket key is used.
    pub bucket_key_enabled: Option<bool>,
}

/// Versioning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Versioning {
    /// `Enabled` or `Suspended`; null when it was never set.
    pub status: Option<String>,
    /// `Enabled` or `Disabled`; null when it was never set.
    pub mfa_delete: Option<String>,
}

/// Object Lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObjectLock {
    /// `Enabled`.
    pub object_lock_enabled: String,
    /// Retention of new objects; null without a rule.
    pub default_retention: Option<DefaultRetention>,
}

/// Retention that new objects get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DefaultRetention {
    /// `GOVERNANCE` or `COMPLIANCE`.
    pub mode: Option<String>,
    /// Days.
    pub days: Option<i32>,
    /// Years.
    pub years: Option<i32>,
}

/// Server access logging.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Logging {
    /// Bucket that the logs go to.
    pub target_bucket: String,
    /// Start of their keys.
    pub target_prefix: String,
}

/// Lifecycle rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lifecycle {
    /// The rules.
    pub rules: Vec<LifecycleRule>,
}

/// One lifecycle rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LifecycleRule {
    /// Id.
    pub id: Option<String>,
    /// `Enabled` or `Disabled`.
    pub status: String,
    /// When current versions expire.
    pub expiration: Option<Expiration>,
    /// When noncurrent versions expire.
    pub noncurrent_version_expiration: Option<NoncurrentExpiration>,
}

/// Expiration of current versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Expiration {
    /// Age in days.
    pub days: Option<i32>,
    /// A date, RFC 3339.
    pub date: Option<String>,
    /// Whether delete markers without versions are removed.
    pub expired_object_delete_marker: Option<bool>,
}

/// Expiration of noncurrent versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoncurrentExpiration {
    /// Days after a version became noncurrent.
    pub noncurrent_days: Option<i32>,
    /// Noncurrent versions that are kept.
    pub newer_noncurrent_versions: Option<i32>,
}

/// Ownership controls: the bucket's one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OwnershipControls {
    /// `BucketOwnerEnforced`, `BucketOwnerPreferred` or `ObjectWriter`.
    pub object_ownership: String,
}

/// Replication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Replication {
    /// Role that replicates.
    pub role: String,
    /// The rules.
    pub rules: Vec<ReplicationRule>,
}

/// One replication rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReplicationRule {
    /// Id.
    pub id: Option<String>,
    /// `Enabled` or `Disabled`.
    pub status: String,
    /// ARN of the bucket that is written to.
    pub destination_bucket: Option<String>,
    /// Which of several rules wins.
    pub priority: Option<i32>,
}

/// `derived` of `aws.s3.bucket`: computed from several answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct BucketDerived {
    /// The account's public access block, as in `aws.s3.account`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub account_public_access_block: Field<PublicAccessBlock>,
    /// Each setting as in force: on the bucket or on the account.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub effective_public_access_block: Field<PublicAccessBlock>,
    /// Anybody can read, by policy or ACL, after every block.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub effective_public_read: Field<bool>,
    /// Anybody can write, by policy or ACL, after every block.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub effective_public_write: Field<bool>,
    /// The policy denies everybody everything over plain HTTP.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub denies_insecure_transport: Field<bool>,
    /// Other accounts that the policy lets in, sorted; a canonical user stands as `canonical:<id>`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub external_accounts: Field<Vec<String>>,
    /// `AWS` or `CUSTOMER`: who manages the default KMS key; null without one.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub key_manager: Field<String>,
    /// The tag `data-classification` (also `DataClassification`, `classification`) in lower case; null without it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub classification: Field<String>,
    /// A trail delivers to this bucket.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub is_trail_target: Field<bool>,
    /// A trail or another bucket's access logging delivers to this bucket.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub is_log_target: Field<bool>,
    /// An enabled rule replicates objects to a bucket of this account in another region.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub replicates_to_another_region: Field<bool>,
    /// One logging trail records reads and writes of all of this bucket's objects.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub covered_by_data_events: Field<bool>,
}
