//! What `evidenced serve` answers: one type for each body of the JSON API.

use crate::control::{Control, Layer, Severity, Verdict};
use crate::criteria::{Category, Criterion, EvidenceMode, Principle};
use crate::digest::Digest;
use crate::exchange::Exchange;
use crate::finding::{ExceptionRef, ResourceRef};
use crate::id::{Cloud, JobName, RunId, ScopeId};
use crate::report::{Interval, ReportProblem, Signed, State, Why};
use crate::resource::Resource;
use crate::summary::{Counts, CriterionCounts, Summary};
use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What every body says of the reading that it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The evidence that was read: another run, another word.
    pub snapshot: String,
    /// Whether every statement that was read is signed by a given key.
    pub signatures: Signed,
    /// The instant of the newest run that gives evidence; null where none does.
    pub as_of: Option<Instant>,
    /// Set when the store could not be read the last time: what is told is what was read before.
    pub stale: Option<Stale>,
}

/// A reading that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stale {
    /// When the store was read well for the last time.
    pub since: Instant,
    /// Why it could not be read since.
    pub what: String,
}

/// `/v1/summary`: how things stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overview {
    /// The reading.
    pub about: About,
    /// The store.
    pub store: String,
    /// The first instant of the time that was read.
    pub from: Instant,
    /// When it was looked at last; ages and states of now are relative to it.
    pub to: Instant,
    /// Seconds from the newest evidence to `to`; null where there is none.
    pub evidence_age_seconds: Option<u64>,
    /// The newest verdicts of every stream together.
    pub total: Posture,
    /// The streams, sorted.
    pub streams: Vec<StreamPosture>,
    /// What is wrong with what was read. Such a bundle is no evidence.
    pub problems: Vec<ReportProblem>,
}

/// Verdicts, counted along every axis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Posture {
    /// All of them.
    pub counts: Counts,
    /// Those that fail and are covered by an approved exception. They count as failures above.
    pub excepted: u64,
    /// By governing principle.
    pub principles: BTreeMap<Principle, Counts>,
    /// By Trust Services Category.
    pub categories: BTreeMap<Category, Counts>,
    /// By criterion, all 61.
    pub criteria: BTreeMap<Criterion, CriterionCounts>,
    /// By severity.
    pub severities: BTreeMap<Severity, Counts>,
}

impl Posture {
    /// Adds the verdicts of a bundle.
    pub fn add(&mut self, summary: &Summary, excepted: u64) {
        self.counts.add_all(summary.counts);
        self.excepted += excepted;
        summary.principles.iter().for_each(|(key, counts)| self.principles.entry(*key).or_default().add_all(*counts));
        summary.categories.iter().for_each(|(key, counts)| self.categories.entry(*key).or_default().add_all(*counts));
        summary.severities.iter().for_each(|(key, counts)| self.severities.entry(*key).or_default().add_all(*counts));
        for (key, counts) in &summary.criteria {
            let own = self.criteria.entry(key.clone()).or_default();
            own.primary.add_all(counts.primary);
            own.supporting.add_all(counts.supporting);
        }
    }
}

/// One stream now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamPosture {
    /// `job/cloud/scope`.
    pub stream: String,
    /// The cloud.
    pub cloud: Cloud,
    /// The scope.
    pub scope: ScopeId,
    /// The newest run that gives evidence; null where none does.
    pub newest: Option<Newest>,
    /// Why there is no evidence of now; null where there is.
    pub no_evidence: Option<Why>,
    /// Scheduled runs that did not take place.
    pub missed: u64,
    /// Runs whose bundle cannot be relied on.
    pub damaged: u64,
    /// The verdicts of the newest run.
    pub posture: Posture,
}

/// The run whose verdicts stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Newest {
    /// Its id.
    pub run: RunId,
    /// Its number in the stream.
    pub sequence: u64,
    /// The instant that its verdicts are relative to.
    pub as_of: Instant,
    /// Seconds from then to the summary's `to`.
    pub age_seconds: u64,
    /// True exactly when its balance closes with no gap.
    pub complete: bool,
    /// Its gaps.
    pub gaps: u64,
}

