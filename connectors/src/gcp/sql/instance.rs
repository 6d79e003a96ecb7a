//! A Cloud SQL instance.

use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::listing::{self, Listed, Place};
use crate::gcp::number;
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const SERVICE: &str = "sqladmin.googleapis.com";

static ASSET: Operation = Operation::asset("sqladmin.googleapis.com/Instance");

static LIST: Operation = Operation {
    service: SERVICE,
    name: "sql.instances.list",
    permission: "cloudsql.instances.list",
    request: Request::Get("v1/projects/{project}/instances"),
    items: Items::In("items"),
    shared: true,
    secrets: &[
        "items[].replicaConfiguration.mysqlReplicaConfiguration.clientKey",
        "items[].onPremisesConfiguration.clientKey",
    ],
    docs: "https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances/list",
    ..Operation::PLAIN
};

/// What was done to the instances of the project, of all of them at once.
static WORK: Operation = Operation {
    service: SERVICE,
    name: "sql.operations.list",
    permission: "cloudsql.instances.get",
    request: Request::Get("v1/projects/{project}/operations"),
    items: Items::In("items"),
    docs: "https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/operations/list",
    ..Operation::PLAIN
};

/// Kinds of operations that bring data back from a backup or a log.
const RESTORES: [&str; 3] = ["RESTORE_VOLUME", "CLONE", "CREATE_CLONE"];

/// An instance.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Instance {
    /// `POSTGRES_16`, `MYSQL_8_0`, `SQLSERVER_2022_STANDARD` and the like.
    database_version: Option<String>,
    /// `CLOUD_SQL_INSTANCE`, `READ_REPLICA_INSTANCE`, `READ_POOL_INSTANCE`, `ON_PREMISES_INSTANCE` or `GREEN_INSTANCE`.
    instance_type: Option<String>,
    /// The instance that this one copies; null for none.
    master_instance_name: Option<String>,
    /// `RUNNABLE`, `SUSPENDED`, `MAINTENANCE` and the like.
    state: Option<String>,
    /// When it was made.
    create_time: Option<String>,
    /// The key of its disk; null for Google's own.
    disk_encryption_configuration: Option<DiskEncryption>,
    /// What its owner set.
    settings: Option<Settings>,
}

/// The key of an instance's disk.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct DiskEncryption {
    /// The Cloud KMS key's name.
    kms_key_name: Option<String>,
}

/// What an instance's owner set.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Settings {
    /// `ZONAL` or `REGIONAL`.
    availability_type: Option<String>,
    /// It cannot be deleted; null is false.
    deletion_protection_enabled: Option<bool>,
    /// `REQUIRED` where only Cloud SQL's connectors may connect.
    connector_enforcement: Option<String>,
    /// How it is reached.
    ip_configuration: Option<IpConfiguration>,
    /// Its automated backups.
    backup_configuration: Option<BackupConfiguration>,
    /// Flags of the database server that were set; all others have Cloud SQL's defaults.
    #[serde(default)]
    database_flags: Vec<DatabaseFlag>,
}

/// How an instance is reached.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct IpConfiguration {
    /// It has a public address.
    ipv4_enabled: Option<bool>,
    /// The VPC network in which it has a private address; null for none.
    private_network: Option<String>,
    /// Networks that may connect to the public address.
    #[serde(default)]
    authorized_networks: Vec<Network>,
    /// `ALLOW_UNENCRYPTED_AND_ENCRYPTED`, `ENCRYPTED_ONLY` or `TRUSTED_CLIENT_CERTIFICATE_REQUIRED`; it goes before `require_ssl`.
    ssl_mode: Option<String>,
    /// What there was before `ssl_mode`.
    require_ssl: Option<bool>,
    /// Private Service Connect; null for none.
    psc_config: Option<PscConfig>,
}

/// A network that may connect.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Network {
    /// Its name, for people.
    name: Option<String>,
    /// An address or a network in CIDR notation.
    value: Option<String>,
    /// When it ends; null for never.
    expiration_time: Option<String>,
}

/// Private Service Connect.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct PscConfig {
    /// It is on.
    psc_enabled: Option<bool>,
}

/// Automated backups.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct BackupConfiguration {
    /// A backup is made each day.
    enabled: Option<bool>,
    /// Logs are kept for a restore to a point in time (PostgreSQL, SQL Server); null is false.
    point_in_time_recovery_enabled: Option<bool>,
    /// The same of MySQL.
    binary_log_enabled: Option<bool>,
    /// How many backups are kept.
    backup_retention_settings: Option<BackupRetention>,
    /// Days that logs are kept.
    #[serde(default, deserialize_with = "number::whole")]
    transaction_log_retention_days: Option<i64>,
    /// `STANDARD`, or `ENHANCED` where the Backup and DR Service makes the backups.
    backup_tier: Option<String>,
}

/// How many backups are kept.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct BackupRetention {
    /// So many.
    #[serde(default, deserialize_with = "number::whole")]
    retained_backups: Option<i64>,
    /// `COUNT`.
    retention_unit: Option<String>,
}

/// A flag of the database server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct DatabaseFlag {
    /// Its name.
    name: Option<String>,
    /// Its value; `on` and `off` for those that are switches.
    value: Option<String>,
}

/// What was done to an instance of the project.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::gcp) struct Work {
    name: String,
    operation_type: Option<String>,
    status: Option<String>,
    target_id: Option<String>,
    end_time: Option<String>,
    error: Option<Value>,
}

/// A restore or a clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub(in crate::gcp) struct Restore {
    /// When it ended; null while it goes on.
    end_time: Option<String>,
    /// Its id.
    name: String,
    /// `RESTORE_VOLUME`, `CLONE` or `CREATE_CLONE`.
    operation_type: String,
    /// The instance that it was done to.
    target_id: Option<String>,
    /// `PENDING`, `RUNNING` or `DONE`.
    status: Option<String>,
    /// It came with errors.
    failed: bool,
}

/// `derived` of an instance.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::gcp) struct Derived {
    /// Restores and clones of the project's instances that Cloud SQL still tells of, the oldest first.
    #[serde(skip_serializing_if = "Field::is_unread")]
    restores: Field<Vec<Restore>>,
}

impl Listed for Instance {
    const TYPE: &'static str = "gcp.sql.instance";
    const ID: &'static str = "//cloudsql.googleapis.com/projects/{project}/instances/{.name}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LIST, &WORK];
    const ALWAYS: &'static [&'static str] = &["database_version", "instance_type", "settings"];
    const LABELS: &'static str = "settings.userLabels";
    type Around = Result<Read<Vec<Restore>>, CollectError>;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Self::Around> {
        Box::pin(async move {
            let work = listing::whole::<Work>(context, &WORK, &[], &Value::Null).await?;
            Ok(work.map(restores))
        })
    }

    fn complete<'a>(
        &'a mut self,
        _: Place<'a>,
        around: &'a Self::Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Derived> {
        let restores = around.clone().map(|read| read.map(Some));
        let derived = Derived { restores: draft.take("derived.restores", restores) };
        Box::pin(std::future::ready(derived))
    }
}

fn restores(work: Vec<Work>) -> Vec<Restore> {
    let restore = |one: Work| {
        let operation_type = one.operation_type.filter(|type_| RESTORES.contains(&type_.as_str()))?;
        let Work { name, status, target_id, end_time, error, .. } = one;
        Some(Restore { end_time, name, operation_type, target_id, status, failed: error.is_some() })
    };
    let mut restores: Vec<Restore> = work.into_iter().filter_map(restore).collect();
    restores.sort();
    restores
}
