//! `aws.ec2.region`

use super::super::listing::Nothing;
use super::{Context, Operation, one};
use crate::aws::door;
use crate::collection::{Collected, Tally};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use evidenced_schemas::Resource;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

const TYPE: &str = "aws.ec2.region";
/// Regions that are read at the same time.
const AT_ONCE: usize = 16;

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
    let regions: Vec<_> = context.regions().iter().map(|region| Box::pin(document(context, region))).collect();
    let resources = stream::iter(regions).buffered(AT_ONCE).collect::<Vec<_>>().await;
    let row = |region: &String| {
        let mut tally = Tally::new(TYPE, region);
        tally.page();
        tally.close(&resources)
    };
    Collected { populations: context.regions().iter().map(row).collect(), resources, ..Collected::default() }
}

async fn document(context: &Context, region: &str) -> Resource {
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
    let id = format!("{}/{region}", context.account());
    let mut draft = Draft::new(TYPE, id, region, region);
    let (encryption, snapshots, images) = futures::join!(
        setting(context, &GET_EBS_ENCRYPTION_BY_DEFAULT, region, |read: Encryption| read.ebs_encryption_by_default),
        setting(context, &GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE, region, |read: Snapshots| read.state),
        setting(context, &GET_IMAGE_BLOCK_PUBLIC_ACCESS_STATE, region, |read: Images| {
            read.image_block_public_access_state
        }),
    );
    let config = RegionConfig {
        ebs_encryption_by_default: draft.take("config.ebs_encryption_by_default", encryption),
        snapshot_block_public_access_state: draft.take("config.snapshot_block_public_access_state", snapshots),
        image_block_public_access_state: draft.take("config.image_block_public_access_state", images),
    };
    context.finish(draft, &config, &Nothing {})
}

async fn setting<T: serde::de::DeserializeOwned, U>(
    context: &Context,
    operation: &Operation,
    region: &str,
    value: impl Fn(T) -> U,
) -> Result<Read<Option<U>>, CollectError> {
    let answer = context.ask(operation, region, json!({})).await?.map(door::snake_case_keys);
    Ok(door::item::<T>(operation, region, answer)?.map(|read| Some(value(read))))
}
