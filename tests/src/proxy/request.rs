//! Reading a request, and telling which AWS operation it is.

use super::rest;
use std::fmt;
use std::io::Read as _;
use std::net::TcpStream;

/// One AWS call, as far as two of them are the same call: the operation, the region, and what it asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// `s3:GetBucketAcl`
    pub operation: String,
    /// The region that it is signed for.
    pub region: String,
    /// Path, query and body.
    pub asks: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}: {}", self.operation, self.region, self.asks)
    }
}

/// An HTTP request.
#[derive(Debug)]
pub(super) struct Request {
    head: String,
    /// Path and query.
    pub(super) path: String,
    body: Vec<u8>,
}

/// Reads one request; none when the client went away first.
pub(super) fn read(client: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 << 10];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        let read = client.read(&mut chunk).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut body = bytes.split_off(end);
    let length = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    while body.len() < length {
        let read = client.read(&mut chunk).ok().filter(|read| *read > 0)?;
        body.extend_from_slice(&chunk[..read]);
    }
    let path = head.split(' ').nth(1)?.to_owned();
    Some(Request { head, path, body })
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

impl Request {
    /// The request as it came, but for a connection that ends after it.
    pub(super) fn closing(&self) -> Vec<u8> {
        let kept = self.head.trim_end().lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        let mut bytes: Vec<u8> = kept.flat_map(|line| line.bytes().chain(*b"\r\n")).collect();
        bytes.extend_from_slice(b"Connection: close\r\n\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Which call it is: the service from the signature's scope, the operation as the service's protocol says it.
    pub(super) fn call(&self) -> Call {
        let scope = header(&self.head, "authorization")
            .and_then(|text| text.split_once("Credential=")?.1.split(',').next())
            .unwrap_or("-/-/-/-/-");
        let mut parts = scope.split('/').skip(2);
        let region = parts.next().unwrap_or("-").to_owned();
        let service = parts.next().unwrap_or("-");
        let body = String::from_utf8_lossy(&self.body);
        let operation = if let Some(target) = header(&self.head, "x-amz-target") {
            target.rsplit('.').next().unwrap_or(target).to_owned()
        } else if let Some(action) = body.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
            action.to_owned()
        } else if service == "s3" {
            self.s3_operation()
        } else if let Some(operation) = rest::operation(service, &self.path) {
            operation.to_owned()
        } else {
            // REST with JSON: `/getAlternateContact`
            let name = self.path.trim_start_matches('/').split(['?', '/']).next().unwrap_or_default();
            name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect()
        };
        let service = if self.path.starts_with("/v20180820/") { "s3control" } else { rest::service(service, &body) };
        Call { operation: format!("{service}:{operation}"), region, asks: format!("{} {body}", self.path) }
    }

    /// REST: the method, whether a bucket or an object is named, and the sub-resource.
    fn s3_operation(&self) -> String {
        let method = self.head.split(' ').next().unwrap_or_default();
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        if path.starts_with("/v20180820/") {
            return "GetPublicAccessBlock".to_owned();
        }
        let depth = path.split('/').filter(|part| !part.is_empty()).count();
        let sub = query
            .split('&')
            .map(|pair| pair.split('=').next().unwrap_or_default())
            .find(|key| !key.starts_with("x-id"));
        match (method, depth, sub.unwrap_or_default()) {
            ("GET", 0, _) => "ListBuckets",
            ("GET", 1, "acl") => "GetBucketAcl",
            ("GET", 1, "encryption") => "GetBucketEncryption",
            ("GET", 1, "lifecycle") => "GetBucketLifecycleConfiguration",
            ("GET", 1, "location") => "GetBucketLocation",
            ("GET", 1, "logging") => "GetBucketLogging",
            ("GET", 1, "object-lock") => "GetObjectLockConfiguration",
            ("GET", 1, "ownershipControls") => "GetBucketOwnershipControls",
            ("GET", 1, "policy") => "GetBucketPolicy",
            ("GET", 1, "policyStatus") => "GetBucketPolicyStatus",
            ("GET", 1, "publicAccessBlock") => "GetPublicAccessBlock",
            ("GET", 1, "replication") => "GetBucketReplication",
            ("GET", 1, "tagging") => "GetBucketTagging",
            ("GET", 1, "versioning") => "GetBucketVersioning",
            ("GET", 1, _) => "ListObjectsV2",
            ("GET", _, _) => "GetObject",
            ("PUT", _, _) => "PutObject",
            _ => method,
        }
        .to_owned()
    }
}
