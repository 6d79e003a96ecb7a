use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn stream(scope: &str) -> StreamId {
    StreamId { job: "nightly".parse().unwrap(), cloud: Cloud::Aws, scope: scope.parse().unwrap() }
}

fn serving() -> Metrics {
    let metrics = Metrics::default();
    metrics.serves(&BTreeMap::from([("nightly".parse().unwrap(), Cloud::Aws)]), "file:///evidence");
    metrics
}

fn line(text: &str, start: &str) -> Option<String> {
    text.lines().find(|line| line.starts_with(start)).map(str::to_owned)
}

#[test]
fn figures_stand_in_the_text() {
    let metrics = serving();
    metrics.newest(&stream("1"), Some(at("2026-03-01T06:00:00Z")));
    metrics.failed(&stream("1"), &RunError::Stopped);
    let asked = || BTreeMap::from([("s3".to_owned(), Asked { calls: 7, retries: 2, throttles: 1 })]);
    metrics.asked(Cloud::Aws, asked());
    metrics.asked(Cloud::Aws, asked());
    metrics.tells(&["ops"]);
    metrics.notified("ops", Notice::Dead);
    metrics.letters("ops", Letters { waiting: 1, dead: 2 });
    metrics.spans(Spans::Lost, 3);
    metrics.store_answered(StoreCall::Put, Duration::from_millis(30));
    metrics.store_put(Put::Exists);
    metrics.store_failed(StoreCall::List, StoreErrorKind::Denied, "no".to_owned());
    metrics.spooled(Depth { runs: 2, bytes: 4096, oldest: Some(Instant::new(at("2026-03-01T06:01:00Z"))) });
    metrics.unstamped(&stream("1"), 3);
    let text = metrics.exposition(Instant::new(at("2026-03-01T06:01:40.5Z")));
    for expected in [
        "evidenced_evidence_age_seconds{job=\"nightly\",cloud=\"aws\",scope=\"1\"} 100.5",
        "evidenced_runs_total{job=\"nightly\",cloud=\"aws\",outcome=\"stopped\"} 1",
        "evidenced_runs_total{job=\"nightly\",cloud=\"aws\",outcome=\"committed\"} 0",
        "evidenced_api_calls_total{cloud=\"aws\",service=\"s3\"} 14",
        "evidenced_api_retries_total{cloud=\"aws\",service=\"s3\"} 4",
        "evidenced_api_throttles_total{cloud=\"aws\",service=\"s3\"} 2",
        "evidenced_notifications_total{destination=\"ops\",outcome=\"dead\"} 1",
        "evidenced_notifications_total{destination=\"ops\",outcome=\"sent\"} 0",
        "evidenced_notifications_kept{destination=\"ops\",state=\"dead\"} 2",
        "evidenced_trace_spans_total{outcome=\"lost\"} 3",
        "evidenced_store_puts_total{outcome=\"exists\"} 1",
        "evidenced_store_errors_total{operation=\"list\",kind=\"denied\"} 1",
        "evidenced_store_operation_seconds_bucket{le=\"0.05\",operation=\"put\"} 1",
        "evidenced_ready 0",
        "evidenced_spool_runs 2",
        "evidenced_spool_bytes 4096",
        "evidenced_spool_oldest_age_seconds 40.5",
        "evidenced_timestamps_waiting{job=\"nightly\",cloud=\"aws\",scope=\"1\"} 3",
        "evidenced_streams_not_shown 0",
    ] {
        assert!(text.lines().any(|line| line == expected), "{expected}\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    assert!(line(&text, "evidenced_build_info{version=").is_some_and(|line| line.ends_with(" 1")), "{text}");
}

#[test]
fn it_is_ready_once_scopes_and_store_were_seen_and_says_what_is_missing() {
    let metrics = serving();
    let job = "nightly".parse().unwrap();
    assert_eq!(metrics.ready().unwrap_err().len(), 2, "neither was seen");
    metrics.scopes_missing(&job, "no credentials");
    metrics.store_failed(StoreCall::List, StoreErrorKind::Unavailable, "connection refused".to_owned());
    assert_eq!(metrics.ready().unwrap_err(), ["job nightly: no credentials", "store: connection refused"]);
    metrics.scopes_found(&job, 0, &["1: no such role".to_owned()]);
    assert!(metrics.ready().unwrap_err().contains(&"job nightly: 1: no such role".to_owned()));
    metrics.scopes_found(&job, 1, &[]);
    metrics.store_answered(StoreCall::List, Duration::ZERO);
    assert_eq!(metrics.ready(), Ok(()));
    metrics.scopes_missing(&job, "a bad day");
    metrics.store_failed(StoreCall::List, StoreErrorKind::Unavailable, "gone".to_owned());
    assert_eq!(metrics.ready(), Ok(()), "since the start");
    assert_eq!(Metrics::default().ready().unwrap_err()[0], "no job is served yet");
}

#[test]
fn what_is_served_no_longer_is_shown_no_longer() {
    let metrics = serving();
    metrics.newest(&stream("1"), Some(at("2026-03-01T06:00:00Z")));
    metrics.store_answered(StoreCall::List, Duration::ZERO);
    metrics.serves(&BTreeMap::from([("weekly".parse().unwrap(), Cloud::Aws)]), "s3://elsewhere");
    let text = metrics.exposition(Instant::new(at("2026-03-01T06:00:00Z")));
    assert!(line(&text, "evidenced_evidence_age_seconds{").is_none() && !text.contains("nightly"), "{text}");
    let reasons = metrics.ready().unwrap_err();
    assert!(reasons.iter().any(|reason| reason.starts_with("store: ")), "another store has not answered: {reasons:?}");
}

#[test]
fn a_thousand_streams_have_series_and_the_rest_is_counted() {
    let metrics = serving();
    for scope in 0..1003 {
        metrics.newest(&stream(&format!("{scope:012}")), Some(at("2026-03-01T06:00:00Z")));
    }
    let text = metrics.exposition(Instant::new(at("2026-03-01T06:00:00Z")));
    assert_eq!(text.lines().filter(|line| line.starts_with("evidenced_evidence_age_seconds{")).count(), 1000);
    assert!(text.contains("\nevidenced_streams_not_shown 3\n"));
}

#[test]
fn a_declared_age_of_evidence_is_shown_with_the_streams_that_are_older() {
    let metrics = serving();
    let now = Instant::new(at("2026-03-01T06:00:00Z"));
    assert!(line(&metrics.exposition(now), "evidenced_evidence_max_age_seconds{").is_none());
    let job: JobName = "nightly".parse().unwrap();
    metrics.max_ages(BTreeMap::from([(job.clone(), chrono::TimeDelta::hours(26))]));
    let text = metrics.exposition(now);
    assert!(text.contains("evidenced_evidence_max_age_seconds{job=\"nightly\"} 93600\n"), "{text}");
    assert!(text.contains("evidenced_stale_streams{job=\"nightly\"} 0\n"), "{text}");
    metrics.stale(&BTreeMap::from([(job, 3)]));
    assert!(metrics.exposition(now).contains("evidenced_stale_streams{job=\"nightly\"} 3\n"));
}

#[test]
fn a_share_without_scopes_is_ready() {
    let metrics = serving();
    metrics.store_answered(StoreCall::List, Duration::ZERO);
    metrics.scopes_found(&"nightly".parse().unwrap(), 0, &[]);
    assert!(metrics.ready().is_err());
    metrics.nothing_to_read(&"nightly".parse().unwrap());
    assert_eq!(metrics.ready(), Ok(()));
}

#[test]
fn a_scope_that_is_gone_is_shown_no_longer() {
    let metrics = serving();
    metrics.newest(&stream("1"), Some(at("2026-03-01T06:00:00Z")));
    metrics.newest(&stream("2"), Some(at("2026-03-01T06:00:00Z")));
    metrics.only(&"nightly".parse().unwrap(), &[stream("2")].into());
    metrics.only(&"weekly".parse().unwrap(), &std::collections::BTreeSet::new());
    let text = metrics.exposition(Instant::new(at("2026-03-01T06:00:00Z")));
    assert!(!text.contains("scope=\"1\"") && text.contains("scope=\"2\""), "{text}");
}
