//! The journal of a run: each exchange numbered, in its canonical form, compressed into the scratch folder as it comes.

use super::encoder;
use super::scratch::{Scratch, ScratchError};
use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use evidenced_connectors::exchange::record::{Journal, JournalError};
use evidenced_schemas::{Digest, Exchange, to_canonical_line};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use ulid::Ulid;

/// Writes exchanges into the scratch folder. After a failed write it takes no more, and cannot be finished: a run whose
/// exchanges are not all kept must not be committed.
pub struct ExchangeLog {
    path: PathBuf,
    scratch: Scratch,
    state: Mutex<State>,
}

struct State {
    encoder: Option<Encoder>,
    written: u64,
    broken: Option<String>,
}

type Encoder = zstd::Encoder<'static, Hashing<BufWriter<File>>>;

impl fmt::Debug for ExchangeLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangeLog").field("path", &self.path).finish_non_exhaustive()
    }
}

impl ExchangeLog {
    /// An empty journal in a scratch folder.
    ///
    /// # Errors
    /// When its file cannot be made.
    pub fn new(scratch: &Scratch) -> Result<Self, ScratchError> {
        let path = scratch.path().join(format!("{}-exchanges.jsonl.zst", Ulid::generate()));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        Self::over(scratch, path, file)
    }

    /// A journal into a file that exists.
    #[cfg(test)]
    pub(super) fn into_file(scratch: &Scratch, path: PathBuf) -> Result<Self, ScratchError> {
        let file = OpenOptions::new().write(true).open(&path);
        Self::over(scratch, path, file)
    }

    fn over(scratch: &Scratch, path: PathBuf, file: io::Result<File>) -> Result<Self, ScratchError> {
        let made = file
            .and_then(|file| encoder(Hashing { inner: BufWriter::new(file), context: Context::new(&SHA256), size: 0 }));
        let encoder = made.map_err(|error| ScratchError::new(scratch.path(), "cannot be written", Some(error)))?;
        let state = State { encoder: Some(encoder), written: 0, broken: None };
        Ok(Self { path, scratch: scratch.clone(), state: Mutex::new(state) })
    }

    /// Closes the journal. It takes no more exchanges, and cannot be closed again.
    ///
    /// # Errors
    /// When any write failed, this one or an earlier one.
    pub fn finish(&self) -> Result<ScratchFile, ScratchError> {
        let failed = |what: &str, error| ScratchError::new(self.scratch.path(), what, error);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(broken) = &state.broken {
            return Err(failed(&format!("could not be written during the run ({broken})"), None));
        }
        let encoder = state.encoder.take().ok_or_else(|| failed("was closed before", None))?;
        let closed = encoder.finish().and_then(|mut hashing| hashing.flush().map(|()| hashing));
        let hashing = closed.map_err(|error| failed("cannot be written", Some(error)))?;
        Ok(ScratchFile {
            path: self.path.clone(),
            sha256: Digest::from_raw(hashing.context.finish().as_ref()),
            size: hashing.size,
            exchanges: state.written,
            scratch: self.scratch.clone(),
        })
    }
}

impl Journal for ExchangeLog {
    fn append(&self, mut exchange: Exchange) -> Result<u64, JournalError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(broken) = &state.broken {
            return Err(JournalError(broken.clone()));
        }
        exchange.seq = state.written + 1;
        let written = to_canonical_line(&exchange).map_err(io::Error::other).and_then(|line| {
            let encoder = state.encoder.as_mut().ok_or_else(|| io::Error::other("the journal is closed"))?;
            encoder.write_all(&line)
        });
        match written {
            Ok(()) => {
                state.written = exchange.seq;
                Ok(exchange.seq)
            }
            Err(error) => {
                tracing::error!(%error, "an exchange could not be kept: the run will fail");
                state.broken = Some(error.to_string());
                Err(JournalError(error.to_string()))
            }
        }
    }
}

/// A finished file in the scratch folder, which stays as long as this does.
#[derive(Clone, Debug)]
pub struct ScratchFile {
    path: PathBuf,
    sha256: Digest,
    size: u64,
    exchanges: u64,
    scratch: Scratch,
}

impl ScratchFile {
    /// SHA-256 of its bytes.
    pub fn sha256(&self) -> &Digest {
        &self.sha256
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Exchanges in it.
    pub fn exchanges(&self) -> u64 {
        self.exchanges
    }

    /// Its bytes.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was written: what is signed must be what was recorded.
    pub fn read(&self) -> Result<Bytes, ScratchError> {
        let failed = |what: &str, error| ScratchError::new(self.scratch.path(), what, error);
        let bytes = std::fs::read(&self.path).map_err(|error| failed("cannot be read", Some(error)))?;
        if Digest::of(&bytes) != self.sha256 {
            return Err(failed("was changed by somebody during the run", None));
        }
        Ok(bytes.into())
    }
}

/// Digests and counts what passes through.
struct Hashing<W> {
    inner: W,
    context: Context,
    size: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.context.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
