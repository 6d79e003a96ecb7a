//! The report of a period: what each control and each resource was from when to when, and when nobody can say.
//!
//! Every stretch of time is half-open: it ends where the next one begins. Times between runs are read as the run before them says,
//! until a scheduled run is missed: from then on there is no evidence, whatever was true before.

use crate::change::ChangedResource;
use crate::control::{Layer, Severity, Verdict};
use crate::criteria::{Category, Criterion, EvidenceMode, Principle};
use crate::digest::Digest;
use crate::figure::{Figure, TrendPoint};
use crate::finding::ExceptionRef;
use crate::id::{Cloud, RunId, ScopeId};
use crate::policy::Exception;
use crate::summary::Counts;
use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the report that this crate writes.
pub const REPORT_VERSION: u32 = 1;

/// `evidenced report --format json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Version of the report, 1.
    pub format: u32,
    /// The store.
    pub store: String,
    /// The period's first instant.
    pub from: Instant,
    /// The first instant after it.
    pub to: Instant,
    /// Where knowledge ends, for a period that had not ended when it was reported; otherwise null.
    pub cut_at: Option<Instant>,
    /// Hours for which a run counts that declares no schedule.
    pub unscheduled_hours: u64,
    /// Whether every statement that was read is signed by a given key.
    pub signatures: Signed,
    /// Runs in the period.
    pub runs: u64,
    /// The streams, sorted.
    pub streams: Vec<StreamSection>,
    /// The controls, sorted by id.
    pub controls: Vec<ControlSection>,
    /// All 61 criteria, in the standard's order.
    pub criteria: Vec<CriterionSection>,
    /// The five governing principles, in the policy's order.
    pub principles: Vec<PrincipleSection>,
    /// Every control on a resource that failed or could not be evaluated at some time of the period, sorted by stream, control and
    /// resource.
    pub items: Vec<Item>,
    /// Approved exceptions as the last run of each stream had them, sorted by id.
    #[serde(default)]
    pub exceptions: Vec<ExceptionSection>,
    /// Time to remediate, by severity.
    pub remediation: BTreeMap<Severity, Remediation>,
    /// What each run of the period that gives evidence found, by stream.
    pub trend: Vec<TrendPoint>,
    /// What is wrong with what was read. Such a bundle is no evidence: its time is `no_evidence`.
    pub problems: Vec<ReportProblem>,
}

/// Whether the given keys made the statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Signed {
    /// Every statement that was read is signed by a given key; one that is not is no evidence and stands in `problems`.
    Checked,
    /// No key was given: nothing is known of who signed.
    NotChecked,
}

/// What a control or an item was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// At least one resource failed.
    Fail,
    /// There is no evidence: see the reason.
    NoEvidence,
    /// Something could not be evaluated, and nothing failed.
    NotEvaluated,
    /// Everything that it applies to passed.
    Pass,
    /// It applied to nothing.
    NotApplicable,
    /// There was no resource to judge.
    NoPopulation,
}

impl State {
    /// All of them, the one that matters most first.
    pub const ALL: [Self; 6] =
        [Self::Fail, Self::NoEvidence, Self::NotEvaluated, Self::Pass, Self::NotApplicable, Self::NoPopulation];

    /// What these verdicts amount to: the worst of them.
    pub fn of(counts: Counts) -> Self {
        match counts {
            Counts { fail: 1.., .. } => Self::Fail,
            Counts { not_evaluated: 1.., .. } => Self::NotEvaluated,
            Counts { pass: 1.., .. } => Self::Pass,
            Counts { not_applicable: 1.., .. } => Self::NotApplicable,
            _ => Self::NoPopulation,
        }
    }

    /// The word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::NoEvidence => "no_evidence",
            Self::NotEvaluated => "not_evaluated",
            Self::Pass => "pass",
            Self::NotApplicable => "not_applicable",
            Self::NoPopulation => "no_population",
        }
    }
}

impl From<Verdict> for State {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Fail => Self::Fail,
            Verdict::NotApplicable => Self::NotApplicable,
            Verdict::NotEvaluated => Self::NotEvaluated,
        }
    }
}

