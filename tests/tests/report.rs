//! `report`: a period of a real store, in every form, with its sums counted again by others.
#![expect(clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::{Desk, demo};
use evidenced_tests::fakes;
use serde_json::Value;
use std::collections::BTreeMap;

fn report<'a>(desk: &Desk, [from, to]: &'a [String; 2], rest: &[&'a str]) -> evidenced_tests::binary::Call {
    let arguments = ["report", "evidence", "--from", from, "--to", to, "--key", "key.pub.pem"];
    desk.call(arguments.into_iter().chain(rest.iter().copied()))
}

#[test]
fn every_form_tells_the_same_counts_as_the_bundles() {
    let (desk, all, period) = demo();
    let json = report(&desk, &period, &["--format", "json"]).without_network().run().expect_code(0, "report").json();
    assert_eq!((json["runs"].as_u64(), json["signatures"].as_str()), (Some(5), Some("checked")));
    assert_eq!((json["problems"].as_array().unwrap().len(), json["criteria"].as_array().unwrap().len()), (0, 61));

    // By control, over all streams, counted from the findings themselves.
    let mut counted: BTreeMap<(String, String), u64> = BTreeMap::new();
    for finding in all.iter().flat_map(|bundle| &bundle.findings) {
        let key = (finding["control"].as_str().unwrap().to_owned(), finding["verdict"].as_str().unwrap().to_owned());
        *counted.entry(key).or_default() += 1;
    }
    let mut told = BTreeMap::new();
    for control in json["controls"].as_array().unwrap() {
        for line in control["lines"].as_array().unwrap() {
            for (verdict, count) in line["end"].as_object().unwrap() {
                let key = (control["control"].as_str().unwrap().to_owned(), verdict.clone());
                *told.entry(key).or_default() += count.as_u64().unwrap();
            }
        }
    }
    told.retain(|_, count: &mut u64| *count > 0);
    assert_eq!(told, counted);
    let failing = counted.iter().filter(|((_, verdict), _)| verdict == "fail").map(|(_, count)| count).sum::<u64>();
    let items = json["items"].as_array().unwrap();
    let open = items.iter().filter(|item| item["failures"].as_array().is_some_and(|all| !all.is_empty())).count();
    assert_eq!(open as u64, failing);

    let page = report(&desk, &period, &["--out", "report.html"]).run().expect_code(0, "report as HTML");
    assert!(page.stdout.contains("report.html"), "{}", page.stdout);
    let page = std::fs::read_to_string(desk.folder().join("report.html")).unwrap();
    for said in
        ["<!DOCTYPE html>", "Least Privilege", "CC6.1", "P8.1", "every statement that counts here is by a given key"]
    {
        assert!(page.contains(said), "`{said}` is not said");
    }
    for never in ["<script", "http-equiv=\"refresh\"", "src=", "@import", "url(http"] {
        assert!(!page.contains(never), "`{never}` stands in the page");
    }

    let _ = report(&desk, &period, &["--format", "csv", "--out", "tables"]).run().expect_code(0, "report as CSV");
    let _ =
        report(&desk, &period, &["--format", "xlsx", "--out", "report.xlsx"]).run().expect_code(0, "report as XLSX");
    let file = |name: &str| desk.folder().join(name).display().to_string();
    let seen: Value =
        serde_json::from_str(&fakes::python("check_report.py", &[&file("report.xlsx"), &file("tables")])).unwrap();
    assert_eq!(seen["failing"].as_u64(), Some(failing), "{seen}");
    assert_eq!((seen["criteria"].as_u64(), seen["formulas"].as_u64()), (Some(61), Some(0)), "{seen}");
}

