//! Asking an authority for a token over HTTP (RFC 3161 section 3.4). It deliberately stores nothing, and accepts nothing that
//! [`super::check`] does not.

use super::asn1::TimeStampReq;
use super::{Authorities, Expected, LARGEST, Stamp, check, imprint, integer};
use bytes::Bytes;
use der::Encode as _;
use der::asn1::ObjectIdentifier;
use evidenced_connectors::exchange::live::{Live, Wire};
use evidenced_connectors::exchange::{ApiRequest, ErrorDialect, Transport};
use evidenced_schemas::Cloud;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Time for one token, with every attempt.
const PATIENCE: Duration = Duration::from_secs(10);
const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";

/// A time-stamping authority.
#[derive(Clone, Debug)]
pub struct Authority {
    url: Url,
    authorities: Authorities,
    policy: Option<ObjectIdentifier>,
    transport: Arc<dyn Transport>,
}

/// A token that was not got.
#[derive(Debug, thiserror::Error)]
#[error("the time-stamping authority {url} {what}")]
pub struct AuthorityError {
    /// The authority.
    pub url: String,
    /// What it did.
    pub what: String,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Authority {
    /// An authority at a URL, whose tokens must lead to these CA certificates and, where one is named, be under this policy.
    pub fn new(wire: Wire, url: Url, authorities: Authorities, policy: Option<ObjectIdentifier>) -> Self {
        // What a token is over is public, and it is stored as received: there is nothing to record besides.
        Self { url, authorities, policy, transport: Arc::new(Live::unrecorded(wire)) }
    }

    /// Where it is.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// A token over these bytes, as received, and what it says. It was checked in every way.
    ///
    /// # Errors
    /// When the authority does not answer within ten seconds, or gives no token that holds.
    pub async fn stamp(&self, over: &[u8]) -> Result<(Bytes, Stamp), AuthorityError> {
        let nonce = nonce().map_err(|error| self.failed("was not asked: the system gave no randomness", error))?;
        let query = self.query(over, nonce).map_err(|error| self.failed("was not asked: no query was made", error))?;
        let answer = match tokio::time::timeout(PATIENCE, self.transport.call(self.request(query))).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.failed("did not answer", error)),
            Err(late) => return Err(self.failed(&format!("did not answer within {PATIENCE:?}"), late)),
        };
        if answer.status != 200 {
            let what = format!("answered with HTTP status {}: check `timestamp.url`", answer.status);
            return Err(self.said(what));
        }
        let kind = answer.headers.get("content-type").map_or("", String::as_str);
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(REPLY) {
            let shown: String = kind.chars().filter(|c| !c.is_control()).take(80).collect();
            return Err(self.said(format!("answered with `{shown}`, not `{REPLY}`: check `timestamp.url`")));
        }
        if answer.body.len() > LARGEST {
            return Err(self.said(format!("answered with {} bytes: no token has as many", answer.body.len())));
        }
        let expected = Expected { over, nonce: Some(nonce), policy: self.policy, authorities: Some(&self.authorities) };
        let stamp =
            check(&answer.body, &expected).map_err(|error| self.failed("gave a token that is not kept", error))?;
        Ok((answer.body, stamp))
    }

    fn query(&self, over: &[u8], nonce: u64) -> der::Result<Vec<u8>> {
        let query = TimeStampReq {
            version: 1,
            message_imprint: imprint(over)?,
            req_policy: self.policy,
            nonce: Some(integer(nonce)?),
            cert_req: true,
        };
        query.to_der()
    }

    fn request(&self, query: Vec<u8>) -> ApiRequest {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(QUERY));
        headers.insert(ACCEPT, HeaderValue::from_static(REPLY));
        ApiRequest {
            cloud: Cloud::Org,
            region: "global".to_owned(),
            service: "timestamp".to_owned(),
            operation: "TimeStampReq".to_owned(),
            method: Method::POST,
            url: self.url.clone(),
            headers,
            body: query.into(),
            dialect: ErrorDialect::Plain,
            secrets: &[],
        }
    }

    fn said(&self, what: impl Into<String>) -> AuthorityError {
        AuthorityError { url: self.url.to_string(), what: what.into(), source: None }
    }

    fn failed(&self, what: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> AuthorityError {
        AuthorityError { source: Some(source.into()), ..self.said(what) }
    }
}

/// A random number of 64 bits, so that an old answer cannot stand for a new one.
fn nonce() -> Result<u64, aws_lc_rs::error::Unspecified> {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(u64::from_be_bytes(bytes))
}
