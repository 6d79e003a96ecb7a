//! Settings that instances share: parameter groups, option groups and the clusters that name them. Each is read once a
//! region, when the first instance needs it.

use super::cluster::{Cluster, DESCRIBE_DB_CLUSTERS};
use super::{Operation, list, whole};
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

/// Tells the options of an option group, with their settings.
pub static DESCRIBE_OPTION_GROUPS: Operation = list(
    "DescribeOptionGroups",
    "rds:DescribeOptionGroups",
    &["OptionGroup", "Option", "OptionSetting", "DBSecurityGroup", "VpcSecurityGroupMembership"],
    "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeOptionGroups.html",
);

/// Where settings stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// An instance's parameter group.
    Instance,
    /// A cluster's parameter group.
    Cluster,
    /// An option group.
    Options,
}

/// Values by name; null where the group names the setting and leaves its value to the engine.
pub type Settings = BTreeMap<String, Option<String>>;

type Outcome<T> = Result<Read<T>, CollectError>;
type Once<T> = OnceCell<Outcome<T>>;

/// What was read in one region so far.
#[derive(Debug, Default)]
pub struct Shared {
    clusters: Once<BTreeMap<String, Cluster>>,
    groups: Mutex<BTreeMap<(Holder, String), Arc<Once<Settings>>>>,
}

impl Shared {
    /// The cluster of this name; none where the region's list has it not.
    pub async fn cluster(&self, place: Place<'_>, name: &str) -> Outcome<Option<Cluster>> {
        let read = self.clusters.get_or_init(|| clusters(place)).await.clone()?;
        Ok(read.map(|mut clusters| clusters.remove(name)))
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

async fn clusters(place: Place<'_>) -> Outcome<BTreeMap<String, Cluster>> {
    let read = place.whole::<Cluster>(&DESCRIBE_DB_CLUSTERS, Cluster::ITEMS, whole()).await?;
    let by_name = |cluster: Cluster| (cluster.db_cluster_identifier.clone(), cluster);
    Ok(read.map(|clusters| clusters.into_iter().map(by_name).collect()))
}

#[derive(Debug, Deserialize)]
struct Parameter {
    parameter_name: String,
    parameter_value: Option<String>,
}

#[derive(Debug, Deserialize)]
struct OptionGroup {
    option_group_name: String,
    #[serde(default)]
    options: Vec<DbOption>,
}

#[derive(Debug, Deserialize)]
struct DbOption {
    option_name: String,
    #[serde(default)]
    option_settings: Vec<OptionSetting>,
}

#[derive(Debug, Deserialize)]
struct OptionSetting {
    name: String,
    value: Option<String>,
}

async fn read(place: Place<'_>, holder: Holder, group: &str) -> Outcome<Settings> {
    let (operation, key): (&Operation, _) = match holder {
        Holder::Instance => (&DESCRIBE_DB_PARAMETERS, "DBParameterGroupName"),
        Holder::Cluster => (&DESCRIBE_DB_CLUSTER_PARAMETERS, "DBClusterParameterGroupName"),
        Holder::Options => return options(place, group).await,
    };
    let input = json!({key: group, "MaxRecords": 100});
    let read = place.whole::<Parameter>(operation, &["parameters"], input).await?;
    let pair = |parameter: Parameter| (parameter.parameter_name, parameter.parameter_value);
    Ok(read.map(|parameters| parameters.into_iter().map(pair).collect()))
}

/// Settings of options are named `OPTION/SETTING`.
async fn options(place: Place<'_>, group: &str) -> Outcome<Settings> {
    let input = json!({"OptionGroupName": group, "MaxRecords": 100});
    let path = &["option_groups_list"];
    let read = place.whole::<OptionGroup>(&DESCRIBE_OPTION_GROUPS, path, input).await?;
    let mut settings = Settings::new();
    let own = read.value.iter().filter(|found| found.option_group_name == group);
    for option in own.flat_map(|group| &group.options) {
        for setting in &option.option_settings {
            settings.insert(format!("{}/{}", option.option_name, setting.name), setting.value.clone());
        }
    }
    if !read.value.iter().any(|found| found.option_group_name == group) {
        let (service, name) = (DESCRIBE_OPTION_GROUPS.service, DESCRIBE_OPTION_GROUPS.name);
        let message = "the answer has not the option group that was asked for";
        let error = CollectError::malformed(service, name, place.region, message, read.exchanges);
        return Err(CollectError { at: read.at, ..error });
    }
    Ok(read.map(|_| settings))
}
