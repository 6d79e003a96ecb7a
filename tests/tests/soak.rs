//! A service that runs every second while everything around it fails in turn: its memory and descriptors stay where they are, and
//! each second has a bundle or is a miss with a name.
//!
//! A minute by default. `EVIDENCED_SOAK_SECONDS` is how long the faults go on; `EVIDENCED_SOAK_REPORT` names a file for what was
//! measured.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{ledger, now, seconds, statement};
use evidenced_tests::fakes::gcp_projects::GcpProjects;
use evidenced_tests::fakes::tsa::Tsa;
use evidenced_tests::running::Running;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long each trouble lasts, and each rest after it.
const TROUBLE: Duration = Duration::from_secs(5);
/// What may be added to the memory between the second and the last quarter: a tenth, and this in KiB.
const SLACK_KIB: u64 = 8 * 1024;
/// The same for descriptors.
const SLACK_FILES: usize = 4;

/// What surrounds the service.
struct Surroundings {
    projects: GcpProjects,
    tsa: Tsa,
    desk: Desk,
}

impl Surroundings {
    fn new() -> Self {
        let (projects, tsa, desk) = (GcpProjects::new(1), Tsa::default(), Desk::default());
        projects.configure(&desk, &["schedule: \"* * * * * *\"", "max_age: 15s"]);
        desk.append(&format!("timestamp: {{url: \"{}\", ca: \"{}\"}}\n", tsa.url("ok"), tsa.file("root.pem")));
        Self { projects, tsa, desk }
    }

    /// Makes trouble number `n`, for a while, and makes it good again.
    fn trouble(&self, n: usize) -> &'static str {
        let cloud = |rule: Value| {
            self.projects.cloud.fail(&json!([rule]));
            std::thread::sleep(TROUBLE);
            self.projects.cloud.recover();
        };
        match n % 6 {
            0 => {
                cloud(json!({"match": "^cloudresourcemanager\\.", "fault": "throttled"}));
                "throttled"
            }
            1 => {
                cloud(json!({"match": "^(monitoring|logging)\\.", "fault": "denied"}));
                "denied"
            }
            2 => {
                cloud(json!({"match": "^(iam|cloudasset)\\.", "fault": "hangup"}));
                "hung up"
            }
            3 => {
                let (bundles, aside) = (self.desk.store().join("bundles"), self.desk.folder().join("aside"));
                std::fs::rename(&bundles, &aside).unwrap();
                std::fs::write(&bundles, "in the way").unwrap();
                std::thread::sleep(TROUBLE);
                std::fs::remove_file(&bundles).unwrap();
                std::fs::rename(&aside, &bundles).unwrap();
                "store away"
            }
            4 => {
                self.tsa.answer("down");
                std::thread::sleep(TROUBLE);
                self.tsa.answer("ok");
                "no time stamps"
            }
            _ => {
                cloud(json!({"match": "^token|^metadata", "fault": "unavailable"}));
                "no tokens"
            }
        }
    }
}

/// Memory in KiB and descriptors over time.
type Sizes = Vec<(u64, usize)>;

/// Samples the process while troubles come and go.
fn endure(around: &Surroundings, service: &Running, time: Duration) -> (Sizes, BTreeMap<&'static str, usize>) {
    let (start, is_over) = (Instant::now(), std::sync::atomic::AtomicBool::new(false));
    std::thread::scope(|scope| {
        let sampler = scope.spawn(|| {
            let mut sizes = Sizes::new();
            while !is_over.load(std::sync::atomic::Ordering::SeqCst) {
                sizes.push(service.size());
                std::thread::sleep(Duration::from_millis(250));
            }
            sizes
        });
        let mut troubles = BTreeMap::new();
        let mut n = 0;
        while start.elapsed() < time {
            *troubles.entry(around.trouble(n)).or_default() += 1;
            n += 1;
            std::thread::sleep(TROUBLE);
        }
        is_over.store(true, std::sync::atomic::Ordering::SeqCst);
        (sampler.join().unwrap(), troubles)
    })
}

fn median<T: Ord + Copy>(of: impl Iterator<Item = T>) -> T {
    let mut all: Vec<T> = of.collect();
    all.sort_unstable();
    all[all.len() / 2]
}

