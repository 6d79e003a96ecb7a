//! What the reader itself may see of a subscription.
//!
//! Resource Graph, and lists of Resource Manager at a subscription, leave out what their reader has no role for. So the
//! reader's own role assignments at the subscription and above it are read first, with the deny assignments in it: a type is
//! listed whole only where a role gives its read action for the whole subscription and nothing denies it anywhere in it.
//! Roles that a service provider has through Azure Lighthouse are not among role assignments: such a reader sees nothing whole.
//!
//! Documentation: <https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest>,
//! <https://learn.microsoft.com/azure/role-based-access-control/deny-assignments>.

use super::actions::Permission;
use super::context::Context;
use super::door;
use super::operation::{Operation, Request};
use crate::document::Read;
use crate::exchange::CollectError;
use evidenced_schemas::GapReason;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Role assignments of one principal, of its groups among them, at the subscription and above.
pub static OWN_ROLE_ASSIGNMENTS: Operation = Operation {
    service: "Microsoft.Authorization",
    name: "RoleAssignments_ListForSubscription",
    permission: "Microsoft.Authorization/roleAssignments/read",
    request: Request::Get(
        "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignments\
         ?api-version=2022-04-01&$filter=atScope()%20and%20assignedTo('{principal}')",
    ),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-subscription",
    ..Operation::PLAIN
};

/// One role definition.
pub static ROLE_DEFINITION: Operation = Operation {
    service: "Microsoft.Authorization",
    name: "RoleDefinitions_GetById",
    permission: "Microsoft.Authorization/roleDefinitions/read",
    request: Request::Get("{id}?api-version=2022-04-01"),
    docs: "https://learn.microsoft.com/rest/api/authorization/role-definitions/get-by-id",
    ..Operation::PLAIN
};

/// Deny assignments in a subscription.
pub static DENY_ASSIGNMENTS: Operation = Operation {
    service: "Microsoft.Authorization",
    name: "DenyAssignments_List",
    permission: "Microsoft.Authorization/denyAssignments/read",
    request: Request::Get(
        "/subscriptions/{subscription}/providers/Microsoft.Authorization/denyAssignments?api-version=2022-04-01",
    ),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/authorization/deny-assignments/list",
    ..Operation::PLAIN
};

/// Everyone, where a deny assignment names its principals.
const EVERYONE: &str = "00000000-0000-0000-0000-000000000000";

/// What the reader may see.
#[derive(Clone, Debug)]
pub struct Reader {
    roles: Result<Vec<Permission>, CollectError>,
    denies: Result<Vec<Deny>, CollectError>,
}

#[derive(Clone, Debug)]
struct Deny {
    id: String,
    permissions: Vec<Permission>,
}

impl Reader {
    /// Asks. `principal` is the object id of the reader; none where its token does not tell.
    pub(super) async fn find(context: &Context, principal: Option<&str>) -> Self {
        let Some(principal) = principal else {
            let unknown = door::malformed(&OWN_ROLE_ASSIGNMENTS, "the token does not tell who reads", vec![]);
            return Self { roles: Err(unknown.clone()), denies: Err(unknown) };
        };
        let (roles, denies) = futures::join!(roles(context, principal), denies(context, principal));
        Self { roles, denies }
    }

    /// Why a list is not whole; none where it is.
    pub fn hides(&self, list: &Operation) -> Option<Hidden> {
        let action = list.permission;
        let unknown = |what: &str, error: &CollectError| {
            Some(Hidden { reason: format!("{what} is not known: {}", error.sentence()), error: error.clone() })
        };
        let roles = match &self.roles {
            Ok(roles) => roles,
            Err(error) => return unknown("what the reader may see", error),
        };
        if !roles.iter().any(|permission| permission.gives(action)) {
            let no_role =
                format!("no role of the reader at the subscription gives {action}: what it may not see is left out");
            return Some(Hidden::unseen(list, no_role));
        }
        match &self.denies {
            Ok(denies) => denies
                .iter()
                .find(|deny| deny.permissions.iter().any(|permission| permission.gives(action)))
                .map(|deny| format!("the deny assignment {} may hide some from the reader", deny.id))
                .map(|reason| Hidden::unseen(list, reason)),
            Err(error) => unknown("what is denied to the reader", error),
        }
    }
}

/// A list from which something may be left out.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// Why, as a sentence for a balance.
    pub reason: String,
    /// The same for whoever needs the whole list: what could not be read of the reader, or that the list is kept from it.
    pub error: CollectError,
}

impl Hidden {
    fn unseen(list: &Operation, reason: String) -> Self {
        let error = CollectError { kind: GapReason::Denied, ..door::malformed(list, reason.clone(), vec![]) };
        Self { reason, error }
    }
}

#[derive(Deserialize)]
struct Assignment {
    properties: AssignmentProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssignmentProperties {
    role_definition_id: String,
    #[serde(default)]
    condition: Option<String>,
}

#[derive(Deserialize)]
struct Definition {
    properties: DefinitionProperties,
}

#[derive(Deserialize)]
struct DefinitionProperties {
    permissions: Vec<Permission>,
}

#[derive(Deserialize)]
struct DenyAssignment {
    id: String,
    properties: DenyProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DenyProperties {
    permissions: Vec<Permission>,
    principals: Vec<Principal>,
    #[serde(default)]
    exclude_principals: Vec<Principal>,
}

#[derive(Deserialize)]
struct Principal {
    id: String,
    #[serde(default, rename = "type")]
    type_: Option<String>,
}

/// What the reader's roles give in the whole subscription. One under a condition gives nothing for sure.
async fn roles(context: &Context, principal: &str) -> Result<Vec<Permission>, CollectError> {
    let names = [("subscription", context.subscription()), ("principal", principal)];
    let assignments: Read<Vec<Assignment>> = super::listing::whole(context, &OWN_ROLE_ASSIGNMENTS, &names).await?;
    let unconditional = assignments.value.iter().filter(|assignment| assignment.properties.condition.is_none());
    let definitions: BTreeMap<String, &str> = unconditional
        .map(|assignment| assignment.properties.role_definition_id.as_str())
        .map(|id| (id.to_ascii_lowercase(), id))
        .collect();
    let mut permissions = Vec::new();
    for id in definitions.into_values() {
        let read = context.ask(&ROLE_DEFINITION, &[("id", id)], None).await?;
        permissions.extend(door::typed::<Definition>(&ROLE_DEFINITION, read)?.value.properties.permissions);
    }
    Ok(permissions)
}

/// Deny assignments that are, or may be, about the reader: a group's is, as the reader may be in it.
async fn denies(context: &Context, principal: &str) -> Result<Vec<Deny>, CollectError> {
    let names = [("subscription", context.subscription())];
    let all: Read<Vec<DenyAssignment>> = super::listing::whole(context, &DENY_ASSIGNMENTS, &names).await?;
    let about_reader = |deny: &DenyAssignment| {
        let ids: BTreeSet<&str> = deny.properties.exclude_principals.iter().map(|one| one.id.as_str()).collect();
        let is_named = deny.properties.principals.iter().any(|one| {
            let is_one = matches!(one.type_.as_deref(), Some("User" | "ServicePrincipal"));
            one.id.eq_ignore_ascii_case(principal) || one.id == EVERYONE || !is_one
        });
        is_named && !ids.iter().any(|id| id.eq_ignore_ascii_case(principal))
    };
    let denies = all.value.into_iter().filter(about_reader);
    Ok(denies.map(|deny| Deny { id: deny.id, permissions: deny.properties.permissions }).collect())
}

#[cfg(test)]
mod tests;
