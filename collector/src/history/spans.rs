//! Which run speaks for which time. Pure functions of the runs, the period and the present.

use super::{Period, Run};
use crate::schedule::Schedule;
use chrono::{DateTime, TimeDelta, Utc};

/// What a stretch of time rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// On the run with this index.
    Run(usize),
    /// On nothing: no run had been made yet.
    NotBegun,
    /// On nothing: scheduled runs did not take place, or a run without a schedule is too long ago.
    Missed,
    /// On nothing: the bundle with this index cannot be relied on.
    Damaged(usize),
    /// On nothing: it is still to come.
    Future,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
    /// What it rests on.
    pub cover: Cover,
}

/// The whole period in stretches, without a hole. A run speaks from its instant until the next run, or until the first
/// scheduled time that no run served; a run without a schedule speaks for `unscheduled`. A scheduled time is served by the next
/// run, when no other scheduled time lies between: a late run is no missed run.
pub fn spans(runs: &[Run], period: Period, unscheduled: TimeDelta, now: DateTime<Utc>) -> Vec<Span> {
    let end = period.to.min(now);
    let mut all = Vec::new();
    let mut at = period.from;
    let mut push = |at: &mut DateTime<Utc>, to: DateTime<Utc>, cover: Cover| {
        let to = to.min(period.to);
        if to > *at {
            all.push(Span { from: *at, to, cover });
            *at = to;
        }
    };
    let first = runs.first().map_or(end, |run| run.as_of.utc().min(end));
    push(&mut at, first, Cover::NotBegun);
    let mut schedule: Option<Schedule> = None;
    for (index, run) in runs.iter().enumerate() {
        if let Some((expression, zone)) = &run.declared {
            schedule = Schedule::parse(expression, zone).ok();
        }
        let next = runs.get(index + 1).map_or(end, |next| next.as_of.utc());
        let speaks = run.as_of.utc();
        let until = match &schedule {
            Some(schedule) => schedule.unserved(speaks, next).next().unwrap_or(next),
            None => next.min(speaks + unscheduled),
        };
        let cover = if run.whole { Cover::Run(index) } else { Cover::Damaged(index) };
        push(&mut at, until, cover);
        push(&mut at, next, Cover::Missed);
    }
    push(&mut at, period.to, Cover::Future);
    all
}
