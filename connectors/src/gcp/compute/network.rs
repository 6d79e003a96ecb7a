//! A VPC network, with what Cloud DNS logs of it.

use super::{ID, PLAIN, of_project};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::dns::policy::{self, Policy};
use crate::gcp::envelope::Envelope;
use crate::gcp::listing::{self, Listed, Place};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static ASSET: Operation = Operation::asset("compute.googleapis.com/Network");

static LIST: Operation = Operation {
    name: "compute.networks.list",
    permission: "compute.networks.list",
    request: Request::Get("compute/v1/projects/{project}/global/networks?maxResults=500"),
    items: Items::In("items"),
    docs: "https://cloud.google.com/compute/docs/reference/rest/v1/networks/list",
    ..PLAIN
};

/// A VPC network.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Network {
    /// Its name.
    name: Option<String>,
    /// Its link.
    self_link: Option<String>,
    /// True where every region has a subnet by itself, false where subnets are made by hand; null for a legacy network.
    auto_create_subnetworks: Option<bool>,
    /// The range of a legacy network, which has no subnets; null for every other.
    #[serde(alias = "i_pv4_range")]
    ipv4_range: Option<String>,
}

/// A server policy of Cloud DNS that is attached to a network.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
struct Attached {
    /// Its name.
    name: String,
    /// Queries of the network's machines are logged.
    enable_logging: bool,
}

/// `derived` of a network.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::gcp) struct Derived {
    /// The server policies of Cloud DNS that are attached to it: a network has one at most.
    #[serde(skip_serializing_if = "Field::is_unread")]
    dns_policies: Field<Vec<Attached>>,
}

/// The project's server policies of Cloud DNS, or why they could not be read.
type Around = Result<Read<Vec<(Envelope, Policy)>>, CollectError>;

impl Network {
    fn attached(&self, policies: &[(Envelope, Policy)]) -> Vec<Attached> {
        let Some(own) = self.self_link.as_deref().map(of_project) else { return vec![] };
        let mut attached: Vec<Attached> = policies
            .iter()
            .filter(|(_, policy)| policy.networks().any(|link| of_project(link) == own))
            .map(|(envelope, policy)| Attached { name: policy.name(envelope), enable_logging: policy.logs() })
            .collect();
        attached.sort_unstable();
        attached
    }
}

impl Listed for Network {
    const TYPE: &'static str = "gcp.compute.network";
    const ID: &'static str = ID;
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LIST, &policy::ASSET, &policy::LIST];
    const ALWAYS: &'static [&'static str] = &["name", "self_link"];
    type Around = Around;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Around> {
        Box::pin(listing::every::<Policy>(context))
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, policies: &'a Around, draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        let attached = policies.clone().map(|read| read.map(|policies| Some(self.attached(&policies))));
        Box::pin(std::future::ready(Derived { dns_policies: draft.take("derived.dns_policies", attached) }))
    }
}
