//! AWS Config: the recorders of each region, and whether some region records the global resource types.

use super::listing::Place;
use super::{Context, Family, Operation, Reach, ResourceType, regions, setting, time};
use crate::collection::Collected;
use crate::declaration::Shape;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

mod global;

const TYPE: &str = "aws.config.region";
/// Regions that are read at the same time.
const AT_ONCE: usize = 16;

/// Lists the recorders of a region and what they record.
pub static DESCRIBE_CONFIGURATION_RECORDERS: Operation = Operation {
    service: "config",
    name: "DescribeConfigurationRecorders",
    permission: "config:DescribeConfigurationRecorders",
    docs: "https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigurationRecorders.html",
    ..Operation::PLAIN
};

/// Says which recorders of a region are on, and how their last recording went.
pub static DESCRIBE_CONFIGURATION_RECORDER_STATUS: Operation = Operation {
    service: "config",
    name: "DescribeConfigurationRecorderStatus",
    permission: "config:DescribeConfigurationRecorderStatus",
    docs: "https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigurationRecorderStatus.html",
    ..Operation::PLAIN
};

/// Config's family.
pub const FAMILY: Family = Family {
    name: "config",
    types: &[ResourceType {
        name: TYPE,
        about: "The configuration recorders of a region.",
        reach: Reach::Regional,
        operations: &[
            &DESCRIBE_CONFIGURATION_RECORDERS,
            &DESCRIBE_CONFIGURATION_RECORDER_STATUS,
            &regions::DESCRIBE_REGIONS,
        ],
        config: Shape::of(RegionConfig::json_schema),
        derived: Shape::of(RegionDerived::json_schema),
        collect: None,
        instead: &[],
    }],
    collect: Some(|context| Box::pin(collect(context))),
};

/// `config` of `aws.config.region`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct RegionConfig {
    /// Recorders, by name, with their status. Where the status could not be read the recorders are not told either: what
    /// is set up records nothing while it is off.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub recorders: Field<Vec<Recorder>>,
}

/// `derived` of `aws.config.region`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct RegionDerived {
    /// A recorder that is on, in this or another region, records IAM's users, groups, roles and policies.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub global_types_recorded: Field<bool>,
}

/// A recorder.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Recorder {
    /// Name.
    pub name: String,
    /// Role that it reads with.
    pub role_arn: Option<String>,
    /// What it records.
    pub recording_group: Option<RecordingGroup>,
    /// Whether it is on.
    #[serde(skip_deserializing)]
    #[schemars(!skip_deserializing)]
    pub status: Option<RecorderStatus>,
}

/// What a recorder records.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecordingGroup {
    /// All types but the global ones of IAM.
    pub all_supported: Option<bool>,
    /// The global types of IAM too.
    pub include_global_resource_types: Option<bool>,
    /// Types, where it records some only.
    pub resource_types: Option<Vec<String>>,
    /// Types that it leaves out.
    pub exclusion_by_resource_types: Option<Exclusion>,
    /// How the types are chosen; null on recorders from before there was a choice.
    pub recording_strategy: Option<RecordingStrategy>,
}

/// Types that are left out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Exclusion {
    /// `AWS::EC2::Instance`, …
    pub resource_types: Option<Vec<String>>,
}

/// How types are chosen.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecordingStrategy {
    /// `ALL_SUPPORTED_RESOURCE_TYPES`, `INCLUSION_BY_RESOURCE_TYPES` or `EXCLUSION_BY_RESOURCE_TYPES`.
    pub use_only: Option<String>,
}

/// Whether a recorder is on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecorderStatus {
    /// Name of the recorder.
    pub name: String,
    /// It is on.
    pub recording: Option<bool>,
    /// `SUCCESS`, `PENDING` or `FAILURE`, also written `Success`; null before the first recording.
    pub last_status: Option<String>,
    /// Why the last recording failed.
    pub last_error_code: Option<String>,
    /// When the status changed last, RFC 3339.
    #[serde(default, deserialize_with = "time::text")]
    pub last_status_change_time: Option<String>,
}

type Recorders = Result<Read<Vec<Recorder>>, CollectError>;

async fn collect(context: &Context) -> Collected {
    let regions = context.regions().iter().map(|region| Box::pin(recorders(Place { context, region })));
    let read: Vec<Recorders> = stream::iter(regions.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await;
    let global = global::recorded(context, &read);
    let mut collected = Collected::default();
    for (region, recorders) in context.regions().iter().zip(read) {
        let mut draft = setting::draft(Place { context, region }, TYPE);
        let config = RegionConfig { recorders: draft.take("config.recorders", recorders.map(|read| read.map(Some))) };
        let derived = RegionDerived { global_types_recorded: global.note(&mut draft) };
        collected.merge(Collected::of_one(context.finish(draft, &config, &derived)));
    }
    collected
}

async fn recorders(place: Place<'_>) -> Recorders {
    let (recorders, statuses) = futures::join!(
        place.whole::<Recorder>(&DESCRIBE_CONFIGURATION_RECORDERS, &["configuration_recorders"], json!({})),
        place.whole::<RecorderStatus>(
            &DESCRIBE_CONFIGURATION_RECORDER_STATUS,
            &["configuration_recorders_status"],
            json!({})
        ),
    );
    let (mut recorders, statuses) = (recorders?, statuses?);
    for recorder in &mut recorders.value {
        recorder.status = statuses.value.iter().find(|status| status.name == recorder.name).cloned();
        if recorder.status.is_none() {
            return Err(without_status(place, &recorder.name, statuses));
        }
    }
    recorders.value.sort_by(|a, b| a.name.cmp(&b.name));
    recorders.exchanges.extend(statuses.exchanges);
    recorders.at = recorders.at.max(statuses.at);
    Ok(recorders)
}

/// The answer about the status leaves out a recorder that is there.
fn without_status(place: Place<'_>, recorder: &str, statuses: Read<Vec<RecorderStatus>>) -> CollectError {
    let operation = &DESCRIBE_CONFIGURATION_RECORDER_STATUS;
    let message = format!("the answer says nothing of `{recorder}`");
    let (region, exchanges) = (place.region, statuses.exchanges);
    CollectError {
        at: statuses.at,
        ..CollectError::malformed(operation.service, operation.name, region, message, exchanges)
    }
}

#[cfg(test)]
mod tests;
