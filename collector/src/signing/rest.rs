//! Key services that speak JSON over HTTP: one call, over the transport that records nothing.

use bytes::Bytes;
use evidenced_connectors::exchange::{ApiRequest, CollectError, ErrorDialect, Transport};
use evidenced_schemas::Cloud;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method};
use serde_json::Value;
use std::sync::Arc;
use url::Url;

/// A key service.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) cloud: Cloud,
    pub(super) name: &'static str,
    pub(super) region: String,
    pub(super) dialect: ErrorDialect,
}

/// A call that was refused, with the body that says why.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) error: CollectError,
    pub(super) body: Value,
}

impl From<CollectError> for Refusal {
    fn from(error: CollectError) -> Self {
        Self { error, body: Value::Null }
    }
}

impl Service {
    /// Makes one call: a POST where there is a body, else a GET. `headers` carry the token.
    pub(super) async fn ask(
        &self,
        operation: &str,
        url: Url,
        mut headers: HeaderMap,
        body: Option<Value>,
    ) -> Result<Value, Refusal> {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let request = ApiRequest {
            cloud: self.cloud,
            region: self.region.clone(),
            service: self.name.to_owned(),
            operation: operation.to_owned(),
            method: if body.is_some() { Method::POST } else { Method::GET },
            url,
            headers,
            body: body.map(|body| Bytes::from(body.to_string())).unwrap_or_default(),
            dialect: self.dialect,
            secrets: &[],
        };
        let response = self.transport.call(request.clone()).await?;
        let body = serde_json::from_slice(&response.body);
        if let Some(error) = CollectError::from_response(&request, &response) {
            return Err(Refusal { error, body: body.unwrap_or_default() });
        }
        body.map_err(|error| {
            let what = format!("the body is not JSON: {error}");
            CollectError::malformed(self.name, operation, &self.region, what, vec![]).into()
        })
    }
}

/// A member of an answer that is a text; empty when there is none.
pub(super) fn text<'a>(answer: &'a Value, pointer: &str) -> &'a str {
    answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
