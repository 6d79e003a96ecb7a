//! Killed at any moment, and racing: nothing half is counted, nothing is lost, the stream goes on.
#![expect(clippy::unwrap_used, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{bundles, contents, ledger};
use evidenced_tests::fakes::{BUCKET, SeaweedFs};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

const DEMO: [&str; 8] = ["demo", "--cloud", "aws", "--json", "--store", "file://./evidence", "--key", "key.pem"];

/// The ledger's files with their bytes.
fn statements(store: &Path) -> BTreeMap<String, Vec<u8>> {
    ledger(store).into_iter().map(|file| (file.clone(), contents(&store.join(file)))).collect()
}

/// Kills `kills` runs at moments spread over a run, on one store, and checks it after each.
fn kill_runs(kills: u32, offset: f64) -> usize {
    let desk = Desk::default();
    // The quicker of two runs: the machine may be busy during one.
    let timed = |what| {
        let start = Instant::now();
        let _ = desk.call(DEMO).run().expect_code(0, what);
        start.elapsed()
    };
    let whole = timed("the first run").min(timed("the second run"));
    let mut before = statements(&desk.store());
    for kill in 0..kills {
        let moment = (f64::from(kill) + offset) / f64::from(kills) * 1.1;
        let mut child = desk.call(DEMO).start();
        std::thread::sleep(whole.mul_f64(moment));
        let _ = child.kill();
        child.wait().unwrap();
        let after = statements(&desk.store());
        for (file, bytes) in &before {
            assert_eq!(after.get(file), Some(bytes), "{file} after a kill at {moment:.2} of a run");
        }
        let _ = desk.verify().expect_code(0, &format!("a kill at {moment:.2} of a run"));
        before = after;
    }
    let _ = desk.call(DEMO).run().expect_code(0, "the run after the last kill");
    let _ = desk.verify().expect_code(0, "the run after the last kill");
    let numbers: Vec<u64> =
        bundles(&desk.store()).iter().map(|b| b.statement["predicate"]["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers.len(), before.len() + 1);
    assert!(numbers.iter().zip(1..).all(|(number, place)| *number == place), "{numbers:?}");
    // What killed runs left in the temporary folder went with the next one; the key is whole.
    let left: Vec<String> = std::fs::read_dir(desk.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["evidence", "key.pem", "key.pub.pem"].contains(&name.as_str()))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    numbers.len()
}

/// Five stores and twenty kills each: one store of a hundred would spend its time verifying what was verified before.
#[test]
fn a_hundred_killed_runs_leave_only_whole_bundles() {
    let committed: usize = (0..5).map(|round| kill_runs(20, f64::from(round) / 5.0)).sum();
    // The first two and the last of each store, at least; all of them would mean that no kill came in time.
    assert!((15..115).contains(&committed), "{committed}");
}

/// `verify` of what several racers wrote: as many statements as runs, in sequence.
fn assert_all_there(store: &Path, runs: usize) {
    let all = bundles(store);
    let numbers: Vec<u64> = all.iter().map(|b| b.statement["predicate"]["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=runs as u64).collect::<Vec<_>>());
    let ids: std::collections::BTreeSet<String> = all.iter().map(|b| b.run["run"].to_string()).collect();
    assert_eq!(ids.len(), runs, "each run is there once");
}

#[test]
fn collectors_that_race_for_one_stream_both_commit() {
    let desk = Desk::default();
    let _ = desk.call(["keygen", "--out", "key.pem"]).run().expect_code(0, "keygen");
    let rounds = 6;
    for _ in 0..rounds {
        let mut racers: Vec<_> = (0..2).map(|_| desk.call(DEMO).start()).collect();
        for racer in &mut racers {
            assert!(racer.wait().unwrap().success());
        }
    }
    let _ = desk.verify().expect_code(0, "after the races");
    assert_all_there(&desk.store(), rounds * 2);
}

#[test]
fn collectors_that_race_on_s3_both_commit() {
    let weed = SeaweedFs::start(false);
    let desk = Desk::default();
    let _ = desk.call(["keygen", "--out", "key.pem"]).run().expect_code(0, "keygen");
    let url = format!("s3://{BUCKET}/race");
    let demo = ["demo", "--cloud", "aws", "--json", "--store", &url, "--key", "key.pem"];
    for _ in 0..3 {
        let mut racers: Vec<_> = (0..3).map(|_| desk.call(demo).aws(weed.port).start()).collect();
        for racer in &mut racers {
            assert!(racer.wait().unwrap().success());
        }
    }
    let key = desk.public_key();
    let _ = desk.call(["verify", &url, "--key", &key]).aws(weed.port).run().expect_code(0, "on S3");
    weed.copy("race", &desk.store());
    let _ = desk.verify().expect_code(0, "the copy");
    assert_all_there(&desk.store(), 9);
}
