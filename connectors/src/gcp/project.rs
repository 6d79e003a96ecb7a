//! The project: one document with what is set for all of it.

use super::ancestry::{ANCESTRY, FOLDER_POLICY, ORGANIZATION_POLICY, PROJECT_POLICY, SERVICE};
use super::context::Context;
use super::iam_policy::IamPolicy;
use super::listing;
use super::operation::{Family, Items, Operation, Request, ResourceType};
use crate::collection::Collected;
use crate::declaration::Reach;
use crate::document::{Draft, Field};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
        operations: &[&GET, &ANCESTRY, &PROJECT_POLICY, &FOLDER_POLICY, &ORGANIZATION_POLICY],
        config: Config::json_schema,
        derived: Derived::json_schema,
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
}

/// `derived` of the project.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Derived {
    /// What is above it, the nearest first: `folders/<number>`, `organizations/<number>`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    ancestors: Field<Vec<String>>,
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
    let (project, policy, ancestry) = futures::join!(
        listing::one::<Project>(context, &GET, &[], &Value::Null),
        context.project_policy(),
        context.ancestry(),
    );
    let config = Config {
        project: draft.take("config.project", project.map(|read| read.map(Some))),
        iam_policy: draft.take("config.iam_policy", policy.map(|read| read.map(Some))),
    };
    draft.tags(match config.project.value() {
        Some(project) => Field::Value(project.labels.clone().unwrap_or_default()),
        None => Field::Unread,
    });
    let derived = Derived {
        ancestors: draft.take("derived.ancestors", ancestry.map(|read| read.map(|ancestry| Some(ancestry.above)))),
    };
    Collected::of_one(context.finish(draft, &config, &derived))
}
