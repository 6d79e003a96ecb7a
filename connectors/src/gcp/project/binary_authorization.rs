//! Binary Authorization: which images may be deployed to GKE and Cloud Run.

use super::services;
use crate::document::Read;
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::listing;
use crate::gcp::operation::{Operation, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `projects.getPolicy`. A project that never set one has Google's own, which allows everything.
pub(super) static GET: Operation = Operation {
    service: "binaryauthorization.googleapis.com",
    name: "binaryauthorization.projects.getPolicy",
    permission: "binaryauthorization.policy.get",
    request: Request::Get("v1/projects/{project}/policy"),
    docs: "https://cloud.google.com/binary-authorization/docs/reference/rest/v1/projects/getPolicy",
    ..Operation::PLAIN
};

/// The project's policy.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct BinaryAuthorization {
    // An answer without a name is none.
    #[serde(rename = "name", skip_serializing)]
    #[schemars(skip)]
    _name: String,
    /// What holds where no rule for a cluster, namespace or identity does.
    default_admission_rule: Option<Rule>,
}

/// A rule.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Rule {
    /// `ALWAYS_ALLOW`, `REQUIRE_ATTESTATION` or `ALWAYS_DENY`.
    evaluation_mode: Option<String>,
    /// `ENFORCED_BLOCK_AND_AUDIT_LOG`, or `DRYRUN_AUDIT_LOG_ONLY` for a rule that stops nothing.
    enforcement_mode: Option<String>,
}

/// The policy; none where the service is not enabled, so that nobody ever set one. It is not asked then: where it is off it
/// answers with an error.
pub(super) async fn policy(context: &Context) -> Result<Read<Option<BinaryAuthorization>>, CollectError> {
    let services = services::enabled(context).await?;
    if !services.value.iter().flatten().any(|name| name == GET.service) {
        return Ok(services.map(|_| None));
    }
    Ok(listing::one::<BinaryAuthorization>(context, &GET, &[], &Value::Null).await?.map(Some))
}
