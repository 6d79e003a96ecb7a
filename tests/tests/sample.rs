//! `sample`: a population, and a sample of it that a shell draws again.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_schemas::population::CrossCheck;
use evidenced_tests::binary::Call;
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Bundle, bundles};
use evidenced_tests::{later, process};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

const TYPE: &str = "aws.s3.bucket";

/// A store with two runs of AWS by the demo.
fn two_runs() -> (Desk, Vec<Bundle>) {
    let desk = Desk::default();
    for _ in 0..2 {
        let _ = desk.call(["demo", "--cloud", "aws", "--key", "key.pem"]).run().expect_code(0, "demo");
    }
    let all = bundles(&desk.store());
    assert_eq!(all.len(), 2);
    (desk, all)
}

fn sample<'a>(desk: &Desk, type_: &'a str, size: &'a str, seed: &'a str, rest: &[&'a str]) -> Call {
    let arguments =
        ["sample", "evidence", "--population", type_, "--size", size, "--seed", seed, "--key", "key.pub.pem"];
    desk.call(arguments.into_iter().chain(rest.iter().copied()))
}

fn ids(sample: &Value) -> Vec<String> {
    sample["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// The shell of docs/auditors.md with other settings.
fn by_hand(seed: &str, size: &str) -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/auditors.md")).unwrap();
    let (_, rest) = text.split_once("<!-- sample by hand -->\n```sh\n").unwrap();
    let (script, _) = rest.split_once("```").unwrap();
    let settings = "SEED='acme 2026 Q1' TYPE=aws.s3.bucket SIZE=25";
    assert!(script.contains(settings), "{script}");
    script.replace(settings, &format!("SEED='{seed}' TYPE={TYPE} SIZE={size}"))
}

#[test]
fn a_shell_draws_the_same_sample_from_the_files() {
    let (desk, all) = two_runs();
    let seed = "acme; $HOME 2026 \u{e9}";
    let drawn = sample(&desk, TYPE, "3", seed, &["--json"]).without_network().run().expect_code(0, "sample").json();
    let newest = &all[1];
    let folder = newest.statement["subject"][0]["name"].as_str().unwrap().rsplit_once('/').unwrap().0;
    let told = process::output(
        Command::new("bash").arg("-euc").arg(by_hand(seed, "3")).env("BUNDLES", folder).current_dir(desk.store()),
    );
    let lines: Vec<String> = drawn["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            let text = |key: &str| item[key].as_str().unwrap();
            format!("{} {} {} {}", text("rank"), text("stream"), text("region"), text("id"))
        })
        .collect();
    assert_eq!((lines.len(), told.trim_end()), (3, lines.join("\n").as_str()));

    // The population is that of the newest bundle, and the links lead to what they name.
    let there = newest.ids(TYPE);
    assert_eq!(drawn["documents"].as_u64(), Some(there.len() as u64));
    assert_eq!((drawn["complete"].as_bool(), drawn["signatures"].as_str()), (Some(true), Some("checked")));
    for item in drawn["items"].as_array().unwrap() {
        let document = newest.resources.iter().find(|r| r["type"] == TYPE && r["id"] == item["id"]).unwrap();
        assert_eq!((&document["sha256"], &document["exchanges"]), (&item["document"], &item["exchanges"]));
        let own = |finding: &&Value| finding["resource"]["id"] == item["id"] && finding["resource"]["type"] == TYPE;
        let verdicts: Vec<&Value> = newest.findings.iter().filter(own).collect();
        assert_eq!(item["verdicts"].as_array().unwrap().iter().collect::<Vec<_>>(), verdicts);
        for file in item["files"].as_array().unwrap() {
            let said = process::output(
                Command::new("sha256sum").arg(file["path"].as_str().unwrap()).current_dir(desk.store()),
            );
            assert!(said.starts_with(file["sha256"].as_str().unwrap()), "{file}: {said}");
        }
    }
}

#[test]
fn the_same_seed_draws_the_same_and_a_larger_size_only_adds() {
    let (desk, all) = two_runs();
    let of = |size: &str, seed: &str| sample(&desk, TYPE, size, seed, &["--json", "--at", "2126-01-01"]).run();
    let three = of("3", "a").expect_code(0, "three").json();
    assert_eq!(three, of("3", "a").expect_code(0, "again").json());
    let five = ids(&of("5", "a").expect_code(0, "five").json());
    assert_eq!(ids(&three), five[..3]);
    let other: BTreeSet<Vec<String>> = ["a", "b", "c", "d"].iter().map(|seed| ids(&of("3", seed).json())).collect();
    assert!(other.len() > 1, "the seed changes nothing: {other:?}");
    // More than there is: all of it, and it is said.
    let done = of("100000", "a").expect_code(0, "all");
    assert!(done.stderr.contains("the sample is all of it"), "{}", done.stderr);
    assert_eq!(ids(&done.json()).into_iter().collect::<BTreeSet<_>>(), all[1].ids(TYPE));
}

