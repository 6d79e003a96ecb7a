//! The organisation's own documents as evidence: what is on record is judged, what is not is never a pass and never lost.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Bundle, bundles};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

const CONFIG: &str = "deployment: acme-prod\nstore: {url: \"file://./evidence\"}\nsigning: {key: file://./key.pem}\njobs:\n  - name: org\n    schedule: \"0 6 * * *\"\n    org: {}\n";

fn built_in() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../collector/policy/soc2-sec-pol-001.yaml")).unwrap()
}

fn write(desk: &Desk, name: &str, text: &str) {
    let path = desk.folder().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Today and other days of the calendar, from `date`: the runs are of today.
fn day(words: &str) -> String {
    let done = Command::new("date").args(["-u", "-d", words, "+%F"]).output().unwrap();
    assert!(done.status.success());
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// One run, which must end so; its bundle.
fn run(desk: &Desk, code: i32, what: &str) -> Bundle {
    let _ = desk.call(["collect", "--config", "evidenced.yaml", "--json"]).run().expect_code(code, what);
    let _ = desk.verify().expect_code(0, what);
    let _ = desk.reperform().expect_code(0, what);
    bundles(&desk.store()).pop().unwrap()
}

/// The verdicts of a control by resource.
fn verdicts<'a>(bundle: &'a Bundle, control: &str) -> BTreeMap<&'a str, &'a str> {
    let of = |finding: &&Value| finding["control"] == control;
    let row =
        |finding: &'a Value| (finding["resource"]["id"].as_str().unwrap_or(""), finding["verdict"].as_str().unwrap());
    bundle.findings.iter().filter(of).map(row).collect()
}

fn word<'a>(bundle: &'a Bundle, control: &str) -> &'a str {
    let all = verdicts(bundle, control);
    assert_eq!(all.len(), 1, "{control}: {all:?}");
    all.values().next().unwrap()
}

#[test]
fn what_nobody_recorded_is_not_evaluated_and_not_lost() {
    let desk = Desk::default();
    write(&desk, "evidenced.yaml", CONFIG);
    let bundle = run(&desk, 3, "the built-in policy, and nothing else");
    assert!(bundle.ledger.starts_with("ledger/org/org/acme-prod/"), "{}", bundle.ledger);
    assert!(!bundle.complete());
    for control in ["policy.annual-review", "policy.approved", "exceptions.none-expired", "vendor.register-current"] {
        assert_eq!(word(&bundle, &format!("org.{control}")), "not_evaluated", "{control}");
    }
    let supporting = verdicts(&bundle, "org.policy.supporting-reviewed");
    assert_eq!(supporting.len(), 8, "{supporting:?}");
    assert!(supporting.values().all(|verdict| *verdict == "not_evaluated"), "{supporting:?}");
    let policy = bundle.resources.iter().find(|resource| resource["type"] == "org.policy").unwrap();
    assert!(policy["config"].get("approved").is_none(), "a placeholder approves nothing: {policy}");

    // A file that is named and not there is a gap with the refused read.
    let records = format!(
        "supporting_records: [{{name: Incident Response Plan, path: nowhere.md, owner: Lee, last_reviewed: {}}}]\n",
        day("yesterday")
    );
    let registers = "registers: [{name: vendors, path: nowhere.yaml}]\n";
    write(&desk, "policy.yaml", &(built_in() + registers + &records));
    desk.append("policy: policy.yaml\n");
    let bundle = run(&desk, 3, "files that are not there");
    assert_eq!(verdicts(&bundle, "org.policy.supporting-reviewed")["Incident Response Plan"], "not_evaluated");
    assert_eq!(word(&bundle, "org.vendor.register-current"), "not_evaluated");
    let row = bundle.populations.iter().find(|row| row["type"] == "org.vendor").unwrap();
    assert!(row["reason"].as_str().unwrap().contains("ReadRegister not_found (404): nowhere.yaml"), "{row}");
}

