//! The organisation: one document with what is set for all of it.

use super::ancestry::{ORGANIZATION_POLICY, SERVICE};
use super::context::Context;
use super::iam_policy::IamPolicy;
use super::listing;
use super::operation::{Family, Operation, Request, ResourceType};
use crate::collection::Collected;
use crate::declaration::Reach;
use crate::document::{Draft, Field};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The resource type.
pub const TYPE: &str = "gcp.organization";

/// `GET organizations/{organization}`.
pub static GET: Operation = Operation {
    service: SERVICE,
    name: "cloudresourcemanager.organizations.get",
    permission: "resourcemanager.organizations.get",
    request: Request::Get("v3/organizations/{organization}"),
    shared: true,
    docs: "https://cloud.google.com/resource-manager/reference/rest/v3/organizations/get",
    ..Operation::PLAIN
};

/// The organisation.
pub const FAMILY: Family = Family {
    name: "organization",
    types: &[ResourceType {
        name: TYPE,
        about: "The organisation",
        reach: Reach::Organization,
        operations: &[&GET, &ORGANIZATION_POLICY],
        config: Config::json_schema,
        derived: Derived::json_schema,
        collect: None,
        instead: &[],
    }],
    collect: Some(|context| Box::pin(collect(context))),
};

/// `config` of the organisation.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Config {
    /// What Resource Manager says of it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    organization: Field<Organization>,
    /// Its IAM policy.
    #[serde(skip_serializing_if = "Field::is_unread")]
    iam_policy: Field<IamPolicy>,
}

/// `derived` of the organisation.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Derived {}

/// What Resource Manager says of an organisation.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Organization {
    /// Its domain.
    display_name: Option<String>,
    /// `ACTIVE` or `DELETE_REQUESTED`.
    state: Option<String>,
    /// The customer of Google Workspace or Cloud Identity.
    directory_customer_id: Option<String>,
}

async fn collect(context: &Context) -> Collected {
    let name = format!("organizations/{}", context.organization());
    let mut draft = Draft::new(TYPE, format!("//{SERVICE}/{name}"), context.organization(), "global");
    let (organization, policy) =
        futures::join!(listing::one::<Organization>(context, &GET, &[], &Value::Null), context.ancestor_policy(&name),);
    let config = Config {
        organization: draft.take("config.organization", organization.map(|read| read.map(Some))),
        iam_policy: draft.take("config.iam_policy", policy.map(|read| read.map(Some))),
    };
    if let Some(name) = config.organization.value().and_then(|organization| organization.display_name.as_deref()) {
        draft.rename(name);
    }
    Collected::of_one(context.finish(draft, &config, &Derived::default()))
}
