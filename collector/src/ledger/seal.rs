//! From a sealed run to what depends on the bundle before: its files, its statement, its envelope.

use super::put::{self, FilePut};
use super::tail::Last;
use super::{LedgerError, Sealed};
use crate::bundle::{self, BundleFile, new_run_id};
use crate::signing::Signer;
use crate::store::Store;
use bytes::Bytes;
use evidenced_schemas::statement::{PREDICATE_TYPE, Previous, Retention, STATEMENT_TYPE, Subject, Tree};
use evidenced_schemas::{Change, Predicate, Statement, StreamId, to_canonical_vec};

/// The bundle as it was written, with what depends on the bundle before.
pub(super) struct Written {
    pub(super) prefix: String,
    pub(super) subjects: Vec<Subject>,
    pub(super) changes: Vec<Change>,
}

/// Writes every file of the bundle. Until a statement names them they are nothing. Where an earlier commit of this run left
/// files that say something else, by its changes, the bundle gets a new run id and those stay behind.
pub(super) async fn write_bundle(
    store: &dyn Store,
    stream: &StreamId,
    sealed: &mut Sealed,
    changes: Vec<Change>,
) -> Result<Written, LedgerError> {
    let taken = match write_files(store, stream, sealed, &changes).await? {
        Wrote::Whole { prefix, subjects } => return Ok(Written { prefix, subjects, changes }),
        Wrote::Taken { key } => key,
    };
    sealed.run.run = new_run_id(sealed.run.as_of);
    tracing::info!(%stream, taken, run = %sealed.run.run, "the bundle was begun with other changes; writing it anew");
    match write_files(store, stream, sealed, &changes).await? {
        Wrote::Whole { prefix, subjects } => Ok(Written { prefix, subjects, changes }),
        Wrote::Taken { key } => {
            let what = format!(
                "`{key}` exists with other content, although its name is new: something else writes to this store; \
                 nothing was committed"
            );
            Err(LedgerError::new(stream, what))
        }
    }
}

/// How writing a bundle's files ended.
enum Wrote {
    Whole { prefix: String, subjects: Vec<Subject> },
    Taken { key: String },
}

async fn write_files(
    store: &dyn Store,
    stream: &StreamId,
    sealed: &Sealed,
    changes: &[Change],
) -> Result<Wrote, LedgerError> {
    let json = |error| LedgerError::json(stream, error);
    let prefix = stream.bundle_prefix(sealed.run.as_of, &sealed.run.run);
    let mut files = sealed.files.clone();
    files.push(BundleFile::document(bundle::RUN, &sealed.run).map_err(json)?);
    files.push(BundleFile::lines(bundle::CHANGES, changes).map_err(json)?);
    files.sort_by_key(BundleFile::name);
    for file in &files {
        let bytes = file.bytes().map_err(|error| LedgerError::file(stream, error))?;
        let key = format!("{prefix}{}", file.name());
        match put::file(store, stream, &key, bytes).await? {
            FilePut::There => {}
            FilePut::Taken => return Ok(Wrote::Taken { key }),
        }
    }
    let subjects = files.iter().map(|file| file.subject(&prefix)).collect();
    Ok(Wrote::Whole { prefix, subjects })
}

/// The statement of a run under a number.
pub(super) fn state(
    sealed: &Sealed,
    bundle: &Written,
    sequence: u64,
    last: Option<&Last>,
    tree: Tree,
    retention: &Retention,
) -> Statement {
    let run = &sealed.run;
    let predicate = Predicate {
        sequence,
        previous: last.map(|last| Previous { sequence: last.sequence, sha256: last.sha256.clone() }),
        tree,
        job: run.job.clone(),
        cloud: run.cloud,
        scope: run.scope.clone(),
        region_set: sealed.region_set.clone(),
        schedule: run.schedule.clone(),
        timezone: run.timezone.clone(),
        as_of: run.as_of,
        started_at: sealed.started_at,
        finished_at: sealed.finished_at,
        collector: run.collector.clone(),
        identity: sealed.identity.clone(),
        complete: sealed.complete,
        gaps: sealed.gaps,
        counts: sealed.summary.counts,
        summary: sealed.summary.controls.clone(),
        retention: retention.clone(),
        cost: sealed.cost,
    };
    Statement {
        type_: STATEMENT_TYPE.to_owned(),
        subject: bundle.subjects.clone(),
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate,
    }
}

/// The bytes of a ledger file, and what the user should know of its signatures.
pub(super) async fn envelope(
    stream: &StreamId,
    signer: &Signer,
    statement: &Statement,
    last: Option<&Last>,
) -> Result<(Bytes, Option<String>), LedgerError> {
    let json = |error| LedgerError::json(stream, error);
    let last = last.and_then(|last| last.envelope.as_ref());
    let sealed = signer.seal_after(&to_canonical_vec(statement).map_err(json)?, last).await.map_err(|error| {
        LedgerError::new(stream, "the statement cannot be signed; nothing was committed").caused_by(error)
    })?;
    Ok((to_canonical_vec(&sealed.envelope).map(Bytes::from).map_err(json)?, sealed.warning))
}
