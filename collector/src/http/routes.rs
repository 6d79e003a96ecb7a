//! What `run` answers: `/healthz`, `/readyz`, `/metrics`. It reads no store and no cloud: what it tells is in memory.

use super::doors::{Manner, Refused};
use crate::collect;
use crate::metrics::{self, Metrics};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{ACCEPT, CONTENT_TYPE, VARY};
use http::{HeaderMap, StatusCode};
use std::sync::Arc;
use std::time::Duration;

/// A program asks, and reads what is wrong as text.
pub(super) const MANNER: Manner = Manner { answer_within: Duration::from_secs(10), is_browsed: false, refuse };

fn refuse(refused: Refused) -> Response {
    text(refused.status, format!("{}\n", refused.what))
}

/// The routes.
pub(super) fn router(metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(exposition))
        .with_state(metrics)
}

/// The process lives.
async fn healthz() -> Response {
    text(StatusCode::OK, "ok\n")
}

/// Scopes were found and the store has answered since the start; or why not, a line each.
async fn readyz(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.ready() {
        Ok(()) => text(StatusCode::OK, "ready\n"),
        Err(reasons) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", reasons.join("\n"))),
    }
}

/// The figures: as OpenMetrics for who asks for it, as Prometheus does, and in its older text format for anybody else.
async fn exposition(State(metrics): State<Arc<Metrics>>, headers: HeaderMap) -> Response {
    let now = collect::now();
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
