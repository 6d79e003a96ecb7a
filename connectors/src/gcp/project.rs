//! The project: one document with what is set for all of it.

mod access_approval;
mod audit_logs;
mod binary_authorization;
mod compute;
mod org_policies;
mod repositories;
mod services;

use super::ancestry::{ANCESTRY, FOLDER_POLICY, ORGANIZATION_POLICY, PROJECT_POLICY, SERVICE};
use super::context::Context;
use super::iam_policy::IamPolicy;
use super::listing;
use super::logging::sink::{self, Sink};
use super::operation::{Family, Items, Operation, Request, ResourceType};
use crate::collection::Collected;
use crate::declaration::{Reach, Shape};
use crate::document::{Draft, Field};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use access_approval::AccessApproval;
use audit_logs::DataAccessLogs;
use binary_authorization::BinaryAuthorization;
use compute::Metadata;
use org_policies::{EffectivePolicy, OrgPolicies};
use repositories::Repository;

/// The resource type.
pub const TYPE: &str = "gcp.project";

/// `GET projects/{project}`.
pub static GET: Operation = Operation {
    service: SERVICE,
    name: "cloudresourcemanager.projects.get",
    permission: "resourcemanager.projects.get",
    request: Request::Get("v3/projects/{project}"),
    shared: true,
    docs: "https://cloud.google.com/resource-manager/reference/rest/v3/projects/get",
    ..Operation::PLAIN
};

/// `GET projects:search`: those that the credentials reach.
pub static SEARCH: Operation = Operation {
    service: SERVICE,
    name: "cloudresourcemanager.projects.search",
    permission: "resourcemanager.projects.get",
    request: Request::Get("v3/projects:search?query=state:ACTIVE&pageSize=500"),
    items: Items::In("projects"),
    docs: "https://cloud.google.com/resource-manager/reference/rest/v3/projects/search",
    ..Operation::PLAIN
};

/// The project.
pub const FAMILY: Family = Family {
    name: "project",
    types: &[ResourceType {
        name: TYPE,
        about: "The project",
        reach: Reach::Global,
        operations: &[
            &GET,
            &ANCESTRY,
            &PROJECT_POLICY,
            &FOLDER_POLICY,
            &ORGANIZATION_POLICY,
            &services::LIST,
            &super::compute::metadata::PROJECT,
            &org_policies::EFFECTIVE,
            &access_approval::GET,
            &binary_authorization::GET,
            &sink::OF_PROJECT,
            &sink::OF_FOLDER,
            &sink::OF_ORGANIZATION,
            &repositories::ASSET,
            &repositories::LOCATIONS,
            &repositories::LIST,
        ],
        config: Shape::of(Config::json_schema),
        derived: Shape::of(Derived::json_schema),
        collect: None,
        instead: &[],
    }],
    collect: Some(|context| Box::pin(collect(context))),
};

/// `config` of the project.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Config {
    /// What Resource Manager says of it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    project: Field<Project>,
    /// Its own IAM policy.
    #[serde(skip_serializing_if = "Field::is_unread")]
    iam_policy: Field<IamPolicy>,
    /// Names of the services that are enabled, sorted.
    #[serde(skip_serializing_if = "Field::is_unread")]
    enabled_services: Field<Vec<String>>,
    /// Switches in the metadata that Compute Engine gives to every machine.
    #[serde(skip_serializing_if = "Field::is_unread")]
    compute_metadata: Field<Metadata>,
    /// Organisation policies of constraints that controls ask about, as they hold in the project.
    #[serde(skip_serializing_if = "Field::is_unread")]
    org_policies: Field<Vec<EffectivePolicy>>,
    /// Access Approval; null where nothing was ever set.
    #[serde(skip_serializing_if = "Field::is_unread")]
    access_approval: Field<AccessApproval>,
    /// Binary Authorization: which images may be deployed; null where it is not enabled.
    #[serde(skip_serializing_if = "Field::is_unread")]
    binary_authorization: Field<BinaryAuthorization>,
    /// Its own log sinks.
    #[serde(skip_serializing_if = "Field::is_unread")]
    log_sinks: Field<Vec<Sink>>,
}

