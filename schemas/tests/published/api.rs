//! The bodies of the API with every field filled.

use super::report::{interval, problem};
use super::{at, control, digest, exchange, finding, resource};
use evidenced_schemas::api::{
    About, BundleLine, BundlesPage, ControlLineNow, ControlNow, ControlStream, ControlsList, CoverageNow, CriterionNow,
    ExchangeHead, ExchangeWhole, FileRef, FindingEvidence, FindingLine, FindingsPage, Newest, Overview, Posture,
    PrincipleNow, Refusal, Stale, StatementRef, StreamPosture, StreamTimeline, Timeline, Trend, TrendPoint,
};
use evidenced_schemas::criteria::{Category, EvidenceMode, Principle};
use evidenced_schemas::report::{Signed, State, Why};
use evidenced_schemas::summary::Counts;
use evidenced_schemas::{Cloud, RunId, Severity, Summary, Verdict};
use serde_json::Value;
use std::collections::BTreeMap;

const STREAM: &str = "nightly/aws/111122223333";

fn about() -> About {
    About {
        snapshot: "0".repeat(32),
        signatures: Signed::NotChecked,
        as_of: Some(at("2026-03-01T06:00:00Z")),
        stale: Some(Stale { since: at("2026-03-01T07:00:00Z"), what: "no answer".into() }),
    }
}

fn run() -> RunId {
    "20260301T060000Z-01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap()
}

fn statement() -> StatementRef {
    StatementRef { path: format!("ledger/{STREAM}/0000000001.dsse.json"), sha256: digest() }
}

fn file() -> FileRef {
    FileRef { path: "bundles/x/findings.jsonl.zst".into(), sha256: digest(), bytes: 1 }
}

fn posture() -> Posture {
    let mut posture = Posture::default();
    posture.add(&Summary::of(&[control()], &[finding()]), 1);
    posture
}

fn line() -> FindingLine {
    FindingLine {
        stream: STREAM.into(),
        job: "nightly".parse().unwrap(),
        cloud: Cloud::Aws,
        scope: "111122223333".parse().unwrap(),
        run: run(),
        line: 1,
        as_of: at("2026-03-01T06:00:00Z"),
        control: control().id,
        title: control().title,
        principle: Principle::Accountability,
        category: Category::Security,
        criterion: control().criteria.primary,
        severity: Severity::High,
        resource: finding().resource,
        verdict: Verdict::Fail,
        reason: Some("a reason".into()),
        message: Some("a message".into()),
        exchanges: vec![1],
        exception: finding().exception,
        evidence: format!("/v1/findings/{}/1", run()),
    }
}

fn control_now() -> ControlLineNow {
    ControlLineNow {
        control: control().id,
        title: control().title,
        statement: control().statement,
        principle: control().principle,
        primary: control().criteria.primary,
        supporting: control().criteria.supporting,
        category: control().category,
        layer: control().layer,
        severity: control().severity,
        state: State::Fail,
        states: BTreeMap::from([(State::Fail, 1)]),
        counts: Counts::default(),
    }
}

fn summary() -> Overview {
    Overview {
        about: about(),
        store: "s3://acme/soc2".into(),
        from: at("2026-03-01T00:00:00Z"),
        to: at("2026-03-02T00:00:00Z"),
        evidence_age_seconds: Some(1),
        total: posture(),
        streams: vec![StreamPosture {
            stream: STREAM.into(),
            cloud: Cloud::Aws,
            scope: "111122223333".parse().unwrap(),
            newest: Some(Newest {
                run: run(),
                sequence: 1,
                as_of: at("2026-03-01T06:00:00Z"),
                age_seconds: 1,
                complete: false,
                gaps: 1,
            }),
            no_evidence: Some(Why::Missed),
            missed: 1,
            damaged: 1,
            posture: posture(),
        }],
        problems: vec![problem()],
    }
}

fn evidence() -> FindingEvidence {
    FindingEvidence {
        about: about(),
        finding: line(),
        control: control(),
        resource: Some(resource()),
        exchanges: vec![ExchangeHead {
            seq: 1,
            service: "s3".into(),
            operation: "GetBucketAcl".into(),
            region: "eu-central-1".into(),
            method: "GET".into(),
            url: "https://b.s3.eu-central-1.amazonaws.com/?acl".into(),
            status: Some(200),
            started_at: at("2026-03-01T06:00:00Z"),
            whole: format!("/v1/exchanges/{}/1", run()),
        }],
        statement: statement(),
        files: vec![file()],
    }
}

fn bundles() -> BundlesPage {
    let line = BundleLine {
        stream: STREAM.into(),
        sequence: 1,
        run: Some(run()),
        as_of: at("2026-03-01T06:00:00Z"),
        whole: true,
        complete: false,
        gaps: 1,
        counts: Counts::default(),
        identity: Some("arn:aws:iam::111122223333:role/Reader".into()),
        statement: statement(),
    };
    BundlesPage { about: about(), total: 1, bundles: vec![line], next: Some("next".into()) }
}

fn coverage() -> CoverageNow {
    CoverageNow {
        about: about(),
        modes: BTreeMap::from([(EvidenceMode::Manual, 1)]),
        criteria: vec![CriterionNow {
            criterion: control().criteria.primary,
            subject: "Logical access".into(),
            category: Category::Security,
            mode: EvidenceMode::Automated,
            besides: "An access review.".into(),
            primary: vec![control().id],
            supporting: vec![control().id],
            counts: Counts::default(),
        }],
        principles: vec![PrincipleNow {
            principle: Principle::Accountability,
            title: "Accountability".into(),
            controls: vec![control().id],
            counts: Counts::default(),
        }],
    }
}

/// The body of this name.
pub(super) fn body(name: &str) -> serde_json::Result<Value> {
    let (from, to) = (at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z"));
    let streams = vec![StreamTimeline { stream: STREAM.into(), intervals: vec![interval()] }];
    match name {
        "api-summary" => serde_json::to_value(summary()),
        "api-findings" => serde_json::to_value(FindingsPage {
            about: about(),
            total: 1,
            findings: vec![line()],
            next: Some("next".into()),
        }),
        "api-finding" => serde_json::to_value(evidence()),
        "api-exchange" => serde_json::to_value(ExchangeWhole {
            about: about(),
            run: run(),
            exchange: exchange(),
            statement: statement(),
            file: file(),
        }),
        "api-controls" => serde_json::to_value(ControlsList { about: about(), controls: vec![control_now()] }),
        "api-control" => serde_json::to_value(ControlNow {
            about: about(),
            now: control_now(),
            definition: control(),
            streams: vec![ControlStream {
                stream: STREAM.into(),
                state: State::NoEvidence,
                why: Some(Why::Missed),
                counts: Some(Counts::default()),
            }],
        }),
        "api-bundles" => serde_json::to_value(bundles()),
        "api-timeline" => serde_json::to_value(Timeline {
            about: about(),
            control: control().id,
            title: control().title,
            from,
            to,
            streams,
        }),
        "api-trend" => serde_json::to_value(Trend {
            about: about(),
            from,
            to,
            points: vec![TrendPoint { at: from, counts: Counts::default(), known: 1, unknown: 1 }],
        }),
        "api-coverage" => serde_json::to_value(coverage()),
        "api-problem" => serde_json::to_value(Refusal {
            type_: "urn:evidenced:problem:bad-parameter".into(),
            title: "The query is not understood".into(),
            status: 400,
            detail: "`limit` is `0`".into(),
            parameter: Some("limit".into()),
        }),
        other => panic!("no example of {other}"),
    }
}
