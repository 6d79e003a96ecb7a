//! `collect`: one run now, for each scope of each job.

use super::exit::{CommandError, Exit};
use super::telling::Telling;
use super::{CloudArg, CollectArgs, output, progress, workshop};
use crate::collect::{self, Finished, Job, RunError, SCOPES_AT_ONCE, Scope, Terms, Workshop};
use crate::config::Loaded;
use crate::delivery::{self, DeliveryError};
use crate::ledger::{self, Turn};
use crate::scopes::{Clouds, Target};
use crate::shard::Shard;
use crate::store::metered::Metered;
use crate::store::patient::IfAway;
use crate::telemetry::Switch;
use chrono::{DateTime, TimeDelta, Utc};
use evidenced_connectors::exchange::live::Wire;
use evidenced_schemas::config::{AwsJob, JobConfig};
use evidenced_schemas::run::Regions;
use evidenced_schemas::{Cloud, Span, StreamId};
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Makes one run of each chosen job.
///
/// # Errors
/// When nothing could be collected at all.
pub async fn collect(args: CollectArgs, json: bool, switch: &Switch) -> Result<Exit, CommandError> {
    let shard = args.shard.chosen()?;
    let loaded = workshop::load(args.config.config.as_deref())?;
    let jobs = chosen(&loaded, &args)?;
    let store = args.store.clone().unwrap_or_else(|| loaded.store_url());
    let mut keys = loaded.keys().map_err(|error| CommandError::misused(&error))?;
    if let Some(key) = &args.key {
        keys.key = key.clone();
    }
    // Credentials are looked for first: without them nothing is made, not even a key or a store.
    let (mut planned, mut unreachable, mut elsewhere) = (Vec::new(), Vec::new(), 0);
    let wire = Wire::new().map_err(|error| CommandError::failed(&error))?;
    let clouds = Clouds::open(wire.clone(), jobs.iter().map(|(_, target)| target)).await;
    let clouds =
        clouds.map_err(|error| CommandError::failed(&error))?.of_shard(shard).with_documents(loaded.documents());
    for (job, target) in jobs {
        let found = clouds.of(&target).await.map_err(|error| CommandError::failed(&error))?;
        elsewhere += found.elsewhere;
        unreachable.extend(found.unreachable.into_iter().map(|(account, error)| (job.clone(), account, error)));
        planned.extend(found.scopes.into_iter().map(|scope| (job.clone(), scope)));
    }
    let mut workshop = workshop::open(&loaded, &store, &keys, IfAway::Waits).await?;
    workshop.store = Arc::new(Metered::over(workshop.store, Arc::clone(&workshop.metrics)));
    let telling = Telling::open(&loaded, &mut workshop, &wire)?;
    let traces = telling.traces(switch);
    let next = format!("Next: {}", workshop::next_verify(&store, &keys.key));
    commit_waiting(&workshop).await;
    let scopes = planned.len() + unreachable.len();
    let turn = args.skip_fresh.map(enough_since);
    let mut session = Session {
        workshop: &workshop,
        json,
        share: shard.map(|shard| Share { shard, scopes, elsewhere }),
        turn,
        ended: Ended::default(),
        runs: Vec::new(),
    };
    session.begins();
    for (job, account, error) in unreachable {
        session.unreachable(&job, &account, &error);
    }
    let ended = telling.beside(session.run_all(&wire, planned, &next)).await;
    if let Some(traces) = traces {
        traces.stop().await;
    }
    ended
}

