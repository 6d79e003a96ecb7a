//! The service: each job on its schedule, one run at a time a job, missed runs caught up, stopped without a half bundle.
//!
//! The state is the store, and the spool while the store is away. When a job is due follows from the newest run of each of
//! its streams and the schedule, so a container that was down for a week makes one run at once and goes on; timer,
//! catch-up and retry are the same path. A poll cannot be made for the past: the runs that were missed stay missed, and
//! `verify` names them. A store that does not answer stops no run: finished ones wait in the spool.

mod due;
pub mod happening;
mod tend;

pub use due::due;

use crate::collect::{self, Job, RunError, SCOPES_AT_ONCE, Scope, Workshop};
use crate::delivery::DeliveryError;
use crate::ledger;
use crate::schedule::Schedule;
use crate::timestamp::stamp;
use chrono::{DateTime, TimeDelta, Utc};
use evidenced_connectors::Progress;
use evidenced_connectors::exchange::live::Wire;
use evidenced_schemas::StreamId;
use futures::StreamExt as _;
use futures::future::{join, join_all};
use happening::Happening;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The longest sleep before the clock is looked at again: it may have been set.
const LONGEST_SLEEP: Duration = Duration::from_secs(20);
/// How long the ledger may take to say what is newest, where that is known without it.
const ANSWER: Duration = Duration::from_secs(5);
/// The same where nothing is known yet.
const FIRST_ANSWER: Duration = Duration::from_secs(30);
/// How long time stamps of a stream that is not due may take; what was not stamped is with a later visit.
const STAMPING: Duration = Duration::from_mins(1);
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

/// What every job of a service shares.
#[derive(Debug)]
pub struct Service {
    /// Store, key, controls, spool.
    pub workshop: Arc<Workshop>,
    /// HTTP connections.
    pub wire: Wire,
    /// Told of each step.
    pub progress: Arc<dyn Progress>,
    /// How it is stopped.
    pub stop: Stop,
    streams: Mutex<BTreeMap<StreamId, Seen>>,
}

/// What this process knows of a stream besides the ledger and the spool.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// The last run that was committed; one that waits is known to the spool.
    last: Option<DateTime<Utc>>,
    /// The earliest instant at which the clock was seen to be behind the stream.
    anchor: Option<DateTime<Utc>>,
}

impl Service {
    /// A service that knows nothing of any stream yet.
    pub fn new(workshop: Arc<Workshop>, wire: Wire, progress: Arc<dyn Progress>, stop: Stop) -> Self {
        Self { workshop, wire, progress, stop, streams: Mutex::default() }
    }

    /// Reads or changes what is known of a stream.
    fn seen<T>(&self, stream: &StreamId, with: impl FnOnce(&mut Seen) -> T) -> T {
        with(self.streams.lock().unwrap_or_else(PoisonError::into_inner).entry(stream.clone()).or_default())
    }

    /// Tells whoever wants to hear of it.
    fn tell(&self, happening: &Happening<'_>) {
        self.workshop.observer.happened(happening);
    }

    /// Serves these jobs, and tends the spool, until it is stopped.
    pub async fn serve(&self, jobs: Vec<(Scheduled, Arc<dyn Scopes>)>) {
        let jobs = jobs.into_iter().map(|(scheduled, scopes)| serve(self, scheduled, scopes));
        join(join_all(jobs), tend::tend(self)).await;
    }
}

