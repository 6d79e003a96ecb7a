//! The report of a period, built from [`crate::history`]. It reads no store and no clock: the same history gives the same report.

mod control;
mod exception;
pub mod html;
mod item;
mod measure;
pub mod ocsf;
pub mod oscal;
pub mod parquet;
mod remediation;
mod stream;
pub mod table;
pub mod xlsx;

#[cfg(test)]
mod tests;

use crate::history::{Cover, History, HistoryOptions, Span, StreamHistory, spans};
use crate::verify::Problem;
use chrono::{DateTime, Utc};
use evidenced_schemas::criteria::{CRITERIA, Criterion, CriterionEntry, Principle};
use evidenced_schemas::figure::Figure;
use evidenced_schemas::report::{
    CriterionSection, Interval, Item, PrincipleSection, REPORT_VERSION, Report, ReportProblem, State, Why,
};
use evidenced_schemas::summary::Counts;
use evidenced_schemas::{Control, Instant};
use std::collections::BTreeMap;

/// Builds the report.
pub fn build(store: &str, history: &History, options: &HistoryOptions) -> Report {
    let streams: Vec<Told<'_>> = history.streams.iter().map(|stream| Told::of(stream, options)).collect();
    let catalogue = newest_controls(&streams);
    let controls = control::sections(&streams, &catalogue);
    let items = item::items(&streams, &catalogue);
    let figures = measure::figures(&streams, &catalogue, &items);
    let remediation = remediation::by_severity(&items, options.end());
    let instant = Instant::new;
    Report {
        format: REPORT_VERSION,
        store: store.to_owned(),
        from: instant(options.period.from),
        to: instant(options.period.to),
        cut_at: (options.end() < options.period.to).then(|| instant(options.end())),
        unscheduled_hours: options.unscheduled.num_hours().unsigned_abs(),
        signatures: options.signatures(),
        runs: streams.iter().map(|told| told.in_period().count() as u64).sum(),
        streams: streams.iter().map(stream::section).collect(),
        criteria: CRITERIA.iter().map(|entry| criterion(entry, &controls)).collect(),
        principles: Principle::ALL.into_iter().map(|one| principle(one, &controls, &figures)).collect(),
        trend: measure::trend(&streams, &catalogue),
        controls,
        items,
        exceptions: exception::sections(&streams, options.end()),
        remediation,
        problems: history.problems.iter().map(problem).collect(),
    }
}

/// What is wrong, as documents say it.
pub fn problem(problem: &Problem) -> ReportProblem {
    ReportProblem {
        stream: problem.stream.clone(),
        sequence: problem.sequence,
        file: problem.file.clone(),
        kind: problem.kind.as_str().to_owned(),
        what: problem.what.clone(),
    }
}

/// A stream with its time laid out.
struct Told<'a> {
    history: &'a StreamHistory,
    options: &'a HistoryOptions,
    spans: Vec<Span>,
}

impl<'a> Told<'a> {
    fn of(history: &'a StreamHistory, options: &'a HistoryOptions) -> Self {
        let spans = spans(&history.runs, options.period, options.unscheduled, options.now);
        Self { history, options, spans }
    }

    /// Indices of the runs of the period.
    fn in_period(&self) -> impl DoubleEndedIterator<Item = usize> {
        let runs = &self.history.runs;
        (0..runs.len()).filter(|index| self.options.period.holds(runs[*index].as_of.utc()))
    }

    /// The period in states, where `of` says what a run says; neighbours of one state are one.
    fn intervals(&self, of: impl Fn(usize) -> (State, Option<Why>)) -> Vec<Interval> {
        let mut all: Vec<Interval> = Vec::new();
        for span in &self.spans {
            let (state, why) = match span.cover {
                Cover::Run(index) => of(index),
                other => (State::NoEvidence, Some(why(other))),
            };
            join(&mut all, span.from, span.to, state, why);
        }
        all
    }
}

