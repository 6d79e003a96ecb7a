//! EKS: Kubernetes clusters whose control plane AWS runs. Clusters that are only registered with EKS (`include=all`) have
//! their control plane elsewhere, and are deliberately not read.

use super::listing::{Listed, Name, Place};
use super::{Context, Family, Operation, Paging, ResourceType};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::ports::anywhere;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Lists the names of the clusters of a region.
pub static LIST_CLUSTERS: Operation = Operation {
    service: "eks",
    name: "ListClusters",
    permission: "eks:ListClusters",
    http: Some(("GET", "/clusters")),
    paging: Paging::Token { input: "nextToken", output: "nextToken" },
    docs: "https://docs.aws.amazon.com/eks/latest/APIReference/API_ListClusters.html",
    ..Operation::PLAIN
};

/// Describes a cluster.
pub static DESCRIBE_CLUSTER: Operation = Operation {
    service: "eks",
    name: "DescribeCluster",
    permission: "eks:DescribeCluster",
    http: Some(("GET", "/clusters/{name}")),
    secrets: &["cluster.connectorConfig.activationCode"],
    docs: "https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeCluster.html",
    ..Operation::PLAIN
};

/// EKS' family.
pub const FAMILY: Family = Family {
    name: "eks",
    types: &[ResourceType::regional::<Cluster>(
        "A Kubernetes cluster: who reaches its API, what its control plane logs, what encrypts its secrets.",
    )],
    collect: None,
};

/// A cluster, as `eks:DescribeCluster` describes it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String")]
#[schemars(!from)]
pub struct Cluster {
    /// Name.
    pub name: String,
    /// `CREATING`, `ACTIVE`, `DELETING`, `FAILED`, `UPDATING` or `PENDING`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub status: Field<String>,
    /// Version of Kubernetes.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub version: Field<String>,
    /// Its network.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub resources_vpc_config: Field<VpcConfig>,
    /// What the control plane logs.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub logging: Field<Logging>,
    /// What a key of the account encrypts; null for the key that AWS owns.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub encryption_config: Field<Vec<EncryptionConfig>>,
}

impl From<String> for Cluster {
    fn from(name: String) -> Self {
        Self { name, ..Self::default() }
    }
}

/// The network of a cluster.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VpcConfig {
    /// VPC.
    pub vpc_id: Option<String>,
    /// The API answers on a public address.
    pub endpoint_public_access: bool,
    /// The API answers inside the VPC.
    pub endpoint_private_access: Option<bool>,
    /// Who reaches the public address.
    #[serde(default)]
    pub public_access_cidrs: Vec<String>,
}

/// What the control plane logs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Logging {
    /// Kinds of logs, and whether they are written.
    pub cluster_logging: Vec<LogSetup>,
}

/// Kinds of logs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LogSetup {
    /// `api`, `audit`, `authenticator`, `controllerManager`, `scheduler`.
    #[serde(default)]
    pub types: Vec<String>,
    /// They are written.
    pub enabled: bool,
}

/// What a key encrypts.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EncryptionConfig {
    /// `secrets`
    pub resources: Vec<String>,
    /// The key.
    pub provider: Option<Provider>,
}

/// A key.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Provider {
    /// ARN.
    pub key_arn: Option<String>,
}

/// `derived` of `aws.eks.cluster`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct ClusterDerived {
    /// The API answers on a public address, and all addresses of IPv4 or of IPv6 reach it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub public_from_anywhere: Field<bool>,
    /// Kinds of logs that are written, sorted.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub log_types: Field<Vec<String>>,
}

