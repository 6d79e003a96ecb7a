//! A cluster of Google Kubernetes Engine.

use super::derived::Derived;
use crate::document::Draft;
use crate::gcp::context::Context;
use crate::gcp::listing::{Listed, Place};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The type in Cloud Asset Inventory.
pub(in crate::gcp) static ASSET: Operation = Operation::asset("container.googleapis.com/Cluster");

/// `clusters.list` of all zones and regions. It has no pages, and says which zones it could not read.
pub(in crate::gcp) static LIST: Operation = Operation {
    service: "container.googleapis.com",
    name: "container.projects.locations.clusters.list",
    permission: "container.clusters.list",
    request: Request::Get("v1/projects/{project}/locations/-/clusters"),
    items: Items::In("clusters"),
    shared: true,
    secrets: &[
        "clusters[].masterAuth.password",
        "clusters[].masterAuth.clientKey",
        "clusters[].nodeConfig.metadata.*",
        "clusters[].nodePools[].config.metadata.*",
    ],
    docs: "https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters/list",
    ..Operation::PLAIN
};

/// A cluster.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Cluster {
    /// `RUNNING`, `PROVISIONING`, `RECONCILING`, `STOPPING`, `ERROR`, `DEGRADED`.
    status: Option<String>,
    /// Google looks after the nodes; null for a cluster of the standard mode.
    autopilot: Option<Switch>,
    /// How its control plane is reached; null in the words of before this was one setting.
    pub(super) control_plane_endpoints_config: Option<Endpoints>,
    /// The older word for who may reach the control plane.
    pub(super) master_authorized_networks_config: Option<AuthorizedNetworks>,
    /// The older words for private nodes and a private control plane.
    pub(super) private_cluster_config: Option<PrivateCluster>,
    /// Its network.
    pub(super) network_config: Option<NetworkConfig>,
    /// Network policies of the standard dataplane; null for off.
    network_policy: Option<Switch>,
    /// Kubernetes service accounts as identities of IAM; null for not at all.
    workload_identity_config: Option<WorkloadIdentity>,
    /// Nodes prove to the control plane what they are; null for off.
    shielded_nodes: Option<Switch>,
    /// `logging.googleapis.com/kubernetes`, `logging.googleapis.com` or `none`.
    logging_service: Option<String>,
    /// Encryption of Kubernetes secrets with a key of one's own.
    database_encryption: Option<DatabaseEncryption>,
    /// Its node pools.
    #[serde(default)]
    pub(super) node_pools: Vec<NodePool>,
}

/// Something that is on or off.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Switch {
    /// It is on; null is false.
    enabled: Option<bool>,
}

/// How a control plane is reached.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Endpoints {
    /// By addresses.
    pub(super) ip_endpoints_config: Option<IpEndpoints>,
    /// By a name that Google resolves; IAM decides on every request.
    dns_endpoint_config: Option<DnsEndpoint>,
}

/// Addresses of a control plane.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct IpEndpoints {
    /// False: it has none.
    pub(super) enabled: Option<bool>,
    /// One of them is public.
    pub(super) enable_public_endpoint: Option<bool>,
    /// Who may reach them.
    pub(super) authorized_networks_config: Option<AuthorizedNetworks>,
}

/// The name of a control plane.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct DnsEndpoint {
    /// Users reach it; null is false.
    allow_external_traffic: Option<bool>,
}

/// Who may reach a control plane.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct AuthorizedNetworks {
    /// Only these may; null is false, and everybody may.
    pub(super) enabled: Option<bool>,
    /// The ranges.
    #[serde(default)]
    pub(super) cidr_blocks: Vec<CidrBlock>,
    /// Public addresses of Google Cloud, of any customer, may too; null for what the cluster's version does.
    gcp_public_cidrs_access_enabled: Option<bool>,
}

/// A range of addresses.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct CidrBlock {
    /// `203.0.113.0/24`.
    pub(super) cidr_block: Option<String>,
}

/// Private nodes and a private control plane, in the older words.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct PrivateCluster {
    /// The control plane has no public address; null is false.
    pub(super) enable_private_endpoint: Option<bool>,
    /// Nodes have no public addresses; null is false.
    pub(super) enable_private_nodes: Option<bool>,
}

/// The network of a cluster.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct NetworkConfig {
    /// `ADVANCED_DATAPATH` is Dataplane V2, which enforces network policies by itself; null is the older one.
    datapath_provider: Option<String>,
    /// Nodes of pools that say nothing of it have no public addresses.
    pub(super) default_enable_private_nodes: Option<bool>,
}

/// Kubernetes service accounts as identities of IAM.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct WorkloadIdentity {
    /// `<project>.svc.id.goog`; null for none.
    workload_pool: Option<String>,
}

/// Encryption of Kubernetes secrets.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct DatabaseEncryption {
    /// `ENCRYPTED`, `ALL_OBJECTS_ENCRYPTION_ENABLED`, or `DECRYPTED`: with Google's own keys alone.
    state: Option<String>,
    /// The Cloud KMS key's name; null for none.
    key_name: Option<String>,
}

/// A node pool.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct NodePool {
    /// Its name.
    name: Option<String>,
    /// How its nodes are made.
    config: Option<NodeConfig>,
    /// How its nodes are kept.
    management: Option<Management>,
    /// Its network.
    pub(super) network_config: Option<NodeNetwork>,
    /// The links of its managed instance groups.
    #[serde(default)]
    instance_group_urls: Vec<String>,
}

/// How nodes are made.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct NodeConfig {
    /// The service account they run as; `default`, or null, is the project's default one.
    service_account: Option<String>,
    /// The OAuth scopes of their tokens.
    #[serde(default)]
    oauth_scopes: Vec<String>,
    /// How workloads reach the metadata server; null for that of the machine.
    workload_metadata_config: Option<WorkloadMetadata>,
}

/// How workloads reach the metadata server.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct WorkloadMetadata {
    /// `GKE_METADATA` gives them their own identity, `GCE_METADATA` that of the node.
    mode: Option<String>,
}

/// How nodes are kept.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Management {
    /// They get new versions by themselves; null is false.
    auto_upgrade: Option<bool>,
    /// Sick ones are made anew; null is false.
    auto_repair: Option<bool>,
}

/// The network of nodes.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct NodeNetwork {
    /// They have no public addresses; null for what the cluster says.
    pub(super) enable_private_nodes: Option<bool>,
}

impl Cluster {
    /// The links of the managed instance groups of its nodes.
    pub(in crate::gcp) fn instance_groups(&self) -> impl Iterator<Item = &str> {
        self.node_pools.iter().flat_map(|pool| &pool.instance_group_urls).map(String::as_str)
    }
}

impl Listed for Cluster {
    const TYPE: &'static str = "gcp.gke.cluster";
    const ID: &'static str = "//container.googleapis.com/{.selfLink:projects/}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LIST];
    const ALWAYS: &'static [&'static str] = &["status", "logging_service"];
    const LABELS: &'static str = "resourceLabels";
    type Around = ();
    type Derived = Derived;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), _: &'a mut Draft) -> BoxFuture<'a, Derived> {
        Box::pin(std::future::ready(Derived::of(self)))
    }
}
