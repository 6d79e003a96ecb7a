//! A store in a Google Cloud Storage bucket: create-only puts (`ifGenerationMatch=0`), each with its CRC32C for the
//! service to check.
//!
//! Objects go through Google's own client ([`objects`]); lists and metadata, which that client speaks over gRPC only, go
//! over the JSON API and the unrecorded transport ([`json`]). A put whose answer was lost and that was retried comes back
//! as [`Put::Exists`], as does one that lost a race: a caller that must know compares the bytes, as the ledger does. It
//! deliberately never makes a bucket, and asks for no permission to remove, to overwrite or to change retention.
//!
//! Permissions: `storage.objects.create`, `storage.objects.get`, `storage.objects.list`, and `storage.buckets.get` for
//! what protects the objects.

mod json;
mod objects;
mod protection;

use super::{Access, Bucket, Hold, Put, Store, StoreError, StoreErrorKind, check_key, check_prefix};
use bytes::Bytes;
use evidenced_connectors::exchange::CollectError;
use evidenced_connectors::exchange::live::{Live, Wire};
use evidenced_connectors::gcp::credentials::{Credentials, CredentialsError, CredentialsErrorKind};
use evidenced_schemas::statement::Retention;
use json::Json;
use objects::Objects;
use std::sync::Arc;
use tokio::sync::OnceCell;
use url::Url;

/// A store in a bucket.
#[derive(Debug)]
pub struct GcsStore {
    url: String,
    bucket: String,
    /// Empty, or with a closing slash.
    prefix: String,
    access: Access,
    objects: Objects,
    json: Json,
    /// The bucket's retention, for what is asked of its objects: it is not asked again for each of them.
    policy: OnceCell<Retention>,
}

impl GcsStore {
    /// Opens a bucket with the application default credentials, at the URL's endpoint if it names one.
    ///
    /// # Errors
    /// When there are no credentials, or the bucket does not exist or may not be listed.
    pub async fn open(url: &str, bucket: Bucket, access: Access) -> Result<Self, StoreError> {
        let no_connection = |error: Box<dyn std::error::Error + Send + Sync>| {
            StoreError::new(url, StoreErrorKind::NotThere, "no connection can be made").caused_by(error)
        };
        let wire = Wire::new().map_err(|error| no_connection(error.into()))?;
        let credentials = Credentials::ambient().map_err(|error| no_credentials(url, error))?;
        credentials.headers().await.map_err(|error| no_credentials(url, error))?;
        let universe = credentials.universe_domain().await;
        let endpoint = match bucket.endpoint {
            Some(endpoint) => endpoint,
            None => Url::parse(&format!("https://storage.{universe}")).map_err(|error| no_connection(error.into()))?,
        };
        let objects = Objects::new(&endpoint, credentials.clone(), universe, &bucket.name).await;
        let store = Self {
            url: url.to_owned(),
            access,
            objects: objects.map_err(|error| no_connection(error.into()))?,
            json: Json::new(Arc::new(Live::unrecorded(wire)), credentials, endpoint, &bucket.name),
            bucket: bucket.name,
            prefix: bucket.prefix,
            policy: OnceCell::new(),
        };
        store.json.first_key(&store.prefix).await.map_err(|error| store.no_bucket(error))?;
        Ok(store)
    }

    fn no_bucket(&self, error: CollectError) -> StoreError {
        let bucket = &self.bucket;
        let mut error = self.failed(&format!("the bucket `{bucket}` cannot be opened"), error);
        match error.kind {
            StoreErrorKind::NotThere => {
                error.what = format!(
                    "there is no bucket `{bucket}`: check the name, or make it, with a locked retention policy for \
                     write-once evidence"
                );
            }
            StoreErrorKind::Denied => {
                error.what = format!(
                    "the credentials may not open the bucket `{bucket}`: they need storage.objects.list, \
                     storage.objects.get, storage.buckets.get and, to collect, storage.objects.create"
                );
            }
            StoreErrorKind::Unavailable => {}
        }
        error
    }

    fn failed(&self, what: &str, error: CollectError) -> StoreError {
        StoreError::new(&self.url, StoreErrorKind::of(&error), what).caused_by(error)
    }

    /// The error of one object, with the permission that was missing.
    fn refused(&self, what: &str, permission: &str, error: CollectError) -> StoreError {
        let mut error = self.failed(what, error);
        if error.kind == StoreErrorKind::Denied {
            error.what = format!("{what}: the credentials need {permission} on the bucket `{}`", self.bucket);
        }
        error
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

fn no_credentials(url: &str, error: CredentialsError) -> StoreError {
    let kind = match error.kind {
        CredentialsErrorKind::Unusable => StoreErrorKind::Denied,
        CredentialsErrorKind::Unavailable => StoreErrorKind::Unavailable,
    };
    StoreError::new(url, kind, "the bucket cannot be asked without credentials").caused_by(error)
}

#[async_trait::async_trait]
impl Store for GcsStore {
    fn url(&self) -> &str {
        &self.url
    }

    async fn put_new(&self, key: &str, bytes: Bytes) -> Result<Put, StoreError> {
        check_key(&self.url, key)?;
        if self.access == Access::Read {
            let what = format!("`{key}` was not written: the store was opened to be read");
            return Err(StoreError::new(&self.url, StoreErrorKind::Denied, what));
        }
        self.objects
            .put(&self.key(key), bytes)
            .await
            .map_err(|error| self.refused(&format!("`{key}` cannot be written"), "storage.objects.create", error))
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        check_key(&self.url, key)?;
        self.objects
            .get(&self.key(key))
            .await
            .map_err(|error| self.refused(&format!("`{key}` cannot be read"), "storage.objects.get", error))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        check_prefix(&self.url, prefix)?;
        let keys =
            self.json.keys(&self.key(prefix)).await.map_err(|error| {
                self.refused(&format!("`{prefix}` cannot be listed"), "storage.objects.list", error)
            })?;
        let mut keys: Vec<String> =
            keys.iter().filter_map(|key| key.strip_prefix(&self.prefix)).map(str::to_owned).collect();
        keys.sort_unstable();
        Ok(keys)
    }

    async fn retention(&self) -> Result<Retention, StoreError> {
        let answer = self.json.bucket().await;
        protection::of_bucket(answer).map_err(|error| self.failed("the bucket's retention cannot be read", error))
    }

    async fn hold(&self, key: &str) -> Result<Hold, StoreError> {
        check_key(&self.url, key)?;
        let policy = self.policy.get_or_try_init(|| self.retention()).await?;
        let answer = self.json.object(&self.key(key)).await;
        protection::of_object(answer, policy)
            .map_err(|error| self.failed(&format!("what protects `{key}` cannot be read"), error))
    }
}
