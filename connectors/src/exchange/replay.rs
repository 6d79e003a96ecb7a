//! The replaying form of the door: the same calls, answered from recorded exchanges. It cannot reach a network.

use super::live::below_http;
use super::{ApiRequest, ApiResponse, CollectError, Transport, record, redact};
use base64::Engine as _;
use bytes::Bytes;
use evidenced_schemas::{Digest, Exchange, GapReason, to_canonical_vec};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a replay matches on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    region: String,
    service: String,
    operation: String,
    method: String,
    url: String,
    body: Vec<u8>,
}

/// Recorded exchanges, ready to answer.
#[derive(Debug)]
pub struct Replay {
    answers: Mutex<HashMap<Key, VecDeque<Exchange>>>,
    unanswered: Mutex<Vec<String>>,
}

impl Replay {
    /// Exchanges in the order of their numbers. Of a call's attempts the last one answers; calls that were made more
    /// than once are answered in their order.
    pub fn from_exchanges(exchanges: Vec<Exchange>) -> Self {
        let mut answers: HashMap<Key, VecDeque<Exchange>> = HashMap::new();
        for exchange in exchanges {
            let key = Key {
                region: exchange.region.clone(),
                service: exchange.service.clone(),
                operation: exchange.operation.clone(),
                method: exchange.request.method.clone(),
                url: exchange.request.url.clone(),
                body: canonical(exchange.request.body.as_deref().unwrap_or_default().as_bytes()),
            };
            let calls = answers.entry(key).or_default();
            if exchange.attempt > 1 && calls.back().is_some_and(|last| last.attempt + 1 == exchange.attempt) {
                calls.pop_back();
            }
            calls.push_back(exchange);
        }
        Self { answers: Mutex::new(answers), unanswered: Mutex::default() }
    }

    /// Calls that were asked for and are not in the recording, sorted.
    pub fn unanswered(&self) -> Vec<String> {
        let mut calls = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).clone();
        calls.sort();
        calls
    }

    /// Numbers of recorded exchanges that no call asked for, sorted.
    pub fn unasked(&self) -> Vec<u64> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left: Vec<u64> = answers.values().flatten().map(|exchange| exchange.seq).collect();
        left.sort_unstable();
        left
    }

    fn take(&self, request: &ApiRequest) -> Option<Exchange> {
        let key = Key {
            region: request.region.clone(),
            service: request.service.clone(),
            operation: request.operation.clone(),
            method: request.method.to_string(),
            url: record::unsigned(&request.url).to_string(),
            body: canonical(&request.body),
        };
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&key)?.pop_front()
    }
}

/// A JSON body with sorted keys; any other body as it is.
fn canonical(body: &[u8]) -> Vec<u8> {
    serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|value| to_canonical_vec(&value).ok())
        .unwrap_or_else(|| body.to_vec())
}

/// The recorded answer to a request. Redaction runs again: it changes nothing that was recorded through it, and what
/// was not never reaches a parser.
fn answer(request: &ApiRequest, exchange: &Exchange) -> Result<ApiResponse, CollectError> {
    let fail = |kind, message: String| {
        let at = Some(exchange.finished_at);
        Err(CollectError { at, ..below_http(request, kind, message, exchange.seq) })
    };
    if let Some(error) = &exchange.error {
        return fail(error.kind, error.message.clone());
    }
    let Some(response) = &exchange.response else {
        return fail(GapReason::Malformed, "the recorded exchange has neither an answer nor an error".to_owned());
    };
    let raw = match (&response.body, &response.body_base64) {
        (Some(text), None) => text.clone().into_bytes(),
        (None, Some(encoded)) => match base64::engine::general_purpose::STANDARD.decode(encoded) {
            Ok(bytes) => bytes,
            Err(error) => return fail(GapReason::Malformed, format!("the recorded body is not base64: {error}")),
        },
        _ => {
            return fail(GapReason::Malformed, "the recorded answer needs exactly one of body, body_base64".to_owned());
        }
    };
    if Digest::of(&raw) != response.sha256 {
        return fail(GapReason::Malformed, "the recorded body does not have the recorded digest".to_owned());
    }
    let headers: BTreeMap<String, String> = response.headers.clone();
    Ok(ApiResponse {
        seq: exchange.seq,
        status: response.status,
        headers,
        body: redact::redact(&Bytes::from(raw), request.secrets, &[]).body,
        finished_at: exchange.finished_at,
    })
}

#[async_trait::async_trait]
impl Transport for Replay {
    async fn call(&self, request: ApiRequest) -> Result<ApiResponse, CollectError> {
        if let Some(exchange) = self.take(&request) {
            return answer(&request, &exchange);
        }
        let call = format!("{}:{} {} {}", request.service, request.operation, request.method, request.url);
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        let message = "the recording holds no answer to this call".to_owned();
        Err(below_http(&request, GapReason::Unavailable, message, 0))
    }

    async fn pause(&self, _: Duration) {}
}
