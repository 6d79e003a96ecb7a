//! One run in one scope: read, judge, seal, deliver.
//!
//! The clouds are asked only here, through the connectors; the store is written only by [`crate::ledger`], which
//! [`crate::delivery`] calls. Judging and
//! sealing read no clock: the run's `as_of` comes in with the run.

use crate::bundle::{ExchangeLog, Scratch, ScratchError, new_run_id};
use crate::catalogue::Catalogue;
use crate::cost::Stopwatch;
use crate::daemon::happening::Observer;
use crate::delivery::{self, DeliveryError};
use crate::evaluate::evaluate;
use crate::exceptions;
use crate::ledger::{self, Committed, LedgerError, RunOutcome, Turn};
use crate::metrics::Metrics;
use crate::signing::Signer;
use crate::spool::Spool;
use crate::store::Store;
use crate::telemetry::TARGET;
use crate::timestamp::stamp::{self, Stamper};
use aws_credential_types::provider::SharedCredentialsProvider;
use evidenced_connectors::exchange::Transport;
use evidenced_connectors::exchange::files::{Files, Folder};
use evidenced_connectors::exchange::live::{Live, Meter, Recording, Wire};
use evidenced_connectors::exchange::record::Journal;
use evidenced_connectors::{Collected, Order, Progress, aws, azure, gcp, policy};
use evidenced_schemas::policy::Policy;
use evidenced_schemas::run::{Asked, Collector, FORMAT_VERSION, RunRecord};
use evidenced_schemas::{Cloud, Digest, Finding, Instant, JobName, ScopeId, StreamId, Summary};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use tracing::field::Empty;

/// Scopes that are read at the same time. Memory is bounded by so many scopes' documents.
pub const SCOPES_AT_ONCE: usize = 4;

/// What every run of a process shares.
#[derive(Debug)]
pub struct Workshop {
    /// Where evidence goes.
    pub store: Arc<dyn Store>,
    /// Signs statements.
    pub signer: Arc<Signer>,
    /// The controls with their parameters in force.
    pub catalogue: Arc<Catalogue>,
    /// The policy in force.
    pub policy: Arc<Policy>,
    /// Gives time stamps, where an authority is configured.
    pub stamper: Option<Stamper>,
    /// What is told of the runs.
    pub metrics: Arc<Metrics>,
    /// Hears of what happens.
    pub observer: Arc<dyn Observer>,
    /// Where runs wait that the store does not take; none for the demo, which can be made again.
    pub spool: Option<Spool>,
    /// The deployment's name.
    pub deployment: Option<String>,
    /// Digest of the configuration.
    pub config_sha256: Digest,
    /// The program.
    pub collector: Collector,
}

/// A job as a run needs it.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name.
    pub name: JobName,
    /// Its cron expression; none for a run by hand.
    pub schedule: Option<String>,
    /// The time zone of the schedule.
    pub timezone: String,
}

/// A scope that can be read.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The AWS account or organisation, the Azure subscription or tenant, the GCP project or organisation.
    pub id: ScopeId,
    /// What is to be read of it.
    pub asked: Asked,
    /// How it is reached.
    pub credentials: Credentials,
}

impl Scope {
    /// The order to read it.
    pub fn order(&self, as_of: Instant, progress: Arc<dyn Progress>) -> Order {
        let identity = self.credentials.identity();
        Order { scope: self.id.clone(), asked: self.asked.clone(), as_of, identity, progress }
    }
}

/// With which credentials a scope is read, and so of which cloud it is.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Of AWS.
    Aws(SharedCredentialsProvider),
    /// Of Azure; a replay has no credentials.
    Azure {
        /// Give tokens.
        credentials: Option<azure::credentials::Credentials>,
        /// Who they are for.
        identity: Option<String>,
    },
    /// Of Google Cloud; a replay has no credentials.
    Gcp {
        /// Give tokens.
        credentials: Option<gcp::credentials::Credentials>,
        /// Who they are for, where the credentials say it.
        identity: Option<String>,
    },
    /// None: the organisation's own documents are files; a replay has no folder.
    Org {
        /// Where they are.
        folder: Option<Folder>,
    },
}

impl Credentials {
    /// For reading recorded answers again. `identity` is that of the statement.
    pub fn for_replay(cloud: Cloud, identity: Option<String>) -> Self {
        match cloud {
            Cloud::Aws => Self::Aws(aws::credentials::for_replay()),
            Cloud::Azure => Self::Azure { credentials: None, identity },
            Cloud::Gcp => Self::Gcp { credentials: None, identity },
            Cloud::Org => Self::Org { folder: None },
        }
    }

