//! Azure Database for PostgreSQL: flexible servers. Data is never read.

use super::context::Context;
use super::diagnostic_settings::{self, DiagnosticSetting};
use super::listing::{Listed, Nothing, Place};
use super::operation::{Family, Operation, Request, ResourceType};
use super::server_parameter::{self, Configuration};
use crate::document::{Draft, Field};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation = Operation::rows(
    "resources",
    "microsoft.dbforpostgresql/flexibleservers",
    "Microsoft.DBforPostgreSQL/flexibleServers/read",
);

/// Every parameter of a server.
static CONFIGURATIONS: Operation = Operation {
    service: "Microsoft.DBforPostgreSQL",
    name: "Configurations_ListByServer",
    permission: "Microsoft.DBforPostgreSQL/flexibleServers/configurations/read",
    request: Request::Get("{id}/configurations?api-version=2024-08-01"),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/postgresql/configurations/list-by-server",
    ..Operation::PLAIN
};

/// Who is let in over the public network.
static FIREWALL_RULES: Operation = Operation {
    service: "Microsoft.DBforPostgreSQL",
    name: "FirewallRules_ListByServer",
    permission: "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules/read",
    request: Request::Get("{id}/firewallRules?api-version=2024-08-01"),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/postgresql/firewall-rules/list-by-server",
    ..Operation::PLAIN
};

/// The parameters that documents have, of some hundred.
const KEPT: [&str; 7] = [
    "log_checkpoints",
    "log_connections",
    "log_disconnections",
    "logfiles.download_enable",
    "logfiles.retention_days",
    "require_secure_transport",
    "ssl_min_protocol_version",
];

/// Flexible servers of Azure Database for PostgreSQL.
pub const FAMILY: Family = Family {
    name: "postgresql",
    types: &[ResourceType::listed::<Server>("A flexible server of Azure Database for PostgreSQL")],
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
    /// Where its logs go.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    diagnostic_settings: Field<Vec<DiagnosticSetting>>,
    /// Who is let in over the public network, by name.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    firewall_rules: Field<Vec<FirewallRule>>,
}

/// A rule of who is let in.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct FirewallRule {
    /// Its name.
    name: String,
    /// The addresses.
    properties: FirewallRuleProperties,
}

/// Addresses that are let in. A rule from 0.0.0.0 to 0.0.0.0 lets in everything that is in Azure, of whichever customer.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct FirewallRuleProperties {
    /// The first address.
    start_ip_address: Option<String>,
    /// The last address.
    end_ip_address: Option<String>,
}

/// Settings of a server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// Its major version.
    version: Option<String>,
    /// How it is reached.
    network: Option<Network>,
    /// How it lasts.
    high_availability: Option<HighAvailability>,
    /// How it is backed up.
    backup: Option<Backup>,
}

/// How a server is reached.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Network {
    /// `Enabled` or `Disabled`.
    public_network_access: Option<String>,
    /// The subnet that it is in; null where it is in none.
    delegated_subnet_resource_id: Option<String>,
}

/// How a server lasts.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct HighAvailability {
    /// `Disabled`, `SameZone` or `ZoneRedundant`.
    mode: Option<String>,
}

/// How a server is backed up.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Backup {
    /// Days that backups are kept.
    backup_retention_days: Option<i64>,
    /// `Enabled` or `Disabled`.
    geo_redundant_backup: Option<String>,
}

impl Listed for Server {
    const TYPE: &'static str = "azure.postgresql.server";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] =
        &[&LIST, &CONFIGURATIONS, &diagnostic_settings::LIST, &FIREWALL_RULES];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        Box::pin(async move {
            let (configurations, settings, rules) = futures::join!(
                place.whole(&CONFIGURATIONS),
                place.whole(&diagnostic_settings::LIST),
                place.whole::<FirewallRule>(&FIREWALL_RULES)
            );
            let configurations = configurations.map(|read| read.map(|all| Some(server_parameter::kept(all, &KEPT))));
            self.configurations = draft.take("config.configurations", configurations);
            self.diagnostic_settings = draft.take("config.diagnostic_settings", settings.map(|read| read.map(Some)));
            let rules = rules.map(|read| {
                read.map(|mut all| {
                    all.sort_by(|one, other| one.name.cmp(&other.name));
                    Some(all)
                })
            });
            self.firewall_rules = draft.take("config.firewall_rules", rules);
            Nothing::default()
        })
    }
}

#[cfg(test)]
mod tests;
