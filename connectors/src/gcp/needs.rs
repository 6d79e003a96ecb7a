//! What reading needs: the operations and permissions behind resource types. It follows from the declarations alone.
//!
//! There are two ways to read, and each needs its own: through Cloud Asset Inventory with what the inventory lacks ([`Way::Inventory`]),
//! or with the lists of every single API ([`Way::Direct`]), which a run takes where the inventory may not be used.

use super::{Operation, Reach, Request, ResourceType, ancestry, assets, project, projects, resource_types};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked before any type, whichever way: which projects there are, and what is above one.
pub static FIRST: [&Operation; 3] = [&project::SEARCH, &project::GET, &ancestry::ANCESTRY];
/// What else tells the projects below an organisation or folder, through the inventory.
static FIRST_IN_INVENTORY: [&Operation; 1] = [&projects::IN_INVENTORY];
/// The same without it.
static FIRST_DIRECTLY: [&Operation; 2] = [&projects::PROJECTS, &projects::FOLDERS];

/// How a run reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Through Cloud Asset Inventory, and each API for what it lacks.
    Inventory,
    /// Each API, without the inventory.
    Direct,
}

/// Operations by service, name and permission.
pub type Operations = BTreeMap<(&'static str, &'static str, &'static str), &'static Operation>;

/// Every operation that documents of these types need, by service, name and permission: what is asked first, and those of
/// the types, by either way.
pub fn operations<'a>(types: impl IntoIterator<Item = &'a str>) -> Operations {
    let types: BTreeSet<&str> = types.into_iter().collect();
    let of_types = resource_types().filter(|type_| types.contains(type_.name)).flat_map(|type_| type_.operations);
    by_name(FIRST.iter().chain(of_types).copied())
}

/// The operations that are asked for documents of these types by one way, with those that tell the projects.
pub fn asked<'a>(types: impl IntoIterator<Item = &'a str>, way: Way) -> Operations {
    let types: BTreeSet<&str> = types.into_iter().collect();
    let first: &[&Operation] = match way {
        Way::Inventory => &FIRST_IN_INVENTORY,
        Way::Direct => &FIRST_DIRECTLY,
    };
    let of_types = resource_types().filter(|type_| types.contains(type_.name)).flat_map(|type_| {
        let instead = instead(type_);
        let of_way = move |operation: &&&'static Operation| match way {
            Way::Inventory => !instead.contains(&key(operation)),
            Way::Direct => !is_inventory(operation),
        };
        type_.operations.iter().filter(of_way)
    });
    by_name(FIRST.iter().chain(first).chain(of_types).copied())
}

/// The IAM permissions of operations.
pub fn permissions(operations: &Operations) -> BTreeSet<&'static str> {
    operations.values().copied().flat_map(of_operation).collect()
}

/// The services of operations. They must be enabled in the project of the collector's credentials.
pub fn services(operations: &Operations) -> BTreeSet<&'static str> {
    operations.values().map(|operation| operation.service).collect()
}

/// OAuth scopes that operations need beside `cloud-platform`.
pub fn oauth_scopes(operations: &Operations) -> BTreeSet<&'static str> {
    operations.values().filter_map(|operation| operation.oauth_scope).collect()
}

/// True for an operation that Cloud Asset Inventory answers.
pub fn is_inventory(operation: &Operation) -> bool {
    matches!(operation.request, Request::Asset(_)) || operation.service == assets::SERVICE
}

/// True for a permission that a role of a project cannot give: on what lies above projects, or asked by a run of the
/// organisation alone. IAM refuses a project's custom role that holds one of the former.
/// Documentation: <https://cloud.google.com/iam/docs/creating-custom-roles#get-permissions-available-project-folder-org>.
pub fn is_above_projects(permission: &str) -> bool {
    if ABOVE_PROJECTS.iter().any(|start| permission.starts_with(start)) {
        return true;
    }
    let of = |reach: Reach| {
        let types = resource_types()
            .filter(move |type_| (type_.reach == Reach::Organization) == (reach == Reach::Organization));
        types.flat_map(|type_| type_.operations).any(|operation| of_operation(operation).any(|own| own == permission))
    };
    let first = FIRST.iter().chain(&FIRST_IN_INVENTORY).chain(&FIRST_DIRECTLY);
    let is_first = first.copied().flat_map(of_operation).any(|own| own == permission);
    !is_first && of(Reach::Organization) && !of(Reach::Global)
}

