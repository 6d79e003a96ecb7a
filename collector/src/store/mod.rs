//! Where evidence lies: four calls, none of which can change or remove what is there.
//!
//! [`open`] is the one place where kinds of stores are listed. It deliberately knows nothing of bundles or ledgers: keys
//! and bytes only. What a store promises is written as a test in [`suite`], which every kind must pass.

pub mod azure;
pub mod claimed;
pub mod gcs;
pub mod local;
pub mod metered;
pub mod patient;
pub mod s3;
#[doc(hidden)]
pub mod suite;
pub mod write_once;

use bytes::Bytes;
use evidenced_connectors::exchange::CollectError;
use evidenced_schemas::statement::{Retention, RetentionMode};
use evidenced_schemas::{GapReason, Instant};
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

/// An evidence store. Keys are relative to its root and use `/`.
#[async_trait::async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// The URL it was opened with.
    fn url(&self) -> &str;

    /// Stores an object that must not exist yet. [`Put::Exists`] leaves the other object as it was. After an error the
    /// object may or may not be there: the caller asks with `get`, or puts the same bytes again.
    async fn put_new(&self, key: &str, bytes: Bytes) -> Result<Put, StoreError>;

    /// The object's bytes; none when there is no such object.
    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError>;

    /// Every key with this prefix, sorted by byte, all pages.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// What the store says of write-once protection of new objects.
    async fn retention(&self) -> Result<Retention, StoreError>;

    /// What protects one object that is there. A store that will not say gives [`RetentionMode::Unknown`] with the
    /// reason; an error means that it could not be asked.
    async fn hold(&self, key: &str) -> Result<Hold, StoreError>;

    /// Whether this kind of store has write-once protection at all, so that asking about an object can tell anything.
    fn can_hold(&self) -> bool {
        true
    }
}

/// Write-once protection of one object.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Hold {
    /// Its mode; [`RetentionMode::None`] for an object that may be changed or removed now.
    pub mode: RetentionMode,
    /// Until when.
    pub until: Option<Instant>,
    /// Why it is not known, for mode `unknown`.
    pub reason: Option<String>,
}

impl Hold {
    /// Nothing protects it.
    pub const NONE: Self = Self { mode: RetentionMode::None, until: None, reason: None };
}

/// What became of a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is stored, and was not there before.
    Stored,
    /// Something was there already.
    Exists,
}

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The read side: a store that does not exist is an error, and `put_new` is refused.
    Read,
    /// The collector: a local folder is made when it does not exist.
    Write,
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

impl StoreError {
    /// An error without a cause of its own.
    pub fn new(url: &str, kind: StoreErrorKind, what: impl Into<String>) -> Self {
        Self { url: url.to_owned(), what: what.into(), kind, source: None }
    }

    /// The same with its cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// Kinds that a caller acts on differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The URL, bucket or folder is wrong or missing: configuration.
    NotThere,
    /// The identity may not do this, or the store refuses it for good.
    Denied,
    /// May pass: network, throttling, a full disk.
    Unavailable,
}

impl StoreErrorKind {
    /// What a store's caller does about an error of the transport.
    fn of(error: &CollectError) -> Self {
        match error.kind {
            GapReason::Denied | GapReason::Unauthenticated => Self::Denied,
            GapReason::NotFound | GapReason::NotEnabled => Self::NotThere,
            // The service named another error of the request: the same request will not do better.
            GapReason::Malformed if error.code != "-" => Self::Denied,
            _ => Self::Unavailable,
        }
    }
}

/// Opens a store: `file:///absolute/path`, `file://./relative/path`, a plain path, `s3://bucket/prefix`, or
/// `gs://bucket/prefix`. Paths are taken as they are written, without percent-decoding.
/// `s3://bucket/prefix?endpoint=https://host&region=name` asks an S3-compatible server; without it the SDK's own settings
/// hold (`AWS_ENDPOINT_URL_S3`), which the account that is read shares. `sse=aws:kms&kms_key_id=KEY` after `?` encrypts each
/// object with that key instead of the bucket's default. `gs://` knows `?endpoint=` alone.
///
/// # Errors
/// [`StoreErrorKind::NotThere`] for a URL that this version does not know, and for a store that does not exist and is
/// opened to be read.
///
/// # Panics
/// Never: opening a folder does not panic.
pub async fn open(url: &str, access: Access) -> Result<Arc<dyn Store>, StoreError> {
    match Location::parse(url)? {
        Location::Folder(path) => {
            let url = url.to_owned();
            let opened = tokio::task::spawn_blocking(move || local::LocalStore::open(&url, path, access));
            Ok(Arc::new(opened.await.expect("opening a folder does not panic")?))
        }
        Location::S3(bucket) => Ok(Arc::new(s3::S3Store::open(url, bucket, access).await?)),
        Location::Azure(container) => Ok(Arc::new(azure::AzureStore::open(url, container, access).await?)),
        Location::Gcs(bucket) => Ok(Arc::new(gcs::GcsStore::open(url, bucket, access).await?)),
    }
}

