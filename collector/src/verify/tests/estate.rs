//! A small store, written by the real ledger, and the means to tamper with it.

use crate::bundle::{ExchangeLog, FILES, Scratch};
use crate::catalogue::Catalogue;
use crate::evaluate::evaluate;
use crate::ledger::{self, RunOutcome};
use crate::signing::Signer;
use crate::store::{self, Access, Store};
use crate::verify::{VerifyOptions, VerifyReport, verify};
use chrono::{DateTime, Utc};
use evidenced_connectors::exchange::record::Journal as _;
use evidenced_schemas::policy::Policy;
use evidenced_schemas::run::{Asked, Collector, FORMAT_VERSION, Regions, RunRecord};
use evidenced_schemas::statement::Cost;
use evidenced_schemas::{
    Cloud, Control, Digest, Exchange, Instant, Population, Resource, ScopeId, Statement, StreamId, Summary,
};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) const KEY_STREAM: &str = "nightly/aws/123456789012";

/// A store in a temporary folder.
pub(crate) struct Estate {
    folder: TempDir,
    pub(crate) signer: Signer,
    pub(crate) stream: StreamId,
}

/// Half an hour after the third run.
pub(crate) fn now() -> DateTime<Utc> {
    instant("2026-03-01T18:30:00Z").utc()
}

pub(crate) fn instant(text: &str) -> Instant {
    Instant::try_from(text.to_owned()).unwrap()
}

impl Estate {
    /// A store with this many runs, six hours apart.
    pub(crate) async fn new(runs: u64) -> Self {
        let estate = Self {
            folder: tempfile::tempdir().unwrap(),
            signer: Signer::generate().unwrap(),
            stream: StreamId::parse(KEY_STREAM).unwrap(),
        };
        for run in 1..=runs {
            estate.run_at(&format!("2026-03-01T{:02}:00:00.000Z", run * 6), run).await;
        }
        estate
    }

    /// Commits one run. What it finds depends on `seed`, so that there are changes.
    pub(crate) async fn run_at(&self, as_of: &str, seed: u64) {
        self.commit(&self.stream, as_of, seed, &self.signer).await;
    }

    pub(crate) async fn commit(&self, stream: &StreamId, as_of: &str, seed: u64, signer: &Signer) {
        let store = store::open(self.path("").to_str().unwrap(), Access::Write).await.unwrap();
        let outcome = outcome(stream, instant(as_of), seed);
        ledger::commit(&*store, signer, outcome).await.unwrap();
    }

    pub(crate) async fn store(&self) -> Arc<dyn Store> {
        store::open(self.path("").to_str().unwrap(), Access::Read).await.unwrap()
    }

    pub(crate) fn options(&self) -> VerifyOptions {
        VerifyOptions { keys: vec![self.signer.verifier()], now: now(), ..VerifyOptions::default() }
    }

    pub(crate) async fn verify(&self) -> VerifyReport {
        self.verify_with(&self.options()).await
    }

    pub(crate) async fn verify_with(&self, options: &VerifyOptions) -> VerifyReport {
        verify(&*self.store().await, options).await.unwrap()
    }

