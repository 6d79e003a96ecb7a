//! `aws.backup.recovery-point`: listed within each vault, all of a region in one population.

use super::list;
use super::vault::{LIST_BACKUP_VAULTS, Vault};
use crate::aws::listing::{Found, Listed, Name, Nothing, Place};
use crate::aws::setting::in_regions;
use crate::aws::time;
use crate::aws::{Context, Operation};
use crate::collection::Collected;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// The type's name.
pub(super) const TYPE: &str = "aws.backup.recovery-point";

/// Lists the recovery points of a vault.
pub static LIST_RECOVERY_POINTS_BY_BACKUP_VAULT: Operation = list(
    "ListRecoveryPointsByBackupVault",
    "/backup-vaults/{backupVaultName}/recovery-points/",
    "backup:ListRecoveryPointsByBackupVault",
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListRecoveryPointsByBackupVault.html",
);

/// Everything that a recovery point's document is built from.
pub(super) const OPERATIONS: &[&Operation] = &[&LIST_BACKUP_VAULTS, &LIST_RECOVERY_POINTS_BY_BACKUP_VAULT];

/// A recovery point, as `backup:ListRecoveryPointsByBackupVault` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryPoint {
    /// ARN: of a snapshot, an image or a backup, as the resource has it.
    pub recovery_point_arn: String,
    /// Vault that it lies in.
    pub backup_vault_name: Option<String>,
    /// What was backed up.
    pub resource_arn: Option<String>,
    /// `EBS`, `RDS`, …
    pub resource_type: Option<String>,
    /// `COMPLETED`, `PARTIAL`, `CREATING`, …
    pub status: Option<String>,
    /// When it was begun, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub creation_date: Option<String>,
    /// It is encrypted.
    pub is_encrypted: Option<bool>,
    /// Key that encrypts it.
    pub encryption_key_arn: Option<String>,
}

impl Listed for RecoveryPoint {
    const TYPE: &'static str = TYPE;
    const LIST: &'static Operation = &LIST_RECOVERY_POINTS_BY_BACKUP_VAULT;
    const OPERATIONS: &'static [&'static Operation] = OPERATIONS;
    const ITEMS: &'static [&'static str] = &["recovery_points"];
    const ALWAYS: &'static [&'static str] = &["is_encrypted", "status"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, _: Place<'_>) -> Name {
        let arn = &self.recovery_point_arn;
        Name { id: arn.clone(), name: arn.rsplit(':').next().unwrap_or(arn).to_owned(), tags: Some(BTreeMap::new()) }
    }
}

/// The vaults of every region of the run and their recovery points: the list of vaults is read once for both, because two
/// requests that are the same could not be told apart when they are replayed.
pub(super) async fn collect(context: &Context) -> Collected {
    in_regions(context, |place| Box::pin(in_region(place))).await
}

async fn in_region(place: Place<'_>) -> Collected {
    let mut vaults = Found::<Vault>::new(place);
    vaults.list(Vault::input(place.context)).await;
    let mut points = Found::<RecoveryPoint>::new(place);
    points.hangs_on(&vaults);
    for vault in &vaults.items {
        points.list(json!({"backupVaultName": vault.value.backup_vault_name, "maxResults": 1000})).await;
    }
    let mut collected = points.documents().await;
    collected.merge(vaults.documents().await);
    collected
}