/// Why there is no evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// No run had been made yet.
    NotBegun,
    /// Scheduled runs did not take place, or a run without a schedule was too long ago.
    Missed,
    /// The bundle cannot be relied on: see the problems.
    Damaged,
    /// The control was not in the catalogue of the run.
    NotInCatalogue,
    /// It is still to come.
    Future,
}

impl Why {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotBegun => "no run yet",
            Self::Missed => "missed runs",
            Self::Damaged => "damaged bundle",
            Self::NotInCatalogue => "not in the catalogue",
            Self::Future => "still to come",
        }
    }
}

/// A stretch of time in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Its first instant.
    pub from: Instant,
    /// The first instant after it.
    pub to: Instant,
    /// The state.
    pub state: State,
    /// Why there is no evidence; null in the other states.
    pub why: Option<Why>,
}

/// One stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamSection {
    /// `job/cloud/scope`.
    pub stream: String,
    /// The cloud.
    pub cloud: Cloud,
    /// The scope.
    pub scope: ScopeId,
    /// Its runs in the period.
    pub runs: Vec<RunLine>,
    /// Scheduled runs in the period that did not take place.
    pub missed: u64,
    /// The times without evidence.
    pub no_evidence: Vec<Interval>,
    /// Seconds of the period with evidence.
    pub evidence_seconds: u64,
    /// Seconds of the period without, up to the end of the period or of knowledge.
    pub no_evidence_seconds: u64,
    /// Populations at the first and at the last run that gives evidence.
    pub populations: Vec<PopulationLine>,
    /// Where the catalogue changed between two runs.
    pub catalogue_changes: Vec<CatalogueChange>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunLine {
    /// Its number in the stream.
    pub sequence: u64,
    /// Its id; null when its statement names no bundle.
    pub run: Option<RunId>,
    /// SHA-256 of its ledger file, which is the signed statement.
    pub statement_sha256: Digest,
    /// The instant that its verdicts are relative to.
    pub as_of: Instant,
    /// True when its bundle is what was signed.
    pub whole: bool,
    /// True exactly when its balance closes with no gap.
    pub complete: bool,
    /// Its gaps.
    pub gaps: u64,
    /// Its verdicts.
    pub counts: Counts,
    /// The cloud identity that read.
    pub identity: Option<String>,
}

/// The population of a type in a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PopulationLine {
    /// Resource type.
    #[serde(rename = "type")]
    pub type_: String,
    /// Region.
    pub region: String,
    /// Listed at the first run that gives evidence; null where it has no such row.
    pub start: Option<u64>,
    /// Listed at the last one.
    pub end: Option<u64>,
    /// False when one of both lists was cut short.
    pub complete: bool,
}

/// A change of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogueChange {
    /// The first run with it.
    pub at: Instant,
    /// Digest of the catalogue before.
    pub before: Digest,
    /// Digest of the catalogue from then on.
    pub after: Digest,
    /// Controls that were added.
    pub added: Vec<String>,
    /// Controls that were taken out.
    pub removed: Vec<String>,
    /// Controls whose text, expressions or parameters changed.
    pub changed: Vec<String>,
}

/// One control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlSection {
    /// Its id.
    pub control: String,
    /// Its title, as the newest catalogue of the period has it.
    pub title: String,
    /// What holds when it passes.
    pub statement: String,
    /// The principle it serves.
    pub principle: Principle,
    /// Its primary criterion.
    pub primary: Criterion,
    /// Criteria that it also bears on.
    pub supporting: Vec<Criterion>,
    /// The category it counts under.
    pub category: Category,
    /// The layer of defence.
    pub layer: Layer,
    /// How much a failure matters.
    pub severity: Severity,
    /// The supporting policy it carries out.
    pub policy: String,
    /// Who is accountable.
    pub owner: String,
    /// What it was in each stream.
    pub lines: Vec<ControlLine>,
}

/// A control in one stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlLine {
    /// The stream.
    pub stream: String,
    /// The whole period, without a hole.
    pub intervals: Vec<Interval>,
    /// Seconds of the period in each state.
    pub seconds: BTreeMap<State, u64>,
    /// Its verdicts at the first run of the period that gives evidence; null where it was in no catalogue then.
    pub start: Option<Counts>,
    /// Its verdicts at the last one.
    pub end: Option<Counts>,
}

