//! Approved exceptions: attached where they are in force, and never a verdict; refused with file and line where one may not stand.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{bundles, contents, files};
use evidenced_tests::fakes::gcp_projects::GcpProjects;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The policy of the program with people, from the project's own file.
fn policy() -> String {
    let built_in =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../collector/policy/soc2-sec-pol-001.yaml"));
    built_in.unwrap() + "roles: {CISO: [Dana Example], Legal / Compliance: [Lee Example]}\n"
}

/// One exception; `approver` stands in the seventh line of its nine.
fn exception(id: &str, control: &str, resource: &str, approver: &str, (starts, expires): (&str, &str)) -> String {
    format!(
        "  - id: {id}\n    control: \"{control}\"\n    resource: \"{resource}\"\n    reason: The project is retired in the spring\n    owner: Ed Example\n    approver: {approver}\n    ticket: SEC-12\n    starts: {starts}\n    expires: {expires}\n"
    )
}

fn write(desk: &Desk, name: &str, text: &str) {
    fs::write(desk.folder().join(name), text).unwrap();
}

/// What failed or was not evaluated, as control and resource; and the rest of each verdict without its exception.
fn open(findings: &[Value]) -> Vec<(&Value, &Value)> {
    let is_open = |finding: &&Value| ["fail", "not_evaluated"].contains(&finding["verdict"].as_str().unwrap());
    findings.iter().filter(is_open).map(|finding| (&finding["control"], &finding["resource"]["id"])).collect()
}

fn without_exceptions(findings: &[Value]) -> Vec<Value> {
    let mut all = findings.to_vec();
    for finding in &mut all {
        for volatile in ["exception", "exchanges", "message"] {
            finding[volatile].take();
        }
        finding["resource"]["sha256"].take();
    }
    all
}

#[test]
fn an_exception_is_attached_while_it_is_in_force_and_changes_no_verdict() {
    let (projects, desk) = (GcpProjects::new(1), Desk::default());
    projects.configure(&desk, &["schedule: \"0 0 1 1 *\""]);
    let collect = |what: &str| {
        let done = projects.call(&desk, ["collect", "--config", "evidenced.yaml"]).run();
        assert!(matches!(done.code, Some(0 | 3)), "{what}: {done:?}");
        done.stdout
    };
    let _ = collect("without exceptions");
    let first = bundles(&desk.store()).remove(0);
    let failed: Vec<&Value> =
        first.findings.iter().filter(|f| f["verdict"] == "fail" && !f["resource"].is_null()).collect();
    let controls: BTreeSet<&str> = failed.iter().map(|f| f["control"].as_str().unwrap()).collect();
    assert!(controls.len() >= 3, "{controls:?}");
    let [covered, over, future] = [0, 1, 2].map(|index| *controls.iter().nth(index).unwrap());

    write(&desk, "policy.yaml", &policy());
    let always = ("2026-01-01", "2099-12-31");
    let all = [
        exception("EX-NOW", covered, "*", "Dana Example", always),
        exception("EX-OVER", over, "*", "Dana Example", ("2020-01-01", "2020-06-30")),
        exception("EX-LATER", future, "*", "Dana Example", ("2098-01-01", "2098-06-30")),
    ];
    write(&desk, "exceptions.yaml", &format!("exceptions:\n{}", all.concat()));
    desk.append("policy: policy.yaml\nexceptions: exceptions.yaml\n");
    let said = collect("with exceptions");
    assert!(
        said.contains("under an approved exception") && said.contains("[exception EX-NOW until 2099-12-31]"),
        "{said}"
    );

    let second = bundles(&desk.store()).remove(1);
    assert_eq!(without_exceptions(&first.findings), without_exceptions(&second.findings), "no verdict changes");
    let attached: BTreeSet<&str> = second
        .findings
        .iter()
        .filter(|finding| !finding["exception"].is_null())
        .map(|finding| {
            assert_eq!(finding["exception"]["id"], "EX-NOW");
            assert_ne!(finding["verdict"], "pass");
            finding["control"].as_str().unwrap()
        })
        .collect();
    assert_eq!(attached, BTreeSet::from([covered]));
    let expected = open(&second.findings).into_iter().filter(|(control, _)| *control == covered).count();
    assert_eq!(second.findings.iter().filter(|finding| !finding["exception"].is_null()).count(), expected);

    // policy.json holds all three, those that are not in force among them, and the digest of their file.
    let path = files(&desk.store()).into_iter().filter(|file| file.ends_with("/policy.json")).max().unwrap();
    let held: Value = serde_json::from_slice(&contents(&desk.store().join(path))).unwrap();
    assert_eq!(held["exceptions"].as_array().unwrap().len(), 3, "{held}");
    assert_eq!(held["registers"][0]["path"], "exceptions.yaml");
    assert_eq!(held["registers"][0]["sha256"].as_str().unwrap().len(), 64);

    let _ = desk.verify().expect_code(0, "both bundles");
    let _ = desk.reperform().expect_code(0, "both bundles");
    is_reported(&desk, covered, expected);
}

