//! CloudWatch: metric alarms, and whether an account would be told of the fifteen kinds of events that call for it.
//!
//! [`alerts`] says which events these are, [`filter_pattern`] and [`event_pattern`] say what matches them, and
//! [`super::join`] brings trails, filters, alarms and subscribers together.

pub mod alarm;
pub mod alerts;
pub mod composite;
pub mod coverage;
pub mod event_pattern;
pub mod filter_pattern;
pub mod firing;
pub mod matching;

use super::{Family, Operation, Paging, ResourceType};

/// Lists the alarms of a region, metric alarms and composite alarms.
pub static DESCRIBE_ALARMS: Operation = Operation {
    service: "cloudwatch",
    name: "DescribeAlarms",
    permission: "cloudwatch:DescribeAlarms",
    paging: Paging::Token { input: "NextToken", output: "NextToken" },
    docs: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html",
    ..Operation::PLAIN
};

/// CloudWatch's family. The alarms are read first: they say which topics are asked for their subscribers.
pub const FAMILY: Family = Family {
    name: "cloudwatch",
    types: &[
        ResourceType {
            collect: None,
            ..ResourceType::regional::<alarm::MetricAlarm>(
                "A metric alarm, with the composite alarms that have it as a component.",
            )
        },
        coverage::TYPE,
    ],
    collect: Some(|context| {
        Box::pin(async move {
            let mut collected = super::listing::regional::<alarm::MetricAlarm>(context).await;
            let coverage = coverage::collect(context, &collected.resources).await;
            collected.merge(coverage);
            collected
        })
    }),
};

#[cfg(test)]
mod tests;