/// `/v1/findings`: verdicts that stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingsPage {
    /// The reading.
    pub about: About,
    /// How many the filters let through, on all pages.
    pub total: u64,
    /// This page, the most severe first.
    pub findings: Vec<FindingLine>,
    /// What `cursor` must be for the next page; null on the last.
    pub next: Option<String>,
}

/// One verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingLine {
    /// The stream.
    pub stream: String,
    /// The job.
    pub job: JobName,
    /// The cloud.
    pub cloud: Cloud,
    /// The scope.
    pub scope: ScopeId,
    /// The run that gave it.
    pub run: RunId,
    /// Its line in the run's `findings.jsonl.zst`, from 1.
    pub line: u64,
    /// The instant that it is relative to.
    pub as_of: Instant,
    /// The control.
    pub control: String,
    /// The control's title.
    pub title: String,
    /// The principle it serves.
    pub principle: Principle,
    /// The category it counts under.
    pub category: Category,
    /// Its primary criterion.
    pub criterion: Criterion,
    /// How much a failure matters.
    pub severity: Severity,
    /// The resource; null for a scope control, and for resources that could not be listed.
    pub resource: Option<ResourceRef>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why the verdict is not pass or fail.
    pub reason: Option<String>,
    /// The control's message, on fail.
    pub message: Option<String>,
    /// Numbers of the exchanges that the resource was built from.
    pub exchanges: Vec<u64>,
    /// The approved exception that covers it. It never changes the verdict.
    pub exception: Option<ExceptionRef>,
    /// Where its evidence is: the path of this API.
    pub evidence: String,
}

/// `/v1/findings/{run}/{line}`: a verdict down to what the provider said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingEvidence {
    /// The reading.
    pub about: About,
    /// The verdict.
    pub finding: FindingLine,
    /// The control as it was evaluated.
    pub control: Control,
    /// The document that was judged; null where the verdict is about none.
    pub resource: Option<Resource>,
    /// The exchanges that it was built from, by number.
    pub exchanges: Vec<ExchangeHead>,
    /// The signed statement that all of this follows from.
    pub statement: StatementRef,
    /// The files that it was read from, each held against its digest now.
    pub files: Vec<FileRef>,
}

/// An exchange without its bodies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeHead {
    /// Its number in the run.
    pub seq: u64,
    /// The service.
    pub service: String,
    /// The operation as the provider names it.
    pub operation: String,
    /// The provider's region.
    pub region: String,
    /// HTTP method.
    pub method: String,
    /// Full URL.
    pub url: String,
    /// HTTP status; null when no answer came.
    pub status: Option<u16>,
    /// When it was sent.
    pub started_at: Instant,
    /// Where it stands whole: the path of this API.
    pub whole: String,
}

/// A ledger file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementRef {
    /// Path from the store's root.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileRef {
    /// Path from the store's root.
    pub path: String,
    /// SHA-256 of its bytes as stored, as the statement says it.
    pub sha256: Digest,
    /// Their number.
    pub bytes: u64,
}

/// `/v1/exchanges/{run}/{seq}`: what was asked and what came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeWhole {
    /// The reading.
    pub about: About,
    /// The run.
    pub run: RunId,
    /// The exchange, as it is kept.
    pub exchange: Exchange,
    /// The signed statement.
    pub statement: StatementRef,
    /// The file that it was read from, held against its digest now.
    pub file: FileRef,
}

/// `/v1/controls`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlsList {
    /// The reading.
    pub about: About,
    /// The controls, sorted by id.
    pub controls: Vec<ControlLineNow>,
}

/// One control over all streams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlLineNow {
    /// Its id.
    pub control: String,
    /// Its title.
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
    /// What it is now: of all streams the state that matters most, where failing comes first and no evidence second.
    pub state: State,
    /// Streams by what it is in them now.
    pub states: BTreeMap<State, u64>,
    /// The newest verdicts of every stream together.
    pub counts: Counts,
}

