//! The door to addresses that are no cloud: a webhook, a collector of traces. One attempt, recorded nowhere.
//!
//! It deliberately tries nothing again and follows no redirect: what is sent may be signed for one address, and who sends it
//! knows when it is worth another attempt.

use super::live::{Failure, Wire};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use std::time::Duration;
use url::Url;

/// Bytes of an answer that are kept; what comes after them is not waited for.
const ANSWER: usize = 64 << 10;

/// Something to be sent.
#[derive(Debug)]
pub struct Post {
    /// Where to.
    pub url: Url,
    /// Headers, secrets perhaps among them.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Time for the whole, the answer included.
    pub within: Duration,
}

/// What was answered, whatever its status.
#[derive(Clone, Debug)]
pub struct Posted {
    /// HTTP status; a redirect among them.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, or its beginning.
    pub body: Bytes,
}

/// Nothing was answered.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}")]
pub struct PostError {
    /// What happened, without the address: it may hold a secret.
    pub what: String,
}

impl Wire {
    /// Sends, once.
    ///
    /// # Errors
    /// When there was no answer in time.
    pub async fn post(&self, post: Post) -> Result<Posted, PostError> {
        let within = post.within;
        let failed = |error: &reqwest::Error| {
            let what = if error.is_timeout() {
                format!("no answer within {} s", within.as_secs_f32())
            } else {
                Failure::of(error).message
            };
            PostError { what }
        };
        let request = self.client.post(post.url).headers(post.headers).body(post.body).timeout(within);
        let mut answer = request.send().await.map_err(|error| failed(&error))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = BytesMut::new();
        while body.len() < ANSWER {
            match answer.chunk().await.map_err(|error| failed(&error))? {
                Some(chunk) => body.extend_from_slice(&chunk),
                None => break,
            }
        }
        body.truncate(ANSWER);
        Ok(Posted { status, headers, body: body.freeze() })
    }
}
