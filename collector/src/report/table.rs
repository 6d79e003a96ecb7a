//! The report as flat tables, for spreadsheets: every row of it stands in one of them.

use super::last_known;
use chrono::SecondsFormat;
use evidenced_schemas::criteria::{Criterion, Principle};
use evidenced_schemas::figure::Figure;
use evidenced_schemas::report::{Interval, Report, State, Why};
use evidenced_schemas::summary::Counts;
use evidenced_schemas::{Instant, Severity, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A text, as the provider or the catalogue has it.
    Text(String),
    /// A whole number.
    Number(u64),
    /// A number of hours.
    Hours(f64),
    /// An instant.
    At(Instant),
    /// Yes or no.
    Flag(bool),
    /// Nothing.
    Empty,
}

/// One table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its name, also that of its file or sheet.
    pub name: &'static str,
    /// Names of the columns.
    pub header: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
}

fn text(value: impl Into<String>) -> Cell {
    Cell::Text(value.into())
}

fn maybe<T>(value: Option<T>, cell: impl Fn(T) -> Cell) -> Cell {
    value.map_or(Cell::Empty, cell)
}

/// The word that a value has in JSON.
fn word<T: Serialize>(value: &T) -> Cell {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Cell::Text(word),
        _ => Cell::Empty,
    }
}

fn counts(counts: Option<Counts>) -> impl Iterator<Item = Cell> {
    Verdict::ALL.into_iter().map(move |verdict| maybe(counts, |counts| Cell::Number(counts.of(verdict))))
}

fn interval(interval: &Interval) -> [Cell; 4] {
    let Interval { from, to, state, why } = interval;
    [Cell::At(*from), Cell::At(*to), text(state.as_str()), maybe(*why, |why| text(Why::as_str(why)))]
}

/// Every table of a report.
pub fn tables(report: &Report) -> Vec<Table> {
    vec![
        period(report),
        streams(report),
        runs(report),
        no_evidence(report),
        criteria(report),
        principles(report),
        measures(report),
        measure_items(report),
        trend(report),
        controls(report),
        intervals(report),
        items(report),
        item_intervals(report),
        failures(report),
        exceptions(report),
        remediation(report),
        populations(report),
        catalogue_changes(report),
        problems(report),
    ]
}

fn period(report: &Report) -> Table {
    let row = vec![
        text(&*report.store),
        Cell::At(report.from),
        Cell::At(report.to),
        maybe(report.cut_at, Cell::At),
        word(&report.signatures),
        Cell::Number(report.runs),
        Cell::Number(report.unscheduled_hours),
        Cell::Number(report.problems.len() as u64),
    ];
    let header = vec!["store", "from", "to", "cut_at", "signatures", "runs", "unscheduled_hours", "problems"];
    Table { name: "period", header, rows: vec![row] }
}

fn streams(report: &Report) -> Table {
    let header = vec!["stream", "cloud", "scope", "runs", "missed", "evidence_seconds", "no_evidence_seconds"];
    let row = |stream: &evidenced_schemas::report::StreamSection| {
        vec![
            text(&*stream.stream),
            word(&stream.cloud),
            text(stream.scope.as_str()),
            Cell::Number(stream.runs.len() as u64),
            Cell::Number(stream.missed),
            Cell::Number(stream.evidence_seconds),
            Cell::Number(stream.no_evidence_seconds),
        ]
    };
    Table { name: "streams", header, rows: report.streams.iter().map(row).collect() }
}

fn runs(report: &Report) -> Table {
    let header = vec![
        "stream",
        "sequence",
        "run",
        "as_of",
        "whole",
        "complete",
        "gaps",
        "pass",
        "fail",
        "not_evaluated",
        "not_applicable",
        "identity",
        "statement_sha256",
    ];
    let rows = report.streams.iter().flat_map(|stream| {
        stream.runs.iter().map(|run| {
            let mut row = vec![
                text(&*stream.stream),
                Cell::Number(run.sequence),
                maybe(run.run.as_ref(), |run| text(run.as_str())),
                Cell::At(run.as_of),
                Cell::Flag(run.whole),
                Cell::Flag(run.complete),
                Cell::Number(run.gaps),
            ];
            row.extend(counts(Some(run.counts)));
            row.extend([maybe(run.identity.as_deref(), text), text(run.statement_sha256.to_string())]);
            row
        })
    });
    Table { name: "runs", header, rows: rows.collect() }
}

