//! Instance metadata: the address at which a machine in Azure asks for tokens of its managed identity.
//!
//! The library asks at the one address that all machines have. Something that stands in for it, as pod identity does in Kubernetes, is
//! named by `AZURE_POD_IDENTITY_AUTHORITY_HOST`, which Azure's libraries for other languages read: the calls go there instead.
//!
//! Documentation: <https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service>,
//! <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>.

use crate::exchange::{ApiRequest, ApiResponse, CollectError, ErrorDialect, Transport};
use bytes::Bytes;
use evidenced_schemas::Cloud;
use http::{HeaderMap, Method};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Instance metadata, which a machine outside Azure does not have.
const HOST: &str = "169.254.169.254";
/// What it gives tokens at.
const TOKENS: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// A call that asks for no token, to see whether there is instance metadata: without its header it refuses, which is an answer.
pub(super) fn probe() -> ApiRequest {
    ApiRequest {
        cloud: Cloud::Azure,
        region: "global".to_owned(),
        service: "metadata".to_owned(),
        operation: "GET".to_owned(),
        method: Method::GET,
        url: Url::parse(TOKENS).expect("the constant is a URL"),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        dialect: ErrorDialect::Azure,
        secrets: &[],
    }
}

/// A transport that finds instance metadata at another place.
#[derive(Debug)]
pub(super) struct MetadataAt {
    host: Url,
    transport: Arc<dyn Transport>,
}

impl MetadataAt {
    /// `host` is `http://127.0.0.1:8080`, without a path.
    ///
    /// # Errors
    /// When it is no such URL.
    pub(super) fn over(host: &str, transport: &Arc<dyn Transport>) -> Result<Arc<dyn Transport>, String> {
        let wrong =
            |why: &str| format!("AZURE_POD_IDENTITY_AUTHORITY_HOST is `{host}`, {why}: set it to http://HOST:PORT");
        let host = Url::parse(host).map_err(|error| wrong(&format!("which is no URL ({error})")))?;
        if !matches!(host.scheme(), "http" | "https") || host.path() != "/" {
            return Err(wrong("which is not the address of a server alone"));
        }
        Ok(Arc::new(Self { host, transport: Arc::clone(transport) }))
    }
}

#[async_trait::async_trait]
impl Transport for MetadataAt {
    async fn call(&self, request: ApiRequest) -> Result<ApiResponse, CollectError> {
        if request.url.host_str() != Some(HOST) {
            return self.transport.call(request).await;
        }
        let mut url = self.host.clone();
        url.set_path(request.url.path());
        url.set_query(request.url.query());
        self.transport.call(ApiRequest { url, ..request }).await
    }

    async fn pause(&self, time: Duration) {
        self.transport.pause(time).await;
    }
}
