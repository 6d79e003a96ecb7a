//! The published JSON Schemas: up to date with the types, and true of an example that fills every field.
//!
//! `EVIDENCED_WRITE_SCHEMAS=1 cargo test -p evidenced-schemas` writes them anew.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics where it fails, and writes the schemas anew"
)]

#[path = "published/api.rs"]
mod api;
#[path = "published/coverage.rs"]
mod coverage;
#[path = "published/manifest.rs"]
mod manifest;
#[path = "published/report.rs"]
mod report;
#[path = "published/sample.rs"]
mod sample;

use evidenced_schemas::change::{ChangeKind, ChangedResource};
use evidenced_schemas::config::{
    Accounts, AwsJob, AzureJob, Concern, Config, ControlsConfig, Form, GcpJob, HttpConfig, JobConfig, NotifyConfig,
    OrgJob, OtlpConfig, RetentionDays, RunConfig, SigningConfig, SpoolConfig, StoreConfig, TelemetryConfig,
    TimestampConfig, TlsConfig,
};
use evidenced_schemas::control::{Criteria, Holds, Layer, Loosest, Measure, Param, ParamType};
use evidenced_schemas::criteria::{Category, Criterion, Principle};
use evidenced_schemas::event::{
    DATA_SCHEMA, DATA_TYPE, EvidenceFresh, EvidenceStale, GapsChanged, RunFailed, RunRef, RunsMissed, SPEC_VERSION,
    ScopeUnreachable, SpoolEmptied, SpoolGrew, VerdictsChanged, What,
};
use evidenced_schemas::exchange::{ExchangeError, ExchangeRequest, ExchangeResponse};
use evidenced_schemas::finding::{ExceptionRef, ResourceRef};
use evidenced_schemas::policy::{Approval, Exception, Policy, Register, Review, SupportingRecord};
use evidenced_schemas::population::CrossCheck;
use evidenced_schemas::run::{Asked, Collector, FORMAT_VERSION, Regions};
use evidenced_schemas::schema::PUBLISHED;
use evidenced_schemas::statement::{
    Cost, PAYLOAD_TYPE, PREDICATE_TYPE, Previous, Retention, RetentionMode, STATEMENT_TYPE, Signature, Subject,
    SubjectAnnotations, SubjectDigest, Tree,
};
use evidenced_schemas::summary::Counts;
use evidenced_schemas::{
    Change, Cloud, Control, Day, Digest, Envelope, Event, Exchange, Finding, Gap, GapReason, Instant, Population,
    Predicate, Resource, RunRecord, Severity, Size, Statement, Summary, Verdict,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn at(text: &str) -> Instant {
    Instant::try_from(text.to_owned()).unwrap()
}

fn digest() -> Digest {
    Digest::of(b"example")
}

fn map<V>(key: &str, value: V) -> BTreeMap<String, V> {
    BTreeMap::from([(key.to_owned(), value)])
}

fn exchange() -> Exchange {
    Exchange {
        seq: 1,
        cloud: Cloud::Aws,
        scope: "111122223333".parse().unwrap(),
        region: "eu-central-1".into(),
        service: "s3".into(),
        operation: "GetBucketAcl".into(),
        request: ExchangeRequest {
            method: "GET".into(),
            url: "https://b.s3.eu-central-1.amazonaws.com/?acl".into(),
            body: Some("a=b".into()),
        },
        response: Some(ExchangeResponse {
            status: 200,
            request_id: Some("1".into()),
            date: Some("Sun, 01 Mar 2026 06:00:00 GMT".into()),
            headers: map("content-type", "text/xml".to_owned()),
            body: Some("<a/>".into()),
            body_base64: Some("PGEvPg==".into()),
            sha256: digest(),
        }),
        error: Some(ExchangeError { kind: GapReason::Timeout, message: "no answer in 60 s".into() }),
        started_at: at("2026-03-01T06:00:00.000Z"),
        finished_at: at("2026-03-01T06:00:00.120Z"),
        attempt: 2,
        redactions: vec!["$.a".into()],
    }
}

fn resource() -> Resource {
    Resource {
        type_: "aws.s3.bucket".into(),
        id: "arn:aws:s3:::b".into(),
        name: "b".into(),
        cloud: Cloud::Aws,
        scope: "111122223333".parse().unwrap(),
        region: "eu-central-1".into(),
        tags: Some(map("owner", "data".to_owned())),
        config: serde_json::Map::from_iter([("versioning".to_owned(), Value::Null)]),
        derived: serde_json::Map::from_iter([("is_log_target".to_owned(), json!(false))]),
        observed_at: at("2026-03-01T06:00:00.120Z"),
        exchanges: vec![1],
        gaps: vec![Gap {
            field: "config.acl".into(),
            operation: "s3:GetBucketAcl".into(),
            reason: GapReason::Denied,
            code: "AccessDenied".into(),
        }],
        sha256: digest(),
    }
    .sealed()
}

fn population() -> Population {
    Population {
        type_: "aws.s3.bucket".into(),
        region: "eu-central-1".into(),
        listed: 3,
        evaluated: 1,
        not_evaluated: 1,
        excluded: 1,
        pages: 1,
        complete: false,
        reason: Some("s3:ListBuckets throttled (SlowDown)".into()),
        cross_check: Some(CrossCheck { source: "iam:GetAccountSummary Users".into(), count: 3 }),
    }
}

fn control() -> Control {
    let primary = Criterion::try_from("CC6.1".to_owned()).unwrap();
    Control {
        id: "aws.s3.versioning".into(),
        title: "Versioning".into(),
        statement: "Versioning is on.".into(),
        resource: Some("aws.s3.bucket".into()),
        scope: Some("aws.account".into()),
        populations: map("aws.s3.bucket", Holds::Every),
        applies: "true".into(),
        why_not: Some("it is a log target".into()),
        pass: "true".into(),
        message: "'off'".into(),
        params: map(
            "days",
            Param {
                about: "Days".into(),
                type_: ParamType::Int,
                default: json!(90),
                loosest: Some(Loosest::Max(90)),
                value: Some(json!(30)),
            },
        ),
        principle: Principle::DefenceInDepth,
        criteria: Criteria { primary: primary.clone(), supporting: vec![primary] },
        category: Category::Availability,
        layer: Layer::Recovery,
        measure: Some(Measure::PreventiveDefault),
        severity: Severity::Medium,
        policy: "Business Continuity Plan".into(),
        owner: "Engineering / DevOps".into(),
        remediation: "Turn it on.".into(),
        note: Some("As documented.".into()),
        equivalents: map("prowler", vec!["s3_bucket_object_versioning".to_owned()]),
    }
}

fn finding() -> Finding {
    Finding {
        control: "aws.s3.versioning".into(),
        resource: Some(ResourceRef {
            type_: "aws.s3.bucket".into(),
            id: "arn:aws:s3:::b".into(),
            region: "eu-central-1".into(),
            sha256: digest(),
        }),
        scope: "111122223333".parse().unwrap(),
        verdict: Verdict::Fail,
        reason: Some("…".into()),
        message: Some("off".into()),
        exchanges: vec![1],
        exception: Some(ExceptionRef {
            id: "EX-1".into(),
            approver: "ciso".into(),
            expires: at("2026-06-01T00:00:00Z"),
        }),
    }
}

fn change() -> Change {
    Change {
        change: ChangeKind::ResolvedByDeletion,
        control: "aws.s3.versioning".into(),
        resource: Some(ChangedResource { type_: "aws.s3.bucket".into(), region: "r".into(), id: "i".into() }),
        from: Some(Verdict::Fail),
        to: Some(Verdict::Pass),
    }
}

fn collector() -> Collector {
    Collector {
        name: "evidenced".into(),
        version: "0.1.0".into(),
        git_commit: "unknown".into(),
        executable_sha256: digest(),
    }
}

fn run() -> RunRecord {
    RunRecord {
        format: FORMAT_VERSION,
        run: "20260301T060000Z-01JNQ0000000000000000000000".parse().unwrap(),
        deployment: Some("acme".into()),
        job: "aws".parse().unwrap(),
        cloud: Cloud::Aws,
        scope: "111122223333".parse().unwrap(),
        asked: Asked {
            regions: Regions::Named(vec!["eu-central-1".into()]),
            home_region: "eu-central-1".into(),
            endpoints: map("*", url::Url::parse("http://127.0.0.1:5000/").unwrap()),
            use_fips: false,
            use_dual_stack: true,
        },
        schedule: Some("0 */6 * * *".into()),
        timezone: "UTC".into(),
        as_of: at("2026-03-01T06:00:00Z"),
        collector: collector(),
        config_sha256: digest(),
        catalogue_sha256: digest(),
    }
}

fn predicate() -> Predicate {
    Predicate {
        sequence: 2,
        previous: Some(Previous { sequence: 1, sha256: digest() }),
        tree: Tree { size: 1, root: digest(), frontier: vec![digest()] },
        job: "aws".parse().unwrap(),
        cloud: Cloud::Aws,
        scope: "111122223333".parse().unwrap(),
        region_set: vec!["eu-central-1".into()],
        schedule: Some("0 */6 * * *".into()),
        timezone: "UTC".into(),
        as_of: at("2026-03-01T06:00:00Z"),
        started_at: at("2026-03-01T06:00:00Z"),
        finished_at: at("2026-03-01T06:00:09Z"),
        collector: collector(),
        identity: Some("arn:aws:sts::111122223333:assumed-role/EvidenceReader/evidenced".into()),
        complete: false,
        gaps: 2,
        counts: Counts { pass: 1, fail: 2, not_evaluated: 3, not_applicable: 4 },
        summary: map("aws.s3.versioning", Counts::default()),
        retention: Retention { mode: RetentionMode::Unknown, days: Some(400), reason: Some("refused".into()) },
        cost: Cost { calls: 1, retries: 1, bytes: 1, seconds: 1.5, cpu_seconds: 0.1, peak_memory_bytes: 1 },
    }
}

fn day() -> Day {
    "2026-03-01".parse().unwrap()
}

fn exception() -> Exception {
    Exception {
        id: "EX-1".into(),
        control: "aws.s3.versioning".into(),
        resource: "*".into(),
        scope: Some("1111*".into()),
        reason: "…".into(),
        owner: "storage team".into(),
        approver: "ciso".into(),
        ticket: "SEC-1".into(),
        starts: at("2026-01-01T00:00:00Z"),
        expires: at("2026-06-01T00:00:00Z"),
    }
}

fn policy() -> Policy {
    Policy {
        id: "SOC2-SEC-POL-001".into(),
        version: "1.0".into(),
        date: "2026-03".into(),
        classification: "Internal".into(),
        owner: "CISO".into(),
        categories: BTreeMap::from([(Category::Security, true)]),
        principles: BTreeMap::from([(Principle::Accountability, "Access is logged".to_owned())]),
        supporting: vec!["Access Control Policy".into()],
        registers: vec![Register { name: "vendors".into(), path: "vendors.csv".into(), sha256: Some(digest()) }],
        approved: Some(Approval { by: "Dana".into(), role: "CISO".into(), on: day() }),
        roles: map("CISO", vec!["Dana".to_owned()]),
        approvals: BTreeMap::from([(Severity::High, vec!["CISO".to_owned()])]),
        reviews: vec![Review { on: day(), by: "Dana".into() }],
        supporting_records: vec![SupportingRecord {
            name: "Access Control Policy".into(),
            path: "policies/access.md".into(),
            owner: "CISO".into(),
            last_reviewed: day(),
            sha256: Some(digest()),
        }],
        exceptions: vec![exception()],
    }
}

fn config() -> Config {
    Config {
        deployment: Some("acme".into()),
        signing: SigningConfig {
            key: "awskms:///alias/evidence".into(),
            previous: Some("file:///etc/evidenced/signing.pem".into()),
        },
        store: StoreConfig {
            url: "s3://acme/soc2".into(),
            require_retention: RetentionDays::try_from("400d".to_owned()).ok(),
        },
        spool: SpoolConfig { dir: "file:///var/lib/evidenced/spool".into(), max_size: Size::of_bytes(1 << 30) },
        timestamp: Some(TimestampConfig {
            url: "https://tsa.example".into(),
            ca: "ca.pem".into(),
            policy: Some("1.2.3.4".into()),
        }),
        policy: Some("policy.yaml".into()),
        exceptions: Some("exceptions.yaml".into()),
        controls: ControlsConfig {
            dir: Some("controls".into()),
            parameters: map("days", json!(30)),
            overrides: map("aws.s3.versioning", map("days", json!(7))),
        },
        jobs: vec![JobConfig {
            name: "aws".parse().unwrap(),
            schedule: "0 */6 * * *".into(),
            timezone: "Europe/Berlin".into(),
            start_jitter: Some("90s".parse().unwrap()),
            max_age: Some("26h".parse().unwrap()),
            aws: Some(AwsJob {
                accounts: Some(Accounts::Ids(vec!["111122223333".into()])),
                role_name: Some("EvidenceReader".into()),
                external_id: Some("x".into()),
                regions: Regions::default(),
            }),
            azure: Some(AzureJob::default()),
            org: Some(OrgJob { name: Some("acme".parse().unwrap()) }),
            gcp: Some(GcpJob {
                organization: Some("123456789".into()),
                folders: Some(vec!["1".into()]),
                projects: Some(vec!["my-project".into()]),
                universe_domain: Some("googleapis.com".into()),
                endpoints: [("cloudasset".to_owned(), "https://cloudasset.googleapis.com/".parse().unwrap())].into(),
            }),
        }],
        http: Some(HttpConfig {
            listen: "127.0.0.1:8080".into(),
            token_file: Some("token".into()),
            tls: Some(TlsConfig { certificate: "tls.pem".into(), key: "tls.key".into() }),
        }),
        exports: vec![json!({})],
        notify: vec![NotifyConfig {
            name: Some("ops".into()),
            url: Some("https://hooks.example/evidenced".into()),
            url_file: Some("url".into()),
            form: Form::Slack,
            secret_file: Some("secret".into()),
            headers_file: Some("headers".into()),
            on: Concern::ALL.into(),
            attempts: 3,
        }],
        telemetry: TelemetryConfig {
            otlp: Some(OtlpConfig { endpoint: "http://127.0.0.1:4318".into(), headers_file: Some("headers".into()) }),
        },
        run: RunConfig { shutdown_grace_seconds: 5 },
    }
}

/// An example of each published document, with every field filled. A new field does not compile until it is here.
/// One of each type, the richest first.
fn events() -> Vec<Event> {
    let run = || RunRef {
        run: "20260301T060000Z-01JNX3ZKQ8".parse().unwrap(),
        sequence: 7,
        statement: "ledger/aws/aws/111122223333/7.json".into(),
        bundle: "bundles/aws/aws/111122223333/7/".into(),
        waited: true,
    };
    let counts = Counts { pass: 1, fail: 2, not_evaluated: 3, not_applicable: 4 };
    let whats = [
        What::VerdictsChanged(VerdictsChanged {
            run: run(),
            counts,
            by_change: BTreeMap::from([(ChangeKind::ResolvedByDeletion, 1)]),
            changes: vec![change()],
            left_out: 0,
        }),
        What::GapsChanged(GapsChanged { run: run(), gaps: 2, before: None, not_evaluated: 3 }),
        What::RunsMissed(RunsMissed { missed: 3, since: at("2026-03-01T00:00:00Z") }),
        What::RunFailed(RunFailed { why: "no".into() }),
        What::ScopeUnreachable(ScopeUnreachable { job: "aws".parse().unwrap(), scope: None, why: "no".into() }),
        What::EvidenceStale(EvidenceStale { age_seconds: 9, max_age_seconds: 5, never: true }),
        What::EvidenceFresh(EvidenceFresh { age_seconds: 1, max_age_seconds: 5 }),
        What::SpoolGrew(SpoolGrew { runs: 1, bytes: 2, oldest: None }),
        What::SpoolEmptied(SpoolEmptied {}),
    ];
    let event = |what| Event {
        specversion: SPEC_VERSION.into(),
        id: "a-1".into(),
        source: "acme/aws/aws/111122223333".into(),
        subject: Some("111122223333".into()),
        time: at("2026-03-01T06:00:00Z"),
        datacontenttype: DATA_TYPE.into(),
        dataschema: DATA_SCHEMA.into(),
        what,
    };
    whats.into_iter().map(event).collect()
}

#[test]
fn every_type_of_event_is_what_its_schema_says_and_reads_back() {
    let schema = PUBLISHED.iter().find(|entry| entry.name == "event").unwrap().schema();
    assert_eq!(schema["$id"], DATA_SCHEMA);
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for event in events() {
        let mut written = serde_json::to_value(&event).unwrap();
        assert_eq!(written["type"], event.what.type_name());
        let errors: Vec<String> = validator.iter_errors(&written).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{written:#}: {errors:?}");
        assert_eq!(serde_json::from_value::<Event>(written.clone()).unwrap(), event);
        written["type"] = json!("dev.evidenced.other");
        assert!(!validator.is_valid(&written), "{written:#}");
    }
}

fn example(name: &str) -> Value {
    let statement = Statement {
        type_: STATEMENT_TYPE.into(),
        subject: vec![Subject {
            name: "bundles/x/run.json".into(),
            digest: SubjectDigest { sha256: digest() },
            annotations: SubjectAnnotations { bytes: 1 },
        }],
        predicate_type: PREDICATE_TYPE.into(),
        predicate: predicate(),
    };
    let envelope = Envelope {
        payload: "e30=".into(),
        payload_type: PAYLOAD_TYPE.into(),
        signatures: vec![Signature { keyid: digest(), sig: "AA==".into() }],
    };
    let value = match name {
        "run" => serde_json::to_value(run()),
        "exchange" => serde_json::to_value(exchange()),
        "resource" => serde_json::to_value(resource()),
        "populations" => serde_json::to_value([population()]),
        "control" => serde_json::to_value(control()),
        "catalogue" => serde_json::to_value([control()]),
        "finding" => serde_json::to_value(finding()),
        "change" => serde_json::to_value(change()),
        "summary" => serde_json::to_value(Summary::of(&[control()], &[finding()])),
        "policy" => serde_json::to_value(policy()),
        "statement" => serde_json::to_value(statement),
        "envelope" => serde_json::to_value(envelope),
        "event" => serde_json::to_value(events().remove(0)),
        "report" => serde_json::to_value(report::report()),
        "sample" => serde_json::to_value(sample::sample()),
        "manifest" => serde_json::to_value(manifest::manifest()),
        "coverage" => serde_json::to_value(coverage::coverage()),
        "config" => serde_json::to_value(config()),
        api if api.starts_with("api-") => api::body(api),
        other => panic!("no example for the published schema `{other}`"),
    };
    value.unwrap()
}

#[test]
fn committed_schemas_are_up_to_date() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("json");
    let write = std::env::var_os("EVIDENCED_WRITE_SCHEMAS").is_some();
    for entry in PUBLISHED {
        let file = folder.join(format!("{}.schema.json", entry.name));
        if write {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, entry.text()).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == entry.text(),
            "{} is out of date: run EVIDENCED_WRITE_SCHEMAS=1 cargo test -p evidenced-schemas",
            file.display()
        );
    }
}