    pub(crate) fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join(key)
    }

    pub(crate) fn ledger_file(&self, sequence: u64) -> String {
        self.stream.statement_key(sequence)
    }

    pub(crate) fn statement(&self, sequence: u64) -> Statement {
        ledger::read_statement(&self.read(&self.ledger_file(sequence))).unwrap().1
    }

    /// The key of a bundle's file.
    pub(crate) fn file(&self, sequence: u64, name: &str) -> String {
        let statement = self.statement(sequence);
        statement.subject.into_iter().map(|subject| subject.name).find(|key| key.ends_with(name)).unwrap()
    }

    /// Every file of the store that is evidence.
    pub(crate) fn files(&self, runs: u64) -> Vec<String> {
        let bundles = |run| FILES.iter().map(move |name| (run, *name));
        let mut keys: Vec<String> = (1..=runs).flat_map(bundles).map(|(run, name)| self.file(run, name)).collect();
        keys.extend((1..=runs).map(|run| self.ledger_file(run)));
        keys
    }

    pub(crate) fn read(&self, key: &str) -> Vec<u8> {
        std::fs::read(self.path(key)).unwrap()
    }

    pub(crate) fn write(&self, key: &str, bytes: &[u8]) {
        let path = self.path(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // A stored file may be read-only, and it may be linked: a new one takes its place.
        let _ = std::fs::remove_file(&path);
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn remove(&self, key: &str) {
        std::fs::remove_file(self.path(key)).unwrap();
    }

    pub(crate) fn alter(&self, key: &str, how: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.read(key);
        how(&mut bytes);
        self.write(key, &bytes);
    }
}

fn outcome(stream: &StreamId, as_of: Instant, seed: u64) -> RunOutcome {
    let log = ExchangeLog::new(&Scratch::new().unwrap()).unwrap();
    for exchange in exchanges(&stream.scope) {
        log.append(exchange).unwrap();
    }
    let catalogue = Catalogue::from_bundle(controls()).unwrap();
    let (resources, populations) = (resources(&stream.scope, as_of, seed), populations(seed));
    let findings = evaluate(&catalogue, Cloud::Aws, &stream.scope, as_of, &resources, &populations);
    RunOutcome {
        run: run(stream, as_of),
        exchanges: log,
        summary: Summary::of(catalogue.controls(), &findings),
        catalogue: catalogue.controls().to_vec(),
        resources,
        populations,
        findings,
        policy: policy(),
        region_set: vec!["eu-west-1".to_owned()],
        identity: Some("arn:aws:iam::123456789012:user/reader".to_owned()),
        started_at: as_of,
        finished_at: as_of,
        // A number with seventeen digits: it must come back from a file as it went in.
        cost: Cost { seconds: 0.300_000_000_000_000_04, cpu_seconds: 29.917_193_829_391_44, ..Cost::default() },
    }
}

fn run(stream: &StreamId, as_of: Instant) -> RunRecord {
    RunRecord {
        format: FORMAT_VERSION,
        run: crate::bundle::new_run_id(as_of),
        deployment: None,
        job: stream.job.clone(),
        cloud: stream.cloud,
        scope: stream.scope.clone(),
        asked: Asked {
            regions: Regions::default(),
            home_region: "eu-west-1".to_owned(),
            endpoints: std::collections::BTreeMap::new(),
            use_fips: false,
            use_dual_stack: false,
        },
        schedule: Some("0 */6 * * *".to_owned()),
        timezone: "UTC".to_owned(),
        as_of,
        collector: Collector {
            name: "evidenced".to_owned(),
            version: "0.1.0".to_owned(),
            git_commit: "unknown".to_owned(),
            executable_sha256: Digest::of(b"executable"),
        },
        config_sha256: Digest::of(b"config"),
        catalogue_sha256: Digest::of(b""),
    }
}

fn exchanges(scope: &ScopeId) -> Vec<Exchange> {
    let of = |body: (&str, &str), sha256: Digest| -> Exchange {
        serde_json::from_value(json!({
            "seq": 0, "cloud": "aws", "scope": scope, "region": "global", "service": "iam", "operation": "ListUsers",
            "request": {"method": "POST", "url": "https://iam.amazonaws.com/", "body": "Action=ListUsers"},
            "response": {"status": 200, "request_id": "r-1", "date": null, "headers": {}, body.0: body.1, "sha256": sha256},
            "error": null, "started_at": "2026-03-01T06:00:00.000Z", "finished_at": "2026-03-01T06:00:00.100Z",
            "attempt": 1, "redactions": []
        }))
        .unwrap()
    };
    vec![of(("body", "<users/>"), Digest::of(b"<users/>")), of(("body_base64", "/w=="), Digest::of(b"\xff"))]
}

fn resources(scope: &ScopeId, as_of: Instant, seed: u64) -> Vec<Resource> {
    let of = |name: &str, config: Value, gaps: Value| -> Resource {
        let resource: Resource = serde_json::from_value(json!({
            "type": "aws.iam.user", "id": format!("arn:{name}"), "name": name, "cloud": "aws", "scope": scope,
            "region": "global", "tags": {}, "config": config, "derived": {}, "observed_at": as_of,
            "exchanges": [1, 2], "gaps": gaps, "sha256": Digest::of(b"")
        }))
        .unwrap();
        resource.sealed()
    };
    let gap =
        json!([{"field": "config.mfa", "operation": "iam:ListMFADevices", "reason": "denied", "code": "AccessDenied"}]);
    let mut all = vec![
        of("ann", json!({"mfa": seed.is_multiple_of(2), "share": 0.1}), json!([])),
        of("bob", json!({"mfa": true}), json!([])),
        of("eve", json!({}), gap),
    ];
    if seed >= WITH_ZOE {
        all.push(of("zoe", json!({"mfa": seed.is_multiple_of(2)}), json!([])));
    }
    all
}

/// Seeds from here on have one user more.
pub(crate) const WITH_ZOE: u64 = 10;

fn populations(seed: u64) -> Vec<Population> {
    let users = if seed >= WITH_ZOE { 4 } else { 3 };
    serde_json::from_value(json!([
        {"type": "aws.iam.user", "region": "global", "listed": users, "evaluated": users - 1, "not_evaluated": 1, "excluded": 0,
         "pages": 1, "complete": true, "reason": null, "cross_check": {"source": "iam:GetAccountSummary Users", "count": users}},
        {"type": "aws.s3.bucket", "region": "global", "listed": 0, "evaluated": 0, "not_evaluated": 0, "excluded": 0,
         "pages": 0, "complete": false, "reason": "s3:ListBuckets denied (AccessDenied)", "cross_check": null}
    ]))
    .unwrap()
}

fn controls() -> Vec<Control> {
    let of = |id: &str, subject: Value, pass: &str| {
        let mut control = json!({
            "id": id, "title": "T", "statement": "S.", "applies": "true", "pass": pass, "message": "'no'", "params": {},
            "principle": "secure-by-default", "criteria": {"primary": "CC6.1", "supporting": []},
            "category": "security", "layer": "identity", "severity": "high", "policy": "P", "owner": "O",
            "remediation": "R.", "equivalents": {}
        });
        control.as_object_mut().unwrap().extend(subject.as_object().unwrap().clone());
        serde_json::from_value(control).unwrap()
    };
    vec![
        of(
            "aws.iam.user.mfa",
            json!({"resource": "aws.iam.user", "measure": "standing-administrator"}),
            "resource.config.mfa",
        ),
        of("aws.s3.named", json!({"resource": "aws.s3.bucket"}), "resource.name != ''"),
        of(
            "aws.account.somebody",
            json!({"scope": "aws.account", "populations": {"aws.iam.user": "any"}}),
            "all['aws.iam.user'].exists(u, u.name == 'ann')",
        ),
    ]
}

fn policy() -> Policy {
    serde_json::from_value(json!({
        "id": "POL-1", "version": "1", "date": "2026", "classification": "internal", "owner": "CISO",
        "categories": {"security": true}, "principles": {"secure-by-default": "Yes."}, "supporting": [],
        "registers": [], "exceptions": []
    }))
    .unwrap()
}
