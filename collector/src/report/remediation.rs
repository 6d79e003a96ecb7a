//! Time to remediate, by severity.

use chrono::{DateTime, Utc};
use evidenced_schemas::Severity;
use evidenced_schemas::report::{Failure, FailureEnd, Item, Remediation};
use std::collections::BTreeMap;

/// The figures of each severity that has a failure. An end that was not seen is no end: what is open stands apart.
pub(super) fn by_severity(items: &[Item], end: DateTime<Utc>) -> BTreeMap<Severity, Remediation> {
    let mut by_severity: BTreeMap<Severity, Vec<&Item>> = BTreeMap::new();
    for item in items.iter().filter(|item| !item.failures.is_empty()) {
        by_severity.entry(item.severity).or_default().push(item);
    }
    by_severity.into_iter().map(|(severity, items)| (severity, figures(&items, end))).collect()
}

fn figures(items: &[&Item], end: DateTime<Utc>) -> Remediation {
    let failures = || items.iter().flat_map(|item| &item.failures);
    let count = |wanted: &dyn Fn(&Failure) -> bool| failures().filter(|failure| wanted(failure)).count() as u64;
    let mut hours: Vec<f64> = failures()
        .filter(|failure| failure.end == FailureEnd::Fixed)
        .filter_map(|failure| Some(between(failure.opened?.utc(), failure.ended?.utc())))
        .collect();
    hours.sort_by(f64::total_cmp);
    let open = failures().filter(|failure| failure.end == FailureEnd::Open).filter_map(|failure| failure.opened).min();
    Remediation {
        fixed: hours.len() as u64,
        fixed_p50_hours: nearest_rank(&hours, 50),
        fixed_p90_hours: nearest_rank(&hours, 90),
        deleted: count(&|failure| failure.end == FailureEnd::Deleted),
        open: count(&|failure| failure.end == FailureEnd::Open),
        open_oldest_hours: open.map(|opened| between(opened.utc(), end)),
        began_before: count(&|failure| failure.opened.is_none()),
        recurring: items.iter().filter(|item| item.failures.len() > 1).count() as u64,
    }
}

/// Hours between two instants, to the millisecond.
fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    // Exact: no period has 2^53 milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "285,000 years of milliseconds are exact")]
    let millis = (to - from).num_milliseconds() as f64;
    millis / 3_600_000.0
}

/// The percentile by nearest rank of sorted figures.
fn nearest_rank(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_figures_that_occurred() {
        assert_eq!(nearest_rank(&[], 50), None);
        assert_eq!(nearest_rank(&[7.0], 90), Some(7.0));
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!((nearest_rank(&ten, 50), nearest_rank(&ten, 90)), (Some(5.0), Some(9.0)));
    }
}
