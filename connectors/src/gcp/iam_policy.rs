//! IAM allow policies, as every API of Google Cloud and Cloud Asset Inventory write them.
//!
//! Documentation: <https://cloud.google.com/iam/docs/reference/rest/v1/Policy>.

use super::context::Context;
use super::door;
use super::listing;
use super::operation::Operation;
use crate::document::Read;
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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

/// What a `getIamPolicy` answers.
#[derive(Deserialize)]
struct Answer {
    etag: Option<String>,
    version: Option<i64>,
    bindings: Option<Vec<Binding>>,
    audit_configs: Option<Vec<AuditConfig>>,
}

impl IamPolicy {
    /// The policy of a resource, as its own API tells it. Google answers with an `etag` where there is none; an answer with
    /// nothing of a policy in it is no policy, and does not say that nobody has a role.
    ///
    /// # Errors
    /// When it could not be read, or does not fit.
    pub(super) async fn ask(
        context: &Context,
        operation: &Operation,
        names: &[(&str, &str)],
        item: &Value,
    ) -> Result<Read<Self>, CollectError> {
        let Read { value: answer, exchanges, at } = listing::one::<Answer>(context, operation, names, item).await?;
        let (bindings, audit_configs) = match answer {
            Answer { etag: None, version: None, bindings: None, audit_configs: None } => {
                let error = door::malformed(operation, "the answer is no policy", exchanges);
                return Err(CollectError { at, ..error });
            }
            Answer { bindings, audit_configs, .. } => (bindings, audit_configs),
        };
        let value = Self { bindings: bindings.unwrap_or_default(), audit_configs: audit_configs.unwrap_or_default() };
        Ok(Read { value, exchanges, at })
    }
}
