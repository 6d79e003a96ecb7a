//! IAM: the account's settings, users, groups, roles, the customer's policies, and the credential report.
//!
//! Two bulk reads carry nearly all of it: `GetAccountAuthorizationDetails` and the credential report. What a principal may do
//! in the end, across its policies, is worked out in `effective`.

mod account;
mod credential_report;
mod details;
mod effective;
mod grants;
mod group;
pub mod ops;
mod policy;
mod principal;
mod role;
mod server_certificate;
mod time;
pub mod trust;
mod user;

use super::organizations::{self, scps};
use super::{Context, Family, Reach, ResourceType};
use crate::collection::Collected;
use crate::declaration::Shape;
use crate::document::Read;
use crate::exchange::CollectError;
use details::Details;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// IAM has one list for all regions.
const REGION: &str = "global";

/// The family.
pub const FAMILY: Family = Family { name: "iam", types: TYPES, collect: Some(|context| Box::pin(collect(context))) };

const TYPES: &[ResourceType] = &[
    ResourceType {
        name: account::TYPE,
        about: "IAM's settings for the account: summary, password policy, MFA devices, central root access",
        reach: Reach::Global,
        operations: &[
            &ops::GET_ACCOUNT_SUMMARY,
            &ops::GET_ACCOUNT_PASSWORD_POLICY,
            &ops::LIST_VIRTUAL_MFA_DEVICES,
            &ops::LIST_ORGANIZATIONS_FEATURES,
            &ops::GENERATE_CREDENTIAL_REPORT,
            &ops::GET_CREDENTIAL_REPORT,
        ],
        config: Shape::of(schema::<account::Config>),
        derived: Shape::of(schema::<account::Derived>),
        collect: None,
        instead: &[],
    },
    ResourceType {
        name: credential_report::ROOT_TYPE,
        about: "root's row of the credential report",
        reach: Reach::Global,
        operations: &[&ops::GENERATE_CREDENTIAL_REPORT, &ops::GET_CREDENTIAL_REPORT],
        config: Shape::of(credential_report::config_schema),
        derived: Shape::of(credential_report::derived_schema),
        collect: None,
        instead: &[],
    },
    ResourceType {
        name: user::TYPE,
        about: "an IAM user with its row of the credential report",
        reach: Reach::Global,
        operations: &[
            &ops::GET_ACCOUNT_AUTHORIZATION_DETAILS,
            &ops::GENERATE_CREDENTIAL_REPORT,
            &ops::GET_CREDENTIAL_REPORT,
            &ops::GET_ACCOUNT_SUMMARY,
        ],
        config: Shape::of(schema::<user::Config>),
        derived: Shape::of(schema::<user::Derived>),
        collect: None,
        instead: &[],
    },
    ResourceType {
        name: group::TYPE,
        about: "an IAM group",
        reach: Reach::Global,
        operations: LISTED,
        config: Shape::of(schema::<group::Config>),
        derived: Shape::of(schema::<group::Derived>),
        collect: None,
        instead: &[],
    },
    ResourceType {
        name: role::TYPE,
        about: "an IAM role and who may assume it",
        reach: Reach::Global,
        operations: LISTED,
        config: Shape::of(schema::<role::Config>),
        derived: Shape::of(schema::<role::Derived>),
        collect: None,
        instead: &[],
    },
    ResourceType {
        name: effective::TYPE,
        about: "a user or role with all its policies: what it may do in the end, and how it could become stronger",
        reach: Reach::Global,
        operations: &[
            &ops::GET_ACCOUNT_AUTHORIZATION_DETAILS,
            &ops::GET_ACCOUNT_SUMMARY,
            &organizations::DESCRIBE_ORGANIZATION,
            &organizations::LIST_PARENTS,
            &organizations::LIST_POLICIES_FOR_TARGET,
            &organizations::DESCRIBE_POLICY,
        ],
        config: Shape::of(schema::<effective::Config>),
        derived: Shape::of(schema::<effective::Derived>),
        collect: None,
        instead: &[],
    },
    ResourceType {
        name: policy::MANAGED_TYPE,
        about: "a customer-managed policy with the document of its default version",
        reach: Reach::Global,
        operations: LISTED,
        config: Shape::of(schema::<policy::ManagedConfig>),
        derived: Shape::of(schema::<policy::Derived>),
        collect: None,
        instead: &[],
    },
    ResourceType {
        name: policy::INLINE_TYPE,
        about: "an inline policy of a user, group or role",
        reach: Reach::Global,
        operations: &[&ops::GET_ACCOUNT_AUTHORIZATION_DETAILS],
        config: Shape::of(schema::<policy::InlineConfig>),
        derived: Shape::of(schema::<policy::Derived>),
        collect: None,
        instead: &[],
    },
    ResourceType {
        name: policy::DOCUMENT_TYPE,
        about: "the statements of a customer-managed or inline policy, and what they grant too widely",
        reach: Reach::Global,
        operations: &[&ops::GET_ACCOUNT_AUTHORIZATION_DETAILS],
        config: Shape::of(schema::<policy::DocumentConfig>),
        derived: Shape::of(schema::<policy::DocumentDerived>),
        collect: None,
        instead: &[],
    },
    ResourceType {
        name: server_certificate::TYPE,
        about: "a certificate for TLS that IAM holds",
        reach: Reach::Global,
        operations: &[&ops::LIST_SERVER_CERTIFICATES, &ops::GET_ACCOUNT_SUMMARY],
        config: Shape::of(schema::<server_certificate::Config>),
        derived: Shape::of(schema::<server_certificate::Derived>),
        collect: None,
        instead: &[],
    },
];

