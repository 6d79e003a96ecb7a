//! The JSON API of Cloud Storage, for lists and metadata.
//! Documentation: <https://cloud.google.com/storage/docs/json_api/v1>

use bytes::Bytes;
use evidenced_connectors::exchange::{ApiRequest, CollectError, ErrorDialect, Transport};
use evidenced_connectors::gcp::credentials::{Credentials, CredentialsErrorKind};
use evidenced_schemas::{Cloud, GapReason};
use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use url::Url;

/// Keys of one page. The service gives no more.
const PAGE: &str = "1000";

/// The API, and a bucket's name.
#[derive(Debug)]
pub(super) struct Json {
    transport: Arc<dyn Transport>,
    credentials: Credentials,
    endpoint: Url,
    bucket: String,
}

/// What a bucket says of retention. The service writes 64-bit numbers as strings.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BucketAnswer {
    pub(super) retention_policy: Option<RetentionPolicy>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RetentionPolicy {
    /// Seconds.
    pub(super) retention_period: String,
    #[serde(default)]
    pub(super) is_locked: bool,
}

/// What an object says of retention.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ObjectAnswer {
    /// By the bucket's policy.
    pub(super) retention_expiration_time: Option<String>,
    /// Of its own.
    pub(super) retention: Option<ObjectRetention>,
    pub(super) temporary_hold: bool,
    pub(super) event_based_hold: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ObjectRetention {
    pub(super) mode: String,
    pub(super) retain_until_time: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    kind: String,
    #[serde(default)]
    items: Vec<Item>,
    next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Item {
    name: String,
    size: String,
}

impl Json {
    pub(super) fn new(transport: Arc<dyn Transport>, credentials: Credentials, endpoint: Url, bucket: &str) -> Self {
        Self { transport, credentials, endpoint, bucket: bucket.to_owned() }
    }

    /// The bucket's retention.
    /// Documentation: <https://cloud.google.com/storage/docs/json_api/v1/buckets/get>; permission `storage.buckets.get`.
    pub(super) async fn bucket(&self) -> Result<BucketAnswer, CollectError> {
        self.ask("buckets.get", &[], &[("fields", "retentionPolicy")]).await
    }

    /// An object's retention.
    /// Documentation: <https://cloud.google.com/storage/docs/json_api/v1/objects/get>; permission `storage.objects.get`.
    pub(super) async fn object(&self, key: &str) -> Result<ObjectAnswer, CollectError> {
        let fields = "retentionExpirationTime,retention,temporaryHold,eventBasedHold";
        self.ask("objects.get", &["o", key], &[("fields", fields)]).await
    }

    /// Asks for one key: whether the bucket is there, and may be listed.
    pub(super) async fn first_key(&self, prefix: &str) -> Result<(), CollectError> {
        let query = [("prefix", prefix), ("maxResults", "1"), ("fields", "kind,items(name,size)")];
        self.ask::<Page>("objects.list", &["o"], &query).await.map(drop)
    }

    /// Every key with a prefix, all pages. Markers of folders, which consoles make, are no objects.
    /// Documentation: <https://cloud.google.com/storage/docs/json_api/v1/objects/list>; permission
    /// `storage.objects.list`.
    pub(super) async fn keys(&self, prefix: &str) -> Result<Vec<String>, CollectError> {
        let mut keys = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut query =
                vec![("prefix", prefix), ("maxResults", PAGE), ("fields", "kind,nextPageToken,items(name,size)")];
            query.extend(token.as_deref().map(|token| ("pageToken", token)));
            let page: Page = self.ask("objects.list", &["o"], &query).await?;
            if page.kind != "storage#objects" {
                return Err(malformed("objects.list", format!("answered with {} for a list", page.kind)));
            }
            let objects = page.items.into_iter().filter(|item| !(item.name.ends_with('/') && item.size == "0"));
            keys.extend(objects.map(|item| item.name));
            match page.next_page_token.filter(|next| !next.is_empty()) {
                None => return Ok(keys),
                Some(next) if token.as_ref() == Some(&next) => {
                    return Err(malformed("objects.list", "the same page token twice".to_owned()));
                }
                next => token = next,
            }
        }
    }

    /// One GET below the bucket. Each of `below` is one part of the path, whatever is in it.
    async fn ask<T: DeserializeOwned>(
        &self,
        operation: &str,
        below: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, CollectError> {
        let mut url = self.endpoint.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["storage", "v1", "b", &self.bucket]).extend(below);
        }
        url.query_pairs_mut().extend_pairs(query);
        let headers = self.credentials.headers().await.map_err(|error| CollectError {
            kind: match error.kind {
                CredentialsErrorKind::Unusable => GapReason::Unauthenticated,
                CredentialsErrorKind::Unavailable => GapReason::Unavailable,
            },
            ..malformed(operation, error.to_string())
        })?;
        let request = ApiRequest {
            cloud: Cloud::Gcp,
            region: "global".to_owned(),
            service: "storage".to_owned(),
            operation: operation.to_owned(),
            method: Method::GET,
            url,
            headers,
            body: Bytes::new(),
            dialect: ErrorDialect::Google,
            secrets: &[],
        };
        let answer = self.transport.call(request.clone()).await?;
        if let Some(error) = CollectError::from_response(&request, &answer) {
            return Err(error);
        }
        serde_json::from_slice(&answer.body)
            .map_err(|error| malformed(operation, format!("an answer that is not the documented one: {error}")))
    }
}

fn malformed(operation: &str, message: String) -> CollectError {
    CollectError::malformed("storage", operation, "global", message, Vec::new())
}
