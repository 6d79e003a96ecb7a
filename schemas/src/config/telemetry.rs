//! `telemetry:` where traces of the service's own work go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `telemetry:`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Traces over OTLP.
    #[serde(default)]
    pub otlp: Option<OtlpConfig>,
}

/// `telemetry.otlp:` It stands over the standard variables (`OTEL_EXPORTER_OTLP_ENDPOINT` and others), which do without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtlpConfig {
    /// The receiver's base address (`http://127.0.0.1:4318`): traces are posted to `v1/traces` below it, as protobuf.
    pub endpoint: String,
    /// File with further headers, a `Name: value` a line (`Authorization: Bearer …`).
    #[serde(default)]
    pub headers_file: Option<String>,
}
