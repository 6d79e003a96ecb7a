//! Secret Manager: secrets with their IAM policies and the ages of their versions. What a version holds is never read.

pub(super) mod secret;

use super::operation::{Family, ResourceType};
use secret::Secret;

/// Everything of Secret Manager.
pub const FAMILY: Family = Family {
    name: "secretmanager",
    types: &[ResourceType::listed::<Secret>(
        "A secret of Secret Manager; regional ones, which each region's own address alone tells of, only from Cloud Asset Inventory",
    )],
    collect: None,
};

#[cfg(test)]
mod tests;