/// A policy with everything on record.
fn whole(desk: &Desk) {
    let (recent, old) = (day("10 days ago"), day("400 days ago"));
    let record = |name: &str, reviewed: &str| {
        let path = format!("documents/{}.md", name.replace(' ', "-"));
        write(desk, &format!("papers/{path}"), &format!("# {name}\n"));
        format!("  - {{name: {name}, path: {path}, owner: Lee Example, last_reviewed: {reviewed}}}\n")
    };
    let names = [
        "Access Control Policy",
        "Risk Assessment Procedure",
        "Incident Response Plan",
        "Change Management Policy",
        "Vendor Management Policy",
        "Business Continuity Plan",
        "Monitoring and Logging Policy",
    ];
    let mut records: String = names.iter().map(|name| record(name, &recent)).collect();
    records += &record("Data Classification Policy", &old);
    let more = format!(
        "approved: {{by: Dana Example, role: CISO, on: {recent}}}\nroles: {{CISO: [Dana Example], Legal / Compliance: [Lee Example]}}\n\
         registers:\n  - {{name: vendors, path: vendors.yaml}}\n  - {{name: events, path: events.yaml}}\nsupporting_records:\n{records}"
    );
    write(desk, "papers/policy.yaml", &(built_in() + &more));
    write(
        desk,
        "papers/vendors.yaml",
        &format!(
            "vendors:\n  - {{name: Mailer, service: mail, owner: Lee Example, last_reviewed: {recent}}}\n  - {{name: Pager, service: calls, owner: Lee Example}}\n"
        ),
    );
    write(
        desk,
        "papers/events.yaml",
        &format!("events:\n  - {{id: INC-1, kind: incident, on: {old}, title: A key was published}}\n"),
    );
    let exception = |id: &str, starts: &str, expires: &str| {
        format!(
            "  - {{id: {id}, control: org.vendor.register-current, resource: Pager, reason: The contract ends this month, owner: Ed, approver: Lee Example, ticket: T-1, starts: {starts}, expires: {expires}}}\n"
        )
    };
    let all = exception("EX-OVER", &old, &recent) + &exception("EX-NOW", &recent, &day("tomorrow"));
    write(desk, "exceptions.yaml", &format!("exceptions:\n{all}"));
    write(desk, "evidenced.yaml", &format!("{CONFIG}policy: papers/policy.yaml\nexceptions: exceptions.yaml\n"));
}

#[test]
fn what_is_on_record_is_judged_and_can_be_repeated() {
    let desk = Desk::default();
    whole(&desk);
    let bundle = run(&desk, 0, "everything is on record");
    assert!(bundle.complete());
    assert_eq!(word(&bundle, "org.policy.annual-review"), "pass");
    assert_eq!(word(&bundle, "org.policy.approved"), "pass");
    let supporting = verdicts(&bundle, "org.policy.supporting-reviewed");
    assert_eq!(supporting.values().filter(|verdict| **verdict == "pass").count(), 7, "{supporting:?}");
    assert_eq!(supporting["Data Classification Policy"], "fail");
    assert_eq!(
        verdicts(&bundle, "org.vendor.register-current"),
        BTreeMap::from([("Mailer", "pass"), ("Pager", "fail")])
    );
    assert_eq!(
        verdicts(&bundle, "org.exceptions.none-expired"),
        BTreeMap::from([("EX-NOW", "pass"), ("EX-OVER", "fail")])
    );
    let excepted: Vec<&Value> = bundle.findings.iter().filter(|finding| !finding["exception"].is_null()).collect();
    assert_eq!(excepted.len(), 1, "{excepted:?}");
    assert_eq!((&excepted[0]["resource"]["id"], &excepted[0]["exception"]["id"]), (&"Pager".into(), &"EX-NOW".into()));
    assert_eq!(excepted[0]["verdict"], "fail");

    // An incident after the review asks for another one; an approver without the role approves nothing.
    write(
        &desk,
        "papers/events.yaml",
        &format!("events:\n  - {{id: INC-2, kind: incident, on: {}, title: Again}}\n", day("2 days ago")),
    );
    let policy = fs::read_to_string(desk.folder().join("papers/policy.yaml")).unwrap();
    write(&desk, "papers/policy.yaml", &policy.replace("by: Dana Example", "by: Lee Example"));
    let bundle = run(&desk, 0, "an incident, and another approver");
    assert_eq!(word(&bundle, "org.policy.annual-review"), "fail");
    assert_eq!(word(&bundle, "org.policy.approved"), "fail");
}

#[test]
fn documents_that_are_wrong_are_refused_with_file_and_line() {
    for (name, from, to, line, said) in [
        ("papers/vendors.yaml", "owner: Lee Example}", "holder: Lee Example}", 3, "holder"),
        ("papers/events.yaml", "kind: incident", "kind: storm", 2, "storm"),
        ("papers/policy.yaml", "classification: Internal", "classified: Internal", 5, "classified"),
        ("exceptions.yaml", "The contract ends this month", "short", 2, "20 at least"),
    ] {
        let desk = Desk::default();
        whole(&desk);
        let text = fs::read_to_string(desk.folder().join(name)).unwrap();
        assert!(text.contains(from), "{name}: {from}");
        write(&desk, name, &text.replace(from, to));
        let done = desk.call(["config", "check", "--config", "evidenced.yaml"]).run().expect_code(2, name);
        assert!(done.stderr.contains(&format!("{name}:{line}: ")) && done.stderr.contains(said), "{name}: {done:#?}");
    }
    let desk = Desk::default();
    write(&desk, "evidenced.yaml", &CONFIG.replace("deployment: acme-prod\n", ""));
    let done = desk.call(["config", "check", "--config", "evidenced.yaml"]).run().expect_code(2, "no name");
    assert!(done.stderr.contains("evidenced.yaml:6: ") && done.stderr.contains("set `deployment`"), "{done:#?}");
}
