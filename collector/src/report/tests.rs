use super::*;
use crate::history::{HistoryOptions, Period, read};
use crate::signing::{Signer, Verifier};
use crate::verify::tests::estate::Estate;
use chrono::TimeDelta;
use evidenced_schemas::report::{ControlSection, Failure, FailureEnd, Item, Signed};
use evidenced_schemas::{Severity, Verdict};
use table::{Cell, tables};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn options(keys: Vec<Verifier>) -> HistoryOptions {
    HistoryOptions {
        period: Period { from: at("2026-03-01T00:00:00Z"), to: at("2026-03-02T00:00:00Z") },
        keys,
        streams: Vec::new(),
        unscheduled: TimeDelta::hours(24),
        now: at("2026-03-02T00:30:00Z"),
    }
}

async fn report_with(estate: &Estate, options: &HistoryOptions) -> Report {
    let history = read(&*estate.store().await, options).await.unwrap();
    build("file://test", &history, options)
}

async fn report(estate: &Estate) -> Report {
    report_with(estate, &options(vec![estate.signer.verifier()])).await
}

fn control<'a>(report: &'a Report, id: &str) -> &'a ControlSection {
    report.controls.iter().find(|control| control.control == id).unwrap()
}

fn item<'a>(report: &'a Report, id: &str) -> &'a Item {
    let of = |item: &&Item| item.resource.as_ref().is_some_and(|resource| resource.id == id);
    report.items.iter().find(of).unwrap()
}

/// `hour state why`.
fn told(intervals: &[Interval]) -> Vec<String> {
    let one = |interval: &Interval| {
        let why = interval.why.map(|why| format!(" ({})", why.as_str())).unwrap_or_default();
        format!("{} {}{why}", interval.from.utc().format("%H"), interval.state.as_str())
    };
    intervals.iter().map(one).collect()
}

fn failures(item: &Item) -> Vec<(Option<String>, Option<String>, FailureEnd)> {
    let hour = |instant: Option<Instant>| instant.map(|instant| instant.utc().format("%H").to_string());
    item.failures.iter().map(|Failure { opened, ended, end }| (hour(*opened), hour(*ended), *end)).collect()
}

/// Ann has no second factor in odd runs, Eve's could not be read, and the buckets could not be listed.
#[tokio::test]
async fn each_control_has_its_states_over_the_whole_period() {
    let estate = Estate::new(3).await;
    let report = report(&estate).await;
    assert_eq!(
        (report.runs, report.problems.len(), report.signatures),
        (3, 0, Signed::Checked),
        "{:?}",
        report.problems
    );
    let mfa = &control(&report, "aws.iam.user.mfa").lines[0];
    let expected = ["00 no_evidence (no run yet)", "06 fail", "12 not_evaluated", "18 fail"];
    assert_eq!(told(&mfa.intervals), expected);
    let seconds = [(State::Fail, 43_200), (State::NoEvidence, 21_600), (State::NotEvaluated, 21_600)];
    assert_eq!(mfa.seconds, BTreeMap::from(seconds));
    let counts = |fail, pass| Some(Counts { fail, pass, not_evaluated: 1, not_applicable: 0 });
    assert_eq!((mfa.start, mfa.end), (counts(1, 1), counts(1, 1)));
    assert_eq!(told(&control(&report, "aws.s3.named").lines[0].intervals)[1], "06 not_evaluated");
    assert_eq!(told(&control(&report, "aws.account.somebody").lines[0].intervals)[1], "06 pass");
    let stream = &report.streams[0];
    assert_eq!((stream.runs.len(), stream.missed), (3, 0));
    assert_eq!((stream.evidence_seconds, stream.no_evidence_seconds), (64_800, 21_600));
    let listed: Vec<_> = stream.populations.iter().map(|row| (&*row.type_, row.start, row.end, row.complete)).collect();
    assert_eq!(listed, [("aws.iam.user", Some(3), Some(3), true), ("aws.s3.bucket", Some(0), Some(0), false)]);
    assert_eq!((report.criteria.len(), report.principles.len()), (61, 5));
    let access = report.criteria.iter().find(|criterion| criterion.criterion.id() == "CC6.1").unwrap();
    assert_eq!((access.primary.len(), access.end.fail, access.end.not_evaluated), (3, 1, 2));
}

