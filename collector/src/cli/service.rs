//! `run`: the service. Signals come in here: SIGTERM and SIGINT stop it, SIGHUP reads the configuration anew.

use super::exit::{CommandError, Exit};
use super::{ConfigArgs, progress, workshop};
use crate::collect::{Job, Scope};
use crate::config::Loaded;
use crate::daemon::{self, Scheduled, Scopes, Stop};
use crate::schedule::Schedule;
use crate::scopes::AwsScopes;
use evidenced_schemas::config::AwsJob;
use futures::future::join_all;
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
}

#[async_trait::async_trait]
impl Scopes for JobScopes {
    async fn of(&self, job: &Job) -> Result<Vec<Scope>, String> {
        let found = self.ambient.of(&self.aws).await.map_err(|error| super::exit::chain(&error))?;
        for (account, error) in &found.unreachable {
            tracing::error!(job = %job.name, account, "not read: {}", super::exit::chain(error));
        }
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
    let mut loaded = checked(&file)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(|error| CommandError::failed(&error))?;
    loop {
        match term(&loaded, &mut hangup).await? {
            End::Stop => return Ok(Exit::Fine),
            End::Reload => match checked(&file) {
                Ok(new) => {
                    tracing::info!("the configuration was read anew");
                    loaded = new;
                }
                Err(error) => tracing::error!("the configuration was not taken over, the old one stays: {error}"),
            },
        }
    }
}

fn checked(file: &std::path::Path) -> Result<Loaded, CommandError> {
    let loaded = workshop::load(Some(file))?;
    if loaded.config.jobs.is_empty() {
        return Err(CommandError::usage(format!("{}: there are no `jobs:` to run", file.display())));
    }
    workshop::catalogue(&loaded)?;
    workshop::policy(&loaded)?;
    Ok(loaded)
}

/// Serves one configuration.
async fn term(loaded: &Loaded, hangup: &mut tokio::signal::unix::Signal) -> Result<End, CommandError> {
    let keys = loaded.keys().map_err(|error| CommandError::misused(&error))?;
    let workshop = Arc::new(workshop::open(loaded, &loaded.store_url(), &keys).await?);
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
        let scopes = Arc::new(JobScopes { ambient: Arc::clone(&ambient), aws: config.aws.clone().unwrap_or_default() });
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
