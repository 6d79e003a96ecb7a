//! One bundle, opened for somebody who asks: its statement is the one that was checked, and each file has the digest that it says.

use crate::bundle::ReadError;
use crate::history::Run;
use crate::ledger::read_statement;
use crate::store::{Store, StoreError};
use bytes::Bytes;
use evidenced_schemas::api::{FileRef, StatementRef};
use evidenced_schemas::statement::Subject;
use evidenced_schemas::{Digest, StreamId};

/// A bundle that cannot be told from.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreliable {
    /// The store does not answer now.
    #[error("the store does not answer")]
    Away(#[from] StoreError),
    /// A file does not read, though it is what was signed.
    #[error(transparent)]
    Unread(#[from] ReadError),
    /// A file is not what was signed.
    #[error("{file}: {what}: see `evidenced verify`")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong with it.
        what: String,
    },
}

/// A bundle.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) statement: StatementRef,
    subjects: Vec<Subject>,
}

impl Opened {
    /// Opens the bundle of a run, whose statement was checked when the history was read.
    pub(super) async fn open(store: &dyn Store, stream: &StreamId, run: &Run) -> Result<Self, Unreliable> {
        let path = stream.statement_key(run.sequence);
        let bytes = fetch(store, &path, &run.statement).await?;
        let statement = read_statement(&bytes).map_err(|error| damaged(&path, error.to_string()))?.1;
        let reference = StatementRef { path, sha256: run.statement.clone() };
        Ok(Self { statement: reference, subjects: statement.subject })
    }

    /// One of its files.
    pub(super) async fn file(&self, store: &dyn Store, name: &str) -> Result<(FileRef, Bytes), Unreliable> {
        let is_it = |subject: &&Subject| subject.name.rsplit('/').next() == Some(name);
        let Some(subject) = self.subjects.iter().find(is_it) else {
            return Err(damaged(&self.statement.path, format!("names no {name}")));
        };
        let sha256 = subject.digest.sha256.clone();
        let bytes = fetch(store, &subject.name, &sha256).await?;
        Ok((FileRef { path: subject.name.clone(), sha256, bytes: bytes.len() as u64 }, bytes))
    }
}

async fn fetch(store: &dyn Store, path: &str, sha256: &Digest) -> Result<Bytes, Unreliable> {
    let bytes = store.get(path).await?.ok_or_else(|| damaged(path, "is not there any more".to_owned()))?;
    let found = Digest::of(&bytes);
    if found == *sha256 {
        return Ok(bytes);
    }
    Err(damaged(path, format!("was changed or replaced: its SHA-256 is {found}, not {sha256}")))
}

fn damaged(file: &str, what: String) -> Unreliable {
    Unreliable::Damaged { file: file.to_owned(), what }
}
