//! One stream of the ledger: numbers, links, and the bundles that its statements name.

use super::VerifyOptions;
use super::bundle::{self, At, Before};
use super::cadence::{self, Ran};
use super::checkpoint;
use super::handover::KeyChange;
use super::hold;
use super::problem::{Problem, ProblemKind as Kind, Problems};
use super::report::{IncompleteRun, SequenceGap, StreamReport, Warning};
use super::stamps::{Stamped, Stamping};
use super::statement;
use super::tree::Trees;
use crate::bundle::{FINDINGS, read_lines};
use crate::store::Store;
use evidenced_schemas::{Digest, Finding, Instant, RunId, Statement, StreamId};
use std::collections::{BTreeMap, BTreeSet};

/// What a stream gave besides its own report.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) report: StreamReport,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Warning>,
    pub(super) keyids: BTreeMap<Digest, u64>,
    /// Folders of bundles that statements name, with a closing slash.
    pub(super) bundles: BTreeSet<String>,
    /// The Merkle roots that checkpoints ask for, by size.
    pub(super) roots: BTreeMap<u64, Digest>,
}

/// Walks a stream from its first statement to its last.
pub(super) struct Walk<'a> {
    store: &'a dyn Store,
    options: &'a VerifyOptions,
    stream: &'a StreamId,
    /// Every key of the store, to see which files are there.
    present: &'a BTreeSet<String>,
    walked: Walked,
    last: Option<Last>,
    trees: Trees,
    stamps: Stamping<'a>,
    digests: BTreeMap<Digest, u64>,
    runs: Vec<Ran>,
    newest: Option<Instant>,
    /// Folders of the bundles that were looked into.
    checked: Vec<String>,
}

/// The ledger file before the one that is looked at.
struct Last {
    sequence: u64,
    sha256: Digest,
    /// The keys that it names; none when it does not read.
    keyids: Vec<Digest>,
    bundle: Bundle,
}

