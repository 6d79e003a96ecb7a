//! Tags of the stores of data, whatever service they are of.

use super::context::Context;
use super::cosmosdb;
use super::keyvault::vault::Vault;
use super::listing::{Found, Listed, Place};
use super::locks::{self, Lock, Locks};
use super::operation::{Family, Operation, ResourceType};
use super::postgresql;
use super::sql::server::Server;
use super::storage::account::Account;
use crate::collection::Collected;
use crate::document::{Draft, Field};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) static MANAGED_INSTANCES: Operation =
    Operation::rows("resources", "microsoft.sql/managedinstances", "Microsoft.Sql/managedInstances/read");
pub(super) static MYSQL: Operation =
    Operation::rows("resources", "microsoft.dbformysql/flexibleservers", "Microsoft.DBforMySQL/flexibleServers/read");
static SERVICE_BUS: Operation =
    Operation::rows("resources", "microsoft.servicebus/namespaces", "Microsoft.ServiceBus/namespaces/read");

/// Every type that holds data, with the lists that their own families read.
const STORES: &[&Operation] = &[
    Account::LIST,
    Vault::LIST,
    Server::LIST,
    postgresql::Server::LIST,
    cosmosdb::Account::LIST,
    &MANAGED_INSTANCES,
    &MYSQL,
    &SERVICE_BUS,
];

/// What their documents are built from: the lists, and the locks over them.
const READS: &[&Operation] =
    &[STORES[0], STORES[1], STORES[2], STORES[3], STORES[4], STORES[5], STORES[6], STORES[7], &locks::LIST];

/// Stores of data.
pub const FAMILY: Family = Family {
    name: "tagging",
    types: &[ResourceType::with_others::<Store>(
        "A store of data: a storage account, a key vault, a server or managed instance of Azure SQL, a flexible server of \
         PostgreSQL or MySQL, an account of Cosmos DB, a namespace of Service Bus",
    )],
    collect: Some(|context| Box::pin(collect(context))),
};

/// A store of data. Its own document tells its settings.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Store {}

/// `derived` of a store.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Derived {
    /// Its type in small letters: `microsoft.storage/storageaccounts`.
    resource_type: String,
    /// Locks on it, on its group or on the subscription.
    #[serde(skip_serializing_if = "Field::is_unread")]
    locks: Field<Vec<Lock>>,
}

impl Listed for Store {
    const TYPE: &'static str = "azure.tagging.resource";
    const LIST: &'static Operation = STORES[0];
    const OPERATIONS: &'static [&'static Operation] = READS;
    type Around = Locks;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Locks> {
        Box::pin(locks::all(context))
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, all: &'a Locks, draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        let id = place.envelope.id.to_ascii_lowercase();
        let below = id.rsplit_once("/providers/").map_or("", |(_, below)| below);
        let resource_type = below.rsplit_once('/').map_or("", |(type_, _)| type_).to_owned();
        let locks = draft.take("derived.locks", locks::over(all, &place.envelope.id));
        Box::pin(std::future::ready(Derived { resource_type, locks }))
    }
}

async fn collect(context: &Context) -> Collected {
    let mut stores = Found::<Store>::new(context);
    for list in STORES {
        stores.read(list).await;
    }
    stores.documents().await
}

#[cfg(test)]
mod tests;
