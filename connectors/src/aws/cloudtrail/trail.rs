//! The shapes of `aws.cloudtrail.trail`.

use super::selectors::{AdvancedEventSelector, BedrockEvents, DataEvents, EventSelector, ManagementEvents};
use crate::aws::time;
use crate::document::Field;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// A trail as `cloudtrail:DescribeTrails` gives it. AWS documents every flag as always present: a missing one is
/// a gap and not `false`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Trail {
    /// Name.
    pub name: String,
    /// ARN.
    pub trail_arn: String,
    /// Region in which the trail was made.
    pub home_region: String,
    /// Bucket that the log files go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_bucket_name: Option<String>,
    /// Prefix of the log files.
    pub s3_key_prefix: Option<String>,
    /// Topic that is told of deliveries.
    pub sns_topic_arn: Option<String>,
    /// Events of global services are recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_global_service_events: Option<bool>,
    /// Events of every region are recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_multi_region_trail: Option<bool>,
    /// The trail belongs to the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_organization_trail: Option<bool>,
    /// Digest files are delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_file_validation_enabled: Option<bool>,
    /// Log group that events go to.
    pub cloud_watch_logs_log_group_arn: Option<String>,
    /// Role that writes into the log group.
    pub cloud_watch_logs_role_arn: Option<String>,
    /// Key that encrypts the log files.
    pub kms_key_id: Option<String>,
    /// The trail has selectors of its own.
    pub has_custom_event_selectors: Option<bool>,
}

/// `config` of `aws.cloudtrail.trail`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TrailConfig {
    /// The settings.
    #[serde(flatten)]
    pub trail: Trail,
    /// `cloudtrail:GetTrailStatus`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub status: Field<TrailStatus>,
    /// Basic event selectors; null when the trail uses advanced ones.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub event_selectors: Field<Vec<EventSelector>>,
    /// Advanced event selectors; null when the trail uses basic ones.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub advanced_event_selectors: Field<Vec<AdvancedEventSelector>>,
}

/// Status of a trail. Times are RFC 3339.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TrailStatus {
    /// It records.
    pub is_logging: bool,
    /// Last delivery to the bucket.
    #[serde(default, deserialize_with = "time::text")]
    pub latest_delivery_time: Option<String>,
    /// Error of the last delivery to the bucket.
    #[serde(default, deserialize_with = "error_text")]
    pub latest_delivery_error: Option<String>,
    /// Last delivery to the log group.
    #[serde(default, deserialize_with = "time::text")]
    pub latest_cloud_watch_logs_delivery_time: Option<String>,
    /// Error of the last delivery to the log group.
    #[serde(default, deserialize_with = "error_text")]
    pub latest_cloud_watch_logs_delivery_error: Option<String>,
    /// Last delivery of a digest file.
    #[serde(default, deserialize_with = "time::text")]
    pub latest_digest_delivery_time: Option<String>,
    /// Last start.
    #[serde(default, deserialize_with = "time::text")]
    pub start_logging_time: Option<String>,
    /// Last stop.
    #[serde(default, deserialize_with = "time::text")]
    pub stop_logging_time: Option<String>,
}

/// `derived` of `aws.cloudtrail.trail`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct TrailDerived {
    /// Management events that the selectors record.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub management_events: Field<ManagementEvents>,
    /// S3 object events that the selectors record.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub s3_data_events: Field<DataEvents>,
    /// The selectors record the invocations of every Lambda function.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub lambda_data_events: Field<bool>,
    /// Events of Bedrock that the selectors record.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub bedrock_events: Field<BedrockEvents>,
    /// The bucket that the log files go to, from its own document.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub log_bucket: Field<LogBucket>,
}

/// The bucket of a trail.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct LogBucket {
    /// Name.
    pub name: String,
    /// It is one of this account's buckets.
    pub in_account: bool,
    /// The public can read or write it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub is_public: Field<bool>,
    /// Access to it is logged, by server access logging or data events.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub access_logged: Field<bool>,
}

/// An empty text is no error.
fn error_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}
