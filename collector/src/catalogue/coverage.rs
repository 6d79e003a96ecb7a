//! Which criteria and principles the catalogue stands for, and what an auditor needs besides.

use evidenced_schemas::Control;
use evidenced_schemas::coverage::{COVERAGE_VERSION, Coverage, CriterionCoverage, PrincipleCoverage};
use evidenced_schemas::criteria::{Criterion, EvidenceMode, Principle};
use std::collections::BTreeMap;

/// The coverage that these controls give.
pub(super) fn of(controls: &[Control]) -> Coverage {
    let ids = |wanted: &dyn Fn(&Control) -> bool| -> Vec<String> {
        controls.iter().filter(|control| wanted(control)).map(|control| control.id.clone()).collect()
    };
    let criterion = |criterion: Criterion| {
        let about = criterion.about();
        CriterionCoverage {
            subject: about.subject.to_owned(),
            category: about.category,
            mode: about.mode,
            besides: about.besides.to_owned(),
            primary: ids(&|control| control.criteria.primary == criterion),
            supporting: ids(&|control| control.criteria.supporting.contains(&criterion)),
            criterion,
        }
    };
    let principle = |principle: Principle| {
        let own = || controls.iter().filter(|control| control.principle == principle);
        PrincipleCoverage {
            principle,
            title: principle.title().to_owned(),
            modes: modes(own().map(|control| control.criteria.primary.about().mode)),
            controls: own().map(|control| control.id.clone()).collect(),
        }
    };
    let criteria: Vec<CriterionCoverage> = Criterion::all().map(criterion).collect();
    let bare = criteria.iter().filter(|row| row.primary.is_empty() && row.supporting.is_empty());
    Coverage {
        format: COVERAGE_VERSION,
        modes: modes(criteria.iter().map(|row| row.mode)),
        without_control: bare.map(|row| row.criterion.clone()).collect(),
        principles: Principle::ALL.into_iter().map(principle).collect(),
        criteria,
    }
}

/// How many of each, none left out.
fn modes(all: impl Iterator<Item = EvidenceMode>) -> BTreeMap<EvidenceMode, u64> {
    let mut counts: BTreeMap<EvidenceMode, u64> = EvidenceMode::ALL.into_iter().map(|mode| (mode, 0)).collect();
    for mode in all {
        *counts.entry(mode).or_default() += 1;
    }
    counts
}
