//! Counts that follow from the findings.

use crate::control::{Control, Severity, Verdict};
use crate::criteria::{Category, Criterion, Principle};
use crate::finding::Finding;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Findings by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// The statement holds.
    pub pass: u64,
    /// It does not.
    pub fail: u64,
    /// It could not be evaluated.
    pub not_evaluated: u64,
    /// It does not apply.
    pub not_applicable: u64,
}

impl Counts {
    /// Counts one verdict.
    pub fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Fail => &mut self.fail,
            Verdict::NotEvaluated => &mut self.not_evaluated,
            Verdict::NotApplicable => &mut self.not_applicable,
        } += 1;
    }

    /// Adds other counts.
    pub fn add_all(&mut self, other: Self) {
        self.pass += other.pass;
        self.fail += other.fail;
        self.not_evaluated += other.not_evaluated;
        self.not_applicable += other.not_applicable;
    }

    /// All findings counted.
    pub fn total(&self) -> u64 {
        self.pass + self.fail + self.not_evaluated + self.not_applicable
    }

    /// The count of one verdict.
    pub fn of(&self, verdict: Verdict) -> u64 {
        match verdict {
            Verdict::Pass => self.pass,
            Verdict::Fail => self.fail,
            Verdict::NotEvaluated => self.not_evaluated,
            Verdict::NotApplicable => self.not_applicable,
        }
    }
}

/// `summary.json`. Every principle and every one of the 61 criteria is listed, with zero counts where nothing was judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// All findings.
    pub counts: Counts,
    /// By control; a control with an empty population has zero counts.
    pub controls: BTreeMap<String, Counts>,
    /// By governing principle.
    pub principles: BTreeMap<Principle, Counts>,
    /// By criterion.
    pub criteria: BTreeMap<Criterion, CriterionCounts>,
    /// By Trust Services Category.
    pub categories: BTreeMap<Category, Counts>,
    /// By severity.
    pub severities: BTreeMap<Severity, Counts>,
}

/// Counts of one criterion. A headline number uses `primary`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionCounts {
    /// Findings of controls whose primary criterion it is.
    pub primary: Counts,
    /// Findings of controls that support it besides.
    pub supporting: Counts,
}

impl Summary {
    /// Counts the findings of these controls. A finding of an unknown control counts in `counts` alone.
    pub fn of(controls: &[Control], findings: &[Finding]) -> Self {
        let mut summary = Self {
            principles: Principle::ALL.into_iter().map(|p| (p, Counts::default())).collect(),
            criteria: Criterion::all().map(|c| (c, CriterionCounts::default())).collect(),
            categories: Category::ALL.into_iter().map(|c| (c, Counts::default())).collect(),
            controls: controls.iter().map(|c| (c.id.clone(), Counts::default())).collect(),
            ..Self::default()
        };
        let by_id: BTreeMap<&str, &Control> = controls.iter().map(|c| (c.id.as_str(), c)).collect();
        for finding in findings {
            let verdict = finding.verdict;
            summary.counts.add(verdict);
            let Some(control) = by_id.get(finding.control.as_str()) else { continue };
            summary.controls.entry(control.id.clone()).or_default().add(verdict);
            summary.principles.entry(control.principle).or_default().add(verdict);
            summary.categories.entry(control.category).or_default().add(verdict);
            summary.severities.entry(control.severity).or_default().add(verdict);
            summary.criteria.entry(control.criteria.primary.clone()).or_default().primary.add(verdict);
            for criterion in &control.criteria.supporting {
                summary.criteria.entry(criterion.clone()).or_default().supporting.add(verdict);
            }
        }
        summary
    }
}
