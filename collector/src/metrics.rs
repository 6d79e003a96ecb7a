//! What the service tells of itself: counters and gauges for `/metrics`, and whether it is ready.
//!
//! One value a process, handed down as `Arc<Metrics>`; there is no global. It holds plain figures, and
//! [`exposition`](Metrics::exposition) makes text of them. It deliberately asks nobody: what was not noted is not known,
//! and a figure is never evidence. Evidence is in the store.

mod exposition;
mod freshness;
mod plain;

pub use exposition::CONTENT_TYPE;
pub use plain::CONTENT_TYPE as PLAIN_CONTENT_TYPE;

use crate::collect::{Finished, RunError};
use crate::delivery::DeliveryError;
use crate::spool::Depth;
use crate::store::{Put, StoreErrorKind};
use chrono::{DateTime, Utc};
use evidenced_connectors::exchange::live::Asked;
use evidenced_schemas::criteria::Principle;
use evidenced_schemas::summary::Counts;
use evidenced_schemas::{Cloud, Instant, JobName, StreamId};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Committed, everything was read.
    Committed,
    /// Committed, and it says what could not be read.
    CommittedWithGaps,
    /// It waits in the spool; when it is committed it is not counted again.
    Spooled,
    /// Nothing was committed.
    Failed,
    /// Stopped before its commit.
    Stopped,
    /// Another replica served the same time first, and this run was dropped.
    ServedElsewhere,
}

impl Outcome {
    /// Every outcome: each is shown from the start, so that a first failure is a step and no new series.
    pub const ALL: [Self; 6] =
        [Self::Committed, Self::CommittedWithGaps, Self::Spooled, Self::Failed, Self::Stopped, Self::ServedElsewhere];

    /// The word in labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::CommittedWithGaps => "committed_with_gaps",
            Self::Spooled => "spooled",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::ServedElsewhere => "served_elsewhere",
        }
    }
}

/// What was asked of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreCall {
    /// `put_new`
    Put,
    /// `get`
    Get,
    /// `list`
    List,
    /// `retention`
    Retention,
    /// `hold`
    Hold,
}

impl StoreCall {
    /// The word in labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Get => "get",
            Self::List => "list",
            Self::Retention => "retention",
            Self::Hold => "hold",
        }
    }
}

/// What became of a notification, or of one attempt of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// The receiver took it.
    Sent,
    /// An attempt that the receiver did not take.
    Failed,
    /// It had its last attempt, and is kept.
    Dead,
    /// It was not kept.
    Lost,
}

impl Notice {
    /// Every one: each is shown from the start.
    pub const ALL: [Self; 4] = [Self::Sent, Self::Failed, Self::Dead, Self::Lost];

    /// The word in labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "attempt_failed",
            Self::Dead => "dead",
            Self::Lost => "lost",
        }
    }
}

/// Notifications of one destination that were not sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Letters {
    /// They wait.
    pub waiting: usize,
    /// They had their last attempt.
    pub dead: usize,
}

/// What became of spans of traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spans {
    /// The receiver took them.
    Sent,
    /// They were dropped.
    Lost,
}

impl Spans {
    /// The word in labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Lost => "lost",
        }
    }
}

/// The handle that everything notes its figures with.
#[derive(Debug, Default)]
pub struct Metrics {
    state: Mutex<State>,
}

/// Durations by the operation's word.
type Durations = Family<[(&'static str, &'static str); 1], Histogram>;

#[derive(Debug)]
struct State {
    runs: BTreeMap<(JobName, Cloud, Outcome), u64>,
    /// By cloud and service.
    asked: BTreeMap<(Cloud, String), Asked>,
    missed: BTreeMap<(JobName, Cloud), u64>,
    notices: BTreeMap<(String, Notice), u64>,
    letters: BTreeMap<String, Letters>,
    spans: BTreeMap<Spans, u64>,
    streams: BTreeMap<StreamId, Newest>,
    jobs: BTreeMap<JobName, JobScopes>,
    store: StoreFigures,
    /// None until the spool was looked at.
    spool: Option<Depth>,
    /// Statements that wait for their time stamps, of the streams that were looked at.
    unstamped: BTreeMap<StreamId, u64>,
    fresh: freshness::Figures,
}

