//! Many scopes over several workers: the same evidence however many there are, and whoever dies on the way.
#![expect(clippy::unwrap_used, reason = "tests")]

use evidenced_tests::binary::Call;
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Rows, bundles, ledger};
use evidenced_tests::fakes::gcp_projects::GcpProjects;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

/// How long all workers may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(8);
/// Workers that run at the same time.
const AT_ONCE: u32 = 4;

/// What each stream says; each has exactly one bundle.
fn verdicts(store: &Path) -> BTreeMap<String, Rows> {
    let mut streams = BTreeMap::new();
    for bundle in bundles(store) {
        let stream = bundle.ledger.rsplit_once('/').unwrap().0.to_owned();
        assert!(streams.insert(stream, bundle.rows()).is_none(), "{}: a second bundle", bundle.ledger);
    }
    streams
}

/// A desk with the key of another.
fn desk_with_key_of(other: &Desk, projects: &GcpProjects) -> Desk {
    let desk = Desk::default();
    projects.configure(&desk, &["schedule: \"0 0 1 1 *\""]);
    for key in ["key.pem", "key.pub.pem"] {
        std::fs::copy(other.folder().join(key), desk.folder().join(key)).unwrap();
    }
    desk
}

fn collect(projects: &GcpProjects, desk: &Desk) -> Call {
    projects.call(desk, ["collect", "--json", "--config", "evidenced.yaml", "--skip-fresh", "1h"])
}

/// Runs every worker, some at a time. Each of `doomed` is killed once the store holds a few bundles more than when it began,
/// and started again as a platform does.
fn work(desk: &Desk, count: u32, doomed: &[u32], worker: impl Fn(u32) -> Call) {
    let (start, done) = (Instant::now(), || ledger(&desk.store()).len());
    let (mut waiting, mut running, mut killed) = (0..count, Vec::<(u32, Child, usize)>::new(), 0);
    loop {
        while running.len() < AT_ONCE as usize
            && let Some(index) = waiting.next()
        {
            running.push((index, worker(index).start(), done()));
        }
        if running.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
        assert!(start.elapsed() < PATIENCE, "{count} workers: {} bundles", done());
        for (index, child, began) in &mut running {
            if doomed.contains(index)
                && *began != usize::MAX
                && done() > *began + 2
                && child.try_wait().unwrap().is_none()
            {
                child.kill().unwrap();
                child.wait().unwrap();
                (*child, *began, killed) = (worker(*index).start(), usize::MAX, killed + 1);
            }
        }
        running.retain_mut(|(index, child, _)| match child.try_wait().unwrap() {
            None => true,
            Some(status) => {
                assert!(matches!(status.code(), Some(0 | 3)), "worker {index} of {count}: {status}");
                false
            }
        });
    }
    assert!(killed > 0, "no worker was killed: they were too fast for what is tested");
}

#[test]
fn two_hundred_scopes_give_the_same_evidence_over_1_4_and_16_workers_that_die_on_the_way() {
    let projects = GcpProjects::new(200);
    let alone = Desk::default();
    projects.configure(&alone, &["schedule: \"0 0 1 1 *\""]);
    let whole = collect(&projects, &alone).run();
    assert!(matches!(whole.code, Some(0 | 3)), "{whole:?}");
    let expected = verdicts(&alone.store());
    assert_eq!(expected.len(), 200);
    let different = expected.values().collect::<std::collections::BTreeSet<_>>().len();
    assert!(different > 100, "the scopes' verdicts are their own: {different}");

    let four = desk_with_key_of(&alone, &projects);
    work(&four, 4, &[1, 2], |index| {
        collect(&projects, &four).env("JOB_COMPLETION_INDEX", index.to_string()).env("EVIDENCED_SHARDS", "4")
    });
    assert_eq!(verdicts(&four.store()), expected, "4 workers");
    let _ = four.verify().expect_code(0, "what 4 workers left");

    let sixteen = desk_with_key_of(&alone, &projects);
    work(&sixteen, 16, &[0, 5, 10, 15], |index| {
        collect(&projects, &sixteen).argument(&format!("--shard={}/16", index + 1))
    });
    assert_eq!(verdicts(&sixteen.store()), expected, "16 workers");
    let _ = sixteen.verify().expect_code(0, "what 16 workers left");

    // Begun again as a whole, it makes no second bundle of what is fresh; without being told to, it does.
    let again = collect(&projects, &sixteen).argument("--shard=3/16").run().expect_code(0, "all of it is fresh");
    let json = again.json();
    let runs = json["runs"].as_array().unwrap();
    assert!(!runs.is_empty() && runs.iter().all(|run| run["skipped"]["fresh"] == 1), "{json}");
    assert_eq!(json["shard"]["index"], 3);
    assert_eq!(json["shard"]["scopes"].as_u64().unwrap() + json["shard"]["elsewhere"].as_u64().unwrap(), 200);
    assert_eq!(verdicts(&sixteen.store()), expected);
}

#[test]
fn a_share_may_be_empty_and_a_wrong_one_is_refused() {
    let projects = GcpProjects::new(1);
    let desk = Desk::default();
    projects.configure(&desk, &["schedule: \"0 0 1 1 *\""]);
    let call = |shard: &str| {
        projects
            .call(&desk, ["collect", "--json", "--config", "evidenced.yaml"])
            .argument(&format!("--shard={shard}"))
            .run()
    };
    let counts: Vec<usize> = (1..=4)
        .map(|index| {
            let done = call(&format!("{index}/4"));
            assert!(matches!(done.code, Some(0 | 3)), "{done:?}");
            let json = done.json();
            let runs = json["runs"].as_array().unwrap().len();
            assert_eq!(json["shard"]["scopes"], runs);
            assert!(runs > 0 || done.code == Some(0), "{done:?}");
            runs
        })
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 1, "{counts:?}");
    assert_eq!(ledger(&desk.store()).len(), 1);
    for (shard, said) in [("0/16", "numbered from 1"), ("17/16", "there is no share 17 of 16"), ("3", "write I/N")] {
        let done = call(shard).expect_code(2, "no share");
        assert!(done.stderr.contains(said), "{done:?}");
    }
    for command in ["collect", "run"] {
        let alone = desk.call([command, "--config", "evidenced.yaml"]).env("JOB_COMPLETION_INDEX", "2").run();
        let alone = alone.expect_code(2, "an index alone");
        assert!(alone.stderr.contains("set EVIDENCED_SHARDS"), "{alone:?}");
    }
}
