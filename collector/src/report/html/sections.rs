//! The sections of the page, in their order.

use super::chart::{legend, timeline, verdicts, words};
use super::{measures, share};
use crate::report::last_known;
use evidenced_schemas::report::{ControlSection, Covered, Item, Report, State, StreamSection, Why};
use evidenced_schemas::summary::Counts;
use evidenced_schemas::{Instant, Severity, Verdict};
use maud::{Markup, html};

/// Rows of a list of resources. The JSON and CSV forms have them all.
const SHOWN: usize = 2_000;
/// Rows of what one exception covers. The JSON form has them all.
const COVERED: usize = 20;

/// Every section: its id, its title, and what it says.
pub(super) fn all(report: &Report) -> Vec<(&'static str, &'static str, Markup)> {
    vec![
        ("principles", "Governing principles", principles(report)),
        ("measures", "Principles measured", measures::section(report)),
        ("evidence", "Where there is evidence", evidence(report)),
        ("criteria", "Trust Services Criteria", criteria(report)),
        ("controls", "Controls over the period", controls(report)),
        ("failing", "Failing and not evaluated when last seen", standing(report)),
        ("exceptions", "Approved exceptions", exceptions(report)),
        ("remediation", "Time to remediate", remediation(report)),
        ("populations", "Populations", populations(report)),
        ("catalogue", "Changes of the catalogue", catalogue(report)),
        ("problems", "Problems", problems(report)),
    ]
}

fn time(instant: Instant) -> String {
    instant.utc().format("%Y-%m-%d %H:%M").to_string()
}

fn cells(counts: Counts) -> Markup {
    html! { @for verdict in Verdict::ALL { td.number { (counts.of(verdict)) } } }
}

fn verdict_heads() -> Markup {
    html! { @for verdict in Verdict::ALL { th.number scope="col" { (verdict.as_str().replace('_', " ")) } } }
}

fn principles(report: &Report) -> Markup {
    html! {
        (legend())
        table {
            thead { tr {
                th scope="col" { "principle" } th.number scope="col" { "controls" } th scope="col" { "first run" }
                th scope="col" { "last run" } (verdict_heads())
            } }
            tbody { @for principle in &report.principles { tr {
                th scope="row" { (principle.title) }
                td.number { (principle.controls.len()) }
                td { (verdicts(principle.start)) } td { (verdicts(principle.end)) }
                (cells(principle.end))
            } } }
        }
    }
}

fn evidence(report: &Report) -> Markup {
    html! {
        p { "Each bar is the whole period. Hatched time has no evidence." }
        @for stream in &report.streams { (stream_of(report, stream)) }
        @if report.streams.is_empty() { p { "The store has no stream." } }
    }
}

fn stream_of(report: &Report, stream: &StreamSection) -> Markup {
    let incomplete = stream.runs.iter().filter(|run| !run.complete).count();
    let damaged = stream.runs.iter().filter(|run| !run.whole).count();
    let total = stream.evidence_seconds + stream.no_evidence_seconds;
    html! {
        h3 { code { (stream.stream) } }
        (timeline(&known(report, stream), report.from.utc(), report.to.utc()))
        p {
            (share(stream.evidence_seconds, total)) " of the time, " (stream.runs.len()) " runs, " (stream.missed) " missed, "
            (incomplete) " with gaps, " (damaged) " damaged."
        }
        @if !stream.no_evidence.is_empty() {
            table {
                caption { "Time without evidence" }
                thead { tr { th scope="col" { "from" } th scope="col" { "to" } th scope="col" { "why" } } }
                tbody { @for gap in &stream.no_evidence { tr {
                    td { (time(gap.from)) } td { (time(gap.to)) }
                    td { @if let Some(why) = gap.why { (why.as_str()) } }
                } } }
            }
        }
    }
}

/// The period of a stream: with and without evidence.
fn known(report: &Report, stream: &StreamSection) -> Vec<evidenced_schemas::report::Interval> {
    let mut all = Vec::new();
    let mut at = report.from;
    let with = |from, to| evidenced_schemas::report::Interval { from, to, state: State::Pass, why: None };
    for gap in &stream.no_evidence {
        if gap.from > at {
            all.push(with(at, gap.from));
        }
        all.push(*gap);
        at = gap.to;
    }
    if at < report.to {
        all.push(with(at, report.to));
    }
    all
}

