//! The whole main job on recordings that are shipped in the binary.
//!
//! A recording is what a bundle holds, `run.json` and `exchanges.jsonl.zst`: of an AWS account, an Azure subscription and its
//! tenant, a project of Google Cloud and its organisation, all made up for the purpose (`tests/demo/`). Each goes through the same connectors, controls, sealing and ledger as a live run: only the door
//! to the network replays. Nothing of the outcome is stored.

use crate::bundle::{ExchangeLog, ReadError, Scratch, read_lines};
use crate::collect::{self, Credentials, Finished, Job, Reading, RunError, Scope, Terms, Workshop};
use crate::cost::Stopwatch;
use evidenced_connectors::Progress;
use evidenced_connectors::exchange::live::Meter;
use evidenced_connectors::exchange::record::{Journal, JournalError};
use evidenced_connectors::exchange::replay::Replay;
use evidenced_schemas::{Cloud, Exchange, RunRecord};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What a bundle holds of one run.
struct Recording {
    cloud: Cloud,
    run: &'static [u8],
    exchanges: &'static [u8],
}

/// The recorded runs.
const RECORDINGS: [Recording; 5] = [
    Recording {
        cloud: Cloud::Aws,
        run: include_bytes!("../demo/run.json"),
        exchanges: include_bytes!("../demo/exchanges.jsonl.zst"),
    },
    Recording {
        cloud: Cloud::Azure,
        run: include_bytes!("../demo/azure-subscription/run.json"),
        exchanges: include_bytes!("../demo/azure-subscription/exchanges.jsonl.zst"),
    },
    Recording {
        cloud: Cloud::Azure,
        run: include_bytes!("../demo/azure-tenant/run.json"),
        exchanges: include_bytes!("../demo/azure-tenant/exchanges.jsonl.zst"),
    },
    Recording {
        cloud: Cloud::Gcp,
        run: include_bytes!("../demo/gcp-project/run.json"),
        exchanges: include_bytes!("../demo/gcp-project/exchanges.jsonl.zst"),
    },
    Recording {
        cloud: Cloud::Gcp,
        run: include_bytes!("../demo/gcp-organization/run.json"),
        exchanges: include_bytes!("../demo/gcp-organization/exchanges.jsonl.zst"),
    },
];

/// Who read a cloud's recording, where no call of the cloud tells it.
fn reader(cloud: Cloud) -> Option<String> {
    let reader = match cloud {
        Cloud::Azure => "bbbbbbbb-0000-4000-8000-000000000001@cccccccc-0000-4000-8000-000000000003",
        Cloud::Gcp => "collector@evidence-audit.iam.gserviceaccount.com",
        Cloud::Aws | Cloud::Org => return None,
    };
    Some(reader.to_owned())
}

/// A demo that could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The shipped recording is damaged.
    #[error("the recording in the binary cannot be read")]
    Run(#[from] serde_json::Error),
    /// The shipped recording is damaged.
    #[error("the recording in the binary cannot be read")]
    Exchanges(#[from] ReadError),
    /// There is none of this cloud.
    #[error("the binary holds no recording of this cloud: leave --cloud out")]
    None,
    /// The exchanges could not be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The bundle could not be made.
    #[error(transparent)]
    Run_(#[from] RunError),
}

/// Replays the recordings of a cloud, or of all, into the workshop's store.
///
/// # Errors
/// When one could not be committed, or there is no recording of this cloud.
pub async fn demo(
    workshop: &Workshop,
    cloud: Option<Cloud>,
    progress: Arc<dyn Progress>,
) -> Result<Vec<Finished>, DemoError> {
    let mut finished = Vec::new();
    for recording in RECORDINGS.iter().filter(|recording| cloud.is_none_or(|cloud| cloud == recording.cloud)) {
        finished.push(replayed(workshop, recording, &progress).await?);
    }
    if finished.is_empty() { Err(DemoError::None) } else { Ok(finished) }
}

async fn replayed(
    workshop: &Workshop,
    recording: &Recording,
    progress: &Arc<dyn Progress>,
) -> Result<Finished, DemoError> {
    let recorded: RunRecord = serde_json::from_slice(recording.run)?;
    let watch = Stopwatch::start();
    let exchanges: Vec<Exchange> = read_lines("exchanges.jsonl.zst", recording.exchanges)?;
    let scratch = Scratch::new().map_err(RunError::from)?;
    let log = ExchangeLog::new(&scratch).map_err(RunError::from)?;
    for exchange in &exchanges {
        log.append(exchange.clone())?;
    }
    let credentials = Credentials::for_replay(recording.cloud, reader(recording.cloud));
    let scope = Scope { id: recorded.scope, asked: recorded.asked, credentials };
    let started_at = collect::now();
    let replay = Arc::new(Replay::from_exchanges(exchanges));
    let collected = scope.credentials.collect(scope.order(recorded.as_of, Arc::clone(progress)), replay).await;
    let reading =
        Reading { collected, log, started_at, finished_at: collect::now(), cost: watch.cost(&Meter::default()) };
    let job = Job { name: "demo".parse().map_err(|_| RunError::Stopped)?, schedule: None, timezone: "UTC".to_owned() };
    let terms =
        Terms { as_of: recorded.as_of, cancel: CancellationToken::new(), progress: Arc::clone(progress), turn: None };
    Ok(collect::judge_and_commit(workshop, &job, &scope, reading, &terms).await?)
}
