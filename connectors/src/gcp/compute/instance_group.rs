//! A managed instance group. Read from Compute Engine itself, those of zones and of regions by one list.

use super::{ID, PLAIN, of_project};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::envelope::Envelope;
use crate::gcp::gke::cluster::{self, Cluster};
use crate::gcp::listing::{self, Listed, Place};
use crate::gcp::number;
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation = Operation {
    name: "compute.instanceGroupManagers.aggregatedList",
    permission: "compute.instanceGroupManagers.list",
    request: Request::Get("compute/v1/projects/{project}/aggregated/instanceGroupManagers?maxResults=500"),
    items: Items::Aggregated("instanceGroupManagers"),
    docs: "https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/aggregatedList",
    ..PLAIN
};

/// How the names of everything begin that GKE makes for its nodes.
const OF_GKE: &str = "gke-";

/// A managed instance group.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct InstanceGroup {
    /// Its name.
    name: Option<String>,
    /// Its link.
    self_link: Option<String>,
    /// How the names of its machines begin.
    base_instance_name: Option<String>,
    /// How many machines it should have.
    #[serde(default, deserialize_with = "number::whole")]
    target_size: Option<i64>,
    /// Over which zones a regional group spreads its machines; null for a group of one zone.
    distribution_policy: Option<Distribution>,
    /// The health check by which machines are made anew; empty for none.
    #[serde(default)]
    auto_healing_policies: Vec<Healing>,
}

/// Over which zones a group spreads its machines.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Distribution {
    /// The zones.
    #[serde(default)]
    zones: Vec<Zone>,
}

/// A zone of a group.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Zone {
    /// Its link.
    zone: Option<String>,
}

/// By what machines are made anew.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Healing {
    /// The link of the health check; null for none.
    health_check: Option<String>,
}

/// `derived` of a group.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::gcp) struct Derived {
    /// It holds the nodes of a GKE cluster of this project, which looks after them itself: a node pool names the group.
    #[serde(skip_serializing_if = "Field::is_unread")]
    of_cluster: Field<bool>,
}

/// The project's clusters, or why they could not be read.
type Around = Result<Read<Vec<(Envelope, Cluster)>>, CollectError>;

impl InstanceGroup {
    fn of_cluster(&self, clusters: &Around) -> Result<Read<Option<bool>>, CollectError> {
        // Most groups are no cluster's, and that needs no list of clusters, which a project without GKE refuses.
        if !self.name.as_deref().is_some_and(|name| name.starts_with(OF_GKE)) {
            return Ok(Read { value: Some(false), exchanges: vec![], at: None });
        }
        let own = self.self_link.as_deref().map(of_project);
        let clusters = clusters.clone()?;
        Ok(clusters.map(|all| {
            let mut links = all.iter().flat_map(|(_, cluster)| cluster.instance_groups());
            Some(own.is_some() && links.any(|link| Some(of_project(link)) == own))
        }))
    }
}

impl Listed for InstanceGroup {
    const TYPE: &'static str = "gcp.compute.instance-group";
    const ID: &'static str = ID;
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&LIST, &cluster::ASSET, &cluster::LIST];
    const ALWAYS: &'static [&'static str] = &["name", "self_link"];
    type Around = Around;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Around> {
        Box::pin(listing::every::<Cluster>(context))
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, clusters: &'a Around, draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        let of_cluster = draft.take("derived.of_cluster", self.of_cluster(clusters));
        Box::pin(std::future::ready(Derived { of_cluster }))
    }
}
