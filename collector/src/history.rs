//! What the ledger tells of a period: the runs of each stream, what each control and each resource was at every instant, and when
//! nobody can say.
//!
//! It reads statements, the changes between bundles, and the verdicts themselves where the changes do not reach (at the beginning, after
//! a bundle that cannot be relied on). Every file of every bundle of the period is held against its digest; a bundle that does not stand
//! that gives no evidence, and is named. Whether documents and verdicts follow from each other is deliberately not asked here: that is
//! `verify` and `reperform`. It cannot write.

mod again;
mod bundles;
mod items;
mod ledger;
mod spans;

#[cfg(test)]
mod tests;

pub use again::{Again, again};
pub(crate) use bundles::Files;
pub use items::{ItemKey, Items, Seen};
pub use spans::{Cover, Span, spans};

use crate::ledger::{list_streams, sequence_of};
use crate::signing::Verifier;
use crate::store::{Store, StoreError};
use crate::verify::Problem;
use crate::verify::problem::Problems;
use chrono::{DateTime, TimeDelta, Utc};
use evidenced_schemas::policy::Exception;
use evidenced_schemas::report::Signed;
use evidenced_schemas::statement::Subject;
use evidenced_schemas::summary::Counts;
use evidenced_schemas::{Control, Digest, Finding, Instant, Population, RunId, StreamId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// From an instant up to another, which is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
}

impl Period {
    /// True for an instant in it.
    pub fn holds(&self, instant: DateTime<Utc>) -> bool {
        self.from <= instant && instant < self.to
    }
}

/// What is to be read.
#[derive(Clone, Debug)]
pub struct HistoryOptions {
    /// The period.
    pub period: Period,
    /// Keys that every statement must be signed with, one of them each. Without any, who signed is not checked.
    pub keys: Vec<Verifier>,
    /// These streams only; all of the store without any.
    pub streams: Vec<StreamId>,
    /// How long a run counts that declares no schedule.
    pub unscheduled: TimeDelta,
    /// The present: nothing is known of what comes after it.
    pub now: DateTime<Utc>,
}

impl HistoryOptions {
    /// Where knowledge ends: with the period, or with the present.
    pub fn end(&self) -> DateTime<Utc> {
        self.period.to.min(self.now)
    }

    /// Whether the statements that count are by a given key.
    pub fn signatures(&self) -> Signed {
        if self.keys.is_empty() { Signed::NotChecked } else { Signed::Checked }
    }
}

/// The streams of a period.
#[derive(Debug)]
pub struct History {
    /// Sorted.
    pub streams: Vec<StreamHistory>,
    /// What is wrong with what was read.
    pub problems: Vec<Problem>,
}

/// One stream over a period.
#[derive(Debug)]
pub struct StreamHistory {
    /// Which.
    pub stream: StreamId,
    /// Its runs in the order of their instants: those of the period, the last one before it and the first one after it.
    pub runs: Vec<Run>,
    /// The controls of its bundles, by the digest of `catalogue.json`.
    pub catalogues: BTreeMap<Digest, Arc<Vec<Control>>>,
    /// Names of controls, as runs and items refer to them.
    pub controls: Names,
    /// Verdicts of each control on each resource.
    pub items: Items,
    /// The balance at the first run that gives evidence in the period.
    pub start: Option<Vec<Population>>,
    /// The balance at the last one.
    pub end: Option<Vec<Population>>,
    /// The verdicts of the last one that are not `pass` and not `not_applicable`.
    pub standing: Vec<Finding>,
    /// The exceptions of the last one, also those that are over or are still to begin.
    pub exceptions: Vec<Exception>,
}

/// One run, as its statement tells it.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its number in the stream.
    pub sequence: u64,
    /// Its id; none when the statement does not name one bundle.
    pub run: Option<RunId>,
    /// Digest of its ledger file.
    pub statement: Digest,
    /// The instant that its verdicts are relative to.
    pub as_of: Instant,
    /// The schedule and time zone that it declares; none for a run by hand.
    pub declared: Option<(String, String)>,
    /// True exactly when its balance closes with no gap.
    pub complete: bool,
    /// Its gaps.
    pub gaps: u64,
    /// Its verdicts.
    pub counts: Counts,
    /// Its verdicts by control, in the order of [`Names`] indices.
    pub summary: Vec<(u32, Counts)>,
    /// The cloud identity that read.
    pub identity: Option<String>,
    /// Digest of its `catalogue.json`.
    pub catalogue: Option<Digest>,
    /// True when its statement and every file of its bundle are what was signed. Otherwise it is no evidence.
    pub whole: bool,
}

