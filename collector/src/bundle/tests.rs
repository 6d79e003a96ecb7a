//! Files that are written read back; files that were damaged say where.

use super::*;
use evidenced_connectors::exchange::record::Journal as _;
use evidenced_schemas::exchange::ExchangeRequest;
use evidenced_schemas::finding::ResourceRef;
use evidenced_schemas::population::CrossCheck;
use evidenced_schemas::{Change, ChangeKind, Cloud, Control, Exchange, Finding, Population, Verdict};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

fn instant() -> Instant {
    Instant::try_from("2026-03-01T06:00:00.000Z".to_owned()).unwrap()
}

fn exchange(operation: &str) -> Exchange {
    Exchange {
        seq: 0,
        cloud: Cloud::Aws,
        scope: "123456789012".parse().unwrap(),
        region: "eu-west-1".to_owned(),
        service: "s3".to_owned(),
        operation: operation.to_owned(),
        request: ExchangeRequest { method: "GET".to_owned(), url: "https://s3/".to_owned(), body: None },
        response: None,
        error: None,
        started_at: instant(),
        finished_at: instant(),
        attempt: 1,
        redactions: vec![],
    }
}

#[test]
fn a_run_id_is_a_path_segment_that_is_never_the_same() {
    let (a, b) = (new_run_id(instant()), new_run_id(instant()));
    assert!(a.as_str().starts_with("20260301T060000Z-") && a.as_str().len() == 17 + 26, "{a}");
    assert_ne!(a, b);
}

#[test]
fn exchanges_are_numbered_in_the_order_finished_and_kept_private() {
    let parent = tempfile::tempdir().unwrap();
    let scratch = Scratch::below(parent.path()).unwrap();
    let log = ExchangeLog::new(&scratch).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    log.append(exchange("GetBucketAcl")).unwrap();
                }
            });
        }
    });
    assert_eq!(log.append(exchange("Last")).unwrap(), 401);
    for entry in std::fs::read_dir(scratch.path()).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let file = log.finish().unwrap();
    let bytes = file.read().unwrap();
    assert_eq!((file.size(), file.sha256(), file.exchanges()), (bytes.len() as u64, &Digest::of(&bytes), 401));
    let read: Vec<Exchange> = read_lines(EXCHANGES, &bytes).unwrap();
    assert!(read.iter().enumerate().all(|(i, exchange)| exchange.seq == i as u64 + 1));
    assert_eq!(read[400].operation, "Last");
    assert!(log.append(exchange("Late")).is_err() && log.finish().is_err());
    let path = scratch.path().to_owned();
    drop((scratch, log, file));
    assert!(!path.exists(), "the scratch folder goes with its last user");
}

#[test]
fn a_scratch_that_was_changed_is_not_committed() {
    let parent = tempfile::tempdir().unwrap();
    let scratch = Scratch::below(parent.path()).unwrap();
    let log = ExchangeLog::new(&scratch).unwrap();
    log.append(exchange("GetBucketAcl")).unwrap();
    let file = log.finish().unwrap();
    let path = std::fs::read_dir(scratch.path()).unwrap().map(|e| e.unwrap().path());
    let path = path.into_iter().find(|path| path.extension().is_some()).unwrap();
    std::fs::write(path, "other").unwrap();
    assert!(file.read().unwrap_err().to_string().contains("changed by somebody"));
}

/// `/dev/full` takes nothing: it stands for a full disk under the scratch folder.
#[test]
fn after_a_failed_write_nothing_more_is_taken_and_nothing_is_finished() {
    let parent = tempfile::tempdir().unwrap();
    let log = ExchangeLog::into_file(&Scratch::below(parent.path()).unwrap(), "/dev/full".into()).unwrap();
    let mut big = exchange("GetBucketAcl");
    let mut state = 1_u32;
    big.request.body = Some(
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'!' + u8::try_from(state >> 25).unwrap() % 90)
        })
        .take(1 << 20)
        .collect(),
    );
    let refused = (0..8).any(|_| log.append(big.clone()).is_err());
    assert!(refused, "no write failed");
    assert!(log.append(exchange("Small")).is_err(), "it went on after a failure");
    assert!(log.finish().unwrap_err().to_string().contains("during the run"));
}

