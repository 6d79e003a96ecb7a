//! The zip: every file with the same instant and the same mode, so that the same files give the same bytes; and its way to the disk.

use crate::store::claimed::ClaimedFolder;
use evidenced_schemas::Digest;
use evidenced_schemas::manifest::{FileKind, PackedFile};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// From so many bytes on a file gets the 64-bit fields of zip64 (APPNOTE.TXT, section 4.3.9.2): well below 4 GiB, for compressed bytes may be
/// more than plain ones.
const LARGE: usize = 3 << 30;
/// Endings of what is compressed already.
const STORED: [&str; 3] = [".zst", ".xlsx", ".tsr"];

/// A zip that is being written, with what is in it so far.
pub struct Archive<W: Write + Seek> {
    zip: ZipWriter<W>,
    files: Vec<PackedFile>,
    paths: BTreeSet<String>,
}

impl<W: Write + Seek> std::fmt::Debug for Archive<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

impl<W: Write + Seek> Archive<W> {
    /// A new one.
    pub fn new(inner: W) -> Self {
        Self { zip: ZipWriter::new(inner), files: Vec::new(), paths: BTreeSet::new() }
    }

    /// The files so far, in their order.
    pub fn files(&self) -> &[PackedFile] {
        &self.files
    }

    /// True when a file is in it.
    pub fn holds(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Adds a file, and notes it.
    ///
    /// # Errors
    /// When it cannot be written, or is there already.
    pub fn add(&mut self, path: &str, bytes: &[u8], kind: FileKind, as_signed: Option<bool>) -> Result<(), ZipError> {
        self.last(path, bytes)?;
        self.paths.insert(path.to_owned());
        let (bytes, sha256) = (bytes.len() as u64, Digest::of(bytes));
        self.files.push(PackedFile { path: path.to_owned(), kind, bytes, sha256, as_signed });
        Ok(())
    }

    /// Adds a file that does not stand among the files: the one that lists them.
    ///
    /// # Errors
    /// As [`Archive::add`].
    pub fn last(&mut self, path: &str, bytes: &[u8]) -> Result<(), ZipError> {
        let is_stored = STORED.iter().any(|ending| path.ends_with(ending));
        let method = if is_stored { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(bytes.len() >= LARGE);
        self.zip.start_file(path, options)?;
        self.zip.write_all(bytes)?;
        Ok(())
    }

    /// Writes the directory, and gives back what was written into.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<W, ZipError> {
        self.zip.finish()
    }
}

/// A file beside its target that becomes it when it is finished, and is gone otherwise.
#[derive(Debug)]
pub struct Unfinished {
    folder: ClaimedFolder,
    target: PathBuf,
}

impl Unfinished {
    /// Begins a file for a target that must not exist.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] when it does; otherwise what the file system says.
    pub fn begin(target: &Path) -> io::Result<(Self, BufWriter<File>)> {
        if fs::symlink_metadata(target).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !parent.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no folder {}", parent.display())));
        }
        let folder = ClaimedFolder::make(parent, ".evidenced-pull-")?;
        let file = OpenOptions::new().write(true).read(true).create_new(true).open(folder.path().join("package"))?;
        Ok((Self { folder, target: target.to_owned() }, BufWriter::with_capacity(1 << 20, file)))
    }

    /// Puts the finished file where it belongs. A file that came there meanwhile is left as it is.
    ///
    /// # Errors
    /// As [`Unfinished::begin`].
    pub fn finish(self, written: BufWriter<File>) -> io::Result<()> {
        written.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        let from = self.folder.path().join("package");
        // A link is refused where something is; renaming would put it away. Not every file system has links.
        match fs::hard_link(&from, &self.target) {
            Err(error)
                if error.kind() != io::ErrorKind::AlreadyExists && fs::symlink_metadata(&self.target).is_err() =>
            {
                fs::rename(&from, &self.target)
            }
            linked => linked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Read as _};

    #[test]
    fn the_same_files_give_the_same_bytes_and_come_out_again() {
        let made = || {
            let mut archive = Archive::new(Cursor::new(Vec::new()));
            archive.add("ledger/a.json", b"{}", FileKind::Statement, None).unwrap();
            archive.add("bundles/b.zst", b"12345", FileKind::Bundle, Some(true)).unwrap();
            assert!(archive.add("bundles/b.zst", b"x", FileKind::Bundle, None).is_err(), "a file stands twice");
            archive.finish().unwrap().into_inner()
        };
        let bytes = made();
        assert_eq!(bytes, made());
        let mut back = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        back.by_name("bundles/b.zst").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), back.len()), ("12345", 2));
        assert_eq!(back.by_index(0).unwrap().last_modified().map(|at| at.year()), Some(1980));
    }

    #[test]
    fn what_is_not_finished_leaves_nothing_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("p.zip");
        let (unfinished, mut file) = Unfinished::begin(&target).unwrap();
        file.write_all(b"half").unwrap();
        drop((unfinished, file));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let (unfinished, mut file) = Unfinished::begin(&target).unwrap();
        file.write_all(b"whole").unwrap();
        fs::write(&target, "mine").unwrap();
        assert_eq!(unfinished.finish(file).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&target).unwrap(), b"mine");
        assert_eq!(Unfinished::begin(&target).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        fs::remove_file(&target).unwrap();

        let (unfinished, mut file) = Unfinished::begin(&target).unwrap();
        file.write_all(b"whole").unwrap();
        unfinished.finish(file).unwrap();
        assert_eq!((fs::read(&target).unwrap(), fs::read_dir(folder.path()).unwrap().count()), (b"whole".to_vec(), 1));
    }
}