/// `derived` of the project.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Derived {
    /// What is above it, the nearest first: `folders/<number>`, `organizations/<number>`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    ancestors: Field<Vec<String>>,
    /// What organisation policies ask of it.
    org_policies: OrgPolicies,
    /// Log sinks of what is above it that take its entries too.
    #[serde(skip_serializing_if = "Field::is_unread")]
    aggregated_sinks: Field<Vec<Sink>>,
    /// Sinks, its own and those above it, that send every entry of it to their destination, by name.
    #[serde(skip_serializing_if = "Field::is_unread")]
    sinks_of_all_entries: Field<Vec<String>>,
    /// Which data accesses are logged, by what is set here and above.
    data_access_logs: DataAccessLogs,
    /// Repositories of Artifact Registry with container images.
    #[serde(skip_serializing_if = "Field::is_unread")]
    image_repositories: Field<Vec<Repository>>,
}

/// What Resource Manager says of a project.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Project {
    /// `projects/<number>`.
    name: Option<String>,
    /// Its name for people.
    display_name: Option<String>,
    /// `ACTIVE` or `DELETE_REQUESTED`.
    state: Option<String>,
    /// `folders/<number>` or `organizations/<number>`; null for none.
    parent: Option<String>,
    /// When it was made.
    create_time: Option<String>,
    /// Its labels.
    labels: Option<std::collections::BTreeMap<String, String>>,
}

async fn collect(context: &Context) -> Collected {
    let id = format!("//{SERVICE}/projects/{}", context.project());
    let mut draft = Draft::new(TYPE, id, context.project(), "global");
    let (project, policy, ancestry, above) = futures::join!(
        listing::one::<Project>(context, &GET, &[], &Value::Null),
        context.project_policy(),
        context.ancestry(),
        audit_logs::above(context),
    );
    let (services, metadata, org_policies, approval, binaries, sinks, repositories) = futures::join!(
        services::enabled(context),
        compute::metadata(context),
        org_policies::read(context),
        access_approval::settings(context),
        binary_authorization::policy(context),
        context.sinks(),
        repositories::of_images(context),
    );
    let config = Config {
        project: draft.take("config.project", project.map(|read| read.map(Some))),
        iam_policy: draft.take("config.iam_policy", policy.clone().map(|read| read.map(Some))),
        enabled_services: draft.take("config.enabled_services", services),
        compute_metadata: draft.take("config.compute_metadata", metadata),
        org_policies: draft.take("config.org_policies", org_policies.all()),
        access_approval: draft.take("config.access_approval", approval),
        binary_authorization: draft.take("config.binary_authorization", binaries),
        log_sinks: draft.take("config.log_sinks", sinks.own.clone().map(|read| read.map(Some))),
    };
    draft.tags(match config.project.value() {
        Some(project) => Field::Value(project.labels.clone().unwrap_or_default()),
        None => Field::Unread,
    });
    let derived = Derived {
        ancestors: draft.take("derived.ancestors", ancestry.map(|read| read.map(|ancestry| Some(ancestry.above)))),
        org_policies: org_policies.judged(&mut draft),
        aggregated_sinks: draft.take("derived.aggregated_sinks", sinks.aggregated().map(|read| read.map(Some))),
        sinks_of_all_entries: draft
            .take("derived.sinks_of_all_entries", sinks.found(Sink::exports_all).map(|read| read.map(Some))),
        data_access_logs: audit_logs::together(&mut draft, &policy, &above),
        image_repositories: draft.take("derived.image_repositories", repositories),
    };
    Collected::of_one(context.finish(draft, &config, &derived))
}

#[cfg(test)]
mod tests;
