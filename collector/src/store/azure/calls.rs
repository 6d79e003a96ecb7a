//! The calls to Blob Storage, one function each, with errors of the transport's kinds.

use super::location::Container;
use super::md5::ContentMd5;
use azure_core::credentials::TokenCredential;
use azure_core::http::Etag;
use azure_core::time::OffsetDateTime;
use azure_storage_blob::models::{
    BlobClientDownloadOptions, BlobClientGetPropertiesResultHeaders as _,
    BlobContainerClientGetPropertiesResultHeaders as _, BlobContainerClientListBlobsOptions, BlobItem,
    BlockBlobClientUploadOptions, ImmutabilityPolicyMode, ListBlobsIncludeItem,
};
use azure_storage_blob::{BlobContainerClient, BlobContainerClientOptions};
use bytes::Bytes;
use chrono::DateTime;
use evidenced_connectors::azure::credentials::Credentials;
use evidenced_connectors::azure::http_client::{client_options, collect_error};
use evidenced_connectors::exchange::{CollectError, Transport};
use evidenced_schemas::Instant;
use futures::TryStreamExt as _;
use std::num::NonZero;
use std::sync::Arc;

/// The service, in errors.
const SERVICE: &str = "blob";
/// Bytes asked for at once of an object.
const RANGE: NonZero<usize> = NonZero::new(64 << 20).expect("64 MiB is more than nothing");
/// What one put may carry: <https://learn.microsoft.com/rest/api/storageservices/put-blob>.
const LARGEST_PUT: NonZero<u64> = NonZero::new(5000 << 20).expect("5,000 MiB is more than nothing");
const ONE: NonZero<usize> = NonZero::<usize>::MIN;

/// What a put found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Stored,
    Exists,
}

/// What the container says of protection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ContainerSays {
    /// A retention policy holds for the container; none when the server does not say.
    pub(super) policy: Option<bool>,
    pub(super) legal_hold: bool,
    /// Policies may stand on single blobs, and the account may have a default one.
    pub(super) by_version: bool,
}

/// What a blob says of protection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BlobSays {
    pub(super) policy: Option<Policy>,
    pub(super) legal_hold: bool,
    pub(super) created: Option<Instant>,
}

/// A policy on a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) locked: bool,
    pub(super) until: Option<Instant>,
}

/// A client of one container.
#[derive(Clone)]
pub(super) struct Blobs {
    client: Arc<BlobContainerClient>,
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blobs {{ {} }}", self.client.url())
    }
}

