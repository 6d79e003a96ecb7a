//! The report for people: what was checked, what is wrong, and what to do next.

use super::hold::Protected;
use super::report::{
    CheckpointOutcome as Outcome, CheckpointReport, Integrity, Signatures, StreamReport, VerifyReport,
};
use super::stamps::Timestamps;
use comfy_table::{ContentArrangement, Table, presets};
use evidenced_schemas::Digest;
use std::fmt::Write as _;

/// Lines of problems, warnings and orphans that are shown; the JSON report has them all.
const SHOWN: usize = 40;

impl VerifyReport {
    /// The report as text.
    pub fn table(&self) -> String {
        let mut text = format!("Verified {}\n\n", self.store);
        if !self.streams.is_empty() {
            let header = ["stream", "statements", "bundles read", "last run", "incomplete", "missed", "problems"];
            let _ = writeln!(text, "{}\n", table(&header, self.streams.iter().map(row).collect()));
        }
        for stream in &self.streams {
            details(stream, &mut text);
        }
        let header = ["checkpoint", "stream", "statements", "signed by", "outcome"];
        section(&mut text, "Checkpoints", self.checkpoints.len(), &header, || {
            self.checkpoints.iter().take(SHOWN).map(checkpoint).collect()
        });
        section(&mut text, "Problems", self.problems.len(), &["what", "where", "found"], || {
            let problems = self.problems.iter().take(SHOWN);
            problems.map(|p| vec![p.kind.as_str().to_owned(), p.file.clone(), p.what.clone()]).collect()
        });
        section(&mut text, "To know", self.warnings.len(), &["where", "what"], || {
            self.warnings.iter().take(SHOWN).map(|w| vec![w.file.clone(), w.what.clone()]).collect()
        });
        section(&mut text, "Folders that no statement names (no evidence)", self.orphans.len(), &["folder"], || {
            self.orphans.iter().take(SHOWN).map(|folder| vec![folder.clone()]).collect()
        });
        if !self.orphans.is_empty() {
            text.push_str(
                "They are from runs that died before their commit, or that another collector overtook. The ledger alone \
                 cannot tell them\nfrom runs whose statements were cut off at its end; a write-once store can.\n\n",
            );
        }
        section(&mut text, "Objects that are not of this format", self.foreign.len(), &["object"], || {
            self.foreign.iter().take(SHOWN).map(|object| vec![object.clone()]).collect()
        });
        self.conclusion(&mut text);
        text
    }

    fn conclusion(&self, text: &mut String) {
        let _ = match self.integrity {
            Integrity::Ok => {
                writeln!(text, "Integrity: ok. Nothing that was checked was changed, and it follows from itself.")
            }
            Integrity::Failed => writeln!(text, "Integrity: FAILED."),
        };
        match self.signatures {
            Signatures::Verified => text.push_str("Signatures: verified. Every statement is signed by a given key.\n"),
            Signatures::Failed => text.push_str("Signatures: FAILED. Not every statement is signed by a given key.\n"),
            Signatures::NotChecked if self.keys.is_empty() => text.push_str(
                "Signatures: NOT CHECKED. No key was given, so this says nothing of who wrote the evidence: whoever can \
                 write the store\ncould have made all of it. Give the public key that you got another way: --key PUB.pem\n",
            ),
            Signatures::NotChecked => text.push_str("Signatures: NOT CHECKED. There is no statement.\n"),
        }
        for (keyid, count) in &self.keyids {
            let given = if self.keys.contains(keyid) { "given" } else { "not given" };
            let _ = writeln!(text, "  key {keyid} is named by {count} statement(s); {given}");
        }
        if self.keyids.len() > 1 {
            text.push_str("  Several keys are named: ask for when and why the key was changed.\n");
        }
        self.time(text);
        text.push_str(self.since());
        text.push_str(if self.is_ok() {
            "Next: evidenced reperform STORE repeats every verdict from the raw answers.\n"
        } else {
            "Next: keep this store as it is, and compare it with another copy or an older version of the objects named above.\n"
        });
    }

    /// What the time stamps say together.
    fn time(&self, text: &mut String) {
        let stamped: u64 = self.streams.iter().map(|stream| stream.timestamps.stamped).sum();
        let statements: u64 = self.streams.iter().map(|stream| stream.statements).sum();
        let _ = match self.timestamps {
            Timestamps::None => writeln!(
                text,
                "Time stamps: NONE. When the statements were made is known from the collector's clock alone."
            ),
            Timestamps::Verified => writeln!(
                text,
                "Time stamps: verified. {stamped} of {statements} statements have one, by an authority of a given CA certificate."
            ),
            Timestamps::NotChecked => writeln!(
                text,
                "Time stamps: {stamped} of {statements} statements have one that is whole. Who made them is NOT CHECKED: no CA \
                 certificate was given.\nGive that of the time-stamping authority: --tsa-ca CA.pem"
            ),
            Timestamps::Failed => {
                writeln!(text, "Time stamps: FAILED. {stamped} of {statements} statements have one that holds.")
            }
        };
    }

    /// What the checkpoints say together.
    fn since(&self) -> &'static str {
        let bad = |held: &CheckpointReport| !matches!(held.outcome, Outcome::Holds | Outcome::NotAsked);
        if self.checkpoints.iter().any(bad) {
            "Checkpoints: FAILED. It is not shown that the ledger only grew since.\n"
        } else if !self.checkpoints.iter().any(|held| held.outcome == Outcome::Holds) {
            ""
        } else if self.checkpoints.iter().any(|held| held.signatures == Signatures::NotChecked) {
            "Checkpoints: the ledger only grew since. Who made them is NOT CHECKED: no key was given.\n"
        } else {
            "Checkpoints: the ledger only grew since.\n"
        }
    }
}

