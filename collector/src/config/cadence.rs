//! What a job says of time beside its schedule: `start_jitter` and `max_age` must be possible with it.

use crate::schedule::Schedule;
use evidenced_schemas::config::JobConfig;

/// Which key is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    StartJitter,
    MaxAge,
}

/// Refuses what cannot be kept.
pub(super) fn check(job: &JobConfig, schedule: &Schedule) -> Result<(), (Key, String)> {
    let Some(gaps) = schedule.gaps() else { return Ok(()) };
    let (shortest, longest) = (gaps.shortest.num_seconds().unsigned_abs(), gaps.longest.num_seconds().unsigned_abs());
    let jitter = job.start_jitter.map_or(0, evidenced_schemas::Span::seconds);
    if let Some(span) = job.start_jitter
        && jitter * 2 > shortest
    {
        let what = format!(
            "start_jitter {span} is longer than half of the shortest time between two runs ({shortest} s): a run could come \
             after the time of the next one"
        );
        return Err((Key::StartJitter, what));
    }
    if let Some(span) = job.max_age
        && span.seconds() <= longest + jitter
    {
        let with = if jitter > 0 { " with start_jitter" } else { "" };
        let what = format!(
            "max_age {span} is not longer than the longest time between two runs{with} ({} s): evidence would be too old before \
             each run; leave it time for a run and for one that is tried again",
            longest + jitter
        );
        return Err((Key::MaxAge, what));
    }
    Ok(())
}
