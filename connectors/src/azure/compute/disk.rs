//! A managed disk.

use crate::azure::context::Context;
use crate::azure::listing::{Listed, Nothing};
use crate::azure::operation::Operation;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation = Operation::rows("resources", "microsoft.compute/disks", "Microsoft.Compute/disks/read");

/// A managed disk.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Disk {
    /// The machine that has it; null for none.
    managed_by: Option<String>,
    /// Its settings.
    properties: Properties,
}

/// Settings of a disk.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// `Attached`, `Unattached`, `Reserved` and others.
    disk_state: Option<String>,
    /// How it is encrypted.
    encryption: Option<Encryption>,
    /// Who may export it: `AllowAll`, `AllowPrivate` or `DenyAll`.
    network_access_policy: Option<String>,
}

/// How a disk is encrypted.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Encryption {
    /// `EncryptionAtRestWithPlatformKey`, `EncryptionAtRestWithCustomerKey` or `EncryptionAtRestWithPlatformAndCustomerKeys`.
    #[serde(rename = "type")]
    type_: Option<String>,
    /// Where its key is told; null for keys of the platform.
    disk_encryption_set_id: Option<String>,
}

impl Listed for Disk {
    const TYPE: &'static str = "azure.compute.disk";
    const LIST: &'static Operation = &LIST;
    const ALWAYS: &'static [&'static str] = &["properties.encryption"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
