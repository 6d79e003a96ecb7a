//! Verifying a store: that nothing in it was changed, that it follows from itself, and who signed it.
//!
//! It needs the store and the public keys, and nothing else: no cloud, no catalogue, no trust in whoever wrote it. It
//! cannot write. Whether documents follow from what the provider said, and verdicts from documents, is
//! re-performance ([`crate::reperform`]).
//!
//! Two things a ledger cannot show by itself: statements that were cut off at its end, and a stream that was removed
//! whole. A checkpoint that was kept elsewhere shows both ([`crate::checkpoint`]); without one, what hints at them is named:
//! folders that no statement names, and missed runs.

mod balance;
pub(crate) mod bundle;
mod cadence;
mod checkpoint;
mod documents;
mod handover;
mod hold;
pub(crate) mod problem;
mod report;
mod stamps;
pub(crate) mod statement;
mod stream;
mod table;
mod tree;
mod verdicts;

#[cfg(test)]
pub(crate) mod tests;

pub use handover::KeyChange;
pub use hold::Protected;
pub use problem::{Problem, ProblemKind};
pub use report::{
    CheckpointOutcome, CheckpointReport, CheckpointSigner, IncompleteRun, Integrity, MissedRuns, SequenceGap,
    Signatures, StreamReport, TreeHead, VerifyReport, Warning,
};
pub use stamps::{Stamps, Timestamps};

use crate::checkpoint::Checkpoint;
use crate::signing::Verifier;
use crate::store::{Store, StoreError};
use crate::timestamp::Authorities;
use chrono::{DateTime, Utc};
use evidenced_schemas::StreamId;
use problem::{ProblemKind as Kind, Problems};
use std::collections::{BTreeMap, BTreeSet};
use stream::Walk;

/// What is to be verified.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Keys that every statement must be signed with, one of them each. Without any, who signed is not checked.
    pub keys: Vec<Verifier>,
    /// These streams only, `job/cloud/scope`; all of the store without any.
    pub streams: Vec<String>,
    /// Bundles from this instant on are read. The chain of statements is always checked whole.
    pub from: Option<DateTime<Utc>>,
    /// Bundles up to this instant, inclusive.
    pub to: Option<DateTime<Utc>>,
    /// Checkpoints since which the ledger must only have grown.
    pub checkpoints: Vec<Checkpoint>,
    /// Keys that checkpoints may be signed with, besides `keys`. Without any of both, who signed them is not checked.
    pub checkpoint_keys: Vec<Verifier>,
    /// Whom time stamps must come from. Without any, who made them is not checked.
    pub authorities: Authorities,
    /// The present: scheduled runs up to it should have taken place.
    pub now: DateTime<Utc>,
}

/// A verification that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The store would not list what it holds.
    #[error("the store could not be listed")]
    Store(#[from] StoreError),
    /// There can be no such stream.
    #[error("`{0}` is not a stream: write job/cloud/scope, for example default/aws/123456789012")]
    Stream(String),
}

/// Verifies a store. What is wrong is in the report; an error means that nothing could be checked.
///
/// # Errors
/// When the store cannot be listed, or the stream's name is none.
pub async fn verify(store: &dyn Store, options: &VerifyOptions) -> Result<VerifyReport, VerifyError> {
    let named =
        options.streams.iter().map(|text| StreamId::parse(text).ok_or_else(|| VerifyError::Stream(text.clone())));
    let only: BTreeSet<StreamId> = named.collect::<Result<_, _>>()?;
    let present = listed(store, &only).await?;
    let mut problems = Problems::of_store();
    let ledger = Ledger::of(&present, &mut problems);
    for stream in only.iter().filter(|stream| !ledger.streams.contains_key(stream)) {
        problems.add(Kind::NoStatementFound, &stream.ledger_prefix(), "no statement found of this stream");
    }
    if only.is_empty() && ledger.streams.is_empty() {
        let what = "no statement found: this is no evidence store, or it is empty";
        problems.add(Kind::NoStatementFound, "ledger/", what);
    }
    let mut report = VerifyReport::new(store.url(), options);
    report.problems = problems.into_list();
    let (mut bundles, mut grown) = (BTreeSet::new(), BTreeMap::new());
    for (stream, sequences) in &ledger.streams {
        let walked = Walk::new(store, options, stream, &present).through(sequences).await;
        report.streams.push(walked.report);
        let newest = sequences.last().copied().unwrap_or_default();
        grown.insert(stream.clone(), checkpoint::Grown { newest, roots: walked.roots });
        report.problems.extend(walked.problems);
        report.warnings.extend(walked.warnings);
        bundles.extend(walked.bundles);
        for (keyid, count) in walked.keyids {
            *report.keyids.entry(keyid).or_default() += count;
        }
    }
    let held = checkpoint::check(options, &only, &grown);
    report.checkpoints = held.reports;
    report.problems.extend(held.problems);
    report.warnings.extend(held.warnings);
    strays(&present, &bundles, &mut report);
    Ok(report.concluded())
}

