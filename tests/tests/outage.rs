//! Outages of the store, the disk and the key: runs wait in the spool, and each is committed once, in order.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced::store::suite::{Fault, On, Trouble as _};
use evidenced_tests::binary::{Call, Done};
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{bundles, contents, files, ledger};
use evidenced_tests::fakes::keys::Kms;
use evidenced_tests::fakes::{BUCKET, Moto, SeaweedFs};
use evidenced_tests::proxy::{Fault as CloudFault, Proxy, Rule};
use evidenced_tests::trouble::{Dialect, FaultProxy};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);
/// More often than any client asks.
const ALWAYS: usize = 1_000_000;

fn configure(desk: &Desk, store: &str, schedule: &str, more: &str) {
    let text = format!(
        "store: {{url: \"{store}\"}}\nsigning: {{key: file://./key.pem}}\n{more}jobs:\n  - name: often\n    schedule: \"{schedule}\"\n    aws: {{regions: [us-east-1]}}\n"
    );
    std::fs::write(desk.folder().join("evidenced.yaml"), text).unwrap();
}

fn service(desk: &Desk, cloud: u16, log: &str) -> Child {
    desk.call(["run", "--config", "evidenced.yaml", "--log-format", "json", "--log", "info"])
        .aws(cloud)
        .start_logging(&desk.folder().join(log))
}

/// `collect` of the empty account, which ends with exit 3: moto never answers everything.
fn collect(desk: &Desk, cloud: u16) -> Call {
    desk.call(["collect", "--config", "evidenced.yaml"]).aws(cloud)
}

fn log(desk: &Desk, name: &str) -> String {
    String::from_utf8(contents(&desk.folder().join(name))).unwrap()
}

fn lines(desk: &Desk, name: &str, text: &str) -> usize {
    log(desk, name).lines().filter(|line| line.contains(text)).count()
}

fn wait_for(what: &str, desk: &Desk, name: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what}: {}", log(desk, name));
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap().success());
}

fn end(mut service: Child, desk: &Desk, name: &str) {
    signal(&service, "TERM");
    let start = Instant::now();
    while service.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < PATIENCE, "it does not stop: {}", log(desk, name));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(service.wait().unwrap().success(), "{}", log(desk, name));
}

/// Runs that wait: folders with a `waiting.json`.
fn waiting(desk: &Desk) -> usize {
    let spool = desk.folder().join("evidenced-spool");
    let whole =
        |file: &String| file.ends_with("/waiting.json") && !file.contains("/.new-") && !file.contains("/.gone-");
    if spool.exists() { files(&spool).iter().filter(|file| whole(file)).count() } else { 0 }
}

/// As many statements as runs, in sequence and in the order of time, each run once; `verify` finds nothing.
fn assert_all_there(desk: &Desk, runs: usize, what: &str) -> Value {
    let report = desk.verify().expect_code(0, what).json();
    let all = bundles(&desk.store());
    let predicate =
        |name: &str| all.iter().map(|bundle| bundle.statement["predicate"][name].clone()).collect::<Vec<_>>();
    let numbers: Vec<u64> = predicate("sequence").iter().map(|number| number.as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=runs as u64).collect::<Vec<_>>(), "{what}");
    let times: Vec<String> = predicate("as_of").iter().map(|time| time.as_str().unwrap().to_owned()).collect();
    assert!(times.is_sorted_by(|a, b| a < b), "{what}: {times:?}");
    let ids: BTreeSet<String> = all.iter().map(|bundle| bundle.run["run"].to_string()).collect();
    assert_eq!(ids.len(), runs, "{what}: each run is there once");
    report
}

fn waits(done: Done, what: &str) -> Done {
    let done = done.expect_code(1, what);
    assert!(done.stderr.contains("waits in the spool"), "{what}: {done:#?}");
    done
}

