//! Roles, by what they give over who has access.

use crate::azure::actions::{Permission, covers};
use crate::azure::context::Context;
use crate::azure::door;
use crate::azure::listing;
use crate::azure::operation::{Operation, Request};
use crate::document::Read;
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Roles that can be assigned in the subscription: Azure's own and the tenant's.
pub(super) static LIST: Operation = Operation {
    service: "Microsoft.Authorization",
    name: "RoleDefinitions_List",
    permission: "Microsoft.Authorization/roleDefinitions/read",
    request: Request::Get(
        "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01",
    ),
    is_list: true,
    shared: true,
    docs: "https://learn.microsoft.com/rest/api/authorization/role-definitions/list",
    ..Operation::PLAIN
};

/// One role: those that can be assigned in a resource group alone are not in the list.
pub(super) static BY_ID: Operation = Operation {
    service: "Microsoft.Authorization",
    name: "RoleDefinitions_GetById",
    permission: "Microsoft.Authorization/roleDefinitions/read",
    request: Request::Get("{id}?api-version=2022-04-01"),
    shared: true,
    docs: "https://learn.microsoft.com/rest/api/authorization/role-definitions/get-by-id",
    ..Operation::PLAIN
};

/// Owner.
pub(super) const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
/// User Access Administrator.
pub(super) const USER_ACCESS_ADMINISTRATOR: &str = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9";
/// Role Based Access Control Administrator.
pub(super) const ACCESS_CONTROL_ADMINISTRATOR: &str = "f58310d9-a9f6-439a-9e8d-f62e7b41a168";
/// Contributor.
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";

/// Who has one of these can give itself any role.
pub(super) const GIVES_ACCESS: [&str; 3] = [
    "Microsoft.Authorization/elevateAccess/action",
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Authorization/roleDefinitions/write",
];

/// Who has one of these rules virtual machines.
const RULES_MACHINES: [&str; 3] = [
    "Microsoft.Compute/virtualMachines/extensions/write",
    "Microsoft.Compute/virtualMachines/runCommand/action",
    "Microsoft.Compute/virtualMachines/write",
];
/// Who has one of these actions on data enters virtual machines.
const ENTERS_MACHINES: [&str; 2] =
    ["Microsoft.Compute/virtualMachines/login/action", "Microsoft.Compute/virtualMachines/loginAsAdmin/action"];

/// What a role gives over a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::azure) enum Power {
    /// Everything: Owner, and custom roles that give every action and that of assigning roles.
    Owner,
    /// Who has access: User Access Administrator, Role Based Access Control Administrator, and custom roles that give an
    /// action by which their holder can give itself any role.
    AccessAdministrator,
    /// Everything but who has access: Contributor, and custom roles with the action `*`.
    Contributor,
    /// Less.
    Other,
}

/// A role.
#[derive(Clone, Debug)]
pub(super) struct Role {
    /// Its name.
    pub name: Option<String>,
    /// What it gives.
    pub power: Power,
    /// Its holder enters virtual machines, or can make it so.
    pub is_on_machines: bool,
}

/// A role, in the words of a list.
#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
    properties: Properties,
}

#[derive(Debug, Deserialize)]
struct Properties {
    role_name: Option<String>,
    permissions: Vec<Grant>,
}

/// One entry of what a role gives.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Grant {
    /// Actions of the control plane.
    actions: Option<Vec<String>>,
    /// Actions that are taken from them. It is no deny: another role may give them.
    not_actions: Option<Vec<String>>,
    /// Actions on data.
    data_actions: Option<Vec<String>>,
    /// Actions that are taken from those on data.
    not_data_actions: Option<Vec<String>>,
}

impl Grant {
    /// The actions.
    pub(super) fn actions(&self) -> impl Iterator<Item = &String> {
        self.actions.iter().flatten()
    }

    fn permission(&self) -> Permission {
        let all = |actions: &Option<Vec<String>>| actions.clone().unwrap_or_default();
        Permission { actions: all(&self.actions), not_actions: all(&self.not_actions) }
    }

    fn permission_on_data(&self) -> Permission {
        let all = |actions: &Option<Vec<String>>| actions.clone().unwrap_or_default();
        Permission { actions: all(&self.data_actions), not_actions: all(&self.not_data_actions) }
    }
}

/// Which of the actions that give access these entries give.
pub(super) fn gives_access(grants: &[Grant]) -> Vec<&'static str> {
    let permissions: Vec<Permission> = grants.iter().map(Grant::permission).collect();
    let is_given = |action: &&str| permissions.iter().any(|permission| permission.gives(action));
    GIVES_ACCESS.into_iter().filter(is_given).collect()
}

