//! The door as the AWS SDK sees it: an HTTP client for `SdkConfig::http_client`.
//!
//! The SDK's HTTP layer does not know which operation it carries. The caller's interceptor puts a [`CallTag`] on the
//! request; the adapter takes it off, and leaves in it which exchanges answered. Requests without a tag are the SDK's
//! own calls for credentials, which go through a transport that records nothing.

use super::redact::REDACTED;
use super::{ApiRequest, ApiResponse, CollectError, ErrorDialect, Transport};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use evidenced_schemas::{Cloud, GapReason, Instant};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// What the interceptor says of a request, and what the adapter says of its answer.
#[derive(Clone, Debug, Default)]
pub struct CallTag {
    /// The service, as IAM actions name it.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The region, or `global`.
    pub region: String,
    /// Fields of the answer that hold secrets.
    pub secrets: &'static [&'static str],
    /// The root element that a whole answer must have. The SDK reads some answers leniently, and a server that does
    /// not know a sub-resource may answer with another document: that must not read as an empty setting.
    pub root: Option<&'static str>,
    /// Filled by the adapter.
    pub outcome: Arc<Mutex<CallOutcome>>,
}

/// What became of a tagged call.
#[derive(Clone, Debug, Default)]
pub struct CallOutcome {
    /// Exchanges that answered.
    pub exchanges: Vec<u64>,
    /// When the last of them finished.
    pub at: Option<Instant>,
    /// A failure below HTTP, or a root element that is not the documented one.
    pub error: Option<CollectError>,
}