#[test]
fn the_population_is_that_of_the_instant() {
    let desk = Desk::default();
    let _ = desk.call(["demo", "--cloud", "aws", "--key", "key.pem"]).run().expect_code(0, "demo");
    let first = bundles(&desk.store()).remove(0);
    let gone = first.ids(TYPE).into_iter().next().unwrap();
    later::commit(&desk, &first, "2126-01-01T06:00:00.000Z", |edits| {
        let row = edits.populations.iter_mut().find(|row| row.type_ == TYPE).unwrap();
        let region = edits.resources.iter().find(|r| r.id == gone && r.type_ == TYPE).unwrap().region.clone();
        assert_eq!(row.region, region, "buckets have one list");
        edits.resources.retain(|resource| resource.id != gone || resource.type_ != TYPE);
        row.listed -= 1;
        row.evaluated -= 1;
    });
    let at = |instant: &str, code: i32| {
        let done = sample(&desk, TYPE, "100", "a", &["--json", "--at", instant]).run().expect_code(code, instant);
        let json = done.json();
        (
            json["streams"][0]["bundle"]["sequence"].as_u64(),
            ids(&json).contains(&gone),
            json["at"].as_str().unwrap().to_owned(),
        )
    };
    let as_of = first.run["as_of"].as_str().unwrap();
    assert_eq!(at(as_of, 0), (Some(1), true, as_of.to_owned()));
    assert_eq!(at("2126-01-01T05:59:59.999Z", 0), (Some(1), true, "2126-01-01T05:59:59.999Z".to_owned()));
    assert_eq!(at("2126-01-01T06:00:00Z", 0), (Some(2), false, "2126-01-01T06:00:00.000Z".to_owned()));
    assert_eq!(at("2126-01-01", 0).0, Some(2));
    let done = sample(&desk, TYPE, "1", "a", &["--at", "2024-01-01"]).run().expect_code(3, "before the first");
    assert!(done.stderr.contains("no evidence of aws.s3.bucket at 2024-01-01T23:59:59.999Z"), "{}", done.stderr);
}

#[test]
fn files_are_written_once_and_say_what_the_document_says() {
    let (desk, _) = two_runs();
    let done = sample(&desk, TYPE, "2", "=cmd()", &["--out", "s.csv"]).run().expect_code(0, "CSV");
    assert!(done.stdout.contains("complete") && done.stdout.contains("Sample of 2 by the seed"), "{}", done.stdout);
    let json = sample(&desk, TYPE, "2", "=cmd()", &["--json", "--out", "s.json"]).run().expect_code(0, "JSON").json();
    let text = |name: &str| std::fs::read_to_string(desk.folder().join(name)).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text("s.json")).unwrap(), json);
    let csv = text("s.csv");
    assert_eq!(csv.lines().count(), 3);
    assert!(csv.contains("'=cmd()") && csv.lines().next().unwrap().ends_with(",conclusion"), "{csv}");
    for id in ids(&json) {
        assert!(csv.contains(&id), "{id}");
    }
    let done = sample(&desk, TYPE, "2", "b", &["--out", "s.csv"]).run().expect_code(2, "a file that exists");
    assert!(done.stderr.contains("never overwritten") && text("s.csv") == csv, "{}", done.stderr);
}

#[test]
fn a_damaged_bundle_is_passed_over_and_named() {
    let (desk, all) = two_runs();
    let file = all[1].statement["subject"][2]["name"].as_str().unwrap();
    let path = desk.store().join(file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let done = sample(&desk, TYPE, "2", "a", &["--json"]).run().expect_code(4, "damaged");
    assert!(done.stderr.contains(file), "{}", done.stderr);
    let json = done.json();
    assert_eq!(
        (json["streams"][0]["bundle"]["sequence"].as_u64(), json["problems"][0]["kind"].as_str()),
        (Some(1), Some("digest_mismatch"))
    );
}

#[test]
fn a_population_that_was_cut_short_or_differs_from_another_count_is_said_loudly() {
    let desk = Desk::default();
    let _ = desk.call(["demo", "--cloud", "aws", "--key", "key.pem"]).run().expect_code(0, "demo");
    let first = bundles(&desk.store()).remove(0);
    later::commit(&desk, &first, "2126-01-01T06:00:00.000Z", |edits| {
        let row = edits.populations.iter_mut().find(|row| row.type_ == TYPE).unwrap();
        (row.complete, row.reason) = (false, Some("s3:ListBuckets throttled (SlowDown)".into()));
    });
    later::commit(&desk, &first, "2126-01-02T06:00:00.000Z", |edits| {
        let row = edits.populations.iter_mut().find(|row| row.type_ == TYPE).unwrap();
        row.cross_check = Some(CrossCheck { source: "another:Count".into(), count: row.listed + 1 });
    });
    let _ = desk.verify().expect_code(0, "the edited runs are evidence");
    for (at, why) in [("2126-01-01", "s3:ListBuckets throttled (SlowDown)"), ("2126-01-02", "another:Count counts")] {
        let done = sample(&desk, TYPE, "1", "a", &["--at", at]).run().expect_code(3, why);
        assert!(done.stderr.contains("THE POPULATION IS NOT COMPLETE"), "{}", done.stderr);
        assert!(done.stdout.contains("NOT COMPLETE: ") && done.stdout.contains(why), "{}", done.stdout);
        let json = sample(&desk, TYPE, "1", "a", &["--at", at, "--json"]).run().expect_code(3, why).json();
        assert_eq!((json["complete"].as_bool(), json["items"].as_array().unwrap().len()), (Some(false), 1));
    }
}

#[test]
fn what_is_no_population_is_refused() {
    let (desk, _) = two_runs();
    for (type_, size, seed, rest, said) in [
        ("aws.s3.bucke", "1", "a", &[][..], "aws.s3.bucket"),
        ("bucket", "1", "a", &[], "for example aws.s3.bucket"),
        (TYPE, "0", "a", &[], "0 is not in 1.."),
        (TYPE, "1", "a\nb", &[], "one line"),
        (TYPE, "1", "a", &["--out", "s.pdf"], ".csv or .json"),
        (TYPE, "1", "a", &["--at", "soon"], "--at soon"),
        (TYPE, "1", "a", &["--stream", "x"], "job/cloud/scope"),
    ] {
        let done = sample(&desk, type_, size, seed, rest).run().expect_code(2, said);
        assert!(done.stderr.contains(said) && done.stdout.is_empty(), "{said}: {done:?}");
    }
}
