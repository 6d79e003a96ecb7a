//! Shapes of `gcp.monitoring.alert-coverage`.

use crate::document::Field;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `config`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Config {
    /// Metrics made from log entries, by name.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub(super) log_metrics: Field<Vec<LogMetric>>,
    /// Alerting policies that may fire at one of the entries, by name.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub(super) alert_policies: Field<Vec<AlertPolicy>>,
    /// Channels that they tell, by name.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub(super) notification_channels: Field<Vec<Channel>>,
}

/// A metric made from log entries.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct LogMetric {
    /// Its name; the metric's type is `logging.googleapis.com/user/<name>`.
    pub(super) name: String,
    /// Which entries it counts.
    pub(super) filter: Option<String>,
    /// True for one that counts nothing; null is false.
    pub(super) disabled: Option<bool>,
    /// The log bucket whose entries it counts; null for the project's.
    pub(super) bucket_name: Option<String>,
    /// What of an entry is its value; null counts entries.
    pub(super) value_extractor: Option<String>,
}

/// An alerting policy.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct AlertPolicy {
    /// `projects/<id>/alertPolicies/<id>`.
    pub(super) name: String,
    /// Its name for people.
    pub(super) display_name: Option<String>,
    /// False for one that is switched off; null is true.
    pub(super) enabled: Option<bool>,
    /// How its conditions are combined: `OR`, `AND`, `AND_WITH_MATCHING_RESOURCE`; null where there is one.
    pub(super) combiner: Option<String>,
    /// Its conditions; null for none.
    pub(super) conditions: Option<Vec<Condition>>,
    /// Names of the channels that it tells; null for none.
    pub(super) notification_channels: Option<Vec<String>>,
    /// Why it gives no alerts; null for one that is sound.
    pub(super) validity: Option<Validity>,
}

/// Why a policy gives no alerts.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Validity {
    /// The code of an error; null or 0 for none.
    pub(super) code: Option<i64>,
}

/// A condition of a policy. One of its members is there.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub(super) struct Condition {
    /// A metric is beyond a threshold.
    pub(super) condition_threshold: Option<Threshold>,
    /// A log entry is written.
    pub(super) condition_matched_log: Option<MatchedLog>,
    /// A metric has no values.
    pub(super) condition_absent: Option<Absent>,
    /// A query in Prometheus' language has a result.
    pub(super) condition_prometheus_query_language: Option<Query>,
    /// A query in the Monitoring Query Language has a result.
    pub(super) condition_monitoring_query_language: Option<Query>,
}

/// A metric is beyond a threshold.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub(super) struct Threshold {
    /// Which time series.
    pub(super) filter: Option<String>,
    /// Time series by which their values are divided; null for none.
    pub(super) denominator_filter: Option<String>,
    /// What time series will be, and not what they are; null for no such.
    pub(super) forecast_options: Option<Forecast>,
    /// How values are aligned and combined.
    pub(super) aggregations: Option<Vec<Aggregation>>,
    /// `COMPARISON_GT` or `COMPARISON_LT`.
    pub(super) comparison: Option<String>,
    /// The threshold; null is 0.
    pub(super) threshold_value: Option<f64>,
    /// For how long it must be so, in seconds (`60s`); null is not at all.
    pub(super) duration: Option<String>,
    /// How many time series must be so; null for one.
    pub(super) trigger: Option<Trigger>,
}

/// What time series will be.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Forecast {
    /// How far ahead, in seconds.
    forecast_horizon: Option<String>,
}

/// How values are aligned and combined.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub(super) struct Aggregation {
    /// What becomes of the values of one period: `ALIGN_DELTA`, `ALIGN_RATE`, `ALIGN_COUNT` and the like.
    pub(super) per_series_aligner: Option<String>,
    /// What becomes of several time series: `REDUCE_SUM` and the like; null for nothing.
    pub(super) cross_series_reducer: Option<String>,
}

/// How many time series must be so.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub(super) struct Trigger {
    /// So many.
    pub(super) count: Option<i64>,
    /// This share of them.
    pub(super) percent: Option<f64>,
}

/// A log entry is written.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct MatchedLog {
    /// Which.
    pub(super) filter: Option<String>,
}

/// A metric has no values.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Absent {
    /// Which time series.
    filter: Option<String>,
}

/// A query in a language of its own.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Query {
    /// The query.
    pub(super) query: Option<String>,
}

/// A channel by which people are told.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Channel {
    /// `projects/<id>/notificationChannels/<id>`.
    pub(super) name: String,
    /// `email`, `pagerduty`, `slack`, `pubsub` and the like.
    #[serde(rename = "type")]
    pub(super) type_: Option<String>,
    /// False for one that tells nobody; null is true.
    pub(super) enabled: Option<bool>,
    /// `VERIFIED`, or `UNVERIFIED` for one that must be verified before it works; null for one that need not be.
    pub(super) verification_status: Option<String>,
}

/// `derived`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// The alerts on what happens in the project.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub(super) alert_coverage: Field<AlertCoverage>,
}

/// The eight alerts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct AlertCoverage {
    /// The owner's role is given or taken.
    pub(super) project_ownership: Coverage,
    /// What is logged of data accesses changes.
    pub(super) audit_config: Coverage,
    /// Custom roles change.
    pub(super) custom_role: Coverage,
    /// Firewall rules change.
    pub(super) firewall: Coverage,
    /// Routes change.
    pub(super) routes: Coverage,
    /// Networks and their peerings change.
    pub(super) networks: Coverage,
    /// Who may do what with a bucket changes.
    pub(super) bucket_iam: Coverage,
    /// Databases of Cloud SQL change.
    pub(super) sql_config: Coverage,
}

/// What becomes of the entries of one alert.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub(super) struct Coverage {
    /// A metric counts each of them, or a policy looks for it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub(super) matched: Field<bool>,
    /// A policy that is on fires at each of them.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub(super) has_enabled_policy: Field<bool>,
    /// Such a policy tells a channel that works, for each of them.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub(super) has_working_channel: Field<bool>,
    /// Names of entries that nothing matches, as far as is known.
    pub(super) unmatched_events: Vec<String>,
}
