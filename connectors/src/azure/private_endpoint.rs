//! Private endpoints of resources.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A private endpoint's connection.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct PrivateEndpointConnection {
    /// Its state.
    properties: Option<ConnectionProperties>,
}

/// Of a private endpoint's connection.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ConnectionProperties {
    /// Its state.
    private_link_service_connection_state: Option<ConnectionState>,
}

/// State of a private endpoint's connection.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ConnectionState {
    /// `Approved`, `Pending`, `Rejected` or `Disconnected`.
    status: Option<String>,
}
