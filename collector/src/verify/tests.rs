//! Every way in which a store can be tampered with, and the name that `verify` has for it.

mod checkpoints;
pub(crate) mod estate;
mod forgeries;
mod tampering;

use super::*;
use estate::{Estate, KEY_STREAM};
use evidenced_schemas::Instant;

#[tokio::test]
async fn an_untouched_store_verifies_with_its_key() {
    let estate = Estate::new(3).await;
    let report = estate.verify().await;
    assert!(report.is_ok(), "{:#?}", report.problems);
    assert_eq!((report.integrity, report.signatures), (Integrity::Ok, Signatures::Verified));
    let stream = &report.streams[0];
    assert_eq!((stream.statements, stream.signed, stream.bundles_checked, stream.files), (3, 3, 3, 27));
    assert_eq!(stream.incomplete.iter().map(|run| run.sequence).collect::<Vec<_>>(), [1, 2, 3], "each has gaps");
    assert_eq!((report.warnings.len(), report.orphans.len(), report.foreign.len()), (0, 0, 0));
    assert!(report.table().contains("Signatures: verified"), "{}", report.table());
}

#[tokio::test]
async fn without_a_key_it_says_that_nothing_is_known_of_who_signed() {
    let estate = Estate::new(1).await;
    let report = estate.verify_with(&VerifyOptions { now: estate::now(), ..VerifyOptions::default() }).await;
    assert!(report.is_ok());
    assert_eq!(report.signatures, Signatures::NotChecked);
    assert_eq!(report.keyids.values().sum::<u64>(), 1);
    assert!(report.table().contains("Signatures: NOT CHECKED. No key was given"), "{}", report.table());
}

#[tokio::test]
async fn a_period_limits_the_bundles_and_not_the_chain() {
    let estate = Estate::new(3).await;
    let third = estate.statement(3).predicate.as_of.utc();
    let options = VerifyOptions { from: Some(third), ..estate.options() };
    let report = estate.verify_with(&options).await;
    assert!(report.is_ok(), "{:#?}", report.problems);
    assert_eq!((report.streams[0].statements, report.streams[0].bundles_checked), (3, 1));
    assert!(report.warnings.is_empty(), "changes follow from the bundle before, which is read: {:?}", report.warnings);

    estate.alter(&estate.file(1, "resources.jsonl.zst"), |bytes| bytes[0] ^= 1);
    assert!(estate.verify_with(&options).await.is_ok(), "the first bundle is outside of the period");
    estate.alter(&estate.ledger_file(1), |bytes| bytes[100] ^= 1);
    assert!(!estate.verify_with(&options).await.is_ok(), "the chain is always checked whole");
}

#[tokio::test]
async fn one_stream_can_be_asked_for() {
    let estate = Estate::new(1).await;
    let of = |stream: &str| VerifyOptions { streams: vec![stream.to_owned()], ..estate.options() };
    assert!(estate.verify_with(&of(KEY_STREAM)).await.is_ok());
    let other = estate.verify_with(&of("other/aws/123456789012")).await;
    assert_eq!(other.problems[0].kind, ProblemKind::NoStatementFound);
    let error = verify(&*estate.store().await, &of("nonsense")).await.unwrap_err();
    assert!(error.to_string().contains("write job/cloud/scope"), "{error}");
}

#[tokio::test]
async fn an_empty_store_is_no_evidence() {
    let estate = Estate::new(0).await;
    let report = estate.verify().await;
    assert_eq!(report.problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [ProblemKind::NoStatementFound]);
    assert_eq!(report.signatures, Signatures::NotChecked);
}

#[tokio::test]
async fn orphans_and_foreign_objects_are_listed_and_fail_nothing() {
    let estate = Estate::new(1).await;
    let orphan = "bundles/nightly/aws/123456789012/2026/03/01/20260301T000000Z-DEAD/";
    estate.write(&format!("{orphan}run.json"), b"{}");
    estate.write("README.txt", b"hello");
    let report = estate.verify().await;
    assert!(report.is_ok(), "{:#?}", report.problems);
    assert_eq!((report.orphans, report.foreign), (vec![orphan.to_owned()], vec!["README.txt".to_owned()]));
}

#[tokio::test]
async fn missed_runs_are_counted_up_to_now() {
    let estate = Estate::new(2).await;
    let late = Instant::try_from("2026-03-03T00:30:00Z".to_owned()).unwrap().utc();
    let report = estate.verify_with(&VerifyOptions { now: late, ..estate.options() }).await;
    // Runs at 06:00 and 12:00 on the first of March, every six hours; that of midnight may be under way.
    assert_eq!(report.streams[0].missed.count, 5, "{:?}", report.streams[0].missed);
    assert!(report.table().contains("5 scheduled run(s) did not take place"), "{}", report.table());
}

#[tokio::test]
async fn two_collectors_at_once_are_a_warning() {
    let estate = Estate::new(1).await;
    estate.run_at("2026-03-01T05:59:59.000Z", 7).await;
    let report = estate.verify().await;
    assert!(report.is_ok(), "{:#?}", report.problems);
    assert!(report.warnings[0].what.contains("a clock set back"), "{:?}", report.warnings);
}
