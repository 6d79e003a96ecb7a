//! What reading needs: the operations and permissions behind resource types. It follows from the declarations alone.

use super::{Operation, reader, resource_types, subscription, tables};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked before any type, whatever a run reads: which subscriptions there are, and what the reader may see of one.
pub static FIRST: [&Operation; 6] = [
    &subscription::LIST,
    &subscription::DESCENDANTS,
    &reader::OWN_ROLE_ASSIGNMENTS,
    &reader::ROLE_DEFINITION,
    &reader::DENY_ASSIGNMENTS,
    &tables::QUERY,
];

/// Every operation that documents of these types need, by service, name and permission (rows of Resource Graph differ by that
/// alone): what is asked first, and those of the types.
pub fn operations<'a>(
    types: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<(&'static str, &'static str, &'static str), &'static Operation> {
    let types: BTreeSet<&str> = types.into_iter().collect();
    let of_types = resource_types().filter(|type_| types.contains(type_.name)).flat_map(|type_| type_.operations);
    let all = FIRST.iter().chain(of_types);
    all.map(|operation| ((operation.service, operation.name, operation.permission), *operation)).collect()
}

/// Every action of a role, and every permission of Microsoft Graph (`Graph:…`), that documents of these types need.
pub fn permissions<'a>(types: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'static str> {
    let of =
        |operation: &&'static Operation| std::iter::once(operation.permission).chain(operation.also.iter().copied());
    operations(types).values().flat_map(of).filter(|permission| !permission.is_empty()).collect()
}
