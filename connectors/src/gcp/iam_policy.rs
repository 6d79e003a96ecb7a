//! IAM allow policies, as every API of Google Cloud and Cloud Asset Inventory write them.
//!
//! Documentation: <https://cloud.google.com/iam/docs/reference/rest/v1/Policy>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An allow policy. A resource on which nobody was ever given anything has one without bindings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct IamPolicy {
    /// Who has which role.
    #[serde(default)]
    pub bindings: Vec<Binding>,
    /// Which data accesses are logged; only policies of projects, folders and organisations have it.
    #[serde(default, alias = "auditConfigs")]
    pub audit_configs: Vec<AuditConfig>,
}

/// A role and who has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
pub struct Binding {
    /// `roles/viewer`, `projects/<id>/roles/<name>`, `organizations/<number>/roles/<name>`.
    pub role: String,
    /// `user:…`, `group:…`, `serviceAccount:…`, `domain:…`, `allUsers`, `principalSet://…` and the like.
    #[serde(default)]
    pub members: Vec<String>,
    /// When it holds; null for always.
    #[serde(default)]
    pub condition: Option<Condition>,
}

/// When a binding holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
pub struct Condition {
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
    /// Its expression, in the Common Expression Language.
    #[serde(default)]
    pub expression: Option<String>,
}

/// Which data accesses of a service are logged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct AuditConfig {
    /// `allServices`, or a service's name.
    pub service: String,
    /// Which kinds.
    #[serde(default, alias = "auditLogConfigs")]
    pub audit_log_configs: Vec<AuditLogConfig>,
}

/// A kind of access that is logged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct AuditLogConfig {
    /// `ADMIN_READ`, `DATA_READ` or `DATA_WRITE`.
    #[serde(default, alias = "logType")]
    pub log_type: Option<String>,
    /// Who is left out of the log.
    #[serde(default, alias = "exemptedMembers")]
    pub exempted_members: Vec<String>,
}
