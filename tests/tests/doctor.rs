//! `doctor` finds what a run would fail on, says what to do, and writes nothing.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::binary::Done;
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::files;
use evidenced_tests::fakes::Moto;
use evidenced_tests::process::free_port;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;

fn configure(desk: &Desk, store: &str, job: &str) {
    let text = format!(
        "deployment: test\nstore: {store}\nsigning: {{key: file://./key.pem}}\njobs:\n  - name: often\n    schedule: \"0 * * * *\"\n    aws: {job}\n"
    );
    std::fs::write(desk.folder().join("evidenced.yaml"), text).unwrap();
}

fn doctor(desk: &Desk, aws: u16) -> Done {
    desk.call(["doctor", "--json", "--config", "evidenced.yaml"]).aws(aws).run()
}

/// The check of that name: `(outcome, found, advice)`.
fn check(done: &Done, what: &str) -> (String, String, String) {
    let report = done.json();
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["what"].as_str().unwrap().starts_with(what));
    let check = check.unwrap_or_else(|| panic!("nothing is said of {what}: {report:#}"));
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    (text("outcome"), text("found"), text("advice"))
}

fn assert_check(done: &Done, what: &str, outcome: &str, words: &[&str]) {
    let (told, found, advice) = check(done, what);
    assert_eq!(told, outcome, "{what}: {found}");
    for word in words {
        assert!(found.contains(word) || advice.contains(word), "{what}: `{word}` is not said: {found} {advice}");
    }
}

#[test]
fn a_new_deployment_is_told_what_is_still_to_be_made_and_nothing_is_made() {
    let (moto, desk) = (Moto::empty(), Desk::default());
    configure(&desk, "{url: \"file://./evidence\"}", "{regions: [us-east-1]}");
    let before = files(desk.folder());
    let done = doctor(&desk, moto.port).expect_code(0, "warnings are no failure");
    assert_eq!(files(desk.folder()), before, "doctor writes nothing");
    assert_eq!(done.json()["ok"], Value::Bool(true));
    assert_check(&done, "configuration", "ok", &["evidenced.yaml", "1 jobs"]);
    assert_check(&done, "signing key", "warning", &["first run makes one", "evidenced keygen"]);
    assert_check(&done, "store", "warning", &["first run makes it"]);
    assert_check(&done, "spool", "ok", &["nothing waits in", "evidenced-spool", "1GiB"]);
    assert_check(&done, "job often, account 123456789012", "ok", &["us-east-1"]);
    assert_check(&done, "clock", "ok", &["127.0.0.1"]);
    let human = desk.call(["doctor", "--config", "evidenced.yaml"]).aws(moto.port).run().expect_code(0, "text");
    assert!(human.stdout.contains("warning      signing key") && human.stdout.contains(" 0 failed"), "{human:?}");
}

#[test]
fn a_deployment_that_ran_is_well_and_another_key_or_a_readable_one_is_seen() {
    let (moto, desk) = (Moto::empty(), Desk::default());
    configure(&desk, &format!("{{url: \"{}\"}}", desk.store_url()), "{regions: [us-east-1]}");
    let collected = desk.call(["collect", "--config", "evidenced.yaml"]).aws(moto.port).run();
    let _ = collected.expect_code(3, "moto never answers everything");
    let done = doctor(&desk, moto.port).expect_code(0, "well");
    assert_check(&done, "signing key", "ok", &["ed25519"]);
    assert_check(&done, "store", "ok", &["streams in its ledger: 1"]);
    assert_check(&done, "stream often/aws/123456789012", "ok", &["newest statement is 1", "signed by this key"]);
    assert_check(&done, "write-once protection", "warning", &["mode none", "require_retention"]);

    let key = desk.folder().join("key.pem");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_check(&doctor(&desk, moto.port), "signing key", "warning", &["mode 0644", "chmod 600"]);
    std::fs::remove_file(&key).unwrap();
    let _ = desk.call(["keygen", "--out", "other.pem"]).run().expect_code(0, "another key");
    std::fs::rename(desk.folder().join("other.pem"), &key).unwrap();
    let done = doctor(&desk, moto.port).expect_code(0, "another key");
    assert_check(&done, "stream often/", "warning", &["another key", "signing.previous"]);
    std::fs::write(&key, "no key").unwrap();
    let done = doctor(&desk, moto.port).expect_code(1, "no key");
    assert_check(&done, "signing key", "failed", &["key.pem"]);
    assert_check(&done, "stream often/", "not_checked", &["without a key"]);
}

#[test]
fn what_is_out_of_reach_fails_and_keeps_nothing_else_from_being_tried() {
    let (moto, desk) = (Moto::empty(), Desk::default());
    let gone = format!("s3://evidence/x?endpoint=http://127.0.0.1:{}&region=us-east-1", free_port());
    configure(&desk, &format!("{{url: \"{gone}\"}}"), "{accounts: [\"999999999999\"]}");
    let done = doctor(&desk, moto.port).expect_code(1, "gone");
    assert_eq!(done.json()["ok"], Value::Bool(false));
    assert_check(&done, "store", "failed", &["evidence"]);
    assert_check(&done, "job often", "failed", &["999999999999", "role_name"]);

    configure(&desk, "{url: \"file://./\", require_retention: 400d}", "{regions: [us-east-1, eu-west-9]}");
    let done = doctor(&desk, moto.port).expect_code(1, "no protection");
    assert_check(&done, "write-once protection", "failed", &["400d", "no write-once protection"]);
    assert_check(&done, "job often, account", "warning", &["eu-west-9"]);

    let none = desk.call(["doctor", "--json", "--config", "evidenced.yaml"]).aws(free_port()).run();
    let none = none.expect_code(1, "nobody answers");
    assert_check(&none, "job often", "failed", &["GetCallerIdentity"]);
    assert_check(&none, "clock", "not_checked", &[]);

    std::fs::write(desk.folder().join("evidenced.yaml"), "deployment: a\nstore: {uri: x}\n").unwrap();
    let wrong = doctor(&desk, moto.port).expect_code(2, "wrong configuration");
    assert!(wrong.stderr.contains("evidenced.yaml:2"), "{}", wrong.stderr);
}
