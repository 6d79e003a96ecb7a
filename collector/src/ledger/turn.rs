//! One run for one scheduled time, whoever makes it: what a commit looks for before it takes a number.
//!
//! Numbers are taken with a put that succeeds only where nothing is. So what was looked at when a number was chosen still holds
//! when it is taken, and of several replicas that read for the same scheduled time exactly one commits.

use super::LedgerError;
use super::tail::{self, Last};
use crate::store::Store;
use chrono::{DateTime, Utc};
use evidenced_schemas::StreamId;

/// Statements that are looked at behind the newest one. They are in the order of their instants but for clocks that were
/// set and runs that waited.
const LOOKED_BACK: u64 = 16;

/// A time for which one run is enough: `from` included, `until` not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its begin: the scheduled time that the run serves.
    pub from: DateTime<Utc>,
    /// Its end: the next scheduled time.
    pub until: DateTime<Utc>,
}

impl Turn {
    fn holds(&self, as_of: DateTime<Utc>) -> bool {
        self.from <= as_of && as_of < self.until
    }
}

/// The number of a statement whose run was made within the turn; none when there is none.
pub(super) async fn served(
    store: &dyn Store,
    stream: &StreamId,
    last: Option<&Last>,
    turn: Turn,
) -> Result<Option<u64>, LedgerError> {
    let Some(last) = last else { return Ok(None) };
    if let Ok(statement) = &last.statement {
        let as_of = statement.predicate.as_of.utc();
        if turn.holds(as_of) {
            return Ok(Some(last.sequence));
        }
        if as_of < turn.from {
            return Ok(None);
        }
    }
    for sequence in (last.sequence.saturating_sub(LOOKED_BACK).max(1)..last.sequence).rev() {
        let as_of = tail::as_of(store, stream, sequence).await?;
        match as_of {
            Some(as_of) if turn.holds(as_of) => return Ok(Some(sequence)),
            Some(as_of) if as_of < turn.from => return Ok(None),
            _ => {}
        }
    }
    Ok(None)
}

/// The number of a statement whose run was made within the turn, by what the ledger holds now.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn served_by(store: &dyn Store, stream: &StreamId, turn: Turn) -> Result<Option<u64>, LedgerError> {
    served(store, stream, tail::last(store, stream).await?.as_ref(), turn).await
}
