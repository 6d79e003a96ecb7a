//! From what happened to events: pure, but for the memory of what was told last.
//!
//! An id follows from what happened, so that the same thing told twice is seen to be the same.

use crate::daemon::happening::Happening;
use crate::ledger::Committed;
use chrono::TimeDelta;
use evidenced_schemas::change::Change;
use evidenced_schemas::config::Concern;
use evidenced_schemas::event::{
    DATA_SCHEMA, DATA_TYPE, EvidenceFresh, EvidenceStale, GapsChanged, RunFailed, RunRef, RunsMissed, SPEC_VERSION,
    ScopeUnreachable, SpoolEmptied, SpoolGrew, VerdictsChanged, What,
};
use evidenced_schemas::{ChangeKind, Digest, Event, Instant, StreamId};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;

/// Changes in one event; the bundle has them all.
const CHANGES: usize = 50;
/// What fails on and on is told again after so long.
const AGAIN: TimeDelta = TimeDelta::days(1);
/// Failures that are remembered. Beyond that the oldest are forgotten, and may be told again.
const REMEMBERED: usize = 10_000;
/// Characters of a deployment's name that need no escape in a URI.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What was told last, as far as the next thing depends on it.
#[derive(Debug)]
pub(super) struct Telling {
    source: String,
    gaps: BTreeMap<StreamId, u64>,
    failures: BTreeMap<String, Instant>,
}

impl Telling {
    /// Of a deployment.
    pub(super) fn of(deployment: Option<&str>) -> Self {
        let source = utf8_percent_encode(deployment.unwrap_or("evidenced"), UNRESERVED).to_string();
        Self { source, gaps: BTreeMap::new(), failures: BTreeMap::new() }
    }

    /// What is to be told of a happening.
    pub(super) fn events(&mut self, happening: &Happening<'_>, now: Instant) -> Vec<(Concern, Event)> {
        match *happening {
            Happening::Committed { run, waited } => self.committed(run, waited),
            Happening::Missed { stream, missed, since } => {
                let since = Instant::new(since);
                let what = What::RunsMissed(RunsMissed { missed: missed.try_into().unwrap_or(u64::MAX), since });
                vec![(Concern::MissedRuns, self.of_stream(stream, what, &format!("{since} {missed}"), now))]
            }
            Happening::RunFailed { stream, why } => {
                let what = What::RunFailed(RunFailed { why: why.to_owned() });
                self.failed(&stream.to_string(), now)
                    .map(|day| (Concern::FailedRuns, self.of_stream(stream, what, &day, now)))
                    .into_iter()
                    .collect()
            }
            Happening::Unreachable { job, scope, why } => {
                let what = What::ScopeUnreachable(ScopeUnreachable {
                    job: job.clone(),
                    scope: scope.map(str::to_owned),
                    why: why.to_owned(),
                });
                let day = self.failed(&format!("{job}//{}", scope.unwrap_or_default()), now);
                day.map(|day| {
                    let key = format!("{} {day}", scope.unwrap_or_default());
                    let source = format!("{}/{job}", self.source);
                    (Concern::FailedRuns, event(source, scope.map(str::to_owned), what, &key, now))
                })
                .into_iter()
                .collect()
            }
            Happening::Stale { stream, age, max_age, never } => {
                let (age_seconds, max_age_seconds) = (age.num_seconds(), max_age.num_seconds());
                let what = What::EvidenceStale(EvidenceStale { age_seconds, max_age_seconds, never });
                vec![(Concern::Stale, self.of_stream(stream, what, &now.to_string(), now))]
            }
            Happening::Fresh { stream, age, max_age } => {
                let (age_seconds, max_age_seconds) = (age.num_seconds(), max_age.num_seconds());
                let what = What::EvidenceFresh(EvidenceFresh { age_seconds, max_age_seconds });
                vec![(Concern::Stale, self.of_stream(stream, what, &now.to_string(), now))]
            }
            Happening::SpoolGrew { depth } => {
                let what = SpoolGrew { runs: depth.runs, bytes: depth.bytes, oldest: depth.oldest };
                vec![(Concern::SpoolGrowth, self.of_all(What::SpoolGrew(what), now))]
            }
            Happening::SpoolEmptied => {
                vec![(Concern::SpoolGrowth, self.of_all(What::SpoolEmptied(SpoolEmptied {}), now))]
            }
        }
    }

