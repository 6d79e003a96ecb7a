//! Everything that is not in a package, or that the evidence in it does not tell: each with its reason.

use super::Selected;
use crate::history::StreamHistory;
use evidenced_schemas::manifest::{Omission, OmissionKind};
use evidenced_schemas::report::{CriterionSection, ReportProblem, StreamSection, Why};
use evidenced_schemas::{Report, StreamId};

/// An omission with nothing but its kind and what it is.
pub(super) fn omission(kind: OmissionKind, what: impl Into<String>) -> Omission {
    Omission {
        kind,
        stream: None,
        sequence: None,
        criterion: None,
        file: None,
        from: None,
        to: None,
        count: None,
        what: what.into(),
    }
}

/// The order of the manifest.
pub(super) fn order(omission: &Omission) -> impl Ord + '_ {
    let Omission { kind, stream, sequence, file, from, .. } = omission;
    // Criteria stand in the standard's order as they came.
    (*kind, stream.as_deref(), *sequence, file.as_deref(), *from)
}

/// What the report of the period says is not known.
pub(super) fn of_report(report: &Report, selected: &Selected) -> Vec<Omission> {
    let mut all: Vec<Omission> = report.problems.iter().map(damaged).collect();
    all.extend(report.streams.iter().flat_map(of_stream));
    let is_asked =
        |section: &CriterionSection| selected.criteria(report).any(|asked| asked.criterion == section.criterion);
    for section in &report.criteria {
        if !is_asked(section) {
            let what = format!("{}: was not selected", section.subject);
            let kind = OmissionKind::CriterionNotSelected;
            all.push(Omission { criterion: Some(section.criterion.clone()), ..omission(kind, what) });
        } else if !has_verdicts(section, report, selected) {
            let what = format!(
                "{}: no selected control has a verdict; an auditor needs: {}",
                section.subject, section.besides
            );
            let kind = OmissionKind::CriterionWithoutEvidence;
            all.push(Omission { criterion: Some(section.criterion.clone()), ..omission(kind, what) });
        }
    }
    all
}

fn has_verdicts(section: &CriterionSection, report: &Report, selected: &Selected) -> bool {
    let bears = |id: &str| section.primary.iter().chain(&section.supporting).any(|control| control == id);
    let controls = report.controls.iter().filter(|control| selected.has(&control.control) && bears(&control.control));
    controls.flat_map(|control| &control.lines).any(|line| line.start.iter().chain(&line.end).any(|c| c.total() > 0))
}

fn damaged(problem: &ReportProblem) -> Omission {
    Omission {
        stream: problem.stream.clone(),
        sequence: problem.sequence,
        file: Some(problem.file.clone()),
        ..omission(OmissionKind::Damaged, format!("{}: {}", problem.kind, problem.what))
    }
}

fn of_stream(section: &StreamSection) -> Vec<Omission> {
    let of = |kind, what: String| Omission { stream: Some(section.stream.clone()), ..omission(kind, what) };
    let mut all = Vec::new();
    if section.missed > 0 {
        let what = "scheduled runs did not take place".to_owned();
        all.push(Omission { count: Some(section.missed), ..of(OmissionKind::MissedRuns, what) });
    }
    for interval in &section.no_evidence {
        let why = interval.why.map_or("no evidence", Why::as_str);
        let (from, to) = (Some(interval.from), Some(interval.to));
        all.push(Omission { from, to, ..of(OmissionKind::NoEvidence, why.to_owned()) });
    }
    for run in section.runs.iter().filter(|run| !run.complete) {
        let what = "not everything was read: populations.json and the gaps of each document say what".to_owned();
        let (sequence, from, count) = (Some(run.sequence), Some(run.as_of), Some(run.gaps));
        all.push(Omission { sequence, from, count, ..of(OmissionKind::Gaps, what) });
    }
    all
}

pub(super) fn stream_not_read(stream: &StreamId) -> Omission {
    let what = "the store has this stream, and --stream left it out";
    Omission { stream: Some(stream.to_string()), ..omission(OmissionKind::StreamNotRead, what) }
}

/// The bundles of a stream that the selection leaves out.
pub(super) fn not_selected(stream: &StreamHistory) -> Vec<Omission> {
    let one = |run: &crate::history::Run| Omission {
        stream: Some(stream.stream.to_string()),
        sequence: Some(run.sequence),
        from: Some(run.as_of),
        ..omission(OmissionKind::BundleNotSelected, "no run of this stream judged by a selected control")
    };
    stream.runs.iter().map(one).collect()
}
