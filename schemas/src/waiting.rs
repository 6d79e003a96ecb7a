//! A run that waits in the collector's spool: what stands beside its files until they can be committed.
//!
//! It is the collector's own form, read by nobody else; it has a version, for a run may wait while the collector is
//! upgraded.

use crate::digest::Digest;
use crate::id::RunId;
use crate::run::RunRecord;
use crate::statement::Cost;
use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of this form.
pub const WAITING_VERSION: u32 = 1;

/// `waiting.json`: a sealed run without its files, which lie beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitingRun {
    /// Version of this form, 1.
    pub format: u32,
    /// The store that it is to be committed to.
    pub store: String,
    /// What was asked.
    pub run: RunRecord,
    /// Regions that were to be read, sorted.
    pub region_set: Vec<String>,
    /// The cloud identity that read.
    pub identity: Option<String>,
    /// When collecting began.
    pub started_at: Instant,
    /// When it ended.
    pub finished_at: Instant,
    /// What it cost.
    pub cost: Cost,
    /// True exactly when the balance closes with no gap.
    pub complete: bool,
    /// Number of gaps.
    pub gaps: u64,
    /// The files that do not depend on the bundle before.
    pub files: Vec<WaitingFile>,
}

/// One file of a waiting run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitingFile {
    /// Its name in the bundle.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Size in bytes.
    pub bytes: u64,
}

/// `attempt.json`: the statement that was put, or was about to be, whose fate is not known. The very same bytes are put
/// again before any others: a signature made anew could differ, and the run would stand in the ledger twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// The number that it was put under.
    pub sequence: u64,
    /// The run id of the bundle that it names.
    pub run: RunId,
    /// The ledger file, byte for byte.
    pub envelope: String,
}
