//! `run`: the service. Signals come in here: SIGTERM and SIGINT stop it, SIGHUP reads the configuration anew.

use super::exit::{CommandError, Exit};
use super::telling::Telling;
use super::{RunArgs, progress, workshop};
use crate::collect::Job;
use crate::config::Loaded;
use crate::daemon::{Jitter, Reached, Scheduled, Scopes, Service, Stop};
use crate::http::{Server, Settings};
use crate::metrics::Metrics;
use crate::schedule::Schedule;
use crate::scopes::{Clouds, Found, Target};
use crate::shard::Shard;
use crate::store::metered::Metered;
use crate::store::patient::IfAway;
use crate::telemetry::{Switch, Traces};
use chrono::TimeDelta;
use evidenced_connectors::exchange::live::Wire;
use evidenced_schemas::config::JobConfig;
use evidenced_schemas::{Cloud, JobName, Span};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT, from when they were first listened for: none that comes while nobody waits is lost.
pub struct StopSignal {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignal {
    /// Begins to listen: from here on neither ends the process by itself.
    ///
    /// # Errors
    /// When the system takes no handler.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one of them.
    pub async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The scopes of one job, found anew for each run.
struct JobScopes {
    clouds: Arc<Clouds>,
    target: Target,
    metrics: Arc<Metrics>,
    shard: Option<Shard>,
    /// How many scopes fell to this share and to others, when it was said last.
    said: Mutex<Option<(usize, usize)>>,
}

impl JobScopes {
    /// Says what fell to this share, when that is not what was said before.
    fn say_share(&self, job: &Job, found: &Found) {
        let Some(shard) = self.shard else { return };
        let counts = (found.scopes.len() + found.unreachable.len(), found.elsewhere);
        if self.said.lock().unwrap_or_else(PoisonError::into_inner).replace(counts) != Some(counts) {
            tracing::info!(job = %job.name, %shard, scopes = counts.0, elsewhere = counts.1, "this share of the scopes is read");
        }
    }
}

#[async_trait::async_trait]
impl Scopes for JobScopes {
    async fn of(&self, job: &Job) -> Result<Reached, String> {
        let found = self.clouds.of(&self.target).await.map_err(|error| {
            let what = super::exit::chain(&error);
            self.metrics.scopes_missing(&job.name, &what);
            what
        })?;
        self.say_share(job, &found);
        let mut unreachable = Vec::new();
        for (account, error) in found.unreachable {
            let what = super::exit::chain(&error);
            tracing::error!(job = %job.name, account, "not read: {what}");
            unreachable.push((account, what));
        }
        let why: Vec<String> = unreachable.iter().map(|(account, what)| format!("{account}: {what}")).collect();
        self.metrics.scopes_found(&job.name, found.scopes.len(), &why);
        if found.elsewhere > 0 && found.scopes.is_empty() && unreachable.is_empty() {
            self.metrics.nothing_to_read(&job.name);
        }
        Ok(Reached { cloud: self.target.cloud(), scopes: found.scopes, unreachable })
    }
}

/// Everything that a term of service needs, opened.
struct Term {
    service: Service,
    telling: Telling,
    jobs: Vec<(Scheduled, Arc<dyn Scopes>)>,
    served: BTreeMap<JobName, Cloud>,
    grace: Duration,
}

/// What ends a term of service.
enum End {
    Stop,
    Reload(Box<Term>),
}

/// Serves until it is told to stop.
///
/// # Errors
/// When the configuration it starts with cannot be carried out.
pub async fn run(args: RunArgs, switch: &Switch) -> Result<Exit, CommandError> {
    let shard = args.shard.chosen()?;
    let Some(file) = args.config.config else {
        return Err(CommandError::usage(
            "run needs --config FILE (or EVIDENCED_CONFIG): it serves the jobs of that file",
        ));
    };
    let mut stop = StopSignal::listen().map_err(|error| CommandError::failed(&error))?;
    let mut hangup = signal(SignalKind::hangup()).map_err(|error| CommandError::failed(&error))?;
    let (loaded, http) = checked(&file)?;
    let mut web = Web { server: None, metrics: Arc::default(), switch: switch.clone(), traces: None };
    web.metrics.serves(&served(&loaded), &loaded.store_url());
    web.serve(http).await?;
    let mut term = tokio::select! {
        opened = open(&loaded, None, &web.metrics, shard) => opened?,
        () = stop.told() => {
            web.stop().await;
            return Ok(Exit::Fine);
        }
    };
    loop {
        match Box::pin(serve(term, &file, &mut web, (&mut stop, &mut hangup), shard)).await {
            End::Stop => break,
            End::Reload(new) => {
                tracing::info!("the configuration was read anew");
                term = *new;
            }
        }
    }
    web.stop().await;
    Ok(Exit::Fine)
}

/// The configuration anew, with everything that it names opened and its HTTP side answering. When any of it cannot be,
/// nothing has changed.
async fn taken_over(file: &Path, serving: &str, web: &mut Web, shard: Option<Shard>) -> Result<Term, CommandError> {
    let (loaded, http) = checked(file)?;
    let term = open(&loaded, Some(serving), &web.metrics, shard).await?;
    web.serve(http).await?;
    Ok(term)
}

/// What goes out over all terms of service: the HTTP side, and traces.
struct Web {
    server: Option<Server>,
    metrics: Arc<Metrics>,
    switch: Switch,
    traces: Option<Traces>,
}

impl Web {
    /// Answers as this configuration says, or not at all. At an address that stays, only the token and the certificate change.
    async fn serve(&mut self, settings: Option<Settings>) -> Result<(), CommandError> {
        let next = match (settings, &self.server) {
            (None, _) => None,
            (Some(settings), Some(server)) if server.is_at(settings.listen) => {
                server.set_token(settings.token);
                server.set_tls(settings.tls);
                return Ok(());
            }
            (Some(settings), _) => {
                let started = Server::start(settings, Arc::clone(&self.metrics)).await;
                Some(started.map_err(|error| CommandError::misused(&error))?)
            }
        };
        if let Some(before) = std::mem::replace(&mut self.server, next) {
            before.stop().await;
        }
        Ok(())
    }

