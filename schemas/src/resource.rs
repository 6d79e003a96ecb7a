//! A resource document: what the provider said of one resource, and what could not be read of it.

use crate::digest::Digest;
use crate::id::{Cloud, ScopeId};
use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One resource. Absent by fact is `null`; unknown because the read failed is a missing key and a line in `gaps`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Resource type, `aws.s3.bucket`.
    #[serde(rename = "type")]
    pub type_: String,
    /// The provider's identifier: an ARN where there is one.
    pub id: String,
    /// The name a person would use.
    pub name: String,
    /// The cloud.
    pub cloud: Cloud,
    /// The scope it was found in.
    pub scope: ScopeId,
    /// The provider's region, or `global`.
    pub region: String,
    /// Tags or labels; missing when they could not be read, empty when there are none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tags: Option<BTreeMap<String, String>>,
    /// The provider's own words in snake_case.
    pub config: Map<String, Value>,
    /// Computed from several answers; its inputs are in the bundle.
    pub derived: Map<String, Value>,
    /// When the newest of its exchanges finished.
    pub observed_at: Instant,
    /// Numbers of the exchanges it was built from, ascending.
    pub exchanges: Vec<u64>,
    /// What could not be read, sorted by field.
    pub gaps: Vec<Gap>,
    /// SHA-256 of the canonical document without this key.
    pub sha256: Digest,
}

impl Resource {
    /// Sorts what has an order and writes the digest. Call it last.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.exchanges.sort_unstable();
        self.exchanges.dedup();
        self.gaps.sort();
        self.gaps.dedup();
        self.sha256 = self.digest();
        self
    }

    /// The digest that `sha256` must hold.
    ///
    /// # Panics
    /// Never: a resource is built from JSON values.
    pub fn digest(&self) -> Digest {
        let mut value = serde_json::to_value(self).expect("a resource is made of JSON values");
        if let Value::Object(map) = &mut value {
            map.remove("sha256");
        }
        Digest::of_canonical(&value).expect("a JSON value has canonical bytes")
    }

    /// The order of `resources.jsonl.zst`.
    pub fn sort_key(&self) -> (&str, &str, &str) {
        (&self.type_, &self.region, &self.id)
    }
}

/// One field that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Path of the missing key from the document's root: `config.acl`, `derived.effective_public_read`, `tags`.
    pub field: String,
    /// The call that failed, `s3:GetBucketAcl`.
    pub operation: String,
    /// The kind of failure.
    pub reason: GapReason,
    /// The provider's error code, or the HTTP status where it gave none.
    pub code: String,
}

/// Why something could not be read. The kinds of collecting errors: each has one retry rule and one outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The provider asked to slow down, to the last attempt.
    Throttled,
    /// The provider failed or could not be reached.
    Unavailable,
    /// No whole answer in time.
    Timeout,
    /// The credentials were not accepted.
    Unauthenticated,
    /// The identity may not make this call.
    Denied,
    /// The service, API or region is not enabled.
    NotEnabled,
    /// The resource was listed and is gone, or the operation does not exist there.
    NotFound,
    /// The answer is not what the provider documents.
    Malformed,
    /// The answer is over the size limit.
    TooLarge,
    /// The run was stopped.
    Cancelled,
}

impl GapReason {
    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Unauthenticated => "unauthenticated",
            Self::Denied => "denied",
            Self::NotEnabled => "not_enabled",
            Self::NotFound => "not_found",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::fmt::Display for GapReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
