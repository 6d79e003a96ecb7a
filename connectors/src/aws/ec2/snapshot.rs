//! `aws.ec2.snapshot`

use super::super::listing::{Listed, Name, Place, Tags, not_asked_for};
use super::{Context, Operation, list, one};
use crate::aws::door;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Lists the snapshots that the account owns; with `RestorableByUserIds=all` those of them that anyone may restore.
pub static DESCRIBE_SNAPSHOTS: Operation = list(
    "DescribeSnapshots",
    "ec2:DescribeSnapshots",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html",
);

/// Says who may restore a snapshot. Asked only of those that the list calls public.
pub static DESCRIBE_SNAPSHOT_ATTRIBUTE: Operation = one(
    "DescribeSnapshotAttribute",
    "ec2:DescribeSnapshotAttribute",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotAttribute.html",
);

/// A snapshot, as `ec2:DescribeSnapshots` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// `snap-…`
    pub snapshot_id: String,
    /// Account that owns it.
    pub owner_id: Option<String>,
    /// Volume that it was made of.
    pub volume_id: Option<String>,
    /// It is encrypted.
    pub encrypted: Option<bool>,
    /// When it was begun, RFC 3339.
    pub start_time: Option<String>,
    /// `pending`, `completed`, `error`, …
    #[serde(alias = "status")]
    pub state: Option<String>,
    #[serde(default, skip_serializing, alias = "tag_set")]
    #[schemars(skip)]
    tags: Tags,
}

/// `derived` of `aws.ec2.snapshot`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct SnapshotDerived {
    /// Anyone may restore it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub public: Field<bool>,
}

impl Listed for Snapshot {
    const TYPE: &'static str = "aws.ec2.snapshot";
    const LIST: &'static Operation = &DESCRIBE_SNAPSHOTS;
    const OPERATIONS: &'static [&'static Operation] = &[&DESCRIBE_SNAPSHOTS, &DESCRIBE_SNAPSHOT_ATTRIBUTE];
    const ITEMS: &'static [&'static str] = &["snapshot_set"];
    const ALWAYS: &'static [&'static str] = &["encrypted", "start_time", "state"];
    /// Snapshots of the account that anyone may restore.
    type Around = Result<Read<BTreeSet<String>>, CollectError>;
    type Derived = SnapshotDerived;

    fn input(_: &Context) -> Value {
        json!({"Owner": ["self"], "MaxResults": 1000})
    }

    fn belongs(&self, context: &Context) -> bool {
        self.owner_id.as_deref() == Some(context.account())
    }

    fn around(place: Place<'_>) -> BoxFuture<'_, Self::Around> {
        Box::pin(async move {
            let public = json!({"Owner": ["self"], "RestorableBy": ["all"], "MaxResults": 1000});
            let read = place.whole::<Self>(&DESCRIBE_SNAPSHOTS, Self::ITEMS, public).await?;
            if read.value.iter().any(|snapshot| !snapshot.belongs(place.context)) {
                return Err(not_asked_for(&DESCRIBE_SNAPSHOTS, place.region, &read));
            }
            Ok(read.map(|snapshots| snapshots.into_iter().map(|snapshot| snapshot.snapshot_id).collect()))
        })
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = format!("arn:{}:ec2:{}::snapshot/{}", place.context.partition().name, place.region, self.snapshot_id);
        Name { id, name: self.tags.name_or(&self.snapshot_id), tags: Some(self.tags.0.clone()) }
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        public: &'a Self::Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, SnapshotDerived> {
        Box::pin(async move {
            let public = match public.clone() {
                Ok(read) if read.value.contains(&self.snapshot_id) => {
                    draft.saw(&read);
                    is_public(place, &self.snapshot_id).await
                }
                other => other.map(|read| read.map(|_| Some(false))),
            };
            SnapshotDerived { public: draft.take("derived.public", public) }
        })
    }
}

/// What the snapshot itself says: one that is called public must not be so by a filter that a server left out.
async fn is_public(place: Place<'_>, snapshot: &str) -> Result<Read<Option<bool>>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        create_volume_permission: Vec<Permission>,
    }
    #[derive(Deserialize)]
    struct Permission {
        group: Option<String>,
    }
    let input = json!({"SnapshotId": snapshot, "Attribute": "createVolumePermission"});
    let answer = place.context.ask(&DESCRIBE_SNAPSHOT_ATTRIBUTE, place.region, input).await?;
    let answer = answer.map(door::snake_case_keys);
    let answer = door::item::<Answer>(&DESCRIBE_SNAPSHOT_ATTRIBUTE, place.region, answer)?;
    let all = |permission: &Permission| permission.group.as_deref() == Some("all");
    Ok(answer.map(|answer| Some(answer.create_volume_permission.iter().any(all))))
}
