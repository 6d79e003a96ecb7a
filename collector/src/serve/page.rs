//! The dashboard: three files in the binary, which ask the API. No build step makes them, and they ask nobody else.

use super::answer::tagged;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};

const PAGE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/dashboard.css");
const ICON: &str = include_str!("page/icon.svg");
const SCRIPTS: [(&str, &str); 4] = [
    ("dashboard.js", include_str!("page/dashboard.js")),
    ("dom.js", include_str!("page/dom.js")),
    ("chart.js", include_str!("page/chart.js")),
    ("views.js", include_str!("page/views.js")),
];

/// Scripts, styles and requests of this server alone; nothing inline, no frame, no form that leads elsewhere.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// `/`
pub(super) async fn page(asked: HeaderMap) -> Response {
    tagged(&asked, "text/html; charset=utf-8", PAGE)
}

/// `/assets/{name}`; none where there is no such file.
pub(super) fn asset(asked: &HeaderMap, name: &str) -> Option<Response> {
    if name == "dashboard.css" {
        return Some(tagged(asked, "text/css; charset=utf-8", STYLE));
    }
    if name == "icon.svg" {
        return Some(tagged(asked, "image/svg+xml", ICON));
    }
    let (_, text) = SCRIPTS.iter().find(|(known, _)| *known == name)?;
    Some(tagged(asked, "text/javascript; charset=utf-8", *text))
}

/// What keeps a browser from doing anything else with what it gets.
pub(super) fn strict(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_SECURITY_POLICY, POLICY);
    for (name, value) in [
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}
