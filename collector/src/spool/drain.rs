//! From the spool to the ledger: the waiting runs of a stream, in order, until the store refuses one.

use super::{Claim, Spool, SpoolError};
use crate::daemon::happening::{Happening, Observer};
use crate::ledger::{self, Committed, LedgerError};
use crate::signing::Signer;
use crate::store::Store;
use evidenced_schemas::StreamId;

/// Waiting runs that still wait.
#[derive(Debug, thiserror::Error)]
pub enum DrainError {
    /// The store or the key does not answer, or the ledger cannot take the run.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The spool failed.
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

/// Commits the waiting runs of a claimed stream in the order of their `as_of`, each with the changes that follow from the
/// statement that is then the newest. The observer hears of each.
///
/// # Errors
/// At the first that cannot be committed: it waits on, and those after it.
pub async fn drain(
    spool: &Spool,
    claim: &Claim,
    store: &dyn Store,
    signer: &Signer,
    observer: &dyn Observer,
) -> Result<(), DrainError> {
    for mut waiting in claim.waiting().await? {
        let Some(mut sealed) = waiting.load().await? else { continue };
        let committed = ledger::commit_sealed(store, signer, &mut sealed, &mut waiting).await?;
        let as_of = waiting.as_of();
        waiting.committed().await?;
        said(spool, claim, &committed, as_of);
        observer.happened(&Happening::Committed { run: &committed, waited: true });
    }
    Ok(())
}

fn said(spool: &Spool, claim: &Claim, committed: &Committed, as_of: evidenced_schemas::Instant) {
    let stream = claim.stream();
    for warning in &committed.warnings {
        tracing::warn!(%stream, "{warning}");
    }
    let depth = spool.depth().unwrap_or_default();
    tracing::info!(
        %stream,
        sequence = committed.sequence,
        %as_of,
        waiting = depth.runs,
        bytes = depth.bytes,
        oldest = depth.oldest_text(),
        "a waiting run was committed"
    );
}

/// What one look at the whole spool gave.
#[derive(Debug, Default)]
pub struct Drained {
    /// Streams of which runs were taken up and no run waits any more.
    pub empty: Vec<StreamId>,
    /// Why runs of others still wait.
    pub failed: Vec<DrainError>,
}

/// Commits whatever waits for this store, stream by stream. One whose runs cannot be committed stops no other.
///
/// # Errors
/// When the spool cannot be listed.
pub async fn drain_all(
    spool: &Spool,
    store: &dyn Store,
    signer: &Signer,
    observer: &dyn Observer,
) -> Result<Drained, SpoolError> {
    let mut drained = Drained::default();
    for stream in spool.streams()? {
        if !spool.has_work(&stream)? {
            continue;
        }
        let outcome = match spool.claim(&stream).await {
            Ok(claim) => drain(spool, &claim, store, signer, observer).await,
            Err(error) => Err(error.into()),
        };
        match outcome {
            Ok(()) => drained.empty.push(stream),
            Err(error) => drained.failed.push(error),
        }
    }
    Ok(drained)
}