    /// The cloud.
    pub fn cloud(&self) -> Cloud {
        match self {
            Self::Aws(_) => Cloud::Aws,
            Self::Azure { .. } => Cloud::Azure,
            Self::Gcp { .. } => Cloud::Gcp,
            Self::Org { .. } => Cloud::Org,
        }
    }

    /// Who reads, where no call of the cloud tells it.
    pub fn identity(&self) -> Option<String> {
        match self {
            Self::Aws(_) | Self::Org { .. } => None,
            Self::Azure { identity, .. } | Self::Gcp { identity, .. } => identity.clone(),
        }
    }

    /// Reads.
    pub async fn collect(&self, order: Order, transport: Arc<dyn Transport>) -> Collected {
        match self {
            Self::Aws(credentials) => aws::collect(order, transport, credentials.clone()).await,
            Self::Azure { credentials, .. } => azure::collect(order, transport, credentials.clone()).await,
            Self::Gcp { credentials, .. } => gcp::collect(order, transport, credentials.clone()).await,
            Self::Org { .. } => policy::collect(order, transport).await,
        }
    }
}

/// A run that gave no bundle. What could not be read is no such error: it is a gap inside the bundle.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It was stopped before its commit; nothing of it counts.
    #[error("the run was stopped before its commit: nothing was recorded of it")]
    Stopped,
    /// The scratch failed.
    #[error("the scratch folder failed")]
    Scratch(#[from] ScratchError),
    /// The bundle could not be sealed.
    #[error("the bundle could not be sealed")]
    Seal(#[from] LedgerError),
    /// It is finished and not committed.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// A document cannot be written as JSON.
    #[error("a document cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// A finished run: what was committed, and what it says.
#[derive(Debug)]
pub struct Finished {
    /// Its stream.
    pub stream: StreamId,
    /// Where it is.
    pub committed: Committed,
    /// What was read.
    pub collected: Collected,
    /// What was judged.
    pub findings: Vec<Finding>,
    /// What it counts to.
    pub summary: Summary,
    /// What it cost.
    pub cost: evidenced_schemas::statement::Cost,
}

impl Finished {
    /// Gaps of the run: fields that were not read, populations that were cut short, counts that differ.
    pub fn gaps(&self) -> u64 {
        ledger::gaps(&self.collected.resources, &self.collected.populations)
    }
}

/// What a run reads from, besides its order: how the documents come about.
#[derive(Debug)]
pub struct Reading {
    /// What was read.
    pub collected: Collected,
    /// The exchanges it was read from.
    pub log: ExchangeLog,
    /// When reading began.
    pub started_at: Instant,
    /// When it ended.
    pub finished_at: Instant,
    /// What it cost.
    pub cost: evidenced_schemas::statement::Cost,
}

/// How a run goes, besides what it reads.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The instant that verdicts are relative to.
    pub as_of: Instant,
    /// Stops it before its commit.
    pub cancel: CancellationToken,
    /// Told of each step.
    pub progress: Arc<dyn Progress>,
    /// The time for which one run is enough: where another one of it is in the ledger by then, this one is dropped. None for a run
    /// that counts in any case.
    pub turn: Option<Turn>,
}

/// The wall clock of runs.
#[expect(clippy::disallowed_methods, reason = "a run's as_of is read here, once, and handed down")]
pub fn now() -> Instant {
    Instant::new(chrono::Utc::now())
}

/// Makes one run from the cloud to the ledger.
///
/// # Errors
/// When nothing could be committed.
#[tracing::instrument(
    target = "evidenced::trace",
    name = "run",
    skip_all,
    err,
    fields(
        evidenced.job = %job.name,
        evidenced.scope = %scope.id,
        evidenced.run,
        evidenced.sequence,
        evidenced.gaps,
        cloud.provider = scope.credentials.cloud().as_str(),
    )
)]
pub async fn run(
    workshop: &Workshop,
    wire: &Wire,
    job: &Job,
    scope: &Scope,
    terms: Terms,
) -> Result<Finished, RunError> {
    let as_of = terms.as_of;
    let watch = Stopwatch::start();
    let scratch = Scratch::new()?;
    let log = Arc::new(ExchangeLog::new(&scratch)?);
    let recording = Recording { journal: Arc::clone(&log) as Arc<dyn Journal>, scope: scope.id.clone() };
    let (transport, meter) = door(wire, scope, recording, &terms.cancel);
    let order = scope.order(as_of, Arc::clone(&terms.progress));
    let collected = traced(scope.credentials.collect(order, transport), &meter).await;
    workshop.metrics.asked(scope.credentials.cloud(), meter.services());
    if terms.cancel.is_cancelled() {
        return Err(RunError::Stopped);
    }
    let log = Arc::into_inner(log).ok_or(RunError::Stopped)?;
    let reading = Reading { collected, log, started_at: as_of, finished_at: now(), cost: watch.cost(&meter) };
    terms.progress.step("evaluate", "judging");
    judge_and_commit(workshop, job, scope, reading, &terms).await
}

