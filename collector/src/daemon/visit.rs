//! One visit to one scope: it is looked at, waited for, and read when it is due; the ledger says what is served already.

use super::due::{self, due};
use super::happening::Happening;
use super::round::{Failures, LONGEST_RETRY};
use super::{ANSWER, FIRST_ANSWER, STAMPING, Scheduled, Service, sleep};
use crate::collect::{self, RunError, Scope, Terms};
use crate::delivery::DeliveryError;
use crate::ledger::{self, Turn};
use crate::timestamp::stamp;
use chrono::{DateTime, Utc};
use evidenced_schemas::StreamId;
use std::sync::Arc;

/// What a look at a stream said.
enum Look {
    /// It is not due before this.
    Later(DateTime<Utc>),
    /// It is due after this newest run, and starts at this time, which may be past.
    Due { newest: Option<DateTime<Utc>>, start: DateTime<Utc> },
}

/// Runs one scope if it is due, and says when it is due next. While its start is waited for another replica may come first, so
/// the ledger is looked at again after that.
pub(super) async fn visit(
    service: &Service,
    scheduled: &Scheduled,
    scope: &Scope,
    began: DateTime<Utc>,
    failed: Option<Failures>,
) -> Result<DateTime<Utc>, ()> {
    let stream = scheduled.stream_of(scope);
    let mut has_waited = false;
    let newest = loop {
        match look(service, scheduled, &stream, began, failed).await {
            Look::Later(due) => {
                let stamping = stamp::meanwhile(&service.workshop, &stream, due);
                return Ok(tokio::time::timeout(STAMPING, stamping).await.unwrap_or(due));
            }
            Look::Due { newest, start } => match (start - collect::now().utc()).to_std() {
                // Waited for once, and no more: reading the ledger may have taken until the next scheduled time.
                Ok(wait) if !has_waited && !wait.is_zero() => sleep(wait, &service.stop.gentle).await,
                _ => break newest,
            },
        }
        has_waited = true;
        if service.stop.gentle.is_cancelled() {
            return Ok(collect::now().utc());
        }
    };
    if service.stop.gentle.is_cancelled() {
        return Ok(collect::now().utc());
    }
    if let Some(newest) = newest
        && let Some(missed) = due::missed(&scheduled.schedule, newest, collect::now().utc())
    {
        tracing::warn!(%stream, missed, since = %newest, "runs were missed; one run catches up now");
        service.tell(&Happening::Missed { stream: &stream, missed, since: newest });
    }
    run(service, scheduled, scope, &stream).await
}

async fn look(
    service: &Service,
    scheduled: &Scheduled,
    stream: &StreamId,
    began: DateTime<Utc>,
    failed: Option<Failures>,
) -> Look {
    let schedule = &scheduled.schedule;
    let known = known(service, stream).await;
    let now = collect::now().utc();
    let newest = service.seen(stream, |seen| due::newest(schedule, &known, now, &mut seen.anchor));
    let wait = failed.map(|failed| failed.not_before).filter(|wait| *wait - now <= LONGEST_RETRY);
    let due = due(schedule, newest, began, wait);
    if due > now {
        return Look::Later(due);
    }
    let start = schedule.until(now).map_or(now, |tick| scheduled.start(stream, tick));
    Look::Due { newest, start }
}

/// Makes one run.
async fn run(service: &Service, scheduled: &Scheduled, scope: &Scope, stream: &StreamId) -> Result<DateTime<Utc>, ()> {
    let (workshop, schedule) = (&service.workshop, &scheduled.schedule);
    tracing::info!(%stream, "run begins");
    let as_of = collect::now();
    let turn = schedule.until(as_of.utc()).map(|from| Turn { from, until: schedule.after(as_of.utc()) });
    let terms = Terms { as_of, cancel: service.stop.now.clone(), progress: Arc::clone(&service.progress), turn };
    let error = match collect::run(workshop, &service.wire, &scheduled.job, scope, terms).await {
        Ok(run) => {
            workshop.metrics.committed(&run);
            committed(&run);
            let as_of = run.committed.statement.predicate.as_of.utc();
            service.seen(stream, |seen| seen.last = Some(as_of));
            service.fresh.note(stream, Some(as_of), collect::now().utc());
            return Ok(stamp::sooner(workshop, stream, schedule.after(collect::now().utc())));
        }
        Err(error) => error,
    };
    workshop.metrics.failed(stream, &error);
    match &error {
        // It is done as far as the schedule is concerned, and was logged where it was spooled.
        RunError::Delivery(DeliveryError::Waits { .. }) => Ok(schedule.after(collect::now().utc())),
        RunError::Delivery(DeliveryError::Served { sequence }) => {
            tracing::info!(%stream, sequence, "served by another replica meanwhile: this run is dropped");
            Ok(schedule.after(collect::now().utc()))
        }
        RunError::Stopped => {
            tracing::warn!(%stream, "{error}");
            Err(())
        }
        _ => {
            let why = crate::cli::exit::chain(&error);
            tracing::error!(%stream, "run failed: {why}");
            service.tell(&Happening::RunFailed { stream, why: &why });
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
            let at = newest.map(evidenced_schemas::Instant::utc);
            workshop.metrics.newest(stream, at);
            service.fresh.note(stream, at, collect::now().utc());
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
