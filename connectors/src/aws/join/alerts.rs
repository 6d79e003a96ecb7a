//! Whether somebody is told of the fifteen kinds of events that call for it.
//!
//! An event leads to a person by one of two ways: a multi-region trail records it into a log group, a metric filter there
//! counts it, and an alarm on the metric fires and tells a topic; or EventBridge delivers it to a rule in the event's
//! region, whose target is a topic. Different events of one alert may take different ways. What cannot be weighed (a pattern
//! that is not understood, a target that is no topic, an organisation's trail that a member account does not list) is
//! unknown.

mod route;

use super::cause::{at, fact, gap, lists_cut_short, lists_cut_short_in, missing};
use super::{Fact, Inputs, TRAIL, of_type};
use crate::aws::cloudtrail::selectors::{AdvancedEventSelector, EventSelector, FieldSelector};
use crate::aws::cloudwatch::alarm::MetricAlarm;
use crate::aws::cloudwatch::alerts::{ALERTS, Alert, Event};
use crate::aws::cloudwatch::coverage::{self, Rule};
use crate::aws::listing::Listed;
use crate::aws::partition;
use crate::aws::s3::known::Known;
use crate::collection::Collected;
use evidenced_schemas::{Gap, GapReason, Resource};
use route::{FilterRoute, Led, RuleRoute};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What of a region leads from an event to a person.
pub(super) const COVERAGE: &str = coverage::NAME;
/// Metric alarms.
pub(super) const ALARM: &str = MetricAlarm::TYPE;

type Settled<T> = Result<T, Gap>;

/// The ways of all regions.
#[derive(Debug)]
pub(super) struct Facts {
    trails: Vec<Resource>,
    trails_cut_short: Option<Gap>,
    regions: BTreeMap<String, Region>,
}

/// The ways of a region.
#[derive(Debug)]
struct Region {
    filters: Settled<Vec<FilterRoute>>,
    rules: Settled<Vec<RuleRoute>>,
    quota_alarms: Settled<Vec<String>>,
    inputs: Inputs,
}

/// What is known of one event, or of all events of an alert.
#[derive(Clone, Debug)]
struct Found {
    matched: Fact,
    led: Led,
}

impl Facts {
    pub(super) fn new(collected: &Collected) -> Self {
        let documents = of_type(&collected.resources, COVERAGE);
        let alarms = of_type(&collected.resources, ALARM);
        let region = |document: &Resource| {
            let cut = lists_cut_short_in(&collected.populations, ALARM, &document.region, "cloudwatch:DescribeAlarms");
            let own: Vec<&Resource> = alarms.iter().filter(|alarm| alarm.region == document.region).collect();
            (document.region.clone(), Region::of(document, &own, cut.as_ref()))
        };
        Self {
            trails: of_type(&collected.resources, TRAIL),
            trails_cut_short: lists_cut_short(&collected.populations, TRAIL, "cloudtrail:DescribeTrails"),
            regions: documents.iter().map(region).collect(),
        }
    }

    /// Fills in what a region's document derives.
    pub(super) fn fill(&self, document: &mut Resource) {
        let (account, region) = (document.scope.as_str().to_owned(), document.region.clone());
        let mut coverage = Map::new();
        for alert in &ALERTS {
            let told = self.of_alert(alert, &account, &region, document);
            coverage.insert(alert.key.to_owned(), told);
        }
        document.derived.insert("alert_coverage".to_owned(), Value::Object(coverage));
        match self.regions.get(&region).map(|region| &region.quota_alarms) {
            Some(Ok(names)) => {
                document.derived.insert("quota_alarms".to_owned(), json!(names));
            }
            Some(Err(cause)) => {
                document.gaps.push(Gap { field: "derived.quota_alarms".to_owned(), ..cause.clone() });
            }
            None => {}
        }
        self.inputs(&account, &region).note(document);
    }