/// One criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionSection {
    /// Its id.
    pub criterion: Criterion,
    /// Its subject.
    pub subject: String,
    /// Its category.
    pub category: Category,
    /// How far collected evidence goes.
    pub mode: EvidenceMode,
    /// What an auditor needs besides.
    pub besides: String,
    /// Controls of the period whose primary criterion it is.
    pub primary: Vec<String>,
    /// Controls of the period that also bear on it.
    pub supporting: Vec<String>,
    /// Verdicts of the primary controls at the end, over all streams.
    pub end: Counts,
}

/// One governing principle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrincipleSection {
    /// The principle.
    pub principle: Principle,
    /// The policy's name for it.
    pub title: String,
    /// Its controls.
    pub controls: Vec<String>,
    /// Their verdicts at the start, over all streams.
    pub start: Counts,
    /// Their verdicts at the end.
    pub end: Counts,
    /// What it is measured by. Each figure says of how many, and what could not be evaluated.
    pub measures: Vec<Figure>,
}

/// A control on a resource that did not pass all the time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The stream.
    pub stream: String,
    /// The control.
    pub control: String,
    /// The resource; null for a scope control, and for resources that could not be listed.
    pub resource: Option<ChangedResource>,
    /// How much a failure matters.
    pub severity: Severity,
    /// What it was while it was there. Before and after there is nothing.
    pub intervals: Vec<Interval>,
    /// Its failures.
    pub failures: Vec<Failure>,
    /// What the last run of the period that gives evidence says of it, where it fails or could not be evaluated.
    pub message: Option<String>,
    /// The approved exception that covers it then.
    pub exception: Option<ExceptionRef>,
}

/// One failure, from the first run that saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The first run that saw it fail; null when it failed at the last run before the period already.
    pub opened: Option<Instant>,
    /// The first run that saw it end; null when no run did.
    pub ended: Option<Instant>,
    /// How it ended.
    pub end: FailureEnd,
}

/// How a failure ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureEnd {
    /// It passes, or does not apply any more.
    Fixed,
    /// Its resource is gone. Not a fix.
    Deleted,
    /// It had not ended when it was last seen.
    Open,
}

/// An approved exception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionSection {
    /// What it says.
    pub exception: Exception,
    /// What it is at the end of the period, or where knowledge ends.
    pub state: ExceptionState,
    /// Streams whose last run knows it.
    pub streams: u64,
    /// What it is attached to in those runs.
    pub covers: Vec<Covered>,
}

/// Whether an exception is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExceptionState {
    /// It is.
    InForce,
    /// It is over.
    Expired,
    /// It is still to begin.
    Future,
}

impl ExceptionState {
    /// The word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Expired => "expired",
            Self::Future => "future",
        }
    }
}

/// A verdict that an exception is attached to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Covered {
    /// The stream.
    pub stream: String,
    /// The control.
    pub control: String,
    /// The resource; null for a scope control, and for resources that could not be listed.
    pub resource: Option<ChangedResource>,
}

/// Time to remediate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Remediation {
    /// Failures that opened in the period and were fixed in it.
    pub fixed: u64,
    /// The median of their hours, by nearest rank.
    pub fixed_p50_hours: Option<f64>,
    /// The ninth decile of their hours.
    pub fixed_p90_hours: Option<f64>,
    /// Failures that ended because their resource is gone. They are in no figure of time.
    pub deleted: u64,
    /// Failures that are open at the end. The figures above would flatter without them.
    pub open: u64,
    /// Hours from the first run of the period that saw the oldest of those until the end.
    pub open_oldest_hours: Option<f64>,
    /// Failures among all of these that began before the period: for how long is not known from it.
    pub began_before: u64,
    /// Controls on resources that failed again after a fix, at least twice in the period.
    pub recurring: u64,
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportProblem {
    /// The stream.
    pub stream: Option<String>,
    /// The statement.
    pub sequence: Option<u64>,
    /// The file, as a path from the store's root.
    pub file: String,
    /// The word that `evidenced verify` has for it.
    pub kind: String,
    /// What was found, and what should be there.
    pub what: String,
}
