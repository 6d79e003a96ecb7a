//! Which criteria and principles a catalogue stands for: `evidenced controls coverage --json`.

use crate::criteria::{Category, Criterion, EvidenceMode, Principle};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the coverage that this crate writes.
pub const COVERAGE_VERSION: u32 = 1;

/// All 61 criteria and all five principles, those without any control too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Version of the coverage, 1.
    pub format: u32,
    /// Criteria by how far collected evidence goes. They are 61 together.
    pub modes: BTreeMap<EvidenceMode, u64>,
    /// Criteria that no control of this catalogue bears on.
    pub without_control: Vec<Criterion>,
    /// The criteria, in the standard's order.
    pub criteria: Vec<CriterionCoverage>,
    /// The principles, in the policy's order.
    pub principles: Vec<PrincipleCoverage>,
}

/// One criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionCoverage {
    /// Its id, `CC6.1`.
    pub criterion: Criterion,
    /// Its subject.
    pub subject: String,
    /// Its category.
    pub category: Category,
    /// How far collected evidence goes at best; with no control below, this catalogue has none.
    pub mode: EvidenceMode,
    /// What an auditor needs besides.
    pub besides: String,
    /// Controls whose verdict is evidence for it.
    pub primary: Vec<String>,
    /// Controls that also bear on it.
    pub supporting: Vec<String>,
}

/// One principle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrincipleCoverage {
    /// The principle.
    pub principle: Principle,
    /// The policy's name for it.
    pub title: String,
    /// Its controls by how far the evidence of their primary criterion goes, all four words.
    pub modes: BTreeMap<EvidenceMode, u64>,
    /// Controls that serve it.
    pub controls: Vec<String>,
}
