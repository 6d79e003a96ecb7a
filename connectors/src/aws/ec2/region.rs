//! `aws.ec2.region`

use super::super::listing::{Nothing, Place};
use super::super::setting;
use super::{Context, Operation, one};
use crate::collection::Collected;
use crate::document::{Field, Read};
use crate::exchange::CollectError;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

const TYPE: &str = "aws.ec2.region";

/// Says whether new volumes are encrypted.
pub static GET_EBS_ENCRYPTION_BY_DEFAULT: Operation = one(
    "GetEbsEncryptionByDefault",
    "ec2:GetEbsEncryptionByDefault",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetEbsEncryptionByDefault.html",
);

/// Says whether snapshots may be shared with everyone.
pub static GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE: Operation = one(
    "GetSnapshotBlockPublicAccessState",
    "ec2:GetSnapshotBlockPublicAccessState",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetSnapshotBlockPublicAccessState.html",
);

/// Says whether images may be shared with everyone.
pub static GET_IMAGE_BLOCK_PUBLIC_ACCESS_STATE: Operation = one(
    "GetImageBlockPublicAccessState",
    "ec2:GetImageBlockPublicAccessState",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetImageBlockPublicAccessState.html",
);

/// `config` of `aws.ec2.region`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct RegionConfig {
    /// New volumes are encrypted.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub ebs_encryption_by_default: Field<bool>,
    /// `block-all-sharing`, `block-new-sharing` or `unblocked`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub snapshot_block_public_access_state: Field<String>,
    /// `block-new-sharing` or `unblocked`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub image_block_public_access_state: Field<String>,
}

/// A document for each region of the run.
pub(super) async fn collect(context: &Context) -> Collected {
    setting::in_regions(context, |place| Box::pin(async move { Collected::of_one(document(place).await) })).await
}

async fn document(place: Place<'_>) -> Resource {
    #[derive(Deserialize)]
    struct Encryption {
        ebs_encryption_by_default: bool,
    }
    #[derive(Deserialize)]
    struct Snapshots {
        state: String,
    }
    #[derive(Deserialize)]
    struct Images {
        image_block_public_access_state: String,
    }
    let mut draft = setting::draft(place, TYPE);
    let (encryption, snapshots, images) = futures::join!(
        one_of(place, &GET_EBS_ENCRYPTION_BY_DEFAULT, |read: Encryption| read.ebs_encryption_by_default),
        one_of(place, &GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE, |read: Snapshots| read.state),
        one_of(place, &GET_IMAGE_BLOCK_PUBLIC_ACCESS_STATE, |read: Images| read.image_block_public_access_state),
    );
    let config = RegionConfig {
        ebs_encryption_by_default: draft.take("config.ebs_encryption_by_default", encryption),
        snapshot_block_public_access_state: draft.take("config.snapshot_block_public_access_state", snapshots),
        image_block_public_access_state: draft.take("config.image_block_public_access_state", images),
    };
    place.context.finish(draft, &config, &Nothing {})
}

async fn one_of<T: DeserializeOwned, U>(
    place: Place<'_>,
    operation: &Operation,
    value: impl Fn(T) -> U,
) -> Result<Read<Option<U>>, CollectError> {
    Ok(place.one::<T>(operation, json!({})).await?.map(|read| Some(value(read))))
}
