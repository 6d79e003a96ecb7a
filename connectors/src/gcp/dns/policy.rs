//! A server policy of Cloud DNS: how the queries of a network's machines are answered and logged.

use crate::gcp::context::Context;
use crate::gcp::envelope::Envelope;
use crate::gcp::listing::{Listed, Nothing};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The type in Cloud Asset Inventory.
pub(in crate::gcp) static ASSET: Operation = Operation::asset("dns.googleapis.com/Policy");

/// `policies.list`.
pub(in crate::gcp) static LIST: Operation = Operation {
    service: "dns.googleapis.com",
    name: "dns.policies.list",
    permission: "dns.policies.list",
    request: Request::Get("dns/v1/projects/{project}/policies"),
    items: Items::In("policies"),
    docs: "https://cloud.google.com/dns/docs/reference/rest/v1/policies/list",
    ..Operation::PLAIN
};

/// A server policy.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Policy {
    /// Its name.
    name: Option<String>,
    /// Queries are logged; null is false.
    enable_logging: Option<bool>,
    /// The networks that it is attached to.
    #[serde(default)]
    networks: Vec<Network>,
}

/// A network of a policy.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Network {
    /// Its link.
    network_url: Option<String>,
}

impl Policy {
    /// Its name.
    pub(in crate::gcp) fn name(&self, envelope: &Envelope) -> String {
        self.name.clone().unwrap_or_else(|| envelope.name.clone())
    }

    /// Whether queries are logged.
    pub(in crate::gcp) fn logs(&self) -> bool {
        self.enable_logging == Some(true)
    }

    /// The links of the networks that it is attached to.
    pub(in crate::gcp) fn networks(&self) -> impl Iterator<Item = &str> {
        self.networks.iter().filter_map(|network| network.network_url.as_deref())
    }
}

impl Listed for Policy {
    const TYPE: &'static str = "gcp.dns.policy";
    const ID: &'static str = "//dns.googleapis.com/projects/{project}/policies/{.id}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LIST];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
