//! A bundle: the nine files of one run, as bytes with their digests.
//!
//! It deliberately writes to no store: [`crate::ledger`] puts the files and commits them with a signed statement. What
//! is compressed is one zstd frame with a checksum; digests are over the bytes as stored.

mod changes;
mod journal;
mod read;
mod scratch;

pub(crate) use changes::gone;
pub use changes::{Judged, changes};
pub use journal::{ExchangeLog, ScratchFile};
pub use read::{Line, Lines, ReadError, read_document, read_lines, read_raw};
pub use scratch::{Scratch, ScratchError};

use bytes::Bytes;
use evidenced_schemas::statement::{Subject, SubjectAnnotations, SubjectDigest};
use evidenced_schemas::{Digest, Instant, RunId, to_canonical_line, to_canonical_vec};
use serde::Serialize;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use ulid::Ulid;

/// What was asked.
pub const RUN: &str = "run.json";
/// Every API exchange.
pub const EXCHANGES: &str = "exchanges.jsonl.zst";
/// Resource documents.
pub const RESOURCES: &str = "resources.jsonl.zst";
/// The balance.
pub const POPULATIONS: &str = "populations.json";
/// Verdicts.
pub const FINDINGS: &str = "findings.jsonl.zst";
/// Verdicts that differ from the stream's previous bundle.
pub const CHANGES: &str = "changes.jsonl.zst";
/// The controls as evaluated.
pub const CATALOGUE: &str = "catalogue.json";
/// The policy in force.
pub const POLICY: &str = "policy.json";
/// Counts.
pub const SUMMARY: &str = "summary.json";

/// Every file of a bundle, sorted.
pub const FILES: [&str; 9] = [CATALOGUE, CHANGES, EXCHANGES, FINDINGS, POLICY, POPULATIONS, RESOURCES, RUN, SUMMARY];

/// Level of compression: higher ones cost more time than the bytes they spare.
const LEVEL: i32 = 3;

/// `<yyyymmdd>T<hhmmss>Z-<ULID>`, new with each call.
///
/// # Panics
/// Never: the text is made of digits, letters and dashes.
pub fn new_run_id(as_of: Instant) -> RunId {
    let text = format!("{}-{}", as_of.utc().format("%Y%m%dT%H%M%SZ"), Ulid::generate());
    text.parse().expect("a date and a ULID are one path segment")
}

/// One file of a bundle, ready to be stored.
#[derive(Clone, Debug)]
pub struct BundleFile {
    name: &'static str,
    content: Content,
    sha256: Digest,
    size: u64,
}

#[derive(Clone, Debug)]
enum Content {
    Memory(Bytes),
    Kept(PathBuf),
    Scratch(ScratchFile),
}

impl BundleFile {
    /// A JSON document.
    ///
    /// # Errors
    /// When the value cannot be expressed as JSON.
    pub fn document<T: Serialize + ?Sized>(name: &'static str, value: &T) -> Result<Self, serde_json::Error> {
        Ok(Self::of(name, to_canonical_vec(value)?))
    }

    /// Compressed JSON lines.
    ///
    /// # Errors
    /// When a value cannot be expressed as JSON.
    ///
    /// # Panics
    /// Never: compressing into memory does not fail.
    pub fn lines<T: Serialize>(
        name: &'static str,
        values: impl IntoIterator<Item = T>,
    ) -> Result<Self, serde_json::Error> {
        let mut encoder = encoder(Vec::new()).expect("memory takes any bytes");
        for value in values {
            encoder.write_all(&to_canonical_line(&value)?).expect("memory takes any bytes");
        }
        Ok(Self::of(name, encoder.finish().expect("memory takes any bytes")))
    }

    /// The exchanges from the scratch folder.
    pub fn scratch(file: ScratchFile) -> Self {
        Self { name: EXCHANGES, sha256: file.sha256().clone(), size: file.size(), content: Content::Scratch(file) }
    }

    /// A file that waits in a folder under its own name, with what its bytes must be.
    pub fn kept(name: &'static str, folder: &Path, sha256: Digest, size: u64) -> Self {
        Self { name, sha256, size, content: Content::Kept(folder.join(name)) }
    }

    fn of(name: &'static str, bytes: Vec<u8>) -> Self {
        Self { name, sha256: Digest::of(&bytes), size: bytes.len() as u64, content: Content::Memory(bytes.into()) }
    }

    /// Its name in the bundle.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// SHA-256 of the bytes as stored.
    pub fn sha256(&self) -> &Digest {
        &self.sha256
    }

    /// Their number.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The bytes as stored.
    ///
    /// # Errors
    /// When the file cannot be read, or is not what was written to it.
    pub fn bytes(&self) -> Result<Bytes, FileError> {
        match &self.content {
            Content::Memory(bytes) => Ok(bytes.clone()),
            Content::Scratch(file) => Ok(file.read()?),
            Content::Kept(path) => {
                let failed = |what, source| FileError::Kept { path: path.clone(), what, source };
                let bytes = std::fs::read(path).map_err(|error| failed("cannot be read", Some(error)))?;
                if Digest::of(&bytes) != self.sha256 {
                    return Err(failed("is not what was written to it", None));
                }
                Ok(bytes.into())
            }
        }
    }

    /// The line of the statement that names it.
    pub fn subject(&self, prefix: &str) -> Subject {
        Subject {
            name: format!("{prefix}{}", self.name),
            digest: SubjectDigest { sha256: self.sha256.clone() },
            annotations: SubjectAnnotations { bytes: self.size },
        }
    }
}

/// A file of a bundle whose bytes cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The scratch folder failed.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// A kept file failed.
    #[error("`{}` {what}", path.display())]
    Kept {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
        /// The cause.
        source: Option<std::io::Error>,
    },
}

/// A zstd encoder for one frame with a checksum.
fn encoder<W: std::io::Write>(into: W) -> std::io::Result<zstd::Encoder<'static, W>> {
    let mut encoder = zstd::Encoder::new(into, LEVEL)?;
    encoder.include_checksum(true)?;
    Ok(encoder)
}

#[cfg(test)]
mod tests;
