//! Diagnostic settings: where a resource's logs go.
//!
//! Resource Graph has none of them: they are one call a resource.

use super::operation::{Operation, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The diagnostic settings of the resource `{id}`.
pub(super) static LIST: Operation =
    list("{id}/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview");

/// The same, of a resource at a path below `{id}`.
pub(super) const fn list(path: &'static str) -> Operation {
    Operation {
        service: "Microsoft.Insights",
        name: "DiagnosticSettings_List",
        permission: "Microsoft.Insights/diagnosticSettings/read",
        request: Request::Get(path),
        is_list: true,
        docs: "https://learn.microsoft.com/rest/api/monitor/diagnostic-settings/list",
        ..Operation::PLAIN
    }
}

/// A diagnostic setting.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct DiagnosticSetting {
    /// Its name.
    name: Option<String>,
    /// What goes where.
    properties: Properties,
}

/// What goes where.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// The Log Analytics workspace.
    workspace_id: Option<String>,
    /// The storage account.
    storage_account_id: Option<String>,
    /// The access rule of the event hub.
    event_hub_authorization_rule_id: Option<String>,
    /// The partner's solution.
    marketplace_partner_id: Option<String>,
    /// Categories of logs; null is none.
    logs: Option<Vec<Log>>,
}

/// A category of logs.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Log {
    /// The category; null where a group is named.
    category: Option<String>,
    /// The group of categories, `audit` or `allLogs`.
    category_group: Option<String>,
    /// It is sent.
    enabled: Option<bool>,
}
