//! Re-performance finds what does not follow, and says where.

use super::compare::lines;
use super::*;
use crate::bundle::{ExchangeLog, Scratch};
use crate::ledger::RunOutcome;
use crate::signing::Signer;
use crate::store::{self, Access};
use evidenced_schemas::run::{Asked, Collector, FORMAT_VERSION, Regions};
use evidenced_schemas::statement::Cost;
use evidenced_schemas::{Cloud, Instant, Summary, Verdict};
use serde_json::json;
use std::collections::BTreeMap;
use tempfile::TempDir;

/// A run in which no call was answered, and everything is judged accordingly: `tamper` changes it before it is sealed.
async fn run_of(folder: &TempDir, tamper: impl FnOnce(&mut RunOutcome)) {
    let as_of = Instant::try_from("2026-03-01T06:00:00.000Z".to_owned()).unwrap();
    let record = RunRecord {
        format: FORMAT_VERSION,
        run: crate::bundle::new_run_id(as_of),
        deployment: None,
        job: "nightly".parse().unwrap(),
        cloud: Cloud::Aws,
        scope: "123456789012".parse().unwrap(),
        asked: Asked {
            regions: Regions::Named(vec!["eu-west-1".to_owned()]),
            home_region: "eu-west-1".to_owned(),
            endpoints: BTreeMap::new(),
            use_fips: false,
            use_dual_stack: false,
        },
        schedule: None,
        timezone: "UTC".to_owned(),
        as_of,
        collector: Collector {
            name: "evidenced".to_owned(),
            version: "0.1.0".to_owned(),
            git_commit: "unknown".to_owned(),
            executable_sha256: Digest::of(b""),
        },
        config_sha256: Digest::of(b""),
        catalogue_sha256: Digest::of(b""),
    };
    let mut report = RunReport::new(&StreamId::parse("nightly/aws/123456789012").unwrap(), 1);
    let credentials = Credentials::for_replay(Cloud::Aws, None);
    let collected = collect_again(&record, &credentials, Vec::new(), &mut report).await;
    assert!(!report.unanswered.is_empty(), "the connector asks for something");
    let catalogue = Catalogue::built_in();
    let findings = evaluate(&catalogue, Cloud::Aws, &record.scope, as_of, &collected.resources, &collected.populations);
    let mut outcome = RunOutcome {
        run: record,
        exchanges: ExchangeLog::new(&Scratch::new().unwrap()).unwrap(),
        resources: collected.resources,
        populations: collected.populations,
        summary: Summary::of(catalogue.controls(), &findings),
        findings,
        catalogue: catalogue.controls().to_vec(),
        policy: serde_json::from_value(json!({
            "id": "P", "version": "1", "date": "2026", "classification": "internal", "owner": "CISO",
            "categories": {}, "principles": {}, "supporting": []
        }))
        .unwrap(),
        region_set: collected.region_set,
        identity: collected.identity,
        started_at: as_of,
        finished_at: as_of,
        cost: Cost::default(),
    };
    tamper(&mut outcome);
    let store = open(folder, Access::Write).await;
    ledger::commit(&*store, &Signer::generate().unwrap(), outcome).await.unwrap();
}

async fn open(folder: &TempDir, access: Access) -> Arc<dyn Store> {
    store::open(folder.path().to_str().unwrap(), access).await.unwrap()
}

async fn again(folder: &TempDir) -> ReperformReport {
    reperform(&*open(folder, Access::Read).await, None).await.unwrap()
}

#[tokio::test]
async fn a_run_comes_out_again_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    run_of(&folder, |_| ()).await;
    let report = again(&folder).await;
    assert!(report.is_ok(), "{}", report.table());
    assert!(report.runs[0].findings > 0 && report.table().contains("Reproduced"), "{}", report.table());
}

#[tokio::test]
async fn a_verdict_that_does_not_follow_is_named_with_its_field() {
    let folder = tempfile::tempdir().unwrap();
    run_of(&folder, |outcome| {
        outcome.findings[0].verdict = Verdict::Pass;
        outcome.populations[0].pages = 7;
    })
    .await;
    let report = again(&folder).await;
    assert_eq!((report.is_ok(), report.runs[0].outcome, report.runs[0].differing_lines), (false, Outcome::Differs, 2));
    let found: Vec<_> =
        report.runs[0].differences.iter().map(|d| (d.file.as_str(), d.line, d.field.as_str())).collect();
    assert_eq!(found, [("populations.json", 1, "[0].pages"), ("findings.jsonl.zst", 1, "verdict")]);
    assert!(report.table().contains("NOT reproduced"), "{}", report.table());
}

#[tokio::test]
async fn a_changed_file_is_not_re_performed() {
    let folder = tempfile::tempdir().unwrap();
    run_of(&folder, |_| ()).await;
    let keys = open(&folder, Access::Read).await.list("bundles/").await.unwrap();
    let file = folder.path().join(keys.iter().find(|key| key.ends_with(POPULATIONS)).unwrap());
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, b"[]").unwrap();
    let report = again(&folder).await;
    assert_eq!(report.runs[0].outcome, Outcome::NotPossible);
    assert!(report.table().contains("is not what the statement names"), "{}", report.table());
}

#[tokio::test]
async fn one_run_can_be_asked_for_and_must_exist() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, Access::Write).await;
    assert!(matches!(reperform(&*store, None).await, Err(ReperformError::NoStatement)));
    run_of(&folder, |_| ()).await;
    run_of(&folder, |_| ()).await;
    let id = again(&folder).await.runs[1].run.clone().unwrap();
    let one = reperform(&*store, Some(id.parse().unwrap())).await.unwrap();
    assert_eq!((one.runs.len(), one.runs[0].sequence), (1, 2));
    let error = reperform(&*store, Some("20260301T060000Z-NONE".parse().unwrap())).await.unwrap_err();
    assert!(matches!(error, ReperformError::NoSuchRun(_)), "{error}");
}

#[test]
fn lines_are_compared_one_by_one() {
    let of = |recorded: &str, again: &str| {
        let compared = lines("f", recorded.as_bytes(), again.as_bytes());
        let first = compared.differences.into_iter().next();
        (compared.count, first.map(|d| (d.line, d.field, d.recorded, d.reproduced)))
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(of("{}\n{}\n", "{}\n{}\n"), (0, None));
    assert_eq!(of("{\"a\":1}\n", "{\"a\":2}\n"), (1, Some((1, "a".to_owned(), text("1"), text("2")))));
    assert_eq!(
        of("{\"a\":{\"b\":[1]}}\n", "{\"a\":{\"b\":[1,2]}}\n"),
        (1, Some((1, "a.b[1]".to_owned(), None, text("2"))))
    );
    assert_eq!(of("{}\n", "{}\n{\"a\":1}\n"), (1, Some((2, ".".to_owned(), None, text("{\"a\":1}")))));
    assert_eq!(of("{\"a\":1}\n", ""), (1, Some((1, ".".to_owned(), text("{\"a\":1}"), None))));
}
