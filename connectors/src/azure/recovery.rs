//! Azure Backup: Recovery Services vaults, and what was restored from them.

use super::context::Context;
use super::listing::{Listed, Nothing, Place, whole_in_words};
use super::operation::{Family, Operation, Request, ResourceType};
use crate::document::{Draft, Field};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation =
    Operation::rows("resources", "microsoft.recoveryservices/vaults", "Microsoft.RecoveryServices/vaults/read");

/// Restores of about a year. Without a time the service tells the newest jobs only.
static RESTORES: Operation = Operation {
    service: "Microsoft.RecoveryServices",
    name: "BackupJobs_List",
    permission: "Microsoft.RecoveryServices/vaults/backupJobs/read",
    request: Request::Get(
        "{id}/backupJobs?api-version=2024-04-01\
         &$filter=startTime%20eq%20'{from}'%20and%20endTime%20eq%20'{to}'%20and%20operation%20eq%20'Restore'",
    ),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/backup/backup-jobs/list",
    ..Operation::PLAIN
};

/// Days of restores that are asked for: as long as the longest limit, and a day.
const DAYS: i64 = 366;

/// Recovery Services vaults.
pub const FAMILY: Family =
    Family { name: "recovery", types: &[ResourceType::listed::<Vault>("A Recovery Services vault")], collect: None };

/// A vault.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Vault {
    /// Its settings.
    properties: Properties,
    /// What was restored within a year, or was to be.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    restore_jobs: Field<Vec<Job>>,
}

/// Settings of a vault.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// How it is protected.
    security_settings: Option<SecuritySettings>,
}

/// How a vault is protected.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct SecuritySettings {
    /// Backups cannot be shortened; null where it was never set.
    immutability_settings: Option<Immutability>,
    /// What is deleted is kept.
    soft_delete_settings: Option<SoftDelete>,
}

/// Whether backups can be shortened.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Immutability {
    /// `Disabled`, `Unlocked` or `Locked`.
    state: Option<String>,
}

/// What is deleted is kept.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct SoftDelete {
    /// `Enabled`, `Disabled`, `AlwaysON` or `Invalid`.
    soft_delete_state: Option<String>,
    /// Days that it is kept.
    soft_delete_retention_period_in_days: Option<i64>,
}

/// A job.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Job {
    /// Its name.
    name: Option<String>,
    /// How it went.
    properties: JobProperties,
}

/// How a job went.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct JobProperties {
    /// `Restore`.
    operation: Option<String>,
    /// `Completed`, `CompletedWithWarnings`, `Failed`, `InProgress` and the like.
    status: Option<String>,
    /// What was restored.
    entity_friendly_name: Option<String>,
    /// When it began.
    start_time: Option<String>,
    /// When it ended; null while it goes on.
    end_time: Option<String>,
}

impl Listed for Vault {
    const TYPE: &'static str = "azure.recovery.vault";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[&LIST, &RESTORES];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        Box::pin(async move {
            let now = place.context.as_of().utc();
            let (from, to) = (in_filter(now - TimeDelta::days(DAYS)), in_filter(now));
            let names = [("id", place.envelope.id.as_str()), ("from", &from), ("to", &to)];
            let jobs = whole_in_words::<Job>(place.context, &RESTORES, &names).await;
            self.restore_jobs = draft.take("config.restore_jobs", jobs.map(|read| read.map(Some)));
            Nothing::default()
        })
    }
}

/// A time as the filter has it: `2026-11-30 10:04:05 PM`.
fn in_filter(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %I:%M:%S %p").to_string()
}

#[cfg(test)]
mod tests;
