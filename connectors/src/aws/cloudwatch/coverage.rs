//! `aws.cloudwatch.alarm-coverage`: what of a region leads from an event to a person.
//!
//! The list of metric filters is kept whole. Of the rules only those are kept that may match one of the events, and of the
//! topics only those that a fitting alarm or rule tells. Topics are asked one by one for their subscribers: `ListSubscriptions`
//! knows only subscriptions that the account itself owns, and topics that matter here are few.

mod read;
mod shapes;

pub(super) use read::collect;
pub use read::{DESCRIBE_METRIC_FILTERS, LIST_RULES, LIST_SUBSCRIPTIONS_BY_TOPIC, LIST_TARGETS_BY_RULE};
pub use shapes::{AlertCoverage, Coverage, CoverageConfig, CoverageDerived, MetricFilter, Rule, Topic, Transformation};

use super::DESCRIBE_ALARMS;
use crate::aws::organizations::DESCRIBE_ORGANIZATION;
use crate::aws::{Reach, ResourceType};
use crate::declaration::Shape;
use schemars::JsonSchema;

/// The type's name.
pub(in crate::aws) const NAME: &str = "aws.cloudwatch.alarm-coverage";

/// The type; read together with the alarms.
pub(super) const TYPE: ResourceType = ResourceType {
    name: NAME,
    about: "What of a region leads from an event to a person: metric filters, rules, topics, and the alerts that they give.",
    reach: Reach::Regional,
    operations: &[
        &DESCRIBE_METRIC_FILTERS,
        &DESCRIBE_ALARMS,
        &LIST_RULES,
        &LIST_TARGETS_BY_RULE,
        &LIST_SUBSCRIPTIONS_BY_TOPIC,
        &DESCRIBE_ORGANIZATION,
    ],
    config: Shape::of(CoverageConfig::json_schema),
    derived: Shape::of(CoverageDerived::json_schema),
    collect: None,
    instead: &[],
};
