//! The machine-readable forms of `report`: read by the tools that are made for them, and counted against the signed statements.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::binary::{Call, Done};
use evidenced_tests::estate::{Desk, demo};
use evidenced_tests::evidence::Bundle;
use evidenced_tests::{fakes, process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

fn report<'a>(desk: &Desk, [from, to]: &'a [String; 2], format: &'a str, out: &'a str, rest: &[&'a str]) -> Call {
    let arguments =
        ["report", "evidence", "--from", from, "--to", to, "--key", "key.pub.pem", "--format", format, "--out", out];
    desk.call(arguments.into_iter().chain(rest.iter().copied()))
}

/// What the others see in a form.
fn seen(desk: &Desk, form: &str, out: &str) -> Value {
    let mut command = Command::new(fakes::program("exports/bin/python"));
    // PyPI's `oscal` puts its data base into the folder that it is started in.
    command.current_dir(desk.folder());
    command.env("PYTHONDONTWRITEBYTECODE", "1").arg(fakes::scripts().join("check_exports.py"));
    serde_json::from_str(&process::output(command.arg(form).arg(desk.folder().join(out)))).unwrap()
}

fn key(bundle: &Bundle) -> String {
    let predicate = &bundle.statement["predicate"];
    let text = |name: &str| predicate[name].as_str().unwrap();
    format!("{}/{}/{}#{}", text("job"), text("cloud"), text("scope"), predicate["sequence"])
}

/// What the signed statements count, without the verdicts that nothing has.
fn signed<'a>(all: impl Iterator<Item = &'a Bundle>) -> BTreeMap<String, BTreeMap<String, u64>> {
    let counts = |bundle: &Bundle| {
        let counts = bundle.statement["predicate"]["counts"].as_object().unwrap();
        let counts = counts.iter().map(|(verdict, count)| (verdict.clone(), count.as_u64().unwrap()));
        counts.filter(|(_, count)| *count > 0).collect()
    };
    all.map(|bundle| (key(bundle), counts(bundle))).collect()
}

fn counts(seen: &Value) -> BTreeMap<String, BTreeMap<String, u64>> {
    serde_json::from_value(seen["counts"].clone()).unwrap()
}

/// Every file below a folder, or the file itself.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    if root.is_file() {
        return BTreeMap::from([(String::new(), std::fs::read(root).unwrap())]);
    }
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        all.extend(files(&path).into_iter().map(|(rest, bytes)| (format!("{name}/{rest}"), bytes)));
    }
    all
}

/// Changes a byte of a bundle's verdicts.
fn damage(desk: &Desk, bundle: &Bundle) -> String {
    let subjects = bundle.statement["subject"].as_array().unwrap();
    let name = subjects.iter().filter_map(|subject| subject["name"].as_str()).find(|name| name.contains("/findings."));
    let path = desk.store().join(name.unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, bytes).unwrap();
    name.unwrap().to_owned()
}

#[test]
fn others_read_what_the_signed_statements_count() {
    let (desk, all, period) = demo();
    let _ = report(&desk, &period, "parquet", "tables", &[]).run().expect_code(0, "Parquet");
    let tables = seen(&desk, "parquet", "tables");
    assert_eq!(counts(&tables), signed(all.iter()));
    assert_eq!((&tables["runs"], &tables["problems"]), (&5.into(), &0.into()), "{tables}");
    assert_eq!(tables["kinds"], "TIMESTAMP WITH TIME ZONE");

    let _ = report(&desk, &period, "ocsf", "events.jsonl", &[]).run().expect_code(0, "OCSF");
    let events = seen(&desk, "ocsf", "events.jsonl");
    let mut total: BTreeMap<String, u64> = BTreeMap::new();
    for (verdict, count) in signed(all.iter()).into_values().flatten() {
        // What could not be read is a warning, which is the schema's word for missing information, and no pass.
        let status = match verdict.as_str() {
            "pass" => 1,
            "not_evaluated" => 2,
            "fail" => 3,
            _ => 99,
        };
        *total.entry(format!("{verdict}={status}")).or_default() += count;
    }
    assert_eq!(serde_json::from_value::<BTreeMap<String, u64>>(events["counts"].clone()).unwrap(), total);
    assert!(total["not_evaluated=2"] > 0 && total["fail=3"] > 0 && total["pass=1"] > 0, "{total:?}");
    assert_eq!(events["uids"], events["events"], "each finding has a uid of its own");

    let _ = report(&desk, &period, "oscal", "results.json", &[]).run().expect_code(0, "OSCAL");
    let results = seen(&desk, "oscal", "results.json");
    // The period began before the first runs: nothing was satisfied all the time.
    assert_eq!(results["satisfied"].as_array().unwrap().len(), 0, "{results}");
    let states: BTreeMap<String, u64> = serde_json::from_value(results["states"].clone()).unwrap();
    assert_eq!(states.values().sum::<u64>(), 61);
    assert!(states["not-satisfied/fail"] > 0 && states["not-satisfied/other"] > 0, "{states:?}");
    assert!(results["risks"].as_u64().unwrap() > 0, "{results}");
}

