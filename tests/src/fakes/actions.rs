//! Where moto asks for another IAM action than AWS does.
//!
//! AWS's own is the declared one; `check_roles.py` holds that against the Service Authorization Reference.

/// An action, or all of a service (`cloudwatch:`); what moto asks for in its place; and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("s3:GetAccountPublicAccessBlock", "s3:GetPublicAccessBlock", ACCOUNT),
    ("s3:GetBucketObjectLockConfiguration", "s3:ListBucket", QUERY),
    ("s3:GetBucketOwnershipControls", "s3:ListBucket", QUERY),
    ("s3:GetBucketPublicAccessBlock", "s3:ListBucket", QUERY),
    ("s3:GetEncryptionConfiguration", "s3:ListBucket", QUERY),
    ("s3:GetReplicationConfiguration", "s3:ListBucket", QUERY),
    ("cloudwatch:", "monitoring:", SCOPE),
    ("tag:", "tagging:", SCOPE),
];

const ACCOUNT: &str = "moto makes the action of S3 Control from the operation's name";
const QUERY: &str = "moto's table of bucket calls (moto/s3/responses.py, ACTION_MAP) lacks them: they are taken for the list of objects";
const SCOPE: &str = "moto takes the service from the signature's scope";

/// The action that moto asks for where AWS asks for this one.
pub fn asked_by_moto(action: &str) -> String {
    let row = DIFFERENCES.iter().find(|(real, ..)| action == *real || real.ends_with(':') && action.starts_with(real));
    row.map_or_else(|| action.to_owned(), |(real, asked, _)| action.replacen(real, asked, 1))
}
