//! Reading the ledger: its streams, the last statement of one, and the bundle that it names.

use super::LedgerError;
use super::tree::{self, Growing};
use crate::bundle::{self, read_lines};
use crate::signing::{self, EnvelopeError, Signer};
use crate::store::{Store, StoreError};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use evidenced_schemas::statement::{PREDICATE_TYPE, STATEMENT_TYPE, Tree};
use evidenced_schemas::{Digest, Envelope, Finding, Instant, Statement, StreamId};
use std::time::Duration;

/// How long a store has to find a file again that it says is missing.
pub(super) const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The last ledger file of a stream, whether it reads or not: the chain goes on over its bytes either way, so that
/// damage to the past does not stop the present from being recorded.
#[derive(Debug)]
pub(super) struct Last {
    pub(super) sequence: u64,
    pub(super) sha256: Digest,
    /// Its hash as a leaf of the tree.
    leaf: [u8; 32],
    pub(super) statement: Result<Statement, StatementError>,
    /// The envelope, where it is one.
    pub(super) envelope: Option<Envelope>,
}

/// A ledger file that is no statement.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The file is no envelope.
    #[error("it is no DSSE envelope")]
    Envelope(#[source] serde_json::Error),
    /// The envelope does not open.
    #[error("its envelope does not open")]
    Payload(#[from] EnvelopeError),
    /// The payload is no statement of ours.
    #[error("its payload is no statement of an evidence run")]
    Statement(#[source] serde_json::Error),
    /// The statement is of another type.
    #[error("its {0} is `{1}`")]
    Type(&'static str, String),
}

/// Every stream that has something in the ledger, sorted. What does not look like a stream is left out.
///
/// # Errors
/// When the store cannot be listed.
pub async fn list_streams(store: &dyn Store) -> Result<Vec<StreamId>, StoreError> {
    let keys = store.list("ledger/").await?;
    let mut streams: Vec<StreamId> =
        keys.iter().filter_map(|key| StreamId::parse(key.strip_prefix("ledger/")?.rsplit_once('/')?.0)).collect();
    streams.sort();
    streams.dedup();
    Ok(streams)
}

/// The number in the key of a statement of this stream; none for anything else.
pub fn sequence_of(stream: &StreamId, key: &str) -> Option<u64> {
    let digits = key.strip_prefix(&stream.ledger_prefix())?.strip_suffix(".dsse.json")?;
    let sequence = digits.parse().ok()?;
    (sequence > 0 && stream.statement_key(sequence) == key).then_some(sequence)
}

/// Reads a ledger file. The signature is not checked: use [`signing::Verifier::open`] on the envelope.
///
/// # Errors
/// When it is no statement of an evidence run.
pub fn read_statement(bytes: &[u8]) -> Result<(Envelope, Statement), StatementError> {
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(StatementError::Envelope)?;
    let payload = signing::payload(&envelope)?;
    let statement: Statement = serde_json::from_slice(&payload).map_err(StatementError::Statement)?;
    if statement.type_ != STATEMENT_TYPE {
        return Err(StatementError::Type("type", statement.type_));
    }
    if statement.predicate_type != PREDICATE_TYPE {
        return Err(StatementError::Type("predicate type", statement.predicate_type));
    }
    Ok((envelope, statement))
}

/// How many statements are looked at for one that reads.
const LOOKED_BACK: usize = 16;

/// When the newest run of a stream was made, by the newest statement that reads; none when there is none. Damage to a
/// statement must not stop the runs that come after it.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn newest(store: &dyn Store, stream: &StreamId) -> Result<Option<Instant>, LedgerError> {
    let failed = |error| LedgerError::store(stream, "the ledger cannot be read", error);
    let mut keys = store.list(&stream.ledger_prefix()).await.map_err(failed)?;
    keys.retain(|key| sequence_of(stream, key).is_some());
    for key in keys.iter().rev().take(LOOKED_BACK) {
        let problem = match store.get(key).await.map_err(failed)? {
            None => "it was listed and is gone".to_owned(),
            Some(bytes) => match read_statement(&bytes) {
                Ok((_, statement)) => return Ok(Some(statement.predicate.as_of)),
                Err(error) => error.to_string(),
            },
        };
        tracing::error!(%stream, key, "a statement does not read: {problem}; see `evidenced verify {}`", store.url());
    }
    Ok(None)
}

/// When the run of a statement was made; none where there is no statement that reads.
pub(super) async fn as_of(
    store: &dyn Store,
    stream: &StreamId,
    sequence: u64,
) -> Result<Option<DateTime<Utc>>, LedgerError> {
    let read = store.get(&stream.statement_key(sequence)).await;
    let read = read.map_err(|error| LedgerError::store(stream, "the ledger cannot be read", error))?;
    let statement = read.and_then(|bytes| read_statement(&bytes).ok());
    Ok(statement.map(|(_, statement)| statement.predicate.as_of.utc()))
}

pub(super) async fn last(store: &dyn Store, stream: &StreamId) -> Result<Option<Last>, LedgerError> {
    let failed = |error| LedgerError::store(stream, "the ledger cannot be read", error);
    let keys = store.list(&stream.ledger_prefix()).await.map_err(failed)?;
    let Some(sequence) = keys.iter().filter_map(|key| sequence_of(stream, key)).max() else { return Ok(None) };
    let key = stream.statement_key(sequence);
    let Some(bytes) = store.get(&key).await.map_err(failed)? else {
        return Err(LedgerError::new(
            stream,
            format!("`{key}` was listed and is gone: something removes from the ledger"),
        ));
    };
    let (envelope, statement) = match read_statement(&bytes) {
        Ok((envelope, statement)) => (Some(envelope), Ok(statement)),
        Err(error) => (None, Err(error)),
    };
    Ok(Some(Last { sequence, sha256: Digest::of(&bytes), leaf: tree::leaf(&bytes), statement, envelope }))
}

/// The tree over every ledger file so far. What the last statement says of those before it is taken when it was signed
/// with our own key, or the one before it; otherwise each of them is read again.
///
/// # Errors
/// When the ledger cannot be read.
pub(super) async fn tree(
    store: &dyn Store,
    stream: &StreamId,
    last: Option<&Last>,
    own: &Signer,
) -> Result<Tree, LedgerError> {
    let Some(last) = last else { return Ok(Growing::default().tree()) };
    let signed = last.envelope.as_ref().is_some_and(|envelope| own.made(envelope));
    let told = last.statement.as_ref().ok().filter(|_| signed).and_then(|s| Growing::told(&s.predicate.tree));
    let mut growing = match told {
        Some(told) if told.size() + 1 == last.sequence => told,
        _ => grown(store, stream, last.sequence).await?,
    };
    growing.push(last.leaf);
    Ok(growing.tree())
}

/// The tree over the ledger files before this one, read one by one. A number without a file has no leaf: `verify` names it.
async fn grown(store: &dyn Store, stream: &StreamId, before: u64) -> Result<Growing, LedgerError> {
    let mut growing = Growing::default();
    for sequence in 1..before {
        let read = store.get(&stream.statement_key(sequence)).await;
        let read = read.map_err(|error| LedgerError::store(stream, "the ledger cannot be read", error))?;
        if let Some(bytes) = read {
            growing.push(tree::leaf(&bytes));
        }
    }
    Ok(growing)
}

/// The verdicts of the bundle before.
pub(super) struct Before {
    /// None when there is no bundle before, or none that can be relied on.
    pub(super) findings: Option<Vec<Finding>>,
    /// Why not, where there should be one.
    pub(super) warning: Option<String>,
}

/// Reads the findings of the last bundle, to say what changed. A bundle that was damaged does not stop the run: its
/// changes are then none, the user is told, and `verify` names the damage.
pub(super) async fn previous_findings(
    store: &dyn Store,
    stream: &StreamId,
    last: Option<&Last>,
) -> Result<Before, LedgerError> {
    let Some(last) = last else { return Ok(Before { findings: None, warning: None }) };
    let damaged = |what: String| {
        let warning = format!(
            "changes since run {} of {stream} are not known: {what}; see `evidenced verify {}`",
            last.sequence,
            store.url()
        );
        tracing::error!("{warning}");
        Ok(Before { findings: None, warning: Some(warning) })
    };
    let statement = match &last.statement {
        Ok(statement) => statement,
        Err(error) => return damaged(format!("its statement does not read: {error}")),
    };
    let ending = format!("/{}", bundle::FINDINGS);
    let Some(subject) = statement.subject.iter().find(|subject| subject.name.ends_with(&ending)) else {
        return damaged("its statement names no findings".to_owned());
    };
    if !subject.name.starts_with(&format!("bundles/{stream}/")) {
        return damaged(format!("its statement names findings elsewhere, `{}`", subject.name));
    }
    match signed_file(store, stream, &subject.name).await? {
        None => damaged(format!("`{}` is missing", subject.name)),
        Some(bytes) if Digest::of(&bytes) != subject.digest.sha256 => {
            damaged(format!("`{}` was changed after it was signed", subject.name))
        }
        Some(bytes) => match read_lines(&subject.name, &bytes) {
            Ok(findings) => Ok(Before { findings: Some(findings), warning: None }),
            Err(error) => damaged(error.to_string()),
        },
    }
}

/// A file that a statement names. That it is missing may be a passing state of the store (a folder that is being mounted or moved),
/// and taking it for damage would leave a bundle whose changes do not follow: so it is asked for again before that counts.
async fn signed_file(store: &dyn Store, stream: &StreamId, key: &str) -> Result<Option<Bytes>, LedgerError> {
    let unread = |error| LedgerError::store(stream, "the findings of the run before cannot be read", error);
    if let Some(bytes) = store.get(key).await.map_err(unread)? {
        return Ok(Some(bytes));
    }
    tokio::time::sleep(ASKED_AGAIN_AFTER).await;
    store.get(key).await.map_err(unread)
}
