//! Worksheets by criterion: for each control its population, its verdicts, what failed, where the evidence lies, and an empty column for what the
//! auditor concludes. A criterion without a control has one too, with what an auditor needs instead.

use super::{Content, Selected};
use crate::history::{Run, StreamHistory};
use crate::report::last_known;
use crate::report::table::{Cell, Table};
use evidenced_schemas::report::{ControlLine, ControlSection, CriterionSection, Item, State, StreamSection};
use evidenced_schemas::{StreamId, Verdict};
use std::collections::BTreeMap;

const HEADER: [&str; 27] = [
    "row",
    "bears_as",
    "control",
    "title",
    "statement",
    "stream",
    "type",
    "region",
    "resource",
    "population_start",
    "population_end",
    "population_complete",
    "pass",
    "fail",
    "not_evaluated",
    "not_applicable",
    "last_known_state",
    "fail_seconds",
    "not_evaluated_seconds",
    "no_evidence_seconds",
    "failures",
    "message",
    "exception",
    "exception_expires",
    "evidence_bundle",
    "evidence_statement",
    "auditor_conclusion",
];

/// The path of a worksheet in the package.
pub(super) fn path(criterion: &str) -> String {
    format!("worksheets/{criterion}.csv")
}

/// One for each criterion that is selected, in the standard's order.
pub(super) fn all(content: &Content<'_>) -> Vec<Table> {
    let made = Sheets::of(content);
    content.selected.criteria(content.report).map(|section| made.sheet(section)).collect()
}

struct Sheets<'a> {
    selected: &'a Selected,
    /// The resource type that each control judges; none for one that judges a scope.
    types: BTreeMap<&'a str, Option<&'a str>>,
    streams: BTreeMap<&'a str, &'a StreamSection>,
    controls: BTreeMap<&'a str, &'a ControlSection>,
    /// The newest whole bundle of each stream before the period's end, which may lie before its beginning.
    newest: BTreeMap<String, (&'a StreamId, &'a Run)>,
    /// By control.
    items: BTreeMap<&'a str, Vec<&'a Item>>,
}

impl<'a> Sheets<'a> {
    fn of(content: &Content<'a>) -> Self {
        let Content { report, history, selected, .. } = *content;
        let catalogues = history.streams.iter().flat_map(|stream| stream.catalogues.values());
        let controls = catalogues.flat_map(|controls| controls.iter());
        let mut items: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
        for item in &report.items {
            items.entry(&item.control).or_default().push(item);
        }
        Self {
            selected,
            types: controls.map(|control| (control.id.as_str(), control.resource.as_deref())).collect(),
            streams: report.streams.iter().map(|stream| (stream.stream.as_str(), stream)).collect(),
            controls: report.controls.iter().map(|control| (control.control.as_str(), control)).collect(),
            items,
            newest: history.streams.iter().filter_map(|stream| newest(stream, content)).collect(),
        }
    }

    fn sheet(&self, section: &CriterionSection) -> Table {
        let about = section.criterion.about();
        let mut rows = vec![row(&[
            ("row", text("criterion")),
            ("title", text(about.subject)),
            ("statement", text(&format!("an auditor needs besides: {}", about.besides))),
        ])];
        for (bears, ids) in [("primary", &section.primary), ("supporting", &section.supporting)] {
            let own = ids.iter().filter(|id| self.selected.has(id)).filter_map(|id| self.controls.get(id.as_str()));
            for control in own {
                rows.extend(control.lines.iter().map(|line| self.control(bears, control, line)));
                let items = self.items.get(control.control.as_str()).into_iter().flatten();
                rows.extend(items.map(|item| self.item(bears, control, item)));
            }
        }
        if rows.len() == 1 {
            let why = "no control of this period that was selected bears on it: the evidence is what an auditor needs besides";
            rows.push(row(&[("row", text("none")), ("title", text(why))]));
        }
        Table { name: about.id, header: HEADER.to_vec(), rows }
    }

