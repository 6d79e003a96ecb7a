//! The parts of the document that name things: who, what was reviewed, and the statements that everything rests on.

use super::uuid::Uuid;
use evidenced_schemas::Instant;
use evidenced_schemas::report::{ControlLine, ControlSection, Report, RunLine};
use serde_json::{Value, json};

/// The namespace of our properties.
const NAMESPACE: &str = "urn:evidenced:oscal";

/// A property. Its value is one line and never empty.
pub(super) fn prop(name: &str, value: &str) -> Value {
    let value = if value.is_empty() { "none" } else { value };
    json!({"name": name, "ns": NAMESPACE, "value": value})
}

/// A criterion's id as OSCAL writes ids: `cc6.1`.
pub(super) fn criterion_token(id: &str) -> String {
    id.to_ascii_lowercase()
}

/// What the document is made of.
pub(super) struct Parts<'a> {
    pub(super) report: &'a Report,
    /// The document's own UUID, which every other one is made under.
    pub(super) own: Uuid,
}

impl Parts<'_> {
    /// The UUID of a part.
    pub(super) fn uuid(&self, name: &str) -> String {
        Uuid::of(self.own, name).to_string()
    }

    pub(super) fn observed(&self, control: &ControlSection, line: &ControlLine) -> String {
        self.uuid(&format!("observation/{}/{}", line.stream, control.control))
    }

    pub(super) fn risked(&self, control: &ControlSection, line: &ControlLine) -> String {
        self.uuid(&format!("risk/{}/{}", line.stream, control.control))
    }

    pub(super) fn statement(&self, stream: &str, sequence: u64) -> String {
        self.uuid(&format!("statement/{stream}/{sequence}"))
    }

    /// Where knowledge ends.
    pub(super) fn end(&self) -> Instant {
        self.report.cut_at.unwrap_or(self.report.to)
    }

    /// The last run of a stream that gives evidence in the period.
    pub(super) fn last_run(&self, stream: &str) -> Option<&RunLine> {
        let section = self.report.streams.iter().find(|section| section.stream == stream)?;
        section.runs.iter().rev().find(|run| run.whole)
    }

    pub(super) fn metadata(&self, version: &str) -> Value {
        let party = self.uuid("party");
        json!({
            "title": format!("Evidence of controls, {} to {}", self.report.from, self.report.to),
            "last-modified": self.end(),
            "version": self.report.format.to_string(),
            "oscal-version": version,
            "roles": [{"id": "assessment-tool", "title": "The program that collected and judged the evidence"}],
            "parties": [{"uuid": party, "type": "organization", "name": "evidenced"}],
            "responsible-parties": [{"role-id": "assessment-tool", "party-uuids": [party]}],
            "remarks": "Ids of controls are those of the AICPA Trust Services Criteria (2017, revised points of focus 2022), in small \
                letters. Their text is not reproduced: subjects are in our own words.",
        })
    }

    /// The figures of the period.
    pub(super) fn figures(&self) -> Vec<Value> {
        let report = self.report;
        let missed: u64 = report.streams.iter().map(|stream| stream.missed).sum();
        let without: u64 = report.streams.iter().map(|stream| stream.no_evidence_seconds).sum();
        let signed = match report.signatures {
            evidenced_schemas::report::Signed::Checked => "checked",
            evidenced_schemas::report::Signed::NotChecked => "not-checked",
        };
        vec![
            prop("runs", &report.runs.to_string()),
            prop("missed-runs", &missed.to_string()),
            prop("seconds-without-evidence", &without.to_string()),
            prop("problems", &report.problems.len().to_string()),
            prop("signatures", signed),
        ]
    }

    /// All 61 criteria: one without evidence is reviewed too, and not satisfied.
    pub(super) fn reviewed(&self) -> Value {
        let ids = self
            .report
            .criteria
            .iter()
            .map(|criterion| json!({"control-id": criterion_token(criterion.criterion.id())}));
        json!({"control-selections": [{"include-controls": ids.collect::<Vec<_>>()}]})
    }

    /// Every statement of the period with its digest, and what is wrong with what was read.
    pub(super) fn resources(&self) -> Vec<Value> {
        let plan = json!({
            "uuid": self.uuid("plan"),
            "title": "What was tested",
            "description": "The catalogue of controls that each bundle holds as `catalogue.json`, with its expressions and parameters.",
        });
        let statements = self.report.streams.iter().flat_map(|stream| {
            stream.runs.iter().map(|run| {
                let is_whole = if run.whole { "true" } else { "false" };
                json!({
                    "uuid": self.statement(&stream.stream, run.sequence),
                    "title": format!("Statement {} of {}", run.sequence, stream.stream),
                    "props": [prop("gives-evidence", is_whole), prop("as-of", &run.as_of.to_string())],
                    "rlinks": [{
                        "href": self.statement_url(&stream.stream, run.sequence),
                        "hashes": [{"algorithm": "SHA-256", "value": run.statement_sha256}],
                    }],
                })
            })
        });
        let problems = self.report.problems.iter().enumerate().map(|(index, problem)| {
            json!({
                "uuid": self.uuid(&format!("problem/{index}")),
                "title": format!("Problem: {}", problem.kind),
                "description": format!("{}: {}", problem.file, problem.what),
            })
        });
        std::iter::once(plan).chain(statements).chain(problems).collect()
    }
}