#[tokio::test]
async fn a_failure_lasts_from_the_run_that_saw_it_to_the_run_that_saw_it_fixed() {
    let estate = Estate::new(3).await;
    let report = report(&estate).await;
    let ann = item(&report, "arn:ann");
    let hour = |text: &str| Some(text.to_owned());
    let expected = [(hour("06"), hour("12"), FailureEnd::Fixed), (hour("18"), None, FailureEnd::Open)];
    assert_eq!(failures(ann), expected);
    assert_eq!(ann.message.as_deref(), Some("no"));
    assert_eq!(told(&item(&report, "arn:eve").intervals), ["06 not_evaluated"]);
    assert!(!report.items.iter().any(|item| item.resource.as_ref().is_some_and(|resource| resource.id == "arn:bob")));
    let high = &report.remediation[&Severity::High];
    assert_eq!((high.fixed, high.fixed_p50_hours, high.open, high.open_oldest_hours), (1, Some(6.0), 1, Some(6.0)));
    assert_eq!((high.recurring, high.deleted, high.began_before), (1, 0, 0));
}

#[tokio::test]
async fn a_failure_that_began_before_the_period_says_so() {
    let estate = Estate::new(3).await;
    let all = options(Vec::new());
    let period = Period { from: at("2026-03-01T07:00:00Z"), ..all.period };
    let report = report_with(&estate, &HistoryOptions { period, ..all }).await;
    let mfa = &control(&report, "aws.iam.user.mfa").lines[0];
    assert_eq!(told(&mfa.intervals), ["07 fail", "12 not_evaluated", "18 fail"]);
    assert_eq!(
        mfa.start,
        Some(Counts { pass: 2, not_evaluated: 1, ..Counts::default() }),
        "at the first run of the period"
    );
    let high = &report.remediation[&Severity::High];
    assert_eq!((high.fixed, high.began_before, report.runs), (0, 1, 2));
    assert_eq!(report.signatures, Signed::NotChecked);
}

#[tokio::test]
async fn a_damaged_bundle_is_named_and_is_no_evidence() {
    for name in crate::bundle::FILES {
        let estate = Estate::new(3).await;
        let file = estate.file(2, name);
        estate.alter(&file, |bytes| bytes[0] ^= 1);
        let report = report(&estate).await;
        assert_eq!(report.problems.iter().map(|problem| &problem.file).collect::<Vec<_>>(), [&file], "{name}");
        let mfa = &control(&report, "aws.iam.user.mfa").lines[0];
        let expected = ["00 no_evidence (no run yet)", "06 fail", "12 no_evidence (damaged bundle)", "18 fail"];
        assert_eq!(told(&mfa.intervals), expected, "{name}");
        let whole: Vec<bool> = report.streams[0].runs.iter().map(|run| run.whole).collect();
        assert_eq!(whole, [true, false, true], "{name}");
        // Nobody saw it fixed.
        assert_eq!(failures(item(&report, "arn:ann")), [(Some("06".to_owned()), None, FailureEnd::Open)], "{name}");
    }
}

#[tokio::test]
async fn the_last_good_bundle_says_what_stands_when_the_last_one_is_damaged() {
    let estate = Estate::new(3).await;
    estate.remove(&estate.file(3, "findings.jsonl.zst"));
    let report = report(&estate).await;
    assert_eq!(report.problems[0].kind, "missing_file");
    let mfa = &control(&report, "aws.iam.user.mfa").lines[0];
    assert_eq!(told(&mfa.intervals)[3], "18 no_evidence (damaged bundle)");
    assert_eq!(mfa.end, Some(Counts { pass: 2, not_evaluated: 1, ..Counts::default() }));
    let eve = item(&report, "arn:eve");
    assert_eq!(told(&eve.intervals), ["06 not_evaluated", "18 no_evidence (damaged bundle)"]);
    assert!(eve.message.is_some());
}

