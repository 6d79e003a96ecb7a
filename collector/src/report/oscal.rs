//! The report as OSCAL assessment results 1.2.1 (<https://pages.nist.gov/OSCAL-Reference/models/v1.2.1/assessment-results/>): one result
//! for the period, an observation for each control in each stream, a finding for each of the 61 criteria, and a risk for what fails at
//! the end.
//!
//! A criterion is `satisfied` only when the cloud is its main evidence and every control that answers for it passed all the time.
//! Everything else is `not-satisfied`, with the reason: `fail` where something failed, `other` where nobody can say, or where an auditor
//! needs more than a cloud can show.

mod parts;
mod uuid;

use super::last_known;
use evidenced_schemas::report::{ControlLine, ControlSection, CriterionSection, Interval, Item, Report, State, Why};
use evidenced_schemas::{Digest, StreamId};
use parts::{Parts, prop};
use serde_json::{Value, json};
use uuid::Uuid;

/// The version of OSCAL.
const VERSION: &str = "1.2.1";

/// The document. The same report gives the same.
///
/// # Errors
/// When the report cannot be written as JSON.
pub fn oscal(report: &Report) -> Result<Value, serde_json::Error> {
    let own = Uuid::of(Uuid::NAMESPACE, Digest::of_canonical(report)?.as_str());
    let parts = Parts { report, own };
    Ok(json!({"assessment-results": {
        "uuid": own.to_string(),
        "metadata": parts.metadata(VERSION),
        "import-ap": {
            "href": format!("#{}", parts.uuid("plan")),
            "remarks": "There is no assessment plan in OSCAL: what was tested is the catalogue of controls that is sealed in every run.",
        },
        "results": [parts.result()],
        "back-matter": {"resources": parts.resources()},
    }}))
}

/// What a criterion comes to, with why.
struct Judged {
    is_satisfied: bool,
    reason: &'static str,
    why: String,
}

/// The lines of the controls whose primary criterion it is.
fn lines<'a>(report: &'a Report, criterion: &CriterionSection) -> Vec<(&'a ControlSection, &'a ControlLine)> {
    let own = report.controls.iter().filter(|control| control.primary == criterion.criterion);
    own.flat_map(|control| control.lines.iter().map(move |line| (control, line))).collect()
}

/// The stretches that have been: what is still to come says nothing.
fn past(line: &ControlLine) -> impl Iterator<Item = &Interval> {
    line.intervals.iter().filter(|interval| interval.why != Some(Why::Future))
}

fn judge(report: &Report, criterion: &CriterionSection) -> Judged {
    use evidenced_schemas::criteria::EvidenceMode as Mode;
    let lines = lines(report, criterion);
    let not = |reason, why| Judged { is_satisfied: false, reason, why };
    let with = |state: State| lines.iter().filter(|(_, line)| past(line).any(|one| one.state == state)).count();
    let all = lines.len();
    if all == 0 {
        return not(
            "other",
            format!("No control of the period answers for it. An auditor needs: {}", criterion.besides),
        );
    }
    let (failed, unread, unknown) = (with(State::Fail), with(State::NotEvaluated), with(State::NoEvidence));
    if failed > 0 {
        let now = lines.iter().filter(|(_, line)| ends_as(line) == State::Fail).count();
        return not(
            "fail",
            format!("{failed} of {all} lines of its controls failed at some time, {now} when last seen."),
        );
    }
    if unread + unknown > 0 {
        let why = format!(
            "Of {all} lines of its controls, {unread} could not be evaluated at some time and {unknown} have time without evidence."
        );
        return not("other", why);
    }
    if with(State::Pass) == 0 {
        return not("other", "Its controls applied to nothing.".to_owned());
    }
    match criterion.mode {
        Mode::Automated => Judged {
            is_satisfied: true,
            reason: "pass",
            why: format!(
                "All {all} lines of its controls passed all the time. An auditor needs besides: {}",
                criterion.besides
            ),
        },
        Mode::Partial | Mode::Supporting | Mode::Manual => not(
            "other",
            format!(
                "What was collected passed all the time, and is not all. An auditor needs besides: {}",
                criterion.besides
            ),
        ),
    }
}

/// What it was when it was last seen.
fn ends_as(line: &ControlLine) -> State {
    last_known(&line.intervals).map_or(State::NoEvidence, |last| last.state)
}

/// Items of a line that fail when last seen.
fn failing<'a>(report: &'a Report, control: &str, line: &ControlLine) -> Vec<&'a Item> {
    let of = |item: &&Item| {
        item.control == control
            && item.stream == line.stream
            && last_known(&item.intervals).is_some_and(|last| last.state == State::Fail)
    };
    report.items.iter().filter(of).collect()
}