/// Adds a stretch, or draws out the last one.
fn join(all: &mut Vec<Interval>, from: DateTime<Utc>, to: DateTime<Utc>, state: State, why: Option<Why>) {
    let (from, to) = (Instant::new(from), Instant::new(to));
    match all.last_mut() {
        Some(last) if last.to == from && (last.state, last.why) == (state, why) => last.to = to,
        _ => all.push(Interval { from, to, state, why }),
    }
}

fn why(cover: Cover) -> Why {
    match cover {
        Cover::NotBegun => Why::NotBegun,
        Cover::Damaged(_) => Why::Damaged,
        Cover::Future => Why::Future,
        Cover::Missed | Cover::Run(_) => Why::Missed,
    }
}

/// What it was when it was last seen, whether there is evidence of the time since or not.
pub fn last_known(intervals: &[Interval]) -> Option<&Interval> {
    intervals.iter().rev().find(|interval| interval.state != State::NoEvidence)
}

/// A control and what it judges: type, region and id.
type ItemKey<'a> = (&'a str, Option<(&'a str, &'a str, &'a str)>);

/// What names an item among those of its stream, as [`evidenced_schemas::Finding::sort_key`] does.
fn item_key(item: &Item) -> ItemKey<'_> {
    (&item.control, item.resource.as_ref().map(item::parts))
}

/// Milliseconds since 1970.
fn instant_millis(instant: Instant) -> i64 {
    instant.utc().timestamp_millis()
}

/// Seconds of an interval, rounded.
fn seconds(interval: &Interval) -> u64 {
    let millis = (interval.to.utc() - interval.from.utc()).num_milliseconds();
    u64::try_from((millis + 500) / 1000).unwrap_or_default()
}

/// Each control as the newest run that knows it has it.
fn newest_controls<'a>(streams: &[Told<'a>]) -> BTreeMap<&'a str, &'a Control> {
    let mut runs: Vec<_> = streams
        .iter()
        .flat_map(|told| told.history.runs.iter().map(move |run| (run, told.history)))
        .filter_map(|(run, history)| Some((run.as_of, history.catalogues.get(run.catalogue.as_ref()?)?)))
        .collect();
    runs.sort_by_key(|(as_of, _)| *as_of);
    let controls = runs.into_iter().flat_map(|(_, controls)| controls.iter());
    controls.map(|control| (control.id.as_str(), control)).collect()
}

fn criterion(
    entry: &'static CriterionEntry,
    controls: &[evidenced_schemas::report::ControlSection],
) -> CriterionSection {
    let id = Criterion::try_from(entry.id.to_owned()).expect("the list holds only criteria");
    let of = |wanted: &dyn Fn(&evidenced_schemas::report::ControlSection) -> bool| {
        controls.iter().filter(|control| wanted(control)).map(|control| control.control.clone()).collect()
    };
    let mut end = Counts::default();
    for control in controls.iter().filter(|control| control.primary == id) {
        control.lines.iter().filter_map(|line| line.end).for_each(|counts| end.add_all(counts));
    }
    CriterionSection {
        subject: entry.subject.to_owned(),
        category: entry.category,
        mode: entry.mode,
        besides: entry.besides.to_owned(),
        primary: of(&|control| control.primary == id),
        supporting: of(&|control| control.supporting.contains(&id)),
        end,
        criterion: id,
    }
}

fn principle(
    principle: Principle,
    controls: &[evidenced_schemas::report::ControlSection],
    figures: &[Figure],
) -> PrincipleSection {
    let own = || controls.iter().filter(|control| control.principle == principle);
    let (mut start, mut end) = (Counts::default(), Counts::default());
    for line in own().flat_map(|control| &control.lines) {
        line.start.into_iter().for_each(|counts| start.add_all(counts));
        line.end.into_iter().for_each(|counts| end.add_all(counts));
    }
    PrincipleSection {
        principle,
        title: principle.title().to_owned(),
        controls: own().map(|control| control.control.clone()).collect(),
        start,
        end,
        measures: figures.iter().filter(|figure| figure.figure.principle() == principle).cloned().collect(),
    }
}
