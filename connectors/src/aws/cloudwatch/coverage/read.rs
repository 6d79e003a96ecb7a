//! Reads a region's filters, rules and topics.

use super::shapes::{CoverageConfig, CoverageDerived, MetricFilter, Rule, Topic, Transformation};
use crate::aws::cloudwatch::alarm::MetricAlarm;
use crate::aws::cloudwatch::alerts::{ALERTS, Event};
use crate::aws::cloudwatch::composite::Above;
use crate::aws::cloudwatch::event_pattern::EventPattern;
use crate::aws::cloudwatch::filter_pattern::FilterPattern;
use crate::aws::cloudwatch::firing::fires;
use crate::aws::listing::{Listed, Place};
use crate::aws::logs;
use crate::aws::organizations::DESCRIBE_ORGANIZATION;
use crate::aws::s3::known::Known;
use crate::aws::{Context, Operation, Paging, sdk};
use crate::collection::{Collected, Tally};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use evidenced_schemas::Resource;
use futures::stream::{self, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Regions, rules and topics that are read at the same time. The transport bounds the calls.
const AT_ONCE: usize = 16;
const PAGES: Paging = Paging::Token { input: "NextToken", output: "NextToken" };

/// Lists the metric filters of all log groups of a region.
pub static DESCRIBE_METRIC_FILTERS: Operation = logs::list(
    "DescribeMetricFilters",
    "logs:DescribeMetricFilters",
    "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeMetricFilters.html",
);

/// Lists the rules of a region's default event bus.
pub static LIST_RULES: Operation = Operation {
    service: "events",
    name: "ListRules",
    permission: "events:ListRules",
    paging: PAGES,
    docs: "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRules.html",
    ..Operation::PLAIN
};

/// Lists the targets of a rule. What a rule sends may hold keys of whoever receives it.
pub static LIST_TARGETS_BY_RULE: Operation = Operation {
    service: "events",
    name: "ListTargetsByRule",
    permission: "events:ListTargetsByRule",
    paging: PAGES,
    secrets: &[
        "Targets[].Input",
        "Targets[].HttpParameters.HeaderParameters.*",
        "Targets[].HttpParameters.QueryStringParameters.*",
    ],
    docs: "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListTargetsByRule.html",
    ..Operation::PLAIN
};

/// Lists the subscriptions of a topic, whoever owns them. Addresses are people's own, and those of web hooks hold keys.
pub static LIST_SUBSCRIPTIONS_BY_TOPIC: Operation = Operation {
    service: "sns",
    name: "ListSubscriptionsByTopic",
    permission: "sns:ListSubscriptionsByTopic",
    paging: PAGES,
    absent: &["NotFound", "NotFoundException"],
    secrets: &["Endpoint"],
    docs: "https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html",
    ..Operation::PLAIN
};

type Outcome<T> = Result<Read<T>, CollectError>;

/// A document for each region of the run. `alarms` are those of all regions.
pub(in crate::aws::cloudwatch) async fn collect(context: &Context, alarms: &[Resource]) -> Collected {
    let manager = management_account(context).await;
    let account = context.account();
    let of_region = |region: &String| ALERTS.iter().flat_map(|alert| alert.events(account, region)).collect::<Vec<_>>();
    let events: Vec<Event> = context.regions().iter().flat_map(of_region).collect();
    let (manager, events) = (&manager, events.as_slice());
    let regions: Vec<_> = context
        .regions()
        .iter()
        .map(|region| Box::pin(document(Place { context, region }, alarms, manager, events)))
        .collect();
    let resources = stream::iter(regions).buffered(AT_ONCE).collect::<Vec<_>>().await;
    let row = |region: &String| {
        let mut tally = Tally::new(super::NAME, region);
        tally.page();
        tally.close(&resources)
    };
    Collected { populations: context.regions().iter().map(row).collect(), resources, ..Collected::default() }
}

async fn document(
    place: Place<'_>,
    alarms: &[Resource],
    manager: &Outcome<Option<String>>,
    events: &[Event],
) -> Resource {
    let id = format!("{}/{}", place.context.account(), place.region);
    let mut draft = Draft::new(super::NAME, id, place.region, place.region);
    let (filters, rules) = futures::join!(metric_filters(place), rules(place, events));
    let metric_filters = draft.take("config.metric_filters", filters.map(|read| read.map(Some)));
    let rules = draft.take("config.rules", rules.map(|read| read.map(Some)));
    let rules = match rules {
        Field::Value(rules) => Field::Value(targets(place, &mut draft, rules).await),
        other => other,
    };
    let own: Vec<&Resource> = alarms.iter().filter(|alarm| alarm.region == place.region).collect();
    let told = told_topics(metric_filters.value(), rules.value(), &own, events);
    let topics = topics(place, &mut draft, told).await;
    let management_account_id = draft.take("config.management_account_id", manager.clone());
    let is_management_account = match management_account_id.known() {
        Some(manager) => Field::Value(manager.is_some_and(|manager| manager == place.context.account())),
        None => Field::Unread,
    };
    if is_management_account.is_unread() {
        draft.miss_with("derived.is_management_account", &["config.management_account_id"]);
    }
    let config = CoverageConfig { metric_filters, rules, topics, management_account_id };
    let derived = CoverageDerived { is_management_account, ..CoverageDerived::default() };
    place.context.finish(draft, &config, &derived)
}

async fn management_account(context: &Context) -> Outcome<Option<String>> {
    #[derive(Deserialize)]
    struct Answer {
        organization: Organization,
    }
    #[derive(Deserialize)]
    struct Organization {
        master_account_id: String,
    }
    let place = Place { context, region: "global" };
    let answer = sdk::absent(&DESCRIBE_ORGANIZATION, place.one::<Answer>(&DESCRIBE_ORGANIZATION, json!({})).await)?;
    Ok(answer.map(|answer| answer.map(|answer| answer.organization.master_account_id)))
}

async fn metric_filters(place: Place<'_>) -> Outcome<Vec<MetricFilter>> {
    #[derive(Deserialize)]
    struct Answer {
        log_group_name: String,
        filter_name: String,
        filter_pattern: Option<String>,
        apply_on_transformed_logs: Option<bool>,
        field_selection_criteria: Option<String>,
        emit_system_field_dimensions: Option<Vec<String>>,
        metric_transformations: Vec<Counted>,
    }
    #[derive(Deserialize)]
    struct Counted {
        metric_namespace: String,
        metric_name: String,
        metric_value: String,
        default_value: Option<f64>,
        dimensions: Option<Value>,
    }
    let filled = |value: &Value| value.as_object().is_some_and(|members| !members.is_empty());
    let filter = |answer: Answer| {
        let adds = answer.emit_system_field_dimensions.is_some_and(|fields| !fields.is_empty());
        let counted = |counted: Counted| Transformation {
            metric_namespace: counted.metric_namespace,
            metric_name: counted.metric_name,
            metric_value: counted.metric_value,
            default_value: counted.default_value,
            has_dimensions: adds || counted.dimensions.as_ref().is_some_and(filled),
        };
        MetricFilter {
            log_group_name: answer.log_group_name,
            filter_name: answer.filter_name,
            filter_pattern: answer.filter_pattern.unwrap_or_default(),
            apply_on_transformed_logs: answer.apply_on_transformed_logs,
            field_selection_criteria: answer.field_selection_criteria,
            metric_transformations: answer.metric_transformations.into_iter().map(counted).collect(),
        }
    };
    let read = place.whole::<Answer>(&DESCRIBE_METRIC_FILTERS, &["metric_filters"], json!({"limit": 50})).await?;
    Ok(read.map(|answers| {
        let mut filters: Vec<MetricFilter> = answers.into_iter().map(filter).collect();
        filters.sort_by(|a, b| (&a.log_group_name, &a.filter_name).cmp(&(&b.log_group_name, &b.filter_name)));
        filters
    }))
}

/// Enabled rules that may match an event of the region.
async fn rules(place: Place<'_>, events: &[Event]) -> Outcome<Vec<Rule>> {
    #[derive(Deserialize)]
    struct Answer {
        name: String,
        arn: String,
        state: String,
        event_pattern: Option<String>,
    }
    let here: Vec<Value> = events.iter().filter(|event| event.region == place.region).map(Event::delivered).collect();
    let read = place.whole::<Answer>(&LIST_RULES, &["rules"], json!({"Limit": 100})).await?;
    let may_match = |answer: Answer| {
        let event_pattern = answer.event_pattern.filter(|_| answer.state != "DISABLED")?;
        let pattern = EventPattern::read(&event_pattern);
        let fits = here.iter().any(|event| pattern.matches(event) != Known::Is(false));
        let (name, arn, state) = (answer.name, answer.arn, answer.state);
        fits.then_some(Rule { name, arn, state, event_pattern, targets: None })
    };
    Ok(read.map(|answers| {
        let mut rules: Vec<Rule> = answers.into_iter().filter_map(may_match).collect();
        rules.sort_by(|a, b| a.name.cmp(&b.name));
        rules
    }))
}

/// Reads the targets of these rules into them.
async fn targets(place: Place<'_>, draft: &mut Draft, rules: Vec<Rule>) -> Vec<Rule> {
    #[derive(Deserialize)]
    struct Target {
        arn: String,
    }
    let ask = |rule: &Rule| {
        let input = json!({"Rule": rule.name, "Limit": 100});
        Box::pin(async move { place.whole::<Target>(&LIST_TARGETS_BY_RULE, &["targets"], input).await })
    };
    let asked: Vec<_> = rules.iter().map(ask).collect();
    let answers = stream::iter(asked).buffered(AT_ONCE).collect::<Vec<_>>().await;
    let with = |(rule, answer): (Rule, Outcome<Vec<Target>>)| {
        let sorted = |targets: Vec<Target>| {
            let arns: BTreeSet<String> = targets.into_iter().map(|target| target.arn).collect();
            Some(arns.into_iter().collect())
        };
        let field = draft.take(&format!("config.rules.{}.targets", rule.name), answer.map(|read| read.map(sorted)));
        Rule { targets: field.value().cloned(), ..rule }
    };
    rules.into_iter().zip(answers).map(with).collect()
}

/// Topics that an alarm on a fitting filter's metric, a composite alarm above it, or a fitting rule tells.
fn told_topics(
    filters: Option<&Vec<MetricFilter>>,
    rules: Option<&Vec<Rule>>,
    alarms: &[&Resource],
    events: &[Event],
) -> BTreeSet<String> {
    let fits = |filter: &&MetricFilter| {
        let pattern = FilterPattern::read(&filter.filter_pattern);
        events.iter().any(|event| pattern.matches(&event.record) != Known::Is(false))
    };
    let counted: Vec<&Transformation> =
        filters.into_iter().flatten().filter(fits).flat_map(|filter| &filter.metric_transformations).collect();
    let mut actions: BTreeSet<String> = BTreeSet::new();
    for alarm in alarms.iter().filter(|alarm| alarm.type_ == MetricAlarm::TYPE) {
        let Ok(config) = serde_json::from_value::<MetricAlarm>(Value::Object(alarm.config.clone())) else { continue };
        if counted.iter().all(|counted| fires(&config, counted) == Known::Is(false)) {
            continue;
        }
        actions.extend(config.alarm_actions.into_iter().flatten());
        let above = alarm.derived.get("composite_alarms").cloned().unwrap_or_default();
        let above: Vec<Above> = serde_json::from_value(above).unwrap_or_default();
        actions.extend(above.into_iter().flat_map(|above| above.alarm_actions));
    }
    actions.extend(rules.into_iter().flatten().flat_map(|rule| rule.targets.iter().flatten()).cloned());
    actions.retain(|arn| region_of_topic(arn).is_some());
    actions
}

/// `arn:aws:sns:eu-west-1:123456789012:topic`: `eu-west-1`; none for what is no topic.
fn region_of_topic(arn: &str) -> Option<&str> {
    match arn.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "sns", region, _, _] => Some(region),
        _ => None,
    }
}