/// Every key of the store, or of some streams.
async fn listed(store: &dyn Store, only: &BTreeSet<StreamId>) -> Result<BTreeSet<String>, StoreError> {
    if only.is_empty() {
        return Ok(store.list("").await?.into_iter().collect());
    }
    let mut keys = BTreeSet::new();
    for stream in only {
        keys.extend(store.list(&stream.ledger_prefix()).await?);
        keys.extend(store.list(&format!("bundles/{stream}/")).await?);
    }
    Ok(keys)
}

/// The statements by stream.
#[derive(Debug, Default)]
struct Ledger {
    streams: BTreeMap<StreamId, Vec<u64>>,
}

impl Ledger {
    /// Sorts what lies under `ledger/`, and names what is no statement.
    fn of(present: &BTreeSet<String>, problems: &mut Problems) -> Self {
        let mut ledger = Self::default();
        for key in present.iter().filter(|key| key.starts_with("ledger/")) {
            if let Some((stream, sequence)) = statement_of(key, ".dsse.json") {
                ledger.streams.entry(stream).or_default().push(sequence);
            } else if let Some((stream, sequence)) = statement_of(key, ".tsr") {
                // With its statement it is checked there.
                if !present.contains(&stream.statement_key(sequence)) {
                    let what =
                        "is a time stamp without its statement: the statement was removed, or the time stamp moved";
                    problems.add(Kind::TimestampWithoutStatement, key, what);
                }
            } else {
                problems.add(Kind::UnexpectedLedgerFile, key, "is no statement: it was added");
            }
        }
        for sequences in ledger.streams.values_mut() {
            sequences.sort_unstable();
        }
        ledger
    }
}

/// The stream and number of a ledger file, when its name is exactly that of a statement.
fn statement_of(key: &str, ending: &str) -> Option<(StreamId, u64)> {
    let (stream, name) = key.strip_prefix("ledger/")?.strip_suffix(ending)?.rsplit_once('/')?;
    let (stream, sequence) = (StreamId::parse(stream)?, name.parse::<u64>().ok()?);
    let expected = stream.statement_key(sequence);
    (sequence > 0 && expected.strip_suffix(".dsse.json") == key.strip_suffix(ending)).then_some((stream, sequence))
}

/// Lists folders of runs that no statement names, and what does not belong to the format at all.
fn strays(present: &BTreeSet<String>, bundles: &BTreeSet<String>, report: &mut VerifyReport) {
    let mut orphans = BTreeSet::new();
    for key in present.iter().filter(|key| !key.starts_with("ledger/")) {
        // bundles/<job>/<cloud>/<scope>/<yyyy>/<mm>/<dd>/<run>/<file>
        let end = key.match_indices('/').nth(7).map(|(end, _)| end);
        match end.filter(|_| key.starts_with("bundles/")) {
            Some(end) if bundles.contains(&key[..=end]) => {}
            Some(end) => _ = orphans.insert(key[..=end].to_owned()),
            None => report.foreign.push(key.clone()),
        }
    }
    report.orphans = orphans.into_iter().collect();
}
