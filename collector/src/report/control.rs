//! A control: what it was from when to when, in each stream.

use super::{Told, seconds};
use evidenced_schemas::Control;
use evidenced_schemas::report::{ControlLine, ControlSection, State, Why};
use evidenced_schemas::summary::Counts;
use std::collections::BTreeMap;

pub(super) fn sections(streams: &[Told<'_>], catalogue: &BTreeMap<&str, &Control>) -> Vec<ControlSection> {
    let numbers: Vec<BTreeMap<&str, u32>> =
        streams.iter().map(|told| told.history.controls.sorted().collect()).collect();
    let section = |control: &Control| ControlSection {
        control: control.id.clone(),
        title: control.title.clone(),
        statement: control.statement.clone(),
        principle: control.principle,
        primary: control.criteria.primary.clone(),
        supporting: control.criteria.supporting.clone(),
        category: control.category,
        layer: control.layer,
        severity: control.severity,
        policy: control.policy.clone(),
        owner: control.owner.clone(),
        lines: streams
            .iter()
            .zip(&numbers)
            .filter_map(|(told, numbers)| Some(line(told, *numbers.get(control.id.as_str())?)))
            .collect(),
    };
    catalogue.values().map(|control| section(control)).collect()
}

fn line(told: &Told<'_>, control: u32) -> ControlLine {
    let runs = &told.history.runs;
    let intervals = told.intervals(|index| {
        runs[index]
            .counts_of(control)
            .map_or((State::NoEvidence, Some(Why::NotInCatalogue)), |counts| (State::of(counts), None))
    });
    let mut in_states = BTreeMap::new();
    for interval in intervals.iter().filter(|interval| interval.why != Some(Why::Future)) {
        *in_states.entry(interval.state).or_default() += seconds(interval);
    }
    let counts = |index: Option<usize>| -> Option<Counts> { runs[index?].counts_of(control) };
    let mut whole = told.in_period().filter(|index| runs[*index].whole);
    let first = whole.next();
    ControlLine {
        stream: told.history.stream.to_string(),
        intervals,
        seconds: in_states,
        start: counts(first),
        end: counts(whole.next_back().or(first)),
    }
}