    /// Everything that could settle the facts of a region: its own ways, those of the global region and of the log groups of
    /// trails, and all trails.
    fn inputs(&self, account: &str, region: &str) -> Inputs {
        let mut regions = vec![region.to_owned(), partition::of_region(region).global_region.to_owned()];
        let mut inputs = Inputs::default();
        for trail in &self.trails {
            inputs.add(&Inputs::of(trail));
            regions.extend(log_group(trail).filter(|group| group.account == account).map(|group| group.region));
        }
        for region in regions.iter().filter_map(|region| self.regions.get(region)) {
            inputs.add(&region.inputs);
        }
        inputs
    }

    fn of_alert(&self, alert: &Alert, account: &str, region: &str, document: &mut Resource) -> Value {
        let mut whole =
            Found { matched: Known::Is(true), led: Led { enabled: Known::Is(true), confirmed: Known::Is(true) } };
        let mut unmatched = Vec::new();
        for event in alert.events(account, region) {
            let found = self.of_event(&event, account);
            if found.matched == Known::Is(false) {
                unmatched.push(event.name().to_owned());
            }
            whole.matched = whole.matched.and(found.matched);
            whole.led.enabled = whole.led.enabled.and(found.led.enabled);
            whole.led.confirmed = whole.led.confirmed.and(found.led.confirmed);
        }
        let facts = [
            ("matched", whole.matched),
            ("has_enabled_target", whole.led.enabled),
            ("has_confirmed_target", whole.led.confirmed),
        ];
        let mut told = Map::from_iter([("unmatched_events".to_owned(), json!(unmatched))]);
        for (key, fact) in facts {
            match fact {
                Known::Is(value) => {
                    told.insert(key.to_owned(), Value::Bool(value));
                }
                Known::Unknown(causes) => {
                    let first = causes.into_iter().next().expect("an unknown fact has a cause");
                    let field = format!("derived.alert_coverage.{}.{key}", alert.key);
                    document.gaps.push(Gap { field, ..first });
                }
            }
        }
        Value::Object(told)
    }

    fn of_event(&self, event: &Event, account: &str) -> Found {
        let mut found = Found::nothing();
        found.or_unknown(self.trails_cut_short.as_ref());
        for trail in &self.trails {
            self.by_trail(trail, event, account, &mut found);
        }
        self.by_rules(event, &mut found);
        found
    }

    /// The ways through the log group of a trail.
    fn by_trail(&self, trail: &Resource, event: &Event, account: &str, found: &mut Found) {
        let Some(group) = log_group(trail) else { return };
        let recorded = fact(trail, "config.status.is_logging", Value::as_bool)
            .and(fact(trail, "config.is_multi_region_trail", Value::as_bool))
            .and(records(trail, event));
        if recorded == Known::Is(false) {
            return;
        }
        let unread = |reason, code| gap("logs:DescribeMetricFilters", reason, code);
        let filters = match self.regions.get(&group.region) {
            _ if group.account != account => Err(unread(GapReason::Denied, "log group of another account")),
            None => Err(unread(GapReason::Unavailable, "region not read")),
            Some(region) => region.filters.as_ref().map_err(Clone::clone),
        };
        match filters {
            Err(cause) => found.or(&recorded.and(Known::Unknown(vec![cause.clone()])), &Led::unknown(&cause)),
            Ok(filters) => {
                for route in filters.iter().filter(|route| route.log_group == group.name) {
                    found.or(&recorded.clone().and(route.counts(event)), &route.led);
                }
            }
        }
    }

    /// The ways through the rules of the event's region.
    fn by_rules(&self, event: &Event, found: &mut Found) {
        let rules = match self.regions.get(&event.region) {
            None => Err(gap("events:ListRules", GapReason::Unavailable, "region not read")),
            Some(region) => region.rules.as_ref().map_err(Clone::clone),
        };
        match rules {
            Err(cause) => found.or_unknown(Some(&cause)),
            Ok(rules) => {
                for route in rules {
                    found.or(&route.gets(event).and(self.delivers(event)), &route.led);
                }
            }
        }
    }