/// Listed by the stream, and counted by the account summary.
const LISTED: &[&super::Operation] = &[&ops::GET_ACCOUNT_AUTHORIZATION_DETAILS, &ops::GET_ACCOUNT_SUMMARY];

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

/// Types that the stream lists, each with the key of the account summary that counts it.
const STREAM: [(&str, Option<(&str, &str)>); 6] = [
    (user::TYPE, Some(("users", "iam:GetAccountSummary Users"))),
    (group::TYPE, Some(("groups", "iam:GetAccountSummary Groups"))),
    (role::TYPE, Some(("roles", "iam:GetAccountSummary Roles"))),
    (policy::MANAGED_TYPE, Some(("policies", "iam:GetAccountSummary Policies"))),
    (policy::INLINE_TYPE, None),
    (policy::DOCUMENT_TYPE, None),
];

async fn collect(context: &Context) -> Collected {
    let (summary, report, mut details, guardrails) = futures::join!(
        account::summary(context),
        credential_report::fetch(context),
        details::read(context),
        scps::guardrails(context)
    );
    let mut collected = Collected::default();
    collected.resources.extend(user::documents(context, &mut details, &report));
    collected.resources.extend(group::documents(context, &mut details));
    collected.resources.extend(role::documents(context, &mut details));
    collected.resources.extend(policy::documents(context, &mut details));
    collected.resources.extend(effective::documents(context, &mut details, &guardrails));
    populations(&mut collected, &details, &summary);
    collected.merge(credential_report::collect_root(context, &report));
    let certificates = counted(&summary, "server_certificates");
    let (account, certificates) =
        futures::join!(account::collect(context, summary, &report), server_certificate::collect(context, certificates));
    collected.merge(account);
    collected.merge(certificates);
    collected
}

/// What the account summary counts.
fn counted(summary: &Result<Read<Option<account::Summary>>, CollectError>, key: &str) -> Option<u64> {
    u64::try_from(*summary.as_ref().ok()?.value.as_ref()?.get(key)?).ok()
}

fn populations(
    collected: &mut Collected,
    details: &Details,
    summary: &Result<Read<Option<account::Summary>>, CollectError>,
) {
    let mut tally = details.tally(effective::TYPE);
    if let (Some(users), Some(roles)) = (counted(summary, "users"), counted(summary, "roles")) {
        tally.cross_check("iam:GetAccountSummary Users + Roles", users + roles);
    }
    collected.populations.push(tally.close(&collected.resources));
    for (type_, cross_check) in STREAM {
        let mut tally = details.tally(type_);
        if let Some((key, source)) = cross_check
            && let Some(count) = counted(summary, key)
        {
            tally.cross_check(source, count);
        }
        collected.populations.push(tally.close(&collected.resources));
    }
}

#[cfg(test)]
mod tests;
