//! Which controls, criteria and streams a package is about.

use crate::history::StreamHistory;
use evidenced_schemas::Report;
use evidenced_schemas::criteria::{Criterion, Principle};
use evidenced_schemas::manifest::Selection;
use evidenced_schemas::report::{ControlSection, CriterionSection};
use std::collections::BTreeSet;

/// What somebody asks for. Empty lists ask for all.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Criteria.
    pub criteria: Vec<Criterion>,
    /// Principles.
    pub principles: Vec<Principle>,
    /// Streams, which the period was read of.
    pub streams: Vec<String>,
}

/// What it selects in a period.
#[derive(Clone, Debug)]
pub struct Selected {
    /// As the manifest says it.
    pub selection: Selection,
    controls: BTreeSet<String>,
    is_all: bool,
}

impl Selected {
    /// What a wish selects of the controls of a period.
    pub fn of(wish: Wish, report: &Report) -> Self {
        let Wish { mut criteria, mut principles, mut streams } = wish;
        criteria.sort();
        criteria.dedup();
        principles.sort();
        principles.dedup();
        streams.sort();
        streams.dedup();
        let bears = |control: &&ControlSection| {
            let mut all = std::iter::once(&control.primary).chain(&control.supporting);
            let by_criterion = criteria.is_empty() || all.any(|criterion| criteria.contains(criterion));
            by_criterion && (principles.is_empty() || principles.contains(&control.principle))
        };
        let controls: BTreeSet<String> =
            report.controls.iter().filter(bears).map(|control| control.control.clone()).collect();
        let is_all = criteria.is_empty() && principles.is_empty();
        let selection = Selection { criteria, principles, streams, controls: controls.iter().cloned().collect() };
        Self { selection, controls, is_all }
    }

    /// True when no control of the period is selected.
    pub fn is_empty(&self) -> bool {
        self.controls.is_empty()
    }

    /// True for a control that is selected.
    pub fn has(&self, control: &str) -> bool {
        self.controls.contains(control)
    }

    /// True for a stream with a run that judged by a selected control. Its bundles are in the package whole: one that is left out in the
    /// middle of a stream would leave its chain without what it speaks of.
    pub fn holds(&self, stream: &StreamHistory) -> bool {
        self.is_all
            || stream
                .runs
                .iter()
                .any(|run| run.summary.iter().any(|(control, _)| self.has(stream.controls.name(*control))))
    }

    /// The criteria that get a worksheet: those that were asked for, otherwise all.
    pub fn criteria<'a>(&'a self, report: &'a Report) -> impl Iterator<Item = &'a CriterionSection> {
        let asked = &self.selection.criteria;
        report.criteria.iter().filter(move |section| asked.is_empty() || asked.contains(&section.criterion))
    }
}
