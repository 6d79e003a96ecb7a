//! `gcp.monitoring.alert-coverage`: what of a project leads from a log entry to a person.

use super::alerts::{ALERTS, Alert};
use super::firing::{counts, fires, is_on, looks_for, works};
use super::shapes::{AlertCoverage, AlertPolicy, Channel, Config, Coverage, Derived, LogMetric};
use super::{CHANNELS, METRICS, POLICIES};
use crate::collection::Collected;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::door;
use crate::gcp::listing;
use crate::gcp::logging::log_query::{Entry, Match, all, any};
use serde_json::Value;
use std::collections::BTreeSet;

/// The resource type.
pub(super) const TYPE: &str = "gcp.monitoring.alert-coverage";

type Outcome<T> = Result<Read<Vec<T>>, CollectError>;

pub(super) async fn collect(context: &Context) -> Collected {
    let project = context.project();
    let id = format!("//monitoring.googleapis.com/projects/{project}");
    let mut draft = Draft::new(TYPE, id, project, "global");
    let (metrics, policies, channels) = futures::join!(
        listing::whole::<LogMetric>(context, &METRICS, &[], &Value::Null),
        listing::whole::<AlertPolicy>(context, &POLICIES, &[], &Value::Null),
        listing::whole::<Channel>(context, &CHANNELS, &[], &Value::Null),
    );
    let world = World::of(metrics, policies, channels, project);
    let config = Config {
        log_metrics: draft.take("config.log_metrics", world.metrics.clone().map(|read| read.map(Some))),
        alert_policies: draft.take("config.alert_policies", world.policies.clone().map(|read| read.map(Some))),
        notification_channels: draft
            .take("config.notification_channels", world.channels.clone().map(|read| read.map(Some))),
    };
    let derived = Derived { alert_coverage: world.coverage(&mut draft, project) };
    Collected::of_one(context.finish(draft, &config, &derived))
}

/// What was read of the project, as far as it may have a part in an alert.
struct World {
    metrics: Outcome<LogMetric>,
    policies: Outcome<AlertPolicy>,
    channels: Outcome<Channel>,
}

impl World {
    fn of(
        metrics: Outcome<LogMetric>,
        policies: Outcome<AlertPolicy>,
        channels: Outcome<Channel>,
        project: &str,
    ) -> Self {
        let entries: Vec<Entry> =
            ALERTS.iter().flat_map(|alert| alert.entries(project)).map(|(_, entry)| entry).collect();
        let metrics = metrics.map(|read| read.map(|all| sorted(all, |metric| metric.name.clone())));
        let counted: Vec<LogMetric> = metrics.as_ref().map(|read| read.value.clone()).unwrap_or_default();
        let may_fire = |policy: &AlertPolicy| {
            metrics.is_err() || entries.iter().any(|entry| fires(policy, &counted, entry) != Some(false))
        };
        let policies = policies.map(|read| {
            read.map(|all| sorted(all.into_iter().filter(may_fire).collect(), |policy| policy.name.clone()))
        });
        let told: BTreeSet<String> = policies.as_ref().map(|read| told(&read.value)).unwrap_or_default();
        let known = policies.is_ok();
        let channels = channels.map(|read| {
            let of_policy = |channel: &Channel| !known || told.contains(&channel.name);
            read.map(|all| sorted(all.into_iter().filter(of_policy).collect(), |channel| channel.name.clone()))
        });
        Self { metrics, policies, channels }
    }

    fn coverage(&self, draft: &mut Draft, project: &str) -> Field<AlertCoverage> {
        let (Ok(metrics), Ok(policies), Ok(channels)) = (&self.metrics, &self.policies, &self.channels) else {
            let inputs = ["config.log_metrics", "config.alert_policies", "config.notification_channels"];
            draft.miss_with("derived.alert_coverage", &inputs);
            return Field::Unread;
        };
        let working: BTreeSet<&str> =
            channels.value.iter().filter(|channel| works(channel)).map(|channel| channel.name.as_str()).collect();
        let mut of = |key: &str| match ALERTS.iter().find(|alert| alert.key == key) {
            Some(alert) => cover(draft, alert, project, &metrics.value, &policies.value, &working),
            None => Coverage::default(),
        };
        Field::Value(AlertCoverage {
            project_ownership: of("project-ownership"),
            audit_config: of("audit-config"),
            custom_role: of("custom-role"),
            firewall: of("firewall"),
            routes: of("routes"),
            networks: of("networks"),
            bucket_iam: of("bucket-iam"),
            sql_config: of("sql-config"),
        })
    }
}

fn told(policies: &[AlertPolicy]) -> BTreeSet<String> {
    policies.iter().flat_map(|policy| policy.notification_channels.iter().flatten()).cloned().collect()
}

fn sorted<T>(mut all: Vec<T>, by: impl Fn(&T) -> String) -> Vec<T> {
    all.sort_by_key(by);
    all
}

fn cover(
    draft: &mut Draft,
    alert: &Alert,
    project: &str,
    metrics: &[LogMetric],
    policies: &[AlertPolicy],
    working: &BTreeSet<&str>,
) -> Coverage {
    let entries = alert.entries(project);
    let matched = |entry: &Entry| {
        let by_metric = any(metrics.iter().map(|metric| counts(metric, entry)));
        any([by_metric, any(policies.iter().map(|policy| looks_for(policy, entry)))])
    };
    let fired = |entry: &Entry, wanted: &dyn Fn(&AlertPolicy) -> bool| {
        any(policies
            .iter()
            .filter(|policy| is_on(policy) && wanted(policy))
            .map(|policy| fires(policy, metrics, entry)))
    };
    let tells = |policy: &AlertPolicy| {
        policy.notification_channels.iter().flatten().any(|name| working.contains(name.as_str()))
    };
    let each = |judge: &dyn Fn(&Entry) -> Match| all(entries.iter().map(|(_, entry)| judge(entry)));
    let unmatched = entries.iter().filter(|(_, entry)| matched(entry) != Some(true));
    let mut take = |name: &str, known: Match| {
        let Some(known) = known else {
            let what = "a filter or a condition is not understood";
            let path = format!("derived.alert_coverage.{}.{name}", alert.key);
            draft.miss(&path, &door::malformed(&POLICIES, what, vec![]));
            return Field::Unread;
        };
        Field::Value(known)
    };
    Coverage {
        matched: take("matched", each(&matched)),
        has_enabled_policy: take("has_enabled_policy", each(&|entry| fired(entry, &|_| true))),
        has_working_channel: take("has_working_channel", each(&|entry| fired(entry, &tells))),
        unmatched_events: unmatched.map(|(name, _)| (*name).to_owned()).collect(),
    }
}