/// The report has all three with what they cover.
fn is_reported(desk: &Desk, control: &str, expected: usize) {
    let store = desk.store_url();
    let arguments =
        ["report", &store, "--from", "2026-01-01", "--to", "2097-01-01", "--key", &desk.public_key(), "--json"];
    let report = desk.call(arguments).run().expect_code(0, "report").json();
    let sections = report["exceptions"].as_array().unwrap();
    let state = |id: &str| {
        let of = sections.iter().find(|section| section["exception"]["id"] == id).unwrap();
        (of["state"].as_str().unwrap(), of["covers"].as_array().unwrap().len())
    };
    assert_eq!(
        (state("EX-NOW"), state("EX-OVER"), state("EX-LATER")),
        (("in_force", expected), ("expired", 0), ("future", 0))
    );
    let items = report["items"].as_array().unwrap();
    let with: Vec<&Value> = items.iter().filter(|item| !item["exception"].is_null()).collect();
    assert!(!with.is_empty() && with.iter().all(|item| item["control"] == control), "{with:?}");
    let html =
        ["report", &store, "--from", "2026-01-01", "--to", "2097-01-01", "--format", "html", "--out", "report.html"];
    let _ = desk.call(html).run().expect_code(0, "report");
    let page = fs::read_to_string(desk.folder().join("report.html")).unwrap();
    assert!(page.contains("Approved exceptions") && page.contains("EX-OVER") && page.contains("SEC-12"));
}

/// `config check` and `collect` refuse the file with 2, the file and the line, and write nothing.
fn refused(policy: &str, exceptions: &str, line: u32, word: &str) {
    let desk = Desk::default();
    write(&desk, "policy.yaml", policy);
    write(&desk, "exceptions.yaml", exceptions);
    write(
        &desk,
        "evidenced.yaml",
        "policy: policy.yaml\nexceptions: exceptions.yaml\njobs: [{name: gcp, schedule: \"0 0 * * *\", gcp: {projects: [project-1]}}]\n",
    );
    let done = desk.call(["config", "check", "--config", "evidenced.yaml"]).run().expect_code(2, exceptions);
    assert!(
        done.stderr.contains(&format!("exceptions.yaml:{line}: ")) && done.stderr.contains(word),
        "{word}: {done:#?}"
    );
    assert!(!desk.store().exists());
}

#[test]
fn an_exception_that_may_not_stand_is_refused_with_file_and_line() {
    let always = ("2026-01-01", "2099-12-31");
    let good = format!("exceptions:\n{}", exception("EX-1", "aws.s3.*", "*", "Dana Example", always));
    let policy = policy();
    for (from, to, line, word) in [
        ("The project is retired in the spring", "too short", 5, "20 at least"),
        ("approver: Dana Example", "approver: ed example", 7, "approves what they own"),
        ("approver: Dana Example", "approver: Somebody Else", 7, "may not approve"),
        ("control: \"aws.s3.*\"", "control: \"aws.iam.root-mfa\"\n    approver: Lee Example", 8, "duplicate"),
        ("control: \"aws.s3.*\"", "control: \"aws.s3.typo\"", 3, "is no control"),
        ("    ticket: SEC-12\n", "", 9, "ticket"),
        ("    expires: 2099-12-31\n", "", 9, "expires"),
        ("    starts: 2026-01-01\n", "", 9, "starts"),
        ("expires: 2099-12-31", "expires: 2025-12-31", 10, "before it begins"),
        ("expires: 2099-12-31", "expires: never", 10, "no day and no instant"),
        ("resource: \"*\"", "resources: \"*\"", 4, "resources"),
    ] {
        assert!(good.contains(from), "{from}");
        refused(&policy, &good.replace(from, to), line, word);
    }
    let critical = exception("EX-1", "aws.iam.root-mfa", "*", "Lee Example", always);
    refused(&policy, &format!("exceptions:\n{critical}"), 7, "CISO, which is Dana Example");

    let desk = Desk::default();
    write(&desk, "evidenced.yaml", "deployment: x\nexceptions: nowhere.yaml\n");
    let done = desk.call(["config", "check", "--config", "evidenced.yaml"]).run().expect_code(2, "no such file");
    assert!(done.stderr.contains("nowhere.yaml: cannot be read"), "{done:?}");
    write(&desk, "nowhere.yaml", "exceptions: []\n");
    let done = desk.call(["config", "check", "--config", "evidenced.yaml"]).run().expect_code(0, "an empty file");
    assert!(done.stdout.contains("0 exceptions"), "{done:?}");
}
