//! A store in an S3 bucket: create-only puts (`If-None-Match: *`), each with its SHA-256 for the service to check.
//!
//! It speaks through the unrecorded transport, where retry lives. A put whose answer was lost and that was retried there
//! comes back as [`Put::Exists`], as does one that lost a race: a caller that must know compares the bytes, as the ledger
//! does, whose every object is different from any other writer's. It deliberately never makes a bucket, and asks for no
//! permission to remove or overwrite.
//!
//! Permissions: `s3:PutObject`, `s3:GetObject`, `s3:ListBucket`, `s3:GetBucketObjectLockConfiguration`,
//! `s3:GetObjectRetention`; for a bucket or URL with a KMS key also `kms:GenerateDataKey` and `kms:Decrypt` on that key.

mod calls;
mod encryption;

pub use encryption::Encryption;

use super::{Access, Bucket, Hold, Put, Store, StoreError, StoreErrorKind, check_key, check_prefix};
use bytes::Bytes;
use evidenced_connectors::aws::clients;
use evidenced_connectors::aws::credentials::{self, Ambient};
use evidenced_connectors::exchange::live::{Live, Wire};
use evidenced_connectors::exchange::{CollectError, Transport};
use evidenced_schemas::run::Regions;
use evidenced_schemas::statement::Retention;
use std::sync::Arc;

/// How often a put is made that the service answers with a conflict of concurrent puts.
const CONFLICTS: u32 = 5;
/// The largest object of a single put, in bytes: 5 GiB
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html>). Only a single put can be conditional on
/// every S3-compatible server.
const LARGEST_PUT: u64 = 5 << 30;

/// A store in a bucket.
#[derive(Clone, Debug)]
pub struct S3Store {
    url: String,
    bucket: String,
    /// Empty, or with a closing slash.
    prefix: String,
    region: String,
    access: Access,
    encryption: Option<Encryption>,
    client: aws_sdk_s3::Client,
}

impl S3Store {
    /// Opens a bucket with the ambient credentials, in the bucket's own region, at the URL's endpoint if it names one.
    ///
    /// # Errors
    /// When there are no credentials, or the bucket does not exist or may not be read.
    pub async fn open(url: &str, bucket: Bucket, access: Access) -> Result<Self, StoreError> {
        let wire = Wire::new().map_err(|error| {
            StoreError::new(url, StoreErrorKind::NotThere, "no connection can be made").caused_by(error)
        })?;
        let transport: Arc<dyn Transport> = Arc::new(Live::unrecorded(wire));
        let mut ambient = credentials::ambient(Arc::clone(&transport)).await.map_err(|error| {
            StoreError::new(url, StoreErrorKind::Denied, "the bucket cannot be asked without credentials")
                .caused_by(error)
        })?;
        if let Some(endpoint) = bucket.endpoint {
            ambient.endpoints.insert("s3".to_owned(), endpoint);
            (ambient.use_fips, ambient.use_dual_stack) = (false, false);
        }
        if let Some(region) = bucket.region {
            ambient.region = region;
        }
        let mut store = Self {
            url: url.to_owned(),
            bucket: bucket.name,
            prefix: bucket.prefix,
            region: ambient.region.clone(),
            access,
            encryption: bucket.encryption,
            client: client(&transport, &ambient, &ambient.region),
        };
        match calls::head_bucket(&store.client, &store.bucket, &store.region).await {
            (Some(region), _) if region != store.region => {
                store.client = client(&transport, &ambient, &region);
                store.region = region;
                let (_, asked) = calls::head_bucket(&store.client, &store.bucket, &store.region).await;
                asked.map_err(|error| store.no_bucket(error))?;
            }
            (_, asked) => asked.map_err(|error| store.no_bucket(error))?,
        }
        Ok(store)
    }