impl Blobs {
    pub(super) fn new(
        container: &Container,
        credentials: &Credentials,
        transport: &Arc<dyn Transport>,
    ) -> Result<Self, CollectError> {
        let mut url = container.endpoint.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&container.name);
        }
        let mut options = client_options(transport, SERVICE, None);
        options.per_call_policies.push(Arc::new(ContentMd5));
        let options = BlobContainerClientOptions { client_options: options, ..Default::default() };
        let credential: Arc<dyn TokenCredential> = Arc::new(credentials.clone());
        let client = BlobContainerClient::new(url, Some(credential), Some(options));
        Ok(Self { client: Arc::new(client.map_err(|error| collect_error(SERVICE, "open", &error))?) })
    }

    /// Documentation: <https://learn.microsoft.com/rest/api/storageservices/get-container-properties>; permission
    /// `Microsoft.Storage/storageAccounts/blobServices/containers/read`.
    pub(super) async fn container(&self) -> Result<ContainerSays, CollectError> {
        let told = |error| collect_error(SERVICE, "GetContainerProperties", &error);
        let answer = self.client.get_properties(None).await.map_err(told)?;
        Ok(ContainerSays {
            policy: answer.has_immutability_policy().map_err(told)?,
            legal_hold: answer.has_legal_hold().map_err(told)?.unwrap_or(false),
            by_version: answer.is_immutable_storage_with_versioning_enabled().map_err(told)?.unwrap_or(false),
        })
    }

    /// Puts a blob that must not exist, in one piece, with its MD5 for the service to check.
    ///
    /// Documentation: <https://learn.microsoft.com/rest/api/storageservices/put-blob>; permission
    /// `…/containers/blobs/add/action` or `…/containers/blobs/write`.
    pub(super) async fn put(&self, name: &str, bytes: Bytes) -> Result<Done, CollectError> {
        let options = BlockBlobClientUploadOptions {
            if_none_match: Some(Etag::from("*")),
            partition_size: Some(LARGEST_PUT),
            parallel: Some(ONE),
            ..Default::default()
        };
        let put = self.client.blob_client(name).upload(bytes.into(), Some(options)).await;
        let Err(error) = put else { return Ok(Done::Stored) };
        let error = collect_error(SERVICE, "PutBlob", &error);
        match error.code.as_str() {
            // Each of these is said of a blob that is there. The third is the answer to who may add and not overwrite.
            "BlobAlreadyExists"
            | "ConditionNotMet"
            | "UnauthorizedBlobOverwrite"
            | "BlobImmutableDueToPolicy"
            | "BlobImmutableDueToLegalHold"
            | "412" => Ok(Done::Exists),
            _ => Err(error),
        }
    }

    /// Documentation: <https://learn.microsoft.com/rest/api/storageservices/get-blob>; permission
    /// `…/containers/blobs/read`.
    pub(super) async fn get(&self, name: &str) -> Result<Option<Bytes>, CollectError> {
        let options =
            BlobClientDownloadOptions { partition_size: Some(RANGE), parallel: Some(ONE), ..Default::default() };
        let read = async { self.client.blob_client(name).download(Some(options)).await?.body.collect().await };
        match read.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => match collect_error(SERVICE, "GetBlob", &error) {
                absent if absent.code == "BlobNotFound" => Ok(None),
                error => Err(error),
            },
        }
    }

    /// Documentation: <https://learn.microsoft.com/rest/api/storageservices/list-blobs>; permission
    /// `…/containers/blobs/read`.
    pub(super) async fn list(&self, prefix: &str) -> Result<Vec<String>, CollectError> {
        let told = |error| collect_error(SERVICE, "ListBlobs", &error);
        let options = BlobContainerClientListBlobsOptions {
            prefix: Some(prefix.to_owned()),
            include: Some(vec![ListBlobsIncludeItem::Metadata]),
            ..Default::default()
        };
        let mut pages = self.client.list_blobs(Some(options)).map_err(told)?.into_pages();
        let (mut names, mut last) = (Vec::new(), None);
        while let Some(page) = pages.try_next().await.map_err(told)? {
            let page = page.into_model().map_err(told)?;
            for blob in page.blob_items.into_iter().filter(|blob| !is_folder(blob)) {
                names.push(blob.name.ok_or_else(|| malformed("a blob without a name"))?);
            }
            let next = page.next_marker.filter(|marker| !marker.is_empty());
            if next.is_some() && next == last {
                return Err(malformed("the same marker twice"));
            }
            last = next;
        }
        Ok(names)
    }

    /// Documentation: <https://learn.microsoft.com/rest/api/storageservices/get-blob-properties>; permission
    /// `…/containers/blobs/read`.
    pub(super) async fn blob(&self, name: &str) -> Result<BlobSays, CollectError> {
        let told = |error| collect_error(SERVICE, "GetBlobProperties", &error);
        let answer = self.client.blob_client(name).get_properties(None).await.map_err(told)?;
        let until = answer.immutability_policy_expires_on().map_err(told)?.and_then(instant);
        let policy = answer.immutability_policy_mode().map_err(told)?;
        Ok(BlobSays {
            policy: policy.map(|mode| Policy { locked: mode == ImmutabilityPolicyMode::Locked, until }),
            legal_hold: answer.legal_hold().map_err(told)?.unwrap_or(false),
            created: answer.creation_time().map_err(told)?.and_then(instant),
        })
    }
}

/// An account with a hierarchical namespace lists folders as blobs.
fn is_folder(blob: &BlobItem) -> bool {
    let values = blob.metadata.as_ref().and_then(|metadata| metadata.values.as_ref());
    values.is_some_and(|values| {
        values.iter().any(|(name, value)| name.eq_ignore_ascii_case("hdi_isfolder") && value == "true")
    })
}

fn instant(time: OffsetDateTime) -> Option<Instant> {
    DateTime::from_timestamp(time.unix_timestamp(), time.nanosecond()).map(Instant::new)
}

fn malformed(message: &str) -> CollectError {
    CollectError::malformed(SERVICE, "ListBlobs", "global", message, Vec::new())
}
