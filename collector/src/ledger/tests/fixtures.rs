//! Runs, stores that fail on request, and a reader of the ledger that trusts nothing but bytes.

use crate::bundle::{ExchangeLog, FILES, FINDINGS, Judged, Scratch, changes, new_run_id, read_document, read_lines};
use crate::ledger::{RunOutcome, read_statement};
use crate::signing::Signer;
use crate::store::local::LocalStore;
use crate::store::{Access, Put, Store, StoreError, StoreErrorKind};
use bytes::Bytes;
use evidenced_schemas::finding::ResourceRef;
use evidenced_schemas::statement::{Cost, Retention};
use evidenced_schemas::{
    Change, Control, Digest, Finding, Instant, Population, RunRecord, Statement, StreamId, Summary, Verdict,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a faulty store does with a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    NotStored,
    ButStored,
}

/// A store whose puts from number `from` (0 is the first), `many` of them, fail in one way.
#[derive(Debug)]
pub(crate) struct Faulty {
    pub(crate) inner: LocalStore,
    pub(crate) from: usize,
    pub(crate) many: usize,
    pub(crate) fault: Fault,
    pub(crate) kind: StoreErrorKind,
    pub(crate) puts: AtomicUsize,
}

impl Faulty {
    /// What the store says while it is faulty for good: nothing can be read either.
    fn gone(&self) -> Result<(), StoreError> {
        let put = self.puts.load(Ordering::SeqCst);
        if self.many > usize::MAX / 2 && put > self.from {
            return Err(StoreError::new(self.url(), self.kind, "injected"));
        }
        Ok(())
    }
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
        self.gone()?;
        self.inner.get(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.gone()?;
        self.inner.list(prefix).await
    }

    async fn retention(&self) -> Result<Retention, StoreError> {
        Err(StoreError::new(self.url(), StoreErrorKind::Denied, "retention is not told"))
    }

    async fn hold(&self, key: &str) -> Result<crate::store::Hold, StoreError> {
        self.inner.hold(key).await
    }
}

pub(crate) fn local(folder: &Path) -> LocalStore {
    LocalStore::open("file://test", folder.to_owned(), Access::Write).unwrap()
}

pub(crate) fn stream() -> StreamId {
    StreamId::parse("nightly/aws/123456789012").unwrap()
}

/// A run that found one bucket, `id`, with a verdict.
pub(crate) fn outcome(scratch: &Scratch, id: &str, verdict: Verdict) -> RunOutcome {
    outcome_at(scratch, "2026-03-01T06:00:00.000Z", id, verdict)
}

/// The same at an instant.
pub(crate) fn outcome_at(scratch: &Scratch, as_of: &str, id: &str, verdict: Verdict) -> RunOutcome {
    let as_of = Instant::try_from(as_of.to_owned()).unwrap();
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
pub(crate) async fn check(store: &dyn Store, signer: &Signer) -> Vec<Statement> {
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
pub(crate) async fn check_changes(store: &dyn Store, statements: &[Statement]) {
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
