//! AWS Organizations: where an account stands in its organisation, which service control policies (SCPs) lie on it, and,
//! as a scope of its own, the organisation with the list of its accounts.
//!
//! An account's own run reads its place; a member account may usually not, and says so as gaps. A run of the scope
//! `organization-<id>` ([`whole`]) reads all places with the credentials of the management account or a delegated
//! administrator. Each parent and policy is asked for once ([`answers`]). Other kinds of organisation policies (RCPs, tag
//! policies) are deliberately not read.

pub mod account;
pub mod answers;
pub mod member;
pub mod organization;
pub mod scps;
pub mod whole;

use super::{Family, Operation, Paging, Reach, ResourceType};
use crate::declaration::Shape;
use schemars::JsonSchema;

/// Organizations has one list for all regions.
const REGION: &str = "global";

const NOT_IN_USE: &str = "AWSOrganizationsNotInUseException";

/// `NextToken` of an answer goes into the next request.
const PAGED: Paging = Paging::Token { input: "NextToken", output: "NextToken" };

/// Tells the organisation that the caller's account is in. Any member account may ask.
pub static DESCRIBE_ORGANIZATION: Operation = Operation {
    service: "organizations",
    name: "DescribeOrganization",
    permission: "organizations:DescribeOrganization",
    absent: &[NOT_IN_USE],
    shared: true,
    docs: "https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html",
    ..Operation::PLAIN
};

/// Lists the accounts of the organisation. Only the management account and delegated administrators may ask.
pub static LIST_ACCOUNTS: Operation = Operation {
    service: "organizations",
    name: "ListAccounts",
    permission: "organizations:ListAccounts",
    paging: PAGED,
    docs: "https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html",
    ..Operation::PLAIN
};

/// Lists the roots of the organisation with the kinds of policies that are in force. Only the management account and
/// delegated administrators may ask.
pub static LIST_ROOTS: Operation = Operation {
    service: "organizations",
    name: "ListRoots",
    permission: "organizations:ListRoots",
    paging: PAGED,
    docs: "https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListRoots.html",
    ..Operation::PLAIN
};

/// Tells the one parent of an account or an organisational unit. Only the management account and delegated administrators
/// may ask.
pub static LIST_PARENTS: Operation = Operation {
    service: "organizations",
    name: "ListParents",
    permission: "organizations:ListParents",
    paging: PAGED,
    shared: true,
    docs: "https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListParents.html",
    ..Operation::PLAIN
};

/// Lists the policies that are attached to a root, an organisational unit or an account itself. Only the management account
/// and delegated administrators may ask.
pub static LIST_POLICIES_FOR_TARGET: Operation = Operation {
    service: "organizations",
    name: "ListPoliciesForTarget",
    permission: "organizations:ListPoliciesForTarget",
    paging: PAGED,
    shared: true,
    docs: "https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPoliciesForTarget.html",
    ..Operation::PLAIN
};

/// Tells a policy's document. Only the management account and delegated administrators may ask.
pub static DESCRIBE_POLICY: Operation = Operation {
    service: "organizations",
    name: "DescribePolicy",
    permission: "organizations:DescribePolicy",
    shared: true,
    docs: "https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribePolicy.html",
    ..Operation::PLAIN
};

/// The family of an account's own run.
pub const FAMILY: Family = Family {
    name: "organizations",
    types: &[ResourceType {
        name: account::TYPE,
        about: "an account's place in its organisation, and the service control policies on it",
        reach: Reach::Global,
        operations: &[&DESCRIBE_ORGANIZATION, &LIST_PARENTS, &LIST_POLICIES_FOR_TARGET],
        config: Shape::of(account::Config::json_schema),
        derived: Shape::of(account::Derived::json_schema),
        collect: None,
        instead: &[],
    }],
    collect: Some(|context| Box::pin(account::own(context))),
};

/// The family that only a run of the organisation's own scope reads, besides the accounts' places.
pub const WHOLE: Family = Family {
    name: "organization",
    types: &[
        ResourceType {
            name: organization::TYPE,
            about: "the organisation: its management account, its roots and the kinds of policies in force",
            reach: Reach::Organization,
            operations: &[&DESCRIBE_ORGANIZATION, &LIST_ROOTS],
            config: Shape::of(organization::Config::json_schema),
            derived: Shape::of(organization::Derived::json_schema),
            collect: None,
            instead: &[],
        },
        ResourceType {
            reach: Reach::Organization,
            ..ResourceType::global::<member::Member>("an account as the organisation lists it, with its state")
        },
    ],
    collect: Some(|context| Box::pin(organization::collect(context))),
};

#[cfg(test)]
mod tests;
