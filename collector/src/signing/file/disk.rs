//! Key files: written whole or not at all, never overwritten.

use super::super::KeyError;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use ulid::Ulid;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// The owner alone: 0600.
    Private,
    /// Everyone: 0644.
    Public,
}

/// Writes a file that must not exist yet; false when it does. It is there whole, on disk, or not at all: a start that
/// is interrupted leaves no empty key.
pub(super) fn write_new(path: &Path, bytes: &[u8], mode: Mode) -> Result<bool, KeyError> {
    let failed = |error: io::Error| {
        let advice = match error.kind() {
            io::ErrorKind::NotFound => "cannot be written: its folder does not exist",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "cannot be written: check the owner and mode of its folder, or name another file"
            }
            _ => "cannot be written",
        };
        KeyError::new(advice).at(path.display()).caused_by(error)
    };
    if fs::symlink_metadata(path).is_ok() {
        return Ok(false);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let unfinished = folder.join(format!(".evidenced-key-{}", Ulid::generate()));
    let bits = if mode == Mode::Private { 0o600 } else { 0o644 };
    let linked = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(bits).open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        match fs::hard_link(&unfinished, path) {
            Ok(()) => File::open(folder)?.sync_all().map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    })();
    #[expect(clippy::disallowed_methods, reason = "the unfinished file is this call's own")]
    let removed = fs::remove_file(&unfinished);
    if let Err(error) = removed
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(file = %unfinished.display(), %error, "an unfinished key file was not removed: remove it");
    }
    linked.map_err(failed)
}

/// Reads a private key's file, warning when others may read it too; none when there is no such file.
pub(super) fn read_private(path: &Path) -> Result<Option<Vec<u8>>, KeyError> {
    let bytes = read(path)?;
    if bytes.is_some()
        && let Some(mode) = readable_by_others(path)
    {
        let (mode, file) = (format!("{mode:04o}"), path.display());
        tracing::warn!(%file, mode, "the signing key can be read by others: chmod 600 it");
    }
    Ok(bytes)
}

/// The mode of a file that others than its owner may read.
pub(super) fn readable_by_others(path: &Path) -> Option<u32> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Reads a file; none when there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, KeyError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let what = "cannot be read: check its owner and mode, it must be readable by the user that runs this";
            Err(KeyError::new(what).at(path.display()).caused_by(error))
        }
    }
}
