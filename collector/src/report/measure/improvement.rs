//! Continuous improvement: what the history tells of the other results. How long failures lasted stands in the report's `remediation`, with
//! what is open apart.

use super::{Told, figure};
use evidenced_schemas::figure::{Figure, FigureItem, Kind, TrendPoint};
use evidenced_schemas::report::{FailureEnd, Item};
use evidenced_schemas::{Control, Severity};
use std::collections::BTreeMap;

const FIXED: &str = "failures that were fixed in the period, of all that were seen in it; the rest is open, or its resource is gone, which is no fix";
const RECURRENCE: &str = "controls on resources that failed again after a fix, of those that failed in the period";
const EXPIRED: &str = "failing or not evaluated controls on resources whose approved exception is past its expiry at the end of the period, of \
those with an exception";
const OPEN: &str = "verdicts that could not be evaluated, of all but those that do not apply, at the last run of each stream that gives evidence";

/// The figures of the whole period.
pub(super) fn figures(streams: &[Told<'_>], items: &[Item]) -> Vec<Figure> {
    let mut all = Vec::new();
    for severity in Severity::ALL {
        let own = || items.iter().filter(move |item| item.severity == severity && !item.failures.is_empty());
        let failures = || own().flat_map(|item| &item.failures);
        let fixed = failures().filter(|failure| failure.end == FailureEnd::Fixed).count();
        let open = own().filter(|item| item.failures.iter().any(|failure| failure.end == FailureEnd::Open));
        all.push(Figure {
            severity: Some(severity),
            numerator: fixed as u64,
            denominator: failures().count() as u64,
            items: open.map(listed).collect(),
            ..figure(Kind::Fixed, None, FIXED)
        });
        let again = || own().filter(|item| item.failures.len() > 1);
        all.push(Figure {
            severity: Some(severity),
            numerator: again().count() as u64,
            denominator: own().count() as u64,
            items: again().map(listed).collect(),
            ..figure(Kind::Recurrence, None, RECURRENCE)
        });
    }
    all.push(exceptions(streams, items));
    all.push(open(streams));
    for figure in &mut all {
        figure.items.sort();
    }
    all
}

fn listed(item: &Item) -> FigureItem {
    FigureItem { stream: item.stream.clone(), resource: item.resource.clone(), controls: vec![item.control.clone()] }
}

fn exceptions(streams: &[Told<'_>], items: &[Item]) -> Figure {
    let end = streams.first().map(|told| told.options.end());
    let excepted = || items.iter().filter_map(|item| Some((item, item.exception.as_ref()?)));
    let past = || excepted().filter(|(_, exception)| end.is_some_and(|end| exception.expires.utc() < end));
    Figure {
        numerator: past().count() as u64,
        denominator: excepted().count() as u64,
        items: past().map(|(item, _)| listed(item)).collect(),
        ..figure(Kind::ExceptionsExpired, None, EXPIRED)
    }
}

fn open(streams: &[Told<'_>]) -> Figure {
    let mut made = figure(Kind::NotEvaluated, None, OPEN);
    for told in streams {
        let runs = &told.history.runs;
        if let Some(last) = told.in_period().rev().find(|index| runs[*index].whole) {
            let counts = runs[last].counts;
            made.numerator += counts.not_evaluated;
            made.denominator += counts.pass + counts.fail + counts.not_evaluated;
        }
    }
    made
}

/// What each run of the period that gives evidence found.
pub(super) fn trend(told: &Told<'_>, catalogue: &BTreeMap<&str, &Control>) -> Vec<TrendPoint> {
    let history = told.history;
    let point = |index: usize| {
        let run = &history.runs[index];
        let mut fail: BTreeMap<Severity, u64> = Severity::ALL.into_iter().map(|severity| (severity, 0)).collect();
        for (control, counts) in &run.summary {
            if let Some(control) = catalogue.get(history.controls.name(*control)) {
                *fail.entry(control.severity).or_default() += counts.fail;
            }
        }
        TrendPoint {
            stream: history.stream.to_string(),
            sequence: run.sequence,
            as_of: run.as_of,
            fail,
            evaluated: run.counts.pass + run.counts.fail,
            not_evaluated: run.counts.not_evaluated,
            gaps: run.gaps,
        }
    };
    told.in_period().filter(|index| history.runs[*index].whole).map(point).collect()
}
