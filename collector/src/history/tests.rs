use super::*;
use chrono::TimeDelta;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn run(sequence: u64, as_of: &str, schedule: Option<&str>, whole: bool) -> Run {
    Run {
        sequence,
        ledger_sha256: Digest::of(b""),
        run: None,
        as_of: Instant::new(at(as_of)),
        declared: schedule.map(|schedule| (schedule.to_owned(), "UTC".to_owned())),
        complete: true,
        gaps: 0,
        counts: Counts::default(),
        summary: Vec::new(),
        identity: None,
        catalogue: None,
        whole,
    }
}

const SIX: Option<&str> = Some("0 */6 * * *");

fn day() -> Period {
    Period { from: at("2026-01-01T00:00:00Z"), to: at("2026-01-02T00:00:00Z") }
}

/// The stretches as `hour:minute cover`, of the first of January 2026.
fn told(runs: &[Run], now: &str) -> Vec<String> {
    let spans = spans(runs, day(), TimeDelta::hours(24), at(now));
    assert_eq!((spans.first().unwrap().from, spans.last().unwrap().to), (day().from, day().to));
    assert!(spans.windows(2).all(|pair| pair[0].to == pair[1].from), "{spans:?}");
    spans.iter().map(|span| format!("{} {:?}", span.from.format("%H:%M"), span.cover)).collect()
}

#[test]
fn a_run_speaks_until_the_next_one() {
    let runs = [
        run(1, "2025-12-31T18:00:01Z", SIX, true),
        run(2, "2026-01-01T00:00:05Z", SIX, true),
        run(3, "2026-01-01T06:00:05Z", SIX, true),
        run(4, "2026-01-01T13:30:00Z", SIX, true),
        run(5, "2026-01-01T18:00:00Z", SIX, true),
        run(6, "2026-01-02T00:00:01Z", SIX, true),
    ];
    let expected = ["00:00 Run(0)", "00:00 Run(1)", "06:00 Run(2)", "13:30 Run(3)", "18:00 Run(4)"];
    assert_eq!(told(&runs, "2026-02-01T00:00:00Z"), expected);
}

#[test]
fn what_was_missed_is_no_evidence_from_the_first_scheduled_time_on() {
    let runs = [run(1, "2026-01-01T00:00:05Z", SIX, true), run(2, "2026-01-01T18:00:05Z", SIX, true)];
    let expected = ["00:00 NotBegun", "00:00 Run(0)", "06:00 Missed", "18:00 Run(1)"];
    assert_eq!(told(&runs, "2026-01-02T00:00:00Z"), expected);
    let late = [run(1, "2026-01-01T00:00:05Z", SIX, true)];
    assert_eq!(told(&late, "2026-01-02T00:00:00Z"), ["00:00 NotBegun", "00:00 Run(0)", "06:00 Missed"]);
}

#[test]
fn a_damaged_bundle_is_no_evidence_until_the_next_run() {
    let runs = [
        run(1, "2026-01-01T00:00:00Z", SIX, true),
        run(2, "2026-01-01T06:00:00Z", SIX, false),
        run(3, "2026-01-01T12:00:00Z", SIX, true),
    ];
    let expected = ["00:00 Run(0)", "06:00 Damaged(1)", "12:00 Run(2)", "13:00 Future"];
    assert_eq!(told(&runs, "2026-01-01T13:00:00Z"), expected);
}

#[test]
fn a_run_by_hand_counts_for_so_long_as_was_said() {
    let period = Period { from: at("2026-01-01T00:00:00Z"), to: at("2026-01-04T00:00:00Z") };
    let runs = [run(1, "2026-01-01T06:00:00Z", None, true), run(2, "2026-01-03T06:00:00Z", None, true)];
    let spans = spans(&runs, period, TimeDelta::hours(24), at("2027-01-01T00:00:00Z"));
    let covers: Vec<_> = spans.iter().map(|span| (span.from.format("%d %H").to_string(), span.cover)).collect();
    let expected =
        [("01 00", Cover::NotBegun), ("01 06", Cover::Run(0)), ("02 06", Cover::Missed), ("03 06", Cover::Run(1))]
            .map(|(from, cover)| (from.to_owned(), cover));
    assert_eq!(covers, expected);
}

#[test]
fn nothing_is_known_without_a_run() {
    assert_eq!(told(&[], "2027-01-01T00:00:00Z"), ["00:00 NotBegun"]);
    assert_eq!(told(&[], "2026-01-01T04:00:00Z"), ["00:00 NotBegun", "04:00 Future"]);
}
