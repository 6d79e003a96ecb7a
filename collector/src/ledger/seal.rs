//! From a run to bytes: its files, its statement, its envelope.

use super::tail::Last;
use super::{LedgerError, RunOutcome, gaps, is_complete, put};
use crate::bundle::{self, BundleFile};
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

/// Brings everything into the order of the format, and makes the files that depend on nothing but the run.
pub(super) fn seal(stream: &StreamId, outcome: &mut RunOutcome) -> Result<Vec<BundleFile>, LedgerError> {
    let json = |error| LedgerError::json(stream, error);
    outcome.resources.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    outcome.populations.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    outcome.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    outcome.region_set.sort();
    outcome.region_set.dedup();
    let exchanges = outcome.exchanges.finish().map_err(|error| LedgerError::scratch(stream, error))?;
    let catalogue = BundleFile::document(bundle::CATALOGUE, &outcome.catalogue).map_err(json)?;
    outcome.run.catalogue_sha256 = catalogue.sha256().clone();
    Ok(vec![
        BundleFile::scratch(exchanges),
        BundleFile::lines(bundle::RESOURCES, &outcome.resources).map_err(json)?,
        BundleFile::document(bundle::POPULATIONS, &outcome.populations).map_err(json)?,
        BundleFile::lines(bundle::FINDINGS, &outcome.findings).map_err(json)?,
        catalogue,
        BundleFile::document(bundle::POLICY, &outcome.policy).map_err(json)?,
        BundleFile::document(bundle::SUMMARY, &outcome.summary).map_err(json)?,
    ])
}

/// Writes every file of the bundle. Until a statement names them they are nothing.
pub(super) async fn write_bundle(
    store: &dyn Store,
    stream: &StreamId,
    outcome: &RunOutcome,
    fixed: &[BundleFile],
    changes: Vec<Change>,
) -> Result<Written, LedgerError> {
    let json = |error| LedgerError::json(stream, error);
    let prefix = stream.bundle_prefix(outcome.run.as_of, &outcome.run.run);
    let mut files = fixed.to_vec();
    files.push(BundleFile::document(bundle::RUN, &outcome.run).map_err(json)?);
    files.push(BundleFile::lines(bundle::CHANGES, &changes).map_err(json)?);
    files.sort_by_key(BundleFile::name);
    for file in &files {
        let bytes = file.bytes().map_err(|error| LedgerError::scratch(stream, error))?;
        put::file(store, stream, &format!("{prefix}{}", file.name()), bytes).await?;
    }
    let subjects = files.iter().map(|file| file.subject(&prefix)).collect();
    Ok(Written { prefix, subjects, changes })
}

/// The statement of a run under a number.
pub(super) fn state(
    outcome: &RunOutcome,
    bundle: &Written,
    sequence: u64,
    last: Option<&Last>,
    tree: Tree,
    retention: &Retention,
) -> Statement {
    let run = &outcome.run;
    let predicate = Predicate {
        sequence,
        previous: last.map(|last| Previous { sequence: last.sequence, sha256: last.sha256.clone() }),
        tree,
        job: run.job.clone(),
        cloud: run.cloud,
        scope: run.scope.clone(),
        region_set: outcome.region_set.clone(),
        schedule: run.schedule.clone(),
        timezone: run.timezone.clone(),
        as_of: run.as_of,
        started_at: outcome.started_at,
        finished_at: outcome.finished_at,
        collector: run.collector.clone(),
        identity: outcome.identity.clone(),
        complete: is_complete(&outcome.resources, &outcome.populations),
        gaps: gaps(&outcome.resources, &outcome.populations),
        counts: outcome.summary.counts,
        summary: outcome.summary.controls.clone(),
        retention: retention.clone(),
        cost: outcome.cost,
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
