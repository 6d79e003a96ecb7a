//! When a run starts within its turn: spread, so that neither every scope nor every replica begins in the same second.
//!
//! The delay is a pure function of the replica, the stream and the scheduled time: a test can tell it, and of two replicas
//! it is each time another one that comes first. It ends before half the time to the next run is over, so no scheduled time
//! is missed by it; `verify` takes a run for the scheduled time before it.

use crate::schedule::Schedule;
use chrono::{DateTime, TimeDelta, Utc};
use evidenced_schemas::{Digest, StreamId};

/// How far starts are spread, and for whom.
#[derive(Clone, Debug)]
pub struct Jitter {
    /// The longest delay.
    pub most: TimeDelta,
    /// The name of this replica.
    pub replica: String,
}

impl Jitter {
    /// No delay at all.
    pub fn none() -> Self {
        Self { most: TimeDelta::zero(), replica: String::new() }
    }

    /// When a run that serves this scheduled time starts.
    pub fn start(&self, schedule: &Schedule, stream: &StreamId, tick: DateTime<Utc>) -> DateTime<Utc> {
        let half = schedule.after(tick).signed_duration_since(tick) / 2;
        let most = self.most.min(half).num_milliseconds();
        if most <= 0 {
            return tick;
        }
        let digest = Digest::of(format!("{}\n{stream}\n{}", self.replica, tick.timestamp()).as_bytes());
        tick + TimeDelta::milliseconds(i64::try_from(digest.leading() % most.unsigned_abs()).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::fixtures::stream;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn jitter(most: i64, replica: &str) -> Jitter {
        Jitter { most: TimeDelta::seconds(most), replica: replica.to_owned() }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    proptest! {
        #[test]
        fn a_start_is_in_the_first_half_of_its_turn_and_the_same_each_time(
            most in 0_i64..100_000, seconds in 1_700_000_000_i64..1_900_000_000, which in 0_usize..4, replica in "[a-z]{0,4}",
        ) {
            let expression = ["* * * * * *", "*/5 * * * *", "0 */6 * * *", "0 9 * * MON-FRI"][which];
            let schedule = Schedule::parse(expression, "Europe/Berlin").unwrap();
            let tick = schedule.after(at(seconds));
            let start = jitter(most, &replica).start(&schedule, &stream(), tick);
            prop_assert!(start >= tick && start - tick <= TimeDelta::seconds(most));
            prop_assert!(start < tick + (schedule.after(tick) - tick) / 2 || most == 0);
            prop_assert_eq!(schedule.until(start), Some(tick), "a run then serves this scheduled time");
            prop_assert_eq!(start, jitter(most, &replica).start(&schedule, &stream(), tick));
        }
    }

    #[test]
    fn replicas_streams_and_times_differ() {
        let schedule = Schedule::parse("0 * * * *", "UTC").unwrap();
        let tick = schedule.after(at(1_800_000_000));
        let next = schedule.after(tick);
        let other = StreamId::parse("nightly/aws/999999999999").unwrap();
        let delays: BTreeSet<TimeDelta> = [
            jitter(600, "a").start(&schedule, &stream(), tick) - tick,
            jitter(600, "b").start(&schedule, &stream(), tick) - tick,
            jitter(600, "a").start(&schedule, &other, tick) - tick,
            jitter(600, "a").start(&schedule, &stream(), next) - next,
        ]
        .into();
        assert_eq!(delays.len(), 4, "{delays:?}");
        assert_eq!(Jitter::none().start(&schedule, &stream(), tick), tick);
    }
}
