//! The report as Parquet, for Athena, BigQuery, Trino, Spark and DuckDB: every verdict and every balance of every run that gives
//! evidence, a file a run, in folders that name cloud, scope and day as Hive does; and the small tables of the report.
//!
//! Names of folders need no escaping: a scope and a date have letters, digits, `.`, `_` and `-` alone.

mod file;

pub use ::parquet::errors::ParquetError;

use super::table::{Cell, Table, tables};
use crate::history::{Again, Run, StreamHistory};
use evidenced_schemas::report::Report;
use evidenced_schemas::{Control, Finding, Population, RunId, Verdict};
use file::{Column, Kind, Value, bytes};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Tables of the report that are written as they are. Its populations are not: there is a balance for every run.
const TABLES: [&str; 7] = ["period", "streams", "runs", "no-evidence", "controls", "remediation", "problems"];

/// Where a table of a run lies, from the root: `findings/cloud=aws/scope=111122223333/date=2026-01-31/nightly-0000000007-<run>.parquet`.
/// Job and number make the name one of its own.
pub fn path_of_run(table: &str, StreamHistory { stream, .. }: &StreamHistory, run: &Run) -> PathBuf {
    let date = run.as_of.utc().format("%Y-%m-%d");
    let name = run.run.as_ref().map_or("", |run| run.as_str());
    let file = format!("{}-{:010}-{name}.parquet", stream.job, run.sequence);
    PathBuf::from(format!("{table}/cloud={}/scope={}/date={date}/{file}", stream.cloud, stream.scope))
}

/// The folders of [`path_of_run`].
pub const FINDINGS: &str = "findings";
/// As [`FINDINGS`], of balances.
pub const POPULATIONS: &str = "populations";

/// Where the tables of a report lie, from the root; the period is in the name, so that one folder takes many periods.
pub fn paths(report: &Report) -> Vec<PathBuf> {
    TABLES.iter().map(|table| path_of_table(table, report)).collect()
}

fn path_of_table(table: &str, report: &Report) -> PathBuf {
    let stamp = |instant: evidenced_schemas::Instant| instant.utc().format("%Y%m%dT%H%M%S%3fZ").to_string();
    let table = table.replace('-', "_");
    PathBuf::from(format!("{table}/{}-{}.parquet", stamp(report.from), stamp(report.to)))
}

/// The files of the report's own tables, with where they lie.
///
/// # Errors
/// When a table has a cell that is not of its column's kind.
pub fn report_tables(report: &Report) -> Result<Vec<(PathBuf, Vec<u8>)>, ParquetError> {
    let wanted = tables(report).into_iter().filter(|table| TABLES.contains(&table.name));
    wanted.map(|table| Ok((path_of_table(table.name, report), of_table(&table)?))).collect()
}

fn of_table(table: &Table) -> Result<Vec<u8>, ParquetError> {
    let column = |(index, name): (usize, &&'static str)| Column {
        name,
        kind: kind(name),
        of: Box::new(move |row: &Vec<Cell>| row.get(index).map_or(Value::Missing, Value::from)),
    };
    let columns: Vec<_> = table.header.iter().enumerate().map(column).collect();
    bytes(&columns, &table.rows)
}

/// What a column of the report's tables holds. It does not follow from the cells: a column with nothing in it has a kind too.
fn kind(column: &str) -> Kind {
    let is_verdict = |word: &str| Verdict::ALL.iter().any(|verdict| verdict.as_str() == word);
    let counted = column.strip_prefix("start_").or_else(|| column.strip_prefix("end_")).unwrap_or(column);
    match column {
        "from" | "to" | "cut_at" | "as_of" => Kind::At,
        "whole" | "complete" => Kind::Flag,
        "runs" | "missed" | "sequence" | "gaps" | "problems" | "unscheduled_hours" | "fixed" | "deleted" | "open"
        | "began_before" | "recurring" => Kind::Number,
        _ if column.ends_with("_hours") => Kind::Hours,
        _ if column.ends_with("_seconds") || is_verdict(counted) => Kind::Number,
        _ => Kind::Text,
    }
}

/// What the rows of one run have in common.
struct OfRun<'a> {
    stream: String,
    job: &'a str,
    run: &'a Run,
    statement: String,
    controls: BTreeMap<&'a str, &'a Control>,
}

impl<'a> OfRun<'a> {
    fn new(stream: &'a StreamHistory, run: &'a Run) -> Self {
        Self {
            stream: stream.stream.to_string(),
            job: stream.stream.job.as_str(),
            statement: run.statement.to_string(),
            controls: stream.controls_of(run).iter().map(|control| (control.id.as_str(), control)).collect(),
            run,
        }
    }
}