    /// Sends traces as a configuration says from now on, or none.
    async fn trace(&mut self, telling: &Telling) {
        if let Some(before) = self.traces.take() {
            before.stop().await;
        }
        self.traces = telling.traces(&self.switch);
    }

    async fn stop(self) {
        if let Some(traces) = self.traces {
            traces.stop().await;
        }
        if let Some(server) = self.server {
            server.stop().await;
        }
    }
}

fn checked(file: &Path) -> Result<(Loaded, Option<Settings>), CommandError> {
    let loaded = workshop::load(Some(file))?;
    if loaded.config.jobs.is_empty() {
        return Err(CommandError::usage(format!("{}: there are no `jobs:` to run", file.display())));
    }
    let http = Settings::of(&loaded).map_err(|error| CommandError::misused(&error))?;
    Ok((loaded, http))
}

fn served(loaded: &Loaded) -> BTreeMap<JobName, Cloud> {
    loaded.config.jobs.iter().map(|job| (job.name.clone(), Target::of(job).cloud())).collect()
}

/// Opens everything that a configuration names. A store that is away now may come back, unless it is another than the one
/// that is served: then its name may be wrong.
async fn open(
    loaded: &Loaded,
    serving: Option<&str>,
    metrics: &Arc<Metrics>,
    shard: Option<Shard>,
) -> Result<Term, CommandError> {
    let keys = loaded.keys().map_err(|error| CommandError::misused(&error))?;
    let store = loaded.store_url();
    let away = if serving.is_none_or(|serving| serving == store) { IfAway::Waits } else { IfAway::Refused };
    let mut workshop = workshop::open(loaded, &store, &keys, away).await?;
    workshop.metrics = Arc::clone(metrics);
    workshop.store = Arc::new(Metered::over(workshop.store, Arc::clone(metrics)));
    let wire = Wire::new().map_err(|error| CommandError::failed(&error))?;
    let targets: Vec<Target> = loaded.config.jobs.iter().map(Target::of).collect();
    let clouds = Clouds::open(wire.clone(), &targets).await.map_err(|error| CommandError::failed(&error))?;
    let clouds = Arc::new(clouds.of_shard(shard).with_documents(loaded.documents()));
    let mut jobs: Vec<(Scheduled, Arc<dyn Scopes>)> = Vec::new();
    for config in &loaded.config.jobs {
        let scheduled = scheduled(config)?;
        let (clouds, metrics) = (Arc::clone(&clouds), Arc::clone(metrics));
        let scopes = JobScopes { clouds, target: Target::of(config), metrics, shard, said: Mutex::default() };
        jobs.push((scheduled, Arc::new(scopes)));
    }
    let telling = Telling::open(loaded, &mut workshop, &wire)?;
    let service = Service::new(Arc::new(workshop), wire, progress::listener(true), Stop::default());
    let grace = Duration::from_secs(loaded.config.run.shutdown_grace_seconds);
    Ok(Term { service, telling, jobs, served: served(loaded), grace })
}

/// A job with its times.
fn scheduled(config: &JobConfig) -> Result<Scheduled, CommandError> {
    let schedule = Schedule::parse(&config.schedule, &config.timezone)
        .map_err(|error| CommandError::usage(format!("job `{}`: {error}", config.name)))?;
    let job =
        Job { name: config.name.clone(), schedule: Some(config.schedule.clone()), timezone: config.timezone.clone() };
    let delta = |span: Span| TimeDelta::from_std(span.into()).unwrap_or(TimeDelta::MAX);
    let jitter = match config.start_jitter {
        Some(most) => Jitter { most: delta(most), replica: replica() },
        None => Jitter::none(),
    };
    Ok(Scheduled { job, schedule, jitter, max_age: config.max_age.map(delta) })
}

/// The variable with the name of this replica.
const REPLICA: &str = "EVIDENCED_REPLICA";

/// What tells this replica from others: its name where it has one, and otherwise its machine (in a container, its pod) and process.
fn replica() -> String {
    std::env::var(REPLICA).unwrap_or_else(|_| {
        let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        format!("{}/{}", machine.trim(), std::process::id())
    })
}

/// Serves one configuration. Another one takes over only when everything that it names was opened.
async fn serve(
    term: Term,
    file: &Path,
    web: &mut Web,
    (stop, hangup): (&mut StopSignal, &mut Signal),
    shard: Option<Shard>,
) -> End {
    let Term { service, telling, jobs, served, grace } = term;
    let store = service.workshop.store.url().to_owned();
    web.metrics.serves(&served, &store);
    web.trace(&telling).await;
    for (Scheduled { job, schedule, .. }, _) in &jobs {
        tracing::info!(job = %job.name, schedule = schedule.expression(), timezone = schedule.zone(), "serving");
    }
    let mut serving = std::pin::pin!(telling.beside(service.serve(jobs)));
    let new = loop {
        tokio::select! {
            () = &mut serving => return End::Stop,
            () = stop.told() => break None,
            _ = hangup.recv() => {}
        }
        let opened = tokio::select! {
            () = &mut serving => return End::Stop,
            () = stop.told() => break None,
            opened = taken_over(file, &store, web, shard) => opened,
        };
        match opened {
            Ok(new) => break Some(Box::new(new)),
            Err(error) => tracing::error!("the configuration was not taken over, the old one stays: {error}"),
        }
    };
    service.stop.gentle.cancel();
    if let Some(new) = new {
        tracing::info!("reloading once the runs under way have ended");
        tokio::select! {
            () = &mut serving => return End::Reload(new),
            () = stop.told() => {}
        }
    } else {
        tracing::info!(grace_seconds = grace.as_secs(), "stopping once the runs under way have ended");
    }
    tokio::select! {
        () = &mut serving => return End::Stop,
        () = tokio::time::sleep(grace) => tracing::warn!("the grace time is over: abandoning the runs under way"),
        () = stop.told() => tracing::warn!("told again: abandoning the runs under way"),
    }
    service.stop.now.cancel();
    // A commit that has begun may end, or leave its run to the spool: every step of it leaves the store whole.
    if tokio::time::timeout(Duration::from_secs(10), &mut serving).await.is_err() {
        tracing::warn!("a commit did not end in time; it counts only if its statement is in the ledger");
    }
    End::Stop
}
