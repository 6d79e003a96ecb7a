//! The ways of one region: a metric filter with the alarms on its metrics, and a rule with its targets.

use super::super::cause::{gap, missing};
use super::super::{Fact, Inputs};
use crate::aws::cloudwatch::alarm::MetricAlarm;
use crate::aws::cloudwatch::alerts::{Event, ordinary};
use crate::aws::cloudwatch::composite::Above;
use crate::aws::cloudwatch::coverage::{MetricFilter, Rule, Topic};
use crate::aws::cloudwatch::event_pattern::EventPattern;
use crate::aws::cloudwatch::filter_pattern::FilterPattern;
use crate::aws::cloudwatch::firing::fires;
use crate::aws::cloudwatch::matching::Match;
use crate::aws::s3::known::Known;
use evidenced_schemas::{Gap, GapReason, Resource};
use serde_json::Value;

/// Where a way ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Led {
    /// Something acts.
    pub(super) enabled: Fact,
    /// A confirmed subscriber is told.
    pub(super) confirmed: Fact,
}

impl Default for Led {
    /// Nowhere.
    fn default() -> Self {
        Self { enabled: Known::Is(false), confirmed: Known::Is(false) }
    }
}

impl Led {
    /// Something that acts when `on` holds and does all of these.
    fn through(on: &Fact, actions: &[String], coverage: &Resource, topics: &[Topic]) -> Self {
        let told = actions.iter().map(|arn| confirmed(arn, coverage, topics)).fold(Known::Is(false), Known::or);
        Self { enabled: on.clone().and(Known::Is(!actions.is_empty())), confirmed: on.clone().and(told) }
    }

    /// Somewhere that could not be read.
    pub(super) fn unknown(cause: &Gap) -> Self {
        Self { enabled: Known::Unknown(vec![cause.clone()]), confirmed: Known::Unknown(vec![cause.clone()]) }
    }

    fn or(self, other: Self) -> Self {
        Self { enabled: self.enabled.or(other.enabled), confirmed: self.confirmed.or(other.confirmed) }
    }

    fn when(self, holds: &Fact) -> Self {
        Self { enabled: holds.clone().and(self.enabled), confirmed: holds.clone().and(self.confirmed) }
    }
}

/// A metric filter.
#[derive(Debug)]
pub(super) struct FilterRoute {
    pub(super) log_group: String,
    pub(super) led: Led,
    pattern: FilterPattern,
    /// It counts what is a reason for an alert, and not everything.
    selects: Fact,
}

impl FilterRoute {
    /// The alarms that may fire are added to the inputs.
    pub(super) fn of(
        coverage: &Resource,
        filter: MetricFilter,
        alarms: &[&Resource],
        alarms_cut_short: Option<&Gap>,
        topics: &[Topic],
        inputs: &mut Inputs,
    ) -> Self {
        let pattern = FilterPattern::read(&filter.filter_pattern);
        let ordinary = ordinary(coverage.scope.as_str(), &coverage.region);
        let mut selects = known(pattern.matches(&ordinary.record), "logs:DescribeMetricFilters").negated();
        if filter.apply_on_transformed_logs == Some(true) || filter.field_selection_criteria.is_some() {
            let cause =
                gap("logs:DescribeMetricFilters", GapReason::Malformed, "a filter on transformed or selected events");
            selects = selects.and(Known::Unknown(vec![cause]));
        }
        let mut led = alarms_cut_short.map(Led::unknown).unwrap_or_default();
        for alarm in alarms {
            let Ok(config) = serde_json::from_value::<MetricAlarm>(Value::Object(alarm.config.clone())) else {
                led = led.or(Led::unknown(&missing(alarm, "config")));
                continue;
            };
            let counted = filter.metric_transformations.iter().map(|counted| fires(&config, counted));
            let firing = counted.fold(Known::Is(false), Match::or);
            if firing != Known::Is(false) {
                inputs.add(&Inputs::of(alarm));
                let firing = known(firing, "cloudwatch:DescribeAlarms");
                led = led.or(of_alarm(alarm, &config, coverage, topics).when(&firing));
            }
        }
        Self { log_group: filter.log_group_name, led, pattern, selects }
    }

