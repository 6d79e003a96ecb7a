//! What was read of a store: the report of the time, and every verdict that stands.
//!
//! A verdict is kept in some 40 bytes, for its control, resource and exchanges are kept once. 2,000 resources under 300 controls, all of
//! one stream and each control on each resource, are 600,000 verdicts and 24 MB; a real catalogue judges a resource by far fewer.

use super::bundle::{Opened, Unreliable};
use crate::bundle::{CATALOGUE, FINDINGS, Lines, read_document};
use crate::history::{History, HistoryOptions, Period, Run, StreamHistory};
use crate::report;
use crate::store::Store;
use crate::verify::ProblemKind;
use chrono::TimeDelta;
use evidenced_schemas::finding::{ExceptionRef, ResourceRef};
use evidenced_schemas::{Control, Digest, Finding, Instant, Report, RunId, StreamId, Summary, Verdict};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What follows from the bundles alone, whatever time it is.
#[derive(Debug)]
pub(super) struct Evidence {
    /// Another run or another problem makes another one.
    pub(super) id: String,
    /// Some files could not be read: it is to be read again.
    is_partial: bool,
    pub(super) history: History,
    options: HistoryOptions,
    listing: Vec<String>,
    /// Streams with a run that gives evidence, in the order of the history.
    pub(super) standing: Vec<Standing>,
    pub(super) controls: Vec<Arc<Control>>,
    pub(super) resources: Vec<ResourceRef>,
    pub(super) exchanges: Vec<Vec<u64>>,
    /// The verdicts that stand, by severity, control, stream and line.
    pub(super) held: Vec<Held>,
}

/// The newest run of a stream that gives evidence.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) stream: StreamId,
    pub(super) run: RunId,
    pub(super) as_of: Instant,
    pub(super) summary: Summary,
    /// Failures that an exception covers.
    pub(super) excepted: u64,
}

/// One verdict that stands; numbers lead into [`Evidence`].
#[derive(Debug)]
pub(super) struct Held {
    pub(super) stream: u32,
    pub(super) control: u32,
    pub(super) resource: Option<u32>,
    pub(super) exchanges: u32,
    /// Its line in the file, from 1.
    pub(super) line: u32,
    pub(super) verdict: Verdict,
    pub(super) said: Option<Box<Said>>,
}

/// What most verdicts do without.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) reason: Option<String>,
    pub(super) message: Option<String>,
    pub(super) exception: Option<ExceptionRef>,
}

/// The evidence with the report up to an instant.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) evidence: Arc<Evidence>,
    pub(super) report: Report,
    /// The instant.
    pub(super) to: Instant,
}

impl Snapshot {
    pub(super) fn of(evidence: Arc<Evidence>, store: &str, now: Instant) -> Self {
        let period = Period { to: now.utc(), ..evidence.options.period };
        let options = HistoryOptions { period, now: now.utc(), ..evidence.options.clone() };
        let report = report::build(store, &evidence.history, &options);
        Self { evidence, report, to: now }
    }
}

impl Evidence {
    /// Reads the verdicts that stand.
    pub(super) async fn read(
        store: &dyn Store,
        history: History,
        options: HistoryOptions,
        listing: Vec<String>,
    ) -> Result<Self, String> {
        let mut made = Self {
            id: String::new(),
            is_partial: history.problems.iter().any(|problem| problem.kind == ProblemKind::Unreadable),
            options,
            listing,
            standing: Vec::new(),
            controls: Vec::new(),
            resources: Vec::new(),
            exchanges: Vec::new(),
            held: Vec::new(),
            history: History { streams: Vec::new(), problems: Vec::new() },
        };
        let (mut numbers, mut parts) = (Numbers::default(), Vec::new());
        for stream in &history.streams {
            let Some((run, id)) = newest(stream, made.options.period) else { continue };
            let taken = made.take(store, (stream, run, id), &mut numbers).await;
            taken.map_err(|error| format!("{}: {error}", stream.stream))?;
            parts.push(format!("{} {id} {}", stream.stream, run.statement));
        }
        parts.extend(history.problems.iter().map(|problem| format!("{problem:?}")));
        Digest::of(parts.join("\n").as_bytes()).as_str()[..32].clone_into(&mut made.id);
        made.resources = in_order(numbers.resources);
        made.exchanges = in_order(numbers.exchanges);
        let controls = &made.controls;
        let of = |held: &Held| &controls[held.control as usize];
        made.held.sort_by(|a, b| {
            let order = |held: &Held| (of(held).severity, held.stream, held.line);
            let by_control = of(a).severity.cmp(&of(b).severity).then_with(|| of(a).id.cmp(&of(b).id));
            by_control.then_with(|| order(a).cmp(&order(b)))
        });
        made.history = history;
        Ok(made)
    }

