//! The operations that the family's types share.

use crate::gcp::ancestry::{ANCESTRY, FOLDER_POLICY, ORGANIZATION_POLICY, PROJECT_POLICY};
use crate::gcp::assets::POLICIES;
use crate::gcp::operation::{Items, Operation, Request};

/// The service.
pub(super) const SERVICE: &str = "iam.googleapis.com";

/// The region of everything here.
pub(super) const REGION: &str = "global";

/// Service accounts in Cloud Asset Inventory.
pub(super) static ACCOUNT_ASSET: Operation = Operation::asset("iam.googleapis.com/ServiceAccount");

/// `projects.serviceAccounts.list`.
pub(super) static ACCOUNTS: Operation = Operation {
    service: SERVICE,
    name: "iam.projects.serviceAccounts.list",
    permission: "iam.serviceAccounts.list",
    request: Request::Get("v1/projects/{project}/serviceAccounts?pageSize=100"),
    items: Items::In("accounts"),
    shared: true,
    docs: "https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/list",
    ..Operation::PLAIN
};

/// `projects.serviceAccounts.getIamPolicy`, of an item of the list.
pub(super) static ACCOUNT_POLICY: Operation = Operation {
    service: SERVICE,
    name: "iam.projects.serviceAccounts.getIamPolicy",
    permission: "iam.serviceAccounts.getIamPolicy",
    request: Request::Post("v1/{.name}:getIamPolicy?options.requestedPolicyVersion=3", "{}"),
    docs: "https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/getIamPolicy",
    ..Operation::PLAIN
};

/// `roles.get`, of one of Google's own.
pub(super) static ROLE: Operation = Operation {
    service: SERVICE,
    name: "iam.roles.get",
    permission: "iam.roles.get",
    request: Request::Get("v1/{role}"),
    absent: &["NOT_FOUND"],
    shared: true,
    docs: "https://cloud.google.com/iam/docs/reference/rest/v1/roles/get",
    ..Operation::PLAIN
};

/// `projects.roles.get`, of a project's.
pub(super) static PROJECT_ROLE: Operation = Operation {
    name: "iam.projects.roles.get",
    docs: "https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles/get",
    ..ROLE
};

/// `organizations.roles.get`, of an organisation's.
pub(super) static ORGANIZATION_ROLE: Operation = Operation {
    name: "iam.organizations.roles.get",
    docs: "https://cloud.google.com/iam/docs/reference/rest/v1/organizations.roles/get",
    ..ROLE
};

/// Which of them gets a role of this name.
pub(super) fn gets(role: &str) -> &'static Operation {
    match role.split('/').next() {
        Some("projects") => &PROJECT_ROLE,
        Some("organizations") => &ORGANIZATION_ROLE,
        _ => &ROLE,
    }
}

/// `policies.listPolicies` of the second version. Its answer has no rules.
pub(super) static DENY_POLICIES: Operation = Operation {
    service: SERVICE,
    name: "iam.policies.listPolicies",
    permission: "iam.denypolicies.list",
    request: Request::Get("v2/policies/cloudresourcemanager.googleapis.com%2F{kind}%2F{id}/denypolicies"),
    items: Items::In("policies"),
    docs: "https://cloud.google.com/iam/docs/reference/rest/v2/policies/listPolicies",
    ..Operation::PLAIN
};

/// `policies.get` of the second version.
pub(super) static DENY_POLICY: Operation = Operation {
    service: SERVICE,
    name: "iam.policies.get",
    permission: "iam.denypolicies.get",
    request: Request::Get("v2/policies/cloudresourcemanager.googleapis.com%2F{kind}%2F{id}/denypolicies/{policy}"),
    docs: "https://cloud.google.com/iam/docs/reference/rest/v2/policies/get",
    ..Operation::PLAIN
};

/// Machines in Cloud Asset Inventory.
pub(super) static MACHINE_ASSET: Operation = Operation::asset("compute.googleapis.com/Instance");

/// `instances.aggregatedList`.
pub(super) static MACHINES: Operation = Operation {
    service: "compute.googleapis.com",
    name: "compute.instances.aggregatedList",
    permission: "compute.instances.list",
    request: Request::Get("compute/v1/projects/{project}/aggregated/instances?maxResults=500"),
    items: Items::Aggregated("instances"),
    docs: "https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList",
    ..Operation::PLAIN
};

/// What bindings in force are read by.
pub(super) static BINDINGS: &[&Operation] = &[
    &crate::gcp::project::GET,
    &ANCESTRY,
    &PROJECT_POLICY,
    &FOLDER_POLICY,
    &ORGANIZATION_POLICY,
    &ROLE,
    &PROJECT_ROLE,
    &ORGANIZATION_ROLE,
];

/// What service accounts are read by.
pub(super) static SERVICE_ACCOUNTS: &[&Operation] = &[
    &ACCOUNT_ASSET,
    &ACCOUNTS,
    &POLICIES,
    &ACCOUNT_POLICY,
    &ANCESTRY,
    &PROJECT_POLICY,
    &FOLDER_POLICY,
    &ORGANIZATION_POLICY,
];

/// What effective permissions are worked out from.
pub(super) static PRINCIPALS: &[&Operation] = &[
    &crate::gcp::project::GET,
    &ANCESTRY,
    &PROJECT_POLICY,
    &FOLDER_POLICY,
    &ORGANIZATION_POLICY,
    &ROLE,
    &PROJECT_ROLE,
    &ORGANIZATION_ROLE,
    &ACCOUNT_ASSET,
    &ACCOUNTS,
    &POLICIES,
    &ACCOUNT_POLICY,
    &DENY_POLICIES,
    &DENY_POLICY,
    &MACHINE_ASSET,
    &MACHINES,
];
