//! The service in trouble: a scope that fails beside one that does not, evidence that grows old, runs that do not end.
#![expect(clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{ledger, statement};
use evidenced_tests::fakes::gcp_projects::GcpProjects;
use evidenced_tests::http;
use evidenced_tests::process::free_port;
use evidenced_tests::running::Running;
use serde_json::json;
use std::time::{Duration, Instant};

fn start(projects: &GcpProjects, desk: &Desk) -> Running {
    let call = projects.call(desk, ["run", "--config", "evidenced.yaml"]);
    Running::start(call, desk.folder().join("run.log"))
}

fn bundles_of(desk: &Desk, scope: &str) -> usize {
    ledger(&desk.store()).iter().filter(|path| path.contains(&format!("/{scope}/"))).count()
}

#[test]
fn a_scope_whose_evidence_cannot_be_written_stops_no_other_and_grows_too_old() {
    let (projects, desk) = (GcpProjects::new(2), Desk::default());
    let port = free_port();
    projects.configure(&desk, &["schedule: \"*/4 * * * * *\"", "max_age: 20s"]);
    desk.append(&format!("http: {{listen: \"127.0.0.1:{port}\"}}\n"));
    let (good, bad) = (projects.ids[0].as_str(), projects.ids[1].as_str());
    let service = start(&projects, &desk);
    service.wait_for("both scopes", || bundles_of(&desk, good) >= 1 && bundles_of(&desk, bad) >= 1);
    // A file where the bundles of one scope would be.
    let (folder, aside) = (desk.store().join("bundles/gcp/gcp").join(bad), desk.folder().join("aside"));
    std::fs::rename(&folder, &aside).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    let (good_before, stale) = (bundles_of(&desk, good), "evidence is older than its job allows");
    service.wait_for("evidence that is too old", || !service.said(stale).is_empty());
    let said = service.said(stale);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!((&said[0]["stream"], &said[0]["max_age_seconds"]), (&json!(format!("gcp/gcp/{bad}")), &json!(20)));
    assert_eq!(said[0]["never"], false);
    assert!(said[0]["age_seconds"].as_i64().unwrap() >= 20, "{said:?}");
    assert!(bundles_of(&desk, good) >= good_before + 2, "the other scope goes on");
    let shown = http::get(port, "/metrics", None).unwrap().body;
    for line in ["evidenced_evidence_max_age_seconds{job=\"gcp\"} 20", "evidenced_stale_streams{job=\"gcp\"} 1"] {
        assert!(shown.contains(line), "{shown}");
    }
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(&aside, &folder).unwrap();
    service.wait_for("fresh evidence", || service.said("evidence is fresh again").len() == 1);
    service.stopped();
    let _ = desk.verify().expect_code(0, "both streams");
}

#[test]
fn a_run_that_does_not_end_is_abandoned_after_the_grace_time_and_leaves_nothing() {
    let (projects, desk) = (GcpProjects::new(1), Desk::default());
    projects.configure(&desk, &["schedule: \"*/2 * * * * *\""]);
    desk.append("run: {shutdown_grace_seconds: 2}\n");
    projects.cloud.fail(&json!([{"match": "^cloudasset\\.", "fault": "slow", "seconds": 40}]));
    let service = start(&projects, &desk);
    service.wait_for("a run", || !service.said("run begins").is_empty());
    let told = Instant::now();
    let log = service.stopped();
    assert!(
        told.elapsed() >= Duration::from_secs(2) && told.elapsed() < Duration::from_secs(30),
        "{:?}",
        told.elapsed()
    );
    assert!(log.contains("the grace time is over"), "{log}");
    assert_eq!(ledger(&desk.store()).len(), 0, "{log}");
}

#[test]
fn runs_of_a_scope_never_overlap_and_what_they_took_too_long_for_is_missed() {
    let (projects, desk) = (GcpProjects::new(1), Desk::default());
    projects.configure(&desk, &["schedule: \"*/1 * * * * *\""]);
    projects.cloud.fail(&json!([{"match": "^logging\\.projects\\.sinks", "fault": "slow", "seconds": 3}]));
    let service = start(&projects, &desk);
    service.wait_for("three runs", || ledger(&desk.store()).len() >= 3);
    let missed = service.said("runs were missed");
    assert!(missed.iter().any(|line| line["missed"].as_u64().unwrap() >= 2), "{missed:?}");
    projects.cloud.recover();
    service.stopped();
    let statements: Vec<_> = ledger(&desk.store())
        .into_iter()
        .map(|path| statement(&desk.store().join(path))["predicate"].clone())
        .collect();
    for pair in statements.windows(2) {
        let (ended, began) = (pair[0]["finished_at"].as_str().unwrap(), pair[1]["started_at"].as_str().unwrap());
        assert!(ended <= began, "{ended} and then {began}");
    }
}