impl Default for State {
    fn default() -> Self {
        Self {
            runs: BTreeMap::new(),
            asked: BTreeMap::new(),
            missed: BTreeMap::new(),
            notices: BTreeMap::new(),
            letters: BTreeMap::new(),
            spans: BTreeMap::new(),
            streams: BTreeMap::new(),
            jobs: BTreeMap::new(),
            store: StoreFigures {
                url: String::new(),
                answered: false,
                last_error: None,
                stored: 0,
                existed: 0,
                errors: BTreeMap::new(),
                durations: Durations::new_with_constructor(|| Histogram::new(STORE_SECONDS)),
            },
            spool: None,
            unstamped: BTreeMap::new(),
            fresh: freshness::Figures::default(),
        }
    }
}

/// Upper bounds of the store's latency, in seconds: a local disk to a bucket that retries.
const STORE_SECONDS: [f64; 10] = [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// The newest evidence of a stream.
#[derive(Clone, Debug, Default)]
struct Newest {
    as_of: Option<Instant>,
    /// None until this process has committed a run of it.
    told: Option<Told>,
}

/// What the newest run says.
#[derive(Clone, Debug)]
struct Told {
    gaps: u64,
    principles: BTreeMap<Principle, Counts>,
}

/// The scopes of a job that is served.
#[derive(Clone, Debug)]
struct JobScopes {
    cloud: Cloud,
    found: usize,
    unreachable: usize,
    /// Scopes were found since the start.
    ready: bool,
    /// Why not, when last asked.
    why_not: Option<String>,
}

#[derive(Debug)]
struct StoreFigures {
    url: String,
    answered: bool,
    last_error: Option<String>,
    stored: u64,
    existed: u64,
    errors: BTreeMap<(StoreCall, &'static str), u64>,
    durations: Durations,
}

impl Metrics {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A term of service begins with these jobs and this store: what is no longer served is no longer shown. Counters stay.
    pub fn serves(&self, jobs: &BTreeMap<JobName, Cloud>, store: &str) {
        let state = &mut *self.state();
        state.streams.retain(|stream, _| jobs.get(&stream.job) == Some(&stream.cloud));
        state.unstamped.retain(|stream, _| jobs.get(&stream.job) == Some(&stream.cloud));
        state.jobs.retain(|job, scopes| jobs.get(job) == Some(&scopes.cloud));
        for (job, cloud) in jobs {
            let nothing = JobScopes { cloud: *cloud, found: 0, unreachable: 0, ready: false, why_not: None };
            state.jobs.entry(job.clone()).or_insert(nothing);
        }
        if state.store.url != store {
            store.clone_into(&mut state.store.url);
            (state.store.answered, state.store.last_error) = (false, None);
        }
    }

    /// A job's scopes were looked for: how many can be read, and why the others cannot.
    pub fn scopes_found(&self, job: &JobName, found: usize, unreachable: &[String]) {
        let mut state = self.state();
        let Some(scopes) = state.jobs.get_mut(job) else { return };
        (scopes.found, scopes.unreachable) = (found, unreachable.len());
        scopes.ready |= found > 0;
        scopes.why_not = unreachable.first().cloned();
    }

    /// A job's scopes could not be looked for.
    pub fn scopes_missing(&self, job: &JobName, why: &str) {
        let mut state = self.state();
        let Some(scopes) = state.jobs.get_mut(job) else { return };
        (scopes.found, scopes.why_not) = (0, Some(why.to_owned()));
    }

    /// A job has scopes, and none of them fell to this process: there is nothing to wait for.
    pub fn nothing_to_read(&self, job: &JobName) {
        if let Some(scopes) = self.state().jobs.get_mut(job) {
            scopes.ready = true;
        }
    }

    /// The newest statement of a stream, as the ledger has it.
    pub fn newest(&self, stream: &StreamId, as_of: Option<DateTime<Utc>>) {
        self.state().streams.entry(stream.clone()).or_default().as_of = as_of.map(Instant::new);
    }

    /// A run asked the services of a cloud this much.
    pub fn asked(&self, cloud: Cloud, services: BTreeMap<String, Asked>) {
        let mut state = self.state();
        for (service, more) in services {
            let asked = state.asked.entry((cloud, service)).or_default();
            asked.calls += more.calls;
            asked.retries += more.retries;
            asked.throttles += more.throttles;
        }
    }

    /// Scheduled times of a stream passed without a run.
    pub fn missed(&self, stream: &StreamId, count: usize) {
        *self.state().missed.entry((stream.job.clone(), stream.cloud)).or_default() += count as u64;
    }

    /// These are told what happens from now on: what is no longer told is no longer shown as waiting.
    pub fn tells(&self, destinations: &[&str]) {
        let state = &mut *self.state();
        state.letters.retain(|name, _| destinations.contains(&name.as_str()));
        for name in destinations {
            state.letters.entry((*name).to_owned()).or_default();
            for notice in Notice::ALL {
                state.notices.entry(((*name).to_owned(), notice)).or_default();
            }
        }
    }

    /// Something became of a notification.
    pub fn notified(&self, destination: &str, notice: Notice) {
        *self.state().notices.entry((destination.to_owned(), notice)).or_default() += 1;
    }

    /// So many notifications of a destination were not sent.
    pub fn letters(&self, destination: &str, letters: Letters) {
        self.state().letters.insert(destination.to_owned(), letters);
    }

    /// Traces are sent from now on.
    pub fn traces(&self) {
        self.spans(Spans::Sent, 0);
        self.spans(Spans::Lost, 0);
    }

    /// Something became of spans.
    pub fn spans(&self, what: Spans, count: usize) {
        *self.state().spans.entry(what).or_default() += u64::try_from(count).unwrap_or(u64::MAX);
    }

    /// A run was committed.
    pub fn committed(&self, run: &Finished) {
        let gaps = run.gaps();
        let outcome = if gaps == 0 { Outcome::Committed } else { Outcome::CommittedWithGaps };
        self.ended(&run.stream, outcome);
        let mut state = self.state();
        let newest = state.streams.entry(run.stream.clone()).or_default();
        newest.as_of = Some(run.committed.statement.predicate.as_of);
        newest.told = Some(Told { gaps, principles: run.summary.principles.clone() });
    }

    /// A run was not committed.
    pub fn failed(&self, stream: &StreamId, error: &RunError) {
        let outcome = match error {
            RunError::Stopped => Outcome::Stopped,
            RunError::Delivery(DeliveryError::Waits { .. }) => Outcome::Spooled,
            RunError::Delivery(DeliveryError::Served { .. }) => Outcome::ServedElsewhere,
            _ => Outcome::Failed,
        };
        self.ended(stream, outcome);
    }

    fn ended(&self, stream: &StreamId, outcome: Outcome) {
        *self.state().runs.entry((stream.job.clone(), stream.cloud, outcome)).or_default() += 1;
    }

    /// How much waits in the spool.
    pub fn spooled(&self, depth: Depth) {
        self.state().spool = Some(depth);
    }

    /// How many statements of a stream wait for their time stamps.
    pub fn unstamped(&self, stream: &StreamId, waiting: u64) {
        self.state().unstamped.insert(stream.clone(), waiting);
    }

    /// The store answered a call.
    pub fn store_answered(&self, call: StoreCall, took: Duration) {
        let mut state = self.state();
        state.store.durations.get_or_create(&[("operation", call.as_str())]).observe(took.as_secs_f64());
        (state.store.answered, state.store.last_error) = (true, None);
    }

    /// A put came to its end.
    pub fn store_put(&self, put: Put) {
        let mut state = self.state();
        match put {
            Put::Stored => state.store.stored += 1,
            Put::Exists => state.store.existed += 1,
        }
    }

    /// The store did not do what was asked. The time until then is no latency of an answer and is not counted as one.
    pub fn store_failed(&self, call: StoreCall, kind: StoreErrorKind, what: String) {
        let kind = match kind {
            StoreErrorKind::NotThere => "not_there",
            StoreErrorKind::Denied => "denied",
            StoreErrorKind::Unavailable => "unavailable",
        };
        let mut state = self.state();
        *state.store.errors.entry((call, kind)).or_default() += 1;
        state.store.last_error = Some(what);
    }

    /// Ready once the scopes of every job were found and the store has answered since the start.
    ///
    /// # Errors
    /// With each reason why not.
    pub fn ready(&self) -> Result<(), Vec<String>> {
        let state = self.state();
        let jobs = state.jobs.iter().filter(|(_, scopes)| !scopes.ready).map(|(job, scopes)| {
            let why = scopes.why_not.as_deref().unwrap_or("its scopes were not looked for yet");
            format!("job {job}: {why}")
        });
        let mut reasons: Vec<String> = jobs.collect();
        if state.jobs.is_empty() {
            reasons.push("no job is served yet".to_owned());
        }
        if !state.store.answered {
            let why = state.store.last_error.as_deref().unwrap_or("it was not asked yet");
            reasons.push(format!("store: {why}"));
        }
        if reasons.is_empty() { Ok(()) } else { Err(reasons) }
    }
}

#[cfg(test)]
mod tests;
