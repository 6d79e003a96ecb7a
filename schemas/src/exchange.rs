//! One API exchange: a request and what came back, as kept in `exchanges.jsonl.zst`.

use crate::digest::Digest;
use crate::id::{Cloud, ScopeId};
use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One attempt of one API call. Credentials never appear in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// Number of the exchange in the run, from 1, in the order finished.
    pub seq: u64,
    /// The cloud that was asked.
    pub cloud: Cloud,
    /// The scope that was read.
    pub scope: ScopeId,
    /// The provider's region, or `global`.
    pub region: String,
    /// The service as the provider's permissions name it: `iam`, `s3`, `cloudtrail`.
    pub service: String,
    /// The operation as the provider names it: `GetBucketAcl`.
    pub operation: String,
    /// What was asked.
    pub request: ExchangeRequest,
    /// What came back; null when no HTTP response head arrived.
    pub response: Option<ExchangeResponse>,
    /// Why the attempt failed below HTTP (no connection, cut body, time out); null when the answer is whole.
    pub error: Option<ExchangeError>,
    /// When the attempt was sent.
    pub started_at: Instant,
    /// When it ended.
    pub finished_at: Instant,
    /// Attempt number of this call, from 1.
    pub attempt: u32,
    /// Paths inside the response body whose values were replaced by `"[redacted]"`.
    pub redactions: Vec<String>,
}

/// The request, without any header: what the headers would add is credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRequest {
    /// HTTP method.
    pub method: String,
    /// Full URL without signed query parameters.
    pub url: String,
    /// Body as text; null when there was none.
    pub body: Option<String>,
}

/// The response as received, after redaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeResponse {
    /// HTTP status.
    pub status: u16,
    /// The provider's request id, which its support can look up.
    pub request_id: Option<String>,
    /// The `Date` header, as received.
    pub date: Option<String>,
    /// Headers that reading the answer depends on (an error type, a bucket's region), lower-case names.
    pub headers: BTreeMap<String, String>,
    /// Body when it is UTF-8. Exactly one of `body` and `body_base64` is present.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<String>,
    /// Body in base64 (RFC 4648) when it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body_base64: Option<String>,
    /// SHA-256 of the body bytes, after redaction.
    pub sha256: Digest,
}

/// A failure below HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeError {
    /// `timeout`, `unavailable`, `too_large` or `cancelled`.
    pub kind: crate::resource::GapReason,
    /// What the network said.
    pub message: String,
}
