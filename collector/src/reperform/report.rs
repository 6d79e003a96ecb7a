//! What `reperform` says: as a document for programs and as a table for people.

use super::compare::{Compared, Difference};
use comfy_table::{ContentArrangement, Table, presets};
use evidenced_schemas::{Instant, Statement, StreamId};
use serde::Serialize;
use std::fmt::Write as _;

/// The outcome of a re-performance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReperformReport {
    /// The store.
    pub store: String,
    /// The runs that were re-performed.
    pub runs: Vec<RunReport>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// Its stream.
    pub stream: String,
    /// Its number.
    pub sequence: u64,
    /// Its id; null when the statement cannot be read.
    pub run: Option<String>,
    /// The instant of its verdicts.
    pub as_of: Option<Instant>,
    /// The version of the program that collected.
    pub collector: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it could not be re-performed.
    pub reason: Option<String>,
    /// Exchanges that were replayed.
    pub exchanges: u64,
    /// Documents that were compared.
    pub resources: u64,
    /// Verdicts that were compared.
    pub findings: u64,
    /// The first differing lines of each file.
    pub differences: Vec<Difference>,
    /// How many lines differ.
    pub differing_lines: u64,
    /// Calls that the recording holds no answer to.
    pub unanswered: Vec<String>,
    /// Exchanges that no call asked for.
    pub unasked: Vec<u64>,
}

/// What became of a re-performance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The same bytes came out.
    Reproduced,
    /// Other bytes came out.
    Differs,
    /// It could not be done.
    NotPossible,
}

impl RunReport {
    pub(super) fn new(stream: &StreamId, sequence: u64) -> Self {
        Self {
            stream: stream.to_string(),
            sequence,
            run: None,
            as_of: None,
            collector: None,
            outcome: Outcome::Reproduced,
            reason: None,
            exchanges: 0,
            resources: 0,
            findings: 0,
            differences: Vec::new(),
            differing_lines: 0,
            unanswered: Vec::new(),
            unasked: Vec::new(),
        }
    }

    /// Takes over what the statement says of the run.
    pub(super) fn names(&mut self, statement: &Statement) {
        let folder = statement.subject.first().and_then(|subject| subject.name.rsplit('/').nth(1));
        self.run = folder.map(str::to_owned);
        self.as_of = Some(statement.predicate.as_of);
        let collector = &statement.predicate.collector;
        self.collector = Some(format!("{} {}", collector.name, collector.version));
    }

    pub(super) fn fails(&mut self, reason: String) {
        self.outcome = Outcome::NotPossible;
        self.reason = Some(reason);
    }

    pub(super) fn compared(&mut self, compared: Compared) {
        if compared.count > 0 {
            self.outcome = Outcome::Differs;
        }
        self.differences.extend(compared.differences);
        self.differing_lines += compared.count;
    }
}

impl ReperformReport {
    /// True when every run was reproduced byte for byte.
    pub fn is_ok(&self) -> bool {
        self.runs.iter().all(|run| run.outcome == Outcome::Reproduced)
    }

    /// The report as one JSON document.
    ///
    /// # Panics
    /// Never: the report is made of JSON values.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("the report is made of JSON values")
    }

    /// The report as text.
    pub fn table(&self) -> String {
        let mut text = format!("Re-performed {}\n\n", self.store);
        let header = ["stream", "number", "run", "exchanges", "documents", "verdicts", "outcome"];
        let _ = writeln!(text, "{}\n", table(&header, self.runs.iter().map(row).collect()));
        let differences: Vec<Vec<String>> = self.runs.iter().flat_map(differences).collect();
        if !differences.is_empty() {
            let header = ["number", "file", "line", "field", "recorded", "came out again"];
            let _ = writeln!(text, "What differs first\n{}\n", table(&header, differences));
        }
        for run in &self.runs {
            notes(run, &mut text);
        }
        text.push_str(if self.is_ok() {
            "Reproduced: documents and populations from the recorded answers, verdicts from the documents, byte for byte.\n\
             Next: evidenced verify STORE --key PUB.pem shows that the recording itself is whole, and who signed it.\n"
        } else {
            "NOT reproduced. Next: evidenced verify STORE --key PUB.pem, and re-perform with the version of the program that \
             collected.\n"
        });
        text
    }
}

fn row(run: &RunReport) -> Vec<String> {
    let outcome = match run.outcome {
        Outcome::Reproduced => "reproduced".to_owned(),
        Outcome::Differs => format!("{} lines differ", run.differing_lines),
        Outcome::NotPossible => "not possible".to_owned(),
    };
    vec![
        run.stream.clone(),
        run.sequence.to_string(),
        run.run.clone().unwrap_or_else(|| "-".to_owned()),
        run.exchanges.to_string(),
        run.resources.to_string(),
        run.findings.to_string(),
        outcome,
    ]
}

fn differences(run: &RunReport) -> Vec<Vec<String>> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    let cells = |d: &Difference| {
        let (line, number) = (d.line.to_string(), run.sequence.to_string());
        vec![number, d.file.clone(), line, d.field.clone(), text(&d.recorded), text(&d.reproduced)]
    };
    run.differences.iter().map(cells).collect()
}

fn notes(run: &RunReport, text: &mut String) {
    if let Some(reason) = &run.reason {
        let _ = writeln!(text, "{} number {}: {reason}", run.stream, run.sequence);
    }
    if !run.unanswered.is_empty() {
        let calls = &run.unanswered[..run.unanswered.len().min(5)];
        let _ = writeln!(
            text,
            "{} number {}: {} call(s) without a recorded answer: {}",
            run.stream,
            run.sequence,
            run.unanswered.len(),
            calls.join(", ")
        );
    }
    if run.outcome == Outcome::Differs
        && let Some(collector) = &run.collector
    {
        let _ = writeln!(
            text,
            "{} number {}: collected by {collector}; this is {}",
            run.stream,
            run.sequence,
            env!("CARGO_PKG_VERSION")
        );
    }
}

fn table(header: &[&str], rows: Vec<Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_width(140);
    table.set_header(header.to_vec()).add_rows(rows);
    table
}
