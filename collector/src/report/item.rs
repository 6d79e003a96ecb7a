//! A control on a resource: what it was from when to when, and its failures.

use super::{Told, join, why};
use crate::history::{Cover, ItemKey, Seen};
use evidenced_schemas::change::ChangedResource;
use evidenced_schemas::report::{Failure, FailureEnd, Interval, Item, State, Why};
use evidenced_schemas::{Control, Finding, Severity, Verdict};
use std::collections::BTreeMap;

/// Every item that failed or could not be evaluated at some time.
pub(super) fn items(streams: &[Told<'_>], catalogue: &BTreeMap<&str, &Control>) -> Vec<Item> {
    let mut all = Vec::new();
    for told in streams {
        let items = &told.history.items;
        let standing: BTreeMap<_, &Finding> =
            told.history.standing.iter().map(|finding| (finding.sort_key(), finding)).collect();
        let start = all.len();
        for (key, history) in items.histories() {
            let mut intervals = intervals(told, key, history);
            if !intervals.iter().any(|interval| matches!(interval.state, State::Fail | State::NotEvaluated)) {
                continue;
            }
            intervals.shrink_to_fit();
            let control = told.history.controls.name(key.control);
            let resource = key.resource.map(|number| items.resource(number).clone());
            let finding = standing.get(&(control, resource.as_ref().map(parts)));
            all.push(Item {
                stream: told.history.stream.to_string(),
                control: control.to_owned(),
                severity: catalogue.get(control).map_or(Severity::Low, |control| control.severity),
                failures: failures(told, history),
                intervals,
                message: finding.and_then(|finding| finding.message.clone().or_else(|| finding.reason.clone())),
                exception: finding.and_then(|finding| finding.exception.clone()),
                resource,
            });
        }
        all[start..].sort_by(|a, b| (&a.control, &a.resource).cmp(&(&b.control, &b.resource)));
    }
    all
}

pub(super) fn parts(resource: &ChangedResource) -> (&str, &str, &str) {
    (&resource.type_, &resource.region, &resource.id)
}

/// What a run saw; none before the first run that did.
pub(super) fn seen(history: &[(usize, Seen)], run: usize) -> Option<Seen> {
    let known = history.partition_point(|(index, _)| *index <= run);
    known.checked_sub(1).map(|at| history[at].1)
}

/// Its states while it was there.
fn intervals(told: &Told<'_>, key: ItemKey, history: &[(usize, Seen)]) -> Vec<Interval> {
    let mut all: Vec<Interval> = Vec::new();
    let mut is_there = false;
    for span in &told.spans {
        let (state, reason) = match span.cover {
            Cover::Run(index) => match seen(history, index) {
                None | Some(Seen::Gone) => {
                    is_there = false;
                    continue;
                }
                Some(_) if told.history.runs[index].counts_of(key.control).is_none() => {
                    (State::NoEvidence, Some(Why::NotInCatalogue))
                }
                Some(Seen::Verdict(verdict)) => (State::from(verdict), None),
                Some(Seen::Unseen) => (State::NotEvaluated, None),
            },
            other if is_there => (State::NoEvidence, Some(why(other))),
            _ => continue,
        };
        is_there = true;
        join(&mut all, span.from, span.to, state, reason);
    }
    all
}

/// Its failures. Where it could not be evaluated it goes on failing.
fn failures(told: &Told<'_>, history: &[(usize, Seen)]) -> Vec<Failure> {
    let (runs, period) = (&told.history.runs, told.options.period);
    let mut all: Vec<Failure> = Vec::new();
    let mut is_open = false;
    for (index, seen) in history {
        let at = runs[*index].as_of;
        let is_before = at.utc() < period.from;
        match seen {
            Seen::Verdict(Verdict::Fail) if !is_open => {
                is_open = true;
                all.push(Failure { opened: (!is_before).then_some(at), ended: None, end: FailureEnd::Open });
            }
            Seen::Verdict(Verdict::Pass | Verdict::NotApplicable) | Seen::Gone if is_open => {
                is_open = false;
                let last = all.last_mut().expect("one is open");
                last.ended = Some(at);
                last.end = if *seen == Seen::Gone { FailureEnd::Deleted } else { FailureEnd::Fixed };
            }
            _ => {}
        }
    }
    all
}
