//! When the next call of a kind may be made: evenly, after a burst, and never before a pause is over.

use super::published::Rate;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Calls of one kind. Turns are given in the order in which they are asked for.
#[derive(Debug)]
pub(super) struct Pace {
    /// Time between two calls, and how far calls may come before their time; none where no rate is published.
    steps: Option<(Duration, Duration)>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the next call would be due, had there been no burst.
    due: Option<Instant>,
    /// No call before this.
    paused: Option<Instant>,
}

impl Pace {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        let steps = rate.map(|rate| {
            let step = Duration::from_secs_f64(1.0 / rate.per_second);
            (step, step * rate.burst.saturating_sub(1))
        });
        Self { steps, state: Mutex::default() }
    }

    /// Waits until it is this call's turn.
    pub(super) async fn turn(&self) {
        loop {
            let start = self.next(Instant::now());
            tokio::time::sleep_until(start).await;
            // Somebody may have been refused meanwhile.
            if self.paused().is_none_or(|paused| paused <= Instant::now()) {
                return;
            }
        }
    }

    /// Nobody's turn comes before this.
    pub(super) fn pause(&self, until: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.paused = state.paused.max(Some(until));
    }

    fn paused(&self) -> Option<Instant> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).paused
    }

    /// Takes the next turn.
    pub(super) fn next(&self, now: Instant) -> Instant {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut start = state.paused.map_or(now, |paused| paused.max(now));
        if let Some((step, early)) = self.steps {
            let due = state.due.map_or(start, |due| due.max(start));
            start = start.max(due.checked_sub(early).unwrap_or(start));
            state.due = Some(due + step);
        }
        start
    }
}