/// The jobs of the configuration that were chosen; without any, what the ambient credentials reach as job `default`.
fn chosen(loaded: &Loaded, args: &CollectArgs) -> Result<Vec<(Job, Target)>, CommandError> {
    let with_regions = |target: Target| match target {
        Target::Aws(aws) if !args.regions.is_empty() => {
            Target::Aws(AwsJob { regions: Regions::Named(args.regions.clone()), ..aws })
        }
        other => other,
    };
    let wanted = |target: &Target| match args.cloud {
        None => true,
        Some(CloudArg::Aws) => target.cloud() == Cloud::Aws,
        Some(CloudArg::Azure) => target.cloud() == Cloud::Azure,
        Some(CloudArg::Gcp) => target.cloud() == Cloud::Gcp,
    };
    let planned = |config: &JobConfig| {
        let job = Job {
            name: config.name.clone(),
            schedule: Some(config.schedule.clone()),
            timezone: config.timezone.clone(),
        };
        (job, with_regions(Target::of(config)))
    };
    let jobs = &loaded.config.jobs;
    if let Some(name) = &args.job {
        let found = jobs.iter().find(|job| job.name.as_str() == name).map(planned);
        return found.map(|job| vec![job]).ok_or_else(|| {
            let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
            let there = if names.is_empty() {
                "the configuration has no jobs".to_owned()
            } else {
                format!("there are {}", names.join(", "))
            };
            CommandError::usage(format!("--job {name}: no such job; {there}"))
        });
    }
    if !jobs.is_empty() {
        let chosen: Vec<_> = jobs.iter().map(planned).filter(|(_, target)| wanted(target)).collect();
        if chosen.is_empty() {
            return Err(CommandError::usage("--cloud: no job of the configuration reads this cloud"));
        }
        return Ok(chosen);
    }
    let name = "default".parse().map_err(CommandError::usage)?;
    let job = Job { name, schedule: None, timezone: "UTC".to_owned() };
    let target = match args.cloud {
        Some(CloudArg::Azure) => Target::Azure(Box::default()),
        Some(CloudArg::Gcp) => Target::Gcp(Box::default()),
        _ => with_regions(Target::Aws(AwsJob::default())),
    };
    Ok(vec![(job, target)])
}

/// Commits what waits in the spool. What still waits stops no new run.
async fn commit_waiting(workshop: &Workshop) {
    let Some(spool) = &workshop.spool else { return };
    let before = spool.depth().unwrap_or_default().runs;
    let outcome = delivery::deliver_waiting(workshop, spool).await;
    for why in outcome.failed {
        output::say(&format!("warning: runs wait in the spool: {why}"));
    }
    for (stream, warning) in outcome.unstamped {
        output::say(&format!("warning: {stream}: {warning}"));
    }
    let committed = before.saturating_sub(spool.depth().unwrap_or_default().runs);
    if committed > 0 {
        output::say(&format!("{committed} runs that waited in the spool were committed"));
    }
}

/// How the scopes of one call ended.
#[derive(Clone, Copy, Debug, Default)]
struct Ended {
    /// At least one was committed.
    committed: bool,
    /// At least one was committed with gaps, or could not be reached: then the whole has a gap.
    gaps: bool,
    /// At least one was read and not committed.
    failed: bool,
}

impl Ended {
    fn exit(self) -> Exit {
        match self {
            Self { failed: true, .. } | Self { committed: false, gaps: true, .. } => Exit::Failed,
            Self { gaps: true, .. } => Exit::Gaps,
            Self { gaps: false, .. } => Exit::Fine,
        }
    }
}

/// The part of the scopes that fell to this worker.
#[derive(Clone, Copy, Debug)]
struct Share {
    shard: Shard,
    scopes: usize,
    elsewhere: usize,
}

/// A bundle that is not older than this is enough, whoever makes it.
fn enough_since(age: Span) -> Turn {
    let from = TimeDelta::from_std(age.into()).ok().and_then(|age| collect::now().utc().checked_sub_signed(age));
    Turn { from: from.unwrap_or(DateTime::<Utc>::MIN_UTC), until: DateTime::<Utc>::MAX_UTC }
}

/// One run of a call: not made where its turn is served already.
async fn run(workshop: &Workshop, wire: &Wire, job: &Job, scope: &Scope, terms: Terms) -> Result<Finished, RunError> {
    if let Some(turn) = terms.turn {
        let stream = StreamId { job: job.name.clone(), cloud: scope.credentials.cloud(), scope: scope.id.clone() };
        if let Some(sequence) = ledger::served_by(&*workshop.store, &stream, turn).await.ok().flatten() {
            return Err(DeliveryError::Served { sequence }.into());
        }
    }
    collect::run(workshop, wire, job, scope, terms).await
}

/// One call of `collect`: how it ends, and what it says.
struct Session<'a> {
    workshop: &'a Workshop,
    json: bool,
    share: Option<Share>,
    turn: Option<Turn>,
    ended: Ended,
    runs: Vec<Value>,
}

