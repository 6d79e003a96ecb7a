//! Azure SQL: logical servers and their databases. Data is never read.

pub(super) mod server;

mod database;
mod firewall;

use super::operation::{Family, ResourceType};
use database::Database;
use server::Server;

/// Everything of Azure SQL.
pub const FAMILY: Family = Family {
    name: "sql",
    types: &[
        ResourceType::listed::<Server>("A logical server of Azure SQL"),
        ResourceType::listed::<Database>("A database on a logical server of Azure SQL, without `master`"),
    ],
    collect: None,
};

#[cfg(test)]
mod tests;
