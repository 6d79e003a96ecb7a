//! A store in a folder: each object a file with mode 0600, there whole or not at all.
//!
//! An object is written to a private file, synced, and linked to its key: the link is what makes it exist, and it fails
//! when the key is taken. It deliberately follows no symbolic link below the root, and needs a file system with hard
//! links. Write-once protection is the operator's business (a folder has none).

use super::claimed::ClaimedFolder;
use super::{Access, Hold, Put, Store, StoreError, StoreErrorKind, check_key, check_prefix};
use bytes::Bytes;
use evidenced_schemas::statement::{Retention, RetentionMode};
use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use ulid::Ulid;

/// The folder below the root where unfinished files are. It is no part of the store.
pub(super) const TEMPORARY: &str = ".evidenced-tmp";

/// A store in a folder.
#[derive(Clone, Debug)]
pub struct LocalStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    url: String,
    root: PathBuf,
    access: Access,
    /// Where unfinished files go; made with the first put.
    temporary: Mutex<Option<Arc<ClaimedFolder>>>,
    /// Folders whose place in their parent is known to be on disk.
    durable: Mutex<HashSet<PathBuf>>,
}

impl LocalStore {
    /// Opens a folder, which is made for [`Access::Write`] when it does not exist.
    ///
    /// # Errors
    /// When it does not exist, is no folder, or cannot be made.
    pub fn open(url: &str, root: PathBuf, access: Access) -> Result<Self, StoreError> {
        if access == Access::Write {
            DirBuilder::new()
                .recursive(true)
                .create(&root)
                .map_err(|error| failed(url, &format!("the folder `{}` cannot be made", root.display()), error))?;
        }
        match fs::metadata(&root) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                let what = format!("`{}` is a file: name the store's folder", root.display());
                return Err(StoreError::new(url, StoreErrorKind::NotThere, what));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let what = format!(
                    "there is no folder `{}`: check the path, or make a store with `evidenced collect --store {url}`",
                    root.display()
                );
                return Err(StoreError::new(url, StoreErrorKind::NotThere, what));
            }
            Err(error) => return Err(failed(url, &format!("`{}` cannot be read", root.display()), error)),
        }
        let inner = Inner {
            url: url.to_owned(),
            root,
            access,
            temporary: Mutex::new(None),
            durable: Mutex::new(HashSet::new()),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs what blocks on a thread that may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || work(&inner)).await.map_err(|error| {
            StoreError::new(&self.inner.url, StoreErrorKind::Unavailable, "the call was given up").caused_by(error)
        })?
    }
}

#[async_trait::async_trait]
impl Store for LocalStore {
    fn url(&self) -> &str {
        &self.inner.url
    }

    async fn put_new(&self, key: &str, bytes: Bytes) -> Result<Put, StoreError> {
        let key = key.to_owned();
        self.blocking(move |inner| inner.put_new(&key, &bytes)).await
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        let key = key.to_owned();
        self.blocking(move |inner| inner.get(&key)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let prefix = prefix.to_owned();
        self.blocking(move |inner| inner.list(&prefix)).await
    }

    async fn retention(&self) -> Result<Retention, StoreError> {
        Ok(Retention { mode: RetentionMode::None, days: None, reason: None })
    }

    async fn hold(&self, key: &str) -> Result<Hold, StoreError> {
        check_key(&self.inner.url, key).map(|()| Hold::NONE)
    }

    fn can_hold(&self) -> bool {
        false
    }
}

impl Inner {
    /// The order of writes. A crash after each step leaves:
    fn put_new(&self, key: &str, bytes: &[u8]) -> Result<Put, StoreError> {
        check_key(&self.url, key)?;
        if self.access == Access::Read {
            let what = format!("`{key}` was not written: the store was opened to be read");
            return Err(StoreError::new(&self.url, StoreErrorKind::Denied, what));
        }
        let path = self.path_of(key)?;
        let parent = path.parent().expect("a key has at least one part below the root").to_owned();
        let io = |error| failed(&self.url, &format!("`{key}` cannot be written"), error);

        // 1. the bytes in a private file, on disk: nothing but a file that the next writer clears away.
        let temporary = self.temporary().map_err(io)?;
        let unfinished = Unfinished::write(temporary.path(), bytes).map_err(io)?;
        // 2. the folders of the key: empty folders, which mean nothing.
        DirBuilder::new().recursive(true).mode(0o755).create(&parent).map_err(io)?;
        // 3. the link: the object, whole, or, if the folder did not get to the disk yet, nothing.
        let put = match fs::hard_link(&unfinished.path, &path) {
            Ok(()) => Put::Stored,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Put::Exists,
            Err(error) => return Err(self.link_failed(key, error)),
        };
        // 4. the link on disk, then each folder's place in its parent: from here on it survives a loss of power. What
        //    another writer put there is brought to the disk too, for the caller may build on it.
        File::open(&parent).and_then(|folder| folder.sync_all()).map_err(io)?;
        self.sync_upwards(&parent).map_err(io)?;
        Ok(put)
    }