/// True where these entries give one of these actions.
fn gives_any(grants: &[Grant], actions: &[&str]) -> bool {
    grants.iter().map(Grant::permission).any(|permission| actions.iter().any(|action| permission.gives(action)))
}

/// True where these entries let their holder enter virtual machines, or rule them.
fn is_on_machines(grants: &[Grant]) -> bool {
    let enters = |permission: Permission| ENTERS_MACHINES.iter().any(|action| permission.gives(action));
    gives_any(grants, &RULES_MACHINES) || grants.iter().map(Grant::permission_on_data).any(enters)
}

/// True for a pattern that covers writing of whatever resource provider (`*`, `*/write`).
pub(super) fn writes_everything(pattern: &str) -> bool {
    covers(pattern, "any.provider/anything/write")
}

/// The last part of a role definition's id, in small letters: the same role has ids under each scope.
pub(super) fn guid(id: &str) -> String {
    id.rsplit('/').next().unwrap_or_default().to_ascii_lowercase()
}

/// What a role gives. Azure's own are known by their ids, as some of them assign roles under a condition of their own.
fn power(id: &str, is_custom: bool, grants: &[Grant]) -> Power {
    match id {
        OWNER => return Power::Owner,
        USER_ACCESS_ADMINISTRATOR | ACCESS_CONTROL_ADMINISTRATOR => return Power::AccessAdministrator,
        CONTRIBUTOR => return Power::Contributor,
        _ if !is_custom => return Power::Other,
        _ => {}
    }
    let is_all = grants.iter().flat_map(Grant::actions).any(|action| action == "*");
    match (is_all, gives_access(grants).is_empty()) {
        (true, false) => Power::Owner,
        (false, false) => Power::AccessAdministrator,
        (true, true) => Power::Contributor,
        (false, true) => Power::Other,
    }
}

/// True for the word of Azure's own roles.
pub(super) fn is_built_in(type_: Option<&str>) -> bool {
    type_.is_some_and(|type_| type_.eq_ignore_ascii_case("BuiltInRole"))
}

/// The roles behind role assignments, by [`guid`].
#[derive(Debug)]
pub(super) struct Roles {
    found: BTreeMap<String, Result<Read<Role>, CollectError>>,
    /// Why the list is not whole.
    trouble: Option<CollectError>,
}

impl Roles {
    /// Reads the list, and what these ids name beside it.
    pub(super) async fn read(context: &Context, ids: &[&str]) -> Self {
        let names = [("subscription", context.subscription())];
        let list = match listing::whole_in_words::<serde_json::Value>(context, &LIST, &names).await {
            Ok(list) => list,
            Err(error) => return Self { found: BTreeMap::new(), trouble: Some(error) },
        };
        let mut roles = Self { found: BTreeMap::new(), trouble: None };
        let (exchanges, at) = (list.exchanges, list.at);
        for item in list.value {
            match role(Read { value: item, exchanges: exchanges.clone(), at }, &LIST) {
                Ok((id, role)) => roles.found.insert(id, Ok(role)),
                Err(error) => return Self { found: BTreeMap::new(), trouble: Some(error) },
            };
        }
        for id in ids {
            if let Entry::Vacant(place) = roles.found.entry(guid(id)) {
                let read = listing::one::<serde_json::Value>(context, &BY_ID, &[("id", id)]).await;
                place.insert(read.and_then(|read| role(read, &BY_ID)).map(|(_, role)| role));
            }
        }
        roles
    }

    /// The role of this id.
    pub(super) fn of(&self, id: &str) -> Result<Read<Role>, CollectError> {
        if let Some(error) = &self.trouble {
            return Err(error.clone());
        }
        let unknown = || Err(door::malformed(&LIST, format!("the role {id} is not among the roles"), vec![]));
        self.found.get(&guid(id)).cloned().unwrap_or_else(unknown)
    }
}

fn role(read: Read<serde_json::Value>, operation: &Operation) -> Result<(String, Read<Role>), CollectError> {
    let type_ = read.value["properties"]["type"].as_str().map(str::to_owned);
    let listed = door::typed::<Listed>(operation, read)?;
    let id = guid(&listed.value.id);
    let power = power(&id, !is_built_in(type_.as_deref()), &listed.value.properties.permissions);
    let is_on_machines = is_on_machines(&listed.value.properties.permissions);
    Ok((id, listed.map(|listed| Role { name: listed.properties.role_name, power, is_on_machines })))
}
