//! Where evidence lies: four calls, none of which can change or remove what is there.

pub mod local;
pub mod s3;

use bytes::Bytes;
use evidenced_schemas::statement::Retention;

/// An evidence store. Keys are relative to its root and use `/`.
#[async_trait::async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// The URL it was opened with.
    fn url(&self) -> &str;

    /// Stores an object that must not exist yet. [`Put::Exists`] leaves the other object as it was. After an error the
    /// object may or may not be there: the caller asks with `get`.
    async fn put_new(&self, key: &str, bytes: Bytes) -> Result<Put, StoreError>;

    /// The object's bytes; none when there is no such object.
    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError>;

    /// Every key with this prefix, sorted by byte, all pages.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// What the store says of write-once protection of new objects.
    async fn retention(&self) -> Result<Retention, StoreError>;
}

/// What became of a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is stored, and was not there before.
    Stored,
    /// Something was there already.
    Exists,
}

/// A store that did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {what}")]
pub struct StoreError {
    /// The store.
    pub url: String,
    /// What was being done, to which key, and what to do about it.
    pub what: String,
    /// What callers act on.
    pub kind: StoreErrorKind,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Kinds that a caller acts on differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The URL, bucket or folder is wrong or missing: configuration.
    NotThere,
    /// The identity may not do this.
    Denied,
    /// May pass: network, throttling, a full disk.
    Unavailable,
}
