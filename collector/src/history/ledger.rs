//! The statements of a stream that bear on a period, read from the newest back.

use super::{HistoryOptions, Names, Run};
use crate::bundle::CATALOGUE;
use crate::store::Store;
use crate::verify::ProblemKind as Kind;
use crate::verify::problem::Problems;
use crate::verify::statement;
use evidenced_schemas::statement::{Previous, Subject};
use evidenced_schemas::{Digest, Statement, StreamId};

/// Statements in a row that must lie before the period until reading back ends. A clock that was set wrong for a run leaves its
/// instant out of order.
const BEFORE: usize = 16;

/// What the ledger says.
pub(super) struct Read {
    /// In the order of their instants.
    pub(super) runs: Vec<(Run, Vec<Subject>)>,
    pub(super) controls: Names,
}

/// Reads the statements of the period, the last one before it, and the first one after it.
pub(super) async fn read(
    store: &dyn Store,
    options: &HistoryOptions,
    stream: &StreamId,
    sequences: Vec<u64>,
    problems: &mut Vec<Problems>,
) -> Read {
    back(store, options, stream, sequences, problems).await.finish()
}

/// Reads the statements of the period and some before it: the newest first.
pub(super) async fn newest_first(
    store: &dyn Store,
    options: &HistoryOptions,
    stream: &StreamId,
    sequences: Vec<u64>,
    problems: &mut Vec<Problems>,
) -> Vec<(Run, Vec<Subject>)> {
    let mut runs = back(store, options, stream, sequences, problems).await.runs;
    runs.sort_by_key(|(run, _)| std::cmp::Reverse((run.as_of, run.sequence)));
    runs
}

/// Reads back from the newest statement until enough lie before the period.
async fn back<'a>(
    store: &dyn Store,
    options: &'a HistoryOptions,
    stream: &'a StreamId,
    mut sequences: Vec<u64>,
    problems: &mut Vec<Problems>,
) -> Reading<'a> {
    sequences.sort_unstable();
    let mut reading = Reading { options, stream, controls: Names::default(), runs: Vec::new(), after: None };
    let (mut before, mut wanted): (usize, Option<(u64, Previous)>) = (0, None);
    for &sequence in sequences.iter().rev() {
        let mut found = Problems::of(&stream.to_string(), sequence);
        let file = stream.statement_key(sequence);
        let bytes = match store.get(&file).await {
            Ok(Some(bytes)) => Some(bytes),
            Ok(None) => {
                found.add(Kind::MissingStatement, &file, "was listed, and is gone");
                None
            }
            Err(error) => {
                found.add(Kind::Unreadable, &file, format!("cannot be read: {}", error.what));
                None
            }
        };
        let linked = match (wanted.take(), &bytes) {
            (Some((by, previous)), _) if previous.sequence != sequence => {
                let what = format!("statement {by} follows number {}, which is not there", previous.sequence);
                found.add(Kind::MissingStatement, &stream.statement_key(previous.sequence), what);
                true
            }
            (Some((by, previous)), Some(bytes)) if previous.sha256 != Digest::of(bytes) => {
                let what = format!("has other bytes than statement {by} says of the one before it");
                found.add(Kind::PreviousMismatch, &file, what);
                false
            }
            _ => true,
        };
        let statement = bytes.and_then(|bytes| reading.statement(&bytes, &file, sequence, linked, &mut found));
        problems.push(found);
        let Some(statement) = statement else { continue };
        wanted = statement.predicate.previous.clone().map(|previous| (sequence, previous));
        before = if statement.predicate.as_of.utc() < options.period.from { before + 1 } else { 0 };
        if before == BEFORE {
            break;
        }
    }
    reading
}

struct Reading<'a> {
    options: &'a HistoryOptions,
    stream: &'a StreamId,
    controls: Names,
    /// Newest first.
    runs: Vec<(Run, Vec<Subject>)>,
    /// The first run after the period so far.
    after: Option<Run>,
}

impl Reading<'_> {
    /// Takes in one statement, where it reads.
    fn statement(
        &mut self,
        bytes: &[u8],
        file: &str,
        sequence: u64,
        linked: bool,
        found: &mut Problems,
    ) -> Option<Statement> {
        let read = statement::read(bytes, file, &self.options.keys, found);
        let statement = read.statement?;
        let predicate = &statement.predicate;
        let own = (&predicate.job, predicate.cloud, &predicate.scope, predicate.sequence)
            == (&self.stream.job, self.stream.cloud, &self.stream.scope, sequence);
        if !own {
            found.add(Kind::ForeignStatement, file, "is the statement of another stream or number");
        }
        let bundle = statement::bundle_of(&statement, self.stream, file, found);
        let trusted = own && linked && bundle.is_some() && (read.signed || self.options.keys.is_empty());
        let run = self.run(&statement, Digest::of(bytes), sequence, bundle.map(|(_, run)| run), trusted);
        if run.as_of.utc() >= self.options.period.to {
            if self.after.as_ref().is_none_or(|after| run.as_of < after.as_of) {
                self.after = Some(run);
            }
        } else {
            self.runs.push((run, statement.subject.clone()));
        }
        Some(statement)
    }

    fn run(
        &mut self,
        statement: &Statement,
        digest: Digest,
        sequence: u64,
        run: Option<evidenced_schemas::RunId>,
        whole: bool,
    ) -> Run {
        let predicate = &statement.predicate;
        let mut summary: Vec<_> =
            predicate.summary.iter().map(|(control, counts)| (self.controls.number(control), *counts)).collect();
        summary.sort_unstable_by_key(|(control, _)| *control);
        let catalogue = statement.subject.iter().find(|subject| subject.name.ends_with(&format!("/{CATALOGUE}")));
        Run {
            sequence,
            run,
            statement: digest,
            as_of: predicate.as_of,
            declared: predicate.schedule.clone().map(|schedule| (schedule, predicate.timezone.clone())),
            complete: predicate.complete,
            gaps: predicate.gaps,
            counts: predicate.counts,
            summary,
            identity: predicate.identity.clone(),
            catalogue: catalogue.map(|subject| subject.digest.sha256.clone()),
            whole,
        }
    }

    fn finish(mut self) -> Read {
        self.runs.sort_by_key(|(run, _)| (run.as_of, run.sequence));
        let first = self.runs.partition_point(|(run, _)| run.as_of.utc() < self.options.period.from);
        self.runs.drain(..first.saturating_sub(1));
        self.runs.extend(self.after.map(|after| (after, Vec::new())));
        Read { runs: self.runs, controls: self.controls }
    }
}
