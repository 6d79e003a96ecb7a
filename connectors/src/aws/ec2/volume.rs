//! `aws.ec2.volume`

use super::super::listing::{Listed, Name, Nothing, Place, Tags};
use super::{Operation, list};
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
    #[serde(default, skip_serializing, alias = "tag_set")]
    #[schemars(skip)]
    tags: Tags,
}

impl Listed for Volume {
    const TYPE: &'static str = "aws.ec2.volume";
    const LIST: &'static Operation = &DESCRIBE_VOLUMES;
    const ITEMS: &'static [&'static str] = &["volume_set"];
    const ALWAYS: &'static [&'static str] = &["encrypted", "state"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = place.arn("ec2", &format!("volume/{}", self.volume_id));
        Name { id, name: self.tags.name_or(&self.volume_id), tags: Some(self.tags.0.clone()) }
    }
}
