//! The ledger: for each stream a sequence of signed statements, and the one way to add to it.
//!
//! A bundle exists exactly when a statement names it. The order of writes in [`commit_sealed`] is the design; nothing is ever
//! overwritten or removed, no lock is taken, and no state is kept but the store's. Whether what is there can be
//! trusted is deliberately not asked here: that is `verify`.

mod attempt;
mod put;
mod seal;
mod sealed;
mod tail;
pub mod tree;
mod turn;

pub use attempt::{AttemptError, Attempts, InMemory};
pub use sealed::{FIXED, Sealed, seal};
pub use tail::{StatementError, list_streams, newest, read_statement, sequence_of};
pub use turn::{Turn, served_by};

use crate::bundle::{ExchangeLog, FileError, changes, new_run_id};
use crate::signing::Signer;
use crate::store::{Store, StoreError, write_once};
use evidenced_schemas::policy::Policy;
use evidenced_schemas::statement::Cost;
use evidenced_schemas::waiting::Attempt;
use evidenced_schemas::{
    Change, Control, Finding, Instant, Population, Resource, RunId, RunRecord, Statement, StreamId, Summary,
};
use put::StatementPut;
use seal::{envelope, state, write_bundle};
use std::time::Duration;

/// Numbers that are tried before giving up. Each lost one means that another writer committed.
const ATTEMPTS: u32 = 50;
/// The longest wait before the first further attempt; doubled for each, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(20);
/// The longest wait between attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A finished run that is to be sealed.
#[derive(Debug)]
pub struct RunOutcome {
    /// What was asked.
    pub run: RunRecord,
    /// Its exchanges; sealing closes it.
    pub exchanges: ExchangeLog,
    /// Documents.
    pub resources: Vec<Resource>,
    /// The balance.
    pub populations: Vec<Population>,
    /// Verdicts.
    pub findings: Vec<Finding>,
    /// Counts of the verdicts.
    pub summary: Summary,
    /// The controls as evaluated.
    pub catalogue: Vec<Control>,
    /// The policy in force.
    pub policy: Policy,
    /// Regions that were to be read.
    pub region_set: Vec<String>,
    /// The cloud identity that read.
    pub identity: Option<String>,
    /// When collecting began.
    pub started_at: Instant,
    /// When it ended.
    pub finished_at: Instant,
    /// What it cost.
    pub cost: Cost,
}

/// Where a committed run is.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Its number in the stream, from 1.
    pub sequence: u64,
    /// The key of its statement.
    pub statement_key: String,
    /// Its id.
    pub run: RunId,
    /// The prefix of its bundle, with a closing slash.
    pub bundle_prefix: String,
    /// The statement.
    pub statement: Statement,
    /// Verdicts that differ from the previous bundle.
    pub changes: Vec<Change>,
    /// What the user should know of the stream: an earlier bundle that could not be read, a key
    /// that changed without the old one.
    pub warnings: Vec<String>,
}

/// A run that was not committed, or not certainly.
#[derive(Debug, thiserror::Error)]
#[error("stream {stream}: {what}")]
pub struct LedgerError {
    /// The stream.
    pub stream: String,
    /// What was being done, and what to do.
    pub what: String,
    /// What callers act on.
    pub kind: LedgerErrorKind,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Kinds that a caller acts on differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerErrorKind {
    /// Nothing was committed: what was written is unreferenced. The same run may be committed later.
    NotCommitted,
    /// The last put got no answer: the run may be committed or not. The next read of the ledger tells.
    Unknown,
    /// Nothing was committed, and nothing needs to be: the statement of this number is of a run of the same [`Turn`].
    Served {
        /// The number.
        sequence: u64,
    },
}

impl LedgerError {
    fn new(stream: &StreamId, what: impl Into<String>) -> Self {
        Self { stream: stream.to_string(), what: what.into(), kind: LedgerErrorKind::NotCommitted, source: None }
    }

    fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    fn store(stream: &StreamId, what: &str, error: StoreError) -> Self {
        Self::new(stream, format!("{what}; nothing was committed")).caused_by(error)
    }

    fn file(stream: &StreamId, error: impl Into<FileError>) -> Self {
        Self::new(stream, "a file of the bundle cannot be read; nothing was committed").caused_by(error.into())
    }