#[test]
fn a_store_that_is_gone_for_ten_ticks_gets_all_ten_runs_in_order() {
    let (moto, weed, desk) = (Moto::empty(), SeaweedFs::start(false), Desk::default());
    let gate = FaultProxy::start(weed.port, Dialect::S3, None);
    let url = format!("s3://{BUCKET}/ten?endpoint=http://127.0.0.1:{}&region=us-east-1", gate.port);
    configure(&desk, &url, "*/6 * * * * *", "");
    // It is gone before the service starts, and the service starts all the same.
    gate.begin(On::All, "", Fault::NotStored, ALWAYS);
    let run = service(&desk, moto.port, "run.log");
    wait_for("ten runs that wait", &desk, "run.log", || lines(&desk, "run.log", "\"spooled\"") >= 10);
    assert_eq!(lines(&desk, "run.log", "run committed"), 0);
    assert!(waiting(&desk) >= 10);
    let spooled = log(&desk, "run.log").lines().rfind(|line| line.contains("\"spooled\"")).unwrap().to_owned();
    let spooled: Value = serde_json::from_str(&spooled).unwrap();
    let fields = spooled.get("fields").unwrap_or(&spooled);
    assert!(fields["waiting"].as_u64().unwrap() >= 10 && fields["bytes"].as_u64().unwrap() > 0, "{spooled}");
    assert!(fields["oldest"].as_str().unwrap().starts_with("20"), "{spooled}");

    gate.end("");
    wait_for("all of them committed", &desk, "run.log", || waiting(&desk) == 0);
    wait_for("runs as usual", &desk, "run.log", || lines(&desk, "run.log", "run committed") >= 1);
    // It goes away again in the middle of things, in the other way.
    gate.begin(On::Writes, "", Fault::ButStored, ALWAYS);
    let before = lines(&desk, "run.log", "\"spooled\"");
    wait_for("a run that waits again", &desk, "run.log", || lines(&desk, "run.log", "\"spooled\"") > before);
    gate.end("");
    wait_for("that one committed", &desk, "run.log", || waiting(&desk) == 0);
    end(run, &desk, "run.log");
    let began = lines(&desk, "run.log", "run begins");
    assert_eq!(lines(&desk, "run.log", "run failed"), 0, "{}", log(&desk, "run.log"));
    assert_eq!(lines(&desk, "run.log", "\"spooled\"") + lines(&desk, "run.log", "run committed"), began);
    assert!(!log(&desk, "run.log").contains("panicked"));
    weed.copy("ten", &desk.store());
    assert_all_there(&desk, began, "ten ticks");
    // No tick was doubled.
    let ticks: Vec<i64> = bundles(&desk.store())
        .iter()
        .map(|bundle| {
            let as_of = bundle.statement["predicate"]["as_of"].as_str().unwrap().to_owned();
            let seconds = |at: usize| as_of[at..at + 2].parse::<i64>().unwrap();
            (seconds(11) * 3600 + seconds(14) * 60 + seconds(17)) / 6
        })
        .collect();
    assert_eq!(ticks.iter().collect::<BTreeSet<_>>().len(), ticks.len(), "{ticks:?}");
}

/// A store in a folder that takes nothing: a file where the bundles' folder would be.
struct Closed<'a>(&'a Desk);

impl<'a> Closed<'a> {
    fn close(desk: &'a Desk) -> Self {
        std::fs::create_dir_all(desk.store()).unwrap();
        if desk.store().join("bundles").exists() {
            std::fs::rename(desk.store().join("bundles"), desk.folder().join("aside")).unwrap();
        }
        std::fs::write(desk.store().join("bundles"), "in the way").unwrap();
        Self(desk)
    }
}

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        let (bundles, aside) = (self.0.store().join("bundles"), self.0.folder().join("aside"));
        std::fs::remove_file(&bundles).unwrap();
        if aside.exists() {
            std::fs::rename(aside, bundles).unwrap();
        }
    }
}

#[test]
fn a_run_whose_store_is_away_waits_and_the_next_run_commits_it_first() {
    let (moto, desk) = (Moto::empty(), Desk::default());
    configure(&desk, "file://./evidence", "0 0 1 1 *", "");
    let _ = collect(&desk, moto.port).run().expect_code(3, "a first run");
    assert!(!desk.folder().join("evidenced-spool").exists(), "the spool is made when it is needed");
    let closed = Closed::close(&desk);
    for count in 1..=2 {
        let done = waits(collect(&desk, moto.port).run(), "a store that takes nothing");
        assert!(done.stderr.contains("evidenced-spool") && done.stderr.contains("evidenced collect"), "{done:#?}");
        assert_eq!(waiting(&desk), count);
    }
    let doctor = desk.call(["doctor", "--json", "--config", "evidenced.yaml"]).aws(moto.port).run();
    let found = doctor.json()["checks"].to_string();
    assert!(found.contains("2 runs wait in") && found.contains("evidenced-spool"), "{found}");
    let json = collect(&desk, moto.port).argument("--json").run().expect_code(1, "and for a program").json();
    assert!(json["runs"][0]["waits"].as_str().unwrap().contains("evidenced-spool"), "{json}");
    drop(closed);
    let done = collect(&desk, moto.port).run().expect_code(3, "the store is back");
    assert!(done.stderr.contains("3 runs that waited in the spool were committed"), "{done:#?}");
    assert_eq!(waiting(&desk), 0);
    assert_all_there(&desk, 5, "an outage of three runs");
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").args(["-a", "--"]).args([from, to]).status().unwrap();
    assert!(done.success());
}