    fn no_bucket(&self, error: CollectError) -> StoreError {
        let bucket = &self.bucket;
        let mut error = self.failed(&format!("the bucket `{bucket}` cannot be opened"), error);
        match error.kind {
            StoreErrorKind::NotThere => {
                error.what = format!(
                    "there is no bucket `{bucket}`: check the name, or make it, with Object Lock for write-once evidence"
                );
            }
            StoreErrorKind::Denied => {
                error.what = format!(
                    "the credentials may not open the bucket `{bucket}`: they need s3:ListBucket, s3:GetObject and, to \
                     collect, s3:PutObject"
                );
            }
            StoreErrorKind::Unavailable => {}
        }
        error
    }

    fn failed(&self, what: &str, error: CollectError) -> StoreError {
        StoreError::new(&self.url, StoreErrorKind::of(&error), what).caused_by(error)
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

/// A client in a region.
fn client(transport: &Arc<dyn Transport>, ambient: &Ambient, region: &str) -> aws_sdk_s3::Client {
    clients::s3(transport, &ambient.credentials, &ambient.asked(Regions::default()), region)
}

/// Refuses an object before it is sent that the service would refuse after.
fn check_size(url: &str, key: &str, bytes: u64) -> Result<(), StoreError> {
    if bytes <= LARGEST_PUT {
        return Ok(());
    }
    let what = format!(
        "`{key}` has {bytes} bytes, and S3 takes at most {LARGEST_PUT} in one put: collect fewer regions or accounts in a job"
    );
    Err(StoreError::new(url, StoreErrorKind::Denied, what))
}

#[async_trait::async_trait]
impl Store for S3Store {
    fn url(&self) -> &str {
        &self.url
    }

    async fn put_new(&self, key: &str, bytes: Bytes) -> Result<Put, StoreError> {
        check_key(&self.url, key)?;
        if self.access == Access::Read {
            let what = format!("`{key}` was not written: the store was opened to be read");
            return Err(StoreError::new(&self.url, StoreErrorKind::Denied, what));
        }
        check_size(&self.url, key, bytes.len() as u64)?;
        let full = self.key(key);
        let mut conflicts = 0;
        loop {
            let put = calls::NewObject { bucket: &self.bucket, key: &full, encryption: self.encryption.as_ref() };
            let Err(error) = calls::put(&self.client, put, bytes.clone(), &self.region).await else {
                return Ok(Put::Stored);
            };
            match error.code.as_str() {
                "PreconditionFailed" | "412" => return Ok(Put::Exists),
                // Two puts were under way at once, and neither may have succeeded: look, and put again.
                "ConditionalRequestConflict" | "OperationAborted" | "409" if conflicts < CONFLICTS => {
                    conflicts += 1;
                    if self.get(key).await?.is_some() {
                        return Ok(Put::Exists);
                    }
                }
                _ => return Err(self.failed(&format!("`{key}` cannot be written"), error)),
            }
        }
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        check_key(&self.url, key)?;
        calls::get(&self.client, &self.bucket, &self.key(key), &self.region)
            .await
            .map_err(|error| self.failed(&format!("`{key}` cannot be read"), error))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        check_prefix(&self.url, prefix)?;
        let keys = calls::list(&self.client, &self.bucket, &self.key(prefix), &self.region)
            .await
            .map_err(|error| self.failed(&format!("`{prefix}` cannot be listed"), error))?;
        let mut keys: Vec<String> =
            keys.iter().filter_map(|key| key.strip_prefix(&self.prefix)).map(str::to_owned).collect();
        keys.sort_unstable();
        Ok(keys)
    }

    async fn retention(&self) -> Result<Retention, StoreError> {
        Ok(calls::retention(&self.client, &self.bucket, &self.region).await)
    }

    async fn hold(&self, key: &str) -> Result<Hold, StoreError> {
        check_key(&self.url, key)?;
        Ok(calls::hold(&self.client, &self.bucket, &self.key(key), &self.region).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_that_s3_would_refuse_is_not_sent() {
        assert!(check_size("s3://b", "k", LARGEST_PUT).is_ok());
        let error = check_size("s3://b", "k", LARGEST_PUT + 1).unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Denied);
        assert!(error.to_string().contains("`k` has 5368709121 bytes"), "{error}");
    }
}
