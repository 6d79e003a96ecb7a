//! Service principals: applications of this tenant and of others that the directory lets in.

use crate::azure::listing::{Listed, Place};
use crate::azure::operation::{Operation, Request};
use crate::azure::{Context, door, tenant_of};
use crate::document::{Draft, Field, Read};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Service principals.
static LIST: Operation = Operation {
    name: "servicePrincipals.servicePrincipal.ListServicePrincipal",
    permission: "Graph:Application.Read.All",
    request: Request::Get(
        "/v1.0/servicePrincipals?$select=id,appId,displayName,appOwnerOrganizationId,servicePrincipalType,accountEnabled&$top=999",
    ),
    is_list: true,
    docs: "https://learn.microsoft.com/graph/api/serviceprincipal-list",
    ..Operation::GRAPH
};

/// Tenants of Microsoft's own applications.
const OF_MICROSOFT: [&str; 2] = ["72f988bf-86f1-41af-91ab-2d7cd011db47", "f8cdef31-a31e-4b4a-93e4-5f571e91255a"];

/// A service principal.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct ServicePrincipal {
    /// The client id of its application.
    app_id: Option<String>,
    /// The tenant where its application is registered; null for what is no application.
    app_owner_organization_id: Option<String>,
    /// `Application`, `ManagedIdentity`, `Legacy` or `SocialIdp`.
    service_principal_type: Option<String>,
    /// It may be signed in to.
    account_enabled: Option<bool>,
}

/// What is computed of a service principal.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// Whose application it is; null for what is no application.
    #[serde(skip_serializing_if = "Field::is_unread")]
    owner: Field<Owner>,
}

/// Whose an application is.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Owner {
    /// This tenant's.
    ThisTenant,
    /// Microsoft's.
    Microsoft,
    /// Another tenant's.
    Other,
}

impl Listed for ServicePrincipal {
    const TYPE: &'static str = "azure.entra.service-principal";
    const LIST: &'static Operation = &LIST;
    const ALWAYS: &'static [&'static str] = &["service_principal_type", "account_enabled"];
    type Around = ();
    type Derived = Derived;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        let own = tenant_of(&place.context.order().scope).unwrap_or_default();
        let is_application = self.service_principal_type.as_deref() == Some("Application");
        let owner = match self.owner(own) {
            None if is_application => Err(door::malformed(&LIST, "the owner of the application is missing", vec![])),
            owner => Ok(Read { value: owner, exchanges: vec![], at: None }),
        };
        Box::pin(std::future::ready(Derived { owner: draft.take("derived.owner", owner) }))
    }
}

impl ServicePrincipal {
    fn owner(&self, own: &str) -> Option<Owner> {
        let tenant = self.app_owner_organization_id.as_ref()?.to_ascii_lowercase();
        Some(match tenant.as_str() {
            tenant if tenant == own => Owner::ThisTenant,
            tenant if OF_MICROSOFT.contains(&tenant) => Owner::Microsoft,
            _ => Owner::Other,
        })
    }
}
