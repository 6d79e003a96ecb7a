//! `manifest.json` of an auditor's package: every file in it, what was selected, and everything that is not in it.

use crate::criteria::{Criterion, Principle};
use crate::digest::Digest;
use crate::id::RunId;
use crate::report::Signed;
use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the manifest that this crate writes.
pub const MANIFEST_VERSION: u32 = 1;

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the manifest, 1.
    pub format: u32,
    /// The store.
    pub store: String,
    /// The period's first instant.
    pub from: Instant,
    /// The first instant after it.
    pub to: Instant,
    /// Where knowledge ends, for a period that had not ended when the package was made; otherwise null.
    pub cut_at: Option<Instant>,
    /// Hours for which a run counts that declares no schedule.
    pub unscheduled_hours: u64,
    /// Whether every statement that counts is signed by a given key.
    pub signatures: Signed,
    /// What was selected.
    pub selection: Selection,
    /// The streams of the package, sorted.
    pub streams: Vec<PackedStream>,
    /// Every file of the package but this one, in its order.
    pub files: Vec<PackedFile>,
    /// Everything that is not in the package, or that the evidence in it does not tell.
    pub omissions: Vec<Omission>,
}

/// What was selected. An empty list selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Criteria: controls that bear on one of them.
    pub criteria: Vec<Criterion>,
    /// Principles: controls that serve one of them. With criteria too, a control must be selected by both.
    pub principles: Vec<Principle>,
    /// Streams, `job/cloud/scope`.
    pub streams: Vec<String>,
    /// The controls of the period that this selects, sorted.
    pub controls: Vec<String>,
}

/// One stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackedStream {
    /// `job/cloud/scope`.
    pub stream: String,
    /// Its statements in the package: all of its chain, from number 1.
    pub statements: u64,
    /// Its bundles in the package: those of the period, and the last one before it, which speaks for its beginning.
    pub bundles: Vec<PackedBundle>,
}

/// One bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackedBundle {
    /// Its number in the stream.
    pub sequence: u64,
    /// Its run; null where its statement does not name one bundle, of which there are no files then.
    pub run: Option<RunId>,
    /// The instant that its verdicts are relative to.
    pub as_of: Instant,
    /// False for the last one before the period.
    pub in_period: bool,
    /// False when it is damaged or by another key: it is no evidence, and lies here as it was found.
    pub whole: bool,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackedFile {
    /// Path in the package. Evidence has the path that it has in the store.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// Its size, in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Digest,
    /// For a file of a bundle: whether it is what its statement says. Null for others.
    pub as_signed: Option<bool>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A signed statement of the ledger.
    Statement,
    /// The time stamp of one.
    TimeStamp,
    /// A file of a bundle.
    Bundle,
    /// The report of the period.
    Report,
    /// A worksheet.
    Worksheet,
    /// What is where, and how to verify.
    Guide,
}

/// Something that is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Omission {
    /// What kind of thing.
    pub kind: OmissionKind,
    /// The stream.
    pub stream: Option<String>,
    /// The statement's number.
    pub sequence: Option<u64>,
    /// The criterion.
    pub criterion: Option<Criterion>,
    /// The file, as a path from the store's root.
    pub file: Option<String>,
    /// The first instant that it concerns.
    pub from: Option<Instant>,
    /// The first instant after.
    pub to: Option<Instant>,
    /// How many there are.
    pub count: Option<u64>,
    /// What it is, in words.
    pub what: String,
}

/// A kind of omission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OmissionKind {
    /// Something is damaged or by another key, and is no evidence.
    Damaged,
    /// Scheduled runs that did not take place.
    MissedRuns,
    /// A time of which nobody can say anything.
    NoEvidence,
    /// A run that could not read everything.
    Gaps,
    /// A criterion of which no selected control has a verdict.
    CriterionWithoutEvidence,
    /// A criterion that was not selected.
    CriterionNotSelected,
    /// A stream of the store that was not read.
    StreamNotRead,
    /// A bundle that was left out by the selection.
    BundleNotSelected,
    /// Statements of the chain whose bundles lie outside of the period.
    OutsidePeriod,
    /// Statements without a time stamp.
    NoTimeStamp,
}
