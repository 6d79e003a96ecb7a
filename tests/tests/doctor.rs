//! `doctor` finds what a run would fail on, says what to do, and writes nothing.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::binary::Done;
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::files;
use evidenced_tests::fakes::Moto;
use evidenced_tests::fakes::reader::Reader;
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

/// The actions that `permissions` prints, but these.
fn all_but(lost: &[&str]) -> Vec<String> {
    let printed = Desk::default().call(["permissions", "--cloud", "aws"]).run().expect_code(0, "permissions").json();
    let actions =
        printed["Statement"][0]["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap().to_owned());
    let all: Vec<String> = actions.collect();
    assert!(lost.iter().all(|lost| all.iter().any(|action| action == lost)), "{all:?}");
    all.into_iter().filter(|action| !lost.contains(&action.as_str())).collect()
}

#[test]
fn each_action_is_tried_and_what_is_missing_is_shown_with_what_stands_on_it() {
    let (moto, desk) = (Moto::with_estate(), Desk::default());
    configure(&desk, "{url: \"file://./evidence\"}", "{regions: [us-east-1, eu-west-1]}");
    let reader = Reader::new(&moto);
    let doctor = |lost: &[&str], arguments: &[&str]| {
        reader.may(all_but(lost).iter().map(String::as_str));
        let call = desk.call(["doctor", "--config", "evidenced.yaml"].iter().chain(arguments).copied());
        reader.calls(call).run().expect_code(0, "a missing action leaves gaps: that is a warning")
    };
    let account = "job often, account 123456789012";
    let whole = doctor(&[], &["--json"]);
    assert_check(&whole, &format!("{account}, permissions"), "ok", &[" 0 are missing"]);
    assert!(!whole.stdout.contains("missing action"), "{}", whole.stdout);

    // A list, a call about each bucket, and one that is about no resource.
    let lost = ["cloudtrail:DescribeTrails", "iam:GetAccountPasswordPolicy", "s3:GetBucketAcl"];
    let done = doctor(&lost, &["--json"]);
    assert_check(&done, &format!("{account}, permissions"), "warning", &[" 3 are missing"]);
    let report = done.json();
    let checks = report["checks"].as_array().unwrap();
    let missing: Vec<&Value> =
        checks.iter().filter(|check| check["what"] == format!("{account}, missing action")).collect();
    let words = |check: &Value| check["found"].as_str().unwrap().to_owned();
    let found: Vec<String> = missing.iter().map(|check| words(check)).collect();
    assert!(
        found[0]
            .starts_with("cloudtrail:DescribeTrails is refused in eu-west-1 (AccessDenied), us-east-1 (AccessDenied)"),
        "{found:#?}"
    );
    assert!(found[1].starts_with("iam:GetAccountPasswordPolicy is refused in global (AccessDenied)"), "{found:#?}");
    assert!(
        found[2].starts_with("s3:GetBucketAcl is refused in ") && found[2].contains(" controls stand on it"),
        "{found:#?}"
    );
    assert!(missing[0]["advice"].as_str().unwrap().contains("evidenced permissions --cloud aws"), "{missing:#?}");

    let permissions = checks.iter().find(|check| check["what"] == format!("{account}, permissions")).unwrap();
    let actions = permissions["actions"].as_array().unwrap();
    assert_eq!(actions.len(), all_but(&[]).len(), "each action is told of");
    for action in actions {
        let name = action["action"].as_str().unwrap();
        let refused = !action["refused"].as_object().unwrap().is_empty();
        assert_eq!(refused, lost.contains(&name), "{action}");
        assert_eq!(refused, action["controls"].is_array(), "{action}");
        let somewhere = ["allowed", "refused", "not_checked"].iter().any(|key| match &action[key] {
            Value::Array(regions) => !regions.is_empty(),
            regions => !regions.as_object().unwrap().is_empty(),
        });
        assert!(somewhere, "{action}");
    }
    let acl = actions.iter().find(|action| action["action"] == "s3:GetBucketAcl").unwrap();
    let standing = acl["controls"].as_array().unwrap();
    assert!(standing.contains(&Value::from("aws.s3.acls-disabled")), "{acl}");
    assert!(!standing.contains(&Value::from("aws.iam.password-policy")), "{acl}");
    // Without the list of trails nobody knows one to ask about.
    let status = actions.iter().find(|action| action["action"] == "cloudtrail:GetTrailStatus").unwrap();
    assert_eq!(status["not_checked"]["us-east-1"], "nothing is there to ask it of", "{status}");
    assert_eq!(files(&desk.store()), Vec::<String>::new(), "doctor writes nothing");

    let human = doctor(&lost, &[]);
    assert!(
        human
            .stdout
            .contains("warning      job often, account 123456789012, missing action: s3:GetBucketAcl is refused"),
        "{human:?}"
    );
    assert!(human.stdout.contains("not checked  job often, account 123456789012, actions not checked: "), "{human:?}");
}
