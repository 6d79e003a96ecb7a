//! Wrong input: the exit code says whose fault it is, and the message says where it is and what to do.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use std::fs;

/// Runs a command in a folder with one file, which must be refused with this code and all of these words.
fn refused(file: (&str, &str), arguments: &[&str], code: i32, words: &[&str]) {
    let desk = Desk::default();
    let path = desk.folder().join(file.0);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, file.1).unwrap();
    let done = desk.call(arguments.iter().copied()).run().expect_code(code, &format!("{file:?} {arguments:?}"));
    for word in words {
        assert!(done.stderr.contains(word), "{arguments:?}: `{word}` is not said: {done:#?}");
    }
    assert!(!done.stderr.contains("panicked"), "{done:#?}");
    assert!(!desk.store().exists(), "nothing was written: {done:#?}");
}

fn config(text: &str, words: &[&str]) {
    let mut all = vec!["evidenced.yaml"];
    all.extend(words);
    for command in [&["config", "check", "--config", "evidenced.yaml"][..], &["collect", "--config", "evidenced.yaml"]]
    {
        refused(("evidenced.yaml", text), command, 2, &all);
    }
}

const JOB: &str = "jobs:\n  - name: aws\n    aws: {regions: [us-east-1]}\n    schedule: ";

#[test]
fn configurations_are_refused_with_file_and_line() {
    config("deployment: acme\nstore: {url: \"file://./evidence\"}\nstorage: 1\n", &["evidenced.yaml:3", "storage"]);
    config("deployment: acme\nstore:\n  urls: x\n", &["evidenced.yaml:3", "urls"]);
    config("deployment: acme\njobs: [\n", &["evidenced.yaml:"]);
    config("jobs:\n  - name: aws\n    aws: {}\n", &["evidenced.yaml:", "schedule"]);
    config(&format!("{JOB}\"0 0 31 2 *\"\n"), &["evidenced.yaml:4", "31 2"]);
    config(&format!("{JOB}\"0 0 * * 1\"\n"), &["evidenced.yaml:4", "name"]);
    config(&format!("{JOB}\"99 0 * * *\"\n"), &["evidenced.yaml:4"]);
    config(&format!("{JOB}\"0 0 1 * MON\"\n"), &["evidenced.yaml:4"]);
    config(&format!("{JOB}\"0 0 * * *\"\n    timezone: Mars/Olympus\n"), &["evidenced.yaml:5", "Mars/Olympus"]);
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    refused(("x", ""), &["collect", "--config", "absent.yaml"], 2, &["absent.yaml"]);
    refused(("x", ""), &["run", "--config", "absent.yaml"], 2, &["absent.yaml"]);
    refused(("x", ""), &["collect", "--no-such-option"], 2, &["--no-such-option"]);
    refused(("x", ""), &["verify"], 2, &["STORE"]);
}

/// A control in order, so that each test spoils one thing of it.
const CONTROL: &str = r#"- id: aws.s3.mine
  title: Mine
  statement: The bucket is mine.
  resource: aws.s3.bucket
  pass: resource.config.name == "mine"
  message: "'it is ' + resource.config.name"
  principle: accountability
  criteria: {primary: CC6.1}
  category: security
  layer: data
  severity: low
  policy: Data Classification Policy
  owner: Engineering
  remediation: Make it yours.
  cases:
    - {verdict: pass, config: {name: mine}}
    - {verdict: fail, config: {name: yours}}
    - {verdict: not_evaluated, config: {}}
"#;

fn control(from: &str, to: &str, words: &[&str]) {
    assert!(CONTROL.contains(from), "{from}");
    let text = CONTROL.replacen(from, to, 1);
    let mut all = vec!["mine.yaml"];
    all.extend(words);
    refused(("controls/mine.yaml", &text), &["controls", "test", "controls"], 2, &all);
}

