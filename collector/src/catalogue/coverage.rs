//! Which criteria and principles the catalogue stands for, and what an auditor needs besides.

use evidenced_schemas::Control;
use evidenced_schemas::criteria::{CRITERIA, Category, Criterion, EvidenceMode, Principle};
use serde::Serialize;
use std::collections::BTreeMap;

/// All 61 criteria and all five principles, those without any control too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The criteria, in the standard's order.
    pub criteria: Vec<CriterionCoverage>,
    /// The principles, in the policy's order.
    pub principles: Vec<PrincipleCoverage>,
}

/// One criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CriterionCoverage {
    /// Its id, `CC6.1`.
    pub criterion: &'static str,
    /// Its subject.
    pub subject: &'static str,
    /// Its category.
    pub category: Category,
    /// How far collected evidence goes.
    pub mode: EvidenceMode,
    /// What an auditor needs besides.
    pub besides: &'static str,
    /// Controls whose verdict is evidence for it.
    pub primary: Vec<String>,
    /// Controls that also bear on it.
    pub supporting: Vec<String>,
}

/// One principle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrincipleCoverage {
    /// The principle.
    pub principle: Principle,
    /// The policy's name for it.
    pub title: &'static str,
    /// Controls that serve it.
    pub controls: Vec<String>,
}

impl Coverage {
    /// The coverage that these controls give.
    pub(super) fn of(controls: &[Control]) -> Self {
        let mut primary: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut supporting: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for control in controls {
            primary.entry(control.criteria.primary.id()).or_default().push(control.id.clone());
            for criterion in &control.criteria.supporting {
                supporting.entry(Criterion::id(criterion)).or_default().push(control.id.clone());
            }
        }
        let criterion = |entry: &'static evidenced_schemas::criteria::CriterionEntry| CriterionCoverage {
            criterion: entry.id,
            subject: entry.subject,
            category: entry.category,
            mode: entry.mode,
            besides: entry.besides,
            primary: primary.get(entry.id).cloned().unwrap_or_default(),
            supporting: supporting.get(entry.id).cloned().unwrap_or_default(),
        };
        let principle = |principle: Principle| PrincipleCoverage {
            principle,
            title: principle.title(),
            controls: controls.iter().filter(|c| c.principle == principle).map(|c| c.id.clone()).collect(),
        };
        Self {
            criteria: CRITERIA.iter().map(criterion).collect(),
            principles: Principle::ALL.into_iter().map(principle).collect(),
        }
    }
}
