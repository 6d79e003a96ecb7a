//! What older and newer words of a cluster come to. Where they leave it open, the control plane is public and open to
//! anywhere, and nodes are public: that is what a cluster is where nobody set anything.

use super::cluster::Cluster;
use crate::ports;
use schemars::JsonSchema;
use serde::Serialize;

/// `derived` of a cluster.
#[derive(Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::gcp) struct Derived {
    /// The control plane has a public address.
    public_endpoint: bool,
    /// Authorised networks are on, and leave out a part of the internet.
    authorized_networks: bool,
    /// Nodes of every pool have no public addresses; of a cluster without pools, those of a pool that says nothing of it.
    private_nodes: bool,
}

impl Derived {
    /// What a cluster's settings come to.
    pub(super) fn of(cluster: &Cluster) -> Self {
        let ip = cluster
            .control_plane_endpoints_config
            .as_ref()
            .and_then(|endpoints| endpoints.ip_endpoints_config.as_ref());
        let older = cluster.private_cluster_config.as_ref();
        let private_endpoint = older.and_then(|older| older.enable_private_endpoint) == Some(true);
        let public = ip.and_then(|ip| ip.enable_public_endpoint).unwrap_or(!private_endpoint);
        let networks = ip.and_then(|ip| ip.authorized_networks_config.as_ref());
        let networks = networks.or(cluster.master_authorized_networks_config.as_ref());
        let ranges = networks.into_iter().flat_map(|networks| &networks.cidr_blocks);
        let ranges = ranges.filter_map(|block| block.cidr_block.as_deref());
        let network = cluster.network_config.as_ref();
        let private = network.and_then(|network| network.default_enable_private_nodes);
        let private = private.or(older.and_then(|older| older.enable_private_nodes)).unwrap_or(false);
        let of_pools = cluster.node_pools.iter().map(|pool| {
            let own = pool.network_config.as_ref().and_then(|network| network.enable_private_nodes);
            own.unwrap_or(private)
        });
        let of_pools: Vec<bool> = of_pools.collect();
        Self {
            public_endpoint: public && ip.and_then(|ip| ip.enabled) != Some(false),
            authorized_networks: networks.and_then(|networks| networks.enabled) == Some(true)
                && ports::anywhere(ranges).is_empty(),
            private_nodes: if of_pools.is_empty() { private } else { of_pools.into_iter().all(|own| own) },
        }
    }
}
