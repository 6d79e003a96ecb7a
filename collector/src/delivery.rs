//! From a sealed run to the ledger; and to the spool, when the store or the key does not take it now.
//!
//! A finished run is the evidence of a moment that cannot be polled again. So whatever the store
//! or the key says, the run is kept; it is lost only when the spool cannot take it either. A new run goes behind those of its stream that wait.

use crate::cli::exit::chain;
use crate::collect::Workshop;
use crate::daemon::happening::Happening;
use crate::ledger::{self, Committed, InMemory, LedgerError, LedgerErrorKind, Sealed};
use crate::metrics::Metrics;
use crate::spool::{self, Claim, DrainError, Spool, SpoolError};
use crate::timestamp::stamp;
use evidenced_schemas::StreamId;
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a commit may go on after its run was told to stop, before the run is left to the spool.
const LAST_CHANCE: Duration = Duration::from_secs(5);

/// A finished run that is not committed, or not certainly.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It waits in the spool.
    #[error(
        "the run is finished and waits in the spool, `{}`: the next `evidenced collect` or `evidenced run` with this \
         store commits it",
        folder.display()
    )]
    Waits {
        /// The run's folder.
        folder: PathBuf,
        /// Why it was not committed.
        source: Box<Why>,
    },
    /// It could not even wait.
    #[error("the run is finished and could not be committed ({why}), nor wait in the spool")]
    Lost {
        /// Why it was not committed, with its causes.
        why: String,
        /// Why it cannot wait.
        source: SpoolError,
    },
    /// Another run was committed meanwhile that is enough for its time: this one is dropped.
    #[error("number {sequence} of the ledger serves the same time: this run was dropped")]
    Served {
        /// That number.
        sequence: u64,
    },
    /// The ledger did not take it, and there is no spool.
    #[error("the bundle could not be committed")]
    Ledger(#[from] LedgerError),
}

/// Why a run was not committed.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// The ledger did not take it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It goes behind older runs, which are not committed.
    #[error("older runs of its stream wait and cannot be committed either")]
    Behind(#[source] DrainError),
    /// It was told to stop while the store did not answer.
    #[error("it was told to stop while the store did not answer")]
    Stopped,
}

/// Commits a run, after those of its stream that wait; spools it when that cannot be done now.
///
/// # Errors
/// [`DeliveryError::Waits`] when it was spooled; otherwise it is lost, and the error says why.
#[tracing::instrument(target = "evidenced::trace", name = "commit", skip_all, err, fields(evidenced.run = %sealed.run.run))]
pub async fn deliver(
    workshop: &Workshop,
    sealed: &mut Sealed,
    cancel: &CancellationToken,
) -> Result<Committed, DeliveryError> {
    let mut attempt = InMemory::default();
    let Some(spool) = &workshop.spool else {
        return match ledger::commit_sealed(&*workshop.store, &workshop.signer, sealed, &mut attempt).await {
            Ok(committed) => Ok(told(workshop, committed)),
            Err(LedgerError { kind: LedgerErrorKind::Served { sequence }, .. }) => {
                Err(DeliveryError::Served { sequence })
            }
            Err(error) => Err(error.into()),
        };
    };
    let claim = claim_existing(spool, sealed).await;
    let committed = tokio::select! {
        biased;
        committed = in_turn(workshop, spool, claim.as_ref(), sealed, &mut attempt) => committed,
        () = out_of_time(cancel) => Err(Why::Stopped),
    };
    match committed {
        Ok(committed) => Ok(told(workshop, committed)),
        Err(Why::Ledger(LedgerError { kind: LedgerErrorKind::Served { sequence }, .. })) => {
            Err(DeliveryError::Served { sequence })
        }
        Err(why) => Err(wait(&workshop.metrics, spool, claim, sealed, &attempt, why).await),
    }
}

fn told(workshop: &Workshop, committed: Committed) -> Committed {
    workshop.observer.happened(&Happening::Committed { run: &committed, waited: false });
    committed
}

/// Claims the stream where runs of it may wait. A spool that cannot be asked does not cost the run: it is committed, and
/// what may wait comes after it.
async fn claim_existing(spool: &Spool, sealed: &Sealed) -> Option<Claim> {
    let stream = sealed.stream();
    spool.claim_existing(&stream).await.unwrap_or_else(|error| {
        tracing::error!(%stream, "it is not known whether older runs wait: {}", chain(&error));
        None
    })
}

/// Commits what waits, and then the run.
async fn in_turn(
    workshop: &Workshop,
    spool: &Spool,
    claim: Option<&Claim>,
    sealed: &mut Sealed,
    attempt: &mut InMemory,
) -> Result<Committed, Why> {
    let (store, signer) = (&*workshop.store, &*workshop.signer);
    if let Some(claim) = claim {
        spool::drain(spool, claim, store, signer, &*workshop.observer).await.map_err(Why::Behind)?;
    }
    Ok(ledger::commit_sealed(store, signer, sealed, attempt).await?)
}

/// What became of the runs that waited.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Why runs still wait, a sentence for each stream.
    pub failed: Vec<String>,
    /// What is to be said of time stamps of streams whose runs were committed.
    pub unstamped: Vec<(StreamId, String)>,
}

/// Commits whatever waits in the spool, and has it time-stamped.
pub async fn deliver_waiting(workshop: &Workshop, spool: &Spool) -> Outcome {
    let mut outcome = Outcome::default();
    match spool::drain_all(spool, &*workshop.store, &workshop.signer, &*workshop.observer).await {
        Ok(drained) => {
            outcome.failed = drained.failed.iter().map(|error| chain(error)).collect();
            for stream in drained.empty {
                let warning = stamp::after_commit(workshop, &stream).await;
                outcome.unstamped.extend(warning.map(|warning| (stream, warning)));
            }
        }
        Err(error) => outcome.failed.push(chain(&error)),
    }
    outcome
}

async fn out_of_time(cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(LAST_CHANCE).await;
}

/// Leaves a run to the spool, with the statement of it that may have been put.
async fn wait(
    metrics: &Metrics,
    spool: &Spool,
    claim: Option<Claim>,
    sealed: &Sealed,
    attempt: &InMemory,
    why: Why,
) -> DeliveryError {
    let stream = sealed.stream();
    let kept = match claim {
        Some(claim) => claim.keep(sealed, attempt.0.as_ref()).await,
        None => match spool.claim(&stream).await {
            Ok(claim) => claim.keep(sealed, attempt.0.as_ref()).await,
            Err(error) => Err(error),
        },
    };
    let folder = match kept {
        Ok(folder) => folder,
        Err(source) => return DeliveryError::Lost { why: chain(&why), source },
    };
    let depth = spool.depth().unwrap_or_default();
    metrics.spooled(depth);
    tracing::warn!(
        %stream,
        spooled = %sealed.run.run,
        waiting = depth.runs,
        bytes = depth.bytes,
        oldest = depth.oldest_text(),
        "the run waits in the spool: {}",
        chain(&why)
    );
    DeliveryError::Waits { folder, source: Box::new(why) }
}

#[cfg(test)]
mod tests;
