use super::*;

/// When so many calls that are asked for at one instant may begin, after it.
fn starts(limits: &Limits, service: &str, operation: &str, calls: usize, now: Instant) -> Vec<Duration> {
    let pace = limits.pace(service, operation, "r");
    (0..calls).map(|_| pace.next(now) - now).collect()
}

#[test]
fn a_published_rate_is_kept_after_its_burst_and_after_a_rest() {
    let (limits, now) = (Limits::default(), Instant::now());
    let found = starts(&limits, "logs", "DescribeMetricFilters", 25, now);
    let expected: Vec<Duration> =
        (0..25).map(|call: u32| Duration::from_millis(200) * call.saturating_sub(4)).collect();
    assert_eq!(found, expected, "a burst of one second's calls, then five a second");
    let rested = starts(&limits, "logs", "DescribeMetricFilters", 6, now + Duration::from_mins(1));
    assert_eq!(rested.iter().filter(|time| time.is_zero()).count(), 5, "a rest saves no more than one burst");
}

#[test]
fn operations_that_are_counted_together_share_their_rate_and_others_do_not() {
    let (limits, now) = (Limits::default(), Instant::now());
    let at_once = |service, operation, calls| {
        starts(&limits, service, operation, calls, now).iter().filter(|time| time.is_zero()).count()
    };
    assert_eq!(at_once("lambda", "ListFunctions", 10), 10);
    assert_eq!(at_once("lambda", "GetFunctionConfiguration", 10), 5);
    assert_eq!(at_once("lambda", "GetPolicy", 20), 15);
    assert_eq!(at_once("ec2", "DescribeSnapshotAttribute", 140), 100);
    assert_eq!(at_once("ec2", "DescribeVpcs", 140), 100);
    assert_eq!(at_once("sqs", "GetQueueAttributes", 500), 500, "no rate is published");
}

#[test]
fn one_refusal_holds_back_all_of_its_kind_and_nobody_else() {
    let (limits, now) = (Limits::default(), Instant::now());
    let second = Duration::from_secs(1);
    for (service, operation) in [("sqs", "GetQueueAttributes"), ("logs", "DescribeLogGroups")] {
        let pace = limits.pace(service, operation, "r");
        pace.pause(now + second);
        pace.pause(now);
        assert!(
            starts(&limits, service, operation, 5, now).iter().all(|time| *time == second),
            "the longer pause holds"
        );
    }
    assert!(starts(&limits, "sqs", "ListQueues", 5, now).iter().all(Duration::is_zero));
    let elsewhere = limits.pace("sqs", "GetQueueAttributes", "elsewhere");
    assert_eq!(elsewhere.next(now), now);
}

#[tokio::test]
async fn who_has_a_place_gives_it_back() {
    let limits = Limits::default();
    for _ in 0..TOTAL * 2 {
        drop(limits.place("sqs", "ListQueues", "r").await);
    }
    let held: Vec<Place> = futures::future::join_all((0..10).map(|_| limits.place("sqs", "ListQueues", "r"))).await;
    let next = limits.place("sqs", "ListQueues", "r");
    assert!(futures::FutureExt::now_or_never(next).is_none(), "ten calls are under way");
    drop(held);
    drop(limits.place("sqs", "ListQueues", "r").await);
}

#[test]
fn every_limited_service_is_read() {
    for service in ["cloudtrail", "cloudwatch", "ec2", "lambda", "logs", "resourcegroupstaggingapi", "secretsmanager"] {
        assert!(crate::aws::door::SERVICES.iter().any(|row| row.name == service), "{service}");
    }
}
