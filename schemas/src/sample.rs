//! A population at an instant and a repeatable sample of it: `evidenced sample --json`.
//!
//! The sample follows from the seed and from the population alone: docs/auditors.md draws it again with `sha256sum`.

use crate::digest::Digest;
use crate::finding::Finding;
use crate::id::RunId;
use crate::population::Population;
use crate::report::{ReportProblem, Signed};
use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the sample that this crate writes.
pub const SAMPLE_VERSION: u32 = 1;

/// How the items are chosen, in the words that stand in the document.
pub const METHOD: &str = "The rank of a resource is the SHA-256 of seed, stream, type, region and id with a line feed between each; \
the resources with the smallest ranks are the sample.";

/// A population and its sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Version of the sample, 1.
    pub format: u32,
    /// The store.
    pub store: String,
    /// The instant: of each stream the newest whole bundle at it or before it was taken.
    pub at: Instant,
    /// The resource type.
    pub population: String,
    /// The seed, as it was given.
    pub seed: String,
    /// How many were asked for.
    pub size: u64,
    /// How they were chosen.
    pub method: String,
    /// Whether every statement that was read is signed by a given key.
    pub signatures: Signed,
    /// Documents of the population: what could be drawn.
    pub documents: u64,
    /// Resources that were listed and left out by configuration: they have no document and cannot be drawn.
    pub excluded: u64,
    /// True when every list was read to the end and agrees with the provider's own count, in every stream. Otherwise resources may
    /// be missing from the population.
    pub complete: bool,
    /// The streams of the type's cloud, sorted.
    pub streams: Vec<SampledStream>,
    /// The sample, by rank.
    pub items: Vec<SampledItem>,
    /// What is wrong with what was read.
    pub problems: Vec<ReportProblem>,
}

/// The population in one stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampledStream {
    /// `job/cloud/scope`.
    pub stream: String,
    /// The bundle that it is from; null where no whole one was found.
    pub bundle: Option<SampledBundle>,
    /// Its lists, as `populations.json` has them; none where the scope does not have this type.
    pub lists: Vec<Population>,
    /// Documents of the type.
    pub documents: u64,
    /// False when a list was cut short or differs from the provider's own count, and where there is no bundle.
    pub complete: bool,
}

/// The bundle of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampledBundle {
    /// Its number in the stream.
    pub sequence: u64,
    /// Its run.
    pub run: RunId,
    /// The instant that its verdicts are relative to.
    pub as_of: Instant,
    /// The signed statement that names its files.
    pub statement: EvidenceFile,
    /// `populations.json`.
    pub populations: EvidenceFile,
    /// `resources.jsonl.zst`.
    pub resources: EvidenceFile,
    /// `findings.jsonl.zst`.
    pub findings: EvidenceFile,
    /// `exchanges.jsonl.zst`.
    pub exchanges: EvidenceFile,
}

/// A file of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceFile {
    /// Path from the store's root.
    pub path: String,
    /// Its size, in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes as stored.
    pub sha256: Digest,
}

/// One resource of the sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampledItem {
    /// What it was chosen by.
    pub rank: Digest,
    /// The stream, whose bundle stands among the streams.
    pub stream: String,
    /// Region.
    pub region: String,
    /// The provider's identifier.
    pub id: String,
    /// The name a person would use.
    pub name: String,
    /// Digest of its document: its `sha256` in `resources.jsonl.zst`.
    pub document: Digest,
    /// When the newest of its exchanges finished.
    pub observed_at: Instant,
    /// How many of its fields could not be read.
    pub gaps: u64,
    /// Numbers (`seq`) of the exchanges that it was built from, in `exchanges.jsonl.zst`.
    pub exchanges: Vec<u64>,
    /// The files that hold it: documents, exchanges, verdicts.
    pub files: Vec<EvidenceFile>,
    /// Its verdicts, as `findings.jsonl.zst` has them.
    pub verdicts: Vec<Finding>,
}