/// What to write for a store.
const KINDS: &str = "file:///path, s3://bucket/prefix, gs://bucket/prefix or az://account/container/prefix";

/// Where a URL points.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Location {
    Folder(PathBuf),
    S3(Bucket),
    Gcs(Bucket),
    Azure(azure::Container),
}

/// A bucket, as a URL names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Empty, or with a closing slash.
    pub prefix: String,
    /// The server, where it is not the one of the ambient settings.
    pub endpoint: Option<Url>,
    /// The region to ask first, where it is not the ambient one.
    pub region: Option<String>,
    /// How objects are encrypted, where it is not the bucket's default.
    pub encryption: Option<s3::Encryption>,
}

impl Location {
    fn parse(url: &str) -> Result<Self, StoreError> {
        let refuse = |what: String| Err(StoreError::new(url, StoreErrorKind::NotThere, what));
        let Some((scheme, rest)) = url.split_once("://") else {
            if url.is_empty() {
                return refuse(format!("no store was named: give a folder, {KINDS}"));
            }
            return Ok(Self::Folder(PathBuf::from(url)));
        };
        match scheme {
            "file" if rest.starts_with('/') || rest.starts_with("./") || rest.starts_with("../") => {
                Ok(Self::Folder(PathBuf::from(rest)))
            }
            "file" => refuse(format!("a file URL names a path, not a host: write file:///{rest} or file://./{rest}")),
            "s3" => parse_bucket(scheme, rest, &["endpoint", "region", "sse", "kms_key_id"])
                .map_or_else(refuse, |bucket| Ok(Self::S3(bucket))),
            "gs" => parse_bucket(scheme, rest, &["endpoint"]).map_or_else(refuse, |bucket| Ok(Self::Gcs(bucket))),
            "az" => azure::Container::parse(rest).map_or_else(refuse, |container| Ok(Self::Azure(container))),
            _ => refuse(format!("no store of kind `{scheme}` is known: use {KINDS}")),
        }
    }
}

/// What follows `s3://` or `gs://`, with these settings after `?`.
fn parse_bucket(scheme: &str, rest: &str, settings: &[&str]) -> Result<Bucket, String> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (name, prefix) = path.split_once('/').unwrap_or((path, ""));
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) {
        return Err(format!("`{name}` is no bucket name: write {scheme}://bucket or {scheme}://bucket/prefix"));
    }
    let prefix = prefix.trim_matches('/');
    if let Some(problem) = key_problem(prefix).filter(|_| !prefix.is_empty()) {
        return Err(format!("the prefix `{prefix}` {problem}"));
    }
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let mut bucket = Bucket { name: name.to_owned(), prefix, endpoint: None, region: None, encryption: None };
    let (mut sse, mut kms_key_id) = (None, None);
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match key.as_ref() {
            key if !settings.contains(&key) => {
                return Err(format!("`{key}` is not known after `?`: there is {}", listed(settings)));
            }
            "endpoint" => {
                let endpoint = Url::parse(&value)
                    .ok()
                    .filter(Url::has_host)
                    .ok_or_else(|| format!("the endpoint `{value}` is no URL: write https://host"))?;
                bucket.endpoint = Some(endpoint);
            }
            "region" => bucket.region = Some(value.into_owned()),
            "sse" => sse = Some(value.into_owned()),
            _ => kms_key_id = Some(value.into_owned()),
        }
    }
    bucket.encryption = s3::Encryption::of(sse.as_deref(), kms_key_id)?;
    Ok(bucket)
}

/// Names in a sentence: `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [front @ .., last] => format!("{} and {last}", front.join(", ")),
    }
}

/// Refuses a key that could mean another object on some store.
fn check_key(url: &str, key: &str) -> Result<(), StoreError> {
    match key_problem(key) {
        None => Ok(()),
        Some(problem) => Err(StoreError::new(url, StoreErrorKind::NotThere, format!("the key `{key}` {problem}"))),
    }
}

/// Refuses a prefix that leads out of the store. Empty, a part of a name, and a closing slash are fine.
fn check_prefix(url: &str, prefix: &str) -> Result<(), StoreError> {
    let probe = format!("{prefix}x");
    match key_problem(&probe) {
        None => Ok(()),
        Some(problem) => {
            Err(StoreError::new(url, StoreErrorKind::NotThere, format!("the prefix `{prefix}` {problem}")))
        }
    }
}

