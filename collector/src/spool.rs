//! The spool: a folder where finished runs wait, sealed, while the store or the signing key does not answer.
//!
//! One folder a stream, `<dir>/<job>/<cloud>/<scope>/`, and in it one folder a run, named by its run id. A run is there
//! whole or not at all, belongs to one store, and leaves only when that store holds its statement. Whoever works on a
//! stream's waiting runs holds the lock of its folder. The order of steps is the design:
//!
//! | step | what a crash after it means |
//! |---|---|
//! | 1. the run's files and `waiting.json` into `.new-…`, each synced | an unfinished folder; whoever claims the stream next clears it away |
//! | 2. `.new-…` renamed to the run id, the folder above synced | the run waits, whole |
//! | 3. draining: a statement in `attempt.json` is put again, byte for byte | the run waits; the same is done again |
//! | 4. the bundle's files put into the store | the run waits; its files are found there as its own |
//! | 5. the new statement into `attempt.json`, synced, renamed, synced | the run waits; step 3 puts the statement |
//! | 6. the statement put into the store: **the commit** | committed; step 3 finds the very same bytes there |
//! | 7. the run's folder renamed to `.gone-…`, the folder above synced | committed; whoever claims the stream next clears it away |
//! | 8. `.gone-…` removed | nothing is left |
//!
//! Runs of a stream are committed in the order of their `as_of`. What does not read is set aside as `damaged-…`, never
//! deleted. It deliberately signs nothing when it keeps a run, for the key may be what is away: who can write to
//! the folder can have the collector sign what lies there, as who can write to its memory can.

mod claim;
mod drain;
mod entry;

pub use claim::Claim;
pub use drain::{DrainError, Drained, drain, drain_all};
pub use entry::Waiting;

use chrono::NaiveDateTime;
use evidenced_schemas::waiting::WaitingRun;
use evidenced_schemas::{Instant, Size, StreamId};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The lock of the spool, and of a stream in it. No job, cloud or scope begins with a dot.
const LOCK: &str = ".lock";
/// What an unfinished folder's name begins with.
const UNFINISHED: &str = ".new-";
/// What the name of a folder begins with whose run was committed.
const GONE: &str = ".gone-";
/// What the name of a folder begins with that does not read.
const DAMAGED: &str = "damaged-";

/// A spool. Its folder is made when a run must wait for the first time.
#[derive(Clone, Debug)]
pub struct Spool {
    dir: PathBuf,
    max_size: Size,
    store: String,
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Runs that wait to be committed, to whichever store.
    pub runs: u64,
    /// Bytes of the folder, with those of runs that were set aside.
    pub bytes: u64,
    /// The oldest `as_of` that waits, to the second.
    pub oldest: Option<Instant>,
}

impl Depth {
    /// The oldest `as_of` for a log: `-` when nothing waits.
    pub fn oldest_text(&self) -> String {
        self.oldest.map_or_else(|| "-".to_owned(), |oldest| oldest.to_string())
    }
}

/// A spool that does not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("the spool `{}` {what}", path.display())]
pub struct SpoolError {
    /// The folder or file.
    pub path: PathBuf,
    /// What was being done, and what to do.
    pub what: String,
    /// What callers act on.
    pub kind: SpoolErrorKind,
    /// The cause.
    #[source]
    pub source: Option<io::Error>,
}

/// Kinds that a caller acts on differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpoolErrorKind {
    /// As much waits as may: the oldest runs are kept, and this one was not taken.
    Full,
    /// The file system failed.
    Failed,
}

impl SpoolError {
    fn io(path: &Path, doing: &str, error: io::Error) -> Self {
        let advice = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                "free some space, or set spool.dir to another folder"
            }
            _ => "check its owner, mode and file system, or set spool.dir to another folder",
        };
        let what = format!("{doing}: {advice}");
        Self { path: path.to_owned(), what, kind: SpoolErrorKind::Failed, source: Some(error) }
    }

    fn full(dir: &Path, depth: &Depth, size: u64, max: Size) -> Self {
        let what = format!(
            "is full: {} runs wait with {} bytes, spool.max_size is {max}, and this run has {size} bytes more. The oldest \
             are kept and this one is lost: bring the store back, or raise spool.max_size",
            depth.runs, depth.bytes
        );
        Self { path: dir.to_owned(), what, kind: SpoolErrorKind::Full, source: None }
    }
}

