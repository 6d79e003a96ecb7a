//! A Log Analytics workspace, with how long its tables keep logs.

use crate::azure::context::Context;
use crate::azure::door;
use crate::azure::listing::{Listed, Place};
use crate::azure::operation::{Operation, Request};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation = Operation::rows(
    "resources",
    "microsoft.operationalinsights/workspaces",
    "Microsoft.OperationalInsights/workspaces/read",
);

/// The tables of a workspace. Each may keep its logs for another time than the workspace says.
static TABLES: Operation = Operation {
    service: "Microsoft.OperationalInsights",
    name: "Tables_ListByWorkspace",
    permission: "Microsoft.OperationalInsights/workspaces/tables/read",
    request: Request::Get("{id}/tables?api-version=2022-10-01"),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/loganalytics/tables/list-by-workspace",
    ..Operation::PLAIN
};

/// A Log Analytics workspace.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Workspace {
    /// Its settings.
    properties: Properties,
}

/// Settings of a workspace.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// Days that tables keep logs where they say nothing else; -1 without an end (an old pricing tier).
    retention_in_days: Option<i64>,
    /// Its pricing tier.
    sku: Option<Sku>,
    /// `Enabled` or `Disabled`; null is `Enabled`.
    public_network_access_for_ingestion: Option<String>,
    /// The same for queries.
    public_network_access_for_query: Option<String>,
}

/// A pricing tier.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Sku {
    /// `PerGB2018` and the like.
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Table {
    name: String,
    properties: TableProperties,
}

#[derive(Debug, Deserialize)]
struct TableProperties {
    total_retention_in_days: Option<i64>,
    retention_in_days: Option<i64>,
}

/// `derived` of a workspace.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// The table that keeps logs for the fewest days, with what is kept in the archive.
    #[serde(skip_serializing_if = "Field::is_unread")]
    shortest_table: Field<Kept>,
}

/// How long a table keeps logs.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
struct Kept {
    /// Days, the archive among them.
    days: i64,
    /// The table; the first by name where several keep logs for so long.
    table: String,
}

impl Listed for Workspace {
    const TYPE: &'static str = "azure.log-analytics.workspace";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[&LIST, &TABLES];
    const ALWAYS: &'static [&'static str] = &["properties.retention_in_days"];
    type Around = ();
    type Derived = Derived;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        Box::pin(async move {
            let shortest = place.whole::<Table>(&TABLES).await.and_then(|tables| self.shortest(tables));
            Derived { shortest_table: draft.take("derived.shortest_table", shortest) }
        })
    }
}

impl Workspace {
    fn shortest(&self, tables: Read<Vec<Table>>) -> Result<Read<Option<Kept>>, CollectError> {
        let mut shortest: Option<Kept> = None;
        for table in &tables.value {
            // -1 says that the next wider setting counts.
            let own = [table.properties.total_retention_in_days, table.properties.retention_in_days];
            let settings = own.into_iter().chain([self.properties.retention_in_days]);
            let Some(days) = settings.flatten().find(|days| *days > 0) else {
                let why = format!("how long the table {} keeps logs is not told", table.name);
                return Err(CollectError { at: tables.at, ..door::malformed(&TABLES, why, tables.exchanges) });
            };
            let kept = Kept { days, table: table.name.clone() };
            shortest = Some(shortest.map_or_else(|| Kept { days, table: table.name.clone() }, |one| one.min(kept)));
        }
        Ok(tables.map(|_| shortest))
    }
}
