//! Who is let in, and what a request may be. No request is read beyond its head, and none changes anything.

use super::token::Token;
use axum::Router;
use axum::body::HttpBody as _;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use http::header::{ALLOW, CACHE_CONTROL, HOST, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, StatusCode};
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio_rustls::rustls::ServerConfig;

/// How a server speaks to those who ask.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Time for an answer.
    pub answer_within: Duration,
    /// True where a browser asks too: it may send the token as the password of HTTP Basic (RFC 7617), which it asks a person for; and
    /// where there is no token, a page of another name is kept from reading through it.
    pub is_browsed: bool,
    /// How a refusal is written.
    pub refuse: fn(Refused) -> Response,
}

/// A request that is not answered.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    /// The HTTP status.
    pub status: StatusCode,
    /// What was wrong, and what to do.
    pub what: &'static str,
}

/// What may change while a server runs, and what it is asked with.
#[derive(Debug)]
pub(super) struct Doors {
    /// Replaced when the configuration is read anew.
    pub(super) token: RwLock<Option<Token>>,
    /// The same.
    pub(super) tls: RwLock<Option<Arc<ServerConfig>>>,
    manner: Manner,
}

impl Doors {
    pub(super) fn new(token: Option<Token>, tls: Option<Arc<ServerConfig>>, manner: Manner) -> Self {
        Self { token: RwLock::new(token), tls: RwLock::new(tls), manner }
    }

    fn refuse(&self, status: StatusCode, what: &'static str) -> Response {
        (self.manner.refuse)(Refused { status, what })
    }

    /// True for who brings the token, and for everybody where there is none.
    fn lets_in(&self, headers: &HeaderMap) -> bool {
        let token = self.token.read().unwrap_or_else(PoisonError::into_inner);
        match token.as_ref() {
            Some(token) => token.allows(headers) || (self.manner.is_browsed && token.allows_basic(headers)),
            None => true,
        }
    }

    fn has_token(&self) -> bool {
        self.token.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// Routes with their checks: the outermost first.
pub(super) fn behind(doors: Arc<Doors>, routes: Router) -> Router {
    routes
        .layer(middleware::from_fn_with_state(Arc::clone(&doors), admitted))
        .layer(middleware::from_fn_with_state(doors, bounded))
}

/// Everything but `/healthz` needs the token, where there is one; also what does not exist.
async fn admitted(State(doors): State<Arc<Doors>>, request: Request, next: Next) -> Response {
    if request.uri().path() == "/healthz" {
        return next.run(request).await;
    }
    if doors.manner.is_browsed && !doors.has_token() && !names_this_machine(request.headers()) {
        let what =
            "without a token only 127.0.0.1, [::1] and localhost are answered as the name of this server: set a token";
        return doors.refuse(StatusCode::MISDIRECTED_REQUEST, what);
    }
    if doors.lets_in(request.headers()) {
        return next.run(request).await;
    }
    let mut refused = doors.refuse(StatusCode::UNAUTHORIZED, "a bearer token is needed: Authorization: Bearer …");
    refused.headers_mut().append(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    if doors.manner.is_browsed {
        let basic = HeaderValue::from_static("Basic realm=\"evidenced: the token is the password\", charset=\"UTF-8\"");
        refused.headers_mut().append(WWW_AUTHENTICATE, basic);
    }
    refused
}

/// True when the request is for this machine by address or as localhost. A page elsewhere whose name was made to lead here (DNS
/// rebinding) sends its own name.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => host.split(':').next(),
    };
    let name = name.unwrap_or_default();
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// No body, no other method, no endless answer; and no answer is guessed at by a browser, nor kept where it does not say so.
async fn bounded(State(doors): State<Arc<Doors>>, request: Request, next: Next) -> Response {
    let mut answer = if !request.body().is_end_stream() {
        doors.refuse(StatusCode::PAYLOAD_TOO_LARGE, "no request here has a body")
    } else if matches!(*request.method(), Method::GET | Method::HEAD) {
        match tokio::time::timeout(doors.manner.answer_within, next.run(request)).await {
            Ok(answer) => answer,
            Err(_) => doors.refuse(StatusCode::SERVICE_UNAVAILABLE, "the answer took too long"),
        }
    } else {
        let mut refused = doors.refuse(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        refused
    };
    let headers = answer.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_this_machine_are_its_names() {
        let named = |host: &str| names_this_machine(&[(HOST, host.parse().unwrap())].into_iter().collect());
        for good in ["127.0.0.1", "127.0.0.1:8080", "localhost:1", "LOCALHOST", "[::1]:8080", "[::1]"] {
            assert!(named(good), "{good}");
        }
        for bad in
            ["", "evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", "[::2]", "::1"]
        {
            assert!(!named(bad), "{bad}");
        }
        assert!(!names_this_machine(&HeaderMap::new()));
    }
}