/// Serves one job until it is stopped.
async fn serve(service: &Service, scheduled: Scheduled, scopes: Arc<dyn Scopes>) {
    let name = scheduled.job.name.as_str();
    let mut began = collect::now().utc();
    let mut failures: BTreeMap<String, Failures> = BTreeMap::new();
    loop {
        // A clock that was set back: a stream without a run is due from where the clock is.
        began = began.min(collect::now().utc());
        let found = tokio::select! {
            () = service.stop.gentle.cancelled() => return,
            found = scopes.of(&scheduled.job) => found,
        };
        let wake = match found {
            Err(error) => {
                let failed = failures.entry(String::new()).or_default();
                failed.again(collect::now().utc());
                tracing::error!(job = name, "the job's scopes cannot be read: {error}");
                service.tell(&Happening::Unreachable { job: &scheduled.job.name, scope: None, why: &error });
                failed.not_before
            }
            Ok(found) => {
                failures.remove("");
                round(service, &scheduled, found, began, &mut failures).await
            }
        };
        if service.stop.gentle.is_cancelled() {
            return;
        }
        tracing::debug!(job = name, next = %wake, "waiting");
        sleep_until(wake, &service.stop.gentle).await;
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
    service: &Service,
    scheduled: &Scheduled,
    scopes: Vec<Scope>,
    began: DateTime<Utc>,
    failures: &mut BTreeMap<String, Failures>,
) -> DateTime<Utc> {
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
    service: &Service,
    scheduled: &Scheduled,
    scope: &Scope,
    began: DateTime<Utc>,
    failed: Option<Failures>,
) -> Result<DateTime<Utc>, ()> {
    let (job, schedule) = (&scheduled.job, &scheduled.schedule);
    let stream = StreamId { job: job.name.clone(), cloud: scope.credentials.cloud(), scope: scope.id.clone() };
    let known = known(service, &stream).await;
    let now = collect::now().utc();
    let newest = service.seen(&stream, |seen| due::newest(schedule, &known, now, &mut seen.anchor));
    let wait = failed.map(|failed| failed.not_before).filter(|wait| *wait - now <= LONGEST_RETRY);
    let due = due(schedule, newest, began, wait);
    if due > now {
        let stamping = stamp::meanwhile(&service.workshop, &stream, due);
        return Ok(tokio::time::timeout(STAMPING, stamping).await.unwrap_or(due));
    }
    if service.stop.gentle.is_cancelled() {
        return Ok(due);
    }
    if let Some(newest) = newest
        && let Some(missed) = due::missed(schedule, newest, now)
    {
        tracing::warn!(%stream, missed, since = %newest, "runs were missed; one run catches up now");
        service.tell(&Happening::Missed { stream: &stream, missed, since: newest });
    }
    tracing::info!(%stream, "run begins");
    let (cancel, progress) = (service.stop.now.clone(), Arc::clone(&service.progress));
    match collect::run(&service.workshop, &service.wire, job, scope, cancel, progress).await {
        Ok(run) => {
            service.workshop.metrics.committed(&run);
            committed(&run);
            service.seen(&stream, |seen| seen.last = Some(run.committed.statement.predicate.as_of.utc()));
            Ok(stamp::sooner(&service.workshop, &stream, schedule.after(collect::now().utc())))
        }
        // It is done as far as the schedule is concerned, and was logged where it was spooled.
        Err(error @ RunError::Delivery(DeliveryError::Waits { .. })) => {
            service.workshop.metrics.failed(&stream, &error);
            Ok(schedule.after(collect::now().utc()))
        }
        Err(error) => {
            service.workshop.metrics.failed(&stream, &error);
            let why = crate::cli::exit::chain(&error);
            tracing::error!(%stream, "run failed: {why}");
            if !matches!(error, RunError::Stopped) {
                service.tell(&Happening::RunFailed { stream: &stream, why: &why });
            }
            Err(())
        }
    }
}

/// When runs of a stream were made: the newest of the ledger, those in the spool, the last of this process. A ledger that
/// cannot be read stops nothing.
async fn known(service: &Service, stream: &StreamId) -> Vec<DateTime<Utc>> {
    let workshop = &service.workshop;
    let waiting = workshop.spool.as_ref().map(|spool| spool.waiting_since(stream)).unwrap_or_default();
    let last = service.seen(stream, |seen| seen.last);
    let patience = if last.is_none() && waiting.is_empty() { FIRST_ANSWER } else { ANSWER };
    let in_ledger = match tokio::time::timeout(patience, ledger::newest(&*workshop.store, stream)).await {
        Ok(Ok(newest)) => {
            workshop.metrics.newest(stream, newest.map(evidenced_schemas::Instant::utc));
            newest
        }
        Ok(Err(error)) => {
            tracing::warn!(%stream, "the ledger cannot be read: {}", crate::cli::exit::chain(&error));
            None
        }
        Err(_) => {
            tracing::warn!(%stream, seconds = patience.as_secs(), "the ledger was not read in time");
            None
        }
    };
    in_ledger.into_iter().chain(waiting).map(evidenced_schemas::Instant::utc).chain(last).collect()
}

fn committed(run: &collect::Finished) {
    let stream = &run.stream;
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
}

async fn sleep_until(wake: DateTime<Utc>, stop: &CancellationToken) {
    loop {
        let Ok(left) = (wake - collect::now().utc()).to_std() else { return };
        if left.is_zero() {
            return;
        }
        sleep(left.min(LONGEST_SLEEP), stop).await;
        if stop.is_cancelled() {
            return;
        }
    }
}

/// Sleeps, but not longer than the service is to run.
async fn sleep(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(time) => {}
    }
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
