//! Checkpoints: a signed line about how far a stream has come, for somebody to keep elsewhere.
//!
//! A ledger cannot show by itself that its end was cut off. A checkpoint can: it holds the size and the Merkle root of a
//! stream at one moment, and the ledger has only grown since exactly when its first `size` files still give that root. The form
//! is C2SP's (<https://c2sp.org/tlog-checkpoint>, a note as in <https://c2sp.org/signed-note>), so that any witness of
//! transparency logs can read and cosign it. It deliberately reads no store: sizes and roots come from [`crate::verify`].

pub mod note;

use crate::signing::{KeyError, Signer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidenced_schemas::{Digest, StreamId};
use note::{Note, NoteError};

/// What the origin of every checkpoint of ours begins with; the stream follows.
const ORIGIN: &str = "evidenced/";

/// A checkpoint as it was read from a file. Nobody has checked its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The file that it was read from, as it was given.
    pub file: String,
    /// Its first line in that file, from 1.
    pub line: usize,
    /// The stream that it speaks of.
    pub stream: StreamId,
    /// Number of ledger files.
    pub size: u64,
    /// The Merkle tree hash over them.
    pub root: Digest,
    /// The note, with its signatures.
    pub note: Note,
}

/// The name of a stream as a log, and of the key that signs for it.
pub fn origin(stream: &StreamId) -> String {
    format!("{ORIGIN}{stream}")
}

impl Checkpoint {
    /// Reads a file that holds one checkpoint or several, one after the other.
    ///
    /// # Errors
    /// When it holds none, or something else; with the line.
    pub fn read_all(file: &str, bytes: &[u8]) -> Result<Vec<Self>, NoteError> {
        let notes = note::read_all(bytes).map_err(|error| error.in_file(file))?;
        notes.into_iter().map(|(line, note)| Self::of(file, line, note).map_err(|error| error.in_file(file))).collect()
    }

    fn of(file: &str, line: usize, note: Note) -> Result<Self, NoteError> {
        let mut lines = note.text.lines();
        let mut next = |offset: usize, what: &str| {
            lines.next().ok_or_else(|| NoteError::at(line + offset, format!("ends where {what} must be")))
        };
        let (name, size, root) = (next(0, "the origin")?, next(1, "the tree's size")?, next(2, "the root hash")?);
        let stream = name.strip_prefix(ORIGIN).and_then(StreamId::parse).ok_or_else(|| {
            NoteError::at(line, format!("`{name}` is no stream's log: the origin is {ORIGIN}job/cloud/scope"))
        })?;
        let decimal = size.bytes().all(|byte| byte.is_ascii_digit()) && (size == "0" || !size.starts_with('0'));
        let size = size.parse().ok().filter(|_| decimal).ok_or_else(|| {
            NoteError::at(line + 1, format!("`{size}` is no tree size: a decimal number without leading zeros"))
        })?;
        let root: [u8; 32] = STANDARD
            .decode(root)
            .ok()
            .and_then(|root| root.try_into().ok())
            .ok_or_else(|| NoteError::at(line + 2, format!("`{root}` is no root hash: 32 bytes in base64")))?;
        Ok(Self { file: file.to_owned(), line, stream, size, root: Digest::from_raw(&root), note })
    }

    /// Where it stands, for a person.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// Signs a checkpoint of a stream: the text of a note.
///
/// # Errors
/// When the key cannot be used now.
pub async fn sign(signer: &Signer, stream: &StreamId, size: u64, root: &Digest) -> Result<String, KeyError> {
    let origin = origin(stream);
    let text = format!("{origin}\n{size}\n{}\n", STANDARD.encode(root.to_raw()));
    let signature = signer.sign(text.as_bytes()).await?;
    let line = note::signature_line(&origin, &note::key_id(&signer.verifier(), &origin), &signature);
    Ok(format!("{text}\n{line}"))
}

#[cfg(test)]
mod tests;
