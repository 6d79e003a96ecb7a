//! One round of a job: every scope is visited, a few at a time, and what failed is tried again later and later.

use super::visit::visit;
use super::{Scheduled, Service};
use crate::collect::{self, SCOPES_AT_ONCE, Scope};
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt as _;
use std::collections::BTreeMap;

/// Wait after a first failure; doubled for each further one.
const FIRST_RETRY: TimeDelta = TimeDelta::seconds(15);
/// The longest wait after failures.
pub(super) const LONGEST_RETRY: TimeDelta = TimeDelta::minutes(15);

/// Failures of one scope since its last success.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Failures {
    count: u32,
    pub(super) not_before: DateTime<Utc>,
}

impl Failures {
    pub(super) fn again(&mut self, now: DateTime<Utc>) {
        self.not_before = now + (FIRST_RETRY * (1 << self.count.min(8))).min(LONGEST_RETRY);
        self.count += 1;
    }
}

/// Runs every scope that is due, and says when the next one is. Those that start first are visited first, so that waiting for
/// a start keeps nobody from theirs.
pub(super) async fn round(
    service: &Service,
    scheduled: &Scheduled,
    mut scopes: Vec<Scope>,
    began: DateTime<Utc>,
    failures: &mut BTreeMap<String, Failures>,
) -> DateTime<Utc> {
    if let Some(tick) = scheduled.schedule.until(collect::now().utc()) {
        scopes.sort_by_cached_key(|scope| scheduled.start(&scheduled.stream_of(scope), tick));
    }
    let outcomes: Vec<(String, Result<DateTime<Utc>, ()>)> = futures::stream::iter(scopes)
        .map(|scope| {
            let failed = failures.get(scope.id.as_str()).copied();
            async move {
                let id = scope.id.as_str().to_owned();
                (id, visit(service, scheduled, &scope, began, failed).await)
            }
        })
        .buffer_unordered(SCOPES_AT_ONCE)
        .collect()
        .await;
    let now = collect::now().utc();
    let mut wake = scheduled.schedule.after(now);
    // A scope that is gone is forgotten with its failures.
    failures.retain(|failed, _| outcomes.iter().any(|(scope, _)| scope == failed));
    for (scope, outcome) in outcomes {
        let next = if let Ok(next) = outcome {
            // A scope that still waits for its retry keeps its count of failures.
            if failures.get(&scope).is_none_or(|failed| failed.not_before <= now) {
                failures.remove(&scope);
            }
            next
        } else {
            let failed = failures.entry(scope).or_default();
            failed.again(now);
            failed.not_before
        };
        wake = wake.min(next);
    }
    wake
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn waits_after_failures_grow_and_are_bounded() {
        let mut failures = Failures::default();
        let now = at("2026-03-01T00:00:00Z");
        let mut last = TimeDelta::zero();
        for _ in 0..20 {
            failures.again(now);
            assert!(failures.not_before - now >= last);
            last = failures.not_before - now;
        }
        assert_eq!(last, LONGEST_RETRY);
    }
}
