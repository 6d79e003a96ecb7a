//! The one door to the network.
//!
//! A connector describes a call as an [`ApiRequest`] and gets an [`ApiResponse`]; whether it is answered by a cloud
//! ([`live`]) or by a recording ([`replay`]) is not its business. Retry, limits, redaction and recording live here and
//! nowhere else. It deliberately knows nothing of what an answer means.

pub mod error;
pub mod files;
pub mod http_client;
pub mod limits;
pub mod live;
pub mod post;
pub mod record;
pub mod redact;
pub mod replay;

pub use error::{CollectError, ErrorDialect};

use bytes::Bytes;
use evidenced_schemas::{Cloud, Instant};
use http::{HeaderMap, Method};
use std::collections::BTreeMap;
use url::Url;

/// One API call, ready to be sent: signed already, where the cloud signs requests.
#[derive(Clone, Debug)]
pub struct ApiRequest {
    /// The cloud.
    pub cloud: Cloud,
    /// Region, or `global`.
    pub region: String,
    /// The service, as the provider's permissions name it.
    pub service: String,
    /// The operation, as the provider names it.
    pub operation: String,
    /// HTTP method.
    pub method: Method,
    /// Full URL.
    pub url: Url,
    /// Headers, credentials among them. Never recorded.
    pub headers: HeaderMap,
    /// Body; empty when there is none.
    pub body: Bytes,
    /// How this API names its errors.
    pub dialect: ErrorDialect,
    /// Fields of the answer that hold secrets: JSON paths like `Functions[].Environment.Variables.*`, or XML element
    /// names. Added to the names that are always redacted, see [`redact`].
    pub secrets: &'static [&'static str],
}

/// A whole HTTP answer, whatever its status.
#[derive(Clone, Debug)]
pub struct ApiResponse {
    /// Number of the exchange that was recorded for it; 0 where nothing is recorded.
    pub seq: u64,
    /// HTTP status.
    pub status: u16,
    /// The headers that reading an answer may depend on ([`KEPT_HEADERS`]), lower-case; all of them where nothing is recorded.
    pub headers: BTreeMap<String, String>,
    /// The body after redaction.
    pub body: Bytes,
    /// When the answer was whole.
    pub finished_at: Instant,
}

/// Response headers that are recorded and handed on; a connector must not depend on any other. A transport that records
/// nothing hands on every header.
pub const KEPT_HEADERS: [&str; 9] = [
    "content-type",
    "location",
    "retry-after",
    "x-amz-bucket-region",
    "x-amz-checksum-sha256",
    "x-amzn-errortype",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-ms-error-code",
];

/// The door. `call` gives any whole HTTP answer as `Ok`, also one with an error status after the last attempt; `Err` is
/// a failure below HTTP. Use [`CollectError::from_response`] to tell what an error status means.
#[async_trait::async_trait]
pub trait Transport: Send + Sync + std::fmt::Debug {
    /// Makes one call, with its retries.
    async fn call(&self, request: ApiRequest) -> Result<ApiResponse, CollectError>;

    /// Waits until the provider has had time to work (a report that is being generated). A replay does not wait.
    async fn pause(&self, time: std::time::Duration);
}