/// What a scope is read through, and what it costs: files for the organisation's own documents, the network for clouds.
fn door(
    wire: &Wire,
    scope: &Scope,
    recording: Recording,
    cancel: &CancellationToken,
) -> (Arc<dyn Transport>, Arc<Meter>) {
    if let Credentials::Org { folder: Some(folder) } = &scope.credentials {
        let files = Files::recording(folder.clone(), recording);
        let meter = files.meter();
        return (Arc::new(files), meter);
    }
    let live = Live::recording(wire.clone(), recording, cancel.clone());
    let meter = live.meter();
    (Arc::new(live), meter)
}

/// Reads, as a span of the run's trace with what it cost.
async fn traced(collecting: impl Future<Output = Collected>, meter: &Meter) -> Collected {
    let span = tracing::info_span!(
        target: TARGET,
        "collect",
        evidenced.resources = Empty,
        evidenced.calls = Empty,
        evidenced.retries = Empty,
        evidenced.throttles = Empty,
        evidenced.bytes = Empty,
    );
    let collected = collecting.instrument(span.clone()).await;
    let throttles: u64 = meter.services().values().map(|asked| asked.throttles).sum();
    span.record("evidenced.resources", collected.resources.len());
    span.record("evidenced.calls", meter.calls());
    span.record("evidenced.retries", meter.retries());
    span.record("evidenced.throttles", throttles);
    span.record("evidenced.bytes", meter.bytes());
    collected
}

/// Judges what was read and commits it. The demo enters here, with exchanges that were recorded before.
///
/// # Errors
/// When nothing could be committed.
pub async fn judge_and_commit(
    workshop: &Workshop,
    job: &Job,
    scope: &Scope,
    reading: Reading,
    terms: &Terms,
) -> Result<Finished, RunError> {
    let (cloud, as_of) = (scope.credentials.cloud(), terms.as_of);
    let stream = StreamId { job: job.name.clone(), cloud, scope: scope.id.clone() };
    let Collected { resources, populations, region_set, identity } = reading.collected;
    let mut findings = tracing::info_span!(target: TARGET, "evaluate", evidenced.resources = resources.len())
        .in_scope(|| evaluate(&workshop.catalogue, cloud, &scope.id, as_of, &resources, &populations));
    exceptions::attach(&workshop.policy, as_of, &mut findings);
    let controls = workshop.catalogue.of_cloud(cloud);
    let summary = Summary::of(&controls, &findings);
    let run = RunRecord {
        format: FORMAT_VERSION,
        run: new_run_id(as_of),
        deployment: workshop.deployment.clone(),
        job: job.name.clone(),
        cloud,
        scope: scope.id.clone(),
        asked: scope.asked.clone(),
        schedule: job.schedule.clone(),
        timezone: job.timezone.clone(),
        as_of,
        collector: workshop.collector.clone(),
        config_sha256: workshop.config_sha256.clone(),
        catalogue_sha256: Digest::of_canonical(&controls)?,
    };
    terms.progress.step("commit", &format!("sealing into {}", workshop.store.url()));
    let outcome = RunOutcome {
        run,
        exchanges: reading.log,
        resources,
        populations,
        findings,
        summary,
        catalogue: controls,
        policy: (*workshop.policy).clone(),
        region_set,
        identity,
        started_at: reading.started_at,
        finished_at: reading.finished_at,
        cost: reading.cost,
    };
    tracing::Span::current().record("evidenced.run", outcome.run.run.as_str());
    let (mut sealed, resources) =
        tracing::info_span!(target: TARGET, "seal", evidenced.findings = outcome.findings.len())
            .in_scope(|| ledger::seal(outcome))?;
    sealed.turn = terms.turn;
    let mut committed = delivery::deliver(workshop, &mut sealed, &terms.cancel).await?;
    tracing::Span::current()
        .record("evidenced.sequence", committed.sequence)
        .record("evidenced.gaps", committed.statement.predicate.gaps);
    committed.warnings.extend(stamp::after_commit(workshop, &stream).await);
    Ok(Finished {
        stream,
        committed,
        collected: Collected {
            resources,
            populations: sealed.populations,
            region_set: sealed.region_set,
            identity: sealed.identity,
        },
        findings: sealed.findings,
        summary: sealed.summary,
        cost: sealed.cost,
    })
}
