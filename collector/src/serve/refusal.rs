//! Refusals, as RFC 9457 has them.

use super::bundle::Unreliable;
use crate::cli::exit::chain;
use crate::http::Refused;
use axum::response::{IntoResponse as _, Response};
use evidenced_schemas::api::Refusal;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

/// What is not answered, and why.
#[derive(Debug)]
pub(super) struct Refuse {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
    parameter: Option<String>,
}

impl Refuse {
    /// A parameter that is not known or has a value that cannot be.
    pub(super) fn parameter(name: &str, detail: String) -> Self {
        let parameter = Some(name.to_owned());
        Self { parameter, ..Self::new(StatusCode::BAD_REQUEST, "bad-parameter", "The query is not understood", detail) }
    }

    /// Something that is not there.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is no such thing", detail.into())
    }

    /// A cursor of another snapshot.
    pub(super) fn gone(detail: &str) -> Self {
        Self::new(
            StatusCode::GONE,
            "cursor-expired",
            "The evidence has changed since the first page",
            detail.to_owned(),
        )
    }

    /// Evidence that is not what was signed.
    pub(super) fn damaged(detail: String) -> Self {
        Self::new(StatusCode::CONFLICT, "evidence-damaged", "The evidence is not what was signed", detail)
    }

    /// Nothing was read yet, or the store does not answer.
    pub(super) fn not_now(detail: String) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-now", "The store cannot be read now", detail)
    }

    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: String) -> Self {
        Self { status, kind, title, detail, parameter: None }
    }

    pub(super) fn into_response(self) -> Response {
        let body = Refusal {
            type_: format!("urn:evidenced:problem:{}", self.kind),
            title: self.title.to_owned(),
            status: self.status.as_u16(),
            detail: self.detail,
            parameter: self.parameter,
        };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = (self.status, [(CONTENT_TYPE, "application/problem+json")], text).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

impl From<Unreliable> for Refuse {
    fn from(error: Unreliable) -> Self {
        match error {
            Unreliable::Away(error) => Self::not_now(chain(&error)),
            Unreliable::Unread(error) => Self::damaged(chain(&error)),
            Unreliable::Damaged { .. } => Self::damaged(error.to_string()),
        }
    }
}

/// What the doors refuse.
pub(super) fn of_doors(refused: Refused) -> Response {
    let (kind, title) = match refused.status {
        StatusCode::UNAUTHORIZED => ("unauthorized", "A token is needed"),
        StatusCode::METHOD_NOT_ALLOWED => ("method-not-allowed", "Nothing can be changed here"),
        StatusCode::PAYLOAD_TOO_LARGE => ("no-body", "A request here has no body"),
        StatusCode::MISDIRECTED_REQUEST => ("misdirected", "This is not the server of that name"),
        _ => ("not-now", "There is no answer now"),
    };
    Refuse::new(refused.status, kind, title, refused.what.to_owned()).into_response()
}
