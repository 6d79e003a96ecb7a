//! A store in a container of Azure Blob Storage: create-only puts (`If-None-Match: *`), each with its MD5 for the service
//! to check.
//!
//! Blobs go through Azure's own client ([`calls`]) over the unrecorded transport, where retry lives. A put whose answer was
//! lost and that was retried there comes back as [`Put::Exists`], as does one that lost a race: a caller that must know
//! compares the bytes, as the ledger does. Tokens of Entra ID are the only way in: no account key and no signed URL, which
//! give more than is needed. It deliberately never makes a container, and asks for no permission to remove, or to change
//! retention.
//!
//! Permissions, as actions on data: `Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read` and, to
//! collect, `…/blobs/add/action` (or `…/blobs/write`); as an action: `…/containers/read`. For the days of the container's
//! policy: `…/containers/immutabilityPolicies/read`.

mod calls;
mod location;
mod manager;
mod md5;
mod protection;

pub use location::{Container, Resource};

use super::{Access, Hold, Put, Store, StoreError, StoreErrorKind, check_key, check_prefix};
use bytes::Bytes;
use calls::{Blobs, Done};
use evidenced_connectors::azure::credentials::Credentials;
use evidenced_connectors::exchange::live::{Live, Wire};
use evidenced_connectors::exchange::{CollectError, Transport};
use evidenced_schemas::statement::{Retention, RetentionMode};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// A store in a container.
#[derive(Debug)]
pub struct AzureStore {
    url: String,
    container: Container,
    access: Access,
    credentials: Credentials,
    transport: Arc<dyn Transport>,
    blobs: Blobs,
    /// The container's retention, for what is asked of its blobs: it is not asked again for each of them.
    policy: OnceCell<Retention>,
}

impl AzureStore {
    /// Opens a container with the ambient credentials.
    ///
    /// # Errors
    /// When there are no credentials, or the container does not exist or may not be read.
    pub async fn open(url: &str, container: Container, access: Access) -> Result<Self, StoreError> {
        let wire = Wire::new().map_err(|error| {
            StoreError::new(url, StoreErrorKind::NotThere, "no connection can be made").caused_by(error)
        })?;
        let transport: Arc<dyn Transport> = Arc::new(Live::unrecorded(wire));
        let credentials = Credentials::ambient(Arc::clone(&transport)).map_err(|error| {
            StoreError::new(url, StoreErrorKind::Denied, "the container cannot be asked without credentials")
                .caused_by(error)
        })?;
        let blobs = Blobs::new(&container, &credentials, &transport).map_err(|error| {
            StoreError::new(url, StoreErrorKind::NotThere, "the container's URL cannot be used").caused_by(error)
        })?;
        let url = url.to_owned();
        let store = Self { url, container, access, credentials, transport, blobs, policy: OnceCell::new() };
        store.blobs.container().await.map_err(|error| store.no_container(error))?;
        Ok(store)
    }

    fn no_container(&self, error: CollectError) -> StoreError {
        let (name, account) = (&self.container.name, &self.container.account);
        let mut error = self.failed(&format!("the container `{name}` cannot be opened"), error);
        match error.kind {
            StoreErrorKind::NotThere => {
                error.what = format!(
                    "there is no container `{name}` in the account `{account}`: check the names, or make it, with a \
                     locked immutability policy for write-once evidence"
                );
            }
            StoreErrorKind::Denied => {
                error.what = format!(
                    "the credentials may not open the container `{name}` of the account `{account}`: they need the \
                     action Microsoft.Storage/storageAccounts/blobServices/containers/read and the data actions \
                     …/containers/blobs/read and, to collect, …/containers/blobs/add/action (the role Storage Blob Data \
                     Contributor has them, and delete, which is not needed)"
                );
            }
            StoreErrorKind::Unavailable => {}
        }
        error
    }

    fn failed(&self, what: &str, error: CollectError) -> StoreError {
        StoreError::new(&self.url, StoreErrorKind::of(&error), what).caused_by(error)
    }

    /// The error of one blob, with the data action that was missing.
    fn refused(&self, what: &str, action: &str, error: CollectError) -> StoreError {
        let mut error = self.failed(what, error);
        if error.kind == StoreErrorKind::Denied {
            let action = format!("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/{action}");
            error.what = format!("{what}: the credentials need the data action {action}");
        }
        error
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.container.prefix)
    }

    /// Asks the container, and Resource Manager where the URL names the resource and there is something to ask for.
    async fn ask_retention(&self) -> Result<Retention, CollectError> {
        let says = self.blobs.container().await?;
        let managed = match &self.container.resource {
            Some(resource) if says.policy == Some(true) => {
                Some(manager::policy(&self.container, resource, &self.credentials, &*self.transport).await)
            }
            _ => None,
        };
        Ok(protection::of_container(says, managed))
    }
}

#[async_trait::async_trait]
impl Store for AzureStore {
    fn url(&self) -> &str {
        &self.url
    }

    async fn put_new(&self, key: &str, bytes: Bytes) -> Result<Put, StoreError> {
        check_key(&self.url, key)?;
        if self.access == Access::Read {
            let what = format!("`{key}` was not written: the store was opened to be read");
            return Err(StoreError::new(&self.url, StoreErrorKind::Denied, what));
        }
        match self.blobs.put(&self.key(key), bytes).await {
            Ok(Done::Stored) => Ok(Put::Stored),
            Ok(Done::Exists) => Ok(Put::Exists),
            Err(error) => Err(self.refused(&format!("`{key}` cannot be written"), "add/action", error)),
        }
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        check_key(&self.url, key)?;
        let got = self.blobs.get(&self.key(key)).await;
        got.map_err(|error| self.refused(&format!("`{key}` cannot be read"), "read", error))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        check_prefix(&self.url, prefix)?;
        let keys = self.blobs.list(&self.key(prefix)).await;
        let keys = keys.map_err(|error| self.refused(&format!("`{prefix}` cannot be listed"), "read", error))?;
        let mut keys: Vec<String> =
            keys.iter().filter_map(|key| key.strip_prefix(&self.container.prefix)).map(str::to_owned).collect();
        keys.sort_unstable();
        Ok(keys)
    }

    async fn retention(&self) -> Result<Retention, StoreError> {
        match self.ask_retention().await {
            Ok(told) => Ok(told),
            Err(error) if StoreErrorKind::of(&error) == StoreErrorKind::Unavailable => {
                Err(self.failed("the container's protection cannot be read", error))
            }
            Err(error) => Ok(protection::unknown(&error.sentence())),
        }
    }

    async fn hold(&self, key: &str) -> Result<Hold, StoreError> {
        check_key(&self.url, key)?;
        let policy = self.policy.get_or_try_init(|| self.retention()).await?;
        match self.blobs.blob(&self.key(key)).await {
            Ok(blob) => Ok(protection::of_blob(&blob, policy)),
            Err(error) if StoreErrorKind::of(&error) == StoreErrorKind::Unavailable => {
                Err(self.failed(&format!("the protection of `{key}` cannot be read"), error))
            }
            Err(error) => Ok(Hold { mode: RetentionMode::Unknown, until: None, reason: Some(error.sentence()) }),
        }
    }
}
