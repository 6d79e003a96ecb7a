//! `aws.cloudwatch.alarm`

use super::DESCRIBE_ALARMS;
use super::composite::{Above, CompositeAlarm, above};
use crate::aws::listing::{Listed, Name, Place};
use crate::aws::{Context, Operation};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A metric alarm, as `cloudwatch:DescribeAlarms` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MetricAlarm {
    /// Name.
    pub alarm_name: String,
    /// ARN.
    pub alarm_arn: String,
    /// It acts.
    pub actions_enabled: Option<bool>,
    /// ARNs of what it does when it fires.
    pub alarm_actions: Option<Vec<String>>,
    /// Namespace of the metric; null where it watches an expression.
    pub namespace: Option<String>,
    /// Name of the metric; null where it watches an expression.
    pub metric_name: Option<String>,
    /// Dimensions of the metric.
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
    /// `Sum`, `Average`, `Maximum`, `Minimum` or `SampleCount`.
    pub statistic: Option<String>,
    /// A percentile.
    pub extended_statistic: Option<String>,
    /// Seconds of a data point.
    pub period: Option<u64>,
    /// Data points that it looks at.
    pub evaluation_periods: Option<u64>,
    /// How many of them must breach the threshold; null for all.
    pub datapoints_to_alarm: Option<u64>,
    /// The threshold; null where a band of the metric itself is one.
    pub threshold: Option<f64>,
    /// `GreaterThanOrEqualToThreshold`, …
    pub comparison_operator: Option<String>,
    /// What a missing data point counts as: `missing` where null.
    pub treat_missing_data: Option<String>,
    /// The metrics and expressions that it watches, where it is not one metric.
    #[serde(default)]
    pub metrics: Vec<MetricQuery>,
}

/// A dimension of a metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dimension {
    /// Name.
    pub name: String,
    /// Value.
    pub value: Option<String>,
}

/// A metric or expression that an alarm watches.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MetricQuery {
    /// Its name in expressions.
    pub id: String,
    /// An expression over other metrics; null where this is a metric.
    pub expression: Option<String>,
    /// A metric; null where this is an expression.
    pub metric_stat: Option<MetricStat>,
    /// Account that the metric belongs to; null for the own.
    pub account_id: Option<String>,
}

/// A metric with a statistic.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MetricStat {
    /// The metric.
    pub metric: Metric,
    /// The statistic.
    pub stat: Option<String>,
}

/// A metric.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Metric {
    /// Namespace.
    pub namespace: Option<String>,
    /// Name.
    pub metric_name: Option<String>,
    /// Dimensions.
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
}

/// `derived` of `aws.cloudwatch.alarm`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct MetricAlarmDerived {
    /// Composite alarms that have it as a component, themselves or through others, sorted by ARN.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub composite_alarms: Field<Vec<Above>>,
}

impl Listed for MetricAlarm {
    const TYPE: &'static str = "aws.cloudwatch.alarm";
    const LIST: &'static Operation = &DESCRIBE_ALARMS;
    const ITEMS: &'static [&'static str] = &["metric_alarms"];
    const ALWAYS: &'static [&'static str] = &["actions_enabled", "alarm_actions"];
    /// The composite alarms of the region.
    type Around = Result<Read<Vec<CompositeAlarm>>, CollectError>;
    type Derived = MetricAlarmDerived;

    fn input(_: &Context) -> Value {
        json!({"AlarmTypes": ["MetricAlarm"], "MaxRecords": 100})
    }

    fn around(place: Place<'_>) -> BoxFuture<'_, Self::Around> {
        Box::pin(async move {
            let input = json!({"AlarmTypes": ["CompositeAlarm"], "MaxRecords": 100});
            place.whole(&DESCRIBE_ALARMS, &["composite_alarms"], input).await
        })
    }

    fn name(&self, _: Place<'_>) -> Name {
        Name { id: self.alarm_arn.clone(), name: self.alarm_name.clone(), tags: None }
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        composites: &'a Self::Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, MetricAlarmDerived> {
        let own = composites.clone().and_then(|read| {
            let found = above(&self.alarm_name, &self.alarm_arn, &read.value);
            found.map(|found| Read { value: Some(found), exchanges: read.exchanges.clone(), at: read.at }).map_err(
                |message| {
                    let (service, name) = (DESCRIBE_ALARMS.service, DESCRIBE_ALARMS.name);
                    let error = CollectError::malformed(service, name, place.region, message, read.exchanges);
                    CollectError { at: read.at, ..error }
                },
            )
        });
        let composite_alarms = draft.take("derived.composite_alarms", own);
        Box::pin(std::future::ready(MetricAlarmDerived { composite_alarms }))
    }
}
