//! Write-once, with the real binary on a real S3 server: what is required is asked for before anything is made, what
//! protects the evidence is told, and what is locked stays, also from who has every key of the bucket.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced::store::suite::{Fault, On, Trouble as _};
use evidenced_tests::binary::Done;
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::statement;
use evidenced_tests::fakes::{BUCKET, Moto, SeaweedFs};
use evidenced_tests::trouble::{Dialect, FaultProxy};
use serde_json::Value;
use std::fs;

fn store(port: u16) -> String {
    format!("s3://{BUCKET}/evidence?endpoint=http://127.0.0.1:{port}")
}

/// `demo` into a store, then `verify` of it.
fn demo_and_verify(desk: &Desk, port: u16) -> Done {
    let url = store(port);
    let _ = desk
        .call(["demo", "--cloud", "aws", "--json", "--store", &url, "--key", "key.pem"])
        .aws(port)
        .run()
        .expect_code(0, "demo");
    desk.call(["verify", "--json", &url, "--key", &desk.public_key()]).aws(port).run()
}

#[test]
fn verify_says_what_protects_each_object_and_until_when() {
    let weed = SeaweedFs::start(true);
    let desk = Desk::default();
    let report = demo_and_verify(&desk, weed.port).expect_code(0, "verify").json();
    let protected = &report["streams"][0]["protected"];
    let objects = protected["objects"].as_u64().unwrap();
    assert_eq!(objects, 10, "nine files and a statement: {protected}");
    assert_eq!(protected["modes"], serde_json::json!({"compliance": objects}), "{protected}");
    for none in ["unprotected", "no_longer", "unknown"] {
        assert_eq!(protected[none], 0, "{protected}");
    }
    assert_eq!(protected["exposed"], Value::Array(vec![]), "{protected}");
    // One day from now, more or less what the test has taken.
    let left = seconds_from_now(protected["until_min"].as_str().unwrap());
    assert!((86_000..=86_400).contains(&left), "{protected}: {left} seconds from now");
    assert!(protected["until_min"].as_str() <= protected["until_max"].as_str(), "{protected}");

    weed.copy("evidence", &desk.store());
    let retention = &statement(&desk.store().join(ledger_file(&desk)))["predicate"]["retention"];
    assert_eq!(*retention, serde_json::json!({"mode": "compliance", "days": 1}));
    let table = desk.call(["verify", &store(weed.port)]).aws(weed.port).run().expect_code(0, "the table");
    assert!(
        table.stdout.contains("10 of 10 objects are under retention (10 compliance), the first until"),
        "{table:?}"
    );
}

/// Seconds from now to an instant, by the machine's own `date`.
fn seconds_from_now(instant: &str) -> i64 {
    let seconds = |text: &str| -> i64 {
        let mut date = std::process::Command::new("date");
        evidenced_tests::process::output(date.args(["-u", "+%s", "-d", text])).trim().parse().unwrap()
    };
    seconds(instant) - seconds("now")
}

fn ledger_file(desk: &Desk) -> String {
    evidenced_tests::evidence::ledger(&desk.store()).remove(0)
}

#[test]
fn a_store_without_protection_is_told_and_a_folder_is_not_asked() {
    let weed = SeaweedFs::start(false);
    let desk = Desk::default();
    let report = demo_and_verify(&desk, weed.port).expect_code(0, "unprotected evidence is no problem").json();
    let protected = &report["streams"][0]["protected"];
    assert_eq!((&protected["objects"], &protected["unprotected"]), (&10.into(), &10.into()), "{protected}");
    assert_eq!(protected["exposed"].as_array().unwrap().len(), 10, "{protected}");

    let _ = desk
        .call(["demo", "--cloud", "aws", "--json", "--store", "file://./evidence", "--key", "key.pem"])
        .run()
        .expect_code(0, "demo");
    assert_eq!(desk.verify().expect_code(0, "a folder").json()["streams"][0]["protected"], Value::Null);
}

#[test]
fn what_the_store_will_not_say_is_not_known() {
    let weed = SeaweedFs::start(true);
    let proxy = FaultProxy::start(weed.port, Dialect::S3, None);
    let desk = Desk::default();
    proxy.begin(On::All, "?retention", Fault::Refused, usize::MAX);
    let report = demo_and_verify(&desk, proxy.port).expect_code(0, "a refusal is no problem of the evidence").json();
    let protected = &report["streams"][0]["protected"];
    assert_eq!(protected["unknown"], 10, "{protected}");
    let reasons = protected["reasons"].as_object().unwrap();
    assert!(reasons.len() == 1 && reasons.keys().all(|why| why.contains("GetObjectRetention denied")), "{protected}");
    assert!(proxy.end("?retention") >= 10);
}

