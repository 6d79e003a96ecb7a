//! Artifact Registry: repositories with their IAM policies. What they hold is never read.

mod repository;

use super::operation::{Family, ResourceType};
use repository::Repository;

/// Everything of Artifact Registry.
pub const FAMILY: Family = Family {
    name: "artifactregistry",
    types: &[ResourceType::listed::<Repository>("A repository of Artifact Registry")],
    collect: None,
};

#[cfg(test)]
mod tests;
