//! The governing principles as figures: what controls that name a measure say of resources at the end of the period, and what its history
//! tells. Which controls feed a figure is said by the catalogue (`measure`), nowhere here.

mod improvement;
mod layers;

#[cfg(test)]
mod tests;

use super::Told;
use super::item::seen;
use crate::history::Seen;
use evidenced_schemas::change::ChangedResource;
use evidenced_schemas::control::Measure;
use evidenced_schemas::figure::{Figure, FigureItem, Kind, TrendPoint};
use evidenced_schemas::report::Item;
use evidenced_schemas::{Cloud, Control, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// Every figure of the period, in the order of their principles.
pub(super) fn figures(streams: &[Told<'_>], catalogue: &BTreeMap<&str, &Control>, items: &[Item]) -> Vec<Figure> {
    let judged = judged(streams);
    let clouds: BTreeSet<Cloud> = streams.iter().map(|told| told.history.stream.cloud).collect();
    let mut all = Vec::new();
    for measure in Measure::ALL {
        all.extend(clouds.iter().map(|cloud| of_measure(measure, *cloud, &judged, catalogue)));
    }
    all.extend(clouds.iter().flat_map(|cloud| layers::figures(*cloud, &judged, catalogue)));
    all.extend(clouds.iter().map(|cloud| birth_state(*cloud, streams)));
    all.extend(improvement::figures(streams, items));
    all.sort_by_key(|figure| (figure.figure, figure.cloud, figure.layer, figure.severity));
    all
}

/// What each run found.
pub(super) fn trend(streams: &[Told<'_>], catalogue: &BTreeMap<&str, &Control>) -> Vec<TrendPoint> {
    streams.iter().flat_map(|told| improvement::trend(told, catalogue)).collect()
}

/// A verdict at the last run of the period that gives evidence.
struct Judged<'a> {
    cloud: Cloud,
    stream: String,
    resource: Option<&'a ChangedResource>,
    control: &'a str,
    verdict: Verdict,
}

fn judged<'a>(streams: &'a [Told<'_>]) -> Vec<Judged<'a>> {
    let mut all = Vec::new();
    for told in streams {
        let history = told.history;
        let Some(last) = told.in_period().rev().find(|index| history.runs[*index].whole) else { continue };
        for (key, verdicts) in history.items.histories() {
            let Some(Seen::Verdict(verdict)) = seen(verdicts, last) else { continue };
            all.push(Judged {
                cloud: history.stream.cloud,
                stream: history.stream.to_string(),
                resource: key.resource.map(|number| history.items.resource(number)),
                control: history.controls.name(key.control),
                verdict,
            });
        }
    }
    all
}

/// A resource of a stream; none for a scope and for what could not be listed.
type Subject<'a> = (&'a str, Option<&'a ChangedResource>);

/// What several verdicts on one thing amount to: failing wins, then what could not be evaluated.
#[derive(Clone, Debug, Default)]
struct Sum<'a> {
    pass: u64,
    not_evaluated: u64,
    failing: BTreeSet<&'a str>,
}

impl<'a> Sum<'a> {
    fn add(&mut self, control: &'a str, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Fail => _ = self.failing.insert(control),
            Verdict::NotEvaluated => self.not_evaluated += 1,
            Verdict::NotApplicable => {}
        }
    }

    /// None where nothing applies.
    fn verdict(&self) -> Option<Verdict> {
        match (self.failing.is_empty(), self.not_evaluated, self.pass) {
            (false, ..) => Some(Verdict::Fail),
            (true, 1.., _) => Some(Verdict::NotEvaluated),
            (true, 0, 1..) => Some(Verdict::Pass),
            (true, 0, 0) => None,
        }
    }

    fn item(&self, (stream, resource): Subject<'_>) -> FigureItem {
        FigureItem {
            stream: stream.to_owned(),
            resource: resource.cloned(),
            controls: self.failing.iter().map(|control| (*control).to_owned()).collect(),
        }
    }
}

/// An empty figure.
fn figure(kind: Kind, cloud: Option<Cloud>, about: &str) -> Figure {
    Figure {
        figure: kind,
        cloud,
        layer: None,
        severity: None,
        about: about.to_owned(),
        numerator: 0,
        denominator: 0,
        not_evaluated: 0,
        controls: Vec::new(),
        items: Vec::new(),
    }
}

/// What a measure's figure counts, and whether that is what fails.
fn counted(measure: Measure) -> (&'static str, bool) {
    match measure {
        Measure::StandingAdministrator => {
            ("standing administrators, of the identities and grants that are judged", true)
        }
        Measure::EscalationPath => {
            ("identities with a way to become stronger, of the identities that are judged", true)
        }
        Measure::UnusedGrant => ("unused keys, passwords, roles and accounts, of those that are judged", true),
        Measure::ExternalGrant => {
            ("resources with public or unregistered external grants, of those that are judged", true)
        }
        Measure::PreventiveDefault => ("preventive defaults that are set, of those that are judged", false),
        Measure::LogCoverage => ("surfaces whose use is logged, of those that are judged", false),
        Measure::LogDurability => ("logs that are kept, protected and delivered, of those that are judged", false),
        Measure::Attributability => ("things whose use is of one identity, of those that are judged", false),
    }
}

fn of_measure(measure: Measure, cloud: Cloud, judged: &[Judged<'_>], catalogue: &BTreeMap<&str, &Control>) -> Figure {
    let (about, counts_failures) = counted(measure);
    let measures = |control: &str| catalogue.get(control).is_some_and(|control| control.measure == Some(measure));
    let mut sums: BTreeMap<Subject<'_>, Sum<'_>> = BTreeMap::new();
    for one in judged.iter().filter(|one| one.cloud == cloud && measures(one.control)) {
        sums.entry((&one.stream, one.resource)).or_default().add(one.control, one.verdict);
    }
    let word = cloud.as_str();
    let own = catalogue.values().filter(|control| control.measure == Some(measure));
    let controls: Vec<String> =
        own.filter(|control| control.id.split('.').next() == Some(word)).map(|control| control.id.clone()).collect();
    let none = if controls.is_empty() { "; no control of this cloud measures it" } else { "" };
    let mut made = Figure { controls, ..figure(Kind::of(measure), Some(cloud), &format!("{about}{none}")) };
    for (subject, sum) in sums {
        match sum.verdict() {
            Some(Verdict::Fail) => {
                made.denominator += 1;
                made.numerator += u64::from(counts_failures);
                made.items.push(sum.item(subject));
            }
            Some(Verdict::Pass) => {
                made.denominator += 1;
                made.numerator += u64::from(!counts_failures);
            }
            Some(Verdict::NotEvaluated) => made.not_evaluated += 1,
            Some(Verdict::NotApplicable) | None => {}
        }
    }
    made
}

const BIRTH: &str = "resources first seen in the period that failed nothing on the run that first saw them, of those that were judged then; \
what was made and is gone between two runs is invisible, and a list that could not be read before makes old resources look new";

/// How resources began. A resource of the first run that is known is older than the period, or may be.
fn birth_state(cloud: Cloud, streams: &[Told<'_>]) -> Figure {
    let mut made = figure(Kind::BirthState, Some(cloud), BIRTH);
    for told in streams.iter().filter(|told| told.history.stream.cloud == cloud) {
        let history = told.history;
        let Some(first) = history.runs.iter().position(|run| run.whole) else { continue };
        let begun = |verdicts: &[(usize, Seen)]| verdicts.first().map(|(run, _)| *run);
        let mut born: BTreeMap<u32, usize> = BTreeMap::new();
        for (key, verdicts) in history.items.histories() {
            if let (Some(resource), Some(run)) = (key.resource, begun(verdicts)) {
                let known = born.entry(resource).or_insert(run);
                *known = run.min(*known);
            }
        }
        born.retain(|_, run| *run > first && told.options.period.holds(history.runs[*run].as_of.utc()));
        let mut sums: BTreeMap<u32, Sum<'_>> = BTreeMap::new();
        for (key, verdicts) in history.items.histories() {
            let Some((resource, run)) = key.resource.and_then(|resource| Some((resource, *born.get(&resource)?)))
            else {
                continue;
            };
            if let Some((at, Seen::Verdict(verdict))) = verdicts.first().filter(|(at, _)| *at == run) {
                debug_assert_eq!(*at, run);
                sums.entry(resource).or_default().add(history.controls.name(key.control), *verdict);
            }
        }
        let stream = history.stream.to_string();
        for (resource, sum) in sums {
            match sum.verdict() {
                Some(Verdict::Fail) => {
                    made.denominator += 1;
                    made.items.push(sum.item((&stream, Some(history.items.resource(resource)))));
                }
                Some(Verdict::Pass) => {
                    made.denominator += 1;
                    made.numerator += 1;
                }
                Some(Verdict::NotEvaluated) => made.not_evaluated += 1,
                Some(Verdict::NotApplicable) | None => {}
            }
        }
    }
    made.items.sort();
    made
}
