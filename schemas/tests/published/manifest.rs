//! A package's manifest with every field filled.

use super::{at, digest};
use evidenced_schemas::criteria::Principle;
use evidenced_schemas::manifest::{
    FileKind, MANIFEST_VERSION, Manifest, Omission, OmissionKind, PackedBundle, PackedFile, PackedStream, Selection,
};
use evidenced_schemas::report::Signed;

pub(super) fn manifest() -> Manifest {
    let stream = "nightly/aws/111122223333";
    Manifest {
        format: MANIFEST_VERSION,
        store: "s3://acme/soc2".into(),
        from: at("2026-01-01T00:00:00Z"),
        to: at("2026-04-01T00:00:00Z"),
        cut_at: Some(at("2026-03-20T00:00:00Z")),
        unscheduled_hours: 24,
        signatures: Signed::Checked,
        selection: Selection {
            criteria: vec!["CC6.1".to_owned().try_into().unwrap()],
            principles: vec![Principle::LeastPrivilege],
            streams: vec![stream.into()],
            controls: vec!["aws.s3.versioning".into()],
        },
        streams: vec![PackedStream {
            stream: stream.into(),
            statements: 2,
            bundles: vec![PackedBundle {
                sequence: 2,
                run: Some("20260301T060000Z-01JNQ0000000000000000000000".parse().unwrap()),
                as_of: at("2026-03-01T06:00:00Z"),
                in_period: true,
                whole: true,
            }],
        }],
        files: vec![PackedFile {
            path: "bundles/x/run.json".into(),
            kind: FileKind::Bundle,
            bytes: 1,
            sha256: digest(),
            as_signed: Some(true),
        }],
        omissions: vec![Omission {
            kind: OmissionKind::CriterionWithoutEvidence,
            stream: Some(stream.into()),
            sequence: Some(1),
            criterion: Some("CC1.1".to_owned().try_into().unwrap()),
            file: Some("bundles/x/run.json".into()),
            from: Some(at("2026-01-01T00:00:00Z")),
            to: Some(at("2026-03-01T06:00:00Z")),
            count: Some(1),
            what: "nothing is known of it".into(),
        }],
    }
}