/// Each figure of a measure, counted again from the findings: for each resource failing wins, then what could not be evaluated.
#[test]
fn measures_count_what_the_findings_say() {
    let (desk, all, period) = demo();
    let json = report(&desk, &period, &["--format", "json"]).run().expect_code(0, "report").json();
    let mut counted = 0;
    for figure in
        json["principles"].as_array().unwrap().iter().flat_map(|section| section["measures"].as_array().unwrap())
    {
        let (cloud, kind) = (figure["cloud"].as_str(), figure["figure"].as_str().unwrap());
        assert!(figure["numerator"].as_u64() <= figure["denominator"].as_u64(), "{figure}");
        // What the controls of the catalogue name themselves: `standing-administrators` of `standing-administrator`.
        let of_measure = |control: &&Value| {
            control["measure"].as_str().is_some_and(|measure| kind == measure || kind == format!("{measure}s"))
                && control["id"].as_str().unwrap().split('.').next() == cloud
        };
        let mut controls: Vec<&str> = all
            .iter()
            .flat_map(|bundle| &bundle.catalogue)
            .filter(of_measure)
            .map(|control| control["id"].as_str().unwrap())
            .collect();
        controls.sort_unstable();
        controls.dedup();
        if controls.is_empty() {
            continue;
        }
        assert_eq!(figure["controls"].as_array().unwrap().iter().collect::<Vec<_>>(), controls, "{kind} {cloud:?}");
        let mut verdicts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for bundle in &all {
            for finding in
                bundle.findings.iter().filter(|finding| controls.contains(&finding["control"].as_str().unwrap()))
            {
                let key = format!(
                    "{} {}",
                    bundle.ledger,
                    [&finding["resource"]["type"], &finding["resource"]["region"], &finding["resource"]["id"]]
                        .map(Value::to_string)
                        .join(" ")
                );
                verdicts.entry(key).or_default().push(finding["verdict"].as_str().unwrap());
            }
        }
        let with = |wanted: &dyn Fn(&[&str]) -> bool| verdicts.values().filter(|all| wanted(all)).count() as u64;
        let failing = with(&|all| all.contains(&"fail"));
        let open = with(&|all| !all.contains(&"fail") && all.contains(&"not_evaluated"));
        let passing = with(&|all| !all.contains(&"fail") && !all.contains(&"not_evaluated") && all.contains(&"pass"));
        let counts_failures =
            ["standing-administrators", "escalation-paths", "unused-grants", "external-grants"].contains(&kind);
        let expected = [if counts_failures { failing } else { passing }, failing + passing, open];
        let told = ["numerator", "denominator", "not_evaluated"].map(|key| figure[key].as_u64().unwrap());
        assert_eq!((told, figure["items"].as_array().unwrap().len() as u64), (expected, failing), "{kind} {cloud:?}");
        counted += 1;
    }
    // Eight measures in three clouds, without Azure's escalation paths.
    assert_eq!(counted, 23);
    // One run each: nothing is known to have begun in the period, and that is no population and not a full share.
    let of = |kind: &str| {
        json["principles"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|s| s["measures"].as_array().unwrap())
            .filter(|f| f["figure"] == kind)
            .cloned()
            .collect::<Vec<_>>()
    };
    assert!(
        of("birth-state")
            .iter()
            .all(|figure| figure["denominator"] == 0 && figure["items"].as_array().unwrap().is_empty())
    );
    assert_eq!((of("layer-holds").len(), of("single-layer").len()), (15, 3));
    assert!(
        of("single-layer").iter().all(|figure| figure["denominator"].as_u64() > Some(0)),
        "{:?}",
        of("single-layer")
    );
    assert_eq!(json["trend"].as_array().unwrap().len(), 5);
    let page = report(&desk, &period, &[]).run().expect_code(0, "report as HTML").stdout;
    for said in
        ["Principles measured", "standing administrators", "rests on a single layer", "no population", "log durability"]
    {
        assert!(page.contains(said), "`{said}` is not said");
    }
}

#[test]
fn the_same_store_gives_the_same_bytes() {
    let (desk, _, period) = demo();
    for form in ["html", "json", "xlsx"] {
        let files = [format!("one.{form}"), format!("two.{form}")];
        for file in &files {
            let _ = report(&desk, &period, &["--format", form, "--out", file]).run().expect_code(0, form);
        }
        let bytes = files.map(|file| std::fs::read(desk.folder().join(file)).unwrap());
        assert!(bytes[0] == bytes[1], "two reports as {form} differ");
    }
}

#[test]
fn a_damaged_bundle_is_named_and_the_rest_is_told() {
    let (desk, all, period) = demo();
    let file = all[0].statement["subject"][2]["name"].as_str().unwrap();
    let path = desk.store().join(file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let done = report(&desk, &period, &["--format", "json"]).run().expect_code(4, "report");
    assert!(done.stderr.contains(file), "{}", done.stderr);
    let json = done.json();
    assert_eq!(json["problems"][0]["kind"], "digest_mismatch");
    let of = |whole: bool| {
        let streams = json["streams"].as_array().unwrap();
        streams.iter().filter(|stream| stream["runs"][0]["whole"] == whole).count()
    };
    assert_eq!((of(false), of(true)), (1, 4));
}

#[test]
fn a_period_without_evidence_says_so() {
    let (desk, _, _) = demo();
    let none = ["2024-01-01", "2024-01-31"].map(str::to_owned);
    let done = report(&desk, &none, &["--out", "none.html"]).run().expect_code(3, "report of nothing");
    assert!(done.stderr.contains("no evidence from 2024-01-01"), "{}", done.stderr);
    assert!(
        std::fs::read_to_string(desk.folder().join("none.html"))
            .unwrap()
            .contains("There is no evidence in this period")
    );
}

#[test]
fn what_is_no_period_is_refused_and_nothing_is_overwritten() {
    let (desk, _, period) = demo();
    let of = |from: &str, to: &str| [from.to_owned(), to.to_owned()];
    for (wrong, said) in [
        (of("2026-03-02", "2026-03-01"), "ends before it begins"),
        (of("2126-03-01", "2126-03-02"), "has not begun"),
        (of("yesterday", "2026-03-02"), "--from yesterday"),
        (of("2026-03-02", "soon"), "--to soon"),
    ] {
        let done = report(&desk, &wrong, &[]).run().expect_code(2, said);
        assert!(done.stderr.contains(said), "{}", done.stderr);
    }
    // With --json, standard output has one JSON document and nothing else.
    assert_eq!(report(&desk, &period, &["--json"]).run().expect_code(0, "--json").json()["runs"], 5);
    let done = report(&desk, &period, &["--json", "--format", "html"]).run().expect_code(2, "a page beside --json");
    assert!(done.stdout.is_empty() && done.stderr.contains("name a file with --out"), "{done:?}");
    std::fs::write(desk.folder().join("mine.html"), "mine").unwrap();
    let done = report(&desk, &period, &["--out", "mine.html"]).run().expect_code(2, "an existing file");
    assert!(done.stderr.contains("never overwritten"), "{}", done.stderr);
    assert_eq!(std::fs::read_to_string(desk.folder().join("mine.html")).unwrap(), "mine");
}
