//! What a person sees: tables, lists, sizes. Nothing is decided here.

use super::exit::CommandError;
use crate::collect::Finished;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use evidenced_schemas::control::Control;
use evidenced_schemas::criteria::Principle;
use evidenced_schemas::statement::Cost;
use evidenced_schemas::summary::Counts;
use evidenced_schemas::{Finding, Summary, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

/// How many failures and gaps a terminal shows; the rest is counted.
const SHOWN: usize = 20;

/// Writes to standard output. A reader that went away (`| head`) is no error.
///
/// # Errors
/// When standard output cannot be written.
pub fn print(text: &str) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(CommandError::failed(&error)),
        _ => Ok(()),
    }
}

/// Writes one JSON document.
///
/// # Errors
/// As [`print`].
pub fn print_json(value: &Value) -> Result<(), CommandError> {
    print(&format!("{value:#}\n"))
}

/// Writes the file of `--out`, which must not exist yet: an older checkpoint, report or the like is worth more than a newer one.
///
/// # Errors
/// When it exists, or cannot be written.
pub fn write_new(file: &Path, bytes: &[u8], what: &str) -> Result<(), CommandError> {
    let written = std::fs::OpenOptions::new().write(true).create_new(true).open(file).and_then(|mut opened| {
        opened.write_all(bytes)?;
        opened.sync_all()
    });
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => exists(file, what),
        _ => unwritten(file, &error),
    })
}

/// That a file of `--out` is there already.
pub fn exists(file: &Path, what: &str) -> CommandError {
    CommandError::usage(format!(
        "--out {}: exists already, and a {what} is never overwritten: name another file",
        file.display()
    ))
}

/// That a file or folder of `--out` cannot be written.
pub fn unwritten(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::usage(format!("--out {}: cannot be written: {error}", path.display()))
}

/// Says something to a person on standard error.
pub fn say(text: &str) {
    // Standard error may be closed; what it would have said is not evidence.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A table in the house's form.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().map(|cell| paint(cell, "1")));
    table
}

/// Colours a text on a terminal that wants colours (<https://no-color.org>).
pub fn paint(text: &str, code: &str) -> String {
    let wanted = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Rows of counts, right-aligned.
fn counts_table<'a>(title: &str, rows: impl Iterator<Item = (&'a str, Counts)>) -> Table {
    let mut table = table(&[title, "pass", "fail", "not evaluated", "not applicable"]);
    for (name, counts) in rows {
        let mut row = vec![name.to_owned()];
        row.extend(Verdict::ALL.iter().map(|verdict| counts.of(*verdict).to_string()));
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The verdicts by principle, with the sum of all.
pub fn by_principle(summary: &Summary) -> String {
    let rows = Principle::ALL
        .iter()
        .map(|principle| (principle.title(), summary.principles.get(principle).copied().unwrap_or_default()))
        .chain([("All", summary.counts)]);
    counts_table("Principle", rows).to_string()
}

/// What failed and why, the worst first.
pub fn failures(controls: &[Control], findings: &[Finding]) -> String {
    let severity: BTreeMap<&str, _> = controls.iter().map(|control| (control.id.as_str(), control.severity)).collect();
    let mut failed: Vec<_> = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).collect();
    if failed.is_empty() {
        return "Nothing failed.\n".to_owned();
    }
    failed.sort_by_key(|finding| (severity.get(finding.control.as_str()).copied(), finding.sort_key()));
    let mut table = table(&["Severity", "Control", "Resource", "Why"]);
    for finding in failed.iter().take(SHOWN) {
        let level = severity.get(finding.control.as_str()).map_or("", |severity| severity.as_str());
        let colour = if level == "critical" { "31;1" } else { "31" };
        table.add_row([paint(level, colour), finding.control.clone(), subject(finding), why_failed(finding)]);
    }
    let excepted = failed.iter().filter(|finding| finding.exception.is_some()).count();
    let besides =
        if excepted == 0 { String::new() } else { format!(", {excepted} of them under an approved exception") };
    let mut text = format!("Failed: {}{besides}\n{table}\n", failed.len());
    more(&mut text, failed.len());
    text
}

/// The message, after the exception where there is one.
fn why_failed(finding: &Finding) -> String {
    let message = shortened(finding.message.as_deref().unwrap_or_default(), 80);
    match &finding.exception {
        None => message,
        Some(exception) => {
            let day = exception.expires.utc().format("%Y-%m-%d");
            format!("[exception {} until {day}] {message}", shortened(&exception.id, 24))
        }
    }
}

fn more(text: &mut String, all: usize) {
    if all > SHOWN {
        let _ = writeln!(text, "… and {} more in the bundle", all - SHOWN);
    }
}

/// The resource of a finding, short.
fn subject(finding: &Finding) -> String {
    finding
        .resource
        .as_ref()
        .map_or_else(|| format!("scope {}", finding.scope), |resource| shortened(local_part(&resource.id), 48))
}

/// What an ARN says after the account: `user/alice`, a bucket's name. Other identifiers stay whole.
fn local_part(id: &str) -> &str {
    if id.starts_with("arn:") { id.splitn(6, ':').last().unwrap_or(id) } else { id }
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width - 1).chain(['…']).collect()
}