fn no_evidence(report: &Report) -> Table {
    let header = vec!["stream", "from", "to", "state", "why"];
    let rows = report.streams.iter().flat_map(|stream| {
        stream.no_evidence.iter().map(|gap| [text(&*stream.stream)].into_iter().chain(interval(gap)).collect())
    });
    Table { name: "no-evidence", header, rows: rows.collect() }
}

fn criteria(report: &Report) -> Table {
    let header = vec![
        "criterion",
        "subject",
        "category",
        "mode",
        "besides",
        "primary_controls",
        "supporting_controls",
        "pass",
        "fail",
        "not_evaluated",
        "not_applicable",
    ];
    let row = |criterion: &evidenced_schemas::report::CriterionSection| {
        let mut row = vec![
            text(criterion.criterion.id()),
            text(&*criterion.subject),
            word(&criterion.category),
            word(&criterion.mode),
            text(&*criterion.besides),
            text(criterion.primary.join(" ")),
            text(criterion.supporting.join(" ")),
        ];
        row.extend(counts(Some(criterion.end)));
        row
    };
    Table { name: "criteria", header, rows: report.criteria.iter().map(row).collect() }
}

fn principles(report: &Report) -> Table {
    let header = vec![
        "principle",
        "title",
        "controls",
        "start_pass",
        "start_fail",
        "start_not_evaluated",
        "start_not_applicable",
        "end_pass",
        "end_fail",
        "end_not_evaluated",
        "end_not_applicable",
    ];
    let row = |principle: &evidenced_schemas::report::PrincipleSection| {
        let mut row =
            vec![word(&principle.principle), text(&*principle.title), Cell::Number(principle.controls.len() as u64)];
        row.extend(counts(Some(principle.start)).chain(counts(Some(principle.end))));
        row
    };
    Table { name: "principles", header, rows: report.principles.iter().map(row).collect() }
}

fn measures(report: &Report) -> Table {
    let header = vec![
        "principle",
        "figure",
        "cloud",
        "layer",
        "severity",
        "numerator",
        "denominator",
        "not_evaluated",
        "about",
        "controls",
    ];
    let rows = figures(report).map(|(principle, figure)| {
        vec![
            word(&principle),
            word(&figure.figure),
            word(&figure.cloud),
            word(&figure.layer),
            word(&figure.severity),
            Cell::Number(figure.numerator),
            Cell::Number(figure.denominator),
            Cell::Number(figure.not_evaluated),
            text(&*figure.about),
            text(figure.controls.join(" ")),
        ]
    });
    Table { name: "measures", header, rows: rows.collect() }
}

fn figures(report: &Report) -> impl Iterator<Item = (Principle, &Figure)> {
    let of = |section: &evidenced_schemas::report::PrincipleSection| section.principle;
    report.principles.iter().flat_map(move |section| section.measures.iter().map(move |figure| (of(section), figure)))
}

fn measure_items(report: &Report) -> Table {
    let header = vec!["figure", "cloud", "layer", "severity", "stream", "type", "region", "resource", "controls"];
    let rows = figures(report).flat_map(|(_, figure)| {
        figure.items.iter().map(|item| {
            let resource = item.resource.as_ref();
            vec![
                word(&figure.figure),
                word(&figure.cloud),
                word(&figure.layer),
                word(&figure.severity),
                text(&*item.stream),
                maybe(resource, |resource| text(&*resource.type_)),
                maybe(resource, |resource| text(&*resource.region)),
                maybe(resource, |resource| text(&*resource.id)),
                text(item.controls.join(" ")),
            ]
        })
    });
    Table { name: "measure-items", header, rows: rows.collect() }
}

fn trend(report: &Report) -> Table {
    let header = vec![
        "stream",
        "sequence",
        "as_of",
        "fail_critical",
        "fail_high",
        "fail_medium",
        "fail_low",
        "evaluated",
        "not_evaluated",
        "gaps",
    ];
    let rows = report.trend.iter().map(|point| {
        let mut row = vec![text(&*point.stream), Cell::Number(point.sequence), Cell::At(point.as_of)];
        let of = |severity| Cell::Number(point.fail.get(&severity).copied().unwrap_or_default());
        row.extend(Severity::ALL.map(of));
        row.extend([point.evaluated, point.not_evaluated, point.gaps].map(Cell::Number));
        row
    });
    Table { name: "trend", header, rows: rows.collect() }
}

