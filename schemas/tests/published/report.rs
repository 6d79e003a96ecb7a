//! The report with every field filled.

use super::{at, digest};
use evidenced_schemas::change::ChangedResource;
use evidenced_schemas::control::Layer;
use evidenced_schemas::criteria::{Category, EvidenceMode, Principle};
use evidenced_schemas::figure::{Figure, FigureItem, Kind, TrendPoint};
use evidenced_schemas::finding::ExceptionRef;
use evidenced_schemas::report::{
    CatalogueChange, ControlLine, ControlSection, Covered, CriterionSection, ExceptionSection, ExceptionState, Failure,
    FailureEnd, Interval, Item, PopulationLine, PrincipleSection, REPORT_VERSION, Remediation, Report, ReportProblem,
    RunLine, Signed, State, StreamSection, Why,
};
use evidenced_schemas::summary::Counts;
use evidenced_schemas::{Cloud, Severity};
use std::collections::BTreeMap;

const STREAM: &str = "nightly/aws/111122223333";

pub(super) fn interval() -> Interval {
    let (from, to) = (at("2026-03-01T06:00:00Z"), at("2026-03-01T12:00:00Z"));
    Interval { from, to, state: State::NoEvidence, why: Some(Why::Missed) }
}

pub(super) fn report() -> Report {
    Report {
        format: REPORT_VERSION,
        store: "s3://acme/soc2".into(),
        from: at("2026-03-01T00:00:00Z"),
        to: at("2026-04-01T00:00:00Z"),
        cut_at: Some(at("2026-03-20T00:00:00Z")),
        unscheduled_hours: 24,
        signatures: Signed::Checked,
        runs: 1,
        streams: vec![stream()],
        controls: vec![control()],
        criteria: vec![CriterionSection {
            criterion: "CC6.1".to_owned().try_into().unwrap(),
            subject: "Logical access".into(),
            category: Category::Security,
            mode: EvidenceMode::Automated,
            besides: "An access review.".into(),
            primary: vec!["aws.s3.versioning".into()],
            supporting: vec!["aws.s3.logging".into()],
            end: Counts::default(),
        }],
        principles: vec![PrincipleSection {
            principle: Principle::Accountability,
            title: "Accountability".into(),
            controls: vec!["aws.s3.logging".into()],
            start: Counts::default(),
            end: Counts::default(),
            measures: vec![figure()],
        }],
        trend: vec![TrendPoint {
            stream: STREAM.into(),
            sequence: 1,
            as_of: at("2026-03-01T06:00:00Z"),
            fail: BTreeMap::from([(Severity::High, 1)]),
            evaluated: 1,
            not_evaluated: 1,
            gaps: 1,
        }],
        items: vec![item()],
        exceptions: vec![ExceptionSection {
            exception: super::exception(),
            state: ExceptionState::InForce,
            streams: 1,
            covers: vec![Covered { stream: STREAM.into(), control: "aws.s3.versioning".into(), resource: None }],
        }],
        remediation: BTreeMap::from([(
            Severity::High,
            Remediation {
                fixed: 1,
                fixed_p50_hours: Some(6.0),
                fixed_p90_hours: Some(6.0),
                deleted: 1,
                open: 1,
                open_oldest_hours: Some(1.5),
                began_before: 1,
                recurring: 1,
            },
        )]),
        problems: vec![problem()],
    }
}

pub(super) fn problem() -> ReportProblem {
    ReportProblem {
        stream: Some(STREAM.into()),
        sequence: Some(1),
        file: "bundles/x/run.json".into(),
        kind: "digest_mismatch".into(),
        what: "was changed".into(),
    }
}

fn figure() -> Figure {
    Figure {
        figure: Kind::LayerHolds,
        cloud: Some(Cloud::Aws),
        layer: Some(Layer::Edge),
        severity: Some(Severity::High),
        about: "resources".into(),
        numerator: 1,
        denominator: 2,
        not_evaluated: 1,
        controls: vec!["aws.s3.versioning".into()],
        items: vec![FigureItem {
            stream: STREAM.into(),
            resource: Some(ChangedResource { type_: "aws.s3.bucket".into(), region: "r".into(), id: "i".into() }),
            controls: vec!["aws.s3.versioning".into()],
        }],
    }
}

fn stream() -> StreamSection {
    StreamSection {
        stream: STREAM.into(),
        cloud: Cloud::Aws,
        scope: "111122223333".parse().unwrap(),
        runs: vec![RunLine {
            sequence: 1,
            run: Some("20260301T060000Z-01".parse().unwrap()),
            statement_sha256: digest(),
            as_of: at("2026-03-01T06:00:00Z"),
            whole: true,
            complete: false,
            gaps: 1,
            counts: Counts::default(),
            identity: Some("arn:aws:sts::111122223333:assumed-role/EvidenceReader/evidenced".into()),
        }],
        missed: 1,
        no_evidence: vec![interval()],
        evidence_seconds: 1,
        no_evidence_seconds: 21_600,
        populations: vec![PopulationLine {
            type_: "aws.s3.bucket".into(),
            region: "global".into(),
            start: Some(1),
            end: Some(2),
            complete: true,
        }],
        catalogue_changes: vec![CatalogueChange {
            at: at("2026-03-02T00:00:00Z"),
            before: digest(),
            after: digest(),
            added: vec!["aws.s3.logging".into()],
            removed: vec!["aws.s3.old".into()],
            changed: vec!["aws.s3.versioning".into()],
        }],
    }
}

fn control() -> ControlSection {
    ControlSection {
        control: "aws.s3.versioning".into(),
        title: "Buckets keep versions".into(),
        statement: "Each bucket keeps versions.".into(),
        principle: Principle::DefenceInDepth,
        primary: "CC6.1".to_owned().try_into().unwrap(),
        supporting: vec!["A1.2".to_owned().try_into().unwrap()],
        category: Category::Availability,
        layer: Layer::Recovery,
        severity: Severity::High,
        policy: "Business Continuity Plan".into(),
        owner: "Engineering / DevOps".into(),
        lines: vec![ControlLine {
            stream: STREAM.into(),
            intervals: vec![interval()],
            seconds: BTreeMap::from([(State::NoEvidence, 21_600)]),
            start: Some(Counts::default()),
            end: Some(Counts::default()),
        }],
    }
}

fn item() -> Item {
    Item {
        stream: STREAM.into(),
        control: "aws.s3.versioning".into(),
        resource: Some(ChangedResource {
            type_: "aws.s3.bucket".into(),
            region: "eu-central-1".into(),
            id: "arn:aws:s3:::b".into(),
        }),
        severity: Severity::High,
        intervals: vec![interval()],
        failures: vec![Failure {
            opened: Some(at("2026-03-01T06:00:00Z")),
            ended: Some(at("2026-03-01T12:00:00Z")),
            end: FailureEnd::Fixed,
        }],
        message: Some("versioning is off".into()),
        exception: Some(ExceptionRef {
            id: "EX-1".into(),
            approver: "ciso".into(),
            expires: at("2026-06-01T00:00:00Z"),
        }),
    }
}
