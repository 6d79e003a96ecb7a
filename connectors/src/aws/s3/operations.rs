//! Every operation that S3 documents are built from. Nothing is read here.
//!
//! `absent` holds the codes that the API reference documents as "there is none"; every other error is a gap, a refusal
//! above all. `NoSuchBucket` is in none of them: a bucket that was listed and is gone cannot be judged.

use crate::aws::Operation;

/// An S3 operation with an XML answer.
const fn s3(
    name: &'static str,
    permission: &'static str,
    absent: &'static [&'static str],
    root: &'static str,
    docs: &'static str,
) -> Operation {
    Operation { service: "s3", name, permission, absent, root: Some(root), docs, ..Operation::PLAIN }
}

/// The buckets of the account, a page at a time. The caller loops, because a failed page keeps those before it.
pub(super) static LIST_BUCKETS: Operation = s3(
    "ListBuckets",
    "s3:ListAllMyBuckets",
    &[],
    "ListAllMyBucketsResult",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html",
);

/// A bucket's region, where the list does not say it.
pub(super) static GET_BUCKET_LOCATION: Operation = s3(
    "GetBucketLocation",
    "s3:GetBucketLocation",
    &[],
    "LocationConstraint",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html",
);

/// A bucket's access control list.
pub(super) static GET_BUCKET_ACL: Operation = s3(
    "GetBucketAcl",
    "s3:GetBucketAcl",
    &[],
    "AccessControlPolicy",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html",
);

/// A bucket's own public access block.
pub(super) static GET_PUBLIC_ACCESS_BLOCK: Operation = s3(
    "GetPublicAccessBlock",
    "s3:GetBucketPublicAccessBlock",
    &["NoSuchPublicAccessBlockConfiguration"],
    "PublicAccessBlockConfiguration",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html",
);

/// Whether S3 takes the bucket's policy for public.
pub(super) static GET_BUCKET_POLICY_STATUS: Operation = s3(
    "GetBucketPolicyStatus",
    "s3:GetBucketPolicyStatus",
    &["NoSuchBucketPolicy"],
    "PolicyStatus",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html",
);

/// A bucket's policy. Its answer is the JSON document itself.
pub(super) static GET_BUCKET_POLICY: Operation = Operation {
    service: "s3",
    name: "GetBucketPolicy",
    permission: "s3:GetBucketPolicy",
    absent: &["NoSuchBucketPolicy"],
    docs: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html",
    ..Operation::PLAIN
};

/// A bucket's default encryption.
pub(super) static GET_BUCKET_ENCRYPTION: Operation = s3(
    "GetBucketEncryption",
    "s3:GetEncryptionConfiguration",
    &["ServerSideEncryptionConfigurationNotFoundError"],
    "ServerSideEncryptionConfiguration",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html",
);

/// A bucket's versioning; an empty answer says that it was never set.
pub(super) static GET_BUCKET_VERSIONING: Operation = s3(
    "GetBucketVersioning",
    "s3:GetBucketVersioning",
    &[],
    "VersioningConfiguration",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html",
);

/// A bucket's Object Lock.
pub(super) static GET_OBJECT_LOCK_CONFIGURATION: Operation = s3(
    "GetObjectLockConfiguration",
    "s3:GetBucketObjectLockConfiguration",
    &["ObjectLockConfigurationNotFoundError", "ObjectLockConfigurationNotFound"],
    "ObjectLockConfiguration",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html",
);

/// A bucket's server access logging; an empty answer says that there is none.
pub(super) static GET_BUCKET_LOGGING: Operation = s3(
    "GetBucketLogging",
    "s3:GetBucketLogging",
    &[],
    "BucketLoggingStatus",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLogging.html",
);

/// A bucket's lifecycle rules.
pub(super) static GET_BUCKET_LIFECYCLE_CONFIGURATION: Operation = s3(
    "GetBucketLifecycleConfiguration",
    "s3:GetLifecycleConfiguration",
    &["NoSuchLifecycleConfiguration"],
    "LifecycleConfiguration",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html",
);

/// Who owns objects in a bucket, and whether its ACLs are in force.
pub(super) static GET_BUCKET_OWNERSHIP_CONTROLS: Operation = s3(
    "GetBucketOwnershipControls",
    "s3:GetBucketOwnershipControls",
    &["OwnershipControlsNotFoundError"],
    "OwnershipControls",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketOwnershipControls.html",
);

/// A bucket's replication.
pub(super) static GET_BUCKET_REPLICATION: Operation = s3(
    "GetBucketReplication",
    "s3:GetReplicationConfiguration",
    &["ReplicationConfigurationNotFoundError"],
    "ReplicationConfiguration",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketReplication.html",
);

/// A bucket's tags.
pub static GET_BUCKET_TAGGING: Operation = s3(
    "GetBucketTagging",
    "s3:GetBucketTagging",
    &["NoSuchTagSet"],
    "Tagging",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html",
);

/// The account's public access block, from the S3 Control service.
pub(super) static GET_ACCOUNT_PUBLIC_ACCESS_BLOCK: Operation = Operation {
    service: "s3control",
    name: "GetPublicAccessBlock",
    permission: "s3:GetAccountPublicAccessBlock",
    absent: &["NoSuchPublicAccessBlockConfiguration"],
    http: Some(("GET", "/v20180820/configuration/publicAccessBlock")),
    root: Some("PublicAccessBlockConfiguration"),
    docs: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetPublicAccessBlock.html",
    ..Operation::PLAIN
};
