//! Turning an attempt into an [`Exchange`], and where exchanges go.

use super::live::Attempt;
use super::{ApiRequest, KEPT_HEADERS, redact};
use base64::Engine as _;
use bytes::Bytes;
use evidenced_schemas::exchange::{ExchangeError, ExchangeRequest, ExchangeResponse};
use evidenced_schemas::{Digest, Exchange, Instant, ScopeId};
use http::HeaderMap;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use url::Url;

/// Where exchanges are written, in the order finished.
pub trait Journal: Send + Sync + std::fmt::Debug {
    /// Gives the exchange the next number (from 1), writes it, and says the number.
    ///
    /// # Errors
    /// When it could not be written. The run must then fail: an exchange that is not kept is not evidence.
    fn append(&self, exchange: Exchange) -> Result<u64, JournalError>;
}

/// An exchange that could not be kept.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the exchange could not be written to the scratch folder: {0}")]
pub struct JournalError(pub String);

/// A journal in memory, for recordings that are small.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Vec<Exchange>>);

impl Memory {
    /// What was written so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Journal for Memory {
    fn append(&self, mut exchange: Exchange) -> Result<u64, JournalError> {
        let mut exchanges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        exchange.seq = exchanges.len() as u64 + 1;
        exchanges.push(exchange);
        Ok(exchanges.len() as u64)
    }
}

/// An attempt after redaction: what is recorded is what the connector parses.
#[derive(Debug)]
pub(super) struct Redacted {
    pub(super) status: Option<u16>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Bytes,
    redactions: Vec<String>,
    request_id: Option<String>,
    date: Option<String>,
}

/// Redacts an attempt.
pub(super) fn redacted(request: &ApiRequest, attempt: &Attempt) -> Redacted {
    let status = attempt.head.as_ref().map(|head| head.0);
    let cleaned = redact::redact(&attempt.body, request.secrets, &literals(&request.headers, status));
    let mut whole = untouched(attempt);
    whole.headers.retain(|name, _| KEPT_HEADERS.contains(&name.as_str()));
    Redacted { body: cleaned.body, redactions: cleaned.paths, ..whole }
}

/// An attempt as it came, for calls that are not recorded.
pub(super) fn untouched(attempt: &Attempt) -> Redacted {
    let header = |name: &str| {
        let value = attempt.head.as_ref()?.1.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Redacted {
        status: attempt.head.as_ref().map(|head| head.0),
        headers: attempt
            .head
            .iter()
            .flat_map(|head| head.1.keys())
            .filter_map(|name| Some((name.as_str().to_owned(), header(name.as_str())?)))
            .collect(),
        body: attempt.body.clone(),
        redactions: Vec::new(),
        request_id: ["x-amzn-requestid", "x-amz-request-id", "x-ms-request-id"].iter().find_map(|name| header(name)),
        date: header("date"),
    }
}

/// Credentials of this very request, which an error answer may echo (S3 and IAM print the canonical request, with the
/// session token, in `SignatureDoesNotMatch`).
fn literals(headers: &HeaderMap, status: Option<u16>) -> Vec<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut literals: Vec<String> = text("x-amz-security-token").into_iter().collect();
    if let Some(authorization) = text("authorization") {
        let part = |start: &str, end: char| {
            let rest = authorization.split(start).nth(1)?;
            rest.split(end).next().map(str::to_owned)
        };
        literals.extend(part("Signature=", ','));
        literals.extend(part("Bearer ", ' '));
        if status.is_some_and(|status| status >= 400) {
            literals.extend(part("Credential=", '/'));
        }
    }
    literals.retain(|literal| literal.len() >= 8);
    literals
}

/// The exchange of one attempt, numbered later.
pub(super) fn exchange(
    request: &ApiRequest,
    scope: &ScopeId,
    attempt: &Attempt,
    redacted: &Redacted,
    number: u32,
) -> Exchange {
    let (body, body_base64) = match std::str::from_utf8(&redacted.body) {
        Ok(text) => (Some(text.to_owned()), None),
        Err(_) => (None, Some(base64::engine::general_purpose::STANDARD.encode(&redacted.body))),
    };
    Exchange {
        seq: 0,
        cloud: request.cloud,
        scope: scope.clone(),
        region: request.region.clone(),
        service: request.service.clone(),
        operation: request.operation.clone(),
        request: ExchangeRequest {
            method: request.method.to_string(),
            url: unsigned(&request.url).to_string(),
            body: (!request.body.is_empty()).then(|| String::from_utf8_lossy(&request.body).into_owned()),
        },
        response: redacted.status.map(|status| ExchangeResponse {
            status,
            request_id: redacted.request_id.clone(),
            date: redacted.date.clone(),
            headers: redacted.headers.clone(),
            body,
            body_base64,
            sha256: Digest::of(&redacted.body),
        }),
        error: attempt.error.as_ref().map(|error| ExchangeError { kind: error.kind, message: error.message.clone() }),
        started_at: Instant::new(attempt.started_at),
        finished_at: Instant::new(attempt.finished_at),
        attempt: number,
        redactions: redacted.redactions.clone(),
    }
}

/// The URL without query parameters that are signatures or credentials.
pub(super) fn unsigned(url: &Url) -> Url {
    const SIGNED: [&str; 8] = [
        "x-amz-signature",
        "x-amz-credential",
        "x-amz-security-token",
        "x-amz-signedheaders",
        "x-amz-algorithm",
        "x-amz-date",
        "sig",
        "access_token",
    ];
    let is_signed = |name: &str| SIGNED.contains(&name.to_ascii_lowercase().as_str());
    if !url.query_pairs().any(|(name, _)| is_signed(&name)) {
        return url.clone();
    }
    let mut clean = url.clone();
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(name, _)| !is_signed(name)).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    clean.set_query(None);
    if !kept.is_empty() {
        clean.query_pairs_mut().extend_pairs(kept);
    }
    clean
}
