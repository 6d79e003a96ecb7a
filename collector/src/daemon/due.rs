//! When a stream is due. Pure functions of the schedule, of what is known of the stream, and of the clock as it was read.

use crate::schedule::Schedule;
use chrono::{DateTime, Utc};

/// When a stream is due: at the first scheduled time after its newest run, which may be past; a stream without one at the
/// first scheduled time after the service began; and not before a retry's wait is over.
pub fn due(
    schedule: &Schedule,
    newest: Option<DateTime<Utc>>,
    began: DateTime<Utc>,
    not_before: Option<DateTime<Utc>>,
) -> DateTime<Utc> {
    let due = schedule.after(newest.unwrap_or(began));
    not_before.map_or(due, |wait| due.max(wait))
}

/// The newest run of a stream as far as the schedule is concerned, of those that are known: the newest of the ledger, those
/// that wait in the spool, the last of this process.
///
/// A run in the future means that the clock was set back. One scheduled time that comes again is waited out, for a run has
/// served it already. Beyond that the clock was wrong when the run was made: the schedule goes on from where the clock
/// is now. `anchor` holds that instant, the earliest at which the clock was seen to be behind, until it is not any more.
pub(super) fn newest(
    schedule: &Schedule,
    known: &[DateTime<Utc>],
    now: DateTime<Utc>,
    anchor: &mut Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    let past = known.iter().copied().filter(|run| *run <= now).max();
    let Some(future) = known.iter().copied().filter(|run| *run > now).max() else {
        *anchor = None;
        return past;
    };
    let anchored = anchor.map_or(now, |anchor| anchor.min(now));
    *anchor = Some(anchored);
    let come_again = schedule.between(anchored, future).take(2).count();
    if come_again <= 1 { Some(future) } else { Some(past.map_or(anchored, |past| past.max(anchored))) }
}

/// How many scheduled times passed since the newest run without one, besides the one that is due now.
pub(super) fn missed(schedule: &Schedule, newest: DateTime<Utc>, now: DateTime<Utc>) -> Option<usize> {
    let passed = schedule.between(newest, now).take(10_000).count();
    (passed > 1).then(|| passed - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn every(expression: &str) -> Schedule {
        Schedule::parse(expression, "UTC").unwrap()
    }

    #[test]
    fn a_stream_is_due_after_its_newest_statement_and_a_new_one_after_the_start() {
        let schedule = every("0 */6 * * *");
        let began = at("2026-03-01T07:00:00Z");
        assert_eq!(due(&schedule, None, began, None), at("2026-03-01T12:00:00Z"));
        assert_eq!(due(&schedule, Some(at("2026-02-20T06:00:01Z")), began, None), at("2026-02-20T12:00:00Z"));
        let wait = at("2026-03-01T07:05:00Z");
        assert_eq!(due(&schedule, Some(at("2026-02-20T06:00:01Z")), began, Some(wait)), wait);
    }

    #[test]
    fn missed_runs_are_counted_without_the_one_that_is_due() {
        let schedule = every("0 * * * *");
        assert_eq!(missed(&schedule, at("2026-03-01T06:00:05Z"), at("2026-03-01T07:00:01Z")), None);
        assert_eq!(missed(&schedule, at("2026-03-01T06:00:05Z"), at("2026-03-01T09:30:00Z")), Some(2));
    }

    /// Lets a clock go on from `start` for some hours, a run made whenever one is due, and gives when runs were made.
    fn live(
        schedule: &Schedule,
        mut known: Vec<DateTime<Utc>>,
        start: DateTime<Utc>,
        hours: i64,
    ) -> Vec<DateTime<Utc>> {
        let (mut anchor, mut made) = (None, Vec::new());
        for second in 0..hours * 360 {
            let now = start + chrono::TimeDelta::seconds(second * 10);
            let newest = newest(schedule, &known, now, &mut anchor);
            if due(schedule, newest, start, None) <= now {
                made.push(now);
                // The ledger's newest statement is now this one; the runs that wait are still known.
                known[0] = now;
            }
        }
        made
    }

    #[test]
    fn a_clock_that_runs_forward_makes_one_run_a_tick() {
        let made = live(&every("0 * * * *"), vec![at("2026-03-01T06:00:01Z")], at("2026-03-01T06:30:00Z"), 5);
        assert_eq!(made.len(), 5);
        assert_eq!(made[0], at("2026-03-01T07:00:00Z"));
    }

    #[test]
    fn a_clock_set_back_a_little_does_not_double_a_tick() {
        let schedule = every("0 * * * *");
        for back in ["2026-03-01T05:59:59Z", "2026-03-01T05:59:00Z", "2026-03-01T05:20:00Z"] {
            let made = live(&schedule, vec![at("2026-03-01T06:00:01Z")], at(back), 3);
            assert_eq!(made[0].timestamp() / 3600, at("2026-03-01T07:00:00Z").timestamp() / 3600, "{back}: {made:?}");
            assert!(made.windows(2).all(|pair| pair[1] - pair[0] > chrono::TimeDelta::minutes(59)), "{made:?}");
        }
    }

    #[test]
    fn a_clock_set_back_a_day_or_a_year_stops_no_runs() {
        let schedule = every("0 * * * *");
        for newest in ["2026-03-02T06:00:01Z", "2027-03-01T06:00:01Z", "2026-03-01T08:00:01Z"] {
            // With and without a run from the future in the spool, which stays known.
            for known in [vec![at(newest)], vec![at(newest), at(newest)]] {
                let made = live(&schedule, known, at("2026-03-01T06:10:00Z"), 6);
                assert_eq!(made.len(), 6, "{newest}: {made:?}");
                assert_eq!(made[0], at("2026-03-01T07:00:00Z"), "{newest}");
            }
        }
    }

    #[test]
    fn an_anchor_goes_with_the_clock_and_is_forgotten_when_time_has_come() {
        let (schedule, future, mut anchor) = (every("0 * * * *"), at("2026-03-05T00:00:01Z"), None);
        assert_eq!(newest(&schedule, &[future], at("2026-03-01T06:10:00Z"), &mut anchor), anchor);
        assert_eq!(
            newest(&schedule, &[future], at("2026-03-01T06:50:00Z"), &mut anchor),
            Some(at("2026-03-01T06:10:00Z"))
        );
        assert_eq!(
            newest(&schedule, &[future], at("2026-02-01T01:10:00Z"), &mut anchor),
            Some(at("2026-02-01T01:10:00Z"))
        );
        assert_eq!(newest(&schedule, &[future], at("2026-03-05T00:00:02Z"), &mut anchor), Some(future));
        assert_eq!(anchor, None);
    }
}