    fn json(stream: &StreamId, error: serde_json::Error) -> Self {
        Self::new(stream, "a document cannot be written as JSON; nothing was committed").caused_by(error)
    }
}

/// Gaps of a run: fields that were not read, populations that were cut short, counts that differ.
pub fn gaps(resources: &[Resource], populations: &[Population]) -> u64 {
    let fields: u64 = resources.iter().map(|resource| resource.gaps.len() as u64).sum();
    fields + populations.iter().map(Population::gaps).sum::<u64>()
}

/// True exactly when the balance closes with no gap.
pub fn is_complete(resources: &[Resource], populations: &[Population]) -> bool {
    gaps(resources, populations) == 0 && populations.iter().all(Population::balances)
}

/// Seals and commits a run, for tests that need no spool.
#[cfg(test)]
pub(crate) async fn commit(
    store: &dyn Store,
    signer: &Signer,
    outcome: RunOutcome,
) -> Result<(Committed, Sealed), LedgerError> {
    let (mut sealed, _) = seal(outcome)?;
    let committed = commit_sealed(store, signer, &mut sealed, &mut InMemory::default()).await?;
    Ok((committed, sealed))
}

/// Commits a sealed run. The order of writes, and what a crash after each leaves:
///
/// 1. each file of the bundle, put if absent: unreferenced files, which `verify` lists as orphans;
/// 2. the statement, kept in `attempts`: nothing more, but a later commit of this run puts these bytes first;
/// 3. the signed statement, put if absent under the next number: **the commit**.
///
/// When another writer takes the number, the ledger is read again and the statement is signed with the next one. If the
/// changes follow differently from the other writer's bundle, the bundle is written again under a new run id, and the
/// first one stays behind as an orphan. A put that gets no answer is repeated with the same bytes under the same key:
/// finding the very same bytes there means that it had succeeded. A number is left only when other bytes hold it, so
/// a statement can never be committed twice. A run that has a [`Turn`] is not committed where another run of it is found.
///
/// # Errors
/// With the [`LedgerErrorKind`] that says what is known. The same run may be committed again, with what is in `attempts` by
/// then: it must be kept with the run.
pub async fn commit_sealed(
    store: &dyn Store,
    signer: &Signer,
    sealed: &mut Sealed,
    attempts: &mut dyn Attempts,
) -> Result<Committed, LedgerError> {
    let stream = sealed.stream();
    if let Some(open) = attempts.open()
        && let Some(committed) = attempt::settle(store, sealed, open).await?
    {
        return Ok(committed);
    }
    let retention = write_once::told(store).await;
    let mut written: Option<seal::Written> = None;
    for turn in 0..ATTEMPTS {
        wait(turn).await;
        let last = tail::last(store, &stream).await?;
        if let Some(turn) = sealed.turn
            && let Some(sequence) = turn::served(store, &stream, last.as_ref(), turn).await?
        {
            let kind = LedgerErrorKind::Served { sequence };
            return Err(LedgerError { kind, ..LedgerError::new(&stream, "another replica served this time") });
        }
        let before = tail::previous_findings(store, &stream, last.as_ref()).await?;
        let now = changes(before.findings.as_deref(), sealed.judged());
        let bundle = match written.take() {
            Some(bundle) if bundle.changes == now => bundle,
            stale => {
                if stale.is_some() {
                    sealed.run.run = new_run_id(sealed.run.as_of);
                }
                write_bundle(store, &stream, sealed, now).await?
            }
        };
        let sequence = last.as_ref().map_or(1, |last| last.sequence + 1);
        let tree = tail::tree(store, &stream, last.as_ref(), signer).await?;
        let statement = state(sealed, &bundle, sequence, last.as_ref(), tree, &retention);
        let key = stream.statement_key(sequence);
        let (envelope, warning) = envelope(&stream, signer, &statement, last.as_ref()).await?;
        keep(attempts, &stream, sealed, sequence, &envelope).await?;
        match put::statement(store, &stream, &key, envelope).await? {
            StatementPut::Committed => {
                return Ok(Committed {
                    sequence,
                    statement_key: key,
                    run: sealed.run.run.clone(),
                    bundle_prefix: bundle.prefix,
                    statement,
                    changes: bundle.changes,
                    warnings: before.warning.into_iter().chain(warning).collect(),
                });
            }
            StatementPut::Taken => {
                tracing::info!(%stream, sequence, "another run was committed first; taking the next number");
                written = Some(bundle);
            }
        }
    }
    let what = format!("{ATTEMPTS} numbers were taken by other writers; nothing was committed");
    Err(LedgerError::new(&stream, what))
}

/// Keeps the statement that is about to be put.
async fn keep(
    attempts: &mut dyn Attempts,
    stream: &StreamId,
    sealed: &Sealed,
    sequence: u64,
    envelope: &[u8],
) -> Result<(), LedgerError> {
    let envelope = String::from_utf8(envelope.to_vec()).expect("canonical JSON is UTF-8");
    let attempt = Attempt { sequence, run: sealed.run.run.clone(), envelope };
    attempts.keep(&attempt).await.map_err(|error| {
        LedgerError::new(stream, "the statement cannot be kept, so it was not put; nothing was committed")
            .caused_by(error)
    })
}

/// Waits before a further attempt, each time up to twice as long, so that writers that collided drift apart.
async fn wait(attempt: u32) {
    if attempt == 0 {
        return;
    }
    let bound = FIRST_WAIT.saturating_mul(1 << (attempt - 1).min(16)).min(LONGEST_WAIT);
    let mut random = [0_u8; 4];
    // Without randomness the whole bound is waited: only the spreading is lost.
    let share = match aws_lc_rs::rand::fill(&mut random) {
        Ok(()) => f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    };
    tokio::time::sleep(bound.mul_f64(share)).await;
}

#[cfg(test)]
pub(crate) mod tests;