fn key_problem(key: &str) -> Option<&'static str> {
    if key.len() > 1024 {
        return Some("is longer than 1,024 bytes");
    }
    if key.chars().any(|c| c.is_control() || c == '\\') {
        return Some("holds a control character or a backslash");
    }
    for segment in key.split('/') {
        match segment {
            "" => return Some("has an empty part: keys are like `ledger/job/aws/1/0000000001.dsse.json`"),
            "." | ".." => return Some("has a part `.` or `..`, which could lead out of the store"),
            local::TEMPORARY => return Some("names the store's own folder for unfinished files"),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_folders_and_buckets() {
        let folder = |path: &str| Location::Folder(PathBuf::from(path));
        let at = |name: &str, prefix: &str| Bucket {
            name: name.into(),
            prefix: prefix.into(),
            endpoint: None,
            region: None,
            encryption: None,
        };
        let s3 = |name: &str, prefix: &str| Location::S3(at(name, prefix));
        let elsewhere = Bucket {
            endpoint: Some(Url::parse("http://127.0.0.1:8333").unwrap()),
            region: Some("eu-north-1".into()),
            ..at("bucket", "a/")
        };
        let key = "arn:aws:kms:eu-north-1:123456789012:key/k".to_owned();
        let encryption = s3::Encryption::of(Some("aws:kms"), Some(key)).unwrap();
        let encrypted = Bucket { encryption, ..at("bucket", "a/") };
        let there = elsewhere.clone();
        for (url, expected) in [
            ("file:///srv/evidence", folder("/srv/evidence")),
            ("file://./evidence", folder("./evidence")),
            ("file://../evidence", folder("../evidence")),
            ("evidence", folder("evidence")),
            ("/srv/evidence", folder("/srv/evidence")),
            ("s3://bucket", s3("bucket", "")),
            ("s3://bucket/", s3("bucket", "")),
            ("s3://bucket/a/b/", s3("bucket", "a/b/")),
            ("s3://bucket/a?endpoint=http://127.0.0.1:8333&region=eu-north-1", Location::S3(elsewhere)),
            ("s3://bucket/a?sse=aws:kms&kms_key_id=arn:aws:kms:eu-north-1:123456789012:key/k", Location::S3(encrypted)),
            ("gs://bucket/a/b", Location::Gcs(at("bucket", "a/b/"))),
            ("gs://bucket/a?endpoint=http://127.0.0.1:8333", Location::Gcs(Bucket { region: None, ..there })),
        ] {
            assert_eq!(Location::parse(url).unwrap(), expected, "{url}");
        }
    }

    #[test]
    fn urls_that_are_not_understood_say_what_to_write() {
        for (url, word) in [
            ("", "s3://bucket/prefix"),
            ("file://evidence", "file://./evidence"),
            ("az://account", "az://account/container"),
            ("az://account/container?region=eu", "`region` is not known"),
            ("ftp://host/x", "no store of kind `ftp`"),
            ("s3://", "s3://bucket"),
            ("s3://bucket/../other", "`..`"),
            ("s3://bucket?endpoint=here", "is no URL"),
            ("s3://bucket?profile=x", "there is endpoint, region, sse and kms_key_id"),
            ("s3://bucket?kms_key_id=x", "needs `sse=aws:kms`"),
            ("s3://bucket?endpoint=data:x", "is no URL"),
            ("gs://", "gs://bucket/prefix"),
            ("gs://bucket?region=eu", "`region` is not known"),
        ] {
            let error = Location::parse(url).unwrap_err();
            assert!(error.to_string().contains(word), "{url}: {error}");
            assert_eq!(error.kind, StoreErrorKind::NotThere, "{url}");
        }
    }

    #[test]
    fn keys_and_prefixes_stay_inside() {
        for bad in ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.", "a\\b", "a\0b", ".evidenced-tmp/x"] {
            assert!(check_key("u", bad).is_err(), "{bad:?} was accepted as a key");
        }
        for good in ["a", "a/b.json", "a/..b", "ledger/default/aws/1/0000000001.dsse.json"] {
            assert!(check_key("u", good).is_ok(), "{good:?} was refused");
        }
        for good in ["", "a", "a/", "ledger/x"] {
            assert!(check_prefix("u", good).is_ok(), "{good:?} was refused");
        }
        for bad in ["/", "../", "a//", "a/../"] {
            assert!(check_prefix("u", bad).is_err(), "{bad:?} was accepted as a prefix");
        }
    }
}
