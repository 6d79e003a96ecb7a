//! The service: runs on its schedule, catches up what it missed, reloads, and stops without a half bundle.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{bundles, contents, ledger};
use evidenced_tests::fakes::Moto;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How long the service may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

fn configure(desk: &Desk, job: &str, schedule: &str) {
    let text = format!(
        "deployment: test\nstore: {{url: \"{}\"}}\nsigning: {{key: file://./key.pem}}\njobs:\n  - name: {job}\n    schedule: \"{schedule}\"\n    aws: {{regions: [us-east-1]}}\n",
        desk.store_url()
    );
    std::fs::write(desk.folder().join("evidenced.yaml"), text).unwrap();
}

fn start(desk: &Desk, moto: &Moto, log: &str) -> Child {
    desk.call(["run", "--config", "evidenced.yaml", "--log-format", "json", "--log", "info"])
        .aws(moto.port)
        .start_logging(&desk.folder().join(log))
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
    assert!(done.success());
}

fn log(desk: &Desk, name: &str) -> String {
    String::from_utf8(contents(&desk.folder().join(name))).unwrap()
}

fn wait_for(what: &str, desk: &Desk, name: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what}: {}", log(desk, name));
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn statements(store: &Path) -> usize {
    if store.join("ledger").exists() { ledger(store).len() } else { 0 }
}

/// Waits for the end, which must be a good one.
fn ended(mut child: Child, desk: &Desk, name: &str) {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < PATIENCE, "it does not stop: {}", log(desk, name));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(child.wait().unwrap().success(), "{}", log(desk, name));
}

#[test]
fn a_service_runs_on_schedule_stops_on_sigterm_and_catches_up() {
    let (moto, desk) = (Moto::empty(), Desk::default());
    // moto loads each service when it is first asked: a first run is many times slower than the schedule.
    let _ = Desk::default().collect(moto.port).run();
    configure(&desk, "often", "*/6 * * * * *");

    let service = start(&desk, &moto, "first.log");
    wait_for("two runs", &desk, "first.log", || statements(&desk.store()) >= 2);
    signal(&service, "TERM");
    ended(service, &desk, "first.log");
    let verified = desk.verify().expect_code(0, "what a stopped service left").json();
    assert!(!log(&desk, "first.log").contains("runs were missed"), "{}", log(&desk, "first.log"));
    let before = statements(&desk.store());

    std::thread::sleep(Duration::from_secs(14));
    let service = start(&desk, &moto, "second.log");
    wait_for("a run that catches up", &desk, "second.log", || statements(&desk.store()) > before);
    wait_for("word of what was missed", &desk, "second.log", || log(&desk, "second.log").contains("runs were missed"));
    signal(&service, "INT");
    ended(service, &desk, "second.log");
    let all = bundles(&desk.store());
    let numbers: Vec<u64> =
        all.iter().map(|bundle| bundle.statement["predicate"]["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "one stream goes on: {verified}");
    assert!(all.iter().all(|bundle| bundle.run["schedule"] == "*/6 * * * * *"));
    let _ = desk.verify().expect_code(0, "the whole stream");
}

#[test]
fn sighup_takes_over_a_good_configuration_and_refuses_a_bad_one() {
    let (moto, desk) = (Moto::empty(), Desk::default());
    configure(&desk, "before", "0 0 1 1 *");
    let service = start(&desk, &moto, "run.log");
    wait_for("the start", &desk, "run.log", || log(&desk, "run.log").contains("serving"));

    std::fs::write(desk.folder().join("evidenced.yaml"), "jobs: [{name: x, schedule: \"99 * * * *\", aws: {}}]\n")
        .unwrap();
    signal(&service, "HUP");
    wait_for("the refusal", &desk, "run.log", || log(&desk, "run.log").contains("the old one stays"));
    assert!(log(&desk, "run.log").contains("evidenced.yaml:1"), "{}", log(&desk, "run.log"));

    configure(&desk, "after", "*/1 * * * * *");
    signal(&service, "HUP");
    wait_for("a run of the new job", &desk, "run.log", || statements(&desk.store()) >= 1);
    assert!(desk.store().join("ledger/after").exists());
    signal(&service, "TERM");
    ended(service, &desk, "run.log");
    let _ = desk.verify().expect_code(0, "what was written");
}

#[test]
fn a_store_that_is_gone_makes_runs_wait_and_a_wrong_start_is_refused() {
    let (moto, desk) = (Moto::empty(), Desk::default());
    configure(&desk, "often", "*/1 * * * * *");
    let service = start(&desk, &moto, "run.log");
    wait_for("a first run", &desk, "run.log", || statements(&desk.store()) >= 1);
    // A file where the stream's folder would be: every put fails.
    let stream = desk.store().join("bundles");
    std::fs::rename(&stream, desk.folder().join("aside")).unwrap();
    std::fs::write(&stream, "in the way").unwrap();
    let waits = || log(&desk, "run.log").lines().filter(|line| line.contains("the run waits in the spool")).count();
    wait_for("runs that wait", &desk, "run.log", || waits() >= 2);
    assert!(!log(&desk, "run.log").contains("panicked"), "{}", log(&desk, "run.log"));
    let before = statements(&desk.store());
    std::fs::remove_file(&stream).unwrap();
    std::fs::rename(desk.folder().join("aside"), &stream).unwrap();
    let waited = waits();
    wait_for("them committed", &desk, "run.log", || statements(&desk.store()) >= before + waited);
    signal(&service, "TERM");
    ended(service, &desk, "run.log");
    let _ = desk.verify().expect_code(0, "what was committed before and after");

    let done = desk.call(["run"]).run().expect_code(2, "no configuration");
    assert!(done.stderr.contains("--config"), "{done:?}");
}