async fn topics(place: Place<'_>, draft: &mut Draft, told: BTreeSet<String>) -> Vec<Topic> {
    let ask = |arn: &String| {
        let region = region_of_topic(arn).unwrap_or(place.region).to_owned();
        let input = json!({"TopicArn": arn});
        Box::pin(async move { confirmed(Place { context: place.context, region: &region }, input).await })
    };
    let asked: Vec<_> = told.iter().map(ask).collect();
    let answers = stream::iter(asked).buffered(AT_ONCE).collect::<Vec<_>>().await;
    let topic = |(topic_arn, answer): (String, Outcome<Option<Vec<String>>>)| {
        let path = format!("config.topics.{topic_arn}.confirmed_subscriptions");
        let confirmed = draft.take(&path, answer);
        let confirmed_subscriptions = confirmed.known().map(|found| found.cloned().unwrap_or_default());
        Topic { topic_arn, confirmed_subscriptions }
    };
    told.into_iter().zip(answers).map(topic).collect()
}

/// Protocols of the confirmed subscriptions of a topic; none where there is no such topic.
async fn confirmed(place: Place<'_>, input: Value) -> Outcome<Option<Vec<String>>> {
    #[derive(Deserialize)]
    struct Subscription {
        subscription_arn: String,
        protocol: String,
    }
    let operation = &LIST_SUBSCRIPTIONS_BY_TOPIC;
    let read = sdk::absent(operation, place.whole::<Subscription>(operation, &["subscriptions"], input).await)?;
    // `PendingConfirmation` and `Deleted` stand where a confirmed subscription has its ARN.
    let is_confirmed = |subscription: &Subscription| subscription.subscription_arn.starts_with("arn:");
    let protocols = |all: Vec<Subscription>| {
        let mut found: Vec<String> =
            all.into_iter().filter(is_confirmed).map(|subscription| subscription.protocol).collect();
        found.sort();
        found
    };
    Ok(read.map(|found| found.map(protocols)))
}