fn row(stream: &StreamReport) -> Vec<String> {
    let more = if stream.missed.at_least { "+" } else { "" };
    vec![
        stream.stream.clone(),
        stream.statements.to_string(),
        format!("{} ({} files, {} bytes)", stream.bundles_checked, stream.files, stream.bytes),
        stream.last_as_of.map_or_else(|| "-".to_owned(), |instant| instant.to_string()),
        stream.incomplete.len().to_string(),
        format!("{}{more}", stream.missed.count),
        stream.problems.to_string(),
    ]
}

/// What protects the objects of a stream, in one line.
fn protection(stream: &str, protected: &Protected) -> String {
    let modes: Vec<String> = protected.modes.iter().map(|(mode, count)| format!("{count} {}", mode.as_str())).collect();
    let mut line = format!("{stream}: {} of {} objects are under retention", protected.held(), protected.objects);
    if !modes.is_empty() {
        let _ = write!(line, " ({})", modes.join(", "));
    }
    if let (Some(first), Some(last)) = (protected.until_min, protected.until_max) {
        let _ = write!(line, ", the first until {first}, the last until {last}");
    }
    for (count, what) in [
        (protected.unprotected, "not protected"),
        (protected.no_longer, "no longer protected"),
        (protected.unknown, "not known"),
    ] {
        if count > 0 {
            let _ = write!(line, "; {count} {what}");
        }
    }
    if let Some((reason, _)) = protected.reasons.first_key_value() {
        let _ = write!(line, " ({reason})");
    }
    line
}

fn checkpoint(report: &CheckpointReport) -> Vec<String> {
    let mut signers: Vec<String> =
        report.signed_by.iter().map(|by| format!("{} (key {})", by.name, by.keyid)).collect();
    signers.extend(report.unknown.iter().map(|signer| format!("{signer}, not checked")));
    vec![
        format!("{}:{}", report.file, report.line),
        report.stream.clone(),
        report.size.to_string(),
        signers.join("\n"),
        report.outcome.as_str().to_owned(),
    ]
}

/// The time stamps of a stream, in one line.
fn stamps(stream: &StreamReport) -> String {
    let stamps = &stream.timestamps;
    let mut line =
        format!("{}: {} of {} statements have a time stamp", stream.stream, stamps.stamped, stream.statements);
    if let (Some(first), Some(last)) = (stamps.first, stamps.last) {
        let _ = write!(line, ", the first of {first}, the last of {last}");
    }
    if let Some(lag) = stamps.largest_lag_seconds {
        let _ = write!(line, ", at most {lag} s after the end of the run");
    }
    let missing: Vec<String> = stamps
        .missing
        .iter()
        .take(10)
        .map(|gap| if gap.from == gap.to { gap.from.to_string() } else { format!("{} to {}", gap.from, gap.to) })
        .collect();
    if !missing.is_empty() {
        let more = if stamps.missing.len() > missing.len() { ", …" } else { "" };
        let _ = write!(line, "; none have {}{more} ({})", missing.join(", "), stamps.missing());
    }
    line
}

/// What the table of streams has no room for.
fn details(stream: &StreamReport, text: &mut String) {
    let start = text.len();
    for change in stream.key_changes.iter().filter(|change| change.endorsed) {
        let keys: Vec<&str> = change.to.iter().map(Digest::as_str).collect();
        let (sequence, keys) = (change.sequence, keys.join(", "));
        let _ =
            writeln!(text, "{}: from statement {sequence} on by key {keys}, endorsed by the key before", stream.stream);
    }
    for gap in &stream.sequence_gaps {
        let _ = writeln!(text, "{}: no statement with number {} to {}", stream.stream, gap.from, gap.to);
    }
    if stream.timestamps.stamped + stream.timestamps.refused > 0 {
        let _ = writeln!(text, "{}", stamps(stream));
    }
    if !stream.incomplete.is_empty() {
        let runs: Vec<String> =
            stream.incomplete.iter().take(10).map(|run| format!("{} ({} gaps)", run.sequence, run.gaps)).collect();
        let more = stream.incomplete.len().saturating_sub(10);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(text, "{}: runs that could not read everything: {}{more}", stream.stream, runs.join(", "));
    }
    if stream.missed.count > 0 {
        let times: Vec<String> = stream.missed.times.iter().take(5).map(ToString::to_string).collect();
        let _ = writeln!(
            text,
            "{}: {} scheduled run(s) did not take place: {}{}",
            stream.stream,
            stream.missed.count,
            times.join(", "),
            if stream.missed.count > 5 { ", …" } else { "" }
        );
    }
    if let Some(protected) = &stream.protected {
        let _ = writeln!(text, "{}", protection(&stream.stream, protected));
    }
    if text.len() > start {
        text.push('\n');
    }
}

/// A titled table of at most [`SHOWN`] rows; nothing when there are none.
fn section(text: &mut String, title: &str, count: usize, header: &[&str], rows: impl FnOnce() -> Vec<Vec<String>>) {
    if count == 0 {
        return;
    }
    let _ = writeln!(text, "{title}: {count}\n{}", table(header, rows()));
    if count > SHOWN {
        let _ = writeln!(text, "and {} more; --json has them all", count - SHOWN);
    }
    text.push('\n');
}

fn table(header: &[&str], rows: Vec<Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_width(140);
    table.set_header(header.to_vec()).add_rows(rows);
    table
}
