//! What Azure Backup keeps of virtual machines: the items of every vault, and their policies.

use crate::azure::context::Context;
use crate::azure::listing::{self, Envelope, Listed, Nothing};
use crate::azure::operation::Operation;
use crate::document::Read;
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(super) static ITEMS: Operation = Operation::rows(
    "recoveryservicesresources",
    "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems",
    "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/read",
);

pub(super) static POLICIES: Operation = Operation::rows(
    "recoveryservicesresources",
    "microsoft.recoveryservices/vaults/backuppolicies",
    "Microsoft.RecoveryServices/Vaults/backupPolicies/read",
);

/// An item that a vault protects.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Item {
    properties: ItemProperties,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ItemProperties {
    backup_management_type: Option<String>,
    source_resource_id: Option<String>,
    virtual_machine_id: Option<String>,
    protection_state: Option<String>,
    last_recovery_point: Option<String>,
    policy_id: Option<String>,
}

/// A policy of a vault.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Policy {
    properties: PolicyProperties,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct PolicyProperties {
    retention_policy: Option<RetentionPolicy>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct RetentionPolicy {
    daily_schedule: Option<Schedule>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Schedule {
    retention_duration: Option<Duration>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Duration {
    count: Option<i64>,
    duration_type: Option<String>,
}

/// A virtual machine's place in a vault.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub(super) struct Backup {
    /// The item's id.
    id: String,
    /// `Protected`, `ProtectionStopped`, `IRPending` and others.
    protection_state: Option<String>,
    /// When the last recovery point was made; null for none.
    last_recovery_point: Option<String>,
    /// Days that the policy keeps a daily recovery point; null where there is no policy, or none that keeps days.
    daily_retention_days: Option<i64>,
}

/// The backups of every virtual machine, by its id in small letters.
pub(super) type Backups = BTreeMap<String, Vec<Backup>>;

/// Reads the backups of every virtual machine.
pub(super) async fn all(context: &Context) -> Result<Read<Backups>, CollectError> {
    let (items, policies) = (listing::every::<Item>(context).await?, listing::every::<Policy>(context).await?);
    let days: BTreeMap<String, Option<i64>> =
        policies.value.iter().map(|(envelope, policy)| (envelope.id.to_ascii_lowercase(), policy.days())).collect();
    let mut all = Backups::new();
    for (envelope, item) in &items.value {
        let said = &item.properties;
        let Some(machine) = said.source_resource_id.as_ref().or(said.virtual_machine_id.as_ref()) else { continue };
        let policy = said.policy_id.as_ref().and_then(|policy| days.get(&policy.to_ascii_lowercase()));
        all.entry(machine.to_ascii_lowercase()).or_default().push(Backup {
            id: envelope.id.clone(),
            protection_state: said.protection_state.clone(),
            last_recovery_point: said.last_recovery_point.clone(),
            daily_retention_days: policy.copied().flatten(),
        });
    }
    for backups in all.values_mut() {
        backups.sort();
    }
    let mut exchanges = [items.exchanges, policies.exchanges].concat();
    exchanges.sort_unstable();
    exchanges.dedup();
    Ok(Read { value: all, exchanges, at: items.at.max(policies.at) })
}

impl Policy {
    /// Days that it keeps a daily recovery point.
    fn days(&self) -> Option<i64> {
        let daily = self.properties.retention_policy.as_ref()?.daily_schedule.as_ref()?;
        let duration = daily.retention_duration.as_ref()?;
        let days = match duration.duration_type.as_deref()?.to_ascii_lowercase().as_str() {
            "days" => 1,
            "weeks" => 7,
            "months" => 30,
            "years" => 365,
            _ => return None,
        };
        duration.count?.checked_mul(days)
    }
}

impl Listed for Item {
    const TYPE: &'static str = "azure.backup.protected-item";
    const LIST: &'static Operation = &ITEMS;
    type Around = ();
    type Derived = Nothing;

    /// Items of other kinds (databases, file shares) have other controls.
    fn belongs(&self, _: &Envelope) -> bool {
        self.properties.backup_management_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("AzureIaasVM"))
    }

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl Listed for Policy {
    const TYPE: &'static str = "azure.backup.policy";
    const LIST: &'static Operation = &POLICIES;
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
