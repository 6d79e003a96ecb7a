//! `aws.rds.cluster`

use super::logs::{self, Kind};
use super::{Operation, list, whole};
use crate::aws::Context;
use crate::aws::listing::{Listed, Name, Place, Tags};
use crate::document::{Draft, Field};
use evidenced_schemas::{Gap, GapReason};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Lists the database clusters of a region, those of Neptune and DocumentDB among them.
pub static DESCRIBE_DB_CLUSTERS: Operation = list(
    "DescribeDBClusters",
    "rds:DescribeDBClusters",
    &[
        "DBCluster",
        "AvailabilityZone",
        "DBClusterOptionGroup",
        "ReadReplicaIdentifier",
        "DBClusterStatusInfo",
        "DBClusterMember",
        "VpcSecurityGroupMembership",
        "DBClusterRole",
        "DomainMembership",
        "Tag",
    ],
    "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html",
);

/// A cluster, as `rds:DescribeDBClusters` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Cluster {
    /// Name within the region.
    pub db_cluster_identifier: String,
    /// ARN.
    pub db_cluster_arn: Option<String>,
    /// `aurora-mysql`, `aurora-postgresql`, `mysql`, `postgres`, `neptune` or `docdb`.
    pub engine: Option<String>,
    /// Version of the engine.
    pub engine_version: Option<String>,
    /// `provisioned`, `serverless`, …
    pub engine_mode: Option<String>,
    /// `available`, `creating`, …
    pub status: Option<String>,
    /// Its storage is encrypted.
    pub storage_encrypted: Option<bool>,
    /// Key that encrypts it.
    pub kms_key_id: Option<String>,
    /// Days that automated backups are kept.
    pub backup_retention_period: Option<i64>,
    /// It has instances in more than one availability zone.
    pub multi_az: Option<bool>,
    /// It cannot be deleted until this is turned off.
    pub deletion_protection: Option<bool>,
    /// Snapshots get its tags.
    pub copy_tags_to_snapshot: Option<bool>,
    /// Cluster that it replicates.
    pub replication_source_identifier: Option<String>,
    /// Parameter group of the cluster.
    pub db_cluster_parameter_group: Option<String>,
    /// Its instances.
    #[serde(default)]
    pub db_cluster_members: Vec<Member>,
    /// Logs that it exports to CloudWatch Logs; AWS leaves the list out where there are none.
    #[serde(default)]
    pub enabled_cloudwatch_logs_exports: Vec<String>,
    #[serde(default, skip_serializing, alias = "tag_list")]
    #[schemars(skip)]
    tags: Tags,
}

/// An instance of a cluster.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// Name of the instance.
    pub db_instance_identifier: String,
    /// It takes writes.
    pub is_cluster_writer: Option<bool>,
    /// `in-sync` when it runs with the cluster's parameter group as it stands.
    pub db_cluster_parameter_group_status: Option<String>,
}

/// `derived` of `aws.rds.cluster`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct ClusterDerived {
    /// Logs of audit and errors that its engine can export.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub required_log_types: Field<Vec<&'static str>>,
}

impl Listed for Cluster {
    const TYPE: &'static str = "aws.rds.cluster";
    const LIST: &'static Operation = &DESCRIBE_DB_CLUSTERS;
    const ITEMS: &'static [&'static str] = &["db_clusters"];
    const ALWAYS: &'static [&'static str] =
        &["engine", "storage_encrypted", "backup_retention_period", "multi_az", "deletion_protection"];
    type Around = ();
    type Derived = ClusterDerived;

    fn input(_: &Context) -> Value {
        whole()
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let name = &self.db_cluster_identifier;
        let id = self.db_cluster_arn.clone().unwrap_or_else(|| place.arn("rds", &format!("cluster:{name}")));
        Name { id, name: name.clone(), tags: Some(self.tags.0.clone()) }
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, ClusterDerived> {
        let required_log_types = required_logs(self.engine.as_deref(), Kind::Cluster, &DESCRIBE_DB_CLUSTERS, draft);
        Box::pin(std::future::ready(ClusterDerived { required_log_types }))
    }
}

/// The logs that an engine should export; unknown for an engine that nobody wrote down.
pub(super) fn required_logs(
    engine: Option<&str>,
    kind: Kind,
    told_by: &Operation,
    draft: &mut Draft,
) -> Field<Vec<&'static str>> {
    if let Some(types) = engine.and_then(|engine| logs::required(engine, kind)) {
        return Field::Value(types.to_vec());
    }
    draft.gap(Gap {
        field: "derived.required_log_types".to_owned(),
        operation: format!("{}:{}", told_by.service, told_by.name),
        reason: GapReason::Malformed,
        code: format!("engine {}", engine.unwrap_or("-")),
    });
    Field::Unread
}