    fn link_failed(&self, key: &str, error: io::Error) -> StoreError {
        if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) {
            let what = format!(
                "`{key}` cannot be linked into place: the file system has no hard links, or refuses them; \
                 put the store on one that has (ext4, xfs, zfs, NFS), or use s3://"
            );
            return StoreError::new(&self.url, StoreErrorKind::Denied, what).caused_by(error);
        }
        failed(&self.url, &format!("`{key}` cannot be written"), error)
    }

    /// Brings each folder's entry in its parent to the disk, up to the root, once for each folder.
    fn sync_upwards(&self, folder: &Path) -> io::Result<()> {
        for child in folder.ancestors() {
            if child == self.root || self.durable.lock().unwrap_or_else(PoisonError::into_inner).contains(child) {
                break;
            }
            let parent = child.parent().expect("the root stands above it");
            File::open(parent)?.sync_all()?;
            self.durable.lock().unwrap_or_else(PoisonError::into_inner).insert(child.to_owned());
        }
        Ok(())
    }

    fn temporary(&self) -> io::Result<Arc<ClaimedFolder>> {
        let mut held = self.temporary.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = held.as_ref() {
            return Ok(Arc::clone(folder));
        }
        let folder = Arc::new(ClaimedFolder::make(&self.root.join(TEMPORARY), "")?);
        *held = Some(Arc::clone(&folder));
        Ok(folder)
    }

    fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        check_key(&self.url, key)?;
        let path = self.path_of(key)?;
        match fs::metadata(&path) {
            Ok(found) if found.is_file() => {}
            Ok(_) => return Ok(None),
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(failed(&self.url, &format!("`{key}` cannot be read"), error)),
        }
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(failed(&self.url, &format!("`{key}` cannot be read"), error)),
        }
    }

    /// The path of a key, none of whose parts is a symbolic link.
    fn path_of(&self, key: &str) -> Result<PathBuf, StoreError> {
        let mut path = self.root.clone();
        for part in key.split('/') {
            path.push(part);
            match fs::symlink_metadata(&path) {
                Ok(found) if found.is_symlink() => return Err(self.symlink(&path)),
                Ok(_) => {}
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(failed(&self.url, &format!("`{key}` cannot be reached"), error)),
            }
        }
        Ok(path)
    }

    fn symlink(&self, path: &Path) -> StoreError {
        let what = format!(
            "`{}` is a symbolic link, which could lead out of the store: put the files themselves there",
            path.display()
        );
        StoreError::new(&self.url, StoreErrorKind::NotThere, what)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        check_prefix(&self.url, prefix)?;
        let mut keys = Vec::new();
        let mut folders = vec![match prefix.rsplit_once('/') {
            Some((folder, _)) => (folder.to_owned(), self.path_of(folder)?),
            None => (String::new(), self.root.clone()),
        }];
        while let Some((folder, path)) = folders.pop() {
            let cannot = |error| failed(&self.url, &format!("the folder `{}` cannot be listed", path.display()), error);
            let entries = match fs::read_dir(&path) {
                Ok(entries) => entries,
                Err(error) if is_absent(&error) => continue,
                Err(error) => return Err(cannot(error)),
            };
            for entry in entries {
                let entry = entry.map_err(cannot)?;
                let Ok(name) = entry.file_name().into_string() else {
                    let what = format!("`{}` has a name that is not UTF-8: remove it", entry.path().display());
                    return Err(StoreError::new(&self.url, StoreErrorKind::NotThere, what));
                };
                let key = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                if key == TEMPORARY || !key.starts_with(prefix) {
                    continue;
                }
                let kind = entry.file_type().map_err(cannot)?;
                if kind.is_symlink() {
                    return Err(self.symlink(&entry.path()));
                } else if kind.is_dir() {
                    folders.push((key, entry.path()));
                } else {
                    keys.push(key);
                }
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }
}

/// A file that is removed again when dropped: after the link, and after every error.
struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    fn write(folder: &Path, bytes: &[u8]) -> io::Result<Self> {
        let unfinished = Self { path: folder.join(Ulid::generate().to_string()) };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished.path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(unfinished)
    }
}

impl Drop for Unfinished {
    #[expect(
        clippy::disallowed_methods,
        reason = "the unfinished file is this value's own; its name is no key of the store"
    )]
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(file = %self.path.display(), %error, "an unfinished file was not removed");
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn failed(url: &str, what: &str, error: io::Error) -> StoreError {
    let (kind, advice) = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            (StoreErrorKind::Denied, ": check the folder's owner and mode")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            (StoreErrorKind::Unavailable, ": free some space; nothing half is left behind")
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            (StoreErrorKind::NotThere, ": a file stands where a folder should be")
        }
        _ => (StoreErrorKind::Unavailable, ""),
    };
    StoreError::new(url, kind, format!("{what}{advice}")).caused_by(error)
}

#[cfg(test)]
mod tests;