/// Kills the service at moments spread over its draining, each time on the same store and spool, then lets one end it.
#[test]
fn draining_that_is_killed_commits_each_run_once() {
    let (moto, desk) = (Moto::empty(), Desk::default());
    configure(&desk, "file://./evidence", "0 0 1 1 *", "");
    let _ = collect(&desk, moto.port).run().expect_code(3, "a first run");
    let closed = Closed::close(&desk);
    for _ in 0..4 {
        let _ = waits(collect(&desk, moto.port).run(), "a store that takes nothing");
    }
    drop(closed);
    let kept = desk.folder().join("kept");
    std::fs::create_dir(&kept).unwrap();
    let folders = ["evidence", "evidenced-spool"];
    for name in folders {
        copy(&desk.folder().join(name), &kept.join(name));
    }
    let drain = || {
        let run = service(&desk, moto.port, "run.log");
        wait_for("the start", &desk, "run.log", || log(&desk, "run.log").contains("serving"));
        wait_for("a spool that is empty", &desk, "run.log", || waiting(&desk) == 0);
        end(run, &desk, "run.log");
    };
    let run = service(&desk, moto.port, "run.log");
    wait_for("the start", &desk, "run.log", || log(&desk, "run.log").contains("serving"));
    let began = Instant::now();
    wait_for("a spool that is empty", &desk, "run.log", || waiting(&desk) == 0);
    let whole = began.elapsed();
    end(run, &desk, "run.log");
    assert_all_there(&desk, 5, "draining in peace");
    let (rounds, kills) = (12, 3);
    let mut interrupted = 0;
    for round in 0..rounds {
        for name in folders {
            std::fs::remove_dir_all(desk.folder().join(name)).unwrap();
            copy(&kept.join(name), &desk.folder().join(name));
        }
        for kill in 0..kills {
            let mut run = service(&desk, moto.port, "run.log");
            let moment = f64::from(round * kills + kill + 1) / f64::from(rounds * kills);
            wait_for("the start", &desk, "run.log", || log(&desk, "run.log").contains("serving"));
            std::thread::sleep(whole.mul_f64(moment));
            run.kill().unwrap();
            run.wait().unwrap();
            let (there, left) = (ledger(&desk.store()).len(), waiting(&desk));
            assert!(there + left >= 5, "a run is lost: {there} statements, {left} wait");
            interrupted += usize::from(left > 0);
        }
        drain();
        assert_all_there(&desk, 5, &format!("round {round}"));
        let left: Vec<String> = files(&desk.folder().join("evidenced-spool"));
        // Being stopped between the commit and the end of clearing away leaves what the next claim clears.
        let fine = |file: &String| file.ends_with("/.lock") || file == ".lock" || file.contains("/.gone-");
        assert!(left.iter().all(fine), "{left:?}");
    }
    assert!(interrupted > 0, "no kill came in time");
}

/// A limit on the size of files, which every system has: what is larger cannot be written, as on a disk that is full.
#[test]
fn a_disk_that_takes_no_large_file_costs_the_run_and_nothing_else() {
    let (moto, desk) = (Moto::empty(), Desk::default());
    configure(&desk, "file://./evidence", "0 0 1 1 *", "");
    let _ = collect(&desk, moto.port).run().expect_code(3, "a first run");
    let limited = |kib: u32| collect(&desk, moto.port).limited_to_files_of(kib).run();
    // Neither the catalogue nor the room for a statement can be written.
    let done = limited(40).expect_code(1, "no room anywhere");
    assert!(done.stderr.contains("nor wait in the spool") && done.stderr.contains("free some space"), "{done:#?}");
    assert!(!done.stderr.contains("panicked"), "{done:#?}");
    assert_eq!(waiting(&desk), 0, "whole or not at all");
    let left: Vec<String> = files(&desk.folder().join("evidenced-spool"));
    assert!(left.iter().all(|file| file.ends_with("/.lock") || file == ".lock"), "{left:?}");
    let _ = collect(&desk, moto.port).run().expect_code(3, "there is room again");
    assert_all_there(&desk, 2, "what was committed");
}

