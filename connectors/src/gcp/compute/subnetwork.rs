//! A subnet.

use super::{ID, PLAIN};
use crate::gcp::context::Context;
use crate::gcp::listing::{Listed, Nothing};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static ASSET: Operation = Operation::asset("compute.googleapis.com/Subnetwork");

static LIST: Operation = Operation {
    name: "compute.subnetworks.aggregatedList",
    permission: "compute.subnetworks.list",
    request: Request::Get("compute/v1/projects/{project}/aggregated/subnetworks?maxResults=500"),
    items: Items::Aggregated("subnetworks"),
    docs: "https://cloud.google.com/compute/docs/reference/rest/v1/subnetworks/aggregatedList",
    ..PLAIN
};

/// A subnet.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Subnetwork {
    /// The link of its network.
    network: Option<String>,
    /// Its IPv4 range; null for a subnet of IPv6 alone.
    ip_cidr_range: Option<String>,
    /// `PRIVATE` is for machines; every other (`REGIONAL_MANAGED_PROXY`, `GLOBAL_MANAGED_PROXY`, `PRIVATE_SERVICE_CONNECT`,
    /// `PRIVATE_NAT`, `PEER_MIGRATION`) is for something of Google's.
    purpose: Option<String>,
    /// The older word for flow logs; null where it was never set.
    enable_flow_logs: Option<bool>,
    /// Flow logs; null where they were never set.
    log_config: Option<Logging>,
    /// Machines without an external address reach Google's APIs; null is false.
    private_ip_google_access: Option<bool>,
}

/// Flow logs of a subnet.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Logging {
    /// They are on; null is false.
    enable: Option<bool>,
    /// The part of all flows that is logged, between 0 and 1.
    flow_sampling: Option<f64>,
    /// Only flows that fit this expression are logged; null or empty for all.
    filter_expr: Option<String>,
}

impl Listed for Subnetwork {
    const TYPE: &'static str = "gcp.compute.subnetwork";
    const ID: &'static str = ID;
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LIST];
    const ALWAYS: &'static [&'static str] = &["network"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
