//! One waiting run: its folder with the seven fixed files, `waiting.json`, and `attempt.json` where a statement of it was
//! put. Every file has mode 0600 and is on disk before anything is built on it.

use super::claim::Claim;
use super::{DAMAGED, GONE, SpoolError, UNFINISHED, name_of};
use crate::bundle::{self, BundleFile, read_document, read_lines};
use crate::ledger::{AttemptError, Attempts, FIXED, Sealed, read_statement};
use bytes::Bytes;
use evidenced_schemas::waiting::{Attempt, WAITING_VERSION, WaitingFile, WaitingRun};
use evidenced_schemas::{Instant, StreamId, to_canonical_vec};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use ulid::Ulid;

/// What the run is.
const MANIFEST: &str = "waiting.json";
/// The statement whose fate is not known.
const ATTEMPT: &str = "attempt.json";
/// The same while it is written.
const ATTEMPT_UNFINISHED: &str = "attempt.json.new";
/// Room for the next statement: without it a disk that is full could never be drained.
const ROOM: &str = "room";
/// Bytes of [`ROOM`]: several times a statement over the whole catalogue.
const ROOM_BYTES: usize = 64 << 10;

/// What of a waiting run does not read.
pub(super) type Damage = String;

/// A waiting run, claimed.
#[derive(Debug)]
pub struct Waiting {
    claim: Claim,
    folder: PathBuf,
    manifest: WaitingRun,
    attempt: Option<Attempt>,
}

/// A waiting run as it is written: the bundle's files, and the spool's own with their names.
pub(super) struct Parts {
    name: String,
    files: Vec<BundleFile>,
    own: Vec<(&'static str, Vec<u8>)>,
}

impl Parts {
    /// The parts of a sealed run.
    pub(super) fn of(sealed: &Sealed, attempt: Option<&Attempt>, store: &str) -> io::Result<Self> {
        let files: Vec<WaitingFile> = sealed
            .files
            .iter()
            .map(|file| WaitingFile { name: file.name().to_owned(), sha256: file.sha256().clone(), bytes: file.size() })
            .collect();
        let manifest = WaitingRun {
            format: WAITING_VERSION,
            store: store.to_owned(),
            run: sealed.run.clone(),
            region_set: sealed.region_set.clone(),
            identity: sealed.identity.clone(),
            started_at: sealed.started_at,
            finished_at: sealed.finished_at,
            cost: sealed.cost,
            complete: sealed.complete,
            gaps: sealed.gaps,
            files,
        };
        let mut own = vec![(ROOM, vec![0; ROOM_BYTES]), (MANIFEST, to_canonical_vec(&manifest)?)];
        if let Some(attempt) = attempt {
            own.push((ATTEMPT, to_canonical_vec(attempt)?));
        }
        Ok(Self { name: sealed.run.run.as_str().to_owned(), files: sealed.files.clone(), own })
    }

    /// Bytes of all of it.
    pub(super) fn size(&self) -> u64 {
        let own: u64 = self.own.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        own + self.files.iter().map(BundleFile::size).sum::<u64>()
    }

    /// Steps 1 and 2 of the table in [`super`]: gives the run's folder.
    pub(super) fn write(self, stream: &Path) -> Result<PathBuf, SpoolError> {
        let unfinished = stream.join(format!("{UNFINISHED}{}", Ulid::generate()));
        let folder = stream.join(&self.name);
        let written = (|| {
            DirBuilder::new().mode(0o700).create(&unfinished)?;
            for (name, bytes) in &self.own {
                write_new(&unfinished.join(name), bytes)?;
            }
            for file in &self.files {
                write_new(&unfinished.join(file.name()), &file.bytes().map_err(io::Error::other)?)?;
            }
            sync(&unfinished)?;
            fs::rename(&unfinished, &folder)?;
            sync(stream)
        })();
        written.map_err(|error| {
            // What is left of it is cleared away at the next claim, should this fail too.
            let _ = fs::remove_dir_all(&unfinished);
            SpoolError::io(&folder, "cannot be written", error)
        })?;
        Ok(folder)
    }
}

impl Waiting {
    pub(super) fn new(claim: &Claim, folder: PathBuf, manifest: WaitingRun) -> Self {
        Self { claim: claim.clone(), folder, manifest, attempt: None }
    }

