//! A stream: its runs, its populations, and where its evidence has holes.

use super::{Told, seconds};
use crate::history::Cover;
use crate::schedule::Schedule;
use evidenced_schemas::report::{CatalogueChange, PopulationLine, RunLine, State, StreamSection, Why};
use evidenced_schemas::{Control, Population};
use std::collections::{BTreeMap, BTreeSet};

/// Scheduled times that are counted: ten years of every minute.
const COUNTED: usize = 5_300_000;

pub(super) fn section(told: &Told<'_>) -> StreamSection {
    let history = told.history;
    let intervals = told.intervals(|_| (State::Pass, None));
    let total = |wanted: &dyn Fn(&Option<Why>) -> bool| {
        intervals.iter().filter(|interval| wanted(&interval.why)).map(seconds).sum()
    };
    StreamSection {
        stream: history.stream.to_string(),
        cloud: history.stream.cloud,
        scope: history.stream.scope.clone(),
        runs: told.in_period().map(|index| line(told, index)).collect(),
        missed: missed(told),
        evidence_seconds: total(&|why| why.is_none()),
        no_evidence_seconds: total(&|why| why.is_some_and(|why| why != Why::Future)),
        no_evidence: intervals.into_iter().filter(|interval| interval.state == State::NoEvidence).collect(),
        populations: populations(history.start.as_deref(), history.end.as_deref()),
        catalogue_changes: catalogue_changes(told),
    }
}

fn line(told: &Told<'_>, index: usize) -> RunLine {
    let run = &told.history.runs[index];
    RunLine {
        sequence: run.sequence,
        run: run.run.clone(),
        statement_sha256: run.statement.clone(),
        as_of: run.as_of,
        whole: run.whole,
        complete: run.complete,
        gaps: run.gaps,
        counts: run.counts,
        identity: run.identity.clone(),
    }
}

/// Scheduled times of the period that no run served: of those between two runs all but the last, which the later run serves.
fn missed(told: &Told<'_>) -> u64 {
    let (runs, end) = (&told.history.runs, told.options.end());
    let mut schedule: Option<Schedule> = None;
    let mut count = 0;
    for (index, run) in runs.iter().enumerate() {
        if let Some((expression, zone)) = &run.declared {
            schedule = Schedule::parse(expression, zone).ok();
        }
        let Some(schedule) = &schedule else { continue };
        let next = runs.get(index + 1).map_or(end, |next| next.as_of.utc());
        let unserved = schedule.unserved(run.as_of.utc(), next).take(COUNTED);
        count += unserved.filter(|time| told.options.period.holds(*time)).count() as u64;
    }
    count
}

fn populations<'a>(start: Option<&'a [Population]>, end: Option<&'a [Population]>) -> Vec<PopulationLine> {
    let mut lines: BTreeMap<(&str, &str), PopulationLine> = BTreeMap::new();
    let rows = |rows: Option<&'a [Population]>, is_end| rows.unwrap_or_default().iter().map(move |row| (row, is_end));
    for (row, is_end) in rows(start, false).chain(rows(end, true)) {
        let line = lines.entry(row.sort_key()).or_insert_with(|| PopulationLine {
            type_: row.type_.clone(),
            region: row.region.clone(),
            start: None,
            end: None,
            complete: true,
        });
        *(if is_end { &mut line.end } else { &mut line.start }) = Some(row.listed);
        line.complete &= row.is_whole();
    }
    lines.into_values().collect()
}

fn catalogue_changes(told: &Told<'_>) -> Vec<CatalogueChange> {
    let history = told.history;
    let mut changes = Vec::new();
    let covered: BTreeSet<usize> = told
        .spans
        .iter()
        .filter_map(|span| match span.cover {
            Cover::Run(index) => Some(index),
            _ => None,
        })
        .collect();
    let mut last: Option<&evidenced_schemas::Digest> = None;
    for index in covered {
        let run = &history.runs[index];
        let Some(after) = &run.catalogue else { continue };
        if let Some(before) = last.replace(after).filter(|before| *before != after) {
            let by_id = |digest| -> BTreeMap<&str, &Control> {
                history.catalogues[digest].iter().map(|control| (control.id.as_str(), control)).collect()
            };
            let (old, new) = (by_id(before), by_id(after));
            let of = |ids: Vec<&&str>| ids.into_iter().map(|id| (*id).to_owned()).collect();
            changes.push(CatalogueChange {
                at: run.as_of,
                before: before.clone(),
                after: after.clone(),
                added: of(new.keys().filter(|id| !old.contains_key(*id)).collect()),
                removed: of(old.keys().filter(|id| !new.contains_key(*id)).collect()),
                changed: of(new
                    .iter()
                    .filter(|(id, control)| old.get(*id).is_some_and(|old| old != *control))
                    .map(|(id, _)| id)
                    .collect()),
            });
        }
    }
    changes
}