#[test]
fn every_schema_accepts_its_example_and_refuses_an_unknown_field() {
    for entry in PUBLISHED {
        let validator = jsonschema::draft202012::new(&entry.schema()).unwrap();
        let good = example(entry.name);
        let errors: Vec<String> =
            validator.iter_errors(&good).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", entry.name);
        let mut bad = good;
        let object = if bad.is_array() { &mut bad[0] } else { &mut bad };
        object["no_such_field"] = json!(1);
        assert!(!validator.is_valid(&bad), "{} accepts an unknown field", entry.name);
    }
}

#[test]
fn the_types_read_back_what_they_wrote_and_refuse_unknown_fields() {
    let mut line = serde_json::to_value(resource()).unwrap();
    assert_eq!(serde_json::from_value::<Resource>(line.clone()).unwrap(), resource());
    line["no_such_field"] = json!(1);
    assert!(serde_json::from_value::<Resource>(line).is_err());
    assert_eq!(serde_json::from_value::<Control>(example("control")).unwrap(), control());
    assert_eq!(serde_json::from_value::<RunRecord>(example("run")).unwrap(), run());
}

#[test]
fn a_document_without_its_digest_has_that_digest() {
    let document = resource();
    assert_eq!(document.sha256, document.digest());
    let mut changed = document.clone();
    changed.region = "us-east-1".into();
    assert_ne!(changed.digest(), document.sha256);
}
