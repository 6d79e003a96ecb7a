//! Cloud Monitoring: whether what happens in a project reaches a person.

mod alerts;
mod coverage;
mod firing;
mod shapes;

use super::operation::{Family, Items, Operation, Request, ResourceType};
use crate::declaration::{Reach, Shape};
use schemars::JsonSchema;

/// `projects.metrics.list`: metrics made from log entries.
static METRICS: Operation = Operation {
    service: "logging.googleapis.com",
    name: "logging.projects.metrics.list",
    permission: "logging.logMetrics.list",
    request: Request::Get("v2/projects/{project}/metrics?pageSize=1000"),
    items: Items::In("metrics"),
    docs: "https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.metrics/list",
    ..Operation::PLAIN
};

/// `projects.alertPolicies.list`.
static POLICIES: Operation = Operation {
    service: "monitoring.googleapis.com",
    name: "monitoring.projects.alertPolicies.list",
    permission: "monitoring.alertPolicies.list",
    request: Request::Get("v3/projects/{project}/alertPolicies?pageSize=1000"),
    items: Items::In("alertPolicies"),
    docs: "https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies/list",
    ..Operation::PLAIN
};

/// `projects.notificationChannels.list`. Labels hold addresses, and of some types passwords and tokens.
static CHANNELS: Operation = Operation {
    service: "monitoring.googleapis.com",
    name: "monitoring.projects.notificationChannels.list",
    permission: "monitoring.notificationChannels.list",
    request: Request::Get("v3/projects/{project}/notificationChannels?pageSize=1000"),
    items: Items::In("notificationChannels"),
    secrets: &["notificationChannels[].labels.*", "notificationChannels[].sensitiveLabels.*"],
    docs: "https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.notificationChannels/list",
    ..Operation::PLAIN
};

/// Everything of Cloud Monitoring.
pub const FAMILY: Family = Family {
    name: "monitoring",
    types: &[ResourceType {
        name: coverage::TYPE,
        about: "What of a project leads from a log entry to a person: metrics, alerting policies, channels, and the alerts that they give",
        reach: Reach::Global,
        operations: &[&METRICS, &POLICIES, &CHANNELS],
        config: Shape::of(shapes::Config::json_schema),
        derived: Shape::of(shapes::Derived::json_schema),
        collect: None,
        instead: &[],
    }],
    collect: Some(|context| Box::pin(coverage::collect(context))),
};

#[cfg(test)]
mod tests;
