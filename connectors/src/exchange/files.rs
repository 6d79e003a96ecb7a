//! The door to files of the organisation: a read of one is an exchange like any other, so that it can be replayed.
//!
//! A file's address is `org:` and its path as it is written in the configuration. A file that is not there is an answer (404),
//! as one that may not be read (403). Nothing outside what is asked for is read, and nothing is written.

use super::live::{Attempt, Failure, Meter, Recording, below_http, now};
use super::{ApiRequest, ApiResponse, CollectError, Transport, record};
use bytes::Bytes;
use evidenced_schemas::{GapReason, Instant};
use http::HeaderMap;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The scheme of a file's address.
const SCHEME: &str = "org:";
/// What a path may hold and an address may not: it would end the path, or look as if it were encoded.
const RESERVED: &AsciiSet = &CONTROLS.add(b' ').add(b'#').add(b'?').add(b'%').add(b'\\');
/// A register of people that is larger than this is no text that somebody keeps by hand.
const LARGEST_FILE: u64 = 16 << 20;

/// The address of a file, by its path as it is written.
///
/// # Errors
/// For a path that no address can be made of.
pub fn address(path: &str) -> Result<Url, url::ParseError> {
    Url::parse(&format!("{SCHEME}{}", utf8_percent_encode(path, RESERVED)))
}

/// The path of a file, from its address.
pub fn path(address: &Url) -> String {
    percent_decode_str(address.path()).decode_utf8_lossy().into_owned()
}

/// Where the files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Where relative paths begin.
    pub path: PathBuf,
    /// Files that come with the program: an operation, and what it gives.
    pub built_in: &'static [(&'static str, &'static str)],
}

/// Reads files and records each read.
#[derive(Debug)]
pub struct Files {
    folder: Folder,
    recording: Recording,
    meter: Arc<Meter>,
}

impl Files {
    /// Reads from this folder.
    pub fn recording(folder: Folder, recording: Recording) -> Self {
        Self { folder, recording, meter: Arc::default() }
    }

    /// What it cost so far.
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    fn attempt(&self, request: &ApiRequest) -> Attempt {
        let started_at = now();
        let built_in = self.folder.built_in.iter().find(|(operation, _)| *operation == request.operation);
        let (status, body, error) = match built_in {
            Some((_, text)) => (Some(200), Bytes::from_static(text.as_bytes()), None),
            None => read(&self.folder.path.join(path(&request.url))),
        };
        let head = status.map(|status| (status, HeaderMap::new()));
        Attempt { head, body, error, started_at, finished_at: now() }
    }
}

fn read(path: &Path) -> (Option<u16>, Bytes, Option<Failure>) {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) if bytes.len() as u64 > LARGEST_FILE => {
            let message = format!("the file is over {LARGEST_FILE} bytes");
            (None, Bytes::new(), Some(Failure { kind: GapReason::TooLarge, message }))
        }
        Ok(_) => (Some(200), bytes.into(), None),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => (Some(404), Bytes::new(), None),
            ErrorKind::PermissionDenied => (Some(403), Bytes::new(), None),
            _ => {
                let failure = Failure { kind: GapReason::Unavailable, message: error.to_string() };
                (None, Bytes::new(), Some(failure))
            }
        },
    }
}

#[async_trait::async_trait]
impl Transport for Files {
    async fn call(&self, request: ApiRequest) -> Result<ApiResponse, CollectError> {
        self.meter.called(&request.service);
        let attempt = self.attempt(&request);
        self.meter.received(attempt.body.len() as u64);
        let redacted = record::redacted(&request, &attempt);
        let exchange = record::exchange(&request, &self.recording.scope, &attempt, &redacted, 1);
        let seq = self
            .recording
            .journal
            .append(exchange)
            .map_err(|error| below_http(&request, GapReason::Cancelled, error.to_string(), 0))?;
        let finished_at = Instant::new(attempt.finished_at);
        match (attempt.error, redacted.status) {
            (None, Some(status)) => {
                Ok(ApiResponse { seq, status, headers: redacted.headers, body: redacted.body, finished_at })
            }
            (error, _) => {
                let (kind, message) = error.map_or((GapReason::Unavailable, String::new()), |e| (e.kind, e.message));
                Err(CollectError { at: Some(finished_at), ..below_http(&request, kind, message, seq) })
            }
        }
    }

    async fn pause(&self, _: Duration) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_path_as_it_is_written() {
        for written in
            ["policy.yaml", "../shared/policy.yaml", "/etc/evidenced/policy.yaml", "a b/100%#?.yaml", "Müll.yaml"]
        {
            assert_eq!(path(&address(written).unwrap()), written);
        }
        assert_eq!(address("registers/vendors.yaml").unwrap().as_str(), "org:registers/vendors.yaml");
    }
}
