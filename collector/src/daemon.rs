//! The service: each job on its schedule, one run at a time a job, missed runs caught up, stopped without a half bundle.
//!
//! The state is the store. When a job is due follows from the newest statement of each of its streams and the schedule,
//! so a container that was down for a week makes one run at once and goes on; timer, catch-up and retry are the same
//! path. A poll cannot be made for the past: the runs that were missed stay missed, and `verify` names them.

use crate::collect::{self, Job, Scope, Workshop};
use crate::ledger;
use crate::schedule::Schedule;
use crate::timestamp::stamp;
use chrono::{DateTime, TimeDelta, Utc};
use evidenced_connectors::Progress;
use evidenced_schemas::{Cloud, StreamId};
use futures::StreamExt as _;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Scopes of one job that are read at the same time.
const SCOPES_AT_ONCE: usize = 4;
/// The longest sleep before the clock is looked at again: it may have been set.
const LONGEST_SLEEP: Duration = Duration::from_secs(20);
/// Wait after a first failure; doubled for each further one.
const FIRST_RETRY: TimeDelta = TimeDelta::seconds(15);
/// The longest wait after failures.
const LONGEST_RETRY: TimeDelta = TimeDelta::minutes(15);

/// One scheduled job.
#[derive(Debug)]
pub struct Scheduled {
    /// The job.
    pub job: Job,
    /// When it is due.
    pub schedule: Schedule,
}

/// Finds the scopes of a job, with credentials. Asked anew for each run: accounts come and go.
#[async_trait::async_trait]
pub trait Scopes: Send + Sync {
    /// The scopes of this job.
    ///
    /// # Errors
    /// With a sentence that says what was tried and what to do.
    async fn of(&self, job: &Job) -> Result<Vec<Scope>, String>;
}

/// How a service stops: first gently, then at once.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// No new run begins.
    pub gentle: CancellationToken,
    /// Runs that are under way are abandoned before their commit.
    pub now: CancellationToken,
}

/// Serves one job until it is stopped.
pub async fn serve(
    workshop: Arc<Workshop>,
    scheduled: Scheduled,
    scopes: Arc<dyn Scopes>,
    progress: Arc<dyn Progress>,
    stop: Stop,
) {
    let name = scheduled.job.name.as_str();
    let began = collect::now().utc();
    let mut failures: BTreeMap<String, Failures> = BTreeMap::new();
    loop {
        let found = tokio::select! {
            () = stop.gentle.cancelled() => return,
            found = scopes.of(&scheduled.job) => found,
        };
        let wake = match found {
            Err(error) => {
                let failed = failures.entry(String::new()).or_default();
                failed.again(collect::now().utc());
                tracing::error!(job = name, "the job's scopes cannot be read: {error}");
                failed.not_before
            }
            Ok(found) => {
                failures.remove("");
                round(&workshop, &scheduled, found, began, &mut failures, &progress, &stop).await
            }
        };
        if stop.gentle.is_cancelled() {
            return;
        }
        tracing::debug!(job = name, next = %wake, "waiting");
        sleep_until(wake, &stop.gentle).await;
    }
}

/// Failures of one scope since its last success.
#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    count: u32,
    not_before: DateTime<Utc>,
}

impl Failures {
    fn again(&mut self, now: DateTime<Utc>) {
        self.not_before = now + (FIRST_RETRY * (1 << self.count.min(8))).min(LONGEST_RETRY);
        self.count += 1;
    }
}

