//! Whether an alarm fires when a metric filter has counted one event.
//!
//! Pure. An alarm on an expression, a percentile or a band is unknown and not a miss.
//!
//! Documentation: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html>, "Configuring how
//! alarms treat missing data" among others.

use super::alarm::{Metric, MetricAlarm};
use super::coverage::Transformation;
use super::matching::{Match, unknown};
use crate::aws::s3::known::Known;

/// Whether the alarm fires when this filter's metric gets the value of one event.
pub fn fires(alarm: &MetricAlarm, counted: &Transformation) -> Match {
    let (Some(namespace), Some(name)) = (&alarm.namespace, &alarm.metric_name) else {
        return fires_on_queries(alarm, counted);
    };
    if *namespace != counted.metric_namespace || *name != counted.metric_name {
        return Known::Is(false);
    }
    if !alarm.dimensions.is_empty() || counted.has_dimensions {
        // A metric with dimensions is another metric for each value, and none of them counts all events.
        return Known::Is(false);
    }
    let Some(statistic) = &alarm.statistic else { return unknown("an alarm on a percentile") };
    breached(alarm, statistic, counted)
}

/// The same of an alarm that watches queries.
fn fires_on_queries(alarm: &MetricAlarm, counted: &Transformation) -> Match {
    let is_it = |metric: &Metric| {
        metric.namespace.as_ref() == Some(&counted.metric_namespace)
            && metric.metric_name.as_ref() == Some(&counted.metric_name)
    };
    let named = alarm.metrics.iter().any(|query| {
        let searched = query.expression.as_ref().is_some_and(|text| text.contains(counted.metric_name.as_str()));
        searched || query.metric_stat.as_ref().is_some_and(|stat| is_it(&stat.metric))
    });
    if named { unknown("an alarm on an expression") } else { Known::Is(false) }
}

/// The data point of one event breaches the threshold, and one such data point is enough.
fn breached(alarm: &MetricAlarm, statistic: &str, counted: &Transformation) -> Match {
    let Ok(value) = counted.metric_value.trim().parse::<f64>() else {
        return unknown("a metric whose value is taken from the event");
    };
    let point = match (statistic, counted.default_value) {
        ("Sum" | "Maximum", _) | ("Average" | "Minimum", None) => value,
        ("SampleCount", None) => 1.0,
        _ => return unknown("a statistic that other events have a part in"),
    };
    let (Some(operator), Some(threshold)) = (alarm.comparison_operator.as_deref(), alarm.threshold) else {
        return unknown("an alarm on a band");
    };
    let breaches = |point: f64| match operator {
        "GreaterThanOrEqualToThreshold" => Known::Is(point >= threshold),
        "GreaterThanThreshold" => Known::Is(point > threshold),
        // Fires when there are few events.
        "LessThanThreshold" | "LessThanOrEqualToThreshold" => Known::Is(false),
        _ => unknown("an alarm on a band"),
    };
    // An alarm that fires without an event never comes to rest, and what does not change tells nobody.
    let rests = counted.default_value.map_or(Known::Is(true), |value| breaches(value).negated());
    breaches(point).and(rests).and(one_point_is_enough(alarm, counted))
}

fn one_point_is_enough(alarm: &MetricAlarm, counted: &Transformation) -> Match {
    let Some(needed) = alarm.datapoints_to_alarm.or(alarm.evaluation_periods) else {
        return unknown("an alarm without evaluation periods");
    };
    let rests =
        alarm.treat_missing_data.as_deref().unwrap_or("missing") == "missing" && counted.default_value.is_none();
    if needed > 1 && rests {
        return unknown("an alarm on more than one data point, of which all but one are missing");
    }
    Known::Is(needed <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn counted() -> Transformation {
        Transformation {
            metric_namespace: "CIS".to_owned(),
            metric_name: "Root".to_owned(),
            metric_value: "1".to_owned(),
            default_value: None,
            has_dimensions: false,
        }
    }

    fn alarm(changes: &Value) -> MetricAlarm {
        let mut alarm = json!({
            "alarm_name": "a", "alarm_arn": "arn:a", "actions_enabled": true, "alarm_actions": [], "namespace": "CIS",
            "metric_name": "Root", "statistic": "Sum", "period": 300, "evaluation_periods": 1, "threshold": 1.0,
            "comparison_operator": "GreaterThanOrEqualToThreshold",
        });
        for (name, value) in changes.as_object().unwrap() {
            alarm[name] = value.clone();
        }
        serde_json::from_value(alarm).unwrap()
    }

    fn told(found: &Match) -> Option<bool> {
        match found {
            Known::Is(value) => Some(*value),
            Known::Unknown(_) => None,
        }
    }

    #[test]
    fn one_event_must_be_enough() {
        let query = |metric: &str, expression: Value| {
            json!({"namespace": null, "metric_name": null, "metrics": [
                {"id": "m", "metric_stat": {"metric": {"namespace": "CIS", "metric_name": metric}, "stat": "Sum"}},
                {"id": "e", "expression": expression}]})
        };
        for (changes, expected) in [
            (json!({}), Some(true)),
            (json!({"threshold": 0.0, "comparison_operator": "GreaterThanThreshold"}), Some(true)),
            (json!({"threshold": 1.0, "comparison_operator": "GreaterThanThreshold"}), Some(false)),
            (json!({"threshold": 5.0}), Some(false)),
            (json!({"comparison_operator": "LessThanThreshold", "threshold": 5.0}), Some(false)),
            (json!({"comparison_operator": "GreaterThanUpperThreshold", "threshold": null}), None),
            (json!({"namespace": "Other"}), Some(false)),
            (json!({"metric_name": "Other"}), Some(false)),
            (json!({"dimensions": [{"name": "a", "value": "b"}]}), Some(false)),
            (json!({"statistic": "Average"}), Some(true)),
            (json!({"statistic": null, "extended_statistic": "p99"}), None),
            (json!({"evaluation_periods": 3, "datapoints_to_alarm": 1}), Some(true)),
            (json!({"evaluation_periods": 3}), None),
            (json!({"evaluation_periods": 3, "treat_missing_data": "notBreaching"}), Some(false)),
            (json!({"evaluation_periods": null}), None),
            (query("Root", json!("FILL(m, 0)")), None),
            (query("Other", json!("m * 2")), Some(false)),
            (query("Other", json!("SEARCH('{CIS} Root', 'Sum')")), None),
        ] {
            assert_eq!(told(&fires(&alarm(&changes), &counted())), expected, "{changes}");
        }
    }

    #[test]
    fn what_the_filter_counts_decides_too() {
        let with = |change: fn(&mut Transformation), changes: &Value| {
            let mut counted = counted();
            change(&mut counted);
            told(&fires(&alarm(changes), &counted))
        };
        assert_eq!(with(|counted| counted.metric_value = "$.size".to_owned(), &json!({})), None);
        assert_eq!(with(|counted| counted.metric_value = "0.5".to_owned(), &json!({})), Some(false));
        assert_eq!(with(|counted| counted.has_dimensions = true, &json!({})), Some(false));
        assert_eq!(with(|counted| counted.default_value = Some(0.0), &json!({})), Some(true));
        assert_eq!(with(|counted| counted.default_value = Some(0.0), &json!({"statistic": "Average"})), None);
        assert_eq!(with(|counted| counted.default_value = Some(1.0), &json!({})), Some(false), "it never rests");
        assert_eq!(with(|counted| counted.default_value = Some(0.0), &json!({"evaluation_periods": 3})), Some(false));
    }
}
