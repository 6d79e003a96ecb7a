//! Missed runs: what the statements declare as their schedule, against the runs that are there.

use super::report::MissedRuns;
use crate::schedule::Schedule;
use chrono::{DateTime, Utc};
use evidenced_schemas::Instant;

/// Missed runs that are listed.
const LISTED: usize = 100;
/// Scheduled times that are looked at in a stream: ten years of every minute.
const LOOKED_AT: usize = 5_300_000;

/// A run as far as the cadence is concerned.
#[derive(Clone, Debug)]
pub(super) struct Ran {
    /// When it was.
    pub(super) as_of: Instant,
    /// The schedule and time zone that it declares; none for a run by hand.
    pub(super) declared: Option<(String, String)>,
}

/// Scheduled times between the runs, and after the last one until `end`, that no run served. A run serves every time
/// from its own instant back to the scheduled time before it, so a late run or one by hand counts. A declared
/// schedule holds until a later run declares another.
pub(super) fn missed(runs: &[Ran], end: DateTime<Utc>) -> MissedRuns {
    let mut runs = runs.to_vec();
    runs.sort_by_key(|run| run.as_of);
    let mut found = MissedRuns::default();
    let mut schedule: Option<Schedule> = None;
    let mut looked_at = 0;
    for (index, run) in runs.iter().enumerate() {
        if let Some((expression, zone)) = &run.declared {
            schedule = Schedule::parse(expression, zone).ok();
        }
        let Some(schedule) = &schedule else { continue };
        let next = runs.get(index + 1).map(|next| next.as_of.utc());
        let mut due = schedule.between(run.as_of.utc(), next.unwrap_or(end)).peekable();
        while let Some(time) = due.next() {
            looked_at += 1;
            if looked_at > LOOKED_AT {
                found.at_least = true;
                return found;
            }
            // The newest scheduled time is served by the run that follows it, or may still be under way.
            if due.peek().is_some() {
                found.count += 1;
                if found.times.len() < LISTED {
                    found.times.push(Instant::new(time));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::try_from(text.to_owned()).unwrap()
    }

    fn ran(as_of: &str, schedule: Option<&str>) -> Ran {
        Ran { as_of: at(as_of), declared: schedule.map(|s| (s.to_owned(), "UTC".to_owned())) }
    }

    const SIX: Option<&str> = Some("0 */6 * * *");

    #[test]
    fn a_run_on_time_or_late_leaves_nothing_missed() {
        let runs = [
            ran("2026-01-01T00:00:01Z", SIX),
            ran("2026-01-01T06:00:01Z", SIX),
            ran("2026-01-01T14:30:00Z", SIX),
            ran("2026-01-01T18:00:02Z", SIX),
        ];
        assert_eq!(missed(&runs, at("2026-01-01T18:10:00Z").utc()), MissedRuns::default());
    }

    #[test]
    fn times_between_runs_and_after_the_last_are_named() {
        let runs = [ran("2026-01-01T00:00:01Z", SIX), ran("2026-01-01T18:00:01Z", None)];
        let found = missed(&runs, at("2026-01-02T07:00:00Z").utc());
        let expected = ["2026-01-01T06:00:00Z", "2026-01-01T12:00:00Z", "2026-01-02T00:00:00Z"].map(at);
        assert_eq!((found.count, found.times), (3, expected.to_vec()));
    }

    #[test]
    fn a_schedule_holds_until_another_is_declared() {
        let runs = [
            ran("2026-01-01T00:00:01Z", SIX),
            ran("2026-01-01T06:00:01Z", Some("0 0 * * *")),
            ran("2026-01-02T00:00:01Z", Some("0 0 * * *")),
        ];
        assert_eq!(missed(&runs, at("2026-01-02T23:00:00Z").utc()), MissedRuns::default());
    }

    #[test]
    fn no_schedule_means_nothing_is_missed() {
        assert_eq!(missed(&[ran("2026-01-01T00:00:01Z", None)], at("2030-01-01T00:00:00Z").utc()).count, 0);
    }
}
