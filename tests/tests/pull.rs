//! `pull`: an auditor's package, unpacked and verified by the commands that it brings along.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_schemas::Instant;
use evidenced_tests::binary::{self, Call};
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Bundle, bundles, files};
use evidenced_tests::{later, process};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// A store with a run of every cloud, and two later ones of AWS with a schedule that was not kept between them; and a period of these two.
fn store() -> (Desk, Vec<Bundle>, [String; 2]) {
    let desk = Desk::default();
    let _ = desk.call(["demo", "--key", "key.pem"]).run().expect_code(0, "demo");
    let first = bundles(&desk.store()).remove(0);
    // The clouds were recorded one after another.
    let instant = |bundle: &Bundle| Instant::try_from(bundle.run["as_of"].as_str().unwrap().to_owned()).unwrap().utc();
    let begun = bundles(&desk.store()).iter().map(instant).max().unwrap();
    let after = |milliseconds| Instant::new(begun + Duration::from_millis(milliseconds)).to_string();
    for milliseconds in [1_000, 8_000] {
        later::commit(&desk, &first, &after(milliseconds), |edits| {
            edits.run.schedule = Some("* * * * * *".to_owned());
        });
    }
    let all = bundles(&desk.store());
    assert_eq!((all.len(), first.ledger.starts_with("ledger/demo/aws/")), (7, true));
    (desk, all, [after(500), after(8_500)])
}

fn pull<'a>(desk: &Desk, [from, to]: &'a [String; 2], out: &'a str, rest: &[&'a str]) -> Call {
    let arguments = ["pull", "evidence", "--from", from, "--to", to, "--key", "key.pub.pem", "--out", out];
    desk.call(arguments.into_iter().chain(rest.iter().copied()))
}

/// Unpacks a package with another program, and gives the folder and the manifest.
fn unpacked(desk: &Desk, package: &str) -> (PathBuf, Value) {
    let folder = desk.folder().join(package.trim_end_matches(".zip"));
    process::output(
        Command::new("python3").args(["-m", "zipfile", "-e", package]).arg(&folder).current_dir(desk.folder()),
    );
    let manifest = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    (folder, serde_json::from_str(&manifest).unwrap())
}

/// The blocks of commands in HOW-TO-VERIFY.md. The last one re-performs, which runs that were made of another one do not stand.
const BLOCKS: usize = 9;
const BUT_THE_LAST: usize = BLOCKS - 1;

/// So many blocks of HOW-TO-VERIFY.md, one after another.
fn verified_by_hand(desk: &Desk, folder: &Path, count: usize) -> Output {
    let text = std::fs::read_to_string(folder.join("HOW-TO-VERIFY.md")).unwrap();
    let blocks: Vec<&str> =
        text.split("```sh\n").skip(1).map(|rest| rest.split_once("```").expect("a block ends").0).collect();
    assert_eq!(blocks.len(), BLOCKS, "{text}");
    Command::new("bash")
        .args(["-euo", "pipefail", "-c", &blocks[..count].join("\n")])
        .env("KEY", desk.public_key())
        .env("EVIDENCED", binary::path())
        .env("TMPDIR", desk.folder())
        .current_dir(folder)
        .output()
        .unwrap()
}

fn spoil(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[20] ^= 1;
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn of_kind<'a>(manifest: &'a Value, kind: &str) -> Vec<&'a Value> {
    manifest["omissions"].as_array().unwrap().iter().filter(|omission| omission["kind"] == kind).collect()
}

fn is_csv(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "csv")
}

#[test]
fn the_unpacked_folder_is_verified_by_its_own_commands() {
    let (desk, all, period) = store();
    let done = pull(&desk, &period, "p.zip", &[]).without_network().run().expect_code(0, "pull");
    let (folder, manifest) = unpacked(&desk, "p.zip");
    let sum = process::output(Command::new("sha256sum").arg(folder.join("manifest.json")));
    assert!(done.stdout.contains(sum.split(' ').next().unwrap()), "{}", done.stdout);

    // Every bundle, those of before the period too: they speak for its beginning.
    let evidence = |root: &Path| {
        let all = files(root).into_iter().filter(|path| path.starts_with("bundles/") || path.starts_with("ledger/"));
        all.map(|path| (std::fs::read(root.join(&path)).unwrap(), path)).collect::<Vec<_>>()
    };
    assert!(evidence(&folder) == evidence(&desk.store()), "evidence is not byte for byte what the store holds");
    let before: Vec<bool> = manifest["streams"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|stream| stream["bundles"].as_array().unwrap())
        .map(|bundle| bundle["in_period"].as_bool().unwrap())
        .collect();
    assert_eq!((before.len(), before.iter().filter(|is_in| !**is_in).count()), (7, 5));

    let told = verified_by_hand(&desk, &folder, BUT_THE_LAST);
    let (out, err) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    assert!(told.status.success(), "{out}\n{err}");
    for said in [
        "every file is there, none was changed, none was added",
        "every statement is signed by",
        "7 bundles are what was signed",
        "3 statements follow each other",
        "every verdict is counted",
    ] {
        assert!(out.contains(said), "{said}: {out}\n{err}");
    }

    // The commands see what was touched, and what was added.
    std::fs::write(folder.join("added"), "").unwrap();
    assert!(!verified_by_hand(&desk, &folder, BUT_THE_LAST).status.success(), "a file was added");
    std::fs::remove_file(folder.join("added")).unwrap();
    let file = all[0].statement["subject"][5]["name"].as_str().unwrap();
    spoil(&folder.join(file));
    let told = verified_by_hand(&desk, &folder, BUT_THE_LAST);
    assert!(!told.status.success() && String::from_utf8_lossy(&told.stdout).contains(file), "{told:?}");
}

