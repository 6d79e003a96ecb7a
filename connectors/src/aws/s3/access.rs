//! Who can reach a bucket: pure functions from its settings, its ACL and its policy to `derived`.
//!
//! They follow "The meaning of public" of the S3 User Guide
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>). They deliberately
//! do not evaluate requests: identity policies, endpoints and organisation policies are not looked at.

use super::document::{Acl, BucketConfig, PublicAccessBlock};
use super::known::Known;
use crate::aws::policy_document::{Effect, PolicyDocument, Selection, Statement, glob};
use crate::document::Field;
use std::collections::BTreeMap;

/// The path of the account's block in the document.
pub(super) const ACCOUNT_BLOCK: &str = "derived.account_public_access_block";
/// The path of the bucket's block in the document.
pub(super) const BUCKET_BLOCK: &str = "config.public_access_block";
/// The path of the ACL in the document.
const ACL: &str = "config.acl";
/// The path of the ownership controls in the document.
const OWNERSHIP: &str = "config.ownership_controls";
/// The path of the policy's status in the document.
const STATUS: &str = "config.policy_status";
/// The path of the policy in the document.
pub(super) const POLICY: &str = "config.policy";

/// True, false, or unknown because these fields of the document are.
pub(super) type Fact = Known<&'static str>;

/// A way to reach objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Read or list.
    Read,
    /// Write, delete or change.
    Write,
}

/// One setting of the public access block in force: set on the bucket, or on the account.
fn setting(
    bucket: &Field<PublicAccessBlock>,
    account: &Field<PublicAccessBlock>,
    of: impl Fn(&PublicAccessBlock) -> bool,
) -> Fact {
    let known = |field: &Field<PublicAccessBlock>| field.known().map(|block| block.is_some_and(&of));
    Known::of(known(bucket), BUCKET_BLOCK).or(Known::of(known(account), ACCOUNT_BLOCK))
}

/// The four settings in force, or the fields that would settle them.
pub(super) fn effective_block(
    bucket: &Field<PublicAccessBlock>,
    account: &Field<PublicAccessBlock>,
) -> Result<PublicAccessBlock, Vec<&'static str>> {
    let settings = [
        setting(bucket, account, |block| block.block_public_acls),
        setting(bucket, account, |block| block.ignore_public_acls),
        setting(bucket, account, |block| block.block_public_policy),
        setting(bucket, account, |block| block.restrict_public_buckets),
    ];
    let mut values = [false; 4];
    let mut causes = Vec::new();
    for (value, setting) in values.iter_mut().zip(settings) {
        match setting {
            Known::Is(known) => *value = known,
            Known::Unknown(unknown) => causes.extend(unknown),
        }
    }
    let [block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets] = values;
    if causes.is_empty() {
        Ok(PublicAccessBlock { block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets })
    } else {
        Err(causes)
    }
}

/// Whether anybody can read or write, by policy or by ACL, after every block. `policy` is the parsed policy, where there
/// is one and it could be parsed.
pub(super) fn public(
    way: Way,
    config: &BucketConfig,
    account: &Field<PublicAccessBlock>,
    policy: Option<&PolicyDocument>,
) -> Fact {
    let block = &config.public_access_block;
    let by_acl = Known::of(config.acl.known().map(|acl| acl.is_some_and(|acl| acl_grants(acl, way))), ACL)
        .and(setting(block, account, |block| block.ignore_public_acls).negated())
        .and(acls_disabled(config).negated());
    let by_policy = Known::of(config.policy_status.known().map(|status| status.is_some_and(|s| s.is_public)), STATUS)
        .and(setting(block, account, |block| block.restrict_public_buckets).negated())
        .and(policy_opens(way, config, policy));
    by_acl.or(by_policy)
}

fn acls_disabled(config: &BucketConfig) -> Fact {
    let enforced = config
        .ownership_controls
        .known()
        .map(|controls| controls.is_some_and(|controls| controls.object_ownership == "BucketOwnerEnforced"));
    Known::of(enforced, OWNERSHIP)
}