/// One thing that could not be read.
#[derive(Clone, Debug)]
pub struct Unread {
    /// The resource, or the population.
    pub what: String,
    /// The field, or the regions.
    pub field: String,
    /// The operation and the reason.
    pub why: String,
}

/// Everything that could not be read: populations first, then fields of resources.
pub fn unread(finished: &Finished) -> Vec<Unread> {
    let populations = finished.collected.populations.iter().filter(|row| !row.is_whole()).map(|row| Unread {
        what: row.type_.clone(),
        field: format!("list in {}", row.region),
        why: row.reason.clone().unwrap_or_else(|| "no reason was given".to_owned()),
    });
    let fields = finished.collected.resources.iter().flat_map(|resource| {
        resource.gaps.iter().map(|gap| Unread {
            what: format!("{} {}", resource.type_, resource.name),
            field: gap.field.clone(),
            why: format!("{} {} ({})", gap.operation, gap.reason, gap.code),
        })
    });
    populations.chain(fields).collect()
}

/// What could not be read, for a person.
pub fn unread_table(unread: &[Unread]) -> String {
    if unread.is_empty() {
        return "Everything that was asked for was read.\n".to_owned();
    }
    let mut table = table(&["Resource", "Field", "Why"]);
    for gap in unread.iter().take(SHOWN) {
        table.add_row([gap.what.clone(), gap.field.clone(), paint(&gap.why, "33")]);
    }
    let mut text = format!("Could not be read: {}\n{table}\n", unread.len());
    more(&mut text, unread.len());
    text
}

/// What a run cost, in one line.
pub fn cost_line(cost: &Cost) -> String {
    format!(
        "Cost: {} API calls, {} retries, {}, {:.1} s, {:.2} s of CPU, peak memory {}",
        cost.calls,
        cost.retries,
        size(cost.bytes),
        cost.seconds,
        cost.cpu_seconds,
        size(cost.peak_memory_bytes)
    )
}

/// Bytes for a person.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KiB", "MiB"] {
        if value < 1024.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.1} GiB")
}

/// A finished run for a person.
pub fn finished(run: &Finished, controls: &[Control], store: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", paint(&format!("{} #{}", run.stream, run.committed.sequence), "1"));
    let _ = writeln!(text, "{}\n", by_principle(&run.summary));
    let _ = writeln!(text, "{}", failures(controls, &run.findings));
    let _ = writeln!(text, "{}", unread_table(&unread(run)));
    let _ = writeln!(text, "Evidence: {store}");
    let _ = writeln!(text, "  statement {}", run.committed.statement_key);
    let _ = writeln!(text, "  bundle    {}", run.committed.bundle_prefix);
    for warning in &run.committed.warnings {
        let _ = writeln!(text, "  {}", paint(&format!("warning: {warning}"), "33"));
    }
    let _ = writeln!(text, "{}", cost_line(&run.cost));
    text
}

/// A finished run for a program.
pub fn finished_json(run: &Finished) -> Value {
    let failed: Vec<&Finding> = run.findings.iter().filter(|finding| finding.verdict == Verdict::Fail).collect();
    let unread: Vec<Value> =
        unread(run).into_iter().map(|gap| json!({"resource": gap.what, "field": gap.field, "why": gap.why})).collect();
    json!({
        "stream": run.stream.to_string(),
        "job": run.stream.job,
        "scope": run.stream.scope,
        "sequence": run.committed.sequence,
        "statement": run.committed.statement_key,
        "bundle": run.committed.bundle_prefix,
        "complete": run.gaps() == 0,
        "gaps": run.gaps(),
        "identity": run.collected.identity,
        "summary": run.summary,
        "populations": run.collected.populations,
        "failed": failed,
        "unread": unread,
        "warnings": run.committed.warnings,
        "cost": run.cost,
    })
}