    /// What its turn follows from.
    pub(super) fn order(&self) -> (Instant, String) {
        (self.manifest.run.as_of, name_of(&self.folder))
    }

    /// When it was made.
    pub fn as_of(&self) -> Instant {
        self.manifest.run.as_of
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads the run. One that does not read is set aside, and gives none.
    ///
    /// # Errors
    /// When it could not even be set aside.
    pub async fn load(&mut self) -> Result<Option<Sealed>, SpoolError> {
        let (folder, manifest) = (self.folder.clone(), self.manifest.clone());
        let read = self.claim.blocking(move |claim| match read(&folder, manifest, claim.stream()) {
            Ok(read) => Ok(Some(read)),
            Err(what) => set_aside(claim.folder(), &folder, &what).map(|()| None),
        });
        let Some((sealed, attempt)) = read.await? else { return Ok(None) };
        self.attempt = attempt;
        Ok(Some(sealed))
    }

    /// Steps 7 and 8: the store holds its statement.
    ///
    /// # Errors
    /// When it cannot be taken out; it is then put again, found committed, and taken out another time.
    pub async fn committed(self) -> Result<(), SpoolError> {
        let folder = self.folder;
        self.claim
            .blocking(move |claim| {
                let gone = claim.folder().join(format!("{GONE}{}", Ulid::generate()));
                let taken_out = fs::rename(&folder, &gone).and_then(|()| sync(claim.folder()));
                taken_out.map_err(|error| SpoolError::io(&folder, "cannot be taken out", error))?;
                if let Err(error) = fs::remove_dir_all(&gone) {
                    tracing::warn!(folder = %gone.display(), %error, "a committed run was not cleared away yet");
                }
                Ok(())
            })
            .await
    }
}

#[async_trait::async_trait]
impl Attempts for Waiting {
    fn open(&self) -> Option<Attempt> {
        self.attempt.clone()
    }

