//! Azure Cosmos DB: accounts. Data is never read.

use super::addresses::{self, AZURE_SERVICES};
use super::context::Context;
use super::door;
use super::listing::{Listed, Place};
use super::operation::{Family, Operation, ResourceType};
use super::private_endpoint::PrivateEndpointConnection;
use crate::document::{Draft, Field};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

static LIST: Operation =
    Operation::rows("resources", "microsoft.documentdb/databaseaccounts", "Microsoft.DocumentDB/databaseAccounts/read");

/// The word of Cosmos DB for the data centres of Azure, of any customer.
const DATA_CENTRES: &str = AZURE_SERVICES;

/// Accounts of Cosmos DB.
pub const FAMILY: Family = Family {
    name: "cosmosdb",
    types: &[ResourceType::listed::<Account>("An account of Azure Cosmos DB")],
    collect: None,
};

/// An account of Cosmos DB.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Account {
    /// `GlobalDocumentDB`, `MongoDB` or `Parse`.
    kind: Option<String>,
    /// Its settings.
    properties: Properties,
}

/// Settings of an account.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// `Enabled`, `Disabled` or `SecuredByPerimeter`; null is `Enabled`.
    public_network_access: Option<String>,
    /// Only chosen subnets are let in; null is false.
    is_virtual_network_filter_enabled: Option<bool>,
    /// Addresses that are let in; null or empty, with no filter of subnets, is everybody.
    ip_rules: Option<Vec<IpRule>>,
    /// Private endpoints; null is none.
    private_endpoint_connections: Option<Vec<PrivateEndpointConnection>>,
    /// Keys of the account are refused; null is false.
    disable_local_auth: Option<bool>,
    /// `Tls`, `Tls11` or `Tls12`.
    minimal_tls_version: Option<String>,
    /// How it is backed up.
    backup_policy: Option<BackupPolicy>,
    /// Another region takes over by itself.
    enable_automatic_failover: Option<bool>,
}

/// Addresses that are let in.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct IpRule {
    /// An address or a CIDR block; `0.0.0.0` is every data centre of Azure.
    ip_address_or_range: Option<String>,
}

/// How an account is backed up.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct BackupPolicy {
    /// `Periodic` or `Continuous`.
    #[serde(rename = "type")]
    type_: Option<String>,
}

/// `derived` of an account.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// What the rules for addresses let in.
    #[serde(skip_serializing_if = "Field::is_unread")]
    ip_rules: Field<LetIn>,
}

/// What rules let in.
#[derive(Debug, Serialize, JsonSchema)]
struct LetIn {
    /// How many addresses, without the word for Azure's data centres.
    addresses: u64,
    /// Every data centre of Azure is let in.
    azure_services: bool,
}

impl Listed for Account {
    const TYPE: &'static str = "azure.cosmosdb.account";
    const LIST: &'static Operation = &LIST;
    type Around = ();
    type Derived = Derived;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        let let_in = let_in(self.properties.ip_rules.as_deref().unwrap_or_default());
        let ip_rules = let_in.map_or_else(
            |trouble| {
                draft.miss("derived.ip_rules", &door::malformed(&LIST, trouble, vec![]));
                Field::Unread
            },
            Field::Value,
        );
        Box::pin(std::future::ready(Derived { ip_rules }))
    }
}

fn let_in(rules: &[IpRule]) -> Result<LetIn, String> {
    let (mut ranges, mut azure_services) = (BTreeSet::new(), false);
    for rule in rules {
        match rule.ip_address_or_range.as_deref().map(str::trim) {
            Some(DATA_CENTRES) => azure_services = true,
            text => {
                let range = text.and_then(addresses::of_block);
                ranges.insert(range.ok_or_else(|| format!("the rule {text:?} is no address and no block"))?);
            }
        }
    }
    Ok(LetIn { addresses: addresses::count(&ranges), azure_services })
}

#[cfg(test)]
mod tests;