fn controls(report: &Report) -> Table {
    let mut header = vec![
        "control",
        "title",
        "primary",
        "supporting",
        "principle",
        "category",
        "severity",
        "layer",
        "policy",
        "owner",
        "stream",
        "start_pass",
        "start_fail",
        "start_not_evaluated",
        "start_not_applicable",
        "end_pass",
        "end_fail",
        "end_not_evaluated",
        "end_not_applicable",
    ];
    header.extend(SECONDS);
    let rows = report.controls.iter().flat_map(|control| {
        control.lines.iter().map(|line| {
            let supporting: Vec<&str> = control.supporting.iter().map(Criterion::id).collect();
            let mut row = vec![
                text(&*control.control),
                text(&*control.title),
                text(control.primary.id()),
                text(supporting.join(" ")),
                word(&control.principle),
                word(&control.category),
                word(&control.severity),
                word(&control.layer),
                text(&*control.policy),
                text(&*control.owner),
                text(&*line.stream),
            ];
            row.extend(counts(line.start).chain(counts(line.end)));
            row.extend(State::ALL.into_iter().map(|state| seconds_in(&line.seconds, state)));
            row
        })
    });
    Table { name: "controls", header, rows: rows.collect() }
}

/// Columns of seconds, in the order of [`State::ALL`].
const SECONDS: [&str; 6] = [
    "fail_seconds",
    "no_evidence_seconds",
    "not_evaluated_seconds",
    "pass_seconds",
    "not_applicable_seconds",
    "no_population_seconds",
];

fn seconds_in(seconds: &BTreeMap<State, u64>, state: State) -> Cell {
    Cell::Number(seconds.get(&state).copied().unwrap_or_default())
}

fn intervals(report: &Report) -> Table {
    let header = vec!["control", "stream", "from", "to", "state", "why"];
    let rows = report.controls.iter().flat_map(|control| {
        control.lines.iter().flat_map(move |line| {
            line.intervals
                .iter()
                .map(|one| [text(&*control.control), text(&*line.stream)].into_iter().chain(interval(one)).collect())
        })
    });
    Table { name: "intervals", header, rows: rows.collect() }
}

/// What names an item in every table of them.
fn key(item: &evidenced_schemas::report::Item) -> Vec<Cell> {
    let resource = item.resource.as_ref();
    vec![
        text(&*item.control),
        text(&*item.stream),
        maybe(resource, |resource| text(&*resource.type_)),
        maybe(resource, |resource| text(&*resource.region)),
        maybe(resource, |resource| text(&*resource.id)),
    ]
}

const KEY: [&str; 5] = ["control", "stream", "type", "region", "resource"];

