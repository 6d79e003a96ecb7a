//! `run`: the service. Signals come in here: SIGTERM and SIGINT stop it, SIGHUP reads the configuration anew.

use super::exit::{CommandError, Exit};
use super::{ConfigArgs, progress, workshop};
use crate::collect::{Job, Scope};
use crate::config::Loaded;
use crate::daemon::{self, Scheduled, Scopes, Stop};
use crate::http::{Server, Settings};
use crate::metrics::Metrics;
use crate::schedule::Schedule;
use crate::scopes::AwsScopes;
use crate::store::metered::Metered;
use evidenced_schemas::Cloud;
use evidenced_schemas::config::AwsJob;
use futures::future::join_all;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Waits for SIGTERM or SIGINT.
pub async fn stop_signal() {
    let mut terminate = signal(SignalKind::terminate()).ok();
    tokio::select! {
        Ok(()) = tokio::signal::ctrl_c() => {}
        Some(()) = async { terminate.as_mut()?.recv().await } => {}
    }
}

/// The scopes of one job, found anew for each run.
struct JobScopes {
    ambient: Arc<AwsScopes>,
    aws: AwsJob,
    metrics: Arc<Metrics>,
}

#[async_trait::async_trait]
impl Scopes for JobScopes {
    async fn of(&self, job: &Job) -> Result<Vec<Scope>, String> {
        let found = self.ambient.of(&self.aws).await.map_err(|error| {
            let what = super::exit::chain(&error);
            self.metrics.scopes_missing(&job.name, &what);
            what
        })?;
        let mut unreachable = Vec::new();
        for (account, error) in &found.unreachable {
            let what = super::exit::chain(error);
            tracing::error!(job = %job.name, account, "not read: {what}");
            unreachable.push(format!("{account}: {what}"));
        }
        self.metrics.scopes_found(&job.name, found.scopes.len(), &unreachable);
        Ok(found.scopes)
    }
}

/// What ends a term of service.
enum End {
    Stop,
    Reload,
}

/// Serves until it is told to stop.
///
/// # Errors
/// When the configuration it starts with cannot be carried out.
pub async fn run(args: ConfigArgs) -> Result<Exit, CommandError> {
    let Some(file) = args.config else {
        return Err(CommandError::usage(
            "run needs --config FILE (or EVIDENCED_CONFIG): it serves the jobs of that file",
        ));
    };
    let (mut loaded, http) = checked(&file)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(|error| CommandError::failed(&error))?;
    let metrics = Arc::new(Metrics::default());
    let mut web = Web { server: None, metrics: Arc::clone(&metrics) };
    web.serve(http).await?;
    loop {
        match term(&loaded, &metrics, &mut hangup).await? {
            End::Stop => break,
            End::Reload => match taken_over(&file, &mut web).await {
                Ok(new) => {
                    tracing::info!("the configuration was read anew");
                    loaded = new;
                }
                Err(error) => tracing::error!("the configuration was not taken over, the old one stays: {error}"),
            },
        }
    }
    web.stop().await;
    Ok(Exit::Fine)
}

/// The configuration anew, with its HTTP side answering. When any of it cannot be, nothing has changed.
async fn taken_over(file: &Path, web: &mut Web) -> Result<Loaded, CommandError> {
    let (loaded, http) = checked(file)?;
    web.serve(http).await?;
    Ok(loaded)
}

/// The HTTP side over all terms of service.
struct Web {
    server: Option<Server>,
    metrics: Arc<Metrics>,
}

impl Web {
    /// Answers as this configuration says, or not at all. At an address that stays, only the token changes.
    async fn serve(&mut self, settings: Option<Settings>) -> Result<(), CommandError> {
        let next = match (settings, &self.server) {
            (None, _) => None,
            (Some(settings), Some(server)) if server.is_at(settings.listen) => {
                server.set_token(settings.token);
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

    async fn stop(self) {
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
    workshop::catalogue(&loaded)?;
    workshop::policy(&loaded)?;
    workshop::stamper(&loaded)?;
    let http = Settings::of(&loaded).map_err(|error| CommandError::misused(&error))?;
    Ok((loaded, http))
}

/// Serves one configuration.
async fn term(
    loaded: &Loaded,
    metrics: &Arc<Metrics>,
    hangup: &mut tokio::signal::unix::Signal,
) -> Result<End, CommandError> {
    let keys = loaded.keys().map_err(|error| CommandError::misused(&error))?;
    let served = loaded.config.jobs.iter().map(|job| (job.name.clone(), Cloud::Aws)).collect();
    metrics.serves(&served, &loaded.store_url());
    let mut workshop = workshop::open(loaded, &loaded.store_url(), &keys).await?;
    workshop.metrics = Arc::clone(metrics);
    workshop.store = Arc::new(Metered::over(workshop.store, Arc::clone(metrics)));
    let workshop = Arc::new(workshop);
    let ambient = AwsScopes::new(workshop.wire.clone()).await.map_err(|error| CommandError::failed(&error))?;
    let ambient = Arc::new(ambient);
    let stop = Stop::default();
    let mut jobs = Vec::new();
    for config in &loaded.config.jobs {
        let schedule = Schedule::parse(&config.schedule, &config.timezone)
            .map_err(|error| CommandError::usage(format!("job `{}`: {error}", config.name)))?;
        let job = Job {
            name: config.name.clone(),
            schedule: Some(config.schedule.clone()),
            timezone: config.timezone.clone(),
        };
        let aws = config.aws.clone().unwrap_or_default();
        let scopes = Arc::new(JobScopes { ambient: Arc::clone(&ambient), aws, metrics: Arc::clone(metrics) });
        tracing::info!(job = %config.name, schedule = config.schedule, timezone = config.timezone, "serving");
        jobs.push(daemon::serve(
            Arc::clone(&workshop),
            Scheduled { job, schedule },
            scopes,
            progress::listener(true),
            stop.clone(),
        ));
    }
    let grace = Duration::from_secs(loaded.config.run.shutdown_grace_seconds);
    let mut serving = std::pin::pin!(join_all(jobs));
    let end = tokio::select! {
        _ = &mut serving => return Ok(End::Stop),
        () = stop_signal() => End::Stop,
        _ = hangup.recv() => End::Reload,
    };
    stop.gentle.cancel();
    match end {
        End::Reload => {
            tracing::info!("reloading once the runs under way have ended");
            tokio::select! {
                _ = &mut serving => return Ok(End::Reload),
                () = stop_signal() => {}
            }
        }
        End::Stop => tracing::info!(grace_seconds = grace.as_secs(), "stopping once the runs under way have ended"),
    }
    tokio::select! {
        _ = &mut serving => return Ok(End::Stop),
        () = tokio::time::sleep(grace) => tracing::warn!("the grace time is over: abandoning the runs under way"),
        () = stop_signal() => tracing::warn!("told again: abandoning the runs under way"),
    }
    stop.now.cancel();
    // A commit that has begun may end: every step of it leaves the store whole. A store that hangs is not waited for.
    if tokio::time::timeout(Duration::from_secs(10), &mut serving).await.is_err() {
        tracing::warn!("a commit did not end in time; it counts only if its statement is in the ledger");
    }
    Ok(End::Stop)
}