impl CallTag {
    /// The outcome so far.
    pub fn outcome(&self) -> CallOutcome {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, change: impl FnOnce(&mut CallOutcome)) {
        change(&mut self.outcome.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// An HTTP client for the SDK over a transport. Untagged requests are called `fallback_service`.
pub fn sdk_http_client(transport: Arc<dyn Transport>, fallback_service: &'static str) -> SharedHttpClient {
    SharedHttpClient::new(Adapter { transport, fallback_service })
}

#[derive(Clone, Debug)]
struct Adapter {
    transport: Arc<dyn Transport>,
    fallback_service: &'static str,
}

impl HttpClient for Adapter {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Adapter {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let adapter = self.clone();
        HttpConnectorFuture::new(async move { adapter.carry(request).await })
    }
}

impl Adapter {
    async fn carry(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let tag = request.extension::<CallTag>().cloned().unwrap_or_else(|| CallTag {
            service: self.fallback_service.to_owned(),
            operation: "Credentials".to_owned(),
            region: "global".to_owned(),
            ..CallTag::default()
        });
        let request = to_api(&request, &tag).map_err(|error| ConnectorError::user(error.into()))?;
        match self.transport.call(request).await {
            Ok(response) => answer(&tag, response),
            Err(error) => {
                tag.note(|outcome| {
                    outcome.exchanges.extend(&error.exchanges);
                    outcome.at = outcome.at.max(error.at);
                    outcome.error = Some(error.clone());
                });
                Err(if error.kind == GapReason::Timeout {
                    ConnectorError::timeout(error.into())
                } else {
                    ConnectorError::io(error.into())
                })
            }
        }
    }
}

fn answer(tag: &CallTag, response: ApiResponse) -> Result<HttpResponse, ConnectorError> {
    let exchanges = if response.seq == 0 { vec![] } else { vec![response.seq] };
    tag.note(|outcome| {
        outcome.exchanges.extend(&exchanges);
        outcome.at = outcome.at.max(Some(response.finished_at));
    });
    if response.status < 300
        && let Some(expected) = tag.root
        && let Some(found) = wrong_root(&response.body, expected)
    {
        let message = format!("answered with {found} where <{expected}> is documented");
        let error = CollectError {
            at: Some(response.finished_at),
            ..CollectError::malformed(&tag.service, &tag.operation, &tag.region, message, exchanges)
        };
        tag.note(|outcome| outcome.error = Some(error.clone()));
        return Err(ConnectorError::other(error.into(), None));
    }
    let body = if tag.secrets.is_empty() { response.body } else { without_marks(response.body) };
    to_sdk(ApiResponse { body, ..response }).map_err(|error| ConnectorError::other(error.into(), None))
}

/// The body with empty elements where secrets were taken out: the SDK reads some of them as base64, which the mark is not.
fn without_marks(body: Bytes) -> Bytes {
    let mark = format!(">{REDACTED}<");
    match std::str::from_utf8(&body) {
        Ok(text) if text.contains(&mark) => Bytes::from(text.replace(&mark, "><")),
        _ => body,
    }
}

/// What stands where the whole expected element should; none when it is there. The SDK takes a document that ends too early
/// for a short one, so the end is looked for too.
fn wrong_root(body: &[u8], expected: &str) -> Option<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_reader(body);
    let (mut depth, mut found) = (0_usize, false);
    loop {
        match reader.read_event() {
            Ok(event @ (Event::Start(_) | Event::Empty(_))) => {
                let (Event::Start(start) | Event::Empty(start)) = &event else { continue };
                let name = start.local_name();
                if depth == 0 && name.as_ref() != expected {
                    return Some(format!("<{}>", name.as_ref()));
                }
                found = true;
                depth += usize::from(matches!(event, Event::Start(_)));
            }
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) if !found => return Some("an empty body".to_owned()),
            Ok(Event::Eof) if depth > 0 => return Some(format!("a beginning of <{expected}> without its end")),
            Ok(Event::Eof) => return None,
            Err(error) => return Some(format!("something that is not XML ({error})")),
            Ok(_) => {}
        }
    }
}

fn to_api(request: &HttpRequest, tag: &CallTag) -> Result<ApiRequest, String> {
    let body = request.body().bytes().ok_or("the request's body is a stream; this client carries bytes in memory")?;
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers() {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
        headers.append(name, HeaderValue::try_from(value).map_err(|error| error.to_string())?);
    }
    Ok(ApiRequest {
        cloud: Cloud::Aws,
        region: tag.region.clone(),
        service: tag.service.clone(),
        operation: tag.operation.clone(),
        method: Method::try_from(request.method()).map_err(|error| error.to_string())?,
        url: Url::parse(request.uri()).map_err(|error| format!("{}: {error}", request.uri()))?,
        headers,
        body: Bytes::copy_from_slice(body),
        dialect: if matches!(tag.service.as_str(), "iam" | "s3" | "sts") {
            ErrorDialect::AwsXml
        } else {
            ErrorDialect::AwsJson
        },
        secrets: tag.secrets,
    })
}

fn to_sdk(response: ApiResponse) -> Result<HttpResponse, String> {
    let status = aws_smithy_runtime_api::http::StatusCode::try_from(response.status).map_err(|e| e.to_string())?;
    let mut answer = HttpResponse::new(status, SdkBody::from(response.body));
    for (name, value) in response.headers {
        answer.headers_mut().try_append(name, value).map_err(|error| error.to_string())?;
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_listing_is_not_an_empty_setting() {
        assert_eq!(
            wrong_root(
                b"<?xml version=\"1.0\"?>\n<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>",
                "PolicyStatus"
            ),
            None
        );
        assert_eq!(wrong_root(b"<ListBucketResult/>", "PolicyStatus").as_deref(), Some("<ListBucketResult>"));
        assert_eq!(wrong_root(b"", "PolicyStatus").as_deref(), Some("an empty body"));
        assert!(wrong_root(b"<!doctype html><html></html>", "PolicyStatus").is_some());
        assert!(wrong_root(b"<PolicyStatus><IsPublic>false</IsPublic>", "PolicyStatus").is_some(), "cut short");
        assert!(wrong_root(b"<PolicyStatus><IsPublic>fal", "PolicyStatus").is_some(), "cut short");
        assert_eq!(wrong_root(b"<PolicyStatus/>", "PolicyStatus"), None);
    }
}