#[test]
fn what_is_locked_stays_and_what_is_put_over_it_is_found() {
    let weed = SeaweedFs::start(true);
    let desk = Desk::default();
    let _ = demo_and_verify(&desk, weed.port).expect_code(0, "verify");
    weed.copy("evidence", &desk.store());
    let key = format!("evidence/{}", ledger_file(&desk));
    for attack in ["purge", "shorten"] {
        let outcome = weed.attack(&key, attack);
        assert!(outcome["refused"].is_string(), "{attack}: {outcome}");
        assert_eq!((&outcome["kept"], &outcome["versions"]), (&true.into(), &1.into()), "{attack}: {outcome}");
    }
    let url = store(weed.port);
    let verify = || desk.call(["verify", &url, "--key", &desk.public_key()]).aws(weed.port).run();
    let _ = verify().expect_code(0, "after attacks that were refused");
    // S3 lets a new version, or a mark that there is none, be laid over what is locked. The evidence is still there,
    // and `verify` says that it is not what is shown.
    let outcome = weed.attack(&key, "overwrite");
    assert_eq!((&outcome["kept"], &outcome["versions"]), (&true.into(), &2.into()), "{outcome}");
    let _ = verify().expect_code(4, "a statement was laid over");
    let outcome = weed.attack(&key, "delete");
    assert_eq!(outcome["kept"], true, "{outcome}");
    let _ = verify().expect_code(4, "a statement was marked as removed");
}

/// `collect` and `run` with a requirement, which must be refused with all of these words, and leave nothing.
fn refused(store: &str, required: &str, port: u16, words: &[&str]) {
    let desk = Desk::default();
    let job = "{name: aws, schedule: \"0 0 * * *\", aws: {regions: [us-east-1]}}";
    let text = format!("store:\n  url: \"{store}\"\n  require_retention: {required}\njobs:\n  - {job}\n");
    fs::write(desk.folder().join("evidenced.yaml"), text).unwrap();
    for command in ["collect", "run"] {
        let done = desk.call([command, "--config", "evidenced.yaml"]).aws(port).run().expect_code(2, command);
        for word in words {
            assert!(done.stderr.contains(word), "{command}: `{word}` is not said: {done:#?}");
        }
        assert!(!desk.folder().join("evidenced-signing.pem").exists(), "{command}: no key is made");
    }
}

#[test]
fn a_store_that_protects_less_than_required_is_not_started_on() {
    let moto = Moto::empty();
    let (locked, plain) = (SeaweedFs::start(true), SeaweedFs::start(false));
    let is = "store.require_retention is 400d";
    refused(&store(locked.port), "400d", moto.port, &[is, "for 1 days", "put-object-lock-configuration", BUCKET]);
    refused(&store(plain.port), "400d", moto.port, &[is, "does not protect new objects"]);
    refused("file://./evidence", "400d", moto.port, &[is, "a folder has no write-once protection"]);
    let proxy = FaultProxy::start(locked.port, Dialect::S3, None);
    proxy.begin(On::All, "?object-lock", Fault::Refused, usize::MAX);
    let words = ["store.require_retention is 1d", "did not say", "denied", "s3:GetBucketObjectLockConfiguration"];
    refused(&store(proxy.port), "1d", moto.port, &words);
    for wrong in ["400", "0d", "1y"] {
        refused(&store(locked.port), wrong, moto.port, &["evidenced.yaml:3", "write it like `400d`"]);
    }
    let left = locked_objects(&locked);
    assert_eq!(left, Vec::<String>::new(), "nothing was written");
}

fn locked_objects(weed: &SeaweedFs) -> Vec<String> {
    let desk = Desk::default();
    fs::create_dir_all(desk.store()).unwrap();
    weed.copy("evidence", &desk.store());
    evidenced_tests::evidence::files(&desk.store())
}

/// A run that is protected enough starts, and asks for nothing but to add objects and to read.
#[test]
fn a_store_that_protects_enough_is_started_on_and_nothing_is_changed_in_it() {
    let moto = Moto::with_estate();
    let weed = SeaweedFs::start(true);
    let proxy = FaultProxy::start(weed.port, Dialect::S3, None);
    let desk = Desk::default();
    let text = format!("store: {{url: \"{}\", require_retention: 1d}}\n", store(proxy.port));
    fs::write(desk.folder().join("evidenced.yaml"), text).unwrap();
    let arguments = ["collect", "--config", "evidenced.yaml", "--key", "key.pem", "--region", "us-east-1"];
    let done = desk.call(arguments).aws(moto.port).run().expect_code(3, "moto never answers everything");
    assert!(done.stdout.contains("verify"), "{done:?}");
    let heads = proxy.heads();
    let puts: Vec<&String> = heads.iter().filter(|head| head.starts_with("PUT ")).collect();
    assert_eq!(puts.len(), 10, "nine files and a statement");
    for head in &heads {
        let asks = head.split(' ').nth(1).unwrap();
        match head.split(' ').next().unwrap() {
            "GET" | "HEAD" => {}
            "PUT" => {
                assert!(head.to_ascii_lowercase().contains("if-none-match: *"), "{head}");
                let sub = asks.split_once('?').map_or("", |(_, query)| query);
                assert!(sub.is_empty() || sub == "x-id=PutObject", "no setting is written: {asks}");
            }
            other => panic!("{other} {asks}: the collector only adds and reads"),
        }
        let lower = head.to_ascii_lowercase();
        assert!(!lower.contains("bypass-governance") && !lower.contains("x-amz-object-lock"), "{head}");
    }
}
