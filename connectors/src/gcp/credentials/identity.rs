//! Whose credentials they are: an e-mail address, for the record. No permission follows from it.

use crate::exchange::{ApiRequest, ErrorDialect, Transport};
use bytes::Bytes;
use evidenced_schemas::Cloud;
use http::{HeaderMap, HeaderValue, Method};
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;
use url::Url;

/// Where the metadata server is, unless `GCE_METADATA_HOST` says otherwise.
const METADATA: &str = "metadata.google.internal";
/// Documentation: <https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys#instance-metadata>.
const EMAIL: &str = "computeMetadata/v1/instance/service-accounts/default/email";

/// What a credentials file says: a service account's key names it, and an impersonation names whom it becomes.
pub(super) fn of_file(path: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct File {
        client_email: Option<String>,
        service_account_impersonation_url: Option<String>,
    }
    let file: File = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let impersonated = || {
        let url = file.service_account_impersonation_url?;
        let (_, account) = url.split_once("/serviceAccounts/")?;
        Some(account.split(':').next().unwrap_or(account).to_owned())
    };
    file.client_email.or_else(impersonated)
}

/// What the metadata server says.
pub(super) async fn of_metadata(transport: &Arc<dyn Transport>) -> Option<String> {
    let host = std::env::var("GCE_METADATA_HOST").unwrap_or_else(|_| METADATA.to_owned());
    let mut headers = HeaderMap::new();
    headers.insert("metadata-flavor", HeaderValue::from_static("Google"));
    let request = ApiRequest {
        cloud: Cloud::Gcp,
        region: "global".to_owned(),
        service: "metadata".to_owned(),
        operation: "email".to_owned(),
        method: Method::GET,
        url: Url::parse(&format!("http://{host}/{EMAIL}")).ok()?,
        headers,
        body: Bytes::new(),
        dialect: ErrorDialect::Plain,
        secrets: &[],
    };
    let answer = transport.call(request).await.ok().filter(|answer| answer.status == 200)?;
    let email = String::from_utf8(answer.body.to_vec()).ok()?;
    let email = email.trim();
    email.contains('@').then(|| email.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_the_account_or_whom_it_becomes() {
        let folder = tempfile::tempdir().unwrap();
        let named = |text: &str| {
            let path = folder.path().join("credentials.json");
            std::fs::write(&path, text).unwrap();
            of_file(&path)
        };
        assert_eq!(named(r#"{"client_email": "a@p.iam.gserviceaccount.com"}"#).unwrap(), "a@p.iam.gserviceaccount.com");
        let url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/b@p.iam.gserviceaccount.com:generateAccessToken";
        let file = format!(r#"{{"service_account_impersonation_url": "{url}"}}"#);
        assert_eq!(named(&file).unwrap(), "b@p.iam.gserviceaccount.com");
        assert_eq!(named("{}"), None);
        assert_eq!(named("no json"), None);
    }
}
