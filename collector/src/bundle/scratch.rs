//! Where exchanges wait until their run is committed: a private folder of this process in the system's temporary folder.

use crate::store::claimed::ClaimedFolder;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

/// A scratch folder that cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error(
    "the scratch folder `{folder}` {what}: check the space and mode of the temporary folder, or set TMPDIR to another one"
)]
pub struct ScratchError {
    pub(super) folder: String,
    pub(super) what: String,
    /// The cause.
    #[source]
    pub source: Option<std::io::Error>,
}

impl ScratchError {
    pub(super) fn new(folder: &Path, what: impl Into<String>, source: Option<std::io::Error>) -> Self {
        Self { folder: folder.display().to_string(), what: what.into(), source }
    }
}

/// A folder with mode 0700. It goes when the last that uses it is dropped; what a killed process left goes when the next
/// scratch folder is made.
#[derive(Clone, Debug)]
pub struct Scratch {
    folder: Arc<ClaimedFolder>,
}

impl Scratch {
    /// Makes a scratch folder below the system's temporary folder (`TMPDIR`).
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new() -> Result<Self, ScratchError> {
        Self::below(&std::env::temp_dir())
    }

    /// Makes a scratch folder below a folder.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn below(parent: &Path) -> Result<Self, ScratchError> {
        let failed = |error| ScratchError::new(parent, "cannot be made", Some(error));
        // A name for each user: folders of others in a shared temporary folder are not ours to clear away.
        let user = std::fs::metadata("/proc/self").map_or(0, |own| own.uid());
        let folder = ClaimedFolder::make(parent, &format!("evidenced-scratch-{user}-")).map_err(failed)?;
        Ok(Self { folder: Arc::new(folder) })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}