    /// EventBridge gets the event: it is recorded by some trail. A member account does not list the trail of its
    /// organisation, so no trail of its own proves nothing.
    /// Source: EventBridge User Guide, "AWS service events delivered via AWS CloudTrail".
    fn delivers(&self, event: &Event) -> Fact {
        let reaches = |trail: &Resource| {
            fact(trail, "config.is_multi_region_trail", Value::as_bool)
                .or(fact(trail, "config.home_region", |home| Some(home.as_str() == Some(event.region.as_str()))))
        };
        let recorded = self.trails.iter().any(|trail| {
            fact(trail, "config.status.is_logging", Value::as_bool).and(reaches(trail)).and(records(trail, event))
                == Known::Is(true)
        });
        if recorded {
            return Known::Is(true);
        }
        let cause = gap("cloudtrail:DescribeTrails", GapReason::NotFound, "no trail of the account records the event");
        Known::Unknown(vec![cause])
    }
}

impl Found {
    fn nothing() -> Self {
        Self { matched: Known::Is(false), led: Led::default() }
    }

    /// One more way.
    fn or(&mut self, matched: &Fact, led: &Led) {
        let both = |before: &Fact, led: &Fact| before.clone().or(matched.clone().and(led.clone()));
        self.led.enabled = both(&self.led.enabled, &led.enabled);
        self.led.confirmed = both(&self.led.confirmed, &led.confirmed);
        self.matched = self.matched.clone().or(matched.clone());
    }

    /// Ways that could not be read.
    fn or_unknown(&mut self, cause: Option<&Gap>) {
        if let Some(cause) = cause {
            self.or(&Known::Unknown(vec![cause.clone()]), &Led::unknown(cause));
        }
    }
}

impl Region {
    fn of(document: &Resource, alarms: &[&Resource], alarms_cut_short: Option<&Gap>) -> Self {
        let mut inputs = Inputs::of(document);
        let topics = listed(document, "config.topics").unwrap_or_default();
        let filters = listed(document, "config.metric_filters").map(|filters| {
            let route = |filter| FilterRoute::of(document, filter, alarms, alarms_cut_short, &topics, &mut inputs);
            filters.into_iter().map(route).collect()
        });
        let rules = listed::<Rule>(document, "config.rules");
        let rules = rules.map(|rules| rules.iter().map(|rule| RuleRoute::of(document, rule, &topics)).collect());
        let quota_alarms =
            alarms_cut_short.map_or_else(|| quota_alarms(alarms, &mut inputs), |cause| Err(cause.clone()));
        Self { filters, rules, quota_alarms, inputs }
    }
}

fn listed<T: DeserializeOwned>(document: &Resource, path: &str) -> Settled<Vec<T>> {
    let value = at(document, path).cloned().ok_or_else(|| missing(document, path))?;
    serde_json::from_value(value).map_err(|_| missing(document, path))
}

/// Names of the alarms that act and watch how much of a quota is used.
fn quota_alarms(alarms: &[&Resource], inputs: &mut Inputs) -> Settled<Vec<String>> {
    let mut names = Vec::new();
    for resource in alarms {
        let alarm: MetricAlarm = serde_json::from_value(Value::Object(resource.config.clone()))
            .map_err(|_| missing(resource, "config.alarm_name"))?;
        let usage = |namespace: Option<&String>| namespace.is_some_and(|namespace| namespace == "AWS/Usage");
        let watches = usage(alarm.namespace.as_ref())
            || alarm.metrics.iter().any(|query| {
                let quota = query.expression.as_ref().is_some_and(|text| text.contains("SERVICE_QUOTA("));
                quota || query.metric_stat.as_ref().is_some_and(|stat| usage(stat.metric.namespace.as_ref()))
            });
        inputs.add(&Inputs::of(resource));
        if !watches {
            continue;
        }
        let acts = alarm.actions_enabled.ok_or_else(|| missing(resource, "config.actions_enabled"))?;
        let actions = alarm.alarm_actions.ok_or_else(|| missing(resource, "config.alarm_actions"))?;
        if acts && !actions.is_empty() {
            names.push(alarm.alarm_name);
        }
    }
    names.sort();
    Ok(names)
}

