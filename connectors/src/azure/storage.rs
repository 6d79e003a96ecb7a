//! Azure Storage: accounts, with the settings of their blob service and their lifecycle policy. Data is never read.

pub(super) mod account;

use super::operation::{Family, ResourceType};
use account::Account;

/// Everything of Azure Storage.
pub const FAMILY: Family =
    Family { name: "storage", types: &[ResourceType::listed::<Account>("A storage account")], collect: None };

#[cfg(test)]
mod tests;