/// What is known of the bundle before.
enum Bundle {
    /// Its findings were read while it was checked.
    Checked(Vec<Finding>),
    /// It was not looked into; its findings are in this file, with this digest.
    Named(String, Digest),
    /// It cannot be read.
    Unreadable,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        store: &'a dyn Store,
        options: &'a VerifyOptions,
        stream: &'a StreamId,
        present: &'a BTreeSet<String>,
    ) -> Self {
        let walked = Walked {
            report: StreamReport { stream: stream.to_string(), ..StreamReport::default() },
            ..Walked::default()
        };
        Self {
            store,
            options,
            stream,
            present,
            walked,
            last: None,
            trees: Trees::new(checkpoint::sizes(options, stream)),
            stamps: Stamping::new(store, options, stream, present),
            digests: BTreeMap::new(),
            runs: Vec::new(),
            newest: None,
            checked: Vec::new(),
        }
    }

    /// Checks the ledger files with these numbers, ascending.
    pub(super) async fn through(mut self, sequences: &[u64]) -> Walked {
        for &sequence in sequences {
            let mut problems = Problems::of(&self.walked.report.stream, sequence);
            self.statement(sequence, &mut problems).await;
            self.walked.problems.extend(problems.into_list());
        }
        let end = self.options.to.unwrap_or(self.options.now).min(self.options.now);
        self.walked.report.missed = cadence::missed(&self.runs, end);
        if self.store.can_hold() {
            self.walked.report.protected = Some(hold::protection(self.store, &self.objects(), self.options.now).await);
        }
        let (stamps, holes) = self.stamps.finish();
        self.walked.report.timestamps = stamps;
        let stream = Some(self.walked.report.stream.clone());
        let holes = holes.into_iter().map(|(file, what)| Warning { stream: stream.clone(), file, what });
        self.walked.warnings.extend(holes);
        self.walked.report.tree = self.trees.head();
        self.walked.roots = self.trees.into_roots();
        self.walked
    }

    /// The objects that evidence was read from: the stream's ledger, and the bundles that were looked into.
    fn objects(&self) -> Vec<&str> {
        let ledger = self.stream.ledger_prefix();
        let folders = std::iter::once(ledger.as_str()).chain(self.checked.iter().map(String::as_str));
        let below = |folder: &str| {
            let keys = self.present.range(folder.to_owned()..).map(String::as_str);
            keys.take_while(|key| key.starts_with(folder)).collect::<Vec<_>>()
        };
        folders.flat_map(below).collect()
    }

    async fn statement(&mut self, sequence: u64, problems: &mut Problems) {
        let file = self.stream.statement_key(sequence);
        self.walked.report.statements += 1;
        self.gap_before(sequence, problems);
        let last = self.last.take();
        let bytes = match self.store.get(&file).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                self.trees.miss();
                return problems.add(Kind::MissingStatement, &file, "was listed, and is gone");
            }
            Err(error) => {
                self.trees.miss();
                return problems.add(Kind::Unreadable, &file, format!("cannot be read: {}", error.what));
            }
        };
        let sha256 = Digest::of(&bytes);
        if let Some(first) = self.digests.insert(sha256.clone(), sequence) {
            problems.add(Kind::DuplicateStatement, &file, format!("has the bytes of statement {first}"));
        }
        let read = statement::read(&bytes, &file, &self.options.keys, problems);
        self.walked.report.signed += u64::from(read.signed);
        self.keys(&read.keyids, last.as_ref(), sequence, &file);
        let finished_at = read.statement.as_ref().map(|statement| statement.predicate.finished_at);
        if let Some((file, what)) = self.stamps.check(&Stamped { sequence, bytes: &bytes, finished_at }, problems).await
        {
            let stream = Some(self.walked.report.stream.clone());
            self.walked.warnings.push(Warning { stream, file, what });
        }
        let mut bundle = Bundle::Unreadable;
        if let Some(statement) = read.statement {
            self.links(&statement, sequence, last.as_ref(), &file, problems);
            if let Some(what) = self.trees.check(&statement.predicate.tree, &file, problems) {
                let stream = Some(self.walked.report.stream.clone());
                self.walked.warnings.push(Warning { stream, file: file.clone(), what });
            }
            self.notes(&statement, sequence, &file);
            if let Some((prefix, run)) = statement::bundle_of(&statement, self.stream, &file, problems) {
                let before = match (last, sequence) {
                    (_, 1) => Before::Nothing,
                    (Some(last), _) => self.before(last.bundle).await,
                    (None, _) => Before::Unreadable,
                };
                bundle = self.bundle(&statement, &file, prefix, &run, &before, problems).await;
            }
        }
        self.trees.push(&bytes);
        self.last = Some(Last { sequence, sha256, keyids: read.keyids, bundle });
    }

    /// Counts the keys of a statement, and notes one that is new.
    fn keys(&mut self, keyids: &[Digest], last: Option<&Last>, sequence: u64, file: &str) {
        for keyid in keyids {
            *self.walked.keyids.entry(keyid.clone()).or_default() += 1;
        }
        if let Some(change) = last.and_then(|last| KeyChange::between(&last.keyids, keyids, sequence)) {
            self.walked.warnings.extend(change.warning(&self.walked.report.stream, file));
            self.walked.report.key_changes.push(change);
        }
    }

    /// Names numbers without a statement.
    fn gap_before(&mut self, sequence: u64, problems: &mut Problems) {
        let expected = self.last.as_ref().map_or(1, |last| last.sequence + 1);
        if sequence <= expected {
            return;
        }
        let gap = SequenceGap { from: expected, to: sequence - 1 };
        self.walked.report.sequence_gaps.push(gap);
        let what = if gap.from == gap.to {
            format!("statement {} is missing: it was removed or moved", gap.from)
        } else {
            format!("statements {} to {} are missing: they were removed or moved", gap.from, gap.to)
        };
        problems.add(Kind::MissingStatement, &self.stream.statement_key(gap.from), what);
        self.last = None;
        self.trees.miss();
    }

    /// Checks the statement's place: its stream, its number, the file before it.
    fn links(&self, statement: &Statement, sequence: u64, last: Option<&Last>, file: &str, problems: &mut Problems) {
        let predicate = &statement.predicate;
        let own = StreamId { job: predicate.job.clone(), cloud: predicate.cloud, scope: predicate.scope.clone() };
        if own != *self.stream {
            problems.add(Kind::ForeignStatement, file, format!("belongs to stream {own}, not {}", self.stream));
        }
        if predicate.sequence != sequence {
            let what = format!("says that it is number {}, and stands as number {sequence}", predicate.sequence);
            problems.add(Kind::SequenceMismatch, file, what);
        }
        let what = match (&predicate.previous, last) {
            (None, _) if sequence == 1 => return,
            (Some(_), _) if sequence == 1 => "is the first, and names a file before it".to_owned(),
            (None, _) => "names no file before it".to_owned(),
            (Some(previous), _) if previous.sequence != sequence - 1 => {
                format!("names number {} as the file before it", previous.sequence)
            }
            (Some(previous), Some(last)) if previous.sha256 != last.sha256 => {
                format!("names another file before it: SHA-256 {}, and {} is there", previous.sha256, last.sha256)
            }
            (Some(_), _) => return,
        };
        problems.add(Kind::PreviousMismatch, file, what);
    }

    /// Notes what the report says of the run.
    fn notes(&mut self, statement: &Statement, sequence: u64, file: &str) {
        let predicate = &statement.predicate;
        let as_of = predicate.as_of;
        let report = &mut self.walked.report;
        if !predicate.complete {
            report.incomplete.push(IncompleteRun { sequence, as_of, gaps: predicate.gaps });
        }
        report.retention = Some(predicate.retention.clone());
        let declared = predicate.schedule.clone().map(|schedule| (schedule, predicate.timezone.clone()));
        self.runs.push(Ran { as_of, declared });
        if let Some(newest) = self.newest.filter(|newest| as_of <= *newest) {
            let how = if as_of == newest { "the same as" } else { "before" };
            let what = format!(
                "as_of {as_of} is {how} that of an earlier statement, {newest}: two collectors at once, a clock set back, or a recording that was replayed again"
            );
            self.walked.warnings.push(Warning { stream: Some(report.stream.clone()), file: file.to_owned(), what });
        }
        self.newest = self.newest.max(Some(as_of));
        report.last_as_of = self.newest;
    }

    /// The findings of the bundle before, also where that one is outside of the period that is checked.
    async fn before(&self, bundle: Bundle) -> Before {
        match bundle {
            Bundle::Checked(findings) => Before::Findings(findings),
            Bundle::Unreadable => Before::Unreadable,
            Bundle::Named(file, digest) => match self.store.get(&file).await {
                Ok(Some(bytes)) if Digest::of(&bytes) == digest => {
                    read_lines(&file, &bytes).map_or(Before::Unreadable, Before::Findings)
                }
                _ => Before::Unreadable,
            },
        }
    }

    /// Checks the bundle that a statement names.
    async fn bundle(
        &mut self,
        statement: &Statement,
        file: &str,
        prefix: String,
        run: &RunId,
        before: &Before,
        problems: &mut Problems,
    ) -> Bundle {
        if !self.walked.bundles.insert(prefix.clone()) {
            problems.add(Kind::DuplicateStatement, file, format!("names the run {run}, which another statement names"));
        }
        let named: BTreeMap<&str, &Digest> =
            statement.subject.iter().map(|subject| (subject.name.as_str(), &subject.digest.sha256)).collect();
        for there in self.present.range(prefix.clone()..).take_while(|key| key.starts_with(&prefix)) {
            if !named.contains_key(there.as_str()) {
                problems.add(Kind::AddedFile, there, "lies in the bundle's folder, and the statement does not name it");
            }
        }
        let as_of = statement.predicate.as_of.utc();
        let findings = format!("{prefix}{FINDINGS}");
        if self.options.from.is_some_and(|from| as_of < from) || self.options.to.is_some_and(|to| as_of > to) {
            for name in named.keys().filter(|name| !self.present.contains(**name)) {
                problems.add(Kind::MissingFile, name, "is named by the statement and not there");
            }
            return named
                .get(findings.as_str())
                .map_or(Bundle::Unreadable, |digest| Bundle::Named(findings.clone(), (*digest).clone()));
        }
        self.checked.push(prefix.clone());
        let at = At { stream: self.stream, statement, ledger_file: file, prefix: &prefix, run };
        if matches!(before, Before::Unreadable) {
            let what = "cannot be checked: the bundle before it cannot be read".to_owned();
            let stream = Some(self.walked.report.stream.clone());
            self.walked.warnings.push(Warning { stream, file: at.path(crate::bundle::CHANGES), what });
        }
        bundle::check(self.store, &at, before, &mut self.walked.report, problems)
            .await
            .map_or(Bundle::Unreadable, Bundle::Checked)
    }
}