/// A log group as a trail names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LogGroup {
    region: String,
    account: String,
    name: String,
}

/// `arn:aws:logs:eu-west-1:123456789012:log-group:name:*`
fn log_group(trail: &Resource) -> Option<LogGroup> {
    let arn = at(trail, "config.cloud_watch_logs_log_group_arn")?.as_str()?;
    match arn.splitn(7, ':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "logs", region, account, "log-group", name] => Some(LogGroup {
            region: (*region).to_owned(),
            account: (*account).to_owned(),
            name: name.trim_end_matches(":*").to_owned(),
        }),
        _ => None,
    }
}

/// Whether the trail's selectors record the event.
fn records(trail: &Resource, event: &Event) -> Fact {
    fact(trail, "derived.management_events", |kinds| match kinds.as_str()? {
        "All" => Some(true),
        "None" => Some(false),
        "ReadOnly" => Some(event.read_only),
        "WriteOnly" => Some(!event.read_only),
        "Partial" => selected(trail, event),
        _ => None,
    })
}

/// The same, selector by selector; none where a selector asks what the event does not tell.
fn selected(trail: &Resource, event: &Event) -> Option<bool> {
    let basic: Option<Vec<EventSelector>> =
        serde_json::from_value(at(trail, "config.event_selectors")?.clone()).ok()?;
    let advanced: Option<Vec<AdvancedEventSelector>> =
        serde_json::from_value(at(trail, "config.advanced_event_selectors")?.clone()).ok()?;
    let kind = if event.read_only { "ReadOnly" } else { "WriteOnly" };
    let by_basic = basic.unwrap_or_default().iter().any(|selector| {
        selector.include_management_events
            && ["All", kind].contains(&selector.read_write_type.as_str())
            && !selector.exclude_management_event_sources.iter().any(|source| source == event.source())
    });
    let mut found = Some(by_basic);
    for selector in advanced.unwrap_or_default() {
        let holds = selector.field_selectors.iter().map(|field| holds(field, event)).fold(Some(true), and);
        found = match (found, holds) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), known) => known,
            (None, _) => None,
        };
    }
    found
}

fn and(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn holds(selector: &FieldSelector, event: &Event) -> Option<bool> {
    let value = match selector.field.as_str() {
        "eventCategory" => "Management".to_owned(),
        "readOnly" => event.read_only.to_string(),
        "eventSource" => event.source().to_owned(),
        "eventName" => event.name().to_owned(),
        "eventType" => event.record.get("eventType")?.as_str()?.to_owned(),
        _ => return None,
    };
    let one_of = |list: &Option<Vec<String>>, fits: &dyn Fn(&str) -> bool| {
        list.as_ref().map(|list| list.iter().any(|wanted| fits(wanted)))
    };
    let positive = [
        one_of(&selector.equals, &|wanted| value == wanted),
        one_of(&selector.starts_with, &|wanted| value.starts_with(wanted)),
        one_of(&selector.ends_with, &|wanted| value.ends_with(wanted)),
    ];
    let negative = [
        one_of(&selector.not_equals, &|wanted| value == wanted),
        one_of(&selector.not_starts_with, &|wanted| value.starts_with(wanted)),
        one_of(&selector.not_ends_with, &|wanted| value.ends_with(wanted)),
    ];
    Some(positive.into_iter().flatten().all(|fits| fits) && !negative.into_iter().flatten().any(|fits| fits))
}

#[cfg(test)]
mod tests;
