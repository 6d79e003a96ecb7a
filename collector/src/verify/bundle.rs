//! One bundle: its files against the statement, and its documents against each other.
//!
//! A file with other bytes than the statement says is named and not looked into: nothing that it says counts.

use super::documents::{document, lines, sorted_lines};
use super::problem::{ProblemKind as Kind, Problems};
use super::report::StreamReport;
use super::{balance, verdicts};
use crate::bundle::{CATALOGUE, CHANGES, EXCHANGES, FINDINGS, POLICY, POPULATIONS, RESOURCES, RUN, SUMMARY};
use crate::ledger;
use crate::store::Store;
use bytes::Bytes;
use evidenced_schemas::policy::Policy;
use evidenced_schemas::run::FORMAT_VERSION;
use evidenced_schemas::statement::Subject;
use evidenced_schemas::{
    Change, Control, Digest, Exchange, Finding, Population, Resource, RunId, RunRecord, Statement, StreamId, Summary,
};
use std::collections::BTreeMap;

/// Which bundle is checked.
#[derive(Debug)]
pub(super) struct At<'a> {
    /// Its stream.
    pub(super) stream: &'a StreamId,
    /// The statement that names it.
    pub(super) statement: &'a Statement,
    /// The ledger file of that statement.
    pub(super) ledger_file: &'a str,
    /// Its folder, with a closing slash.
    pub(super) prefix: &'a str,
    /// Its run.
    pub(super) run: &'a RunId,
}

impl At<'_> {
    /// The path of one of its files.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// What its changes are compared with.
#[derive(Debug)]
pub(super) enum Before {
    /// It is the first of its stream.
    Nothing,
    /// The findings of the bundle before.
    Findings(Vec<Finding>),
    /// There is a bundle before, and it cannot be read: changes cannot be checked.
    Unreadable,
}

/// The documents of a bundle, as far as they could be relied on.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) run: Option<RunRecord>,
    /// The number of exchanges.
    pub(super) exchanges: Option<u64>,
    pub(super) resources: Option<Vec<Resource>>,
    pub(super) populations: Option<Vec<Population>>,
    pub(super) findings: Option<Vec<Finding>>,
    pub(super) changes: Option<Vec<Change>>,
    pub(super) catalogue: Option<Vec<Control>>,
    pub(super) policy: Option<Policy>,
    pub(super) summary: Option<Summary>,
}

/// Checks a bundle. Gives its findings, which the changes of the next bundle follow from.
pub(super) async fn check(
    store: &dyn Store,
    at: &At<'_>,
    before: &Before,
    report: &mut StreamReport,
    problems: &mut Problems,
) -> Option<Vec<Finding>> {
    let files = fetch(store, at, report, problems).await;
    report.bundles_checked += 1;
    let contents = read(files, at, problems);
    balance::close(&contents, at, problems);
    verdicts::check(&contents, before, at, problems);
    run_agrees(&contents, at, problems);
    predicate_follows(&contents, at, problems);
    contents.findings
}

/// Reads the files that have the bytes that the statement says.
async fn fetch(
    store: &dyn Store,
    at: &At<'_>,
    report: &mut StreamReport,
    problems: &mut Problems,
) -> BTreeMap<String, Bytes> {
    let mut files = BTreeMap::new();
    for subject in &at.statement.subject {
        let Some(bytes) = stored(store, &subject.name, problems).await else { continue };
        report.files += 1;
        report.bytes += bytes.len() as u64;
        if is_as_signed(subject, &bytes, problems) {
            let name = subject.name.rsplit('/').next().unwrap_or_default().to_owned();
            files.insert(name, bytes);
        }
    }
    files
}

/// The bytes of a file that a statement names; none, with a problem, where they cannot be had.
pub(crate) async fn stored(store: &dyn Store, name: &str, problems: &mut Problems) -> Option<Bytes> {
    match store.get(name).await {
        Ok(Some(bytes)) => return Some(bytes),
        Ok(None) => problems.add(Kind::MissingFile, name, "is named by the statement and not there"),
        Err(error) => problems.add(Kind::Unreadable, name, format!("cannot be read: {}", error.what)),
    }
    None
}

/// True when the bytes are those that the statement says; otherwise with a problem.
pub(crate) fn is_as_signed(subject: &Subject, bytes: &Bytes, problems: &mut Problems) -> bool {
    let (size, digest) = (bytes.len() as u64, Digest::of(bytes));
    let what = if digest != subject.digest.sha256 {
        format!("was changed or replaced: its SHA-256 is {digest}, not {}", subject.digest.sha256)
    } else if size != subject.annotations.bytes {
        format!("has {size} bytes, and the statement says {}", subject.annotations.bytes)
    } else {
        return true;
    };
    problems.add(Kind::DigestMismatch, &subject.name, what);
    false
}