impl Listed for Cluster {
    const TYPE: &'static str = "aws.eks.cluster";
    const LIST: &'static Operation = &LIST_CLUSTERS;
    const OPERATIONS: &'static [&'static Operation] = &[&LIST_CLUSTERS, &DESCRIBE_CLUSTER];
    const ITEMS: &'static [&'static str] = &["clusters"];
    const ALWAYS: &'static [&'static str] = &[];
    type Around = ();
    type Derived = ClusterDerived;

    fn input(_: &Context) -> Value {
        json!({"maxResults": 100})
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        Name { id: place.arn("eks", &format!("cluster/{}", self.name)), name: self.name.clone(), tags: None }
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, ClusterDerived> {
        Box::pin(async move {
            let told = describe(place, &self.name).await;
            if let Ok(told) = &told {
                draft.tags(Field::Value(told.value.tags.clone().unwrap_or_default()));
            }
            self.fill(place, &told, draft);
            self.derive(draft)
        })
    }
}

/// What a description tells.
#[derive(Clone, Deserialize)]
struct Told {
    name: String,
    status: Option<String>,
    version: Option<String>,
    resources_vpc_config: Option<VpcConfig>,
    logging: Option<Logging>,
    encryption_config: Option<Vec<EncryptionConfig>>,
    tags: Option<BTreeMap<String, String>>,
}

async fn describe(place: Place<'_>, name: &str) -> Result<Read<Told>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        cluster: Told,
    }
    let told = place.one::<Answer>(&DESCRIBE_CLUSTER, json!({"name": name})).await?.map(|answer| answer.cluster);
    if told.value.name != name {
        return Err(malformed(place, "the answer describes another cluster", &told));
    }
    Ok(told)
}

fn malformed<T>(place: Place<'_>, message: &str, read: &Read<T>) -> CollectError {
    let error = CollectError::malformed("eks", "DescribeCluster", place.region, message, read.exchanges.clone());
    CollectError { at: read.at, ..error }
}

impl Cluster {
    fn fill(&mut self, place: Place<'_>, told: &Result<Read<Told>, CollectError>, draft: &mut Draft) {
        fn part<T>(
            told: &Result<Read<Told>, CollectError>,
            of: impl Fn(Told) -> Option<T>,
        ) -> Result<Read<Option<T>>, CollectError> {
            told.clone().map(|read| read.map(of))
        }
        self.status = draft.take("config.status", part(told, |told| told.status));
        self.version = draft.take("config.version", part(told, |told| told.version));
        let vpc = part(told, |told| told.resources_vpc_config);
        self.resources_vpc_config = draft.take("config.resources_vpc_config", always(place, vpc));
        self.logging = draft.take("config.logging", always(place, part(told, |told| told.logging)));
        self.encryption_config = draft.take("config.encryption_config", part(told, |told| told.encryption_config));
    }

    fn derive(&self, draft: &mut Draft) -> ClusterDerived {
        let public_from_anywhere = if let Some(vpc) = self.resources_vpc_config.value() {
            // A public address without a list of who reaches it is open to all: that is the documented default.
            let cidrs = &vpc.public_access_cidrs;
            let open = cidrs.is_empty() || !anywhere(cidrs.iter().map(String::as_str)).is_empty();
            Field::Value(vpc.endpoint_public_access && open)
        } else {
            draft.miss_with("derived.public_from_anywhere", &["config.resources_vpc_config"]);
            Field::Unread
        };
        let log_types = if let Some(logging) = self.logging.value() {
            let on = logging.cluster_logging.iter().filter(|setup| setup.enabled);
            let types: BTreeSet<String> = on.flat_map(|setup| setup.types.iter().cloned()).collect();
            Field::Value(types.into_iter().collect())
        } else {
            draft.miss_with("derived.log_types", &["config.logging"]);
            Field::Unread
        };
        ClusterDerived { public_from_anywhere, log_types }
    }
}

/// A setting that every cluster has: missing, the answer is not the documented one.
fn always<T>(
    place: Place<'_>,
    outcome: Result<Read<Option<T>>, CollectError>,
) -> Result<Read<Option<T>>, CollectError> {
    match outcome {
        Ok(read) if read.value.is_none() => Err(malformed(place, "the setting is missing", &read)),
        other => other,
    }
}

#[cfg(test)]
mod tests;
