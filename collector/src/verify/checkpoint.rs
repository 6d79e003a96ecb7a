//! Checkpoints that somebody kept, against the ledger as it is: that it only grew since.

use super::problem::{ProblemKind as Kind, Problems};
use super::report::{CheckpointOutcome as Outcome, CheckpointReport, CheckpointSigner, Signatures, Warning};
use super::{Problem, VerifyOptions};
use crate::checkpoint::note::Checked;
use crate::checkpoint::{Checkpoint, origin};
use chrono::DateTime;
use evidenced_schemas::{Digest, StreamId};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a stream that was walked.
#[derive(Debug)]
pub(super) struct Grown {
    /// The number of its newest statement.
    pub(super) newest: u64,
    /// The roots of the sizes that checkpoints speak of, as far as the files are there.
    pub(super) roots: BTreeMap<u64, Digest>,
}

/// What the checkpoints gave.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) reports: Vec<CheckpointReport>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Warning>,
}

/// The sizes that checkpoints of this stream speak of.
pub(super) fn sizes(options: &VerifyOptions, stream: &StreamId) -> BTreeSet<u64> {
    options
        .checkpoints
        .iter()
        .filter(|checkpoint| checkpoint.stream == *stream)
        .map(|checkpoint| checkpoint.size)
        .collect()
}

/// Checks every checkpoint. `only` are the streams that were asked for; all without any.
pub(super) fn check(options: &VerifyOptions, only: &BTreeSet<StreamId>, grown: &BTreeMap<StreamId, Grown>) -> Held {
    let keys: Vec<_> = options.checkpoint_keys.iter().chain(&options.keys).cloned().collect();
    let mut held = Held::default();
    for checkpoint in &options.checkpoints {
        let mut problems = Problems::of_stream(&checkpoint.stream.to_string());
        let mut report = signed(checkpoint, &keys, &mut problems);
        if !only.is_empty() && !only.contains(&checkpoint.stream) {
            report.outcome = Outcome::NotAsked;
        } else if report.signatures != Signatures::Failed {
            report.outcome = compare(checkpoint, grown.get(&checkpoint.stream), &mut problems);
        }
        if report.outcome == Outcome::NotCheckable {
            let what = format!(
                "the checkpoint {} cannot be checked: not every one of the first {} statements is there and can be read",
                checkpoint.place(),
                checkpoint.size
            );
            let stream = Some(checkpoint.stream.to_string());
            held.warnings.push(Warning { stream, file: checkpoint.stream.ledger_prefix(), what });
        }
        held.reports.push(report);
        held.problems.extend(problems.into_list());
    }
    held
}

/// Checks its signatures. By the specification, a note without one by a known key, or with a broken one, says nothing.
fn signed(checkpoint: &Checkpoint, keys: &[crate::signing::Verifier], problems: &mut Problems) -> CheckpointReport {
    let mut report = CheckpointReport {
        file: checkpoint.file.clone(),
        line: checkpoint.line,
        origin: origin(&checkpoint.stream),
        stream: checkpoint.stream.to_string(),
        size: checkpoint.size,
        root: checkpoint.root.clone(),
        signatures: Signatures::NotChecked,
        signed_by: Vec::new(),
        unknown: Vec::new(),
        outcome: Outcome::NotSigned,
    };
    let mut broken = None;
    for (line, checked) in checkpoint.note.signatures.iter().zip(checkpoint.note.check(keys)) {
        match checked {
            Checked::Unknown => report.unknown.push(line.signer()),
            Checked::Broken(keyid) => broken = Some(keyid),
            Checked::Holds(keyid, time) => {
                let time = time.and_then(|time| DateTime::from_timestamp(i64::try_from(time).ok()?, 0)).map(Into::into);
                report.signed_by.push(CheckpointSigner { name: line.name.clone(), keyid, time });
            }
        }
    }
    if keys.is_empty() {
        return report;
    }
    report.signatures =
        if broken.is_some() || report.signed_by.is_empty() { Signatures::Failed } else { Signatures::Verified };
    let place = checkpoint.place();
    if let Some(keyid) = broken {
        let what = format!("{place}: the signature that names key {keyid} is not by it: the checkpoint was changed");
        problems.add(Kind::CheckpointSignature, &checkpoint.file, what);
    } else if report.signed_by.is_empty() {
        let what = format!(
            "{place}: is signed by none of the given keys, but by {}: give the key of whoever made it with --checkpoint-key",
            report.unknown.join(", ")
        );
        problems.add(Kind::CheckpointSignature, &checkpoint.file, what);
    }
    report
}

/// Compares it with the ledger.
fn compare(checkpoint: &Checkpoint, grown: Option<&Grown>, problems: &mut Problems) -> Outcome {
    let (stream, size) = (&checkpoint.stream, checkpoint.size);
    let place = checkpoint.place();
    let Some(grown) = grown else {
        if size == 0 {
            return Outcome::Holds;
        }
        let what =
            format!("no statement is there, and the checkpoint {place} shows {size}: the stream was removed whole");
        problems.add(Kind::StreamGone, &stream.ledger_prefix(), what);
        return Outcome::Gone;
    };
    if grown.newest < size {
        let what = format!(
            "is missing: the checkpoint {place} shows {size} statements, and the newest is number {}: the end was cut off, or this is an \
             older copy of the store",
            grown.newest
        );
        problems.add(Kind::LedgerShrank, &stream.statement_key(grown.newest + 1), what);
        return Outcome::Shrank;
    }
    match grown.roots.get(&size) {
        None => Outcome::NotCheckable,
        Some(root) if *root == checkpoint.root => Outcome::Holds,
        Some(root) => {
            let what = format!(
                "the first {size} statements give the Merkle root {root}, and the checkpoint {place} shows {}: history was rewritten",
                checkpoint.root
            );
            problems.add(Kind::CheckpointMismatch, &stream.ledger_prefix(), what);
            Outcome::Mismatch
        }
    }
}
