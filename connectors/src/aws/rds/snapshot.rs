//! `aws.rds.snapshot`: snapshots of instances and of clusters, which RDS lists apart.

use super::{Operation, list, one, whole};
use crate::aws::Context;
use crate::aws::door;
use crate::aws::listing::{self, Listed, Name, Place, Tags};
use crate::collection::Collected;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The type's name.
pub(super) const TYPE: &str = "aws.rds.snapshot";

/// Lists the account's own snapshots of instances.
pub static DESCRIBE_DB_SNAPSHOTS: Operation = list(
    "DescribeDBSnapshots",
    "rds:DescribeDBSnapshots",
    &["DBSnapshot", "Tag", "ProcessorFeature"],
    "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html",
);

/// Says who may restore a manual snapshot of an instance.
pub static DESCRIBE_DB_SNAPSHOT_ATTRIBUTES: Operation = one(
    "DescribeDBSnapshotAttributes",
    "rds:DescribeDBSnapshotAttributes",
    &["DBSnapshotAttribute", "AttributeValue"],
    "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshotAttributes.html",
);

/// Lists the account's own snapshots of clusters.
pub static DESCRIBE_DB_CLUSTER_SNAPSHOTS: Operation = list(
    "DescribeDBClusterSnapshots",
    "rds:DescribeDBClusterSnapshots",
    &["DBClusterSnapshot", "AvailabilityZone", "Tag"],
    "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusterSnapshots.html",
);

/// Says who may restore a manual snapshot of a cluster.
pub static DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES: Operation = one(
    "DescribeDBClusterSnapshotAttributes",
    "rds:DescribeDBClusterSnapshotAttributes",
    &["DBClusterSnapshotAttribute", "AttributeValue"],
    "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusterSnapshotAttributes.html",
);

/// Everything that a snapshot's document is built from.
pub(super) const OPERATIONS: &[&Operation] = &[
    &DESCRIBE_DB_SNAPSHOTS,
    &DESCRIBE_DB_SNAPSHOT_ATTRIBUTES,
    &DESCRIBE_DB_CLUSTER_SNAPSHOTS,
    &DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES,
];

/// A snapshot, as `rds:DescribeDBSnapshots` or `rds:DescribeDBClusterSnapshots` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// Name of a snapshot of an instance.
    pub db_snapshot_identifier: Option<String>,
    /// Name of a snapshot of a cluster.
    pub db_cluster_snapshot_identifier: Option<String>,
    /// ARN.
    #[serde(skip_serializing, alias = "db_cluster_snapshot_arn")]
    #[schemars(skip)]
    db_snapshot_arn: String,
    /// Instance that it was made of.
    pub db_instance_identifier: Option<String>,
    /// Cluster that it was made of.
    pub db_cluster_identifier: Option<String>,
    /// Engine.
    pub engine: Option<String>,
    /// `manual`, `automated` or `awsbackup`.
    pub snapshot_type: Option<String>,
    /// `available`, `creating`, …
    pub status: Option<String>,
    /// It is encrypted; RDS calls that `StorageEncrypted` of a cluster's snapshot.
    #[serde(alias = "storage_encrypted")]
    pub encrypted: Option<bool>,
    /// Key that encrypts it.
    pub kms_key_id: Option<String>,
    /// When it was made, RFC 3339.
    pub snapshot_create_time: Option<String>,
    #[serde(default, skip_serializing, alias = "tag_list")]
    #[schemars(skip)]
    tags: Tags,
}

/// `derived` of `aws.rds.snapshot`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct SnapshotDerived {
    /// Accounts that may restore it, sorted; `all` is everyone. Null for one that is not manual: it cannot be shared.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub restore_accounts: Field<Vec<String>>,
}

/// What both lists have in common.
impl Snapshot {
    fn named(&self, name: Option<&String>) -> Name {
        let name = name.map_or_else(|| self.db_snapshot_arn.clone(), Clone::clone);
        Name { id: self.db_snapshot_arn.clone(), name, tags: Some(self.tags.0.clone()) }
    }

    fn is_own(&self, context: &Context) -> bool {
        self.db_snapshot_arn.split(':').nth(4) == Some(context.account())
    }

    fn is_manual(&self) -> bool {
        self.snapshot_type.as_deref() == Some("manual")
    }
}

/// A snapshot of an instance.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
struct OfInstance(Snapshot);

/// A snapshot of a cluster.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
struct OfCluster(Snapshot);

