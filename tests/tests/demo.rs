//! What a newcomer types first.
#![expect(clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{bundles, only_bundle};
use evidenced_tests::fakes;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

#[test]
fn the_demo_needs_nothing_and_shows_everything() {
    let desk = Desk::default();
    let done = desk.call(["demo"]).without_network().run().expect_code(0, "demo");
    for said in ["Failed:", "Could not be read:", "denied", "Next: evidenced verify", "Cost:"] {
        assert!(done.stdout.contains(said), "`{said}` is not said:\n{}", done.stdout);
    }
    let all = bundles(&desk.store());
    let clouds: Vec<_> = all.iter().map(|bundle| bundle.run["cloud"].as_str().unwrap()).collect();
    assert_eq!(clouds, ["aws", "azure", "azure", "gcp", "gcp"]);
    for bundle in all {
        bundle.assert_balanced();
        bundle.assert_one_verdict_each();
        assert!(!bundle.complete(), "each recording holds a refused read");
        let cpu = bundle.statement["predicate"]["cost"]["cpu_seconds"].as_f64().unwrap();
        assert!(cpu < 2.0, "{cpu} s of CPU, unoptimised");
    }
    // The key is its owner's alone, and its maker is told.
    let key = std::fs::metadata(desk.folder().join("evidenced-signing.pem")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    assert!(done.stderr.contains("evidenced-signing.pem"), "{}", done.stderr);
    // The commands that it ends with work as they stand.
    let named = done.stdout.lines().filter_map(|line| line.split_once("evidenced ")).map(|(_, command)| command);
    let mut ran = 0;
    for command in named.filter(|command| ["verify file:", "reperform file:"].iter().any(|c| command.starts_with(c))) {
        let _ = desk.call(command.split_whitespace()).run().expect_code(0, command);
        ran += 1;
    }
    assert_eq!(ran, 2, "{}", done.stdout);
}

#[test]
fn with_json_there_is_one_document_and_nothing_else() {
    let desk = Desk::default();
    let document = desk.call(["demo", "--json"]).run().expect_code(0, "demo").json();
    assert_eq!(document["verification"]["signatures"], "verified");
    for arguments in
        [&["verify", "--json", "evidence"][..], &["reperform", "--json", "evidence"], &["controls", "list", "--json"]]
    {
        desk.call(arguments.iter().copied()).run().expect_code(0, &format!("{arguments:?}")).json();
    }
}

#[test]
fn standard_tools_verify_what_is_signed() {
    let desk = Desk::default();
    let _ =
        desk.call(["demo", "--cloud", "aws", "--store", "evidence", "--key", "key.pem"]).run().expect_code(0, "demo");
    let store = desk.store().display().to_string();
    fakes::python("check_standards.py", &[&store, &desk.public_key()]);
    let by_hand =
        || Command::new(fakes::scripts().join("../by_hand.sh")).args([&store, &desk.public_key()]).output().unwrap();
    let done = by_hand();
    assert!(done.status.success(), "{done:?}");

    // They see a change too, or they would prove nothing.
    let bundle = only_bundle(&desk.store());
    let file = bundle.statement["subject"][0]["name"].as_str().unwrap();
    let path = desk.store().join(file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[0] ^= 1;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let done = by_hand();
    assert!(!done.status.success() && String::from_utf8_lossy(&done.stderr).contains(file), "{done:?}");
}