/// Whether this machine lets a test have a disk of its own.
fn mounts() -> bool {
    let can = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", "/mnt"])
        .output();
    can.is_ok_and(|done| done.status.success())
}

#[expect(clippy::print_stderr, reason = "a test that was left out must be seen")]
fn left_out(what: &str) {
    eprintln!("LEFT OUT: {what}: this machine lets no process mount a tmpfs in a namespace of its own");
}

/// A small disk under the store: what it does not take waits, and is committed when there is room.
#[test]
fn a_full_disk_under_the_store_makes_runs_wait() {
    if !mounts() {
        return left_out("a full disk under the store");
    }
    let (moto, desk) = (Moto::empty(), Desk::default());
    configure(&desk, "file://./evidence", "0 0 1 1 *", "");
    std::fs::create_dir(desk.store()).unwrap();
    let script = "mount -t tmpfs -o size=1100k tmpfs evidence
        for run in 1 2 3 4 5 6; do code=0; \"$EVIDENCED\" collect --config evidenced.yaml || code=$?; echo \"run $code\"; done
        find evidenced-spool -name waiting.json | sed 's/^/waits /'
        mount -o remount,size=60m evidence
        code=0; \"$EVIDENCED\" collect --config evidenced.yaml || code=$?; echo \"run $code\"
        find evidenced-spool -name waiting.json | sed 's/^/left /'
        cp -a evidence out";
    let done = desk.call([]).aws(moto.port).in_mount_namespace(script).run().expect_code(0, "the script");
    let codes: Vec<&str> = done.stdout.lines().filter_map(|line| line.strip_prefix("run ")).collect();
    let (fine, waited) =
        (codes.iter().filter(|code| **code == "3").count(), codes.iter().filter(|code| **code == "1").count());
    assert_eq!((codes.len(), fine + waited, codes[6]), (7, 7, "3"), "{done:#?}");
    assert!(fine >= 2 && waited >= 1, "it fills up in the middle: {done:#?}");
    let told = |word: &str| done.stdout.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((told("waits "), told("left ")), (waited, 0), "{done:#?}");
    std::fs::remove_dir(desk.store()).unwrap();
    std::fs::rename(desk.folder().join("out"), desk.store()).unwrap();
    assert_all_there(&desk, 7, "a disk that was full");
}

/// A small disk under the spool: the oldest are kept, and what is refused is said; nothing half is left.
#[test]
fn a_full_disk_under_the_spool_keeps_the_oldest_and_drains() {
    if !mounts() {
        return left_out("a full disk under the spool");
    }
    let (moto, desk) = (Moto::empty(), Desk::default());
    configure(&desk, "file://./evidence", "0 0 1 1 *", "");
    let _ = collect(&desk, moto.port).run().expect_code(3, "a first run");
    let closed = Closed::close(&desk);
    std::fs::create_dir(desk.folder().join("evidenced-spool")).unwrap();
    let script = "mount -t tmpfs -o size=1000k tmpfs evidenced-spool
        for run in 1 2 3 4 5 6 7; do code=0; \"$EVIDENCED\" collect --config evidenced.yaml 2>said || code=$?
            echo \"run $code $(grep -c 'nor wait in the spool' said)\"; cat said >&2; done
        find evidenced-spool -name waiting.json | sed 's/^/waits /'
        find evidenced-spool -name '.new-*' | sed 's/^/half /'
        rm evidence/bundles; mv aside evidence/bundles
        code=0; \"$EVIDENCED\" collect --config evidenced.yaml || code=$?; echo \"run $code 0\"
        find evidenced-spool -name waiting.json | sed 's/^/left /'
        rm -rf aside; mv evidence/bundles aside; echo x > evidence/bundles";
    let done = desk.call([]).aws(moto.port).in_mount_namespace(script).run().expect_code(0, "the script");
    let runs: Vec<&str> = done.stdout.lines().filter_map(|line| line.strip_prefix("run ")).collect();
    let waited = runs.iter().filter(|run| **run == "1 0").count();
    let lost = runs.iter().filter(|run| **run == "1 1").count();
    assert_eq!((runs.len(), waited + lost, runs[7]), (8, 7, "3 0"), "{done:#?}");
    assert!(waited >= 1 && lost >= 1, "it fills up in the middle: {done:#?}");
    assert!(runs[..waited].iter().all(|run| *run == "1 0"), "the oldest are kept: {runs:?}");
    let told = |word: &str| done.stdout.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((told("waits "), told("half "), told("left ")), (waited, 0, 0), "{done:#?}");
    drop(closed);
    assert_all_there(&desk, 1 + waited + 1, "a spool that was full");
}