/// True when the ACL grants this to one of the two groups that are anybody.
fn acl_grants(acl: &Acl, way: Way) -> bool {
    acl.grants.iter().any(|grant| {
        let group = grant.grantee.uri.as_deref().and_then(|uri| uri.rsplit('/').next());
        matches!(group, Some("AllUsers" | "AuthenticatedUsers"))
            && match grant.permission.as_str() {
                "READ" | "READ_ACP" => way == Way::Read,
                "WRITE" | "WRITE_ACP" => way == Way::Write,
                _ => true,
            }
    })
}

/// What a policy that S3 takes for public opens. Where its own statements do not show what made it public, both ways
/// count as open.
fn policy_opens(way: Way, config: &BucketConfig, policy: Option<&PolicyDocument>) -> Fact {
    match (config.policy.known(), policy) {
        (None, _) | (Some(Some(_)), None) => Known::Unknown(vec![POLICY]),
        // The policy was gone when it was read, but public when its status was: both ways count as open.
        (Some(None), _) => Known::Is(true),
        (Some(Some(_)), Some(document)) => {
            let mut statements: Vec<&Statement> = document.public_statements().collect();
            if statements.is_empty() {
                statements = document.allows().filter(|statement| statement.names_anyone()).collect();
            }
            let opens = |way| statements.iter().any(|statement| statement_opens(statement, way));
            let unclear = !opens(Way::Read) && !opens(Way::Write);
            Known::Is(unclear || opens(way))
        }
    }
}

/// What S3's actions begin with that only read. Every other action of S3 counts as writing.
/// Source: Service Authorization Reference, "Actions defined by Amazon S3", access levels List and Read.
const READING: [&str; 3] = ["s3:get", "s3:list", "s3:describe"];

fn statement_opens(statement: &Statement, way: Way) -> bool {
    let Selection::Only(actions) = &statement.action else { return true };
    actions.iter().any(|action| match way {
        Way::Read => READING.iter().any(|start| glob::overlaps_action(action, &format!("{start}*"))),
        Way::Write => {
            let lower = action.to_lowercase();
            glob::overlaps_action(&lower, "s3:*") && !READING.iter().any(|start| lower.starts_with(start))
        }
    })
}

/// True when the policy denies everybody every action on the bucket and its objects over plain HTTP. Several statements
/// may share the resources between them.
pub(super) fn denies_insecure_transport(policy: &PolicyDocument, bucket_arn: &str) -> bool {
    let denies: Vec<&Statement> = policy.denies().filter(|statement| denies_plain_http(statement)).collect();
    denies.iter().any(|statement| statement.covers_resource(bucket_arn))
        && denies.iter().any(|statement| statement.covers_resource(&format!("{bucket_arn}/*")))
}

fn denies_plain_http(statement: &Statement) -> bool {
    debug_assert_eq!(statement.effect, Effect::Deny);
    names_everybody(statement) && statement.covers_action("s3:*") && only_over_plain_http(statement)
}

/// `Principal: "*"` or `{"AWS": "*"}`; a wildcard inside an ARN is not everybody.
fn names_everybody(statement: &Statement) -> bool {
    statement
        .principal
        .as_ref()
        .and_then(Selection::only)
        .is_some_and(|principals| principals.anyone || principals.aws.iter().any(|text| glob::is_everything(text)))
}

/// The one condition is `aws:SecureTransport` false, so that it holds for every plain request.
fn only_over_plain_http(statement: &Statement) -> bool {
    let [condition] = statement.conditions.as_slice() else { return false };
    matches!(condition.operator.to_ascii_lowercase().as_str(), "bool" | "boolifexists")
        && condition.is_key("aws:SecureTransport")
        && !condition.values.is_empty()
        && condition.values.iter().any(|value| value.eq_ignore_ascii_case("false"))
}

/// Tag keys that classify a bucket, in the order in which they count; compared without case.
const CLASSIFYING: [&str; 3] = ["data-classification", "dataclassification", "classification"];

/// The value of the classifying tag, in lower case.
pub(in crate::aws) fn classification(tags: &BTreeMap<String, String>) -> Option<String> {
    CLASSIFYING.iter().find_map(|wanted| {
        tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim().to_lowercase())
    })
}

#[cfg(test)]
mod tests;
