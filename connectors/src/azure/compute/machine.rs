//! A virtual machine.

use super::backup::{self, Backup, Backups};
use super::just_in_time::{self, Ports};
use super::updates::{self, Assessed, Found};
use crate::azure::context::Context;
use crate::azure::defender::assessment::{self, Assessment, Status};
use crate::azure::door;
use crate::azure::listing::{self, Envelope, Listed, Place};
use crate::azure::network::exposure::{self, Exposure, Interfaces};
use crate::azure::operation::Operation;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation =
    Operation::rows("resources", "microsoft.compute/virtualmachines", "Microsoft.Compute/virtualMachines/read");

/// A virtual machine.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::azure) struct Machine {
    /// Its settings.
    properties: Properties,
}

/// Settings of a virtual machine.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// How its system was set up; null where it was made from a disk that already was.
    os_profile: Option<OsProfile>,
    /// Its disks.
    storage_profile: Option<StorageProfile>,
    /// How it starts; null for the standard way.
    security_profile: Option<SecurityProfile>,
    /// Its network interfaces.
    network_profile: Option<NetworkProfile>,
}

/// Network interfaces of a virtual machine.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct NetworkProfile {
    /// Their ids.
    network_interfaces: Option<Vec<InterfaceReference>>,
}

/// A network interface.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct InterfaceReference {
    /// Its id.
    id: String,
}

/// How a system was set up.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct OsProfile {
    /// Of Linux; null for Windows.
    linux_configuration: Option<LinuxConfiguration>,
}

/// How Linux was set up.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct LinuxConfiguration {
    /// Nobody enters with a password.
    disable_password_authentication: Option<bool>,
}

/// Disks of a virtual machine.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct StorageProfile {
    /// The disk of its system.
    os_disk: Option<OsDisk>,
}

/// The disk of a system.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct OsDisk {
    /// `Linux` or `Windows`.
    os_type: Option<String>,
    /// The managed disk; null where it lies in a storage account.
    managed_disk: Option<ManagedDisk>,
}

/// A managed disk.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ManagedDisk {
    /// Its id.
    id: Option<String>,
}

/// How a machine starts.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct SecurityProfile {
    /// `TrustedLaunch` or `ConfidentialVM`; null for neither.
    security_type: Option<String>,
    /// Settings of its firmware.
    uefi_settings: Option<UefiSettings>,
}

/// Settings of firmware.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct UefiSettings {
    /// Only signed systems start.
    secure_boot_enabled: Option<bool>,
    /// It has a virtual TPM.
    v_tpm_enabled: Option<bool>,
}

/// What is known of a machine from elsewhere.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::azure) struct Derived {
    /// Its places in backup vaults of the subscription.
    #[serde(skip_serializing_if = "Field::is_unread")]
    backups: Field<Vec<Backup>>,
    /// Whether Defender for Cloud finds an endpoint detection and response solution; null where it does not say.
    #[serde(skip_serializing_if = "Field::is_unread")]
    endpoint_protection: Field<Status>,
    /// Updates that Azure Update Manager finds missing; null where it did not assess the machine, or does so now.
    #[serde(skip_serializing_if = "Field::is_unread")]
    missing_updates: Field<Found>,
    /// How the internet reaches it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    exposure: Field<Exposure>,
    /// Its ports that just-in-time access keeps closed until somebody asks.
    #[serde(skip_serializing_if = "Field::is_unread")]
    just_in_time_ports: Field<Vec<i64>>,
}

/// What is read once for all machines.
#[derive(Debug)]
pub(in crate::azure) struct Around {
    backups: Result<Read<Backups>, CollectError>,
    assessments: Result<Read<Vec<(Envelope, Assessment)>>, CollectError>,
    updates: Result<Read<Vec<(Envelope, Assessed)>>, CollectError>,
    interfaces: Interfaces,
    just_in_time: Result<Read<Ports>, CollectError>,
}

impl Around {
    fn endpoint_protection(&self, id: &str) -> Result<Read<Option<Status>>, CollectError> {
        let all = self.assessments.as_ref().map_err(Clone::clone)?;
        Ok(Read {
            value: Assessment::of(&all.value, id, assessment::ENDPOINT_PROTECTION),
            exchanges: all.exchanges.clone(),
            at: all.at,
        })
    }

    fn missing_updates(&self, id: &str) -> Result<Read<Option<Found>>, CollectError> {
        let all = self.updates.as_ref().map_err(Clone::clone)?;
        Ok(Read { value: updates::of(&all.value, id), exchanges: all.exchanges.clone(), at: all.at })
    }

    fn just_in_time_ports(&self, id: &str) -> Result<Read<Option<Vec<i64>>>, CollectError> {
        let all = self.just_in_time.as_ref().map_err(Clone::clone)?;
        let of = all.value.get(&id.to_ascii_lowercase()).into_iter().flatten().copied().collect();
        Ok(Read { value: Some(of), exchanges: all.exchanges.clone(), at: all.at })
    }

    fn backups(&self, id: &str) -> Result<Read<Option<Vec<Backup>>>, CollectError> {
        let all = self.backups.as_ref().map_err(Clone::clone)?;
        let of = all.value.get(&id.to_ascii_lowercase()).cloned().unwrap_or_default();
        Ok(Read { value: Some(of), exchanges: all.exchanges.clone(), at: all.at })
    }
}

impl Listed for Machine {
    const TYPE: &'static str = "azure.compute.vm";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[
        &LIST,
        &backup::ITEMS,
        &backup::POLICIES,
        &assessment::LIST,
        &updates::LIST,
        exposure::READS[0],
        exposure::READS[1],
        exposure::READS[2],
        &just_in_time::POLICIES,
    ];
    const ALWAYS: &'static [&'static str] = &["properties.storage_profile"];
    type Around = Around;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Around> {
        Box::pin(async move {
            let (backups, assessments, updates, interfaces, just_in_time) = futures::join!(
                backup::all(context),
                listing::every::<Assessment>(context),
                listing::every::<Assessed>(context),
                Interfaces::read(context),
                just_in_time::all(context),
            );
            Around { backups, assessments, updates, interfaces, just_in_time }
        })
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        around: &'a Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Derived> {
        let id = &place.envelope.id;
        let derived = Derived {
            backups: draft.take("derived.backups", around.backups(id)),
            endpoint_protection: draft.take("derived.endpoint_protection", around.endpoint_protection(id)),
            missing_updates: draft.take("derived.missing_updates", around.missing_updates(id)),
            exposure: draft.take("derived.exposure", self.exposure(&around.interfaces)),
            just_in_time_ports: draft.take("derived.just_in_time_ports", around.just_in_time_ports(id)),
        };
        Box::pin(std::future::ready(derived))
    }
}

impl Machine {
    fn exposure(&self, interfaces: &Interfaces) -> Result<Read<Option<Exposure>>, CollectError> {
        let profile = self.properties.network_profile.as_ref();
        let Some(ids) = profile.and_then(|profile| profile.network_interfaces.as_ref()) else {
            return Err(door::malformed(&LIST, "its network interfaces are missing", vec![]));
        };
        let ids: Vec<&str> = ids.iter().map(|interface| interface.id.as_str()).collect();
        interfaces.exposure(&ids)
    }
}