/// Runs every scope that is due, and says when the next one is.
async fn round(
    workshop: &Workshop,
    scheduled: &Scheduled,
    scopes: Vec<Scope>,
    began: DateTime<Utc>,
    failures: &mut BTreeMap<String, Failures>,
    progress: &Arc<dyn Progress>,
    stop: &Stop,
) -> DateTime<Utc> {
    let outcomes: Vec<(String, Result<DateTime<Utc>, ()>)> = futures::stream::iter(scopes)
        .map(|scope| {
            let failed = failures.get(scope.id.as_str()).copied();
            async move {
                let id = scope.id.as_str().to_owned();
                (id, visit(workshop, scheduled, &scope, began, failed, progress, stop).await)
            }
        })
        .buffer_unordered(SCOPES_AT_ONCE)
        .collect()
        .await;
    let now = collect::now().utc();
    let mut wake = scheduled.schedule.after(now);
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

/// Runs one scope if it is due, and says when it is due next.
async fn visit(
    workshop: &Workshop,
    scheduled: &Scheduled,
    scope: &Scope,
    began: DateTime<Utc>,
    failed: Option<Failures>,
    progress: &Arc<dyn Progress>,
    stop: &Stop,
) -> Result<DateTime<Utc>, ()> {
    let (job, schedule) = (&scheduled.job, &scheduled.schedule);
    let stream = StreamId { job: job.name.clone(), cloud: Cloud::Aws, scope: scope.id.clone() };
    let tail = ledger::tail(&*workshop.store, &stream).await.map_err(|error| {
        tracing::error!(%stream, "the ledger cannot be read: {}", crate::cli::exit::chain(&error));
    })?;
    let newest = tail.map(|tail| tail.statement.predicate.as_of.utc());
    workshop.metrics.newest(&stream, newest);
    let now = collect::now().utc();
    let due = due(schedule, newest, began, failed.map(|failed| failed.not_before));
    if due > now {
        return Ok(stamp::meanwhile(workshop, &stream, due).await);
    }
    if stop.gentle.is_cancelled() {
        return Ok(due);
    }
    if let Some(newest) = newest
        && let Some(missed) = missed(schedule, newest, now)
    {
        tracing::warn!(%stream, missed, since = %newest, "runs were missed; one run catches up now");
    }
    tracing::info!(%stream, "run begins");
    match collect::run(workshop, job, scope, stop.now.clone(), Arc::clone(progress)).await {
        Ok(run) => {
            workshop.metrics.committed(&run);
            for warning in &run.committed.warnings {
                tracing::warn!(%stream, "{warning}");
            }
            tracing::info!(
                %stream,
                sequence = run.committed.sequence,
                gaps = run.gaps(),
                pass = run.summary.counts.pass,
                fail = run.summary.counts.fail,
                not_evaluated = run.summary.counts.not_evaluated,
                calls = run.cost.calls,
                seconds = run.cost.seconds,
                "run committed"
            );
            Ok(stamp::sooner(workshop, &stream, schedule.after(collect::now().utc())))
        }
        Err(error) => {
            workshop.metrics.failed(&stream, &error);
            tracing::error!(%stream, "run failed: {}", crate::cli::exit::chain(&error));
            Err(())
        }
    }
}

/// When a stream is due: at the first scheduled time after its newest statement, which may be past; a stream without a
/// statement at the first scheduled time after the service began; and not before a retry's wait is over.
pub fn due(
    schedule: &Schedule,
    newest: Option<DateTime<Utc>>,
    began: DateTime<Utc>,
    not_before: Option<DateTime<Utc>>,
) -> DateTime<Utc> {
    let due = schedule.after(newest.unwrap_or(began));
    not_before.map_or(due, |wait| due.max(wait))
}

/// How many scheduled times passed since the newest statement without a run, besides the one that is due now.
fn missed(schedule: &Schedule, newest: DateTime<Utc>, now: DateTime<Utc>) -> Option<usize> {
    let passed = schedule.between(newest, now).take(10_000).count();
    (passed > 1).then(|| passed - 1)
}

async fn sleep_until(wake: DateTime<Utc>, stop: &CancellationToken) {
    loop {
        let Ok(left) = (wake - collect::now().utc()).to_std() else { return };
        if left.is_zero() {
            return;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(left.min(LONGEST_SLEEP)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_stream_is_due_after_its_newest_statement_and_a_new_one_after_the_start() {
        let schedule = Schedule::parse("0 */6 * * *", "UTC").unwrap();
        let began = at("2026-03-01T07:00:00Z");
        assert_eq!(due(&schedule, None, began, None), at("2026-03-01T12:00:00Z"));
        assert_eq!(due(&schedule, Some(at("2026-02-20T06:00:01Z")), began, None), at("2026-02-20T12:00:00Z"));
        let wait = at("2026-03-01T07:05:00Z");
        assert_eq!(due(&schedule, Some(at("2026-02-20T06:00:01Z")), began, Some(wait)), wait);
    }

    #[test]
    fn missed_runs_are_counted_without_the_one_that_is_due() {
        let schedule = Schedule::parse("0 * * * *", "UTC").unwrap();
        assert_eq!(missed(&schedule, at("2026-03-01T06:00:05Z"), at("2026-03-01T07:00:01Z")), None);
        assert_eq!(missed(&schedule, at("2026-03-01T06:00:05Z"), at("2026-03-01T09:30:00Z")), Some(2));
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
