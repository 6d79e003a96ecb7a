//! `aws.backup.vault`

use super::list;
use crate::aws::listing::{Listed, Name, Nothing, Place};
use crate::aws::{Context, Operation};
use crate::aws::{door, time};
use crate::document::{Draft, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The type's name.
pub(super) const TYPE: &str = "aws.backup.vault";

/// Lists the backup vaults of a region.
pub static LIST_BACKUP_VAULTS: Operation = list(
    "ListBackupVaults",
    "/backup-vaults/",
    "backup:ListBackupVaults",
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListBackupVaults.html",
);

/// Lists the tags of a vault.
pub static LIST_TAGS: Operation = list(
    "ListTags",
    "/tags/{resourceArn}/",
    "backup:ListTags",
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListTags.html",
);

/// Everything that a vault's document is built from.
pub(super) const OPERATIONS: &[&Operation] = &[&LIST_BACKUP_VAULTS, &LIST_TAGS];

/// A vault, as `backup:ListBackupVaults` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Vault {
    /// Name within the region.
    pub backup_vault_name: String,
    /// ARN.
    pub backup_vault_arn: String,
    /// `BACKUP_VAULT`, `LOGICALLY_AIR_GAPPED_BACKUP_VAULT` or `RESTORE_ACCESS_BACKUP_VAULT`.
    pub vault_type: Option<String>,
    /// `AVAILABLE`, `CREATING` or `FAILED`.
    pub vault_state: Option<String>,
    /// Key that encrypts what Backup manages in full; null with a key that AWS owns.
    pub encryption_key_arn: Option<String>,
    /// `CUSTOMER_MANAGED_KMS_KEY` or `AWS_OWNED_KMS_KEY`.
    pub encryption_key_type: Option<String>,
    /// A vault lock keeps recovery points from being deleted or changed.
    pub locked: Option<bool>,
    /// When the lock can no longer be taken away, RFC 3339; null in governance mode and without a lock.
    #[serde(default, deserialize_with = "time::text")]
    pub lock_date: Option<String>,
    /// Shortest retention that the lock lets in, in days.
    pub min_retention_days: Option<i64>,
    /// Longest retention that the lock lets in, in days.
    pub max_retention_days: Option<i64>,
    /// Recovery points in it.
    pub number_of_recovery_points: Option<i64>,
}

impl Listed for Vault {
    const TYPE: &'static str = TYPE;
    const LIST: &'static Operation = &LIST_BACKUP_VAULTS;
    const OPERATIONS: &'static [&'static Operation] = OPERATIONS;
    const ITEMS: &'static [&'static str] = &["backup_vault_list"];
    const ALWAYS: &'static [&'static str] = &["locked"];
    type Around = ();
    type Derived = Nothing;

    fn input(_: &Context) -> Value {
        json!({"maxResults": 1000})
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, _: Place<'_>) -> Name {
        Name { id: self.backup_vault_arn.clone(), name: self.backup_vault_name.clone(), tags: None }
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        Box::pin(async move {
            let tags = tags(place, &self.backup_vault_arn).await;
            let tags = draft.take("tags", tags.map(|read| read.map(Some)));
            draft.tags(tags);
            Nothing {}
        })
    }
}

async fn tags(place: Place<'_>, arn: &str) -> Result<Read<BTreeMap<String, String>>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        tags: BTreeMap<String, String>,
    }
    let input = json!({"resourceArn": arn, "maxResults": 1000});
    let pages = place.context.ask_all(&LIST_TAGS, place.region, input).await;
    let mut all = Read { value: BTreeMap::new(), exchanges: vec![], at: None };
    for page in pages.pages {
        let page = door::item::<Answer>(&LIST_TAGS, place.region, page.map(door::snake_case_keys))?;
        all.value.extend(page.value.tags);
        all.exchanges.extend(page.exchanges);
        all.at = all.at.max(page.at);
    }
    pages.error.map_or(Ok(all), Err)
}
