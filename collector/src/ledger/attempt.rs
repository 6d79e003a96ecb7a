//! The statement that a commit puts, kept until its fate is known: so that no run stands in the ledger twice.
//!
//! A put whose answer is lost may have succeeded, now or later. The very same bytes under the same key can be put again
//! without harm; a statement made anew could not, for its number, its changes and even its signature may differ.

use super::put::{self, StatementPut};
use super::{Committed, LedgerError, Sealed, read_statement, tail};
use crate::bundle::{self, read_lines};
use crate::store::Store;
use bytes::Bytes;
use evidenced_schemas::Change;
use evidenced_schemas::statement::Previous;
use evidenced_schemas::waiting::Attempt;

/// Where a commit keeps the statement that it is about to put.
#[async_trait::async_trait]
pub trait Attempts: Send {
    /// The statement of an earlier commit whose fate is not known.
    fn open(&self) -> Option<Attempt>;

    /// Keeps a statement, in place of the one before, whose number is known to be another's.
    ///
    /// # Errors
    /// When it cannot be kept: then it must not be put.
    async fn keep(&mut self, attempt: &Attempt) -> Result<(), AttemptError>;
}

/// A statement that could not be kept.
pub type AttemptError = Box<dyn std::error::Error + Send + Sync>;

/// Kept for as long as the process lives.
#[derive(Debug, Default)]
pub struct InMemory(pub Option<Attempt>);

#[async_trait::async_trait]
impl Attempts for InMemory {
    fn open(&self) -> Option<Attempt> {
        self.0.clone()
    }

    async fn keep(&mut self, attempt: &Attempt) -> Result<(), AttemptError> {
        self.0 = Some(attempt.clone());
        Ok(())
    }
}

/// Puts the statement of an earlier commit again. None when its number belongs to another run, or when the ledger that it
/// went on from is not there any more: then it is signed anew.
pub(super) async fn settle(
    store: &dyn Store,
    sealed: &mut Sealed,
    open: Attempt,
) -> Result<Option<Committed>, LedgerError> {
    let stream = sealed.stream();
    let bytes = Bytes::from(open.envelope.into_bytes());
    let (_, statement) = read_statement(&bytes).map_err(|error| {
        LedgerError::new(&stream, "the statement that waits to be put again does not read").caused_by(error)
    })?;
    let last = tail::last(store, &stream).await?;
    let newest = last.as_ref().map_or(0, |last| last.sequence);
    let before = last.map(|last| Previous { sequence: last.sequence, sha256: last.sha256 });
    sealed.run.run = open.run;
    if newest < open.sequence && before != statement.predicate.previous {
        tracing::warn!(%stream, sequence = open.sequence, newest, "the ledger is not the one that the statement goes on from: signing again");
        return Ok(None);
    }
    let key = stream.statement_key(open.sequence);
    if put::statement(store, &stream, &key, bytes).await? == StatementPut::Taken {
        return Ok(None);
    }
    let bundle_prefix = stream.bundle_prefix(sealed.run.as_of, &sealed.run.run);
    let (changes, warning) = match changes_of(store, &bundle_prefix).await {
        Ok(changes) => (changes, None),
        Err(error) => (Vec::new(), Some(format!("what changed since the run before is not told here: {error}"))),
    };
    Ok(Some(Committed {
        sequence: open.sequence,
        statement_key: key,
        run: sealed.run.run.clone(),
        bundle_prefix,
        statement,
        changes,
        warnings: warning.into_iter().collect(),
    }))
}

/// The changes that the bundle was written with.
async fn changes_of(store: &dyn Store, prefix: &str) -> Result<Vec<Change>, Box<dyn std::error::Error + Send + Sync>> {
    let key = format!("{prefix}{}", bundle::CHANGES);
    let bytes = store.get(&key).await?.ok_or_else(|| format!("`{key}` is missing"))?;
    Ok(read_lines(&key, &bytes)?)
}