    /// A control in one stream.
    fn control(&self, bears: &str, control: &ControlSection, line: &ControlLine) -> Vec<Cell> {
        let mut cells = about(bears, control);
        let type_ = self.types.get(control.control.as_str()).copied().flatten();
        if let (Some(type_), Some(stream)) = (type_, self.streams.get(line.stream.as_str())) {
            let lists = || stream.populations.iter().filter(|list| list.type_ == type_);
            let complete = lists().next().is_some() && lists().all(|list| list.complete);
            cells.extend([
                ("type", text(type_)),
                ("population_start", sum(lists().map(|list| list.start))),
                ("population_end", sum(lists().map(|list| list.end))),
                ("population_complete", text(if complete { "true" } else { "false" })),
            ]);
        }
        for verdict in Verdict::ALL {
            let count = line.end.map_or(Cell::Empty, |counts| Cell::Number(counts.of(verdict)));
            cells.push((verdict.as_str(), count));
        }
        let state = last_known(&line.intervals).map_or(State::NoEvidence, |last| last.state);
        let seconds = |state| Cell::Number(line.seconds.get(&state).copied().unwrap_or_default());
        cells.extend([
            ("row", text("control")),
            ("stream", text(&line.stream)),
            ("last_known_state", text(state.as_str())),
            ("fail_seconds", seconds(State::Fail)),
            ("not_evaluated_seconds", seconds(State::NotEvaluated)),
            ("no_evidence_seconds", seconds(State::NoEvidence)),
        ]);
        cells.extend(self.evidence(&line.stream));
        row(&cells)
    }

    /// A resource that failed or could not be evaluated at some time of the period.
    fn item(&self, bears: &str, control: &ControlSection, item: &Item) -> Vec<Cell> {
        let mut cells = about(bears, control);
        if let Some(resource) = &item.resource {
            cells.extend([
                ("type", text(&resource.type_)),
                ("region", text(&resource.region)),
                ("resource", text(&resource.id)),
            ]);
        }
        if let Some(exception) = &item.exception {
            cells.extend([("exception", text(&exception.id)), ("exception_expires", Cell::At(exception.expires))]);
        }
        let state = last_known(&item.intervals).map_or(State::NoEvidence, |last| last.state);
        cells.extend([
            ("row", text("resource")),
            ("stream", text(&item.stream)),
            ("last_known_state", text(state.as_str())),
            ("failures", Cell::Number(item.failures.len() as u64)),
            ("message", item.message.as_deref().map_or(Cell::Empty, text)),
        ]);
        cells.extend(self.evidence(&item.stream));
        row(&cells)
    }

    /// Where the newest evidence lies.
    fn evidence(&self, stream: &str) -> Vec<(&'static str, Cell)> {
        let Some((id, run)) = self.newest.get(stream) else { return Vec::new() };
        let folder = run.run.as_ref().map(|run_id| id.bundle_prefix(run.as_of, run_id));
        vec![
            ("evidence_bundle", folder.as_deref().map_or(Cell::Empty, text)),
            ("evidence_statement", text(&id.statement_key(run.sequence))),
        ]
    }
}

fn newest<'a>(stream: &'a StreamHistory, content: &Content<'_>) -> Option<(String, (&'a StreamId, &'a Run))> {
    let end = content.options.period.to;
    let run = stream.runs.iter().rev().find(|run| run.whole && run.as_of.utc() < end)?;
    Some((stream.stream.to_string(), (&stream.stream, run)))
}

fn about(bears: &str, control: &ControlSection) -> Vec<(&'static str, Cell)> {
    vec![
        ("bears_as", text(bears)),
        ("control", text(&control.control)),
        ("title", text(&control.title)),
        ("statement", text(&control.statement)),
    ]
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// The sum of what is known; nothing where nothing is.
fn sum(all: impl Iterator<Item = Option<u64>>) -> Cell {
    all.flatten().reduce(|a, b| a + b).map_or(Cell::Empty, Cell::Number)
}

/// A row with these cells filled.
fn row(cells: &[(&str, Cell)]) -> Vec<Cell> {
    let cell =
        |name: &&str| cells.iter().find(|(column, _)| column == name).map_or(Cell::Empty, |(_, cell)| cell.clone());
    HEADER.iter().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_column() {
        let cells = [("row", text("control")), ("auditor_conclusion", text("x"))];
        let filled = row(&cells);
        assert_eq!((filled.len(), &filled[0], &filled[26]), (27, &text("control"), &text("x")));
        for verdict in Verdict::ALL {
            assert!(HEADER.contains(&verdict.as_str()), "{verdict}");
        }
    }
}
