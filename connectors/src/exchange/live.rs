//! The live form of the door: limits, attempts, redaction, recording.
//!
//! With a journal it is the recording form; without one it serves what must not be recorded: tokens, `AssumeRole`, and
//! the evidence store itself. Retry lives here alone.

use super::limits::Limits;
use super::record::{self, Journal};
use super::{ApiRequest, ApiResponse, CollectError, Transport, error};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use evidenced_schemas::{GapReason, Instant, ScopeId};
use http::HeaderMap;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Attempts of one call, the first among them.
const ATTEMPTS: u32 = 5;
/// Delay before the second attempt; doubled for each further one, with full jitter.
const FIRST_DELAY: Duration = Duration::from_millis(250);
/// The longest delay, also of a `Retry-After`.
const LONGEST_DELAY: Duration = Duration::from_secs(20);
/// The longest that one throttled call keeps others of its kind waiting.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Time for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for one whole attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_mins(1);
/// The largest answer that is read, in bytes. The largest documented page (IAM authorization details, 1,000 items) is
/// some 20 MiB.
const LARGEST_BODY: usize = 128 << 20;

/// One HTTP client for the process: connections are shared between scopes, records are not.
#[derive(Clone, Debug)]
pub struct Wire {
    pub(super) client: reqwest::Client,
}

/// A client that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct WireError {
    what: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Wire {
    /// Makes the client. Proxies are read from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; further CA certificates from
    /// the PEM file named by `AWS_CA_BUNDLE`.
    ///
    /// # Errors
    /// When the CA bundle cannot be read, or the system has no root certificates.
    pub fn new() -> Result<Self, WireError> {
        // A second call finds the provider installed already: that is fine.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ATTEMPT_TIMEOUT)
            .user_agent(concat!("evidenced/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()).map(PathBuf::from) {
            let failed = |what: String, source| WireError { what, source };
            let pem = std::fs::read(&path).map_err(|error| {
                failed(format!("AWS_CA_BUNDLE: {} cannot be read", path.display()), Some(Box::new(error) as _))
            })?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| {
                failed(format!("AWS_CA_BUNDLE: {} is not a PEM bundle", path.display()), Some(Box::new(error) as _))
            })?;
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(|error| WireError {
            what:
                "no HTTPS client could be made: install CA certificates (Debian: ca-certificates) or set SSL_CERT_FILE"
                    .to_owned(),
            source: Some(Box::new(error)),
        })?;
        Ok(Self { client })
    }

    /// One attempt.
    async fn attempt(&self, request: &ApiRequest) -> Attempt {
        let started_at = now();
        let sent = self
            .client
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone())
            .body(request.body.clone())
            .send()
            .await;
        let (head, body, error) = match sent {
            Err(error) => (None, Bytes::new(), Some(Failure::of(&error))),
            Ok(mut response) => {
                let head = (response.status().as_u16(), response.headers().clone());
                let mut body = BytesMut::new();
                let error = loop {
                    match response.chunk().await {
                        Ok(Some(chunk)) if body.len() + chunk.len() > LARGEST_BODY => {
                            break Some(Failure {
                                kind: GapReason::TooLarge,
                                message: format!("the answer is over {LARGEST_BODY} bytes"),
                            });
                        }
                        Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                        Ok(None) => break None,
                        Err(error) => break Some(Failure::of(&error)),
                    }
                };
                (Some(head), body.freeze(), error)
            }
        };
        Attempt { head, body, error, started_at, finished_at: now() }
    }
}

/// The clock of exchanges.
#[expect(clippy::disallowed_methods, reason = "exchanges carry the time they were made; nothing is judged by it")]
pub(super) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// What one attempt gave.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) head: Option<(u16, HeaderMap)>,
    pub(super) body: Bytes,
    pub(super) error: Option<Failure>,
    pub(super) started_at: DateTime<Utc>,
    pub(super) finished_at: DateTime<Utc>,
}

/// A failure below HTTP.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: GapReason,
    pub(super) message: String,
}

impl Failure {
    /// The innermost cause says what happened ("connection refused"); the outer ones repeat the URL.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let mut innermost: &dyn std::error::Error = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        let kind = if error.is_timeout() { GapReason::Timeout } else { GapReason::Unavailable };
        Self { kind, message: innermost.to_string() }
    }
}

/// Counts what a run cost.
#[derive(Debug, Default)]
pub struct Meter {
    calls: AtomicU64,
    retries: AtomicU64,
    bytes: AtomicU64,
    services: Mutex<BTreeMap<String, Asked>>,
}

/// How much one service was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Calls, each counted once.
    pub calls: u64,
    /// Further attempts.
    pub retries: u64,
    /// Attempts that were answered with "too many", the last of a call among them.
    pub throttles: u64,
}

impl Meter {
    /// Calls, each counted once.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Further attempts.
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Bytes of response bodies.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The same by service, as the provider's permissions name it.
    pub fn services(&self) -> BTreeMap<String, Asked> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn called(&self, service: &str) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.of(service, |asked| asked.calls += 1);
    }

    pub(super) fn received(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn retried(&self, service: &str) {
        self.retries.fetch_add(1, Ordering::Relaxed);
        self.of(service, |asked| asked.retries += 1);
    }

    fn throttled(&self, service: &str) {
        self.of(service, |asked| asked.throttles += 1);
    }

    fn of(&self, service: &str, change: impl FnOnce(&mut Asked)) {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        match services.get_mut(service) {
            Some(asked) => change(asked),
            None => change(services.entry(service.to_owned()).or_default()),
        }
    }
}

