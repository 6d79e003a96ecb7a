//! The whole main job on a recording that is shipped in the binary.
//!
//! The recording is what a bundle holds, `run.json` and `exchanges.jsonl.zst`, of an account made up for the purpose
//! (`tests/demo/`). It goes through the same connectors, controls, sealing and ledger as a live run: only the door
//! to the network replays. Nothing of the outcome is stored.

use crate::bundle::{ExchangeLog, ReadError, Scratch, read_lines};
use crate::collect::{self, Credentials, Finished, Job, Reading, RunError, Scope, Workshop};
use crate::cost::Stopwatch;
use evidenced_connectors::exchange::live::Meter;
use evidenced_connectors::exchange::record::{Journal, JournalError};
use evidenced_connectors::exchange::replay::Replay;
use evidenced_connectors::{Progress, aws};
use evidenced_schemas::{Exchange, RunRecord};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The recorded run.
static RUN: &[u8] = include_bytes!("../demo/run.json");
/// Its exchanges.
static EXCHANGES: &[u8] = include_bytes!("../demo/exchanges.jsonl.zst");

/// A demo that could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The shipped recording is damaged.
    #[error("the recording in the binary cannot be read")]
    Run(#[from] serde_json::Error),
    /// The shipped recording is damaged.
    #[error("the recording in the binary cannot be read")]
    Exchanges(#[from] ReadError),
    /// The exchanges could not be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The bundle could not be made.
    #[error(transparent)]
    Run_(#[from] RunError),
}

/// The recorded run's record.
///
/// # Errors
/// When the shipped recording is damaged.
pub fn recorded_run() -> Result<RunRecord, DemoError> {
    Ok(serde_json::from_slice(RUN)?)
}

/// Replays the recording into the workshop's store.
///
/// # Errors
/// When nothing could be committed.
pub async fn demo(workshop: &Workshop, progress: Arc<dyn Progress>) -> Result<Finished, DemoError> {
    let recorded = recorded_run()?;
    let watch = Stopwatch::start();
    let exchanges: Vec<Exchange> = read_lines("exchanges.jsonl.zst", EXCHANGES)?;
    let scratch = Scratch::new().map_err(RunError::from)?;
    let log = ExchangeLog::new(&scratch).map_err(RunError::from)?;
    for exchange in &exchanges {
        log.append(exchange.clone())?;
    }
    let credentials = Credentials::Aws(aws::credentials::for_replay());
    let scope = Scope { id: recorded.scope, asked: recorded.asked, credentials };
    let started_at = collect::now();
    let replay = Arc::new(Replay::from_exchanges(exchanges));
    let order = scope.order(recorded.as_of, Arc::clone(&progress));
    let collected = scope.credentials.collect(order, replay).await;
    let reading =
        Reading { collected, log, started_at, finished_at: collect::now(), cost: watch.cost(&Meter::default()) };
    let job = Job { name: "demo".parse().map_err(|_| RunError::Stopped)?, schedule: None, timezone: "UTC".to_owned() };
    Ok(collect::judge_and_commit(
        workshop,
        &job,
        &scope,
        recorded.as_of,
        reading,
        &*progress,
        &CancellationToken::new(),
    )
    .await?)
}
