//! A finding: one verdict of one control on one resource or scope.

use crate::control::Verdict;
use crate::digest::Digest;
use crate::id::ScopeId;
use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One verdict. It follows from its bundle alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The control.
    pub control: String,
    /// The resource; null for a scope control, and for the one line that stands for resources that could not be listed.
    pub resource: Option<ResourceRef>,
    /// The scope.
    pub scope: ScopeId,
    /// The verdict.
    pub verdict: Verdict,
    /// Why the verdict is not pass or fail.
    pub reason: Option<String>,
    /// The control's message, on fail.
    pub message: Option<String>,
    /// Exchanges that the resource was built from.
    pub exchanges: Vec<u64>,
    /// An approved exception in force at `as_of`. It never changes the verdict.
    pub exception: Option<ExceptionRef>,
}

impl Finding {
    /// The order of `findings.jsonl.zst`: control, resource type, region, resource id; a null resource first.
    pub fn sort_key(&self) -> (&str, Option<(&str, &str, &str)>) {
        let resource = self.resource.as_ref();
        (&self.control, resource.map(|r| (r.type_.as_str(), r.region.as_str(), r.id.as_str())))
    }
}

/// The resource that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceRef {
    /// Resource type.
    #[serde(rename = "type")]
    pub type_: String,
    /// The provider's identifier.
    pub id: String,
    /// Region.
    pub region: String,
    /// Digest of the document that was judged.
    pub sha256: Digest,
}

/// The exception that covers a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionRef {
    /// Its identifier in `policy.json`.
    pub id: String,
    /// Who approved it.
    pub approver: String,
    /// When it ends.
    pub expires: Instant,
}
