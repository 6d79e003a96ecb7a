//! Rates that AWS publishes, for an account in a region, where calls in parallel would go beyond them. Those that are far
//! above what is asked (KMS: hundreds a second) and services without a published one are deliberately not here: there the
//! parallel calls, and a pause after each refusal, have to do.

/// A rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    /// The word for operations that are counted together; none where each is counted by itself.
    pub(super) together: Option<&'static str>,
    /// Calls that may come at once.
    pub(super) burst: u32,
    /// Calls a second.
    pub(super) per_second: f64,
}

/// The rate of an operation, where there is one.
#[expect(clippy::match_same_arms, reason = "one line for each source")]
pub(super) fn rate(service: &str, operation: &str) -> Option<Rate> {
    let alone = |per_second: u32| Some(Rate { together: None, burst: per_second, per_second: f64::from(per_second) });
    let together = |word: &'static str, per_second: u32| {
        Some(Rate { together: Some(word), burst: per_second, per_second: f64::from(per_second) })
    };
    match (service, operation) {
        // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
        ("cloudtrail", "LookupEvents") => alone(2),
        ("cloudtrail", _) => together("Get, Describe and List", 10),
        // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
        ("cloudwatch", "DescribeAlarms") => alone(9),
        // https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html: each non-mutating operation
        ("ec2", _) => Some(Rate { together: None, burst: 100, per_second: 20.0 }),
        // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        ("lambda", "GetPolicy") => alone(15),
        ("lambda", _) => together("control plane", 15),
        // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
        ("logs", "DescribeLogGroups") => alone(10),
        ("logs", "DescribeMetricFilters") => alone(5),
        // https://docs.aws.amazon.com/general/latest/gr/arg.html
        ("resourcegroupstaggingapi", "GetResources") => alone(15),
        // https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
        ("secretsmanager", "ListSecrets") => alone(100),
        ("secretsmanager", "GetResourcePolicy") => alone(50),
        _ => None,
    }
}