/// Each second from the first run on has a bundle or is a miss that `verify` counts; bundles and misses.
fn accounted(desk: &Desk) -> (usize, i64) {
    let times: Vec<i64> = ledger(&desk.store())
        .into_iter()
        .map(|path| seconds(statement(&desk.store().join(path))["predicate"]["as_of"].as_str().unwrap()))
        .collect();
    let distinct: BTreeSet<i64> = times.iter().copied().collect();
    assert_eq!(distinct.len(), times.len(), "a second has two bundles");
    let before = now();
    let report = desk.verify().expect_code(0, "what the service left").json();
    let after = now();
    let stream = &report["streams"][0];
    assert_eq!(stream["sequence_gaps"].as_array().unwrap().len(), 0, "{stream}");
    assert_eq!(
        (stream["statements"].as_u64(), stream["missed"]["at_least"].as_bool()),
        (Some(times.len() as u64), Some(false))
    );
    let missed = stream["missed"]["count"].as_i64().unwrap();
    let first = *distinct.first().unwrap();
    let of = |end: i64| end - first + 1 - i64::try_from(times.len()).unwrap() - i64::from(!distinct.contains(&end));
    assert!((of(before)..=of(after)).contains(&missed), "{missed} missed, of {} to {}", of(before), of(after));
    (times.len(), missed)
}

#[test]
fn a_service_that_runs_each_second_through_every_trouble_stays_as_large_as_it_is() {
    let time = std::env::var("EVIDENCED_SOAK_SECONDS").map_or(60, |text| text.parse().unwrap());
    let around = Surroundings::new();
    let call = around.projects.call(&around.desk, ["run", "--config", "evidenced.yaml"]);
    let service = Running::start(call, around.desk.folder().join("run.log"));
    service.wait_for("a first run", || !ledger(&around.desk.store()).is_empty());
    let (sizes, troubles) = endure(&around, &service, Duration::from_secs(time));
    let settled = || service.said("evidence is older").len() == service.said("evidence is fresh again").len();
    service.wait_for("calm after it", || settled() && !waits(&around.desk));
    let (missed_told, failed) = (service.said("runs were missed").len(), service.said("run failed").len());
    let spooled = service.said("the run waits in the spool").len();
    let log = service.stopped();
    assert!(!log.contains("panicked"), "{log}");
    let (bundles, missed) = accounted(&around.desk);
    let quarter = sizes.len() / 4;
    let of = |part: usize| &sizes[part * quarter..(part + 1) * quarter];
    let kib: Vec<u64> = (0..4).map(|part| median(of(part).iter().map(|size| size.0))).collect();
    let files: Vec<usize> = (0..4).map(|part| median(of(part).iter().map(|size| size.1))).collect();
    let most = (sizes.iter().map(|size| size.0).max(), sizes.iter().map(|size| size.1).max());
    let report = json!({
        "seconds": time, "troubles": troubles, "bundles": bundles, "missed": missed, "times_missed_was_logged": missed_told,
        "spooled": spooled, "failed": failed, "median_rss_kib_by_quarter": kib, "median_descriptors_by_quarter": files,
        "most_rss_kib": most.0, "most_descriptors": most.1, "samples": sizes.len(),
    });
    eprintln!("{report:#}");
    if let Some(path) = std::env::var_os("EVIDENCED_SOAK_REPORT") {
        std::fs::write(path, format!("{report:#}\n")).unwrap();
    }
    assert!(troubles.len() >= 6, "{troubles:?}");
    assert!(kib[3] <= kib[1] + kib[1] / 10 + SLACK_KIB, "memory grows: {report}");
    assert!(files[3] <= files[1] + SLACK_FILES, "descriptors grow: {report}");
    assert!(spooled > 0, "the store was never away: {report}");
}

/// True while a run waits in the spool.
fn waits(desk: &Desk) -> bool {
    let stream = desk.folder().join("evidenced-spool/gcp/gcp/many-0000");
    let Ok(entries) = std::fs::read_dir(stream) else { return false };
    entries.flatten().any(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
}
