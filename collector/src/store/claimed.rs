//! A private folder that belongs to one running process, and is cleared away when that process is gone.
//!
//! Unfinished files live in such folders: an object before it is linked into a local store, and the scratch folder of a run. The
//! claim is a lock on a file inside, which the system lets go when the process ends however it ends; no clock and no
//! process number is asked. On file systems without locks, folders of dead processes are left alone.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use ulid::Ulid;

const LOCK: &str = "lock";

/// A folder with mode 0700, removed with everything in it when dropped.
#[derive(Debug)]
pub struct ClaimedFolder {
    path: PathBuf,
    /// Holds the lock while it is open.
    _lock: File,
}

impl ClaimedFolder {
    /// Makes a folder `<parent>/<prefix><ULID>` and clears away those beside it whose processes are gone. `parent` is
    /// made with mode 0700 when it does not exist.
    ///
    /// # Errors
    /// What the file system says; a full disk among it.
    ///
    /// # Panics
    /// Never: the loop ends with a folder or an error.
    pub fn make(parent: &Path, prefix: &str) -> io::Result<Self> {
        // Another process may clear the folder away between its making and its locking, or the parent: try again.
        let mut last = None;
        for _ in 0..8 {
            match Self::attempt(parent, prefix) {
                Ok(claimed) => {
                    clear_stale(parent, prefix);
                    return Ok(claimed);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last.expect("the loop ran, and ended with an error"))
    }

    fn attempt(parent: &Path, prefix: &str) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        let path = parent.join(format!("{prefix}{}", Ulid::generate()));
        DirBuilder::new().mode(0o700).create(&path)?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path.join(LOCK))?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(io::Error::from(io::ErrorKind::NotFound)); // another process is clearing it away
        }
        fs::symlink_metadata(path.join(LOCK))?;
        Ok(Self { path, _lock: file })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ClaimedFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(folder = %self.path.display(), %error, "a folder of unfinished files was not removed");
        }
    }
}

/// Removes folders whose lock nobody holds. What cannot be removed is left: it is in nobody's way.
fn clear_stale(parent: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix));
        if !ours || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let path = entry.path();
        match OpenOptions::new().write(true).open(path.join(LOCK)) {
            // The lock is held while the folder goes, so its owner, if one is just starting, sees that it went.
            Ok(lock) if lock.try_lock().is_ok() => drop(fs::remove_dir_all(&path)),
            Ok(_) => {}
            // No lock file: its process ended before it made one. Only an empty folder goes.
            Err(_) => drop(fs::remove_dir(&path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_folder_is_private_and_goes_with_its_owner() {
        let parent = tempfile::tempdir().unwrap();
        let claimed = ClaimedFolder::make(parent.path(), "spool-").unwrap();
        let path = claimed.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(path.join("x"), "x").unwrap();
        drop(claimed);
        assert!(!path.exists());
    }

    #[test]
    fn folders_of_the_dead_are_cleared_and_those_of_the_living_stay() {
        let parent = tempfile::tempdir().unwrap();
        let dead = parent.path().join("spool-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        fs::write(dead.join("half"), "half").unwrap();
        fs::create_dir(parent.path().join("spool-empty")).unwrap();
        fs::create_dir(parent.path().join("other")).unwrap();
        let living = ClaimedFolder::make(parent.path(), "spool-").unwrap();
        let second = ClaimedFolder::make(parent.path(), "spool-").unwrap();
        assert!(!dead.exists() && !parent.path().join("spool-empty").exists());
        assert!(living.path().exists() && second.path().exists() && parent.path().join("other").exists());
    }

    #[test]
    fn many_starting_at_once_do_not_clear_each_other_away() {
        let parent = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..16)
                .map(|_| {
                    scope.spawn(|| {
                        (0..20).map(|_| ClaimedFolder::make(parent.path(), "s-").unwrap()).collect::<Vec<_>>()
                    })
                })
                .collect();
            for each in all {
                for claimed in each.join().unwrap() {
                    assert!(claimed.path().join(LOCK).exists());
                }
            }
        });
    }
}