#[tokio::test]
async fn a_statement_that_does_not_read_is_named_and_its_time_is_missed() {
    let estate = Estate::new(3).await;
    estate.write(&estate.ledger_file(2), b"{}");
    let report = report(&estate).await;
    let kinds: Vec<&str> = report.problems.iter().map(|problem| problem.kind.as_str()).collect();
    assert!(kinds.contains(&"envelope_malformed") && kinds.contains(&"previous_mismatch"), "{kinds:?}");
    let mfa = &control(&report, "aws.iam.user.mfa").lines[0];
    let expected = ["00 no_evidence (no run yet)", "06 fail", "12 no_evidence (missed runs)", "18 fail"];
    assert_eq!(told(&mfa.intervals), expected);
    assert_eq!((report.runs, report.streams[0].missed), (2, 1));
}

#[tokio::test]
async fn a_statement_that_is_gone_is_named() {
    let estate = Estate::new(3).await;
    estate.remove(&estate.ledger_file(2));
    let report = report(&estate).await;
    assert_eq!(report.problems.iter().map(|problem| &*problem.kind).collect::<Vec<_>>(), ["missing_statement"]);
}

#[tokio::test]
async fn what_another_key_signed_is_no_evidence() {
    let estate = Estate::new(2).await;
    let other = Signer::generate().unwrap().verifier();
    let report = report_with(&estate, &options(vec![other])).await;
    assert!(report.problems.iter().all(|problem| problem.kind == "foreign_key"), "{:?}", report.problems);
    assert_eq!(report.problems.len(), 2);
    let stream = &report.streams[0];
    assert_eq!((stream.evidence_seconds, stream.runs.len()), (0, 2));
    assert!(report.controls.is_empty() && report.items.is_empty(), "nothing that it says counts");
}

#[tokio::test]
async fn a_period_without_evidence_says_so() {
    let estate = Estate::new(1).await;
    let period = Period { from: at("2025-01-01T00:00:00Z"), to: at("2025-02-01T00:00:00Z") };
    let report = report_with(&estate, &HistoryOptions { period, ..options(Vec::new()) }).await;
    assert_eq!((report.runs, report.criteria.len()), (0, 61));
    assert_eq!(report.streams[0].no_evidence[0].why, Some(Why::NotBegun));
}

#[tokio::test]
async fn the_same_store_gives_the_same_bytes_and_every_verdict_counts_once() {
    let estate = Estate::new(3).await;
    let (one, two) = (report(&estate).await, report(&estate).await);
    assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&two).unwrap());
    assert_eq!(serde_json::from_str::<Report>(&serde_json::to_string(&one).unwrap()).unwrap(), one);
    for run in &one.streams[0].runs {
        let total: u64 = Verdict::ALL.into_iter().map(|verdict| run.counts.of(verdict)).sum();
        assert_eq!(total, 5, "three users, the buckets that could not be listed, the account");
    }
}

#[tokio::test]
async fn tables_hold_every_row_and_no_formula() {
    let estate = Estate::new(3).await;
    let report = report(&estate).await;
    let tables = tables(&report);
    let rows = |name: &str| tables.iter().find(|table| table.name == name).unwrap().rows.len();
    assert_eq!((rows("runs"), rows("criteria"), rows("controls"), rows("failures")), (3, 61, 3, 2));
    assert!(tables.iter().all(|table| table.rows.iter().all(|row| row.len() == table.header.len())));
    let text = |text: &str| Cell::Text(text.to_owned()).csv();
    assert_eq!([text("=1+1"), text("@a"), text("a=1")], ["'=1+1", "'@a", "a=1"]);
    let csv = String::from_utf8(tables.iter().find(|table| table.name == "problems").unwrap().csv()).unwrap();
    assert_eq!(csv, "stream,sequence,file,kind,what\r\n");
}
