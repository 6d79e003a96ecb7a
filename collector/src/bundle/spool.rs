//! Where exchanges wait until their run is committed: a private folder of this process in the system's temporary folder.

use crate::store::claimed::ClaimedFolder;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

/// A spool that cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("the spool `{folder}` {what}: check the space and mode of the temporary folder, or set TMPDIR to another one")]
pub struct SpoolError {
    pub(super) folder: String,
    pub(super) what: String,
    /// The cause.
    #[source]
    pub source: Option<std::io::Error>,
}

impl SpoolError {
    pub(super) fn new(folder: &Path, what: impl Into<String>, source: Option<std::io::Error>) -> Self {
        Self { folder: folder.display().to_string(), what: what.into(), source }
    }
}

/// A folder with mode 0700. It goes when the last that uses it is dropped; what a killed process left goes when the next
/// spool is made.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: Arc<ClaimedFolder>,
}

impl Spool {
    /// Makes a spool below the system's temporary folder (`TMPDIR`).
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new() -> Result<Self, SpoolError> {
        Self::below(&std::env::temp_dir())
    }

    /// Makes a spool below a folder.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn below(parent: &Path) -> Result<Self, SpoolError> {
        let failed = |error| SpoolError::new(parent, "cannot be made", Some(error));
        // A name for each user: folders of others in a shared temporary folder are not ours to clear away.
        let user = std::fs::metadata("/proc/self").map_or(0, |own| own.uid());
        let folder = ClaimedFolder::make(parent, &format!("evidenced-spool-{user}-")).map_err(failed)?;
        Ok(Self { folder: Arc::new(folder) })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}
