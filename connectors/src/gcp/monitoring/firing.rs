//! Whether an alerting policy fires when one log entry is written.
//!
//! Pure. A query in a language of its own, a ratio, a forecast, or a threshold that must be passed for some time is unknown,
//! and an unknown is never taken for an alert.
//!
//! Documentation: <https://cloud.google.com/logging/docs/logs-based-metrics/charts-and-alerts>,
//! <https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies>.

use super::shapes::{Aggregation, AlertPolicy, Channel, Condition, LogMetric, Query, Threshold};
use crate::gcp::logging::log_query::{Entry, LogQuery, Match, all, any};
use serde_json::{Value, json};

/// How the types of metrics made from log entries begin.
const USER_METRIC: &str = "logging.googleapis.com/user/";

/// Whether the metric counts this entry.
pub(super) fn counts(metric: &LogMetric, entry: &Entry) -> Match {
    if metric.disabled == Some(true) {
        return Some(false);
    }
    let filled = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    match LogQuery::read(metric.filter.as_deref().unwrap_or_default()).matches(entry) {
        // Which entries come to a log bucket is not known here, nor what an extractor finds in one.
        Some(true) if filled(&metric.bucket_name) || filled(&metric.value_extractor) => None,
        other => other,
    }
}

/// Whether the policy, if it is on, fires at this entry.
pub(super) fn fires(policy: &AlertPolicy, metrics: &[LogMetric], entry: &Entry) -> Match {
    if policy.validity.as_ref().is_some_and(|validity| validity.code.is_some_and(|code| code != 0)) {
        return Some(false);
    }
    let conditions = policy.conditions.as_deref().unwrap_or_default();
    let firing = || conditions.iter().map(|condition| condition_fires(condition, metrics, entry));
    match policy.combiner.as_deref() {
        _ if conditions.len() < 2 => any(firing()),
        Some("OR") => any(firing()),
        Some("AND" | "AND_WITH_MATCHING_RESOURCE") => all(firing()),
        _ => any(firing()).filter(|fires| !fires),
    }
}

/// Whether the policy looks for this entry itself.
pub(super) fn looks_for(policy: &AlertPolicy, entry: &Entry) -> Match {
    let conditions = policy.conditions.as_deref().unwrap_or_default();
    let logs = conditions.iter().filter_map(|condition| condition.condition_matched_log.as_ref());
    any(logs.map(|log| log.filter.as_deref().map_or(Some(false), |filter| LogQuery::read(filter).matches(entry))))
}

/// The policy is on. What is unset is on.
pub(super) fn is_on(policy: &AlertPolicy) -> bool {
    policy.enabled != Some(false)
}

/// The channel reaches somebody: it is on, and verified where it has to be.
pub(super) fn works(channel: &Channel) -> bool {
    let status = channel.verification_status.as_deref();
    channel.enabled != Some(false) && matches!(status, None | Some("VERIFIED" | "VERIFICATION_STATUS_UNSPECIFIED"))
}

fn condition_fires(condition: &Condition, metrics: &[LogMetric], entry: &Entry) -> Match {
    if let Some(log) = &condition.condition_matched_log {
        return log.filter.as_deref().map_or(Some(false), |filter| LogQuery::read(filter).matches(entry));
    }
    if let Some(threshold) = &condition.condition_threshold {
        return any(metrics
            .iter()
            .map(|metric| all([counts(metric, entry), watches(threshold, metric, entry), passes(threshold)])));
    }
    if condition.condition_absent.is_some() {
        return Some(false);
    }
    let queries = [&condition.condition_prometheus_query_language, &condition.condition_monitoring_query_language];
    match queries.into_iter().flatten().next() {
        Some(query) if !is_of_logs(query) => Some(false),
        _ => None,
    }
}

/// A query may ask for a metric of Cloud Logging: its name stands in it, in either way of writing it.
fn is_of_logs(query: &Query) -> bool {
    query.query.as_ref().is_none_or(|text| text.contains("logging"))
}

/// Whether the condition watches the time series into which this metric counts the entry.
fn watches(threshold: &Threshold, metric: &LogMetric, entry: &Entry) -> Match {
    let is_set = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let resource = entry.known.pointer("/resource/type").cloned().unwrap_or(Value::Null);
    let series = Entry {
        known: json!({"metric": {"type": format!("{USER_METRIC}{}", metric.name)}, "resource": {"type": resource}}),
        whole: &["metric.type", "resource.type"],
        every: true,
    };
    let seen = LogQuery::read(threshold.filter.as_deref().unwrap_or_default()).matches(&series);
    match seen {
        Some(true) if is_set(&threshold.denominator_filter) || threshold.forecast_options.is_some() => None,
        other => other,
    }
}

/// Whether one entry, which is a count of 1, is beyond the threshold.
fn passes(threshold: &Threshold) -> Match {
    let value = threshold.threshold_value.unwrap_or_default();
    match threshold.comparison.as_deref() {
        Some("COMPARISON_GT") => {}
        Some("COMPARISON_LT" | "COMPARISON_LE") => return Some(false),
        _ => return None,
    }
    if value < 0.0 {
        // It fires all the time, and so never tells of anything.
        return None;
    }
    let steps = threshold.aggregations.as_deref().unwrap_or_default();
    let beyond = if steps.is_empty() { Some(value < 1.0) } else { all(steps.iter().map(|step| leaves(step, value))) };
    let at_once = matches!(threshold.duration.as_deref(), None | Some("" | "0s"));
    let alone = threshold.trigger.as_ref().is_none_or(|trigger| {
        trigger.percent.is_none_or(|percent| percent <= 0.0) && trigger.count.is_none_or(|count| count <= 1)
    });
    // Whether a count stays beyond the threshold for some time depends on what else is counted.
    if at_once && alone { beyond } else { beyond.filter(|beyond| !beyond) }
}

/// Whether this step leaves a count of 1 beyond the threshold.
fn leaves(step: &Aggregation, value: f64) -> Match {
    let zero = value <= 0.0;
    let aligned = match step.per_series_aligner.as_deref() {
        None | Some("ALIGN_NONE" | "ALIGN_DELTA" | "ALIGN_SUM" | "ALIGN_MAX") => Some(value < 1.0),
        // A part of 1: more than nothing, and how much depends on the period.
        Some("ALIGN_RATE" | "ALIGN_MEAN" | "ALIGN_COUNT") if zero => Some(true),
        Some("ALIGN_RATE" | "ALIGN_MEAN") if value >= 1.0 => Some(false),
        _ => None,
    };
    let reduced = match step.cross_series_reducer.as_deref() {
        None | Some("REDUCE_NONE" | "REDUCE_SUM" | "REDUCE_MAX") => Some(true),
        Some("REDUCE_COUNT" | "REDUCE_MEAN") if zero => Some(true),
        _ => None,
    };
    all([aligned, reduced])
}