impl Parts<'_> {
    fn result(&self) -> Value {
        let report = self.report;
        let lines = || report.controls.iter().flat_map(|control| control.lines.iter().map(move |line| (control, line)));
        let observations: Vec<Value> = lines().filter_map(|(control, line)| self.observation(control, line)).collect();
        let risks: Vec<Value> = lines()
            .filter(|(_, line)| ends_as(line) == State::Fail)
            .map(|(control, line)| self.risk(control, line))
            .collect();
        let mut result = json!({
            "uuid": self.uuid("result"),
            "title": "Evidence of controls",
            "description": "What each control was over the period, from signed evidence. Times between runs are read as the run before \
                them says, until a scheduled run is missed.",
            "start": report.from,
            "end": self.end(),
            "props": self.figures(),
            "reviewed-controls": self.reviewed(),
            "findings": report.criteria.iter().map(|criterion| self.finding(criterion)).collect::<Vec<_>>(),
        });
        // The schema allows no empty list.
        for (name, list) in [("observations", observations), ("risks", risks)] {
            if !list.is_empty() {
                result[name] = Value::Array(list);
            }
        }
        if report.runs == 0 {
            result["remarks"] = json!("There is no evidence in this period: no run was made in it.");
        }
        result
    }

    /// A control in a stream; none where no run of the period gives evidence.
    fn observation(&self, control: &ControlSection, line: &ControlLine) -> Option<Value> {
        let last = self.last_run(&line.stream)?;
        let mut props = vec![
            prop("control", &control.control),
            prop("stream", &line.stream),
            prop("severity", control.severity.as_str()),
            prop("principle", control.principle.as_str()),
            prop("state-when-last-seen", ends_as(line).as_str()),
        ];
        props.extend(line.seconds.iter().map(|(state, seconds)| {
            prop(&format!("seconds-{}", state.as_str().replace('_', "-")), &seconds.to_string())
        }));
        Some(json!({
            "uuid": self.observed(control, line),
            "title": control.title,
            "description": control.statement,
            "props": props,
            "methods": ["TEST"],
            "types": ["control-objective"],
            "relevant-evidence": self.evidence(line),
            "collected": last.as_of,
        }))
    }

    fn finding(&self, criterion: &CriterionSection) -> Value {
        let Judged { is_satisfied, reason, why } = judge(self.report, criterion);
        let lines = lines(self.report, criterion);
        let observed: Vec<Value> = lines
            .iter()
            .filter(|(_, line)| self.last_run(&line.stream).is_some())
            .map(|(control, line)| json!({"observation-uuid": self.observed(control, line)}))
            .collect();
        let risks: Vec<Value> = lines
            .iter()
            .filter(|(_, line)| ends_as(line) == State::Fail)
            .map(|(control, line)| json!({"risk-uuid": self.risked(control, line)}))
            .collect();
        let id = parts::criterion_token(criterion.criterion.id());
        let state = if is_satisfied { "satisfied" } else { "not-satisfied" };
        let mut finding = json!({
            "uuid": self.uuid(&format!("finding/{id}")),
            "title": format!("{}: {}", criterion.criterion.id(), criterion.subject),
            "description": why,
            "target": {
                "type": "objective-id",
                "target-id": id,
                "status": {"state": state, "reason": reason, "remarks": why},
            },
        });
        for (name, list) in [("related-observations", observed), ("related-risks", risks)] {
            if !list.is_empty() {
                finding[name] = Value::Array(list);
            }
        }
        finding
    }

    /// What fails when last seen. It is an approved deviation only when an exception covers every resource of it.
    fn risk(&self, control: &ControlSection, line: &ControlLine) -> Value {
        let failing = failing(self.report, &control.control, line);
        let covered = failing.iter().filter(|item| item.exception.is_some()).count();
        let is_approved = !failing.is_empty() && covered == failing.len();
        let mut risk = json!({
            "uuid": self.risked(control, line),
            "title": control.title,
            "description": format!("{} resources of {} fail; approved exceptions cover {covered}.", failing.len(), line.stream),
            "statement": format!("This does not hold: {}", control.statement),
            "props": [prop("control", &control.control), prop("severity", control.severity.as_str())],
            "status": if is_approved { "deviation-approved" } else { "open" },
        });
        if self.last_run(&line.stream).is_some() {
            risk["related-observations"] = json!([{"observation-uuid": self.observed(control, line)}]);
        }
        risk
    }

    /// The statements that show a line: where its state changes, and the last one.
    fn evidence(&self, line: &ControlLine) -> Vec<Value> {
        let begins = |as_of| line.intervals.iter().any(|interval| interval.from == as_of);
        let last = self.last_run(&line.stream).map(|run| run.sequence);
        let runs =
            self.report.streams.iter().filter(|stream| stream.stream == line.stream).flat_map(|stream| &stream.runs);
        let shown = runs.filter(|run| run.whole && (begins(run.as_of) || Some(run.sequence) == last));
        let one = |run: &evidenced_schemas::report::RunLine| {
            json!({
                "href": format!("#{}", self.statement(&line.stream, run.sequence)),
                "description": format!("The signed statement of run {} of {}, as of {}.", run.sequence, line.stream, run.as_of),
            })
        };
        shown.map(one).collect()
    }

    /// Where a statement lies, in the store.
    pub(super) fn statement_url(&self, stream: &str, sequence: u64) -> String {
        let key = StreamId::parse(stream).map(|stream| stream.statement_key(sequence)).unwrap_or_default();
        format!("{}/{key}", self.report.store.trim_end_matches('/'))
    }
}
