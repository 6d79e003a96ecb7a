//! A control: one statement about a resource or a scope, as data. Expressions are standard CEL.

use crate::criteria::{Category, Criterion, Principle};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a control says of a resource or a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The statement holds.
    Pass,
    /// The statement does not hold.
    Fail,
    /// The stated condition under which the control does not apply is met.
    NotApplicable,
    /// Something it depends on could not be read or evaluated. Never counts as a pass, never leaves the denominator.
    NotEvaluated,
}

impl Verdict {
    /// All verdicts, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::Pass, Self::Fail, Self::NotEvaluated, Self::NotApplicable];

    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable => "not_applicable",
            Self::NotEvaluated => "not_evaluated",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much a failure matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Direct loss of control over the account or its data.
    Critical,
    /// A single further step from it.
    High,
    /// A weakness that needs others to matter.
    Medium,
    /// Hygiene.
    Low,
}

impl Severity {
    /// All four, the worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// The layer of defence that a control belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Network edge.
    Edge,
    /// Identities and their permissions.
    Identity,
    /// Data at rest and in transit.
    Data,
    /// Logs and detectors.
    Detection,
    /// Backup and restore.
    Recovery,
}

impl Layer {
    /// All five, from the outside in.
    pub const ALL: [Self; 5] = [Self::Edge, Self::Identity, Self::Data, Self::Detection, Self::Recovery];

    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Identity => "identity",
            Self::Data => "data",
            Self::Detection => "detection",
            Self::Recovery => "recovery",
        }
    }
}

/// The figure of a governing principle that a control feeds: what its failures, or its passes, are counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Least privilege: a failure is an administrator that stands.
    StandingAdministrator,
    /// Least privilege: a failure is an identity with a way to become stronger.
    EscalationPath,
    /// Least privilege: a failure is a key, password, role or account that nobody uses.
    UnusedGrant,
    /// Least privilege: a failure is a grant to everybody, or to an outsider that is in no register.
    ExternalGrant,
    /// Secure by default: a pass is a default that prevents.
    PreventiveDefault,
    /// Accountability: a pass is a surface whose use is logged.
    LogCoverage,
    /// Accountability: a pass is a log that is kept, protected and delivered.
    LogDurability,
    /// Accountability: a pass is access of one identity.
    Attributability,
}

impl Measure {
    /// All of them, in the order of their principles.
    pub const ALL: [Self; 8] = [
        Self::StandingAdministrator,
        Self::EscalationPath,
        Self::UnusedGrant,
        Self::ExternalGrant,
        Self::PreventiveDefault,
        Self::LogCoverage,
        Self::LogDurability,
        Self::Attributability,
    ];
}

/// One control, as evaluated. In the catalogue it stands in YAML with its `cases`; a bundle holds it as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Identifier, `aws.s3.default-encryption`.
    #[schemars(regex(pattern = r"^(aws|azure|gcp|org)(\.[a-z0-9-]+)+$"))]
    pub id: String,
    /// A title for tables.
    pub title: String,
    /// What holds when it passes, in one sentence.
    pub statement: String,
    /// The resource type that gets one verdict a resource. Exactly one of `resource` and `scope` is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The scope type that gets one verdict over populations, `aws.account`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// For scope controls: each resource type that the expressions read through `all`, and what it must have of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub populations: BTreeMap<String, Holds>,
    /// CEL: whether the control applies.
    #[serde(default = "always")]
    pub applies: String,
    /// Why it does not apply where `applies` is false; required unless `applies` is `"true"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// CEL: whether the statement holds.
    pub pass: String,
    /// CEL: text shown on fail.
    pub message: String,
    /// Named parameters.
    #[serde(default)]
    pub params: BTreeMap<String, Param>,
    /// The governing principle it serves.
    pub principle: Principle,
    /// The Trust Services Criteria it supports.
    pub criteria: Criteria,
    /// The Trust Services Category it counts under.
    pub category: Category,
    /// The layer of defence.
    pub layer: Layer,
    /// The figure of a principle that it feeds, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// How much a failure matters.
    pub severity: Severity,
    /// The supporting policy it carries out.
    pub policy: String,
    /// Who is accountable.
    pub owner: String,
    /// What to do on fail.
    pub remediation: String,
    /// Where the catalogue departs from a common reading, or the provider's documentation settled a doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Checks of other tools on the same subject, by tool.
    #[serde(default)]
    pub equivalents: BTreeMap<String, Vec<String>>,
}

fn always() -> String {
    "true".to_owned()
}

/// What stands when a population was cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Holds {
    /// One good resource is enough: a pass stands, a fail does not.
    Any,
    /// Every resource must be good: a fail stands, a pass does not.
    Every,
}

/// Criteria that a control supports: one primary, at most four supporting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Criteria {
    /// The criterion that the verdict is evidence for.
    pub primary: Criterion,
    /// Criteria that it also bears on.
    #[serde(default)]
    #[schemars(length(max = 4))]
    pub supporting: Vec<Criterion>,
}

impl Criteria {
    /// Primary first, then the supporting ones.
    pub fn all(&self) -> impl Iterator<Item = &Criterion> {
        std::iter::once(&self.primary).chain(&self.supporting)
    }
}

/// A parameter of a control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// What it means, with its unit.
    pub about: String,
    /// Its type.
    #[serde(rename = "type")]
    pub type_: ParamType,
    /// The value where the organisation sets none.
    pub default: Value,
    /// The loosest value that still meets the statement; null where any value does (a register of approved names).
    #[serde(default)]
    pub loosest: Option<Loosest>,
    /// The value in force, in a bundle; absent in a catalogue file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParamType {
    /// A whole number.
    Int,
    /// A text.
    String,
    /// A list of texts.
    StringList,
    /// A map from text to an object (a register).
    Map,
}

/// The bound of a numeric parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Loosest {
    /// Larger values are looser; this is the largest that still meets the statement.
    Max(i64),
    /// Smaller values are looser; this is the smallest that still meets the statement.
    Min(i64),
}

impl Loosest {
    /// True when a value goes beyond the bound.
    pub fn is_exceeded_by(self, value: i64) -> bool {
        match self {
            Self::Max(bound) => value > bound,
            Self::Min(bound) => value < bound,
        }
    }
}