/// `/v1/controls/{control}`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlNow {
    /// The reading.
    pub about: About,
    /// What it is now.
    pub now: ControlLineNow,
    /// The control as the newest bundle that has it evaluated it.
    pub definition: Control,
    /// What it is in each stream.
    pub streams: Vec<ControlStream>,
}

/// A control in one stream now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlStream {
    /// The stream.
    pub stream: String,
    /// What it is now.
    pub state: State,
    /// Why there is no evidence.
    pub why: Option<Why>,
    /// The newest verdicts; null where it was in no catalogue.
    pub counts: Option<Counts>,
}

/// `/v1/bundles`: the runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BundlesPage {
    /// The reading.
    pub about: About,
    /// How many the filters let through, on all pages.
    pub total: u64,
    /// This page, by stream, the newest first.
    pub bundles: Vec<BundleLine>,
    /// What `cursor` must be for the next page; null on the last.
    pub next: Option<String>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleLine {
    /// The stream.
    pub stream: String,
    /// Its number in the stream.
    pub sequence: u64,
    /// Its id; null when its statement names no bundle.
    pub run: Option<RunId>,
    /// The instant that its verdicts are relative to.
    pub as_of: Instant,
    /// True when its bundle is what was signed. Otherwise it is no evidence: see the summary's problems.
    pub whole: bool,
    /// True exactly when its balance closes with no gap.
    pub complete: bool,
    /// Its gaps.
    pub gaps: u64,
    /// Its verdicts.
    pub counts: Counts,
    /// The cloud identity that read.
    pub identity: Option<String>,
    /// Its statement.
    pub statement: StatementRef,
}

/// `/v1/timeline`: a control over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// The reading.
    pub about: About,
    /// The control.
    pub control: String,
    /// Its title.
    pub title: String,
    /// The first instant.
    pub from: Instant,
    /// The first instant after it.
    pub to: Instant,
    /// One for each stream.
    pub streams: Vec<StreamTimeline>,
}

/// A control in one stream over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamTimeline {
    /// The stream.
    pub stream: String,
    /// The whole time, without a hole.
    pub intervals: Vec<Interval>,
}

/// `/v1/trend`: verdicts over time, of the run that each stream had last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trend {
    /// The reading.
    pub about: About,
    /// The first instant.
    pub from: Instant,
    /// The first instant after it.
    pub to: Instant,
    /// In the order of time.
    pub points: Vec<TrendPoint>,
}

/// One instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrendPoint {
    /// Which.
    pub at: Instant,
    /// Verdicts of the streams with evidence of it.
    pub counts: Counts,
    /// Streams with evidence of it.
    pub known: u64,
    /// Streams without. What they were is in no count.
    pub unknown: u64,
}

/// `/v1/coverage`: all 61 criteria and five principles; nothing is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoverageNow {
    /// The reading.
    pub about: About,
    /// Criteria by how far collected evidence goes.
    pub modes: BTreeMap<EvidenceMode, u64>,
    /// In the standard's order.
    pub criteria: Vec<CriterionNow>,
    /// In the policy's order.
    pub principles: Vec<PrincipleNow>,
}

/// One criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionNow {
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
    /// Controls whose primary criterion it is.
    pub primary: Vec<String>,
    /// Controls that also bear on it.
    pub supporting: Vec<String>,
    /// The newest verdicts of its primary controls.
    pub counts: Counts,
}

/// One governing principle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrincipleNow {
    /// The principle.
    pub principle: Principle,
    /// The policy's name for it.
    pub title: String,
    /// Its controls.
    pub controls: Vec<String>,
    /// Their newest verdicts.
    pub counts: Counts,
}

/// A refusal or a failure, as RFC 9457 has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Which kind: `urn:evidenced:problem:…`.
    #[serde(rename = "type")]
    pub type_: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong here, and what to do.
    pub detail: String,
    /// The parameter that was wrong, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
}
