//! Working on one stream's waiting runs: whoever does holds the lock of its folder, so that two processes with one spool
//! take turns.

use super::entry::{self, Waiting};
use super::{GONE, LOCK, Spool, SpoolError, UNFINISHED, is_waiting, list, name_of};
use crate::ledger::Sealed;
use evidenced_schemas::StreamId;
use evidenced_schemas::waiting::Attempt;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often a lock that another process holds is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(100);

/// The right to work on a stream's waiting runs, for as long as this lives.
#[derive(Clone, Debug)]
pub struct Claim {
    spool: Spool,
    stream: StreamId,
    folder: PathBuf,
    /// Held by whatever still works on files in the background, too.
    _lock: Arc<File>,
}

impl Claim {
    pub(super) async fn make(spool: &Spool, stream: &StreamId) -> Result<Self, SpoolError> {
        let folder = spool.folder(stream);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(|error| SpoolError::io(&folder, "cannot be made", error))?;
        let lock = lock(&folder, &format!("the waiting runs of {stream}")).await?;
        let claim = Self { spool: spool.clone(), stream: stream.clone(), folder, _lock: Arc::new(lock) };
        claim.clear()?;
        Ok(claim)
    }

    /// Its stream.
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// The runs that wait for the spool's store, in the order of `as_of`. Those that do not read are set aside.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub async fn waiting(&self) -> Result<Vec<Waiting>, SpoolError> {
        self.blocking(|claim| {
            let mut waiting = Vec::new();
            for folder in list(&claim.folder)?.into_iter().filter(|folder| is_waiting(&name_of(folder))) {
                match entry::manifest(&folder) {
                    Ok(manifest) if claim.spool.owns(&manifest) => {
                        waiting.push(Waiting::new(claim, folder, manifest));
                    }
                    Ok(manifest) => {
                        tracing::warn!(
                            run = %folder.display(), store = manifest.store,
                            "a run waits for another store: run `evidenced collect --store` with that one to commit it"
                        );
                    }
                    Err(what) => entry::set_aside(&claim.folder, &folder, &what)?,
                }
            }
            waiting.sort_by_key(Waiting::order);
            Ok(waiting)
        })
        .await
    }

    /// Takes a run in, with the statement of it whose fate is not known. It is there whole when this returns, or not at all.
    /// Gives its folder.
    ///
    /// # Errors
    /// [`super::SpoolErrorKind::Full`] when it would not fit; otherwise when it could not be written.
    pub async fn keep(&self, sealed: &Sealed, attempt: Option<&Attempt>) -> Result<PathBuf, SpoolError> {
        // One run comes in at a time: two that each would fit could be too much together.
        let whole = lock(&self.spool.dir, "the spool").await?;
        let parts = entry::Parts::of(sealed, attempt, &self.spool.store)
            .map_err(|error| SpoolError::io(&self.folder, "cannot take a run in", error))?;
        self.blocking(move |claim| {
            let _whole = whole;
            let (depth, size) = (claim.spool.depth()?, parts.size());
            if depth.bytes.saturating_add(size) > claim.spool.max_size.bytes() {
                return Err(SpoolError::full(&claim.spool.dir, &depth, size, claim.spool.max_size));
            }
            let kept = parts.write(&claim.folder)?;
            sync_upwards(&claim.folder, &claim.spool.dir)
                .map_err(|error| SpoolError::io(&claim.folder, "cannot be brought to the disk", error))?;
            Ok(kept)
        })
        .await
    }

    /// Clears away what a crash left: nobody else works here now.
    fn clear(&self) -> Result<(), SpoolError> {
        for left in list(&self.folder)? {
            let name = name_of(&left);
            if name.starts_with(UNFINISHED) || name.starts_with(GONE) {
                fs::remove_dir_all(&left).map_err(|error| SpoolError::io(&left, "cannot be cleared away", error))?;
            }
        }
        Ok(())
    }

    /// Runs what blocks on a thread that may block. The claim stays until it is through, even if nobody waits for it.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, SpoolError> + Send + 'static,
    ) -> Result<T, SpoolError> {
        let claim = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&claim)).await;
        done.map_err(|error| SpoolError::io(&self.folder, "was given up", io::Error::other(error)))?
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Takes the lock in a folder, waiting while another has it, and saying so.
async fn lock(folder: &Path, what: &str) -> Result<File, SpoolError> {
    let path = folder.join(LOCK);
    let failed = |error| SpoolError::io(&path, "cannot be locked", error);
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
    let mut said = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        if !said {
            tracing::info!(lock = %path.display(), "another run or process works on {what}; waiting for it");
            said = true;
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

/// Brings each folder's entry in its parent to the disk, up to the spool's own.
fn sync_upwards(folder: &Path, spool: &Path) -> io::Result<()> {
    for child in folder.ancestors() {
        entry::sync(child)?;
        if child == spool {
            // The spool's own place in its parent; a relative path may have none to open.
            return match child.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => entry::sync(parent),
                _ => entry::sync(Path::new(".")),
            };
        }
    }
    Ok(())
}
