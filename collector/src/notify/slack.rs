//! An event for a person, in Slack's words (<https://docs.slack.dev/messaging/formatting-message-text>). What comes from a cloud
//! is shown as text: it can make no link and call nobody.

use evidenced_schemas::event::{RunRef, VerdictsChanged, What};
use evidenced_schemas::{Change, Event};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Changes that are named.
const CHANGES: usize = 10;

/// The message.
pub(super) fn message(event: &Event) -> Value {
    json!({ "text": format!("*{}*\n{}", escaped(&event.source), escaped(&text(&event.what))) })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn text(what: &What) -> String {
    match what {
        What::VerdictsChanged(told) => verdicts(told),
        What::GapsChanged(told) => {
            let before = told.before.map_or_else(String::new, |before| format!(" ({before} before)"));
            let so =
                format!("{} things could not be read{before}; {} verdicts are open", told.gaps, told.not_evaluated);
            format!("{so}\n{}", reference(&told.run))
        }
        What::RunsMissed(told) => format!("{} runs were missed since {}; one run catches up", told.missed, told.since),
        What::RunFailed(told) => format!("A run failed: {}", told.why),
        What::ScopeUnreachable(told) => {
            let scope = told.scope.as_ref().map_or_else(String::new, |scope| format!(", {scope}"));
            format!("Cannot be reached: job {}{scope}: {}", told.job, told.why)
        }
        What::EvidenceStale(told) if told.never => {
            format!(
                "There is no evidence yet after {}; {} are allowed",
                span(told.age_seconds),
                span(told.max_age_seconds)
            )
        }
        What::EvidenceStale(told) => {
            format!("The newest evidence is {} old; {} are allowed", span(told.age_seconds), span(told.max_age_seconds))
        }
        What::EvidenceFresh(told) => format!("The evidence is fresh again: {} old", span(told.age_seconds)),
        What::SpoolGrew(told) => {
            let oldest = told.oldest.map_or_else(String::new, |oldest| format!(", the oldest of {oldest}"));
            format!("{} finished runs wait for the store or the key{oldest}", told.runs)
        }
        What::SpoolEmptied(_) => "No finished run waits any more".to_owned(),
    }
}

fn verdicts(told: &VerdictsChanged) -> String {
    let all: u64 = told.by_change.values().sum();
    let mut text = format!("{all} verdicts changed; {} of {} fail\n", told.counts.fail, told.counts.total());
    for change in told.changes.iter().take(CHANGES) {
        let _ = writeln!(text, "• {}", line(change));
    }
    if all > CHANGES as u64 {
        let _ = writeln!(text, "… and {} more", all - CHANGES as u64);
    }
    text + &reference(&told.run)
}

fn line(change: &Change) -> String {
    let word = |verdict: Option<evidenced_schemas::Verdict>| verdict.map_or("none", evidenced_schemas::Verdict::as_str);
    let resource = change.resource.as_ref().map_or("the scope", |resource| resource.id.as_str());
    format!("{} {resource}: {} → {}", change.control, word(change.from), word(change.to))
}

fn reference(run: &RunRef) -> String {
    let waited = if run.waited { ", from the spool" } else { "" };
    format!("Run {} (#{}{waited})", run.run, run.sequence)
}

/// Seconds for a person: two units at most.
fn span(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}
