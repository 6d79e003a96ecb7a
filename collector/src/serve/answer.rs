//! Answers that a cache may keep and must ask about: a strong tag over the bytes, and 304 where the asker has them.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use evidenced_schemas::Digest;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

/// Bodies name accounts and what fails in them: no cache that others share may keep them.
const CACHE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A JSON body.
pub(super) fn json<T: Serialize>(asked: &HeaderMap, body: &T) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => tagged(asked, "application/json", bytes),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written: this is a fault of evidenced, please report it");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Bytes with their tag.
pub(super) fn tagged(asked: &HeaderMap, content_type: &'static str, bytes: impl Into<bytes::Bytes>) -> Response {
    let bytes = bytes.into();
    let tag = format!("\"{}\"", &Digest::of(&bytes).as_str()[..32]);
    let mut response = if has(asked, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, content_type)], Body::from(bytes)).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, CACHE);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(ETAG, tag);
    }
    response
}

/// True when the asker has these bytes (RFC 9110, section 13.1.2: the comparison is weak).
fn has(asked: &HeaderMap, tag: &str) -> bool {
    let given = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    given
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(tags: &[&str]) -> HeaderMap {
        tags.iter().map(|tag| (IF_NONE_MATCH, tag.parse().unwrap())).collect()
    }

    #[test]
    fn the_same_bytes_are_not_sent_twice() {
        let first = tagged(&asked(&[]), "text/plain", "one");
        let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
        assert!(first.status() == StatusCode::OK && tag.starts_with('"') && tag.len() == 34, "{tag}");
        for has in [&tag[..], "*", &format!("W/{tag}"), &format!("\"other\", {tag}")] {
            let again = tagged(&asked(&[has]), "text/plain", "one");
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{has}");
            assert_eq!(again.headers()[ETAG], tag);
        }
        assert_eq!(tagged(&asked(&[&tag]), "text/plain", "two").status(), StatusCode::OK);
        assert_eq!(tagged(&asked(&["\"other\""]), "text/plain", "one").status(), StatusCode::OK);
    }
}