#[test]
fn a_key_that_is_away_makes_a_run_wait() {
    let (kms, desk) = (Kms::start(), Desk::default());
    let gate = Proxy::start(kms.port(), None);
    let key = format!("awskms:///{}", kms.key("ECC_NIST_P256"));
    let store = desk.store_url();
    let collect =
        || desk.call(["collect", "--region", "us-east-1", "--store", &store, "--key", &key]).aws(gate.port).run();
    for fault in [CloudFault::Internal, CloudFault::Denied] {
        gate.set(vec![Rule::always("kms:Sign", fault)]);
        let _ = waits(collect(), "a key service that does not sign");
    }
    assert_eq!(waiting(&desk), 2);
    gate.set(Vec::new());
    let _ = collect().expect_code(3, "it signs again");
    let export = ["keygen", "--public", &key, "--out", "key.pub.pem"];
    let _ = desk.call(export).aws(gate.port).run().expect_code(0, "the public key");
    assert_all_there(&desk, 3, "a key service that was away");
}

#[test]
fn sighup_with_a_store_or_key_that_cannot_be_opened_keeps_the_old_one() {
    let (moto, desk) = (Moto::empty(), Desk::default());
    configure(&desk, "file://./evidence", "*/2 * * * * *", "");
    let run = service(&desk, moto.port, "run.log");
    wait_for("a first run", &desk, "run.log", || lines(&desk, "run.log", "run committed") >= 1);
    std::fs::write(desk.folder().join("file"), "no folder").unwrap();
    let nobody = format!("s3://{BUCKET}/x?endpoint=http://127.0.0.1:{}", evidenced_tests::process::free_port());
    let broken = [
        ("a file for a store", "file://./file", "file://./key.pem"),
        ("a store that nobody serves", nobody.as_str(), "file://./key.pem"),
        ("a key that is none", "file://./evidence", "file://./file"),
    ];
    for (count, (what, store, key)) in broken.iter().enumerate() {
        configure(&desk, store, "*/2 * * * * *", "");
        let text = std::fs::read_to_string(desk.folder().join("evidenced.yaml")).unwrap();
        std::fs::write(desk.folder().join("evidenced.yaml"), text.replace("file://./key.pem", key)).unwrap();
        signal(&run, "HUP");
        wait_for(what, &desk, "run.log", || lines(&desk, "run.log", "the old one stays") > count);
        let before = lines(&desk, "run.log", "run committed");
        wait_for("a run of the old one", &desk, "run.log", || lines(&desk, "run.log", "run committed") > before);
    }
    end(run, &desk, "run.log");
    assert_all_there(&desk, lines(&desk, "run.log", "run committed"), "the old configuration");
}

/// A newest statement that does not read is told, and the stream goes on.
#[test]
fn a_damaged_newest_statement_does_not_stop_the_service() {
    let (moto, desk) = (Moto::empty(), Desk::default());
    configure(&desk, "file://./evidence", "*/2 * * * * *", "");
    let _ = collect(&desk, moto.port).run().expect_code(3, "a first run");
    let newest = desk.store().join(&ledger(&desk.store())[0]);
    std::fs::write(&newest, "damaged").unwrap();
    let run = service(&desk, moto.port, "run.log");
    wait_for("two runs", &desk, "run.log", || lines(&desk, "run.log", "run committed") >= 2);
    end(run, &desk, "run.log");
    assert!(log(&desk, "run.log").contains("a statement does not read"), "{}", log(&desk, "run.log"));
    let report = desk.verify().expect_code(4, "verify names it");
    assert!(report.stdout.contains("0000000001"), "{report:#?}");
}