/// Reads every document strictly.
fn read(mut files: BTreeMap<String, Bytes>, at: &At<'_>, problems: &mut Problems) -> Contents {
    let mut contents = Contents::default();
    if let Some(bytes) = files.remove(EXCHANGES) {
        let (file, mut count) = (at.path(EXCHANGES), 0);
        let whole = lines(&bytes, &file, problems, |exchange: Exchange, line, problems| {
            balance::exchange(&exchange, line, at, &file, problems);
            count = line;
        });
        contents.exchanges = whole.then_some(count);
    }
    if let Some(bytes) = files.remove(RESOURCES) {
        let file = at.path(RESOURCES);
        let ordered = |a: &Resource, b: &Resource| a.sort_key() < b.sort_key();
        contents.resources = sorted_lines(&bytes, &file, problems, ordered);
        for (resource, line) in contents.resources.iter().flatten().zip(1..) {
            balance::resource(resource, line, at, &file, problems);
            if let Some(last) = contents.exchanges {
                let whose = format!("line {line}: {} {}", resource.type_, resource.id);
                balance::references(&resource.exchanges, last, &whose, &file, problems);
            }
        }
    }
    if let Some(bytes) = files.remove(FINDINGS) {
        let ordered = |a: &Finding, b: &Finding| a.sort_key() <= b.sort_key();
        contents.findings = sorted_lines(&bytes, &at.path(FINDINGS), problems, ordered);
    }
    if let Some(bytes) = files.remove(CHANGES) {
        // Their order follows from the findings, and is checked with them.
        contents.changes = sorted_lines(&bytes, &at.path(CHANGES), problems, |_, _| true);
    }
    let mut take = |name: &str| files.remove(name).map(|bytes| (bytes, at.path(name)));
    contents.run = take(RUN).and_then(|(bytes, file)| document(&bytes, &file, problems));
    contents.populations = take(POPULATIONS).and_then(|(bytes, file)| document(&bytes, &file, problems));
    contents.policy = take(POLICY).and_then(|(bytes, file)| document(&bytes, &file, problems));
    contents.summary = take(SUMMARY).and_then(|(bytes, file)| document(&bytes, &file, problems));
    contents.catalogue = take(CATALOGUE).and_then(|(bytes, file)| {
        let digest = Digest::of(&bytes);
        if contents.run.as_ref().is_some_and(|run| run.catalogue_sha256 != digest) {
            problems.add(Kind::RunMismatch, &at.path(RUN), "catalogue_sha256 is not the digest of catalogue.json");
        }
        let controls: Option<Vec<Control>> = document(&bytes, &file, problems);
        if controls.iter().any(|controls| !controls.is_sorted_by(|a, b| a.id < b.id)) {
            problems.add(Kind::NotSorted, &file, "controls are not sorted by id, or one stands twice");
        }
        controls
    });
    contents
}

/// Checks that `run.json` says what the statement says.
fn run_agrees(contents: &Contents, at: &At<'_>, problems: &mut Problems) {
    let Some(run) = &contents.run else { return };
    let predicate = &at.statement.predicate;
    let agrees = [
        ("format", run.format == FORMAT_VERSION),
        ("run", run.run == *at.run),
        ("job", run.job == predicate.job),
        ("cloud", run.cloud == predicate.cloud),
        ("scope", run.scope == predicate.scope),
        ("schedule", run.schedule == predicate.schedule),
        ("timezone", run.timezone == predicate.timezone),
        ("as_of", run.as_of == predicate.as_of),
        ("collector", run.collector == predicate.collector),
    ];
    for (field, _) in agrees.iter().filter(|(_, agrees)| !agrees) {
        let what = format!("`{field}` does not agree with the statement {}", at.ledger_file);
        problems.add(Kind::RunMismatch, &at.path(RUN), what);
    }
}

/// Checks that the statement's counts follow from the bundle.
fn predicate_follows(contents: &Contents, at: &At<'_>, problems: &mut Problems) {
    let predicate = &at.statement.predicate;
    let mut differs = |what: String| problems.add(Kind::PredicateMismatch, at.ledger_file, what);
    if let (Some(resources), Some(populations)) = (&contents.resources, &contents.populations) {
        let gaps = ledger::gaps(resources, populations);
        if predicate.gaps != gaps {
            differs(format!("says {} gaps; the bundle has {gaps}", predicate.gaps));
        }
        let complete = ledger::is_complete(resources, populations);
        if predicate.complete != complete {
            differs(format!("says complete: {}; the bundle is complete: {complete}", predicate.complete));
        }
    }
    if let (Some(findings), Some(controls)) = (&contents.findings, &contents.catalogue) {
        let summary = Summary::of(controls, findings);
        if predicate.counts != summary.counts {
            differs("its counts do not follow from the findings".to_owned());
        }
        if predicate.summary != summary.controls {
            differs("its summary does not follow from the findings".to_owned());
        }
    }
    if predicate.finished_at < predicate.started_at {
        differs("finished_at is before started_at".to_owned());
    }
}
