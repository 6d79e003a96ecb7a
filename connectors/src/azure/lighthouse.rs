//! Azure Lighthouse: which other tenants manage the subscription or groups in it, and with which roles. Role assignments show
//! nothing of this.
//!
//! Documentation: <https://learn.microsoft.com/azure/lighthouse/how-to/view-manage-service-providers>.

use super::context::Context;
use super::door;
use super::listing::{self, Envelope, Listed, Nothing, Place};
use super::operation::{Family, Operation, ResourceType};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything of Azure Lighthouse.
pub const FAMILY: Family = Family {
    name: "lighthouse",
    types: &[ResourceType::listed::<Delegation>(
        "A delegation of the subscription, or of a resource group, to another tenant",
    )],
    collect: None,
};

static LIST: Operation = Operation::rows(
    "managedservicesresources",
    "microsoft.managedservices/registrationassignments",
    "Microsoft.ManagedServices/registrationAssignments/read",
);

static DEFINITIONS: Operation = Operation::rows(
    "managedservicesresources",
    "microsoft.managedservices/registrationdefinitions",
    "Microsoft.ManagedServices/registrationDefinitions/read",
);

/// A delegation to another tenant.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Delegation {
    /// Which offer it takes up.
    properties: Properties,
}

/// Of a delegation.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// The id of the offer.
    registration_definition_id: String,
    /// `Succeeded` and others.
    provisioning_state: Option<String>,
}

/// An offer of a service provider.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Definition {
    properties: Offer,
}

/// What a service provider offers, and what it gets.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Offer {
    /// Its name.
    registration_definition_name: Option<String>,
    /// The tenant that manages, in small letters.
    managed_by_tenant_id: String,
    /// Roles that its people have at all times.
    authorizations: Option<Vec<Authorization>>,
    /// Roles that its people may activate; null for none.
    eligible_authorizations: Option<Vec<Authorization>>,
}

/// A role of somebody in the managing tenant.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Authorization {
    /// Who.
    principal_id: Option<String>,
    /// Its name, for people.
    principal_id_display_name: Option<String>,
    /// The id of the role, without a path.
    role_definition_id: Option<String>,
    /// For User Access Administrator: the roles that it may assign to managed identities.
    delegated_role_definition_ids: Option<Vec<String>>,
}

/// What is known of a delegation from elsewhere.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// The offer.
    #[serde(skip_serializing_if = "Field::is_unread")]
    definition: Field<Offer>,
}

impl Listed for Definition {
    const TYPE: &'static str = "azure.lighthouse.definition";
    const LIST: &'static Operation = &DEFINITIONS;
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl Listed for Delegation {
    const TYPE: &'static str = "azure.lighthouse.delegation";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[&LIST, &DEFINITIONS];
    type Around = Result<Read<Vec<(Envelope, Definition)>>, CollectError>;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Self::Around> {
        Box::pin(listing::every::<Definition>(context))
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, all: &'a Self::Around, draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        let offer = all.as_ref().map_err(Clone::clone).and_then(|all| self.offer(all));
        let derived = Derived { definition: draft.take("derived.definition", offer) };
        Box::pin(std::future::ready(derived))
    }
}

impl Delegation {
    fn offer(&self, all: &Read<Vec<(Envelope, Definition)>>) -> Result<Read<Option<Offer>>, CollectError> {
        let id = &self.properties.registration_definition_id;
        let found = all.value.iter().find(|(envelope, _)| envelope.id.eq_ignore_ascii_case(id));
        let Some((_, definition)) = found else {
            let unknown = format!("the definition {id} is not among the definitions");
            return Err(door::malformed(&DEFINITIONS, unknown, all.exchanges.clone()));
        };
        let mut offer = definition.properties.clone();
        offer.managed_by_tenant_id = offer.managed_by_tenant_id.to_ascii_lowercase();
        Ok(Read { value: Some(offer), exchanges: all.exchanges.clone(), at: all.at })
    }
}

#[cfg(test)]
mod tests;
