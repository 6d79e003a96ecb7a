//! An alert.

use crate::azure::context::Context;
use crate::azure::listing::{Listed, Nothing};
use crate::azure::operation::{Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation = Operation {
    service: "Microsoft.Security",
    name: "Alerts_List",
    permission: "Microsoft.Security/alerts/read",
    request: Request::Get("/subscriptions/{subscription}/providers/Microsoft.Security/alerts?api-version=2022-01-01"),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/defenderforcloud/alerts/list",
    ..Operation::PLAIN
};

/// An alert.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Alert {
    /// What it says.
    properties: Properties,
}

/// What an alert says.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// What was detected.
    alert_type: Option<String>,
    /// The same, for people.
    alert_display_name: Option<String>,
    /// `High`, `Medium`, `Low` or `Informational`.
    severity: Option<String>,
    /// `Active`, `InProgress`, `Resolved` or `Dismissed`.
    status: Option<String>,
    /// What it is about, for people.
    compromised_entity: Option<String>,
    /// When it was made.
    time_generated_utc: Option<String>,
}

impl Listed for Alert {
    const TYPE: &'static str = "azure.defender.alert";
    const LIST: &'static Operation = &LIST;
    const ALWAYS: &'static [&'static str] =
        &["properties.severity", "properties.status", "properties.time_generated_utc"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
