//! RDS: databases, their clusters and their snapshots.
//!
//! A file a resource type. The lists of RDS also hold the databases of Neptune and DocumentDB, which share its control
//! plane: the engine says which is which, and nothing is left out.

pub mod cluster;
pub mod instance;
pub mod logs;
pub mod parameters;
pub mod snapshot;
pub mod tls;

use super::{Family, Operation, Paging, Reach, ResourceType};
use crate::declaration::Shape;
use schemars::JsonSchema;
use serde_json::{Value, json};

/// An operation of RDS with one page. `lists` names the elements of its lists.
const fn one(
    name: &'static str,
    permission: &'static str,
    lists: &'static [&'static str],
    docs: &'static str,
) -> Operation {
    Operation { service: "rds", name, permission, lists, docs, ..Operation::PLAIN }
}

/// A list of RDS.
const fn list(
    name: &'static str,
    permission: &'static str,
    lists: &'static [&'static str],
    docs: &'static str,
) -> Operation {
    Operation { paging: Paging::Token { input: "Marker", output: "Marker" }, ..one(name, permission, lists, docs) }
}

/// The largest page.
fn whole() -> Value {
    json!({"MaxRecords": 100})
}

/// RDS's family.
pub const FAMILY: Family = Family {
    name: "rds",
    types: &[
        ResourceType::regional::<cluster::Cluster>(
            "A database cluster: Aurora, Multi-AZ, Neptune or DocumentDB, as its engine says.",
        ),
        ResourceType::regional::<instance::Instance>(
            "A database instance, on its own or of a cluster, and whether it refuses connections without TLS.",
        ),
        ResourceType {
            name: snapshot::TYPE,
            about: "A snapshot of a database instance or cluster, and who may restore it.",
            reach: Reach::Regional,
            operations: snapshot::OPERATIONS,
            config: Shape::of(snapshot::Snapshot::json_schema),
            derived: Shape::of(snapshot::SnapshotDerived::json_schema),
            collect: Some(|context| Box::pin(snapshot::collect(context))),
            instead: &[],
        },
    ],
    collect: None,
};

#[cfg(test)]
mod tests;