#[test]
fn controls_are_refused_with_file_and_line() {
    let desk = Desk::default();
    fs::create_dir(desk.folder().join("controls")).unwrap();
    fs::write(desk.folder().join("controls/mine.yaml"), CONTROL).unwrap();
    let _ = desk.call(["controls", "test", "controls"]).run().expect_code(0, "the control in order");

    control("  title: Mine\n", "  titel: Mine\n", &["titel", "mine.yaml:2"]);
    control("  severity: low\n", "  severity: mild\n", &["mild", "mine.yaml:11"]);
    control("== \"mine\"", "=== \"mine\"", &["aws.s3.mine"]);
    control("resource.config.name == \"mine\"", "has(resource.config.name)", &["has"]);
    control("resource.config.name == \"mine\"", "bucket.name == \"mine\"", &["bucket"]);
    control("CC6.1", "CC6.99", &["CC6.99"]);
    control("    - {verdict: fail, config: {name: yours}}\n", "", &["fail"]);
}

#[test]
fn a_control_is_defined_once() {
    let (with_dir, folder) = ("controls: {dir: controls}\n", "controls/mine.yaml");
    for text in [CONTROL.replace("aws.s3.mine", "aws.s3.versioning"), CONTROL.repeat(2)] {
        let desk = Desk::default();
        fs::create_dir(desk.folder().join("controls")).unwrap();
        fs::write(desk.folder().join(folder), &text).unwrap();
        fs::write(desk.folder().join("evidenced.yaml"), with_dir).unwrap();
        let done = desk.call(["config", "check", "--config", "evidenced.yaml"]).run().expect_code(2, "a control twice");
        assert!(done.stderr.contains("mine.yaml:") && done.stderr.contains("aws.s3."), "{done:#?}");
    }
    let unknown = "controls: {parameters: {no_such_parameter: 1}}\n";
    refused(("evidenced.yaml", unknown), &["config", "check", "--config", "evidenced.yaml"], 2, &["no_such_parameter"]);
}

#[test]
fn a_case_that_does_not_hold_fails() {
    let desk = Desk::default();
    fs::create_dir(desk.folder().join("controls")).unwrap();
    let text = CONTROL.replace("{verdict: fail, config: {name: yours}}", "{verdict: fail, config: {name: mine}}");
    fs::write(desk.folder().join("controls/mine.yaml"), text).unwrap();
    let done = desk.call(["controls", "test", "controls"]).run().expect_code(1, "a case that does not hold");
    assert!((done.stdout + &done.stderr).contains("aws.s3.mine"));
}

#[test]
fn a_store_that_is_not_there_is_named() {
    for command in ["verify", "reperform"] {
        refused(("x", ""), &[command, "file:///no/such/store"], 2, &["/no/such/store"]);
        refused(("x", ""), &[command, "ftp://host/store"], 2, &["ftp://host/store"]);
    }
}

#[test]
fn without_credentials_it_says_what_to_set() {
    let desk = Desk::default();
    let done = desk.call(["collect"]).env("AWS_REGION", "us-east-1").run().expect_code(1, "no credentials");
    for word in ["AWS_PROFILE", "AWS_ACCESS_KEY_ID"] {
        assert!(done.stderr.contains(word), "{done:#?}");
    }
    let left = fs::read_dir(desk.folder()).unwrap().count();
    assert_eq!(left, 0, "neither a key nor a store is made");
}

#[test]
fn keys_are_refused_by_name() {
    let desk = Desk::default();
    let _ = desk
        .call(["demo", "--cloud", "aws", "--store", "file://./evidence", "--key", "key.pem"])
        .run()
        .expect_code(0, "demo");
    fs::write(desk.folder().join("no.pem"), "not a key").unwrap();
    for key in ["absent.pem", "no.pem", "key.pem"] {
        let done = desk.call(["verify", &desk.store_url(), "--key", key]).run().expect_code(2, key);
        assert!(done.stderr.contains(key), "{done:#?}");
    }
    let done = desk.call(["keygen", "--out", "key.pem"]).run().expect_code(2, "a key is never overwritten");
    assert!(done.stderr.contains("key.pem"), "{done:#?}");
}
