//! Settings that instances share: parameter groups, and the clusters that name them. Each is read once, when the first
//! instance needs it. Option groups are deliberately not read: their settings may hold passwords.

use super::cluster::{Cluster, DESCRIBE_DB_CLUSTERS};
use super::{Operation, list};
use crate::aws::listing::{Listed, Place};
use crate::document::Read;
use crate::exchange::CollectError;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Lists the parameters of an instance's parameter group.
pub static DESCRIBE_DB_PARAMETERS: Operation = list(
    "DescribeDBParameters",
    "rds:DescribeDBParameters",
    &["Parameter"],
    "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBParameters.html",
);

/// Lists the parameters of a cluster's parameter group.
pub static DESCRIBE_DB_CLUSTER_PARAMETERS: Operation = list(
    "DescribeDBClusterParameters",
    "rds:DescribeDBClusterParameters",
    &["Parameter"],
    "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusterParameters.html",
);

/// Where settings stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// An instance's parameter group.
    Instance,
    /// A cluster's parameter group.
    Cluster,
}

/// Values by name; null where the group names the setting and leaves its value to the engine.
pub type Settings = BTreeMap<String, Option<String>>;

type Outcome<T> = Result<Read<T>, CollectError>;
type Once<T> = OnceCell<Outcome<T>>;
/// What is read once each, by what names it.
type ByName<K, T> = Mutex<BTreeMap<K, Arc<Once<T>>>>;

/// What was read in one region so far.
#[derive(Debug, Default)]
pub struct Shared {
    clusters: ByName<String, Option<Cluster>>,
    groups: ByName<(Holder, String), Settings>,
}

impl Shared {
    /// The cluster of this name; none where RDS has it not. It is asked for by its name: the region's list is another
    /// request, and two requests that are the same could not be told apart when they are replayed.
    pub async fn cluster(&self, place: Place<'_>, name: &str) -> Outcome<Option<Cluster>> {
        let once = {
            let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(clusters.entry(name.to_owned()).or_default())
        };
        once.get_or_init(|| cluster(place, name)).await.clone()
    }

    /// The settings of a group.
    pub async fn settings(&self, place: Place<'_>, holder: Holder, group: &str) -> Outcome<Settings> {
        let once = {
            let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(groups.entry((holder, group.to_owned())).or_default())
        };
        once.get_or_init(|| read(place, holder, group)).await.clone()
    }
}

async fn cluster(place: Place<'_>, name: &str) -> Outcome<Option<Cluster>> {
    let input = json!({"DBClusterIdentifier": name});
    let read = place.whole::<Cluster>(&DESCRIBE_DB_CLUSTERS, Cluster::ITEMS, input).await?;
    Ok(read.map(|clusters| clusters.into_iter().find(|cluster| cluster.db_cluster_identifier == name)))
}

#[derive(Debug, Deserialize)]
struct Parameter {
    parameter_name: String,
    parameter_value: Option<String>,
}

async fn read(place: Place<'_>, holder: Holder, group: &str) -> Outcome<Settings> {
    let (operation, key): (&Operation, _) = match holder {
        Holder::Instance => (&DESCRIBE_DB_PARAMETERS, "DBParameterGroupName"),
        Holder::Cluster => (&DESCRIBE_DB_CLUSTER_PARAMETERS, "DBClusterParameterGroupName"),
    };
    let input = json!({key: group, "MaxRecords": 100});
    let read = place.whole::<Parameter>(operation, &["parameters"], input).await?;
    let pair = |parameter: Parameter| (parameter.parameter_name, parameter.parameter_value);
    Ok(read.map(|parameters| parameters.into_iter().map(pair).collect()))
}