impl Spool {
    /// A spool in a folder, for the runs of one store.
    pub fn new(dir: PathBuf, max_size: Size, store: &str) -> Self {
        Self { dir, max_size, store: store.to_owned() }
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// How much waits.
    ///
    /// # Errors
    /// When the folder cannot be read. A folder that does not exist holds nothing.
    pub fn depth(&self) -> Result<Depth, SpoolError> {
        let mut depth = Depth::default();
        for (_, folder) in self.folders()? {
            for entry in list(&folder)? {
                depth.bytes += bytes_below(&entry)?;
                let name = name_of(&entry);
                if !is_waiting(&name) {
                    continue;
                }
                depth.runs += 1;
                let at = name.get(..16).and_then(|at| NaiveDateTime::parse_from_str(at, "%Y%m%dT%H%M%SZ").ok());
                if let Some(at) = at.map(|at| Instant::new(at.and_utc())) {
                    depth.oldest = Some(depth.oldest.map_or(at, |oldest| oldest.min(at)));
                }
            }
        }
        Ok(depth)
    }

    /// Folders of runs that were set aside because they do not read, sorted.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn damaged(&self) -> Result<Vec<PathBuf>, SpoolError> {
        let mut found = Vec::new();
        for (_, folder) in self.folders()? {
            found.extend(list(&folder)?.into_iter().filter(|entry| name_of(entry).starts_with(DAMAGED)));
        }
        found.sort();
        Ok(found)
    }

    /// Streams that have a folder, sorted. Nothing needs to wait in it.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn streams(&self) -> Result<Vec<StreamId>, SpoolError> {
        let mut streams: Vec<StreamId> = self.folders()?.into_iter().map(|(stream, _)| stream).collect();
        streams.sort();
        Ok(streams)
    }

    /// When the runs of a stream were made that wait for this store, in the order of time. What does not read is left out.
    pub fn waiting_since(&self, stream: &StreamId) -> Vec<Instant> {
        let mut waiting: Vec<Instant> = list(&self.folder(stream))
            .unwrap_or_default()
            .iter()
            .filter(|entry| is_waiting(&name_of(entry)))
            .filter_map(|entry| entry::manifest(entry).ok())
            .filter(|manifest| self.owns(manifest))
            .map(|manifest| manifest.run.as_of)
            .collect();
        waiting.sort();
        waiting
    }

    /// True when a run of a stream waits for this store, or does not read and is to be set aside.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn has_work(&self, stream: &StreamId) -> Result<bool, SpoolError> {
        let entries = list(&self.folder(stream))?;
        let mut waiting = entries.iter().filter(|entry| is_waiting(&name_of(entry)));
        Ok(waiting.any(|entry| entry::manifest(entry).map_or(true, |manifest| self.owns(&manifest))))
    }

    /// Claims a stream, making its folder; waits while another process has it.
    ///
    /// # Errors
    /// When the folder or its lock cannot be made.
    pub async fn claim(&self, stream: &StreamId) -> Result<Claim, SpoolError> {
        Claim::make(self, stream).await
    }

    /// Claims a stream that has a folder; none when nothing ever waited there.
    ///
    /// # Errors
    /// When the lock cannot be made.
    pub async fn claim_existing(&self, stream: &StreamId) -> Result<Option<Claim>, SpoolError> {
        match fs::metadata(self.folder(stream)) {
            Ok(_) => self.claim(stream).await.map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SpoolError::io(&self.folder(stream), "cannot be read", error)),
        }
    }

    fn folder(&self, stream: &StreamId) -> PathBuf {
        self.dir.join(stream.job.as_str()).join(stream.cloud.as_str()).join(stream.scope.as_str())
    }

    /// Every stream's folder.
    fn folders(&self) -> Result<Vec<(StreamId, PathBuf)>, SpoolError> {
        let mut found = Vec::new();
        for job in list(&self.dir)? {
            for cloud in list(&job)? {
                for scope in list(&cloud)? {
                    let text = format!("{}/{}/{}", name_of(&job), name_of(&cloud), name_of(&scope));
                    found.extend(StreamId::parse(&text).map(|stream| (stream, scope)));
                }
            }
        }
        Ok(found)
    }

    /// Whether a waiting run is for this store.
    fn owns(&self, manifest: &WaitingRun) -> bool {
        manifest.store == self.store
    }
}

/// True for the folder of a run that waits.
fn is_waiting(name: &str) -> bool {
    !name.starts_with('.') && !name.starts_with(DAMAGED)
}

/// The folders in a folder, sorted; none when it does not exist.
fn list(folder: &Path) -> Result<Vec<PathBuf>, SpoolError> {
    let failed = |error| SpoolError::io(folder, "cannot be listed", error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Bytes of the files in a folder. One that goes away meanwhile counts nothing.
fn bytes_below(folder: &Path) -> Result<u64, SpoolError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(SpoolError::io(folder, "cannot be listed", error)),
    };
    Ok(entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|found| found.len()).sum())
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