fn criteria(report: &Report) -> Markup {
    html! {
        p { "All 61 criteria. The figures are of the controls whose primary criterion it is, at the last run of each stream." }
        table {
            thead { tr {
                th scope="col" { "criterion" } th scope="col" { "subject" } th scope="col" { "evidence" }
                th scope="col" { "besides" } th.number scope="col" { "controls" } (verdict_heads())
            } }
            tbody { @for criterion in &report.criteria { tr {
                th scope="row" { (criterion.criterion.id()) }
                td { (criterion.subject) }
                td { (format!("{:?}", criterion.mode).to_lowercase()) }
                td { (criterion.besides) }
                td.number { (criterion.primary.len()) " + " (criterion.supporting.len()) }
                (cells(criterion.end))
            } } }
        }
    }
}

fn controls(report: &Report) -> Markup {
    html! {
        (legend())
        table {
            thead { tr {
                th scope="col" { "control" } th scope="col" { "criterion" } th scope="col" { "severity" }
                th scope="col" { "over the period" } (verdict_heads())
            } }
            tbody { @for control in &report.controls { (control_of(report, control)) } }
        }
    }
}

fn control_of(report: &Report, control: &ControlSection) -> Markup {
    html! {
        @for line in &control.lines { tr {
            th scope="row" { code { (control.control) } br; (control.title) br; span.faint { (line.stream) } }
            td { (control.primary.id()) }
            td { (control.severity.as_str()) }
            td { (timeline(&line.intervals, report.from.utc(), report.to.utc())) span.faint { (in_states(report, line)) } }
            @if let Some(end) = line.end { (cells(end)) } @else { td colspan="4" { "not in the catalogue" } }
        } }
    }
}

fn in_states(report: &Report, line: &evidenced_schemas::report::ControlLine) -> String {
    let end = report.cut_at.unwrap_or(report.to).utc();
    let total = u64::try_from((end - report.from.utc()).num_seconds()).unwrap_or_default();
    let parts = line.seconds.iter().filter(|(_, seconds)| **seconds > 0);
    parts
        .map(|(state, seconds)| format!("{} {}", words(*state), share(*seconds, total)))
        .collect::<Vec<_>>()
        .join(" · ")
}

fn standing(report: &Report) -> Markup {
    let mut rows: Vec<(&Item, State)> = report
        .items
        .iter()
        .filter_map(|item| Some((item, last_known(&item.intervals)?.state)))
        .filter(|(_, state)| matches!(state, State::Fail | State::NotEvaluated))
        .collect();
    rows.sort_by_key(|(item, state)| (*state, item.severity));
    html! {
        @if rows.is_empty() { p { "Nothing." } } @else {
            @if rows.len() > SHOWN {
                p.warning { "The first " (SHOWN) " of " (rows.len()) " rows. `--format csv` and `--format json` have them all." }
            }
            table {
                thead { tr {
                    th scope="col" { "state" } th scope="col" { "severity" } th scope="col" { "control" }
                    th scope="col" { "resource" } th scope="col" { "since" } th scope="col" { "why" }
                } }
                tbody { @for (item, state) in rows.iter().take(SHOWN) { tr {
                    td class={ "word-" (state.as_str()) } { (words(*state)) }
                    td { (item.severity.as_str()) }
                    td { code { (item.control) } }
                    td { (resource(item)) br; span.faint { (item.stream) } }
                    td { @if let Some(last) = last_known(&item.intervals) { (time(last.from)) (unseen(item)) } }
                    td {
                        (item.message.as_deref().unwrap_or_default())
                        @if let Some(exception) = &item.exception {
                            br; "exception " (exception.id) " by " (exception.approver) " until " (time(exception.expires))
                        }
                    }
                } } }
            }
        }
    }
}

/// They never change a verdict: what they cover stands among the failing all the same.
fn exceptions(report: &Report) -> Markup {
    html! {
        @if report.exceptions.is_empty() { p { "None." } } @else {
            table {
                thead { tr {
                    th scope="col" { "exception" } th scope="col" { "state at the end" } th scope="col" { "control and resource" }
                    th scope="col" { "covers" } th scope="col" { "from, until" } th scope="col" { "approver, owner" }
                    th scope="col" { "reason" }
                } }
                tbody { @for section in &report.exceptions {
                    @let one = &section.exception;
                    tr {
                        th scope="row" { (one.id) br; span.faint { (one.ticket) } }
                        td { (section.state.as_str().replace('_', " ")) }
                        td {
                            code { (one.control) } br; code { (one.resource) }
                            @if let Some(scope) = &one.scope { br; span.faint { "scope " (scope) } }
                        }
                        td { (covers(&section.covers)) }
                        td { (time(one.starts)) br; (time(one.expires)) }
                        td { (one.approver) br; span.faint { (one.owner) } }
                        td { (one.reason) }
                    }
                } }
            }
        }
    }
}