/// Permissions that there are only above projects, by how they begin.
const ABOVE_PROJECTS: [&str; 3] =
    ["resourcemanager.folders.", "resourcemanager.organizations.", "resourcemanager.projects.list"];

/// What names an operation.
type Key = (&'static str, &'static str, &'static str);

fn key(operation: &Operation) -> Key {
    (operation.service, operation.name, operation.permission)
}

fn by_name(operations: impl Iterator<Item = &'static Operation>) -> Operations {
    operations.map(|operation| (key(operation), operation)).collect()
}

fn of_operation(operation: &'static Operation) -> impl Iterator<Item = &'static str> {
    let all = std::iter::once(operation.permission).chain(operation.also.iter().copied());
    all.filter(|permission| !permission.is_empty())
}

/// Operations of a type that are asked only where the inventory may not be used: the lists of what it has there, of its own
/// and of what it reads around itself, and policies of resources where those come from the inventory.
fn instead(type_: &ResourceType) -> BTreeSet<Key> {
    let own = assets_of(type_);
    let listed = resource_types().filter(|other| !own.is_disjoint(&assets_of(other)));
    let lists = listed.flat_map(|other| other.instead).flat_map(|part| *part).map(|operation| key(operation));
    let has_policies = type_.operations.iter().any(|operation| key(operation) == key(&assets::POLICIES));
    let is_policy = |operation: &&&'static Operation| {
        has_policies && operation.name.ends_with("etIamPolicy") && operation.service != ancestry::SERVICE
    };
    lists.chain(type_.operations.iter().filter(is_policy).map(|operation| key(operation))).collect()
}

/// The asset types that a type reads.
fn assets_of(type_: &ResourceType) -> BTreeSet<&'static str> {
    let asset = |operation: &&'static Operation| match operation.request {
        Request::Asset(name) => Some(name),
        Request::Get(_) | Request::Post(..) => None,
    };
    type_.operations.iter().filter_map(asset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inventory_needs_no_list_of_what_it_has() {
        let of = |way| permissions(&asked(["gcp.storage.bucket"], way));
        let inventory = of(Way::Inventory);
        assert!(inventory.contains("cloudasset.assets.listResource"), "{inventory:?}");
        assert!(inventory.contains("cloudasset.assets.listIamPolicy"), "{inventory:?}");
        assert!(!inventory.iter().any(|permission| permission.starts_with("storage.")), "{inventory:?}");
        let direct = of(Way::Direct);
        assert!(!direct.iter().any(|permission| permission.starts_with("cloudasset.")), "{direct:?}");
        for needed in ["storage.buckets.list", "storage.buckets.getIamPolicy", "resourcemanager.folders.list"] {
            assert!(direct.contains(needed), "{direct:?}");
        }
    }

    #[test]
    fn both_ways_together_ask_everything_and_nothing_else() {
        let types = || resource_types().map(|type_| type_.name);
        let mut both = asked(types(), Way::Inventory);
        both.extend(asked(types(), Way::Direct));
        let mut all = operations(types());
        all.extend(by_name(FIRST_IN_INVENTORY.iter().chain(&FIRST_DIRECTLY).copied()));
        assert_eq!(both.keys().collect::<Vec<_>>(), all.keys().collect::<Vec<_>>());
    }

    #[test]
    fn what_is_above_projects_is_told_apart() {
        for above in [
            "resourcemanager.folders.getIamPolicy",
            "resourcemanager.organizations.get",
            "resourcemanager.projects.list",
        ] {
            assert!(is_above_projects(above), "{above}");
        }
        for of_project in ["resourcemanager.projects.get", "storage.buckets.list", "cloudasset.assets.listResource"] {
            assert!(!is_above_projects(of_project), "{of_project}");
        }
    }
}
