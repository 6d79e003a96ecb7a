//! Content-MD5 on what is put, for the service to check what arrived.
//!
//! The client has no setting for it. It finds bytes that were spoilt on the way and nothing else: what an object must be
//! is said by the SHA-256 in the statement.

use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Body, Context, Method, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use std::sync::Arc;

/// Adds the header to each PUT.
#[derive(Debug)]
pub(super) struct ContentMd5;

#[async_trait::async_trait]
impl Policy for ContentMd5 {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        if let (Method::Put, Body::Bytes(bytes)) = (request.method(), request.body()) {
            let sum = BASE64.encode(Md5::digest(bytes));
            request.insert_header("content-md5", sum);
        }
        match next {
            [first, rest @ ..] => first.send(context, request, rest).await,
            [] => {
                Err(azure_core::Error::with_message(azure_core::error::ErrorKind::Other, "nothing sends the request"))
            }
        }
    }
}
