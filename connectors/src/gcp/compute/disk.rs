//! A persistent disk. Read from Compute Engine itself: Cloud Asset Inventory has those of regions under another type.

use super::{ID, PLAIN, of_project};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::door;
use crate::gcp::envelope::Envelope;
use crate::gcp::listing::{self, Listed, Nothing, Place};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation = Operation {
    name: "compute.disks.aggregatedList",
    permission: "compute.disks.list",
    request: Request::Get("compute/v1/projects/{project}/aggregated/disks?maxResults=500"),
    items: Items::Aggregated("disks"),
    secrets: &[
        "items.*.disks[].diskEncryptionKey.rawKey",
        "items.*.disks[].diskEncryptionKey.rsaEncryptedKey",
        "items.*.disks[].sourceImageEncryptionKey.rawKey",
        "items.*.disks[].sourceImageEncryptionKey.rsaEncryptedKey",
        "items.*.disks[].sourceSnapshotEncryptionKey.rawKey",
        "items.*.disks[].sourceSnapshotEncryptionKey.rsaEncryptedKey",
    ],
    docs: "https://cloud.google.com/compute/docs/reference/rest/v1/disks/aggregatedList",
    ..PLAIN
};

static POLICIES: Operation = Operation {
    name: "compute.resourcePolicies.aggregatedList",
    permission: "compute.resourcePolicies.list",
    request: Request::Get("compute/v1/projects/{project}/aggregated/resourcePolicies?maxResults=500"),
    items: Items::Aggregated("resourcePolicies"),
    docs: "https://cloud.google.com/compute/docs/reference/rest/v1/resourcePolicies/aggregatedList",
    ..PLAIN
};

/// A disk.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Disk {
    /// `READY`, `CREATING`, `FAILED` and the like.
    status: Option<String>,
    /// The link of its type.
    #[serde(rename = "type")]
    type_: Option<String>,
    /// Links of the machines that use it; null for none.
    users: Option<Vec<String>>,
    /// Links of the policies that are attached to it: schedules of snapshots among them; null for none.
    resource_policies: Option<Vec<String>>,
    /// The key of the organisation; null for Google's own.
    disk_encryption_key: Option<Key>,
}

/// A key of the organisation.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Key {
    /// The name of the version of a Cloud KMS key; null for a key that its holder sends along.
    kms_key_name: Option<String>,
    /// The digest of a key that its holder sends along; null for one of Cloud KMS.
    sha256: Option<String>,
}

/// `derived` of a disk.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::gcp) struct Derived {
    /// Names of the schedules by which snapshots of it are made, sorted.
    #[serde(skip_serializing_if = "Field::is_unread")]
    snapshot_schedules: Field<Vec<String>>,
}

/// A resource policy.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct ResourcePolicy {
    name: String,
    self_link: String,
    /// A schedule of snapshots; null for a policy of another kind.
    snapshot_schedule_policy: Option<Schedule>,
}

/// A schedule of snapshots.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Schedule {}

impl Listed for ResourcePolicy {
    const TYPE: &'static str = "gcp.compute.resource-policy";
    const ID: &'static str = ID;
    const DIRECT: &'static [&'static Operation] = &[&POLICIES];
    const OPERATIONS: &'static [&'static Operation] = &[&POLICIES];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

type Around = Result<Read<Vec<(Envelope, ResourcePolicy)>>, CollectError>;

impl Disk {
    /// The schedules among the policies that are attached.
    fn schedules(&self, around: &Around) -> Result<Read<Option<Vec<String>>>, CollectError> {
        let attached = self.resource_policies.as_deref().unwrap_or_default();
        if attached.is_empty() {
            return Ok(Read { value: Some(vec![]), exchanges: vec![], at: None });
        }
        let read = around.clone()?;
        let mut schedules = Vec::new();
        for link in attached {
            let is_it = |policy: &&ResourcePolicy| of_project(&policy.self_link) == of_project(link);
            match read.value.iter().map(|(_, policy)| policy).find(is_it) {
                Some(policy) if policy.snapshot_schedule_policy.is_some() => schedules.push(policy.name.clone()),
                Some(_) => {}
                None => {
                    let what = format!("`{link}` is attached to a disk and is not listed");
                    return Err(CollectError { at: read.at, ..door::malformed(&POLICIES, what, read.exchanges) });
                }
            }
        }
        schedules.sort();
        Ok(read.map(|_| Some(schedules)))
    }
}

impl Listed for Disk {
    const TYPE: &'static str = "gcp.compute.disk";
    const ID: &'static str = ID;
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&LIST, &POLICIES];
    const ALWAYS: &'static [&'static str] = &["status"];
    type Around = Around;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Around> {
        Box::pin(listing::every::<ResourcePolicy>(context))
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, around: &'a Around, draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        let schedules = draft.take("derived.snapshot_schedules", self.schedules(around));
        Box::pin(std::future::ready(Derived { snapshot_schedules: schedules }))
    }
}
