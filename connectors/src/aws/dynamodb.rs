//! DynamoDB: tables, with their encryption and their point-in-time recovery.

pub mod table;

use super::{Family, ResourceType};

/// DynamoDB's family.
pub const FAMILY: Family = Family {
    name: "dynamodb",
    types: &[ResourceType::regional::<table::Table>("A table, with its encryption and its point-in-time recovery.")],
    collect: None,
};

#[cfg(test)]
mod tests;
