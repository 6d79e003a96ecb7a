//! What reading needs: the operations and permissions behind resource types. It follows from the declarations alone.

use super::{Operation, Request, ancestry, project, resource_types};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked before any type: which projects there are, and what is above one.
pub static FIRST: [&Operation; 3] = [&project::SEARCH, &project::GET, &ancestry::ANCESTRY];

/// Every operation that documents of these types need, by service, name and permission: what is asked first, and those of
/// the types.
pub fn operations<'a>(
    types: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<(&'static str, &'static str, &'static str), &'static Operation> {
    let types: BTreeSet<&str> = types.into_iter().collect();
    let of_types = resource_types().filter(|type_| types.contains(type_.name)).flat_map(|type_| type_.operations);
    let all = FIRST.iter().chain(of_types);
    all.map(|operation| ((operation.service, operation.name, operation.permission), *operation)).collect()
}

/// Every IAM permission that documents of these types need, through Cloud Asset Inventory and through each API.
pub fn permissions<'a>(types: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'static str> {
    let of =
        |operation: &&'static Operation| std::iter::once(operation.permission).chain(operation.also.iter().copied());
    operations(types).values().flat_map(of).filter(|permission| !permission.is_empty()).collect()
}

/// Every service that must be enabled where the collector's credentials live, for documents of these types.
pub fn services<'a>(types: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'static str> {
    operations(types).values().map(|operation| operation.service).collect()
}

/// True for an operation that Cloud Asset Inventory answers.
pub fn is_inventory(operation: &Operation) -> bool {
    matches!(operation.request, Request::Asset(_)) || operation.service == super::assets::SERVICE
}