#[test]
fn lines_read_back_and_damage_names_its_line() {
    let values = [json!({"a": 1}), json!({"a": 2}), json!({"a": 3})];
    let file = BundleFile::lines(FINDINGS, &values).unwrap();
    let bytes = file.bytes().unwrap();
    assert_eq!(read_lines::<Value>(FINDINGS, &bytes).unwrap(), values);
    assert_eq!(read_raw(FINDINGS, &bytes).unwrap(), b"{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
    assert_eq!(file.subject("p/").name, "p/findings.jsonl.zst");
    assert_eq!(
        BundleFile::lines::<Value>(CHANGES, []).unwrap().bytes().map(|b| read_raw("x", &b).unwrap()).unwrap(),
        b""
    );

    let stored = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
    for (text, line, word) in [
        ("{\"a\":1}\n{\"a\":\n", 2, "schema"),
        ("{\"a\":1}\n\n", 2, "schema"),
        ("{\"a\":1}\n{\"a\":2}", 2, "cut short"),
    ] {
        let error = read_lines::<Value>("f", &stored(text)).unwrap_err();
        assert_eq!(error.line, Some(line), "{text:?}");
        assert!(error.to_string().contains(word), "{text:?}: {error}");
    }
    assert!(read_lines::<Value>("f", b"not zstd").is_err());
    assert!(read_lines::<Value>("f", &bytes[..bytes.len() - 3]).is_err(), "a cut file was read");
    for at in 0..bytes.len() {
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 0x40;
        let read = read_lines::<Value>("f", &flipped);
        assert!(read.is_err() || read.unwrap() == values, "byte {at}: the checksum let a change through");
    }
}

#[test]
fn every_file_of_the_format_has_its_name_once_and_sorted() {
    let mut sorted = FILES;
    sorted.sort_unstable();
    assert_eq!(sorted, FILES);
    assert_eq!(std::collections::BTreeSet::from(FILES).len(), 9);
}

fn finding(control: &str, resource: Option<(&str, &str)>, verdict: Verdict) -> Finding {
    Finding {
        control: control.to_owned(),
        resource: resource.map(|(region, id)| ResourceRef {
            type_: "aws.s3.bucket".to_owned(),
            id: id.to_owned(),
            region: region.to_owned(),
            sha256: Digest::of(id.as_bytes()),
        }),
        scope: "123456789012".parse().unwrap(),
        verdict,
        reason: None,
        message: None,
        exchanges: vec![],
        exception: None,
    }
}

fn row(region: &str, complete: bool) -> Population {
    Population {
        type_: "aws.s3.bucket".to_owned(),
        region: region.to_owned(),
        listed: 0,
        evaluated: 0,
        not_evaluated: 0,
        excluded: 0,
        pages: 1,
        complete,
        reason: None,
        cross_check: None,
    }
}

fn control(id: &str) -> Control {
    serde_json::from_value(json!({
        "id": id, "title": "t", "statement": "s", "resource": "aws.s3.bucket", "pass": "true", "message": "''",
        "principle": "secure-by-default", "criteria": {"primary": "CC6.1"}, "category": "security", "layer": "data",
        "severity": "low", "policy": "p", "owner": "o", "remediation": "r"
    }))
    .unwrap()
}

/// The kinds of change from one verdict of `aws.c` on bucket `b` to another.
fn kinds(from: Option<Verdict>, to: Option<Verdict>, rows: &[Population], controls: &[Control]) -> Vec<ChangeKind> {
    let one =
        |verdict: Option<Verdict>| verdict.map(|v| finding("aws.c", Some(("eu-west-1", "b")), v)).into_iter().collect();
    let (before, now): (Vec<Finding>, Vec<Finding>) = (one(from), one(to));
    let judged = Judged { findings: &now, populations: rows, controls };
    changes(Some(&before), judged).into_iter().map(|change| change.change).collect()
}

#[test]
fn each_pair_of_verdicts_has_its_kind_of_change() {
    use ChangeKind as C;
    use Verdict::{Fail as F, NotApplicable as A, NotEvaluated as N, Pass as P};
    let (rows, controls) = ([row("eu-west-1", true)], [control("aws.c")]);
    let table: &[(Option<Verdict>, Option<Verdict>, Option<C>)] = &[
        (Some(P), Some(P), None),
        (Some(F), Some(F), None),
        (Some(N), Some(N), None),
        (Some(A), Some(A), None),
        (Some(P), Some(F), Some(C::Opened)),
        (Some(N), Some(F), Some(C::Opened)),
        (Some(A), Some(F), Some(C::Opened)),
        (None, Some(F), Some(C::Opened)),
        (Some(F), Some(P), Some(C::Resolved)),
        (Some(F), Some(A), Some(C::Resolved)),
        (Some(F), Some(N), Some(C::Obscured)),
        (Some(P), Some(N), Some(C::Obscured)),
        (Some(A), Some(N), Some(C::Obscured)),
        (Some(N), Some(P), Some(C::Revealed)),
        (Some(N), Some(A), Some(C::Revealed)),
        (Some(P), Some(A), Some(C::Altered)),
        (Some(A), Some(P), Some(C::Altered)),
        (None, Some(P), Some(C::Appeared)),
        (None, Some(N), Some(C::Appeared)),
        (Some(F), None, Some(C::ResolvedByDeletion)),
        (Some(P), None, Some(C::Disappeared)),
        (Some(N), None, Some(C::Disappeared)),
    ];
    for (from, to, expected) in table {
        assert_eq!(kinds(*from, *to, &rows, &controls).first(), expected.as_ref(), "{from:?} to {to:?}");
    }
}

#[test]
fn a_failure_that_is_out_of_sight_is_never_resolved() {
    let controls = [control("aws.c")];
    let mut miscounted = row("eu-west-1", true);
    miscounted.cross_check = Some(CrossCheck { source: "s".to_owned(), count: 7 });
    for rows in [
        vec![row("eu-west-1", false)],
        vec![miscounted],
        vec![row("us-east-1", true)],
        vec![],
        vec![row("global", false)],
    ] {
        for from in [Verdict::Fail, Verdict::Pass] {
            assert_eq!(kinds(Some(from), None, &rows, &controls), [ChangeKind::Obscured], "{rows:?}");
        }
    }
    let global = [row("global", true)];
    assert_eq!(kinds(Some(Verdict::Fail), None, &global, &controls), [ChangeKind::ResolvedByDeletion]);
    let whole = [row("eu-west-1", true)];
    assert_eq!(kinds(Some(Verdict::Fail), None, &whole, &[]), [ChangeKind::Obscured], "the control is gone");
    assert_eq!(kinds(Some(Verdict::Pass), None, &whole, &[]), [ChangeKind::Disappeared]);
}

#[test]
fn changes_stand_in_the_order_of_findings_and_a_first_bundle_has_none() {
    let now = [
        finding("aws.c", None, Verdict::NotEvaluated),
        finding("aws.c", Some(("eu-west-1", "b")), Verdict::Fail),
        finding("aws.a", Some(("eu-west-1", "z")), Verdict::Pass),
    ];
    let judged = Judged { findings: &now, populations: &[], controls: &[] };
    assert_eq!(changes(None, judged), Vec::<Change>::new());
    let all = changes(Some(&[]), judged);
    let order: Vec<(&str, Option<&str>)> =
        all.iter().map(|c| (c.control.as_str(), c.resource.as_ref().map(|r| r.id.as_str()))).collect();
    assert_eq!(order, [("aws.a", Some("z")), ("aws.c", None), ("aws.c", Some("b"))]);
}
