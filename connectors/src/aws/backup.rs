//! AWS Backup: what is planned, what is protected, what was restored, and the vaults with their recovery points.
//!
//! Everything of Backup lies in a region. Whether a backup is required of a resource stands in that resource's own
//! tags, and is joined later ([`super::join`]).

pub mod account;
pub mod recovery_point;
pub mod vault;

use super::{Family, Operation, Paging, Reach, ResourceType};
use crate::declaration::Shape;
use schemars::JsonSchema;

/// A list of Backup: method GET, pages named in camel case.
const fn list(name: &'static str, path: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation {
        service: "backup",
        name,
        permission,
        paging: Paging::Token { input: "nextToken", output: "NextToken" },
        http: Some(("GET", path)),
        docs,
        ..Operation::PLAIN
    }
}

/// Backup's family.
pub const FAMILY: Family = Family {
    name: "backup",
    types: &[
        ResourceType {
            name: account::TYPE,
            about: "What AWS Backup plans, protects and restored in one region of the account.",
            reach: Reach::Regional,
            operations: account::OPERATIONS,
            config: Shape::of(account::AccountConfig::json_schema),
            derived: Shape::of(account::AccountDerived::json_schema),
            collect: Some(|context| Box::pin(account::collect(context))),
            instead: &[],
        },
        ResourceType {
            name: recovery_point::TYPE,
            about: "A recovery point in a backup vault of the account.",
            reach: Reach::Regional,
            operations: recovery_point::OPERATIONS,
            config: Shape::of(recovery_point::RecoveryPoint::json_schema),
            derived: Shape::of(super::listing::Nothing::json_schema),
            collect: None,
            instead: &[],
        },
        ResourceType {
            name: vault::TYPE,
            about: "A backup vault, with its key and its lock.",
            reach: Reach::Regional,
            operations: vault::OPERATIONS,
            config: Shape::of(vault::Vault::json_schema),
            derived: Shape::of(super::listing::Nothing::json_schema),
            collect: None,
            instead: &[],
        },
    ],
    collect: Some(|context| Box::pin(recovery_point::collect(context))),
};

#[cfg(test)]
mod tests;
