//! `aws.rds.instance`

use super::cluster::{DESCRIBE_DB_CLUSTERS, required_logs};
use super::logs::Kind;
use super::parameters::{DESCRIBE_DB_CLUSTER_PARAMETERS, DESCRIBE_DB_PARAMETERS, Shared};
use super::{Operation, list, tls, whole};
use crate::aws::Context;
use crate::aws::listing::{Listed, Name, Place, Tags};
use crate::document::{Draft, Field};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Lists the database instances of a region, those of Neptune and DocumentDB among them.
pub static DESCRIBE_DB_INSTANCES: Operation = list(
    "DescribeDBInstances",
    "rds:DescribeDBInstances",
    &[
        "DBInstance",
        "DBSecurityGroup",
        "VpcSecurityGroupMembership",
        "DBParameterGroup",
        "Subnet",
        "ProcessorFeature",
        "ReadReplicaDBInstanceIdentifier",
        "ReadReplicaDBClusterIdentifier",
        "OptionGroupMembership",
        "DBInstanceStatusInfo",
        "DomainMembership",
        "DBInstanceRole",
        "Tag",
        "DBInstanceAutomatedBackupsReplication",
    ],
    "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html",
);

/// An instance, as `rds:DescribeDBInstances` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Instance {
    /// Name within the region.
    pub db_instance_identifier: String,
    /// ARN.
    pub db_instance_arn: Option<String>,
    /// `postgres`, `aurora-mysql`, `docdb`, …
    pub engine: Option<String>,
    /// Version of the engine.
    pub engine_version: Option<String>,
    /// `available`, `creating`, …
    pub db_instance_status: Option<String>,
    /// Its name resolves to a public address.
    pub publicly_accessible: Option<bool>,
    /// Its storage is encrypted.
    pub storage_encrypted: Option<bool>,
    /// Key that encrypts it.
    pub kms_key_id: Option<String>,
    /// Days that automated backups are kept; 0 is off.
    pub backup_retention_period: Option<i64>,
    /// It has a standby in another availability zone.
    pub multi_az: Option<bool>,
    /// It cannot be deleted until this is turned off.
    pub deletion_protection: Option<bool>,
    /// Snapshots get its tags.
    pub copy_tags_to_snapshot: Option<bool>,
    /// Cluster that it belongs to: its backups, exports and protection are the cluster's.
    pub db_cluster_identifier: Option<String>,
    /// Instance that it is a read replica of.
    pub read_replica_source_db_instance_identifier: Option<String>,
    /// Cluster that it is a read replica of.
    pub read_replica_source_db_cluster_identifier: Option<String>,
    /// Logs that it exports to CloudWatch Logs; AWS leaves the list out where there are none.
    #[serde(default)]
    pub enabled_cloudwatch_logs_exports: Vec<String>,
    /// Its parameter group.
    #[serde(default)]
    pub db_parameter_groups: Vec<ParameterGroup>,
    #[serde(default, skip_serializing, alias = "tag_list")]
    #[schemars(skip)]
    tags: Tags,
}

/// How an instance stands to its parameter group.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ParameterGroup {
    /// Name.
    pub db_parameter_group_name: Option<String>,
    /// `in-sync`, `pending-reboot`, …
    pub parameter_apply_status: Option<String>,
}

/// `derived` of `aws.rds.instance`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct InstanceDerived {
    /// It refuses connections without TLS, as its parameter group (of the cluster, where it has one) says; null for an
    /// engine that has no such parameter.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub force_tls: Field<bool>,
    /// How the instance stands to the group that says so: `in-sync`, `pending-reboot`, …
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub force_tls_status: Field<String>,
    /// Logs of audit and errors that its engine can export.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub required_log_types: Field<Vec<&'static str>>,
}

impl Listed for Instance {
    const TYPE: &'static str = "aws.rds.instance";
    const LIST: &'static Operation = &DESCRIBE_DB_INSTANCES;
    const OPERATIONS: &'static [&'static Operation] =
        &[&DESCRIBE_DB_INSTANCES, &DESCRIBE_DB_CLUSTERS, &DESCRIBE_DB_PARAMETERS, &DESCRIBE_DB_CLUSTER_PARAMETERS];
    const ITEMS: &'static [&'static str] = &["db_instances"];
    const ALWAYS: &'static [&'static str] = &[
        "engine",
        "publicly_accessible",
        "storage_encrypted",
        "backup_retention_period",
        "multi_az",
        "deletion_protection",
        "copy_tags_to_snapshot",
    ];
    /// Parameter groups, read when the first instance needs them.
    type Around = Shared;
    type Derived = InstanceDerived;

    fn input(_: &Context) -> Value {
        whole()
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, Shared> {
        Box::pin(std::future::ready(Shared::default()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let name = &self.db_instance_identifier;
        let id = self.db_instance_arn.clone().unwrap_or_else(|| place.arn("rds", &format!("db:{name}")));
        Name { id, name: name.clone(), tags: Some(self.tags.0.clone()) }
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        shared: &'a Shared,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, InstanceDerived> {
        Box::pin(async move {
            let forced = draft.take("derived.force_tls", tls::forced(self, shared, place).await);
            draft.miss_with("derived.force_tls_status", &["derived.force_tls"]);
            let (force_tls, force_tls_status) = match forced {
                Field::Unread => (Field::Unread, Field::Unread),
                Field::Absent => (Field::Absent, Field::Absent),
                Field::Value(forced) => (Field::Value(forced.on), Field::Value(forced.status)),
            };
            let engine = self.engine.as_deref();
            let required_log_types = required_logs(engine, Kind::Instance, &DESCRIBE_DB_INSTANCES, draft);
            InstanceDerived { force_tls, force_tls_status, required_log_types }
        })
    }
}