impl Session<'_> {
    /// Runs some scopes at a time, and says how each ended, in their order.
    async fn run_all(mut self, wire: &Wire, planned: Vec<(Job, Scope)>, next: &str) -> Result<Exit, CommandError> {
        let (cancel, workshop, turn) = (stop_on_signal(), self.workshop, self.turn);
        // A spinner can follow one run only.
        let is_quiet = self.json || planned.len() > 1;
        let mut runs = futures::stream::iter(planned)
            .map(|(job, scope)| {
                let cancel = cancel.clone();
                async move {
                    let terms = Terms { as_of: collect::now(), cancel, progress: progress::listener(is_quiet), turn };
                    let outcome = run(workshop, wire, &job, &scope, terms).await;
                    (job, scope, outcome)
                }
            })
            .buffered(SCOPES_AT_ONCE);
        while let Some((job, scope, outcome)) = runs.next().await {
            match outcome {
                Ok(run) => self.finished(&run)?,
                Err(RunError::Delivery(DeliveryError::Served { sequence })) => self.skipped(&job, &scope, sequence),
                Err(error @ RunError::Stopped) => return Err(CommandError::failed(&error)),
                Err(RunError::Delivery(error @ DeliveryError::Waits { .. })) => {
                    self.waits(&job, scope.id.as_str(), &error);
                }
                Err(error) => self.failed(&job, scope.id.as_str(), &error),
            }
        }
        if self.json {
            let mut document = json!({"store": self.workshop.store.url(), "runs": self.runs});
            if let Some(Share { shard, scopes, elsewhere }) = self.share {
                document["shard"] = json!({
                    "index": shard.index(), "count": shard.count(), "scopes": scopes, "elsewhere": elsewhere,
                });
            }
            output::print_json(&document)?;
        } else {
            output::print(&format!("{next}\n"))?;
        }
        Ok(self.ended.exit())
    }

    fn finished(&mut self, run: &Finished) -> Result<(), CommandError> {
        self.ended.committed = true;
        self.ended.gaps |= run.gaps() > 0;
        if self.json {
            self.runs.push(output::finished_json(run));
            return Ok(());
        }
        let text = output::finished(run, self.workshop.catalogue.controls(), self.workshop.store.url());
        output::print(&format!("{text}\n"))
    }

    /// Says which share this is; one without a scope is fine.
    fn begins(&self) {
        let Some(Share { shard, scopes, elsewhere }) = self.share else { return };
        tracing::info!(%shard, scopes, elsewhere, "this share of the scopes is read");
        if !self.json {
            let rest = if scopes == 0 { ": nothing to do" } else { "" };
            output::say(&format!("Share {shard}: {scopes} scopes, {elsewhere} are others'{rest}"));
        }
    }

    /// A scope with a bundle that is young enough.
    fn skipped(&mut self, job: &Job, scope: &Scope, sequence: u64) {
        let scope = scope.id.as_str();
        output::say(&format!("{} {scope}: left out, bundle #{sequence} is fresh", job.name));
        self.runs.push(json!({"job": job.name, "scope": scope, "skipped": {"fresh": sequence}}));
    }

    fn waits(&mut self, job: &Job, scope: &str, error: &DeliveryError) {
        self.failed(job, scope, error);
        if let (DeliveryError::Waits { folder, .. }, Some(run)) = (error, self.runs.last_mut()) {
            run["waits"] = json!(folder);
        }
    }

    fn failed(&mut self, job: &Job, scope: &str, error: &(dyn std::error::Error + 'static)) {
        self.ended.failed = true;
        self.unread(job, scope, error);
    }

    /// A scope that was asked for and cannot be read. It stops no other.
    fn unreachable(&mut self, job: &Job, scope: &str, error: &(dyn std::error::Error + 'static)) {
        self.ended.gaps = true;
        self.unread(job, scope, error);
    }

    fn unread(&mut self, job: &Job, scope: &str, error: &(dyn std::error::Error + 'static)) {
        let what = super::exit::chain(error);
        output::say(&format!("error: {} {scope}: {what}", job.name));
        self.runs.push(json!({"job": job.name, "scope": scope, "error": what}));
    }
}

/// Ctrl-C and SIGTERM abandon the run before its commit.
fn stop_on_signal() -> CancellationToken {
    let token = CancellationToken::new();
    let cancel = token.clone();
    // Where the system takes no handler, a signal ends the process, and nothing of the run counts either.
    let Ok(mut stop) = super::service::StopSignal::listen() else { return token };
    #[expect(clippy::disallowed_methods, reason = "one task for the life of the command; it only cancels")]
    tokio::spawn(async move {
        stop.told().await;
        cancel.cancel();
    });
    token
}
