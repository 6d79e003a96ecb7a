//! Azure Kubernetes Service: clusters.

use super::context::Context;
use super::listing::{Listed, Nothing};
use super::operation::{Family, Operation, ResourceType};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything of Azure Kubernetes Service.
pub const FAMILY: Family =
    Family { name: "aks", types: &[ResourceType::listed::<Cluster>("A Kubernetes cluster")], collect: None };

static LIST: Operation = Operation::rows(
    "resources",
    "microsoft.containerservice/managedclusters",
    "Microsoft.ContainerService/managedClusters/read",
);

/// A cluster.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Cluster {
    /// Its settings.
    properties: Properties,
}

/// Settings of a cluster.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// Who reaches its API; null for everybody.
    api_server_access_profile: Option<ApiServerAccessProfile>,
    /// Its node pools.
    agent_pool_profiles: Option<Vec<AgentPool>>,
    /// Kubernetes' own roles are asked.
    enable_rbac: Option<bool>,
    /// How Entra ID is used; null where it is not.
    aad_profile: Option<AadProfile>,
    /// Nobody enters with a certificate of the cluster; null is false.
    disable_local_accounts: Option<bool>,
    /// Its network.
    network_profile: Option<NetworkProfile>,
}

/// Who reaches the API of a cluster.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ApiServerAccessProfile {
    /// Its API has no public address; null is false.
    enable_private_cluster: Option<bool>,
    /// Addresses that reach the API; null or empty for all.
    authorized_ip_ranges: Option<Vec<String>>,
}

/// A node pool.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct AgentPool {
    /// Its name.
    name: Option<String>,
    /// Each node has a public address; null is false.
    enable_node_public_ip: Option<bool>,
}

/// How Entra ID is used.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct AadProfile {
    /// The integration is managed by Azure.
    managed: Option<bool>,
    /// Azure's roles say what is allowed inside.
    enable_azure_rbac: Option<bool>,
}

/// The network of a cluster.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct NetworkProfile {
    /// `azure`, `calico`, `cilium` or `none`; null for none.
    network_policy: Option<String>,
}

impl Listed for Cluster {
    const TYPE: &'static str = "azure.aks.cluster";
    const LIST: &'static Operation = &LIST;
    const ALWAYS: &'static [&'static str] =
        &["properties.agent_pool_profiles", "properties.enable_rbac", "properties.network_profile"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