impl StreamHistory {
    /// The runs of a period that give evidence.
    pub fn evidence(&self, period: Period) -> impl DoubleEndedIterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.whole && period.holds(run.as_of.utc()))
    }

    /// The controls that a run was judged by.
    pub fn controls_of(&self, run: &Run) -> &[Control] {
        let controls = run.catalogue.as_ref().and_then(|digest| self.catalogues.get(digest));
        controls.map(|controls| controls.as_slice()).unwrap_or_default()
    }
}

impl Run {
    /// What it counts of a control; none when the control was not in its catalogue.
    pub fn counts_of(&self, control: u32) -> Option<Counts> {
        self.summary.binary_search_by_key(&control, |(index, _)| *index).ok().map(|at| self.summary[at].1)
    }
}

/// Texts that are kept once, by number.
#[derive(Clone, Debug, Default)]
pub struct Names {
    numbers: BTreeMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Names {
    /// The number of a text, which it gets when it is new.
    ///
    /// # Panics
    /// When there are over 4,294,967,295 texts, which memory does not hold.
    pub fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).expect("memory holds fewer texts");
        let name: Arc<str> = name.into();
        self.numbers.insert(Arc::clone(&name), number);
        self.names.push(name);
        number
    }

    /// The text of a number that was given.
    pub fn name(&self, number: u32) -> &str {
        &self.names[number as usize]
    }

    /// Every text with its number, sorted by text.
    pub fn sorted(&self) -> impl Iterator<Item = (&str, u32)> {
        self.numbers.iter().map(|(name, number)| (&**name, *number))
    }
}

/// Reads the period.
///
/// # Errors
/// When the store cannot be listed. What is damaged is in [`History::problems`].
pub async fn read(store: &dyn Store, options: &HistoryOptions) -> Result<History, StoreError> {
    let mut streams = list_streams(store).await?;
    streams.retain(|stream| options.streams.is_empty() || options.streams.contains(stream));
    let mut history = History { streams: Vec::new(), problems: Vec::new() };
    for stream in streams {
        let keys = store.list(&stream.ledger_prefix()).await?;
        let sequences = keys.iter().filter_map(|key| sequence_of(&stream, key)).collect();
        let mut problems = Vec::new();
        let read = ledger::read(store, options, &stream, sequences, &mut problems).await;
        let stream = bundles::read(store, options, stream, read, &mut problems).await;
        history.problems.extend(problems.into_iter().flat_map(Problems::into_list));
        history.streams.push(stream);
    }
    Ok(history)
}

/// A bundle whose every file is what was signed.
#[derive(Debug)]
pub(crate) struct Whole {
    /// Its run.
    pub(crate) run: Run,
    /// Its files, as the statement names them.
    pub(crate) subjects: Vec<Subject>,
    /// Those that were asked for.
    pub(crate) files: Files,
}

/// The newest whole bundle of a stream before the end of the period, with these files of it; none where there is none. Those that are
/// newer and not whole are among the problems.
///
/// # Errors
/// When the store cannot be listed.
pub(crate) async fn newest_whole(
    store: &dyn Store,
    options: &HistoryOptions,
    stream: &StreamId,
    needed: &[&str],
    problems: &mut Vec<Problem>,
) -> Result<Option<Whole>, StoreError> {
    let keys = store.list(&stream.ledger_prefix()).await?;
    let sequences = keys.iter().filter_map(|key| sequence_of(stream, key)).collect();
    let mut found = Vec::new();
    let mut whole = None;
    for (run, subjects) in ledger::newest_first(store, options, stream, sequences, &mut found).await {
        let mut own = Problems::of(&stream.to_string(), run.sequence);
        let files = if run.whole { bundles::fetch(store, &subjects, needed, &mut own).await } else { None };
        found.push(own);
        if let Some(files) = files {
            whole = Some(Whole { run, subjects, files });
            break;
        }
    }
    problems.extend(found.into_iter().flat_map(Problems::into_list));
    Ok(whole)
}
