//! Declarations: what a resource type of Google Cloud reads, with which permission, and which errors are facts.

use super::Context;
use crate::declaration::{self, Provider};

/// Google Cloud.
#[derive(Debug)]
pub struct Gcp;

impl Provider for Gcp {
    type Context = Context;
    type Operation = Operation;
}

/// A resource type of Google Cloud.
pub type ResourceType = declaration::ResourceType<Gcp>;
/// Reads resource types of Google Cloud.
pub type Collect = declaration::Collect<Gcp>;
/// Resource types of one Google Cloud service.
pub type Family = declaration::Family<Gcp>;

/// How one method is asked. Paths begin after the service's address and have places to be filled in: `{project}`,
/// `{organization}`, `{parent}` (the name of an item that the list is asked for), `{.name}` (a member of the item that the
/// call is about; `{.selfLink:projects/}` is that member from `projects/` on).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// `GET` of a path, its query with it.
    Get(&'static str),
    /// `POST` of a JSON body to a path: methods of Google Cloud that read and take a body (`getIamPolicy`).
    Post(&'static str, &'static str),
    /// The assets of one type in Cloud Asset Inventory. All types are asked for by one list ([`super::assets`]).
    Asset(&'static str),
}

/// Where a list's answer holds its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    /// The answer is no list.
    None,
    /// In a member: `items`, `cryptoKeys`. An empty list may be left out.
    In(&'static str),
    /// In `items`, by zone or region, each with a list of this name: an aggregated list of Compute Engine.
    Aggregated(&'static str),
}

/// One method of a Google Cloud API.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// The service, as it is enabled and addressed: `storage.googleapis.com`.
    pub service: &'static str,
    /// The method's id in the service's discovery document (`storage.buckets.list`).
    pub name: &'static str,
    /// The IAM permission that allows it (`storage.buckets.list`). Empty where none is needed.
    pub permission: &'static str,
    /// Further ones that are needed, where one is not enough.
    pub also: &'static [&'static str],
    /// How it is asked.
    pub request: Request,
    /// Where its items are, if it is a list.
    pub items: Items,
    /// Error codes that are a fact of absence for this method and not a failure.
    pub absent: &'static [&'static str],
    /// Several resource types make this same request: a run makes it once, and they share its answer.
    pub shared: bool,
    /// What the token must be good for, where `cloud-platform` is not: an OAuth scope.
    pub oauth_scope: Option<&'static str>,
    /// Fields of its answer that hold secrets, see [`crate::exchange::ApiRequest::secrets`].
    pub secrets: &'static [&'static str],
    /// Page of the provider's documentation.
    pub docs: &'static str,
}

impl Operation {
    /// One answer, with no absence codes. Declarations say only what differs.
    pub const PLAIN: Self = Self {
        service: "",
        name: "",
        permission: "",
        also: &[],
        request: Request::Get(""),
        items: Items::None,
        absent: &[],
        shared: false,
        oauth_scope: None,
        secrets: &[],
        docs: "",
    };

    /// The assets of a type, `storage.googleapis.com/Bucket`.
    /// Documentation: <https://cloud.google.com/asset-inventory/docs/asset-types>.
    pub const fn asset(type_: &'static str) -> Self {
        Self {
            service: super::assets::SERVICE,
            name: super::assets::LIST,
            permission: super::assets::LIST_RESOURCES,
            request: Request::Asset(type_),
            docs: "https://cloud.google.com/asset-inventory/docs/asset-types",
            ..Self::PLAIN
        }
    }

    /// The body of a `getIamPolicy` that gets conditions too. Documentation: <https://cloud.google.com/iam/docs/policies#versions>.
    pub const POLICY_OF_ANY_VERSION: &'static str = r#"{"options":{"requestedPolicyVersion":3}}"#;
}
