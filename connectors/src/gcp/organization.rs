//! The organisation: one document with what is set for all of it.

pub(super) mod finding;

use super::ancestry::{ORGANIZATION_POLICY, SERVICE};
use super::context::Context;
use super::iam_policy::IamPolicy;
use super::listing;
use super::operation::{Family, Items, Operation, Request, ResourceType};
use crate::collection::Collected;
use crate::declaration::{Reach, Shape};
use crate::document::{Draft, Field};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use finding::Finding;

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

/// `organizations.contacts.list`.
static CONTACTS: Operation = Operation {
    service: "essentialcontacts.googleapis.com",
    name: "essentialcontacts.organizations.contacts.list",
    permission: "essentialcontacts.contacts.list",
    request: Request::Get("v1/organizations/{organization}/contacts?pageSize=100"),
    items: Items::In("contacts"),
    docs: "https://cloud.google.com/resource-manager/docs/reference/essentialcontacts/rest/v1/organizations.contacts/list",
    ..Operation::PLAIN
};

/// `organizations.sources.list`: what gives findings to Security Command Center.
static SOURCES: Operation = Operation {
    service: "securitycenter.googleapis.com",
    name: "securitycenter.organizations.sources.list",
    permission: "securitycenter.sources.list",
    request: Request::Get("v1/organizations/{organization}/sources?pageSize=1000"),
    items: Items::In("sources"),
    docs: "https://cloud.google.com/security-command-center/docs/reference/rest/v1/organizations.sources/list",
    ..Operation::PLAIN
};

/// The organisation.
pub const FAMILY: Family = Family {
    name: "organization",
    types: &[
        ResourceType {
            name: TYPE,
            about: "The organisation",
            reach: Reach::Organization,
            operations: &[&GET, &ORGANIZATION_POLICY, &CONTACTS, &SOURCES],
            config: Shape::of(Config::json_schema),
            derived: Shape::of(Derived::json_schema),
            collect: None,
            instead: &[],
        },
        ResourceType::of_organization::<Finding>("An active finding of Security Command Center, high or critical"),
    ],
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
    /// Essential contacts, by address.
    #[serde(skip_serializing_if = "Field::is_unread")]
    essential_contacts: Field<Vec<Contact>>,
    /// What gives findings to Security Command Center, by name for people, sorted.
    #[serde(skip_serializing_if = "Field::is_unread")]
    scc_sources: Field<Vec<String>>,
}

/// `derived` of the organisation.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Derived {}

/// What Resource Manager says of an organisation.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Organization {
    // An answer without a name is none.
    #[serde(rename = "name", skip_serializing)]
    #[schemars(skip)]
    _name: String,
    /// Its domain.
    display_name: Option<String>,
    /// `ACTIVE` or `DELETE_REQUESTED`.
    state: Option<String>,
    /// The customer of Google Workspace or Cloud Identity.
    directory_customer_id: Option<String>,
}

/// Whom Google tells.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
struct Contact {
    /// The address.
    email: String,
    /// Of what: `SECURITY`, `BILLING`, `ALL` and the like.
    #[serde(default)]
    notification_category_subscriptions: Vec<String>,
    /// `VALID`, or `INVALID` where somebody said that it is the wrong one.
    validation_state: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    name: String,
    display_name: Option<String>,
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}

async fn collect(context: &Context) -> Collected {
    let name = format!("organizations/{}", context.organization());
    let mut draft = Draft::new(TYPE, format!("//{SERVICE}/{name}"), context.organization(), "global");
    let (organization, policy, contacts, sources) = futures::join!(
        listing::one::<Organization>(context, &GET, &[], &Value::Null),
        context.ancestor_policy(&name),
        listing::whole::<Contact>(context, &CONTACTS, &[], &Value::Null),
        listing::whole::<Source>(context, &SOURCES, &[], &Value::Null),
    );
    let name_of = |source: Source| source.display_name.unwrap_or(source.name);
    let sources = sources.map(|read| read.map(|all| Some(sorted(all.into_iter().map(name_of).collect()))));
    let config = Config {
        organization: draft.take("config.organization", organization.map(|read| read.map(Some))),
        iam_policy: draft.take("config.iam_policy", policy.map(|read| read.map(Some))),
        essential_contacts: draft
            .take("config.essential_contacts", contacts.map(|read| read.map(|all| Some(sorted(all))))),
        scc_sources: draft.take("config.scc_sources", sources),
    };
    if let Some(name) = config.organization.value().and_then(|organization| organization.display_name.as_deref()) {
        draft.rename(name);
    }
    Collected::of_one(context.finish(draft, &config, &Derived::default()))
}

#[cfg(test)]
mod tests;
