//! What is told to others: CloudEvents 1.0 (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>), structured.
//!
//! An event is no evidence: it names the statement and the bundle that are.

use crate::change::{Change, ChangeKind};
use crate::id::{JobName, RunId};
use crate::summary::Counts;
use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of CloudEvents.
pub const SPEC_VERSION: &str = "1.0";
/// The type of `data`.
pub const DATA_TYPE: &str = "application/json";
/// The schema of the whole event, `evidenced schema event`.
pub const DATA_SCHEMA: &str = "urn:evidenced:schema:event:v1";

/// One event. Events of one `source` with the same `id` are the same event, sent again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Event {
    /// `1.0`
    pub specversion: String,
    /// Follows from what happened: letters, digits, `-` and `_`.
    pub id: String,
    /// `<deployment>/<job>/<cloud>/<scope>`, or the deployment alone, or with the job alone; `evidenced` where it has no name.
    pub source: String,
    /// The run, or the scope.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    /// The instant that a run speaks of; of what is no run, when it became known.
    pub time: Instant,
    /// `application/json`
    pub datacontenttype: String,
    /// `urn:evidenced:schema:event:v1`
    pub dataschema: String,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// `type` and `data`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
pub enum What {
    /// Verdicts of a run differ from those of the run before it.
    #[serde(rename = "dev.evidenced.verdicts.changed")]
    VerdictsChanged(VerdictsChanged),
    /// A run has another number of gaps than the run before it that was heard of.
    #[serde(rename = "dev.evidenced.gaps.changed")]
    GapsChanged(GapsChanged),
    /// Scheduled times passed without a run.
    #[serde(rename = "dev.evidenced.runs.missed")]
    RunsMissed(RunsMissed),
    /// A run gave nothing that counts. It is tried again, and told again after a day at the earliest.
    #[serde(rename = "dev.evidenced.run.failed")]
    RunFailed(RunFailed),
    /// A scope, or all of a job's, cannot be reached. It is told again after a day at the earliest.
    #[serde(rename = "dev.evidenced.scope.unreachable")]
    ScopeUnreachable(ScopeUnreachable),
    /// The newest evidence is older than its job allows.
    #[serde(rename = "dev.evidenced.evidence.stale")]
    EvidenceStale(EvidenceStale),
    /// Evidence that was too old is fresh again.
    #[serde(rename = "dev.evidenced.evidence.fresh")]
    EvidenceFresh(EvidenceFresh),
    /// More finished runs wait for the store or the key than when it was last told.
    #[serde(rename = "dev.evidenced.spool.grew")]
    SpoolGrew(SpoolGrew),
    /// No finished run waits any more.
    #[serde(rename = "dev.evidenced.spool.emptied")]
    SpoolEmptied(SpoolEmptied),
}

/// The run that an event speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunRef {
    /// Its id.
    pub run: RunId,
    /// Its number in the stream, from 1.
    pub sequence: u64,
    /// The key of its statement in the store.
    pub statement: String,
    /// The prefix of its bundle in the store.
    pub bundle: String,
    /// It had waited in the spool: it speaks of an earlier time.
    pub waited: bool,
}

/// Data of `dev.evidenced.verdicts.changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct VerdictsChanged {
    /// The run.
    #[serde(flatten)]
    pub run: RunRef,
    /// All verdicts of the run.
    pub counts: Counts,
    /// How many changes there are of each kind.
    pub by_change: BTreeMap<ChangeKind, u64>,
    /// The first changes as in `changes.jsonl`: what was opened first, then the others.
    pub changes: Vec<Change>,
    /// How many more there are in the bundle.
    pub left_out: u64,
}

/// Data of `dev.evidenced.gaps.changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct GapsChanged {
    /// The run.
    #[serde(flatten)]
    pub run: RunRef,
    /// How many things could not be read.
    pub gaps: u64,
    /// How many it were in the run before; null where this process heard of none.
    pub before: Option<u64>,
    /// Verdicts that are left open by them or otherwise.
    pub not_evaluated: u64,
}

/// Data of `dev.evidenced.runs.missed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RunsMissed {
    /// How many. They cannot be made up for; one run catches up.
    pub missed: u64,
    /// The newest run before them.
    pub since: Instant,
}

/// Data of `dev.evidenced.run.failed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RunFailed {
    /// Why, with its causes.
    pub why: String,
}

/// Data of `dev.evidenced.scope.unreachable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ScopeUnreachable {
    /// The job.
    pub job: JobName,
    /// The scope; null where none of the job's can be found.
    pub scope: Option<String>,
    /// Why, with its causes.
    pub why: String,
}

/// Data of `dev.evidenced.evidence.stale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EvidenceStale {
    /// How old the newest evidence is, in seconds; where there is none, how long the first was waited for.
    pub age_seconds: i64,
    /// How old it may be, in seconds.
    pub max_age_seconds: i64,
    /// There is no evidence at all.
    pub never: bool,
}

/// Data of `dev.evidenced.evidence.fresh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EvidenceFresh {
    /// How old the newest evidence is, in seconds.
    pub age_seconds: i64,
    /// How old it may be, in seconds.
    pub max_age_seconds: i64,
}

/// Data of `dev.evidenced.spool.grew`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SpoolGrew {
    /// Runs that wait.
    pub runs: u64,
    /// Bytes of the spool.
    pub bytes: u64,
    /// The instant that the oldest of them speaks of.
    pub oldest: Option<Instant>,
}

/// Data of `dev.evidenced.spool.emptied`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SpoolEmptied {}

impl What {
    /// Its `type`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::VerdictsChanged(_) => "dev.evidenced.verdicts.changed",
            Self::GapsChanged(_) => "dev.evidenced.gaps.changed",
            Self::RunsMissed(_) => "dev.evidenced.runs.missed",
            Self::RunFailed(_) => "dev.evidenced.run.failed",
            Self::ScopeUnreachable(_) => "dev.evidenced.scope.unreachable",
            Self::EvidenceStale(_) => "dev.evidenced.evidence.stale",
            Self::EvidenceFresh(_) => "dev.evidenced.evidence.fresh",
            Self::SpoolGrew(_) => "dev.evidenced.spool.grew",
            Self::SpoolEmptied(_) => "dev.evidenced.spool.emptied",
        }
    }
}