    /// It counts the event.
    pub(super) fn counts(&self, event: &Event) -> Fact {
        known(self.pattern.matches(&event.record), "logs:DescribeMetricFilters").and(self.selects.clone())
    }
}

/// Where an alarm leads when it fires: its own actions, and those of composite alarms that fire with it.
fn of_alarm(alarm: &Resource, config: &MetricAlarm, coverage: &Resource, topics: &[Topic]) -> Led {
    let on = Known::of(config.actions_enabled, missing(alarm, "config.actions_enabled"));
    let own = match &config.alarm_actions {
        Some(actions) => Led::through(&on, actions, coverage, topics),
        None => Led::unknown(&missing(alarm, "config.alarm_actions")).when(&on),
    };
    let above = alarm.derived.get("composite_alarms").cloned();
    let Some(above) = above.and_then(|above| serde_json::from_value::<Vec<Above>>(above).ok()) else {
        return own.or(Led::unknown(&missing(alarm, "derived.composite_alarms")));
    };
    let acts = |above: Above| {
        let on = Known::Is(above.fires_alone && above.actions_enabled);
        Led::through(&on, &above.alarm_actions, coverage, topics)
    };
    above.into_iter().map(acts).fold(own, Led::or)
}

/// A rule of EventBridge.
#[derive(Debug)]
pub(super) struct RuleRoute {
    pub(super) led: Led,
    pattern: EventPattern,
    /// It gets events that only read, too.
    gets_reads: bool,
}

impl RuleRoute {
    pub(super) fn of(coverage: &Resource, rule: &Rule, topics: &[Topic]) -> Self {
        let led = match &rule.targets {
            Some(targets) => Led::through(&Known::Is(true), targets, coverage, topics),
            None => Led::unknown(&missing(coverage, &format!("config.rules.{}.targets", rule.name))),
        };
        let gets_reads = rule.state == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";
        Self { led, pattern: EventPattern::read(&rule.event_pattern), gets_reads }
    }

    /// It matches the event, which is delivered to it.
    pub(super) fn gets(&self, event: &Event) -> Fact {
        let delivered = Known::Is(self.gets_reads || !event.read_only);
        delivered.and(known(self.pattern.matches(&event.delivered()), "events:ListRules"))
    }
}

/// What is not understood is unknown because of the call that told it.
fn known(found: Match, operation: &str) -> Fact {
    match found {
        Known::Is(value) => Known::Is(value),
        Known::Unknown(causes) => {
            let what = causes.first().copied().unwrap_or("-");
            Known::Unknown(vec![gap(operation, GapReason::Malformed, what)])
        }
    }
}

/// Whether an action or target has a confirmed subscriber. What restarts machines, scales or writes a log tells nobody; what
/// else is no topic may, and is not asked.
fn confirmed(arn: &str, coverage: &Resource, topics: &[Topic]) -> Fact {
    let unread = |operation, code| Known::Unknown(vec![gap(operation, GapReason::Unavailable, code)]);
    match arn.split(':').nth(2) {
        Some("automate" | "swf" | "autoscaling" | "logs") => Known::Is(false),
        Some("sns") => match topics.iter().find(|topic| topic.topic_arn == arn) {
            Some(Topic { confirmed_subscriptions: Some(found), .. }) => Known::Is(!found.is_empty()),
            Some(_) => {
                let path = format!("config.topics.{arn}.confirmed_subscriptions");
                Known::Unknown(vec![missing(coverage, &path)])
            }
            None => unread("sns:ListSubscriptionsByTopic", "not asked"),
        },
        _ => unread("sns:ListSubscriptionsByTopic", "a target that is no topic"),
    }
}