#[test]
fn the_same_store_gives_the_same_bytes_and_nothing_is_overwritten() {
    let (desk, _, period) = demo();
    for (form, ending) in [("parquet", ""), ("ocsf", ".jsonl"), ("oscal", ".json")] {
        let names = ["one", "two"].map(|name| format!("{name}-{form}{ending}"));
        for name in &names {
            let _ = report(&desk, &period, form, name, &[]).run().expect_code(0, form);
        }
        let [one, two] = names.clone().map(|name| files(&desk.folder().join(name)));
        assert!(!one.is_empty() && one == two, "two reports as {form} differ");
        let done = report(&desk, &period, form, &names[0], &[]).run().expect_code(2, "it exists");
        assert!(done.stderr.contains("never overwritten"), "{}", done.stderr);
        assert!(files(&desk.folder().join(&names[0])) == one, "{form} was changed");
    }
    let call = desk.call(["report", "evidence", "--from", &period[0], "--to", &period[1], "--format", "parquet"]);
    assert!(call.run().expect_code(2, "no folder").stderr.contains("name a folder with --out"));
}

#[test]
fn a_damaged_bundle_is_left_out_and_named() {
    let (desk, all, period) = demo();
    let file = damage(&desk, &all[0]);
    let ran = |form: &str, out: &str| -> Done { report(&desk, &period, form, out, &[]).run().expect_code(4, form) };
    assert!(ran("parquet", "tables").stderr.contains(&file));
    let tables = seen(&desk, "parquet", "tables");
    assert_eq!(counts(&tables), signed(all[1..].iter()));
    assert_eq!((&tables["runs"], &tables["whole"]), (&5.into(), &4.into()));
    assert_eq!(tables["named"], serde_json::json!([["digest_mismatch", file]]));
    let _ = ran("ocsf", "events.jsonl");
    let whole: u64 = signed(all[1..].iter()).into_values().flat_map(BTreeMap::into_values).sum();
    assert_eq!(seen(&desk, "ocsf", "events.jsonl")["events"], whole);
    let _ = ran("oscal", "results.json");
    assert_eq!(seen(&desk, "oscal", "results.json")["problems"], serde_json::json!(["Problem: digest_mismatch"]));
}

#[test]
fn a_period_without_evidence_says_so_in_each_form() {
    let (desk, _, _) = demo();
    let none = ["2024-01-01", "2024-01-31"].map(str::to_owned);
    let _ = report(&desk, &none, "parquet", "tables", &[]).run().expect_code(3, "Parquet of nothing");
    let tables = seen(&desk, "parquet", "tables");
    assert_eq!((&tables["runs"], counts(&tables).len()), (&0.into(), 0));
    assert_eq!(tables["without"], 5, "each stream has its time without evidence: {tables}");
    let _ = report(&desk, &none, "ocsf", "events.jsonl", &[]).run().expect_code(3, "OCSF of nothing");
    assert_eq!(seen(&desk, "ocsf", "events.jsonl")["events"], 0);
    let _ = report(&desk, &none, "oscal", "results.json", &[]).run().expect_code(3, "OSCAL of nothing");
    let results = seen(&desk, "oscal", "results.json");
    assert_eq!(results["states"], serde_json::json!({"not-satisfied/other": 61}));
    assert!(results["remarks"].as_str().unwrap().contains("no evidence in this period"), "{results}");
}

#[test]
fn a_criterion_is_satisfied_only_when_all_its_controls_passed_all_the_time() {
    let (desk, all, _) = demo();
    // A period that the run covers whole: nothing is unknown but what it could not read.
    let bundle = all.iter().find(|bundle| key(bundle).contains("/gcp/evidence-prod")).unwrap();
    let as_of = bundle.run["as_of"].as_str().unwrap();
    let period = [as_of.to_owned(), as_of.trim_end_matches('Z').to_owned() + "999Z"];
    let stream = key(bundle);
    let rest = ["--stream", stream.split('#').next().unwrap()];
    let _ = report(&desk, &period, "oscal", "results.json", &rest).run().expect_code(0, "OSCAL of one run");
    let _ = report(&desk, &period, "json", "report.json", &rest).run().expect_code(0, "JSON of one run");
    let told: Value = serde_json::from_slice(&std::fs::read(desk.folder().join("report.json")).unwrap()).unwrap();
    let good = |criterion: &Value| {
        let end = &criterion["end"];
        criterion["mode"] == "automated" && end["fail"] == 0 && end["not_evaluated"] == 0 && end["pass"] != 0
    };
    let expected: Vec<String> = told["criteria"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|criterion| good(criterion))
        .map(|criterion| criterion["criterion"].as_str().unwrap().to_lowercase())
        .collect();
    let results = seen(&desk, "oscal", "results.json");
    let mut satisfied: Vec<String> = serde_json::from_value(results["satisfied"].clone()).unwrap();
    satisfied.sort_by_key(|id| expected.iter().position(|known| known == id));
    assert_eq!(satisfied, expected, "{results}");
}
