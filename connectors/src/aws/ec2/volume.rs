//! `aws.ec2.volume`

use super::super::listing::{Listed, Name, Place, Tags};
use super::{Operation, list};
use crate::document::Field;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists the volumes of a region.
pub static DESCRIBE_VOLUMES: Operation = list(
    "DescribeVolumes",
    "ec2:DescribeVolumes",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html",
);

/// A volume, as `ec2:DescribeVolumes` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Volume {
    /// `vol-…`
    pub volume_id: String,
    /// `creating`, `available`, `in-use`, `deleting`, `deleted` or `error`.
    #[serde(alias = "status")]
    pub state: Option<String>,
    /// It is encrypted.
    pub encrypted: Option<bool>,
    /// Key that encrypts it.
    pub kms_key_id: Option<String>,
    /// Size in GiB.
    pub size: Option<i64>,
    /// Instances that use it.
    #[serde(default, alias = "attachment_set")]
    pub attachments: Vec<Attachment>,
    #[serde(default, skip_serializing, alias = "tag_set")]
    #[schemars(skip)]
    tags: Tags,
}

/// An instance that uses a volume.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Attachment {
    /// `i-…`
    pub instance_id: Option<String>,
    /// `attached`, `detaching`, …
    #[serde(alias = "status")]
    pub state: Option<String>,
}

/// `derived` of `aws.ec2.volume`. Filled in once snapshots and AWS Backup are known.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct VolumeDerived {
    /// When its newest completed snapshot was begun, RFC 3339; null where the account has none.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub latest_snapshot_time: Field<String>,
    /// Its last backup by AWS Backup, or that of an instance that uses it, RFC 3339; null where there is none.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub latest_backup_time: Field<String>,
}

impl Listed for Volume {
    const TYPE: &'static str = "aws.ec2.volume";
    const LIST: &'static Operation = &DESCRIBE_VOLUMES;
    const ITEMS: &'static [&'static str] = &["volume_set"];
    const ALWAYS: &'static [&'static str] = &["encrypted", "state"];
    type Around = ();
    type Derived = VolumeDerived;

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = place.arn("ec2", &format!("volume/{}", self.volume_id));
        Name { id, name: self.tags.name_or(&self.volume_id), tags: Some(self.tags.0.clone()) }
    }
}
