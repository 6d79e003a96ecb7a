//! A checkpoint that somebody kept: what was removed or written anew since is found, also at the end of a stream.
#![expect(clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::binary::Done;
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::ledger;
use std::fs;

fn run(desk: &Desk) {
    let _ = desk
        .call(["demo", "--cloud", "aws", "--store", "file://./evidence", "--key", "key.pem"])
        .run()
        .expect_code(0, "demo");
}

/// A store of two runs, and a checkpoint of it in `kept.txt`.
fn kept() -> Desk {
    let desk = Desk::default();
    run(&desk);
    run(&desk);
    let url = desk.store_url();
    let sign = desk.call(["checkpoint", &url, "--key", "key.pem", "--out", "kept.txt"]);
    let _ = sign.run().expect_code(0, "checkpoint");
    desk
}

fn against_it(desk: &Desk) -> Done {
    let kept = desk.folder().join("kept.txt").display().to_string();
    desk.call(["verify", "--json", &desk.store_url(), "--key", &desk.public_key(), "--checkpoint", &kept]).run()
}

fn kinds(done: &Done) -> Vec<String> {
    let report = done.json();
    let problems = report["problems"].as_array().expect("a list").clone();
    problems.iter().map(|problem| problem["kind"].as_str().expect("a word").to_owned()).collect()
}

#[test]
fn a_ledger_that_grew_proves_it() {
    let desk = kept();
    run(&desk);
    let _ = against_it(&desk).expect_code(0, "one run more");
    let note = fs::read_to_string(desk.folder().join("kept.txt")).expect("it was written");
    let lines: Vec<&str> = note.lines().collect();
    assert!(lines[0].starts_with("evidenced/demo/aws/") && lines[1] == "2" && lines[3].is_empty(), "{note}");
    let again = desk.call(["checkpoint", &desk.store_url(), "--key", "key.pem", "--out", "kept.txt"]).run();
    let _ = again.expect_code(2, "an older checkpoint is not overwritten");
}

#[test]
fn the_newest_run_removed_is_found() {
    let desk = kept();
    let newest = ledger(&desk.store()).pop().expect("there are two");
    fs::remove_file(desk.store().join(&newest)).expect("it can be removed");
    let _ = desk.verify().expect_code(0, "without the checkpoint it cannot be known");
    let done = against_it(&desk).expect_code(4, "with it");
    assert_eq!(kinds(&done), ["ledger_shrank"], "{}", done.stdout);
}

#[test]
fn a_history_written_anew_with_the_right_key_is_found() {
    let desk = kept();
    fs::remove_dir_all(desk.store()).expect("it can be removed");
    for _ in 0..3 {
        run(&desk);
    }
    let _ = desk.verify().expect_code(0, "it follows from itself");
    let done = against_it(&desk).expect_code(4, "with the checkpoint");
    assert_eq!(kinds(&done), ["checkpoint_mismatch"], "{}", done.stdout);
}

#[test]
fn a_checkpoint_that_was_touched_counts_for_nothing() {
    let desk = kept();
    let path = desk.folder().join("kept.txt");
    let note = fs::read_to_string(&path).expect("it was written");
    fs::write(&path, note.replacen("\n2\n", "\n1\n", 1)).expect("it can be written");
    let done = against_it(&desk).expect_code(4, "another size");
    assert!(kinds(&done).contains(&"checkpoint_signature".to_owned()), "{}", done.stdout);
    fs::write(&path, "hello\n").expect("it can be written");
    let done = against_it(&desk).expect_code(2, "no note at all");
    assert!(done.stderr.contains("kept.txt:1"), "{}", done.stderr);
}
