//! The shapes of `aws.cloudwatch.alarm-coverage`.

use crate::document::Field;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `config` of `aws.cloudwatch.alarm-coverage`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct CoverageConfig {
    /// Every metric filter of the region, by log group and name.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub metric_filters: Field<Vec<MetricFilter>>,
    /// Enabled rules of the default event bus that may match one of the events, by name.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub rules: Field<Vec<Rule>>,
    /// Topics that a fitting alarm or rule of the region tells, by ARN.
    pub topics: Vec<Topic>,
    /// Account that manages the organisation; null without one.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub management_account_id: Field<String>,
}

/// A metric filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricFilter {
    /// Log group.
    pub log_group_name: String,
    /// Name.
    pub filter_name: String,
    /// What it matches.
    pub filter_pattern: String,
    /// It sees log events as a transformer leaves them, and not as they came.
    pub apply_on_transformed_logs: Option<bool>,
    /// It sees only log events of certain accounts or regions.
    pub field_selection_criteria: Option<String>,
    /// Metrics that it counts into.
    pub metric_transformations: Vec<Transformation>,
}

/// A metric of a metric filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Transformation {
    /// Namespace of the metric.
    pub metric_namespace: String,
    /// Name of the metric.
    pub metric_name: String,
    /// What a matching log event counts: a number, or a field of it.
    pub metric_value: String,
    /// What log events that do not match count; null for nothing.
    pub default_value: Option<f64>,
    /// The metric has dimensions.
    pub has_dimensions: bool,
}

/// A rule of EventBridge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    /// Name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// `ENABLED`, or `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS` when events that only read are asked for too.
    pub state: String,
    /// What it matches.
    pub event_pattern: String,
    /// ARNs of its targets, sorted. Missing when they could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<String>>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Topic {
    /// ARN.
    pub topic_arn: String,
    /// Protocols of its confirmed subscriptions, sorted; none for a topic that does not exist. Missing when they could not be
    /// read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_subscriptions: Option<Vec<String>>,
}

/// `derived` of `aws.cloudwatch.alarm-coverage`, filled in once trails and alarms are known.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct CoverageDerived {
    /// The account manages its organisation.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub is_management_account: Field<bool>,
    /// Alarms of the region that act and watch how much of a quota is used, by name.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub quota_alarms: Field<Vec<String>>,
    /// The alerts on events of this region.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub alert_coverage: Field<AlertCoverage>,
}

/// The fifteen alerts.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AlertCoverage {
    /// Calls that were refused.
    pub unauthorized_api_calls: Coverage,
    /// Sign-ins to the console without a second factor.
    pub console_signin_without_mfa: Coverage,
    /// What the root user does.
    pub root_usage: Coverage,
    /// Changes of IAM policies.
    pub iam_policy_changes: Coverage,
    /// Changes of trails.
    pub cloudtrail_changes: Coverage,
    /// Sign-ins to the console that failed.
    pub console_signin_failures: Coverage,
    /// Customer keys that are disabled or scheduled for deletion.
    pub kms_key_deletion: Coverage,
    /// Changes of bucket policies.
    pub s3_policy_changes: Coverage,
    /// Changes of AWS Config.
    pub config_changes: Coverage,
    /// Changes of security groups.
    pub security_group_changes: Coverage,
    /// Changes of network ACLs.
    pub nacl_changes: Coverage,
    /// Changes of gateways.
    pub network_gateway_changes: Coverage,
    /// Changes of route tables.
    pub route_table_changes: Coverage,
    /// Changes of VPCs and their peerings.
    pub vpc_changes: Coverage,
    /// Changes of the organisation.
    pub organizations_changes: Coverage,
}

/// What becomes of the events of one alert.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Coverage {
    /// A metric filter or a rule matches each of them.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub matched: Field<bool>,
    /// What matches leads to an alarm that fires and acts, or to a target, for each of them.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub has_enabled_target: Field<bool>,
    /// It leads to a topic with a confirmed subscription, for each of them.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub has_confirmed_target: Field<bool>,
    /// Names of events that nothing matches.
    pub unmatched_events: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::cloudwatch::alerts::ALERTS;

    #[test]
    fn the_shape_has_a_key_for_each_alert_and_no_other() {
        let shape = serde_json::to_value(AlertCoverage::default()).unwrap();
        let mut keys: Vec<&str> = ALERTS.iter().map(|alert| alert.key).collect();
        keys.sort_unstable();
        assert_eq!(shape.as_object().unwrap().keys().collect::<Vec<_>>(), keys);
    }
}
