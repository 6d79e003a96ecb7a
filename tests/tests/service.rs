//! `evidenced run`: jobs on their schedules, and a stop that leaves nothing half.
#![expect(clippy::unwrap_used, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{bundles, ledger};
use evidenced_tests::fakes::Moto;
use evidenced_tests::proxy::Proxy;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

fn configured(schedule: &str) -> Desk {
    let desk = Desk::default();
    let text = format!(
        "deployment: tests\nstore: {{url: \"file://./evidence\"}}\nsigning: {{key: \"file://./key.pem\"}}\njobs:\n  - name: tick\n    \
         schedule: \"{schedule}\"\n    timezone: Europe/Berlin\n    aws: {{regions: [us-east-1, eu-west-1]}}\n"
    );
    std::fs::write(desk.folder().join("evidenced.yaml"), text).unwrap();
    desk
}

fn start(desk: &Desk, port: u16) -> Child {
    desk.call(["run", "--config", "evidenced.yaml"]).aws(port).start()
}

/// Tells it to stop, and waits until it did.
fn stop(service: &mut Child) {
    let told = Command::new("kill").args(["-TERM", &service.id().to_string()]).status().unwrap();
    assert!(told.success());
    let start = Instant::now();
    while service.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(40), "it does not stop");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits for a number of statements.
fn wait_for(desk: &Desk, statements: usize) {
    let start = Instant::now();
    while ledger(&desk.store()).len() < statements {
        assert!(start.elapsed() < Duration::from_secs(60), "{} statements", ledger(&desk.store()).len());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn jobs_run_on_their_schedule_and_the_stream_goes_on_after_a_stop() {
    let moto = Moto::with_estate();
    let proxy = Proxy::start(moto.port, None);
    let desk = configured("* * * * * *");
    for statements in [2, 4] {
        let mut service = start(&desk, proxy.port);
        wait_for(&desk, statements);
        // In the middle of a run, as one begins each second.
        stop(&mut service);
        let _ = desk.verify().expect_code(0, "after a stop");
    }
    let _ = desk.reperform().expect_code(0, "reperform");
    let all = bundles(&desk.store());
    let mut last = String::new();
    for (bundle, number) in all.iter().zip(1_u64..) {
        let predicate = &bundle.statement["predicate"];
        assert_eq!((&predicate["sequence"], &predicate["job"]), (&number.into(), &"tick".into()));
        assert_eq!((&predicate["schedule"], &predicate["timezone"]), (&"* * * * * *".into(), &"Europe/Berlin".into()));
        bundle.assert_balanced();
        // A job never overlaps with itself.
        let started = predicate["started_at"].as_str().unwrap().to_owned();
        assert!(started >= last, "{started} is before the end of the run before it, {last}");
        predicate["finished_at"].as_str().unwrap().clone_into(&mut last);
    }
}

#[test]
fn the_service_stops_at_once_when_it_has_nothing_to_do() {
    let moto = Moto::empty();
    let desk = configured("0 3 1 1 *");
    let mut service = start(&desk, moto.port);
    std::thread::sleep(Duration::from_millis(1500));
    assert!(service.try_wait().unwrap().is_none(), "it waits for its schedule");
    stop(&mut service);
    assert_eq!(ledger(&desk.store()), Vec::<String>::new());
}
