//! The door as Azure's libraries see it: an HTTP client for `azure_core`'s `ClientOptions`.
//!
//! Proxy, certificates, timeouts and retry are the transport's, and its alone: the options made here switch off the
//! libraries' own retry, and a failure below HTTP is told in a kind that they do not retry either. What became of the
//! call, a [`CollectError`], is the source of that error. It deliberately looks into no answer.

use super::credentials::CredentialsError;
use crate::exchange::{ApiRequest, ApiResponse, CollectError, ErrorDialect, Transport, error};
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::error::{Error, ErrorKind, Result};
use azure_core::http::headers::{HeaderName as AzureName, HeaderValue as AzureValue, Headers};
use azure_core::http::{AsyncRawResponse, Body, ClientOptions, HttpClient, Request, RetryOptions};
use evidenced_schemas::{Cloud, GapReason, Instant};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::collections::HashMap;
use std::sync::Arc;

/// Options for a client of an Azure library that speaks over a transport, which should be one that records nothing. The
/// calls are told as those of `service`. `authority` is where tokens are asked for; none leaves it to the library.
pub fn client_options(transport: &Arc<dyn Transport>, service: &'static str, authority: Option<&str>) -> ClientOptions {
    let adapter = Adapter { transport: Arc::clone(transport), service };
    let cloud = authority.map(|authority| {
        let mut custom = CustomConfiguration::default();
        authority.clone_into(&mut custom.authority_host);
        Arc::new(CloudConfiguration::from(custom))
    });
    ClientOptions {
        transport: Some(azure_core::http::Transport::new(Arc::new(adapter))),
        retry: RetryOptions::none(),
        cloud,
        ..ClientOptions::default()
    }
}

/// What an error of an Azure library means, as an error of the transport: it failed below HTTP, had no token, or was
/// answered with an error status. What is none of these is an answer that the library could not read.
pub fn collect_error(service: &str, operation: &str, error: &Error) -> CollectError {
    let named = |kind, code: String, message: String| CollectError {
        kind,
        code,
        ..CollectError::malformed(service, operation, "global", message, Vec::new())
    };
    if let Some(no_token) = chain(error).find_map(|error| error.downcast_ref::<CredentialsError>()) {
        let kind = if no_token.passing() { GapReason::Unavailable } else { GapReason::Unauthenticated };
        return named(kind, "-".to_owned(), no_token.to_string());
    }
    if let Some(cause) = cause(error) {
        return named(cause.kind, cause.code.clone(), cause.message.clone());
    }
    let ErrorKind::HttpResponse { status, error_code, raw_response } = error.kind() else {
        return named(GapReason::Malformed, "-".to_owned(), error.to_string());
    };
    let answer = raw_response.as_deref().map(|raw| ApiResponse {
        seq: 0,
        status: u16::from(*status),
        headers: raw
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned()))
            .collect(),
        body: raw.body().as_ref().to_vec().into(),
        finished_at: Instant::new(chrono::DateTime::UNIX_EPOCH),
    });
    let (code, message) =
        answer.as_ref().map_or((error_code.clone(), String::new()), |answer| ErrorDialect::Azure.read(answer));
    let kind = code.as_deref().and_then(|code| ErrorDialect::Azure.kind(code));
    let kind = kind.unwrap_or_else(|| error::kind_of_status(u16::from(*status)));
    let message = message.lines().next().unwrap_or_default().to_owned();
    named(kind, code.unwrap_or_else(|| u16::from(*status).to_string()), message)
}

/// The call below HTTP that an error of an Azure library tells of, where there is one.
pub fn cause<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a CollectError> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// The HTTP status that an error of an Azure library tells of, itself or one of its causes.
pub fn status(error: &(dyn std::error::Error + 'static)) -> Option<u16> {
    chain(error).find_map(|error| Some(u16::from(error.downcast_ref::<Error>()?.http_status()?)))
}

/// An error and its causes.
fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn std::error::Error + 'static)| (*error).source())
}

#[derive(Clone, Debug)]
struct Adapter {
    transport: Arc<dyn Transport>,
    service: &'static str,
}

#[async_trait::async_trait]
impl HttpClient for Adapter {
    async fn execute_request(&self, request: &Request) -> Result<AsyncRawResponse> {
        let request = self.to_api(request)?;
        // `Other`, because the kinds of input and output would be tried again by the library.
        let answer = self.transport.call(request).await.map_err(|error| Error::new(ErrorKind::Other, error))?;
        let headers: HashMap<AzureName, AzureValue> =
            answer.headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Ok(AsyncRawResponse::from_bytes(answer.status.into(), Headers::from(headers), answer.body))
    }
}

impl Adapter {
    fn to_api(&self, request: &Request) -> Result<ApiRequest> {
        let Body::Bytes(body) = request.body() else {
            return Err(other("the request's body is a stream; this client carries bytes in memory"));
        };
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers().iter() {
            let name = HeaderName::try_from(name.as_str()).map_err(other)?;
            headers.append(name, HeaderValue::try_from(value.as_str()).map_err(other)?);
        }
        let method = Method::try_from(request.method().as_str()).map_err(other)?;
        Ok(ApiRequest {
            cloud: Cloud::Azure,
            region: "global".to_owned(),
            service: self.service.to_owned(),
            operation: method.to_string(),
            method,
            url: request.url().clone(),
            headers,
            body: body.clone(),
            dialect: ErrorDialect::Azure,
            secrets: &[],
        })
    }
}

fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Other, error)
}