    /// Step 5.
    async fn keep(&mut self, attempt: &Attempt) -> Result<(), AttemptError> {
        let (folder, bytes) = (self.folder.clone(), to_canonical_vec(attempt)?);
        self.claim
            .blocking(move |_| {
                let kept = (|| {
                    remove(&folder.join(ROOM))?;
                    remove(&folder.join(ATTEMPT_UNFINISHED))?;
                    write_new(&folder.join(ATTEMPT_UNFINISHED), &bytes)?;
                    fs::rename(folder.join(ATTEMPT_UNFINISHED), folder.join(ATTEMPT))?;
                    sync(&folder)
                })();
                kept.map_err(|error| SpoolError::io(&folder, "cannot keep a statement", error))?;
                if let Err(error) = write_new(&folder.join(ROOM), &vec![0; ROOM_BYTES]) {
                    tracing::debug!(%error, "no room is kept for another statement");
                }
                Ok(())
            })
            .await?;
        self.attempt = Some(attempt.clone());
        Ok(())
    }
}

/// What a folder says of its run.
pub(super) fn manifest(folder: &Path) -> Result<WaitingRun, Damage> {
    let bytes = fs::read(folder.join(MANIFEST)).map_err(|error| format!("{MANIFEST} cannot be read: {error}"))?;
    let manifest: WaitingRun =
        serde_json::from_slice(&bytes).map_err(|error| format!("{MANIFEST} does not read: {error}"))?;
    if manifest.format != WAITING_VERSION {
        return Err(format!("{MANIFEST} is of form {}, and this version reads {WAITING_VERSION}", manifest.format));
    }
    Ok(manifest)
}

/// Reads a run and the statement that was put of it.
fn read(folder: &Path, manifest: WaitingRun, stream: &StreamId) -> Result<(Sealed, Option<Attempt>), Damage> {
    let told: BTreeMap<&str, &WaitingFile> = manifest.files.iter().map(|file| (file.name.as_str(), file)).collect();
    let mut files = Vec::new();
    let mut contents: BTreeMap<&str, Bytes> = BTreeMap::new();
    for name in FIXED {
        let file = told.get(name).ok_or_else(|| format!("{MANIFEST} does not name {name}"))?;
        let file = BundleFile::kept(name, folder, file.sha256.clone(), file.bytes);
        let bytes = file.bytes().map_err(|error| error.to_string())?;
        if [bundle::FINDINGS, bundle::POPULATIONS, bundle::CATALOGUE, bundle::SUMMARY].contains(&name) {
            contents.insert(name, bytes);
        }
        files.push(file);
    }
    let of = |name| contents.get(name).map(|bytes| &bytes[..]).unwrap_or_default();
    let wrong = |error: bundle::ReadError| error.to_string();
    let sealed = Sealed {
        findings: read_lines(bundle::FINDINGS, of(bundle::FINDINGS)).map_err(wrong)?,
        populations: read_document(bundle::POPULATIONS, of(bundle::POPULATIONS)).map_err(wrong)?,
        catalogue: read_document(bundle::CATALOGUE, of(bundle::CATALOGUE)).map_err(wrong)?,
        summary: read_document(bundle::SUMMARY, of(bundle::SUMMARY)).map_err(wrong)?,
        run: manifest.run,
        region_set: manifest.region_set,
        identity: manifest.identity,
        started_at: manifest.started_at,
        finished_at: manifest.finished_at,
        cost: manifest.cost,
        complete: manifest.complete,
        gaps: manifest.gaps,
        files,
        turn: None,
    };
    if sealed.stream() != *stream {
        return Err(format!("it is a run of {}, and lies among those of {stream}", sealed.stream()));
    }
    Ok((sealed, attempt(folder, stream)?))
}

/// The statement that was put, or was about to be. It must be one of this stream, or putting it again could do harm.
fn attempt(folder: &Path, stream: &StreamId) -> Result<Option<Attempt>, Damage> {
    let bytes = match fs::read(folder.join(ATTEMPT)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{ATTEMPT} cannot be read: {error}")),
    };
    let attempt: Attempt =
        serde_json::from_slice(&bytes).map_err(|error| format!("{ATTEMPT} does not read: {error}"))?;
    let (_, statement) = read_statement(attempt.envelope.as_bytes())
        .map_err(|error| format!("the statement in {ATTEMPT} does not read: {error}"))?;
    let told = statement.predicate;
    let of = StreamId { job: told.job, cloud: told.cloud, scope: told.scope };
    if of != *stream || told.sequence != attempt.sequence {
        return Err(format!("{ATTEMPT} holds statement {} of {of}, and says {}", told.sequence, attempt.sequence));
    }
    Ok(Some(attempt))
}

/// Gives a run that does not read another name, so that it stops no other and nothing of it is lost.
pub(super) fn set_aside(stream: &Path, folder: &Path, what: &str) -> Result<(), SpoolError> {
    let aside = stream.join(format!("{DAMAGED}{}-{}", name_of(folder), Ulid::generate()));
    fs::rename(folder, &aside)
        .and_then(|()| sync(stream))
        .map_err(|error| SpoolError::io(folder, "cannot be set aside", error))?;
    tracing::error!(
        run = %aside.display(),
        "a waiting run does not read and was set aside; it will not be committed: {what}"
    );
    Ok(())
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Removes one of the spool's own files; that there is none is fine.
fn remove(path: &Path) -> io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "room and unfinished files are the spool's own")]
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Brings a folder's entries to the disk.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
