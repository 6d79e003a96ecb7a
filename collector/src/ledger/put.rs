//! Puts that end: an answer that was lost is found out by asking again, with the same bytes under the same key.

use super::{LedgerError, LedgerErrorKind, wait};
use crate::store::{Put, Store, StoreError, StoreErrorKind};
use bytes::Bytes;
use evidenced_schemas::StreamId;

/// How often one object is put. The transport below has retried each of them already.
const PUTS: u32 = 4;

/// What became of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StatementPut {
    /// It is in the ledger.
    Committed,
    /// Another statement has this number.
    Taken,
}

/// What is under a key after puts of these bytes.
enum Ended {
    Ours,
    Others,
}

/// What became of a file of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FilePut {
    /// It is in the store.
    There,
    /// Something else is there under its name.
    Taken,
}

/// Puts one file of a bundle. The same bytes being there already is fine: an earlier attempt had succeeded.
pub(super) async fn file(
    store: &dyn Store,
    stream: &StreamId,
    key: &str,
    bytes: Bytes,
) -> Result<FilePut, LedgerError> {
    match put(store, key, &bytes).await {
        Ok(Ended::Ours) => Ok(FilePut::There),
        Ok(Ended::Others) => Ok(FilePut::Taken),
        Err(Failed { error, .. }) => Err(LedgerError::store(stream, "the bundle cannot be written", error)),
    }
}

/// Puts a statement under a number. After an error the store is asked what stands there: bytes settle it; that nothing is
/// there settles it only if no put went without an answer, for such a put may still arrive.
pub(super) async fn statement(
    store: &dyn Store,
    stream: &StreamId,
    key: &str,
    bytes: Bytes,
) -> Result<StatementPut, LedgerError> {
    let Failed { error, unclear } = match put(store, key, &bytes).await {
        Ok(Ended::Ours) => return Ok(StatementPut::Committed),
        Ok(Ended::Others) => return Ok(StatementPut::Taken),
        Err(failed) => failed,
    };
    match store.get(key).await {
        Ok(Some(there)) if there == bytes => Ok(StatementPut::Committed),
        Ok(Some(_)) => Ok(StatementPut::Taken),
        Ok(None) if !unclear => Err(LedgerError::store(stream, "the statement cannot be written", error)),
        _ => {
            let what = format!(
                "the store did not say whether `{key}` was written: the run may be committed or not; \
                 `evidenced verify {}` tells, and the next run continues from what is there",
                store.url()
            );
            let unknown = LedgerError { kind: LedgerErrorKind::Unknown, ..LedgerError::new(stream, what) };
            Err(unknown.caused_by(error))
        }
    }
}

/// Puts that failed to the end.
struct Failed {
    error: StoreError,
    /// One of them got no answer.
    unclear: bool,
}

/// Puts until the store says what is under the key. An error may hide a put that succeeded, so the same put is made
/// again: then the object exists, with these very bytes.
async fn put(store: &dyn Store, key: &str, bytes: &Bytes) -> Result<Ended, Failed> {
    let (mut attempt, mut unclear) = (0, false);
    loop {
        attempt += 1;
        let error = match once(store, key, bytes).await {
            Ok(ended) => return Ok(ended),
            Err(error) => error,
        };
        unclear |= error.kind == StoreErrorKind::Unavailable;
        if error.kind != StoreErrorKind::Unavailable || attempt == PUTS {
            return Err(Failed { error, unclear });
        }
        tracing::warn!(key, attempt, %error, "a put got no clear answer; asking again");
        wait(attempt).await;
    }
}

async fn once(store: &dyn Store, key: &str, bytes: &Bytes) -> Result<Ended, StoreError> {
    match store.put_new(key, bytes.clone()).await? {
        Put::Stored => Ok(Ended::Ours),
        Put::Exists => match store.get(key).await? {
            Some(there) if there == *bytes => Ok(Ended::Ours),
            Some(_) => Ok(Ended::Others),
            None => {
                let what = format!("`{key}` exists and cannot be found: the store contradicts itself");
                Err(StoreError::new(store.url(), StoreErrorKind::Unavailable, what))
            }
        },
    }
}
