//! Several services over one store: each scheduled time is served once, and the stream is one.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{ledger, now, seconds, statement};
use evidenced_tests::fakes::gcp_projects::GcpProjects;
use evidenced_tests::running::Running;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Seconds between two scheduled times.
const EVERY: i64 = 4;

/// The scheduled times that statements of the store serve, in the order of their numbers.
fn served(desk: &Desk) -> Vec<i64> {
    let statements = ledger(&desk.store()).into_iter().map(|path| statement(&desk.store().join(path)));
    statements.map(|one| seconds(one["predicate"]["as_of"].as_str().unwrap()) / EVERY).collect()
}

/// Three services of one job, each with its own spool and name, for a while; their logs.
fn serve_for(projects: &GcpProjects, desk: &Desk, rest: &[&str], until: impl Fn(&[Running]) -> bool) -> Vec<String> {
    let schedule = format!("schedule: \"*/{EVERY} * * * * *\"");
    let mut lines = vec![schedule.as_str()];
    lines.extend(rest);
    projects.configure(desk, &lines);
    desk.append("run: {shutdown_grace_seconds: 60}\n");
    let text = std::fs::read_to_string(desk.folder().join("evidenced.yaml")).unwrap();
    let replicas: Vec<Running> = ["a", "b", "c"]
        .into_iter()
        .map(|name| {
            let file = format!("{name}.yaml");
            let own = format!("{text}spool: {{dir: \"file://./spool-{name}\"}}\n");
            std::fs::write(desk.folder().join(&file), own).unwrap();
            let call = projects.call(desk, ["run", "--config", &file]).env("EVIDENCED_REPLICA", name);
            Running::start(call, desk.folder().join(format!("{name}.log")))
        })
        .collect();
    let start = Instant::now();
    while !until(&replicas) {
        assert!(start.elapsed() < Duration::from_mins(4), "{:?}: {}", served(desk), replicas[0].log());
        std::thread::sleep(Duration::from_millis(200));
    }
    replicas.into_iter().map(Running::stopped).collect()
}

/// Each scheduled time between the first and the last has one bundle, or is a miss that `verify` counts.
fn each_time_once(desk: &Desk) -> usize {
    let times = served(desk);
    let distinct: BTreeSet<i64> = times.iter().copied().collect();
    assert_eq!(distinct.len(), times.len(), "a scheduled time has two bundles: {times:?}");
    assert!(times.is_sorted(), "{times:?}");
    let before = now() / EVERY;
    let report = desk.verify().expect_code(0, "what three replicas left").json();
    let after = now() / EVERY;
    let stream = &report["streams"][0];
    assert_eq!(stream["sequence_gaps"].as_array().unwrap().len(), 0, "{stream}");
    assert_eq!(stream["statements"], times.len());
    let missed = stream["missed"]["count"].as_i64().unwrap();
    // Up to now each is served or missed; the newest may still be under way.
    let of = |end: i64| {
        let passed = end - times[0] + 1;
        passed - i64::try_from(times.len()).unwrap() - i64::from(!distinct.contains(&end))
    };
    assert!((of(before)..=of(after)).contains(&missed), "{missed} missed, of {} to {}", of(before), of(after));
    times.len()
}

#[test]
fn of_replicas_that_read_at_the_same_time_one_commits() {
    let (projects, desk) = (GcpProjects::new(1), Desk::default());
    let _ = desk.call(["keygen", "--out", "key.pem"]).run().expect_code(0, "a key that all of them find");
    let dropped = |replica: &Running| replica.said("served by another replica meanwhile").len();
    let logs = serve_for(&projects, &desk, &[], |replicas| {
        served(&desk).len() >= 9 && replicas.iter().map(dropped).sum::<usize>() >= 2
    });
    let bundles = each_time_once(&desk);
    let of = |message: &str| logs.iter().map(|log| log.matches(message).count()).sum::<usize>();
    assert_eq!(of("run committed"), bundles);
    assert_eq!(of("run begins"), of("run committed") + of("served by another replica meanwhile") + of("run failed"));
}

#[test]
fn replicas_whose_starts_are_spread_seldom_read_for_nothing() {
    let (projects, desk) = (GcpProjects::new(2), Desk::default());
    let _ = desk.call(["keygen", "--out", "key.pem"]).run().expect_code(0, "a key that all of them find");
    let logs = serve_for(&projects, &desk, &["start_jitter: 2s"], |_| served(&desk).len() >= 18);
    let committed: Vec<usize> = logs.iter().map(|log| log.matches("run committed").count()).collect();
    assert!(
        committed.iter().filter(|count| **count > 0).count() >= 2,
        "one replica alone is always first: {committed:?}"
    );
    let report = desk.verify().expect_code(0, "what three replicas left").json();
    for stream in report["streams"].as_array().unwrap() {
        assert_eq!(stream["sequence_gaps"].as_array().unwrap().len(), 0, "{stream}");
        let name = stream["stream"].as_str().unwrap();
        let of_stream = ledger(&desk.store()).into_iter().filter(|path| path.starts_with(&format!("ledger/{name}/")));
        let times: Vec<i64> = of_stream
            .map(|path| statement(&desk.store().join(path)))
            .map(|one| seconds(one["predicate"]["as_of"].as_str().unwrap()) / EVERY)
            .collect();
        let distinct: BTreeSet<i64> = times.iter().copied().collect();
        assert_eq!(distinct.len(), times.len(), "{name}: a scheduled time has two bundles: {times:?}");
    }
}
