//! Azure Monitor: where the activity log goes, what it alerts on, and how long workspaces keep logs.

mod alerts;
mod workspace;

use super::context::Context;
use super::listing;
use super::operation::{Family, Operation, Request, ResourceType};
use crate::document::Read;
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workspace::Workspace;

pub(super) use alerts::{ALERTS, Alert, GROUPS, alerts};

/// Workspaces. What concerns the whole subscription is in its own document.
pub const FAMILY: Family =
    Family { name: "monitor", types: &[ResourceType::listed::<Workspace>("A Log Analytics workspace")], collect: None };

/// Where the subscription's activity log is sent.
pub(super) static DIAGNOSTIC_SETTINGS: Operation = Operation {
    service: "Microsoft.Insights",
    name: "SubscriptionDiagnosticSettings_List",
    permission: "Microsoft.Insights/diagnosticSettings/read",
    request: Request::Get(
        "/subscriptions/{subscription}/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview",
    ),
    is_list: true,
    shared: true,
    docs: "https://learn.microsoft.com/rest/api/monitor/subscription-diagnostic-settings/list",
    ..Operation::PLAIN
};

/// A diagnostic setting.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct DiagnosticSetting {
    /// Its name.
    name: Option<String>,
    /// What goes where.
    properties: Properties,
}

/// What a diagnostic setting sends where.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// The storage account that it sends to.
    storage_account_id: Option<String>,
    /// The workspace that it sends to.
    workspace_id: Option<String>,
    /// The event hub that it sends to.
    event_hub_authorization_rule_id: Option<String>,
    /// The service bus that it sends to.
    service_bus_rule_id: Option<String>,
    /// The partner's solution that it sends to.
    marketplace_partner_id: Option<String>,
    /// The categories.
    logs: Option<Vec<Log>>,
}

/// A category of the activity log.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Log {
    /// `Administrative`, `Security`, …
    category: Option<String>,
    /// `allLogs` in place of a category.
    category_group: Option<String>,
    /// It is sent.
    enabled: Option<bool>,
}

impl DiagnosticSetting {
    /// True where it sends to this storage account.
    pub(super) fn sends_to(&self, account: &str) -> bool {
        self.properties.storage_account_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(account))
    }
}

/// Reads the diagnostic settings of the subscription.
///
/// # Errors
/// When they could not be listed to the end.
pub(super) async fn diagnostic_settings(
    context: &Context,
) -> Result<Read<Option<Vec<DiagnosticSetting>>>, CollectError> {
    let names = [("subscription", context.subscription())];
    let read = listing::whole_if_seen::<DiagnosticSetting>(context, &DIAGNOSTIC_SETTINGS, &names).await?;
    Ok(read.map(|mut all| {
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Some(all)
    }))
}

#[cfg(test)]
mod tests;