#[test]
fn every_command_holds_on_what_the_collector_itself_made() {
    let desk = Desk::default();
    let _ = desk.call(["demo", "--key", "key.pem"]).run().expect_code(0, "demo");
    let mut times: Vec<String> =
        bundles(&desk.store()).iter().map(|bundle| bundle.run["as_of"].as_str().unwrap().to_owned()).collect();
    times.sort();
    let period = [times[0].clone(), times[times.len() - 1].trim_end_matches('Z').to_owned() + "999Z"];
    let _ = pull(&desk, &period, "p.zip", &[]).run().expect_code(0, "pull");
    let (folder, _) = unpacked(&desk, "p.zip");
    let told = verified_by_hand(&desk, &folder, BLOCKS);
    let out = String::from_utf8_lossy(&told.stdout);
    assert!(told.status.success(), "{out}\n{}", String::from_utf8_lossy(&told.stderr));
    assert_eq!((out.matches("Integrity: ok").count(), out.matches("Reproduced:").count()), (5, 5), "{out}");
}

#[test]
fn every_criterion_has_a_worksheet_and_every_omission_is_named() {
    let (desk, _, period) = store();
    let _ = pull(&desk, &period, "p.zip", &[]).run().expect_code(0, "pull");
    let (folder, manifest) = unpacked(&desk, "p.zip");
    let sheets: BTreeSet<String> =
        files(&folder).into_iter().filter(|path| path.starts_with("worksheets/") && is_csv(path)).collect();
    assert_eq!(sheets.len(), 61);
    let read = |path: &str| std::fs::read_to_string(folder.join(path)).unwrap();
    for sheet in &sheets {
        let text = read(sheet);
        assert!(text.lines().count() >= 3 && text.lines().next().unwrap().ends_with(",auditor_conclusion"), "{sheet}");
    }
    let access = read("worksheets/CC6.1.csv");
    for said in ["aws.s3.bucket", "bundles/demo/aws/", "ledger/demo/gcp/", "resource,primary,"] {
        assert!(access.contains(said), "{said}");
    }
    let board = read("worksheets/CC1.2.csv");
    assert!(board.contains("no control of this period") && board.contains("board minutes"), "{board}");
    let without = of_kind(&manifest, "criterion_without_evidence");
    assert!(without.iter().any(|omission| omission["criterion"] == "CC1.2"), "{without:?}");
    assert!(!of_kind(&manifest, "no_time_stamp").is_empty() && of_kind(&manifest, "gaps").len() == 2);
    // Scheduled each second: seven times lie between both runs, and the second one served the last of them. One more may lie before the end.
    let missed = of_kind(&manifest, "missed_runs");
    assert!(missed.len() == 1 && matches!(missed[0]["count"].as_u64(), Some(6 | 7)), "{missed:?}");
    assert!(of_kind(&manifest, "no_evidence").iter().any(|gap| gap["what"] == "missed runs"), "{manifest:#}");
    let index = read("index.html");
    for said in [
        "worksheets/CC6.1.csv",
        "HOW-TO-VERIFY.md",
        "criterion without evidence",
        "The public key is not in this package",
    ] {
        assert!(index.contains(said), "{said}");
    }
    assert!(!index.contains("<script"));
    let schema = desk.call(["schema", "manifest"]).run().expect_code(0, "schema").json();
    assert_eq!(schema["$id"], "urn:evidenced:schema:manifest:v1");
}

#[test]
fn the_same_store_gives_the_same_bytes() {
    let (desk, _, period) = store();
    for out in ["one.zip", "two.zip"] {
        let _ = pull(&desk, &period, out, &[]).run().expect_code(0, out);
    }
    let [one, two] = ["one.zip", "two.zip"].map(|name| std::fs::read(desk.folder().join(name)).unwrap());
    assert!(one == two, "two packages of the same period differ");
}

