//! What is answered: `/healthz`, `/readyz`, `/metrics`. No request is read beyond its head, and none changes anything.

use super::token::Token;
use crate::collect;
use crate::metrics::{self, Metrics};
use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, VARY, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, StatusCode};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio_rustls::rustls::ServerConfig;

/// Time for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// What answering needs.
#[derive(Debug)]
pub(super) struct Answering {
    pub(super) metrics: Arc<Metrics>,
    /// Replaced when the configuration is read anew.
    pub(super) token: RwLock<Option<Token>>,
    /// The same.
    pub(super) tls: RwLock<Option<Arc<ServerConfig>>>,
}

/// The routes with their checks: the outermost first.
pub(super) fn router(answering: Arc<Answering>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(exposition))
        .layer(middleware::from_fn_with_state(Arc::clone(&answering), admitted))
        .layer(middleware::from_fn(bounded))
        .with_state(answering)
}

/// Everything but `/healthz` needs the token, where there is one; also what does not exist.
async fn admitted(State(answering): State<Arc<Answering>>, request: Request, next: Next) -> Response {
    let allowed = request.uri().path() == "/healthz" || {
        let token = answering.token.read().unwrap_or_else(PoisonError::into_inner);
        token.as_ref().is_none_or(|token| token.allows(request.headers()))
    };
    if allowed {
        return next.run(request).await;
    }
    let mut refused = text(StatusCode::UNAUTHORIZED, "a bearer token is needed: Authorization: Bearer …\n");
    refused.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    refused
}

/// No body, no other method, no endless answer; and no answer is kept or guessed at by a browser.
async fn bounded(request: Request, next: Next) -> Response {
    let mut answer = if !request.body().is_end_stream() {
        text(StatusCode::PAYLOAD_TOO_LARGE, "no request here has a body\n")
    } else if matches!(*request.method(), Method::GET | Method::HEAD) {
        match tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
            Ok(answer) => answer,
            Err(_) => text(StatusCode::SERVICE_UNAVAILABLE, "the answer took too long\n"),
        }
    } else {
        text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n")
    };
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    answer
}

/// The process lives.
async fn healthz() -> Response {
    text(StatusCode::OK, "ok\n")
}

/// Scopes were found and the store has answered since the start; or why not, a line each.
async fn readyz(State(answering): State<Arc<Answering>>) -> Response {
    match answering.metrics.ready() {
        Ok(()) => text(StatusCode::OK, "ready\n"),
        Err(reasons) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", reasons.join("\n"))),
    }
}

/// The figures: as OpenMetrics for who asks for it, as Prometheus does, and in its older text format for anybody else.
async fn exposition(State(answering): State<Arc<Answering>>, headers: HeaderMap) -> Response {
    let (now, metrics) = (collect::now(), &answering.metrics);
    let (content_type, text) = if asks_for_open_metrics(&headers) {
        (metrics::CONTENT_TYPE, metrics.exposition(now))
    } else {
        (metrics::PLAIN_CONTENT_TYPE, metrics.plain_exposition(now))
    };
    ([(CONTENT_TYPE, content_type), (VARY, "accept")], text).into_response()
}

fn asks_for_open_metrics(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.split(',').any(|one| one.trim_start().starts_with("application/openmetrics-text")))
}

fn text(status: StatusCode, text: impl Into<Body>) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text.into()).into_response()
}