/// A line of a run's document.
struct Row<'a, T> {
    of: &'a OfRun<'a>,
    line: &'a T,
}

impl Row<'_, Finding> {
    fn control(&self) -> Option<&Control> {
        self.of.controls.get(self.line.control.as_str()).copied()
    }
}

/// A column's name, what it holds, and its value in a row.
type Named<R> = (&'static str, Kind, for<'r> fn(&'r R) -> Value<'r>);

fn columns<'c, R: 'c>(named: impl IntoIterator<Item = Named<R>>) -> Vec<Column<'c, R>> {
    named.into_iter().map(|(name, kind, of)| Column { name, kind, of: Box::new(of) }).collect()
}

/// The columns that are the same in every row: which run it was, and the statement that vouches for it.
fn run_columns<'a, T>() -> [Named<Row<'a, T>>; 6] {
    [
        ("stream", Kind::Text, |row| row.of.stream.as_str().into()),
        ("job", Kind::Text, |row| row.of.job.into()),
        ("sequence", Kind::Number, |row| row.of.run.sequence.into()),
        ("run", Kind::Text, |row| row.of.run.run.as_ref().map(RunId::as_str).into()),
        ("as_of", Kind::At, |row| row.of.run.as_of.into()),
        ("statement_sha256", Kind::Text, |row| row.of.statement.as_str().into()),
    ]
}

/// The verdicts of a run.
///
/// # Errors
/// As [`report_tables`].
pub fn findings(stream: &StreamHistory, run: &Run, again: &Again) -> Result<Vec<u8>, ParquetError> {
    let of = OfRun::new(stream, run);
    let rows: Vec<Row<'_, Finding>> = again.findings.iter().map(|line| Row { of: &of, line }).collect();
    bytes(&columns(finding_columns().into_iter().chain(run_columns())), &rows)
}

fn finding_columns<'a>() -> [Named<Row<'a, Finding>>; 13] {
    let text = Kind::Text;
    [
        ("control", text, |row| row.line.control.as_str().into()),
        ("resource_type", text, |row| row.line.resource.as_ref().map(|resource| resource.type_.as_str()).into()),
        ("resource_id", text, |row| row.line.resource.as_ref().map(|resource| resource.id.as_str()).into()),
        ("region", text, |row| row.line.resource.as_ref().map(|resource| resource.region.as_str()).into()),
        ("resource_sha256", text, |row| row.line.resource.as_ref().map(|resource| resource.sha256.as_str()).into()),
        ("verdict", text, |row| row.line.verdict.as_str().into()),
        ("reason", text, |row| row.line.reason.as_deref().into()),
        ("message", text, |row| row.line.message.as_deref().into()),
        ("severity", text, |row| row.control().map(|control| control.severity.as_str()).into()),
        ("principle", text, |row| row.control().map(|control| control.principle.as_str()).into()),
        ("criterion", text, |row| row.control().map(|control| control.criteria.primary.id()).into()),
        ("exception", text, |row| row.line.exception.as_ref().map(|exception| exception.id.as_str()).into()),
        ("exception_expires", Kind::At, |row| row.line.exception.as_ref().map(|exception| exception.expires).into()),
    ]
}

/// The balance of a run.
///
/// # Errors
/// As [`report_tables`].
pub fn populations(stream: &StreamHistory, run: &Run, again: &Again) -> Result<Vec<u8>, ParquetError> {
    let of = OfRun::new(stream, run);
    let rows: Vec<Row<'_, Population>> = again.populations.iter().map(|line| Row { of: &of, line }).collect();
    bytes(&columns(population_columns().into_iter().chain(run_columns())), &rows)
}

fn population_columns<'a>() -> [Named<Row<'a, Population>>; 11] {
    let (text, number) = (Kind::Text, Kind::Number);
    [
        ("resource_type", text, |row| row.line.type_.as_str().into()),
        ("region", text, |row| row.line.region.as_str().into()),
        ("listed", number, |row| row.line.listed.into()),
        ("evaluated", number, |row| row.line.evaluated.into()),
        ("not_evaluated", number, |row| row.line.not_evaluated.into()),
        ("excluded", number, |row| row.line.excluded.into()),
        ("pages", number, |row| row.line.pages.into()),
        ("complete", Kind::Flag, |row| row.line.complete.into()),
        ("reason", text, |row| row.line.reason.as_deref().into()),
        ("cross_check", text, |row| row.line.cross_check.as_ref().map(|check| check.source.as_str()).into()),
        ("cross_check_count", number, |row| row.line.cross_check.as_ref().map(|check| check.count).into()),
    ]
}