#[test]
fn a_selection_narrows_and_says_what_it_leaves_out() {
    let (desk, all, period) = store();
    let _ = pull(&desk, &period, "c.zip", &["--criterion", "CC6.1", "--principle", "least-privilege"])
        .run()
        .expect_code(0, "by criterion");
    let (folder, manifest) = unpacked(&desk, "c.zip");
    let sheets: Vec<String> = files(&folder).into_iter().filter(|path| is_csv(path)).collect();
    assert_eq!(sheets, ["worksheets/CC6.1.csv"]);
    assert_eq!(of_kind(&manifest, "criterion_not_selected").len(), 60);
    let selected: BTreeSet<&str> =
        manifest["selection"]["controls"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let bears = |control: &Value| {
        let supporting = control["criteria"]["supporting"].as_array().unwrap();
        control["principle"] == "least-privilege"
            && (control["criteria"]["primary"] == "CC6.1" || supporting.iter().any(|id| id == "CC6.1"))
    };
    let expected: BTreeSet<&str> = all
        .iter()
        .flat_map(|bundle| &bundle.catalogue)
        .filter(|control| bears(control))
        .map(|control| control["id"].as_str().unwrap())
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(selected, expected);

    let stream = all[0].ledger.strip_prefix("ledger/").unwrap().rsplit_once('/').unwrap().0;
    let _ = pull(&desk, &period, "s.zip", &["--stream", stream]).run().expect_code(0, "by stream");
    let (folder, manifest) = unpacked(&desk, "s.zip");
    let others: BTreeSet<&str> = all.iter().map(|b| b.ledger.rsplit_once('/').unwrap().0).collect();
    assert_eq!(of_kind(&manifest, "stream_not_read").len(), others.len() - 1);
    assert!(files(&folder.join("ledger")).iter().all(|path| path.starts_with(stream)));
    let told = verified_by_hand(&desk, &folder, BUT_THE_LAST);
    assert!(told.status.success(), "{told:?}");

    let done = pull(&desk, &period, "n.zip", &["--criterion", "CC1.2"]).run().expect_code(3, "no control");
    assert!(done.stderr.contains("no package was made") && !desk.folder().join("n.zip").exists(), "{}", done.stderr);
}

#[test]
fn what_is_damaged_is_in_it_as_it_was_found_and_is_named() {
    let (desk, all, period) = store();
    let file = all[1].statement["subject"][3]["name"].as_str().unwrap();
    spoil(&desk.store().join(file));
    let gone = all[2].statement["subject"][0]["name"].as_str().unwrap();
    std::fs::remove_file(desk.store().join(gone)).unwrap();
    let done = pull(&desk, &period, "p.zip", &["--json"]).run().expect_code(4, "damaged");
    assert!(done.stderr.contains(file) && done.stderr.contains(gone), "{}", done.stderr);
    let (folder, manifest) = unpacked(&desk, "p.zip");
    let damaged: BTreeSet<&str> =
        of_kind(&manifest, "damaged").iter().map(|omission| omission["file"].as_str().unwrap()).collect();
    assert_eq!(damaged, BTreeSet::from([file, gone]));
    assert_eq!(done.json()["omissions"], manifest["omissions"]);
    let listed = |path: &str| manifest["files"].as_array().unwrap().iter().find(|entry| entry["path"] == path).cloned();
    assert_eq!(listed(file).unwrap()["as_signed"], false);
    assert_eq!(listed(gone), None);
    assert_eq!(std::fs::read(folder.join(file)).unwrap(), std::fs::read(desk.store().join(file)).unwrap());
    let told = verified_by_hand(&desk, &folder, BUT_THE_LAST);
    assert!(
        !told.status.success() && String::from_utf8_lossy(&told.stdout).contains("its bundle is damaged"),
        "{told:?}"
    );
}

#[test]
fn nothing_is_made_of_nothing_and_nothing_is_overwritten() {
    let (desk, _, period) = store();
    let before = |desk: &Desk| std::fs::read_dir(desk.folder()).unwrap().count();
    let there = before(&desk);
    let none = ["2024-01-01", "2024-01-31"].map(str::to_owned);
    let done = pull(&desk, &none, "p.zip", &[]).run().expect_code(3, "no evidence");
    assert!(done.stderr.contains("no evidence from 2024-01-01"), "{}", done.stderr);
    for (rest, said) in [
        (&["--criterion", "CC9.9"][..], "CC9.9"),
        (&["--principle", "trust"], "there is least-privilege"),
        (&["--stream", "x"], "job/cloud/scope"),
    ] {
        let done = pull(&desk, &period, "p.zip", rest).run().expect_code(2, said);
        assert!(done.stderr.contains(said), "{}", done.stderr);
    }
    let done = pull(&desk, &period, "no/such/p.zip", &[]).run().expect_code(2, "no folder");
    assert!(done.stderr.contains("there is no folder no/such"), "{}", done.stderr);
    assert_eq!(before(&desk), there, "something was left behind");
    std::fs::write(desk.folder().join("mine.zip"), "mine").unwrap();
    let done = pull(&desk, &period, "mine.zip", &[]).run().expect_code(2, "a file that exists");
    assert!(done.stderr.contains("never overwritten"), "{}", done.stderr);
    assert_eq!(std::fs::read_to_string(desk.folder().join("mine.zip")).unwrap(), "mine");
}