    async fn take(
        &mut self,
        store: &dyn Store,
        (stream, run, id): (&StreamHistory, &Run, &RunId),
        numbers: &mut Numbers,
    ) -> Result<(), Unreliable> {
        let opened = Opened::open(store, &stream.stream, run).await?;
        let (file, bytes) = opened.file(store, CATALOGUE).await?;
        let controls: Vec<Control> = read_document(&file.path, &bytes)?;
        let (file, bytes) = opened.file(store, FINDINGS).await?;
        let index = count(self.standing.len());
        let first = count(self.controls.len());
        let by_id: BTreeMap<String, u32> = controls.iter().map(|c| c.id.clone()).zip(first..).collect();
        let (mut all, mut excepted) = (Vec::new(), 0);
        for line in Lines::<Finding>::new(&file.path, &bytes)? {
            let line = line?;
            let finding = line.value;
            excepted += u64::from(finding.verdict == Verdict::Fail && finding.exception.is_some());
            if let Some(control) = by_id.get(&finding.control) {
                self.held.push(numbers.held(&finding, (index, *control, count_of(line.number))));
            }
            all.push(finding);
        }
        let summary = Summary::of(&controls, &all);
        self.controls.extend(controls.into_iter().map(Arc::new));
        let (stream, run, as_of) = (stream.stream.clone(), id.clone(), run.as_of);
        self.standing.push(Standing { stream, run, as_of, summary, excepted });
        Ok(())
    }

    /// A file of the ledger that was there and is not in this list, which is sorted: a folder that is not mounted looks empty.
    pub(super) fn gone_from(&self, listing: &[String]) -> Option<&str> {
        self.listing.iter().find(|key| listing.binary_search(key).is_err()).map(String::as_str)
    }

    /// True when nothing can have changed since it was read.
    pub(super) fn still_stands(&self, listing: &[String], now: Instant, for_: TimeDelta) -> bool {
        let read = self.options.period.to;
        let from_the_future =
            self.history.streams.iter().flat_map(|stream| &stream.runs).any(|run| run.as_of.utc() >= read);
        !self.is_partial && !from_the_future && self.listing == listing && now.utc() - read < for_
    }

    /// The instant of the newest run that gives evidence.
    pub(super) fn as_of(&self) -> Option<Instant> {
        self.standing.iter().map(|standing| standing.as_of).max()
    }

    /// The verdicts of a stream that stand, where it has some.
    pub(super) fn standing_of(&self, stream: &str) -> Option<&Standing> {
        self.standing.iter().find(|standing| standing.stream.to_string() == stream)
    }

    /// A run by its id, with its stream.
    pub(super) fn run(&self, id: &RunId) -> Option<(&StreamId, &Run)> {
        let of = |stream: &'_ StreamHistory| stream.runs.iter().position(|run| run.run.as_ref() == Some(id));
        self.history.streams.iter().find_map(|stream| Some((&stream.stream, &stream.runs[of(stream)?])))
    }
}

/// The last run of the period whose bundle is what was signed.
fn newest(stream: &StreamHistory, period: Period) -> Option<(&Run, &RunId)> {
    let mut runs = stream.runs.iter().rev().filter(|run| run.whole && period.holds(run.as_of.utc()));
    runs.find_map(|run| Some((run, run.run.as_ref()?)))
}

/// What is kept once, by number.
#[derive(Default)]
struct Numbers {
    resources: BTreeMap<ResourceRef, u32>,
    exchanges: BTreeMap<Vec<u64>, u32>,
}

impl Numbers {
    fn held(&mut self, finding: &Finding, (stream, control, line): (u32, u32, u32)) -> Held {
        let Finding { reason, message, exception, .. } = finding.clone();
        let is_said = reason.is_some() || message.is_some() || exception.is_some();
        Held {
            stream,
            control,
            line,
            resource: finding.resource.as_ref().map(|resource| number(&mut self.resources, resource)),
            exchanges: number(&mut self.exchanges, &finding.exchanges),
            verdict: finding.verdict,
            said: is_said.then(|| Box::new(Said { reason, message, exception })),
        }
    }
}

fn number<K: Ord + Clone>(numbers: &mut BTreeMap<K, u32>, key: &K) -> u32 {
    if let Some(number) = numbers.get(key) {
        return *number;
    }
    let number = count(numbers.len());
    numbers.insert(key.clone(), number);
    number
}

fn in_order<K>(numbers: BTreeMap<K, u32>) -> Vec<K> {
    let mut all: Vec<(u32, K)> = numbers.into_iter().map(|(key, number)| (number, key)).collect();
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, key)| key).collect()
}

fn count(length: usize) -> u32 {
    u32::try_from(length).expect("memory holds fewer")
}

fn count_of(line: u64) -> u32 {
    u32::try_from(line).expect("memory holds fewer")
}
