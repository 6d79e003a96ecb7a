//! Every write as *failed and not stored* and as *failed but stored*; writers that race; a past that was damaged.

use super::*;
use crate::bundle::{EXCHANGES, FILES, FINDINGS, Scratch, read_document, read_lines};
use crate::store::local::LocalStore;
use crate::store::{Access, Put, StoreErrorKind};
use bytes::Bytes;
use evidenced_schemas::finding::ResourceRef;
use evidenced_schemas::{ChangeKind, Digest, Verdict};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a faulty store does with a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    NotStored,
    ButStored,
}

/// A store whose puts from number `from` (0 is the first), `many` of them, fail in one way.
#[derive(Debug)]
struct Faulty {
    inner: LocalStore,
    from: usize,
    many: usize,
    fault: Fault,
    kind: StoreErrorKind,
    puts: AtomicUsize,
}

#[async_trait::async_trait]
impl Store for Faulty {
    fn url(&self) -> &str {
        self.inner.url()
    }

    async fn put_new(&self, key: &str, bytes: Bytes) -> Result<Put, StoreError> {
        let number = self.puts.fetch_add(1, Ordering::SeqCst);
        if number < self.from || number >= self.from + self.many {
            return self.inner.put_new(key, bytes).await;
        }
        if self.fault == Fault::ButStored {
            self.inner.put_new(key, bytes).await?;
        }
        Err(StoreError::new(self.url(), self.kind, "injected"))
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        self.inner.get(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.inner.list(prefix).await
    }

    async fn retention(&self) -> Result<Retention, StoreError> {
        Err(StoreError::new(self.url(), StoreErrorKind::Denied, "retention is not told"))
    }

    async fn hold(&self, key: &str) -> Result<crate::store::Hold, StoreError> {
        self.inner.hold(key).await
    }
}

fn local(folder: &Path) -> LocalStore {
    LocalStore::open("file://test", folder.to_owned(), Access::Write).unwrap()
}

fn stream() -> StreamId {
    StreamId::parse("nightly/aws/123456789012").unwrap()
}

/// A run that found one bucket, `id`, with a verdict.
fn outcome(scratch: &Scratch, id: &str, verdict: Verdict) -> RunOutcome {
    let as_of = Instant::try_from("2026-03-01T06:00:00.000Z".to_owned()).unwrap();
    let control: Control = serde_json::from_value(json!({
        "id": "aws.c", "title": "t", "statement": "s", "resource": "aws.s3.bucket", "pass": "true", "message": "''",
        "principle": "secure-by-default", "criteria": {"primary": "CC6.1"}, "category": "security", "layer": "data",
        "severity": "low", "policy": "p", "owner": "o", "remediation": "r"
    }))
    .unwrap();
    let zero = Digest::of(b"");
    let run: RunRecord = serde_json::from_value(json!({
        "format": 1, "run": new_run_id(as_of), "deployment": null, "job": "nightly", "cloud": "aws",
        "scope": "123456789012", "asked": {"regions": "enabled", "home_region": "us-east-1", "endpoints": {},
        "use_fips": false, "use_dual_stack": false}, "schedule": null, "timezone": "UTC", "as_of": as_of,
        "collector": {"name": "evidenced", "version": "0", "git_commit": "x", "executable_sha256": zero},
        "config_sha256": zero, "catalogue_sha256": zero
    }))
    .unwrap();
    let policy = json!({"id": "p", "version": "1", "date": "d", "classification": "c", "owner": "o", "categories": {},
        "principles": {}, "supporting": []});
    let resource = ResourceRef {
        type_: "aws.s3.bucket".to_owned(),
        id: id.to_owned(),
        region: "eu-west-1".to_owned(),
        sha256: zero,
    };
    let findings = vec![Finding {
        control: "aws.c".to_owned(),
        resource: Some(resource),
        scope: run.scope.clone(),
        verdict,
        reason: None,
        message: None,
        exchanges: vec![],
        exception: None,
    }];
    let row = json!({"type": "aws.s3.bucket", "region": "eu-west-1", "listed": 1, "evaluated": 1, "not_evaluated": 0,
        "excluded": 0, "pages": 1, "complete": true, "reason": null, "cross_check": null});
    RunOutcome {
        run,
        exchanges: ExchangeLog::new(scratch).unwrap(),
        resources: vec![],
        populations: vec![serde_json::from_value(row).unwrap()],
        summary: Summary::of(std::slice::from_ref(&control), &findings),
        findings,
        catalogue: vec![control],
        policy: serde_json::from_value(policy).unwrap(),
        region_set: vec!["us-east-1".to_owned(), "eu-west-1".to_owned()],
        identity: None,
        started_at: as_of,
        finished_at: as_of,
        cost: Cost::default(),
    }
}

/// Checks the chain from the bytes alone, and gives what each statement names.
async fn check(store: &dyn Store, signer: &Signer) -> Vec<Statement> {
    let keys = store.list("ledger/").await.unwrap();
    let (mut statements, mut before, mut subjects) = (Vec::new(), None, BTreeSet::new());
    for (index, key) in keys.iter().enumerate() {
        let sequence = index as u64 + 1;
        assert_eq!(*key, stream().statement_key(sequence), "the numbers have no gap");
        let bytes = store.get(key).await.unwrap().unwrap();
        let (envelope, statement) = read_statement(&bytes).unwrap();
        signer.verifier().open(&envelope).unwrap();
        assert_eq!(statement.predicate.sequence, sequence);
        assert_eq!(statement.predicate.previous, before, "{key}");
        assert_eq!(statement.subject.len(), FILES.len());
        assert!(statement.subject.is_sorted_by(|a, b| a.name < b.name));
        for subject in &statement.subject {
            let bytes = store.get(&subject.name).await.unwrap().unwrap_or_else(|| panic!("{} is lost", subject.name));
            assert_eq!(Digest::of(&bytes), subject.digest.sha256);
            assert_eq!(bytes.len() as u64, subject.annotations.bytes);
            assert!(subjects.insert(subject.name.clone()), "{} is named twice", subject.name);
        }
        before = Some(evidenced_schemas::statement::Previous { sequence, sha256: Digest::of(&bytes) });
        statements.push(statement);
    }
    statements
}

/// Changes of each bundle must follow from the bundle that stands before it in the ledger.
async fn check_changes(store: &dyn Store, statements: &[Statement]) {
    let mut before: Option<Vec<Finding>> = None;
    for statement in statements {
        let named = |name: &str| statement.subject.iter().find(|s| s.name.ends_with(name)).unwrap().name.clone();
        let get = async |name: &str| store.get(&named(name)).await.unwrap().unwrap();
        let findings: Vec<Finding> = read_lines(FINDINGS, &get(FINDINGS).await).unwrap();
        let populations: Vec<Population> = read_document("p", &get("populations.json").await).unwrap();
        let controls: Vec<Control> = read_document("c", &get("catalogue.json").await).unwrap();
        let told: Vec<Change> = read_lines("changes", &get("changes.jsonl.zst").await).unwrap();
        let judged = Judged { findings: &findings, populations: &populations, controls: &controls };
        assert_eq!(told, changes(before.as_deref(), judged), "statement {}", statement.predicate.sequence);
        let run: RunRecord = read_document("r", &get("run.json").await).unwrap();
        assert!(named("run.json").contains(run.run.as_str()), "run.json says another run than its folder");
        assert_eq!(run.catalogue_sha256, Digest::of(&get("catalogue.json").await));
        before = Some(findings);
    }
}

#[tokio::test]
async fn runs_follow_each_other_and_say_what_changed() {
    let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, signer) = (local(folder.path()), Signer::generate().unwrap());
    let scratch = Scratch::below(scratches.path()).unwrap();
    assert!(tail(&store, &stream()).await.unwrap().is_none());
    let (first, sealed) = commit(&store, &signer, outcome(&scratch, "b", Verdict::Fail)).await.unwrap();
    assert_eq!((first.sequence, first.changes.len()), (1, 0));
    assert_eq!(first.run, sealed.run.run);
    assert_eq!(first.statement.predicate.region_set, ["eu-west-1", "us-east-1"]);
    assert!(first.statement.predicate.complete && first.statement.predicate.gaps == 0);
    let (second, _) = commit(&store, &signer, outcome(&scratch, "b", Verdict::Pass)).await.unwrap();
    assert_eq!(second.changes.iter().map(|c| c.change).collect::<Vec<_>>(), [ChangeKind::Resolved]);
    let tail = tail(&store, &stream()).await.unwrap().unwrap();
    assert_eq!((tail.sequence, &tail.statement), (2, &second.statement));
    assert_eq!(list_streams(&store).await.unwrap(), [stream()]);
    check_changes(&store, &check(&store, &signer).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_that_fails_once_loses_nothing_and_doubles_nothing() {
    let signer = Signer::generate().unwrap();
    for fault in [Fault::NotStored, Fault::ButStored] {
        for many in [1, 3] {
            for from in 0..=FILES.len() {
                let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
                let scratch = Scratch::below(scratches.path()).unwrap();
                let inner = local(folder.path());
                commit(&inner, &signer, outcome(&scratch, "b", Verdict::Fail)).await.unwrap();
                let kind = StoreErrorKind::Unavailable;
                let faulty = Faulty { inner, from, many, fault, kind, puts: AtomicUsize::new(0) };
                let (committed, _) = commit(&faulty, &signer, outcome(&scratch, "b", Verdict::Pass)).await.unwrap();
                assert_eq!(committed.sequence, 2);
                assert_eq!(committed.statement.predicate.retention.mode, RetentionMode::Unknown);
                let statements = check(&faulty.inner, &signer).await;
                assert_eq!(statements.len(), 2, "{fault:?} at {from}");
                let files = faulty.inner.list("bundles/").await.unwrap().len();
                assert_eq!(files, 2 * FILES.len(), "{fault:?} at {from}: a file was doubled");
                check_changes(&faulty.inner, &statements).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_goes_away_leaves_whole_statements_only_and_the_next_run_continues() {
    let signer = Signer::generate().unwrap();
    for fault in [Fault::NotStored, Fault::ButStored] {
        for kind in [StoreErrorKind::Unavailable, StoreErrorKind::Denied] {
            for from in 0..=FILES.len() {
                let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
                let scratch = Scratch::below(scratches.path()).unwrap();
                let inner = local(folder.path());
                let faulty = Faulty { inner, from, many: usize::MAX - from, fault, kind, puts: AtomicUsize::new(0) };
                let error = commit(&faulty, &signer, outcome(&scratch, "b", Verdict::Fail)).await.unwrap_err();
                let in_statement = from == FILES.len();
                let unknown = in_statement && kind == StoreErrorKind::Unavailable;
                let expected = if unknown { LedgerErrorKind::Unknown } else { LedgerErrorKind::NotCommitted };
                assert_eq!(error.kind, expected, "{fault:?} at {from}: {error}");
                let there = check(&faulty.inner, &signer).await.len();
                assert_eq!(there, usize::from(in_statement && fault == Fault::ButStored), "{fault:?} at {from}");
                let (next, _) = commit(&faulty.inner, &signer, outcome(&scratch, "b", Verdict::Fail)).await.unwrap();
                assert_eq!(next.sequence, there as u64 + 1);
                check(&faulty.inner, &signer).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_writers_of_one_stream_both_commit_all_their_runs() {
    let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let signer = std::sync::Arc::new(Signer::generate().unwrap());
    let writers: Vec<_> = ["a", "b"]
        .into_iter()
        .map(|id| {
            let (store, signer) = (local(folder.path()), std::sync::Arc::clone(&signer));
            let scratch = Scratch::below(scratches.path()).unwrap();
            tokio::spawn(async move {
                for round in 0..20 {
                    let verdict = if round % 2 == 0 { Verdict::Fail } else { Verdict::Pass };
                    commit(&store, &signer, outcome(&scratch, id, verdict)).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let store = local(folder.path());
    let statements = check(&store, &signer).await;
    assert_eq!(statements.len(), 40);
    check_changes(&store, &statements).await;
}

#[tokio::test]
async fn a_lost_race_that_alters_the_changes_moves_the_bundle_and_signs_again() {
    /// Lets another writer in just before the first statement is put.
    #[derive(Debug)]
    struct Overtaken {
        inner: LocalStore,
        other: std::sync::Mutex<Option<(Signer, RunOutcome)>>,
    }
    #[async_trait::async_trait]
    impl Store for Overtaken {
        fn url(&self) -> &str {
            self.inner.url()
        }
        async fn put_new(&self, key: &str, bytes: Bytes) -> Result<Put, StoreError> {
            if key.starts_with("ledger/") {
                let other = self.other.lock().unwrap().take();
                if let Some((signer, outcome)) = other {
                    commit(&self.inner, &signer, outcome).await.unwrap();
                }
            }
            self.inner.put_new(key, bytes).await
        }
        async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
            self.inner.get(key).await
        }
        async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
            self.inner.list(prefix).await
        }
        async fn retention(&self) -> Result<Retention, StoreError> {
            self.inner.retention().await
        }

        async fn hold(&self, key: &str) -> Result<crate::store::Hold, StoreError> {
            self.inner.hold(key).await
        }
    }
    let (pem, scratches) = (Signer::generate().unwrap(), tempfile::tempdir().unwrap());
    let scratch = Scratch::below(scratches.path()).unwrap();
    for (others, moved) in [(Verdict::Pass, true), (Verdict::Fail, false)] {
        let folder = tempfile::tempdir().unwrap();
        let inner = local(folder.path());
        commit(&inner, &pem, outcome(&scratch, "b", Verdict::Fail)).await.unwrap();
        let other = (Signer::generate().unwrap(), outcome(&scratch, "b", others));
        let store = Overtaken { inner, other: std::sync::Mutex::new(Some(other)) };
        let ours = outcome(&scratch, "b", Verdict::Fail);
        let asked = ours.run.run.clone();
        let (committed, _) = commit(&store, &pem, ours).await.unwrap();
        assert_eq!(committed.sequence, 3);
        assert_eq!(committed.run != asked, moved, "the bundle moves only when it must");
        assert!(committed.bundle_prefix.contains(committed.run.as_str()));
        let expected: &[ChangeKind] = if moved { &[ChangeKind::Opened] } else { &[] };
        assert_eq!(committed.changes.iter().map(|c| c.change).collect::<Vec<_>>(), expected);
        let files = store.inner.list("bundles/").await.unwrap().len();
        assert_eq!(files, FILES.len() * if moved { 4 } else { 3 });
    }
}

#[tokio::test]
async fn a_damaged_past_is_told_and_does_not_stop_the_present() {
    let signer = Signer::generate().unwrap();
    let scratches = tempfile::tempdir().unwrap();
    let scratch = Scratch::below(scratches.path()).unwrap();
    for damage in ["findings", "findings gone", "statement"] {
        let folder = tempfile::tempdir().unwrap();
        let store = local(folder.path());
        let (first, _) = commit(&store, &signer, outcome(&scratch, "b", Verdict::Fail)).await.unwrap();
        let findings = folder.path().join(format!("{}{FINDINGS}", first.bundle_prefix));
        match damage {
            "findings" => std::fs::write(findings, "damaged").unwrap(),
            "findings gone" => std::fs::remove_file(findings).unwrap(),
            _ => std::fs::write(folder.path().join(&first.statement_key), "damaged").unwrap(),
        }
        assert_eq!(tail(&store, &stream()).await.is_err(), damage == "statement");
        let (second, _) = commit(&store, &signer, outcome(&scratch, "b", Verdict::Pass)).await.unwrap();
        assert_eq!((second.sequence, second.changes.len(), second.warnings.len()), (2, 0, 1), "{damage}");
        assert!(second.warnings[0].contains("evidenced verify"), "{:?}", second.warnings);
    }
}

#[tokio::test]
async fn exchanges_that_were_not_kept_are_never_committed() {
    let (folder, scratches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = local(folder.path());
    let scratch = Scratch::below(scratches.path()).unwrap();
    let run = outcome(&scratch, "b", Verdict::Pass);
    run.exchanges.finish().unwrap();
    let error = commit(&store, &Signer::generate().unwrap(), run).await.unwrap_err();
    assert_eq!(error.kind, LedgerErrorKind::NotCommitted);
    assert_eq!(store.list("").await.unwrap(), Vec::<String>::new());
}

#[test]
fn keys_of_statements_are_told_from_others() {
    let stream = stream();
    assert_eq!(sequence_of(&stream, &stream.statement_key(7)), Some(7));
    for other in
        ["7.dsse.json", "0000000000.dsse.json", "0000000007.tsr", "00000000007.dsse.json", "+000000007.dsse.json"]
    {
        assert_eq!(sequence_of(&stream, &format!("{}{other}", stream.ledger_prefix())), None, "{other}");
    }
    assert_eq!(sequence_of(&stream, EXCHANGES), None);
}
