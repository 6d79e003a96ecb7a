//! The paths, and who answers each.

use super::query::Query;
use super::reader::{Reader, View};
use super::refusal::{self, Refuse};
use super::table::{self, Endpoint};
use super::{answer, evidence, now, openapi, page, trend};
use crate::http::Manner;
use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode, Uri};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// A browser may ask too, and programs read refusals as RFC 9457 has them. A bundle may have to come from far away.
pub const MANNER: Manner = Manner {
    answer_within: Duration::from_mins(1),
    is_browsed: true,
    refuse: |refused| page::strict(refusal::of_doors(refused)),
};

type Shared = State<Arc<Reader>>;

/// The routes over a reader.
pub fn router(reader: Arc<Reader>) -> Router {
    let told = |endpoint: &'static Endpoint, make: Make| {
        get(move |State(reader): Shared, uri: Uri, headers: HeaderMap| async move {
            told(&reader, endpoint, &uri, &headers, make)
        })
    };
    Router::new()
        .route("/", get(page::page))
        .route("/assets/{name}", get(asset))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/openapi.json", get(description))
        .route(
            table::SUMMARY.path,
            told(&table::SUMMARY, |headers, view, query| Ok(answer::json(headers, &now::summary(view, query)))),
        )
        .route(
            table::FINDINGS.path,
            told(&table::FINDINGS, |headers, view, query| Ok(answer::json(headers, &now::findings(view, query)?))),
        )
        .route(table::FINDING.path, get(finding))
        .route(table::EXCHANGE.path, get(exchange))
        .route(
            table::CONTROLS.path,
            told(&table::CONTROLS, |headers, view, query| Ok(answer::json(headers, &now::controls(view, query)))),
        )
        .route(table::CONTROL_ONE.path, get(control))
        .route(
            table::BUNDLES.path,
            told(&table::BUNDLES, |headers, view, query| Ok(answer::json(headers, &now::bundles(view, query)?))),
        )
        .route(
            table::TIMELINE.path,
            told(&table::TIMELINE, |headers, view, query| Ok(answer::json(headers, &now::timeline(view, query)?))),
        )
        .route(
            table::TREND.path,
            told(&table::TREND, |headers, view, query| Ok(answer::json(headers, &trend::trend(view, query)))),
        )
        .route(
            table::COVERAGE.path,
            told(&table::COVERAGE, |headers, view, _| Ok(answer::json(headers, &now::coverage(view)))),
        )
        .fallback(|| async { nothing_here().into_response() })
        .layer(middleware::map_response(|response: Response| async { page::strict(response) }))
        .with_state(reader)
}

/// Makes an answer of a reading and a query.
type Make = fn(&HeaderMap, &View, &Query) -> Result<Response, Refuse>;

fn told(reader: &Reader, endpoint: &Endpoint, uri: &Uri, headers: &HeaderMap, make: Make) -> Response {
    let answered = asked(reader, endpoint, uri).and_then(|(view, query)| make(headers, &view, &query));
    answered.unwrap_or_else(Refuse::into_response)
}

fn asked(reader: &Reader, endpoint: &Endpoint, uri: &Uri) -> Result<(View, Query), Refuse> {
    let query = Query::read(uri.query(), endpoint)?;
    Ok((reader.view().map_err(Refuse::not_now)?, query))
}

fn nothing_here() -> Refuse {
    Refuse::not_found("there is nothing at this path: /openapi.json lists what there is")
}

fn sent<T: Serialize>(headers: &HeaderMap, made: Result<T, Refuse>) -> Response {
    made.map_or_else(Refuse::into_response, |body| answer::json(headers, &body))
}

/// The process lives.
async fn healthz() -> Response {
    text(StatusCode::OK, "ok\n".to_owned())
}

/// The store was read, and could be read the last time.
async fn readyz(State(reader): Shared) -> Response {
    match reader.view() {
        Err(what) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{what}\n")),
        Ok(View { about, .. }) => match about.stale {
            Some(stale) => {
                let what = format!(
                    "the store could not be read since {}, what was read then is told: {}\n",
                    stale.since, stale.what
                );
                text(StatusCode::SERVICE_UNAVAILABLE, what)
            }
            None => text(StatusCode::OK, "ready\n".to_owned()),
        },
    }
}

fn text(status: StatusCode, text: String) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

async fn description(headers: HeaderMap) -> Response {
    answer::json(&headers, &openapi::document())
}

async fn asset(name: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    let found = name.ok().and_then(|Path(name)| page::asset(&headers, &name));
    found.unwrap_or_else(|| nothing_here().into_response())
}

async fn control(
    State(reader): Shared,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let made = asked(&reader, &table::CONTROL_ONE, &uri).and_then(|(view, _)| {
        let Path(id) = id.map_err(|_| nothing_here())?;
        now::control(&view, &id)
    });
    sent(&headers, made)
}

type RunAndNumber = Result<Path<(String, String)>, PathRejection>;

/// The parts of a path that name a line of a run's file.
fn named(parts: RunAndNumber) -> Result<(String, u64), Refuse> {
    let Path((run, number)) = parts.map_err(|_| nothing_here())?;
    let is_plain = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
    match number.parse() {
        Ok(parsed) if is_plain => Ok((run, parsed)),
        _ => Err(Refuse::not_found(format!("`{number}` is no number from 1"))),
    }
}

async fn finding(State(reader): Shared, parts: RunAndNumber, uri: Uri, headers: HeaderMap) -> Response {
    let made = async {
        let (view, _) = asked(&reader, &table::FINDING, &uri)?;
        let (run, line) = named(parts)?;
        evidence::finding(&reader, &view, &run, line).await
    };
    sent(&headers, made.await)
}

async fn exchange(State(reader): Shared, parts: RunAndNumber, uri: Uri, headers: HeaderMap) -> Response {
    let made = async {
        let (view, _) = asked(&reader, &table::EXCHANGE, &uri)?;
        let (run, seq) = named(parts)?;
        evidence::exchange(&reader, &view, &run, seq).await
    };
    sent(&headers, made.await)
}