fn covers(all: &[Covered]) -> Markup {
    html! {
        @if all.is_empty() { "nothing when last seen" } @else {
            @for one in all.iter().take(COVERED) {
                code { (one.resource.as_ref().map_or("the scope", |resource| resource.id.as_str())) }
                " " span.faint { (one.control) " " (one.stream) } br;
            }
            @if all.len() > COVERED { "and " (all.len() - COVERED) " more" }
        }
    }
}

/// Since when nobody can say whether it still is so.
fn unseen(item: &Item) -> Markup {
    let gap = item.intervals.last().filter(|last| last.state == State::NoEvidence && last.why != Some(Why::Future));
    html! { @if let Some(gap) = gap { br; span.faint { "no evidence since " (time(gap.from)) } } }
}

fn resource(item: &Item) -> Markup {
    html! {
        @match &item.resource {
            Some(resource) => { code { (resource.id) } br; span.faint { (resource.type_) " " (resource.region) } }
            None => "the scope, or what could not be listed",
        }
    }
}

fn remediation(report: &Report) -> Markup {
    let hours = |hours: Option<f64>| hours.map(|hours| format!("{hours:.1} h")).unwrap_or_default();
    html! {
        p { "From the first run that saw a failure to the first that saw it fixed. What is still open stands apart." }
        table {
            thead { tr {
                th scope="col" { "severity" }
                @for head in ["fixed", "median", "9 of 10 within", "deleted", "open", "oldest open", "began before", "recurring"] {
                    th.number scope="col" { (head) }
                }
            } }
            tbody { @for severity in [Severity::Critical, Severity::High, Severity::Medium, Severity::Low] {
                @let figures = report.remediation.get(&severity).copied().unwrap_or_default();
                tr {
                    th scope="row" { (severity.as_str()) }
                    td.number { (figures.fixed) } td.number { (hours(figures.fixed_p50_hours)) }
                    td.number { (hours(figures.fixed_p90_hours)) } td.number { (figures.deleted) } td.number { (figures.open) }
                    td.number { (hours(figures.open_oldest_hours)) } td.number { (figures.began_before) }
                    td.number { (figures.recurring) }
                }
            } }
        }
    }
}

fn populations(report: &Report) -> Markup {
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    html! {
        table {
            thead { tr {
                th scope="col" { "stream" } th scope="col" { "type" } th scope="col" { "region" }
                th.number scope="col" { "first run" } th.number scope="col" { "last run" } th scope="col" { "lists" }
            } }
            tbody {
                @for stream in &report.streams { @for row in &stream.populations { tr {
                    td { (stream.stream) } td { code { (row.type_) } } td { (row.region) }
                    td.number { (number(row.start)) } td.number { (number(row.end)) }
                    td { @if row.complete { "whole" } @else { span.word-not_evaluated { "cut short" } } }
                } } }
            }
        }
    }
}

fn catalogue(report: &Report) -> Markup {
    let changes: Vec<_> = report
        .streams
        .iter()
        .flat_map(|stream| stream.catalogue_changes.iter().map(move |change| (stream, change)))
        .collect();
    html! {
        @if changes.is_empty() { p { "None: every run was judged by the same controls." } } @else {
            p { "What got better or worse at these instants may be the rules and not the systems." }
            table {
                thead { tr {
                    th scope="col" { "stream" } th scope="col" { "at" } th scope="col" { "added" }
                    th scope="col" { "taken out" } th scope="col" { "changed" }
                } }
                tbody { @for (stream, change) in changes { tr {
                    td { (stream.stream) } td { (time(change.at)) } td { (change.added.join(", ")) }
                    td { (change.removed.join(", ")) } td { (change.changed.join(", ")) }
                } } }
            }
        }
    }
}

fn problems(report: &Report) -> Markup {
    html! {
        @if report.problems.is_empty() { p { "None was found in what was read for this report." } } @else {
            table {
                thead { tr {
                    th scope="col" { "what" } th scope="col" { "where" } th scope="col" { "found" }
                } }
                tbody { @for problem in &report.problems { tr {
                    td { (problem.kind.replace('_', " ")) } td { code { (problem.file) } } td { (problem.what) }
                } } }
            }
        }
    }
}
