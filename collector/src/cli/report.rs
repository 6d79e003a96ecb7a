//! `report`: what a period was, in the form that is asked for. It opens stores for reading only.

use super::exit::{CommandError, Exit};
use super::exports::{self, Source};
use super::{PeriodArgs, ReportArgs, ReportFormat, output, read};
use crate::history::{self, HistoryOptions, Period};
use crate::report::html::html;
use crate::report::oscal::oscal;
use crate::report::xlsx::xlsx;
use crate::report::{build, last_known, table};
use crate::store::{self, Access};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use evidenced_schemas::StreamId;
use evidenced_schemas::report::{Report, State};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Reports a period.
///
/// # Errors
/// When the period is none, the store cannot be listed, or the report cannot be written.
pub async fn report(args: ReportArgs, json: bool) -> Result<Exit, CommandError> {
    let options = options(&args.period)?;
    let is_document = json && args.out.is_none();
    let format = args.format.unwrap_or(if is_document { ReportFormat::Json } else { ReportFormat::Html });
    if is_document && format != ReportFormat::Json {
        return Err(CommandError::usage("--json leaves standard output to one JSON document: name a file with --out"));
    }
    let store = store::open(&args.store, Access::Read).await.map_err(|error| super::workshop::store_error(&error))?;
    let history = history::read(&*store, &options).await.map_err(|error| CommandError::failed(&error))?;
    let mut report = build(store.url(), &history, &options);
    let source = Source { store: &*store, history: &history, period: options.period };
    let written = write(source, &mut report, format, args.out.as_deref()).await?;
    for problem in &report.problems {
        output::say(&format!("warning: {}: {}: {}", problem.file, problem.kind, problem.what));
    }
    if json && !written.is_empty() {
        output::print_json(&json!({"runs": report.runs, "problems": report.problems, "files": written}))?;
    } else if !written.is_empty() {
        output::print(&said(&report, &written))?;
    }
    Ok(match &report {
        Report { problems, .. } if !problems.is_empty() => Exit::Unverified,
        Report { runs: 0, .. } => {
            output::say(&format!("evidenced: no evidence from {} to {}", report.from, report.to));
            Exit::Gaps
        }
        _ => Exit::Fine,
    })
}

/// What the options of a period say.
pub(super) fn options(args: &PeriodArgs) -> Result<HistoryOptions, CommandError> {
    let period = Period { from: begin("--from", &args.from)?, to: end("--to", &args.to)? };
    if period.from >= period.to {
        return Err(CommandError::usage(format!(
            "--from {} --to {}: the period ends before it begins",
            args.from, args.to
        )));
    }
    let now = crate::collect::now().utc();
    if period.from > now {
        return Err(CommandError::usage(format!("--from {}: the period has not begun", args.from)));
    }
    Ok(HistoryOptions {
        period,
        keys: read::read_keys("--key", &args.keys)?,
        streams: streams(&args.streams)?,
        unscheduled: TimeDelta::hours(args.unscheduled_hours.into()),
        now,
    })
}

/// The streams of `--stream`.
pub(super) fn streams(texts: &[String]) -> Result<Vec<StreamId>, CommandError> {
    let stream = |text: &String| {
        StreamId::parse(text).ok_or_else(|| {
            let what = format!("--stream {text}: write job/cloud/scope, for example default/aws/123456789012");
            CommandError::usage(what)
        })
    };
    texts.iter().map(stream).collect()
}

fn begin(option: &str, text: &str) -> Result<DateTime<Utc>, CommandError> {
    read::instant(option, text, NaiveTime::MIN)
}

/// A day ends with its last instant; an instant is the first that is not in the period.
pub(super) fn end(option: &str, text: &str) -> Result<DateTime<Utc>, CommandError> {
    match text.parse::<NaiveDate>() {
        Ok(day) => Ok((day.and_time(NaiveTime::MIN) + TimeDelta::days(1)).and_utc()),
        Err(_) => read::instant(option, text, NaiveTime::MIN),
    }
}

/// Writes the report, and says which files; none for standard output.
async fn write(
    source: Source<'_>,
    report: &mut Report,
    format: ReportFormat,
    out: Option<&Path>,
) -> Result<Vec<PathBuf>, CommandError> {
    let bytes = match format {
        ReportFormat::Parquet => {
            let folder = folder(out, "parquet")?;
            return exports::parquet(&source, report, folder).await.map(|()| vec![folder.to_owned()]);
        }
        ReportFormat::Csv => return write_tables(report, out),
        ReportFormat::Html => html(report).into_bytes(),
        ReportFormat::Ocsf => exports::ocsf(&source, report).await?,
        ReportFormat::Oscal => {
            format!("{:#}\n", oscal(report).map_err(|error| CommandError::failed(&error))?).into_bytes()
        }
        ReportFormat::Json => format!("{}\n", to_json(report)?).into_bytes(),
        ReportFormat::Xlsx => xlsx(report).map_err(|error| CommandError::failed(&error))?,
    };
    match out {
        Some(file) => output::write_new(file, &bytes, "report").map(|()| vec![file.to_owned()]),
        None if format == ReportFormat::Xlsx => {
            Err(CommandError::usage("--format xlsx is no text: name a file with --out"))
        }
        None => output::print(&String::from_utf8_lossy(&bytes)).map(|()| Vec::new()),
    }
}

fn folder<'a>(out: Option<&'a Path>, format: &str) -> Result<&'a Path, CommandError> {
    out.ok_or_else(|| CommandError::usage(format!("--format {format} is several files: name a folder with --out")))
}

fn write_tables(report: &Report, folder: Option<&Path>) -> Result<Vec<PathBuf>, CommandError> {
    let folder = self::folder(folder, "csv")?;
    std::fs::create_dir_all(folder).map_err(|error| output::unwritten(folder, &error))?;
    let one = |table: table::Table| {
        let file = folder.join(format!("{}.csv", table.name));
        output::write_new(&file, &table.csv(), "report").map(|()| file)
    };
    table::tables(report).into_iter().map(one).collect()
}

fn to_json(report: &Report) -> Result<String, CommandError> {
    serde_json::to_string_pretty(report).map_err(|error| CommandError::failed(&error))
}

/// The report in a few lines.
fn said(report: &Report, written: &[PathBuf]) -> String {
    let mut table = output::table(&["stream", "runs", "missed", "no evidence", "failing when last seen"]);
    for stream in &report.streams {
        let failing = report.items.iter().filter(|item| {
            item.stream == stream.stream && last_known(&item.intervals).is_some_and(|last| last.state == State::Fail)
        });
        let hours = stream.no_evidence_seconds / 3600;
        table.add_row([
            stream.stream.clone(),
            stream.runs.len().to_string(),
            stream.missed.to_string(),
            format!("{hours} h"),
            failing.count().to_string(),
        ]);
    }
    let files: Vec<String> = written.iter().map(|file| file.display().to_string()).collect();
    format!("{} to {}\n{table}\n{}\n", report.from, report.to, files.join("\n"))
}
