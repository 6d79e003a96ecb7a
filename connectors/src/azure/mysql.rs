//! Azure Database for MySQL: flexible servers. Data is never read.

use super::context::Context;
use super::listing::{Listed, Nothing, Place};
use super::operation::{Family, Operation, Request, ResourceType};
use super::server_parameter::{self, Configuration};
use super::tagging::MYSQL;
use crate::document::{Draft, Field, Read};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Every parameter of a server.
static CONFIGURATIONS: Operation = Operation {
    service: "Microsoft.DBforMySQL",
    name: "Configurations_ListByServer",
    permission: "Microsoft.DBforMySQL/flexibleServers/configurations/read",
    request: Request::Get("{id}/configurations?api-version=2024-12-30"),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/mysql/flexibleserver/configurations/list-by-server",
    ..Operation::PLAIN
};

/// The parameters that documents have, of some hundred.
const KEPT: [&str; 4] = ["audit_log_enabled", "audit_log_events", "require_secure_transport", "tls_version"];

/// Flexible servers of Azure Database for MySQL.
pub const FAMILY: Family = Family {
    name: "mysql",
    types: &[ResourceType::listed::<Server>("A flexible server of Azure Database for MySQL")],
    collect: None,
};

/// A flexible server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Server {
    /// Its settings.
    properties: Properties,
    /// Parameters about TLS and logs, by name.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    configurations: Field<Vec<Configuration>>,
}

/// Settings of a server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// Its version.
    version: Option<String>,
    /// `Ready`, `Stopped` and others.
    state: Option<String>,
}

impl Listed for Server {
    const TYPE: &'static str = "azure.mysql.server";
    const LIST: &'static Operation = &MYSQL;
    const OPERATIONS: &'static [&'static Operation] = &[&MYSQL, &CONFIGURATIONS];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        Box::pin(async move {
            let configurations = place.whole(&CONFIGURATIONS).await;
            let configurations = configurations
                .map(|read: Read<Vec<Configuration>>| read.map(|all| Some(server_parameter::kept(all, &KEPT))));
            self.configurations = draft.take("config.configurations", configurations);
            Nothing::default()
        })
    }
}

#[cfg(test)]
mod tests;
