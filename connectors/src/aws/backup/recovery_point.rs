//! `aws.backup.recovery-point`: listed within each vault, all of a region in one population.

use super::list;
use super::vault::{LIST_BACKUP_VAULTS, Vault};
use crate::aws::door;
use crate::aws::listing::{self, Listed, Name, Nothing, Place};
use crate::aws::{Context, Operation};
use crate::collection::{Collected, Tally};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// The type's name.
pub(super) const TYPE: &str = "aws.backup.recovery-point";
/// Regions that are read at the same time.
const AT_ONCE: usize = 16;

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
    #[serde(default, deserialize_with = "door::time")]
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
    let regions: Vec<_> =
        context.regions().iter().map(|region| Box::pin(in_region(Place { context, region }))).collect();
    let mut collected = Collected::default();
    for part in stream::iter(regions).buffered(AT_ONCE).collect::<Vec<_>>().await {
        collected.merge(part);
    }
    collected
}

async fn in_region(place: Place<'_>) -> Collected {
    let mut vaults = Tally::new(Vault::TYPE, place.region);
    let mut points = Tally::new(TYPE, place.region);
    let listed = listing::found::<Vault>(place, Vault::input(place.context), &mut vaults).await;
    let mut found = Vec::new();
    for vault in &listed {
        let input = json!({"backupVaultName": vault.value.backup_vault_name, "maxResults": 1000});
        found.extend(listing::found::<RecoveryPoint>(place, input, &mut points).await);
    }
    let mut resources = listing::documents(place, listed).await;
    let vaults = vaults.close(&resources);
    if !vaults.complete {
        points.cut_short(vaults.reason.clone().unwrap_or_default());
    }
    resources.extend(listing::documents(place, found).await);
    Collected { populations: vec![points.close(&resources), vaults], resources, ..Collected::default() }
}