/// Reads both lists in every region of the run, into one population each.
pub(super) async fn collect(context: &Context) -> Collected {
    let (instances, clusters) =
        futures::join!(listing::regional::<OfInstance>(context), listing::regional::<OfCluster>(context));
    let mut collected = instances;
    for row in clusters.populations {
        let same = collected.populations.iter_mut().find(|other| other.region == row.region);
        let other = same.expect("both lists are asked in the same regions");
        other.listed += row.listed;
        other.evaluated += row.evaluated;
        other.not_evaluated += row.not_evaluated;
        other.pages += row.pages;
        other.complete &= row.complete;
        other.reason = other.reason.take().or(row.reason);
    }
    collected.resources.extend(clusters.resources);
    collected
}

const ALWAYS: &[&str] = &["encrypted", "snapshot_type"];

impl Listed for OfInstance {
    const TYPE: &'static str = TYPE;
    const LIST: &'static Operation = &DESCRIBE_DB_SNAPSHOTS;
    const OPERATIONS: &'static [&'static Operation] = OPERATIONS;
    const ITEMS: &'static [&'static str] = &["db_snapshots"];
    const ALWAYS: &'static [&'static str] = ALWAYS;
    type Around = ();
    type Derived = SnapshotDerived;

    fn input(_: &Context) -> Value {
        whole()
    }

    fn belongs(&self, context: &Context) -> bool {
        self.0.is_own(context)
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, _: Place<'_>) -> Name {
        self.0.named(self.0.db_snapshot_identifier.as_ref())
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        (): &'a (),
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, SnapshotDerived> {
        let name = json!({"DBSnapshotIdentifier": self.0.db_snapshot_identifier});
        Box::pin(restorers(&self.0, place, &DESCRIBE_DB_SNAPSHOT_ATTRIBUTES, name, draft))
    }
}

impl Listed for OfCluster {
    const TYPE: &'static str = TYPE;
    const LIST: &'static Operation = &DESCRIBE_DB_CLUSTER_SNAPSHOTS;
    const OPERATIONS: &'static [&'static Operation] = OPERATIONS;
    const ITEMS: &'static [&'static str] = &["db_cluster_snapshots"];
    const ALWAYS: &'static [&'static str] = ALWAYS;
    type Around = ();
    type Derived = SnapshotDerived;

    fn input(_: &Context) -> Value {
        whole()
    }

    fn belongs(&self, context: &Context) -> bool {
        self.0.is_own(context)
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, _: Place<'_>) -> Name {
        self.0.named(self.0.db_cluster_snapshot_identifier.as_ref())
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        (): &'a (),
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, SnapshotDerived> {
        let name = json!({"DBClusterSnapshotIdentifier": self.0.db_cluster_snapshot_identifier});
        Box::pin(restorers(&self.0, place, &DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES, name, draft))
    }
}

async fn restorers(
    snapshot: &Snapshot,
    place: Place<'_>,
    operation: &Operation,
    name: Value,
    draft: &mut Draft,
) -> SnapshotDerived {
    if snapshot.snapshot_type.is_none() {
        let error = CollectError::malformed(operation.service, operation.name, place.region, "not asked", vec![]);
        draft.miss("derived.restore_accounts", &error);
        return SnapshotDerived::default();
    }
    if !snapshot.is_manual() {
        return SnapshotDerived { restore_accounts: Field::Absent };
    }
    let accounts = attributes(place, operation, name).await;
    SnapshotDerived { restore_accounts: draft.take("derived.restore_accounts", accounts) }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(alias = "db_snapshot_attributes_result", alias = "db_cluster_snapshot_attributes_result")]
    result: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(alias = "db_snapshot_attributes", alias = "db_cluster_snapshot_attributes")]
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    attribute_name: String,
    #[serde(default)]
    attribute_values: Vec<String>,
}

async fn attributes(
    place: Place<'_>,
    operation: &Operation,
    name: Value,
) -> Result<Read<Option<Vec<String>>>, CollectError> {
    let answer = place.context.ask(operation, place.region, name).await?.map(door::snake_case_keys);
    let answer = door::item::<Answer>(operation, place.region, answer)?;
    Ok(answer.map(|answer| {
        let restore = answer.result.attributes.into_iter().filter(|attribute| attribute.attribute_name == "restore");
        let accounts: BTreeSet<String> = restore.flat_map(|attribute| attribute.attribute_values).collect();
        Some(accounts.into_iter().collect())
    }))
}
