//! Who may do what in a subscription: its role assignments with the principals behind them, and its custom roles.
//!
//! Role assignments are listed by Resource Manager and not by Resource Graph, whose query of one subscription leaves out what
//! is inherited from management groups and from the root unless it is asked otherwise.

mod access;
mod admin_roles;
mod assignment;
mod condition;
mod definition;
mod machine_access;
mod owners;
mod role;

use super::operation::{Family, ResourceType};
use assignment::Assignment;
use definition::Definition;

pub(super) use admin_roles::{AdminRole, AdminRoles};
pub(super) use assignment::READS as ASSIGNMENT_READS;
pub(super) use owners::{Owner, owners};

/// Roles and who has them.
pub const FAMILY: Family = Family {
    name: "authorization",
    types: &[
        ResourceType::listed::<Assignment>("A role assignment at, above or below the subscription"),
        ResourceType::listed::<Definition>("A custom role that can be assigned in the subscription"),
    ],
    collect: None,
};

#[cfg(test)]
mod tests;
