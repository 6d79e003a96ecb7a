//! `aws.ec2.snapshot`

use super::super::listing::{Listed, Name, Place, Tags};
use super::{Context, Operation, list};
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

/// A snapshot, as `ec2:DescribeSnapshots` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// `snap-…`
    pub snapshot_id: String,
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
    const ITEMS: &'static [&'static str] = &["snapshot_set"];
    const ALWAYS: &'static [&'static str] = &["encrypted", "start_time", "state"];
    /// Snapshots of the account that anyone may restore.
    type Around = Result<Read<BTreeSet<String>>, CollectError>;
    type Derived = SnapshotDerived;

    fn input(_: &Context) -> Value {
        json!({"Owner": ["self"], "MaxResults": 1000})
    }

    fn around(place: Place<'_>) -> BoxFuture<'_, Self::Around> {
        Box::pin(async move {
            let public = json!({"Owner": ["self"], "RestorableBy": ["all"], "MaxResults": 1000});
            let read = place.whole::<Self>(&DESCRIBE_SNAPSHOTS, Self::ITEMS, public).await?;
            Ok(read.map(|snapshots| snapshots.into_iter().map(|snapshot| snapshot.snapshot_id).collect()))
        })
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = format!("arn:{}:ec2:{}::snapshot/{}", place.context.partition().name, place.region, self.snapshot_id);
        Name { id, name: self.tags.name_or(&self.snapshot_id), tags: Some(self.tags.0.clone()) }
    }

    fn complete<'a>(
        &'a mut self,
        _: Place<'a>,
        public: &'a Self::Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, SnapshotDerived> {
        let public = public.clone().map(|read| read.map(|ids| Some(ids.contains(&self.snapshot_id))));
        Box::pin(std::future::ready(SnapshotDerived { public: draft.take("derived.public", public) }))
    }
}
