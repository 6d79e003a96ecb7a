//! The service: each job on its schedule, one run at a time a job, missed runs caught up, stopped without a half bundle.
//!
//! The state is the store, and the spool while the store is away. When a job is due follows from the newest run of each of
//! its streams and the schedule, so a container that was down for a week makes one run at once and goes on; timer,
//! catch-up and retry are the same path. A poll cannot be made for the past: the runs that were missed stay missed, and
//! `verify` names them. A store that does not answer stops no run: finished ones wait in the spool.

mod due;
mod fresh;
pub mod happening;
mod jitter;
mod round;
mod tend;
mod visit;

pub use due::due;
pub use jitter::Jitter;

use crate::collect::{self, Job, Scope, Workshop};
use crate::schedule::Schedule;
use chrono::{DateTime, TimeDelta, Utc};
use evidenced_connectors::Progress;
use evidenced_connectors::exchange::live::Wire;
use evidenced_schemas::{Cloud, StreamId};
use fresh::Freshness;
use futures::future::{join_all, join3};
use happening::Happening;
use round::{Failures, round};
use std::collections::{BTreeMap, BTreeSet};
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

/// One scheduled job.
#[derive(Debug)]
pub struct Scheduled {
    /// The job.
    pub job: Job,
    /// When it is due.
    pub schedule: Schedule,
    /// How far its starts are spread.
    pub jitter: Jitter,
    /// How old the newest evidence of a scope may be.
    pub max_age: Option<TimeDelta>,
}

impl Scheduled {
    fn stream_of(&self, scope: &Scope) -> StreamId {
        StreamId { job: self.job.name.clone(), cloud: scope.credentials.cloud(), scope: scope.id.clone() }
    }

    fn start(&self, stream: &StreamId, tick: DateTime<Utc>) -> DateTime<Utc> {
        self.jitter.start(&self.schedule, stream, tick)
    }
}

/// The scopes of a job as they were found.
#[derive(Debug)]
pub struct Reached {
    /// Their cloud.
    pub cloud: Cloud,
    /// Those that can be read.
    pub scopes: Vec<Scope>,
    /// Those that cannot, each with the reason.
    pub unreachable: Vec<(String, String)>,
}

impl Reached {
    /// Every stream of the job, readable or not.
    fn streams(&self, job: &Job) -> BTreeSet<StreamId> {
        let unreachable = self.unreachable.iter().filter_map(|(scope, _)| scope.parse().ok());
        let ids = self.scopes.iter().map(|scope| scope.id.clone()).chain(unreachable);
        ids.map(|scope| StreamId { job: job.name.clone(), cloud: self.cloud, scope }).collect()
    }
}

/// Finds the scopes of a job, with credentials. Asked anew for each run: accounts come and go.
#[async_trait::async_trait]
pub trait Scopes: Send + Sync {
    /// The scopes of this job.
    ///
    /// # Errors
    /// With a sentence that says what was tried and what to do.
    async fn of(&self, job: &Job) -> Result<Reached, String>;
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
    fresh: Freshness,
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
        Self { workshop, wire, progress, stop, streams: Mutex::default(), fresh: Freshness::default() }
    }

    /// Reads or changes what is known of a stream.
    fn seen<T>(&self, stream: &StreamId, with: impl FnOnce(&mut Seen) -> T) -> T {
        with(self.streams.lock().unwrap_or_else(PoisonError::into_inner).entry(stream.clone()).or_default())
    }

    /// Tells whoever wants to hear of it.
    fn tell(&self, happening: &Happening<'_>) {
        self.workshop.observer.happened(happening);
    }

    /// Serves these jobs, tends the spool and watches the age of evidence, until it is stopped.
    pub async fn serve(&self, jobs: Vec<(Scheduled, Arc<dyn Scopes>)>) {
        let mut max_ages = BTreeMap::new();
        for (Scheduled { job, max_age, .. }, _) in &jobs {
            if let Some(max_age) = max_age {
                self.fresh.declare(&job.name, *max_age);
                max_ages.insert(job.name.clone(), *max_age);
            }
        }
        self.workshop.metrics.max_ages(max_ages);
        let jobs = jobs.into_iter().map(|(scheduled, scopes)| serve(self, scheduled, scopes));
        join3(join_all(jobs), tend::tend(self), fresh::watch(self)).await;
    }

    /// The scopes of a job were found: whose age is watched follows from it, and what cannot be read is told of once.
    async fn found(&self, job: &Job, reached: &Reached, told: &mut BTreeSet<String>) {
        let streams = reached.streams(job);
        self.fresh.only(&job.name, &streams);
        self.workshop.metrics.only(&job.name, &streams);
        for stream in streams.iter().filter(|stream| self.fresh.asks_for(stream)) {
            if reached.unreachable.iter().any(|(scope, _)| scope == stream.scope.as_str()) {
                self.fresh.note(stream, None, collect::now().utc());
                fresh::ask(self, stream).await;
            }
        }
        for (scope, why) in reached.unreachable.iter().filter(|(scope, _)| !told.contains(scope)) {
            self.tell(&Happening::Unreachable { job: &job.name, scope: Some(scope), why });
        }
        *told = reached.unreachable.iter().map(|(scope, _)| scope.clone()).collect();
    }
}

/// What is told of once when the list of scopes itself cannot be had: no scope has this name.
const THE_LIST: &str = "";

/// Serves one job until it is stopped.
async fn serve(service: &Service, scheduled: Scheduled, scopes: Arc<dyn Scopes>) {
    let name = scheduled.job.name.as_str();
    let mut began = collect::now().utc();
    let (mut failures, mut listing, mut told) = (BTreeMap::new(), Failures::default(), BTreeSet::new());
    loop {
        // A clock that was set back: a stream without a run is due from where the clock is.
        began = began.min(collect::now().utc());
        let found = tokio::select! {
            () = service.stop.gentle.cancelled() => return,
            found = scopes.of(&scheduled.job) => found,
        };
        let wake = match found {
            Err(error) => {
                listing.again(collect::now().utc());
                tracing::error!(job = name, "the job's scopes cannot be read: {error}");
                if told.insert(THE_LIST.to_owned()) {
                    service.tell(&Happening::Unreachable { job: &scheduled.job.name, scope: None, why: &error });
                }
                listing.not_before
            }
            Ok(reached) => {
                listing = Failures::default();
                service.found(&scheduled.job, &reached, &mut told).await;
                round(service, &scheduled, reached.scopes, began, &mut failures).await
            }
        };
        if service.stop.gentle.is_cancelled() {
            return;
        }
        tracing::debug!(job = name, next = %wake, "waiting");
        sleep_until(wake, &service.stop.gentle).await;
    }
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
