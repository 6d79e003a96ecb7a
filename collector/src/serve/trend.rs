//! Verdicts over time: of the run that each stream had last, as long as it speaks.

use super::query::Query;
use super::reader::View;
use crate::history::StreamHistory;
use evidenced_schemas::Instant;
use evidenced_schemas::api::{Trend, TrendPoint};
use evidenced_schemas::report::{Interval, StreamSection};
use evidenced_schemas::summary::Counts;

/// The most points of a trend.
const POINTS: usize = 240;

pub(super) fn trend(view: &View, query: &Query) -> Trend {
    let snapshot = &view.snapshot;
    let streams = snapshot.evidence.history.streams.iter().zip(&snapshot.report.streams);
    let streams: Vec<(&StreamHistory, &StreamSection)> = streams
        .filter(|(_, told)| query.lets("stream", |value| value == told.stream))
        .filter(|(_, told)| query.lets("cloud", |value| value == told.cloud.as_str()))
        .collect();
    let (from, to) = (snapshot.report.from, snapshot.report.to);
    let runs = streams.iter().flat_map(|(_, told)| told.runs.iter().map(|run| run.as_of));
    // Where evidence ends there is something to see too.
    let ends = streams.iter().flat_map(|(_, told)| told.no_evidence.iter().map(|interval| interval.from));
    let mut instants: Vec<Instant> = runs.chain(ends).chain([from]).filter(|at| from <= *at && *at < to).collect();
    instants.sort_unstable();
    instants.dedup();
    let points = thinned(&instants).map(|at| point(at, &streams)).collect();
    Trend { about: view.about.clone(), from, to, points }
}

/// At most so many, spread evenly, the first and the last among them.
fn thinned(instants: &[Instant]) -> impl Iterator<Item = Instant> + '_ {
    let (all, most) = (instants.len(), instants.len().min(POINTS));
    (0..most).map(move |index| instants[if most < 2 { 0 } else { index * (all - 1) / (most - 1) }])
}

fn point(at: Instant, streams: &[(&StreamHistory, &StreamSection)]) -> TrendPoint {
    let mut point = TrendPoint { at, counts: Counts::default(), known: 0, unknown: 0 };
    for (history, told) in streams {
        let last = history.runs.iter().rev().find(|run| run.as_of <= at);
        let is_in = |interval: &Interval| interval.from <= at && at < interval.to;
        match last.filter(|run| run.whole && !told.no_evidence.iter().any(is_in)) {
            Some(run) => {
                point.known += 1;
                point.counts.add_all(run.counts);
            }
            None => point.unknown += 1,
        }
    }
    point
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone as _, Utc};

    #[test]
    fn a_long_trend_keeps_its_ends() {
        let start = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        let instants: Vec<Instant> = (0..1000).map(|hour| Instant::new(start + TimeDelta::hours(hour))).collect();
        let some: Vec<Instant> = thinned(&instants).collect();
        assert_eq!((some.len(), some[0], some[POINTS - 1]), (POINTS, instants[0], instants[999]));
        assert!(some.is_sorted());
        assert_eq!(thinned(&instants[..1]).count(), 1);
        assert_eq!(thinned(&[]).count(), 0);
    }
}