fn keyed(rest: &[&'static str]) -> Vec<&'static str> {
    KEY.into_iter().chain(rest.iter().copied()).collect()
}

fn items(report: &Report) -> Table {
    let header = keyed(&["severity", "failures", "last_known_state", "message", "exception", "exception_expires"]);
    let rows = report.items.iter().map(|item| {
        let mut row = key(item);
        row.extend([
            word(&item.severity),
            Cell::Number(item.failures.len() as u64),
            maybe(last_known(&item.intervals), |last| text(last.state.as_str())),
            maybe(item.message.as_deref(), text),
            maybe(item.exception.as_ref(), |exception| text(&*exception.id)),
            maybe(item.exception.as_ref(), |exception| Cell::At(exception.expires)),
        ]);
        row
    });
    Table { name: "items", header, rows: rows.collect() }
}

fn exceptions(report: &Report) -> Table {
    let header = vec![
        "exception",
        "control",
        "resource",
        "scope",
        "state",
        "starts",
        "expires",
        "covers",
        "streams",
        "owner",
        "approver",
        "ticket",
        "reason",
    ];
    let row = |section: &evidenced_schemas::report::ExceptionSection| {
        let one = &section.exception;
        vec![
            text(&*one.id),
            text(&*one.control),
            text(&*one.resource),
            maybe(one.scope.as_deref(), text),
            text(section.state.as_str()),
            Cell::At(one.starts),
            Cell::At(one.expires),
            Cell::Number(section.covers.len() as u64),
            Cell::Number(section.streams),
            text(&*one.owner),
            text(&*one.approver),
            text(&*one.ticket),
            text(&*one.reason),
        ]
    };
    Table { name: "exceptions", header, rows: report.exceptions.iter().map(row).collect() }
}

fn item_intervals(report: &Report) -> Table {
    let rows = report
        .items
        .iter()
        .flat_map(|item| item.intervals.iter().map(|one| key(item).into_iter().chain(interval(one)).collect()));
    Table { name: "item-intervals", header: keyed(&["from", "to", "state", "why"]), rows: rows.collect() }
}

fn failures(report: &Report) -> Table {
    let rows = report.items.iter().flat_map(|item| {
        item.failures.iter().map(|failure| {
            let mut row = key(item);
            row.extend([
                word(&item.severity),
                maybe(failure.opened, Cell::At),
                maybe(failure.ended, Cell::At),
                word(&failure.end),
            ]);
            row
        })
    });
    Table { name: "failures", header: keyed(&["severity", "opened", "ended", "end"]), rows: rows.collect() }
}

fn remediation(report: &Report) -> Table {
    let header = vec![
        "severity",
        "fixed",
        "fixed_p50_hours",
        "fixed_p90_hours",
        "deleted",
        "open",
        "open_oldest_hours",
        "began_before",
        "recurring",
    ];
    let rows = report.remediation.iter().map(|(severity, figures)| {
        vec![
            word(severity),
            Cell::Number(figures.fixed),
            maybe(figures.fixed_p50_hours, Cell::Hours),
            maybe(figures.fixed_p90_hours, Cell::Hours),
            Cell::Number(figures.deleted),
            Cell::Number(figures.open),
            maybe(figures.open_oldest_hours, Cell::Hours),
            Cell::Number(figures.began_before),
            Cell::Number(figures.recurring),
        ]
    });
    Table { name: "remediation", header, rows: rows.collect() }
}

fn populations(report: &Report) -> Table {
    let header = vec!["stream", "type", "region", "start", "end", "complete"];
    let rows = report.streams.iter().flat_map(|stream| {
        stream.populations.iter().map(|line| {
            vec![
                text(&*stream.stream),
                text(&*line.type_),
                text(&*line.region),
                maybe(line.start, Cell::Number),
                maybe(line.end, Cell::Number),
                Cell::Flag(line.complete),
            ]
        })
    });
    Table { name: "populations", header, rows: rows.collect() }
}

fn catalogue_changes(report: &Report) -> Table {
    let header = vec!["stream", "at", "before", "after", "added", "removed", "changed"];
    let rows = report.streams.iter().flat_map(|stream| {
        stream.catalogue_changes.iter().map(|change| {
            vec![
                text(&*stream.stream),
                Cell::At(change.at),
                text(change.before.to_string()),
                text(change.after.to_string()),
                text(change.added.join(" ")),
                text(change.removed.join(" ")),
                text(change.changed.join(" ")),
            ]
        })
    });
    Table { name: "catalogue-changes", header, rows: rows.collect() }
}

fn problems(report: &Report) -> Table {
    let row = |problem: &evidenced_schemas::report::ReportProblem| {
        vec![
            maybe(problem.stream.as_deref(), text),
            maybe(problem.sequence, Cell::Number),
            text(&*problem.file),
            text(&*problem.kind),
            text(&*problem.what),
        ]
    };
    let header = vec!["stream", "sequence", "file", "kind", "what"];
    Table { name: "problems", header, rows: report.problems.iter().map(row).collect() }
}

impl Cell {
    /// As CSV has it. A text that a spreadsheet would take for a formula begins with an apostrophe: `=`, `+`, `-`, `@`, a tab or
    /// a carriage return at its beginning (OWASP, "CSV Injection").
    pub fn csv(&self) -> String {
        match self {
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Hours(hours) => hours.to_string(),
            Self::At(instant) => instant.utc().to_rfc3339_opts(SecondsFormat::Millis, true),
            Self::Flag(flag) => flag.to_string(),
            Self::Empty => String::new(),
        }
    }
}

impl Table {
    /// The table as a CSV file (RFC 4180).
    ///
    /// # Panics
    /// Never: every row has as many cells as the header, and memory takes what is written.
    pub fn csv(&self) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(&self.header).expect("memory takes it");
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::csv)).expect("rows have as many cells as the header");
        }
        writer.into_inner().expect("memory takes it")
    }
}
