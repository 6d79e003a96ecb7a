//! A backend service of a load balancer. Read from Compute Engine itself: Cloud Asset Inventory has those of regions under
//! another type than global ones.

use super::{ID, PLAIN};
use crate::gcp::context::Context;
use crate::gcp::listing::{Listed, Nothing};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation = Operation {
    name: "compute.backendServices.aggregatedList",
    permission: "compute.backendServices.list",
    request: Request::Get("compute/v1/projects/{project}/aggregated/backendServices?maxResults=500"),
    items: Items::Aggregated("backendServices"),
    docs: "https://cloud.google.com/compute/docs/reference/rest/v1/backendServices/aggregatedList",
    ..PLAIN
};

/// A backend service.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct BackendService {
    /// For which kind of load balancer: `EXTERNAL`, `EXTERNAL_MANAGED`, `EXTERNAL_PASSTHROUGH`, `INTERNAL`,
    /// `INTERNAL_MANAGED`, `INTERNAL_SELF_MANAGED`.
    load_balancing_scheme: Option<String>,
    /// What it speaks to its backends: `HTTP`, `HTTPS`, `HTTP2`, `H2C`, `GRPC`, `TCP`, `SSL`, `UDP`, `UNSPECIFIED`.
    protocol: Option<String>,
    /// What is logged; null where it was never set.
    log_config: Option<Logging>,
    /// The link of its Cloud Armor policy; null for none.
    security_policy: Option<String>,
}

/// What a backend service logs.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Logging {
    /// Requests are logged; null is false.
    enable: Option<bool>,
    /// The part of requests that is logged, between 0 and 1; null where nothing is.
    sample_rate: Option<f64>,
}

impl Listed for BackendService {
    const TYPE: &'static str = "gcp.compute.backend-service";
    const ID: &'static str = ID;
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&LIST];
    const ALWAYS: &'static [&'static str] = &["load_balancing_scheme", "protocol"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