    fn committed(&mut self, run: &Committed, waited: bool) -> Vec<(Concern, Event)> {
        let told = &run.statement.predicate;
        let stream = StreamId { job: told.job.clone(), cloud: told.cloud, scope: told.scope.clone() };
        self.failures.remove(&stream.to_string());
        let reference = RunRef {
            run: run.run.clone(),
            sequence: run.sequence,
            statement: run.statement_key.clone(),
            bundle: run.bundle_prefix.clone(),
            waited,
        };
        let mut events = Vec::new();
        if !run.changes.is_empty() {
            let what = changed(reference.clone(), run);
            events.push((Concern::VerdictChanged, self.of_run(&stream, What::VerdictsChanged(what), run)));
        }
        let before = self.gaps.insert(stream.clone(), told.gaps);
        if before.map_or(told.gaps > 0, |before| before != told.gaps) {
            let not_evaluated = told.counts.not_evaluated;
            let what = GapsChanged { run: reference, gaps: told.gaps, before, not_evaluated };
            events.push((Concern::Gaps, self.of_run(&stream, What::GapsChanged(what), run)));
        }
        events
    }

    /// The day to tell a failure of, unless it was told within a day.
    fn failed(&mut self, of: &str, now: Instant) -> Option<String> {
        if self.failures.get(of).is_some_and(|told| now.utc() - told.utc() < AGAIN && *told <= now) {
            return None;
        }
        if self.failures.len() >= REMEMBERED {
            self.failures.pop_first();
        }
        self.failures.insert(of.to_owned(), now);
        Some(now.to_string())
    }

    fn of_run(&self, stream: &StreamId, what: What, run: &Committed) -> Event {
        let source = format!("{}/{stream}", self.source);
        let id = format!("{}-{}", kind(&what), run.run);
        whole(id, source, Some(run.run.to_string()), what, run.statement.predicate.as_of)
    }

    fn of_stream(&self, stream: &StreamId, what: What, key: &str, now: Instant) -> Event {
        event(format!("{}/{stream}", self.source), Some(stream.scope.to_string()), what, key, now)
    }

    fn of_all(&self, what: What, now: Instant) -> Event {
        event(self.source.clone(), None, what, &format!("{now} {}", std::process::id()), now)
    }
}

fn changed(run: RunRef, committed: &Committed) -> VerdictsChanged {
    let mut by_change = BTreeMap::new();
    for change in &committed.changes {
        *by_change.entry(change.change).or_default() += 1;
    }
    let of = |opened: bool| committed.changes.iter().filter(move |one| (one.change == ChangeKind::Opened) == opened);
    let changes: Vec<Change> = of(true).chain(of(false)).take(CHANGES).cloned().collect();
    let left_out = (committed.changes.len() - changes.len()) as u64;
    VerdictsChanged { run, counts: committed.statement.predicate.counts, by_change, changes, left_out }
}

/// The last two words of a type: `verdicts-changed`.
fn kind(what: &What) -> String {
    what.type_name().trim_start_matches("dev.evidenced.").replace('.', "-")
}

/// An event that is not of a run: its id is made of what it follows from.
fn event(source: String, subject: Option<String>, what: What, key: &str, time: Instant) -> Event {
    let digest = Digest::of(format!("{source}\n{}\n{key}", what.type_name()).as_bytes()).to_string();
    let id = format!("{}-{}", kind(&what), digest.get(..32).unwrap_or(&digest));
    whole(id, source, subject, what, time)
}

fn whole(id: String, source: String, subject: Option<String>, what: What, time: Instant) -> Event {
    Event {
        specversion: SPEC_VERSION.to_owned(),
        id,
        source,
        subject,
        time,
        datacontenttype: DATA_TYPE.to_owned(),
        dataschema: DATA_SCHEMA.to_owned(),
        what,
    }
}