/// Where and for which scope a transport records.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Takes the exchanges.
    pub journal: Arc<dyn Journal>,
    /// The scope that is read.
    pub scope: ScopeId,
}

/// The live transport.
#[derive(Debug)]
pub struct Live {
    wire: Wire,
    limits: Limits,
    recording: Option<Recording>,
    meter: Arc<Meter>,
    cancel: CancellationToken,
}

impl Live {
    /// A transport that records nothing.
    pub fn unrecorded(wire: Wire) -> Self {
        Self {
            wire,
            limits: Limits::default(),
            recording: None,
            meter: Arc::default(),
            cancel: CancellationToken::new(),
        }
    }

    /// A transport that records every attempt.
    pub fn recording(wire: Wire, recording: Recording, cancel: CancellationToken) -> Self {
        Self { recording: Some(recording), cancel, ..Self::unrecorded(wire) }
    }

    /// What it cost so far.
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    /// Makes the attempts of one call.
    async fn attempts(&self, request: &ApiRequest) -> Result<ApiResponse, CollectError> {
        self.meter.called(&request.service);
        let mut number = 1;
        loop {
            let place = self.limits.place(&request.service, &request.operation, &request.region).await;
            let attempt = self.wire.attempt(request).await;
            self.meter.received(attempt.body.len() as u64);
            let outcome = self.keep(request, &attempt, number)?;
            let failure = match &outcome {
                Ok(response) => CollectError::from_response(request, response).map(|error| error.kind),
                Err(error) => Some(error.kind),
            };
            let delay = delay(number, attempt.head.as_ref().map(|head| &head.1));
            if failure == Some(GapReason::Throttled) {
                self.meter.throttled(&request.service);
                place.slow_down(delay.min(LONGEST_PAUSE));
            }
            drop(place);
            let again = failure.is_some_and(|kind| error::rule(kind).retried) && number < ATTEMPTS;
            if !again {
                return outcome;
            }
            self.meter.retried(&request.service);
            tracing::debug!(service = request.service, operation = request.operation, number, ?delay, "trying again");
            tokio::time::sleep(delay).await;
            number += 1;
        }
    }

    /// Redacts and records one attempt. The outer error is a journal that failed: the call must not go on.
    fn keep(
        &self,
        request: &ApiRequest,
        attempt: &Attempt,
        number: u32,
    ) -> Result<Result<ApiResponse, CollectError>, CollectError> {
        // Without a journal nothing is kept, and what is asked for are the secrets themselves, or evidence byte for byte.
        let redacted = match &self.recording {
            Some(_) => record::redacted(request, attempt),
            None => record::untouched(attempt),
        };
        let seq = match &self.recording {
            None => 0,
            Some(recording) => recording
                .journal
                .append(record::exchange(request, &recording.scope, attempt, &redacted, number))
                .map_err(|error| below_http(request, GapReason::Cancelled, error.to_string(), 0))?,
        };
        Ok(match (&attempt.error, redacted.status) {
            (Some(failure), _) => Err(CollectError {
                at: Some(Instant::new(attempt.finished_at)),
                ..below_http(request, failure.kind, failure.message.clone(), seq)
            }),
            (None, Some(status)) => Ok(ApiResponse {
                seq,
                status,
                headers: redacted.headers,
                body: redacted.body,
                finished_at: Instant::new(attempt.finished_at),
            }),
            (None, None) => Err(below_http(request, GapReason::Unavailable, "no answer".to_owned(), seq)),
        })
    }
}

/// The error of a call that got no whole answer.
pub(super) fn below_http(request: &ApiRequest, kind: GapReason, message: String, seq: u64) -> CollectError {
    CollectError {
        kind,
        service: request.service.clone(),
        operation: request.operation.clone(),
        region: request.region.clone(),
        code: "-".to_owned(),
        message,
        exchanges: if seq == 0 { vec![] } else { vec![seq] },
        at: None,
    }
}

/// Full jitter over a doubling bound, and never sooner than the provider asked.
fn delay(attempt: u32, headers: Option<&HeaderMap>) -> Duration {
    let bound = FIRST_DELAY.saturating_mul(1 << attempt.saturating_sub(1).min(8)).min(LONGEST_DELAY);
    let asked = headers
        .and_then(|headers| headers.get("retry-after")?.to_str().ok()?.trim().parse().ok())
        .map_or(Duration::ZERO, Duration::from_secs);
    bound.mul_f64(0.5 + jitter() / 2.0).max(asked).min(LONGEST_DELAY)
}

/// A number in 0..1 that differs between processes and calls. It spreads retries; nothing depends on its quality.
fn jitter() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let hash = std::collections::hash_map::RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(hash >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

#[async_trait::async_trait]
impl Transport for Live {
    async fn call(&self, request: ApiRequest) -> Result<ApiResponse, CollectError> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => {
                Err(below_http(&request, GapReason::Cancelled, "the run was stopped".to_owned(), 0))
            }
            outcome = self.attempts(&request) => outcome,
        }
    }

    async fn pause(&self, time: Duration) {
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = tokio::time::sleep(time) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_are_bounded() {
        for attempt in 1..40 {
            assert!(delay(attempt, None) <= LONGEST_DELAY);
        }
        assert!(delay(1, None) >= FIRST_DELAY / 2);
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "3".parse().unwrap());
        assert!(delay(1, Some(&headers)) >= Duration::from_secs(3));
        headers.insert("retry-after", "99999".parse().unwrap());
        assert!(delay(1, Some(&headers)) <= LONGEST_DELAY);
    }
}
