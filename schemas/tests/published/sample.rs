//! A sample with every field filled.

use super::{at, digest, finding, population};
use evidenced_schemas::report::{ReportProblem, Signed};
use evidenced_schemas::sample::{
    EvidenceFile, METHOD, SAMPLE_VERSION, Sample, SampledBundle, SampledItem, SampledStream,
};

const STREAM: &str = "nightly/aws/111122223333";

fn file() -> EvidenceFile {
    EvidenceFile { path: "bundles/x/resources.jsonl.zst".into(), bytes: 1, sha256: digest() }
}

pub(super) fn sample() -> Sample {
    Sample {
        format: SAMPLE_VERSION,
        store: "s3://acme/soc2".into(),
        at: at("2026-03-31T23:59:59.999Z"),
        population: "aws.s3.bucket".into(),
        seed: "2026-Q1".into(),
        size: 25,
        method: METHOD.into(),
        signatures: Signed::Checked,
        documents: 2,
        excluded: 1,
        complete: false,
        streams: vec![SampledStream {
            stream: STREAM.into(),
            bundle: Some(SampledBundle {
                sequence: 2,
                run: "20260301T060000Z-01JNQ0000000000000000000000".parse().unwrap(),
                as_of: at("2026-03-01T06:00:00Z"),
                statement: file(),
                populations: file(),
                resources: file(),
                findings: file(),
                exchanges: file(),
            }),
            lists: vec![population()],
            documents: 2,
            complete: false,
        }],
        items: vec![SampledItem {
            rank: digest(),
            stream: STREAM.into(),
            region: "eu-central-1".into(),
            id: "arn:aws:s3:::b".into(),
            name: "b".into(),
            document: digest(),
            observed_at: at("2026-03-01T06:00:00.120Z"),
            gaps: 1,
            exchanges: vec![1],
            files: vec![file()],
            verdicts: vec![finding()],
        }],
        problems: vec![ReportProblem {
            stream: Some(STREAM.into()),
            sequence: Some(3),
            file: "bundles/x/run.json".into(),
            kind: "digest_mismatch".into(),
            what: "was changed".into(),
        }],
    }
}
