//! Cloud SQL: instances, with the restores and clones of their project. Databases, users and data are never read.

pub(super) mod instance;

use super::operation::{Family, ResourceType};
use instance::Instance;

/// Everything of Cloud SQL.
pub const FAMILY: Family =
    Family { name: "sql", types: &[ResourceType::listed::<Instance>("A Cloud SQL instance")], collect: None };

#[cfg(test)]
mod tests;
