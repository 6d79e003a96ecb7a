//! What the service tells of its work: traces as their receiver gets them, and the fields of the log.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::fakes::Moto;
use evidenced_tests::http::get;
use evidenced_tests::process::free_port;
use evidenced_tests::receiver::Receiver;
use evidenced_tests::served::{Served, configure, log, until};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue as Any, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message as _;
use serde_json::Value;
use std::collections::BTreeSet;

fn text(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.as_ref()) {
        Some(Any { value: Some(AnyValue::StringValue(text)) }) => text.clone(),
        Some(Any { value: Some(AnyValue::IntValue(number)) }) => number.to_string(),
        _ => String::new(),
    }
}

/// Everything that was received, by the messages' own definition.
fn requests(receiver: &Receiver) -> Vec<ExportTraceServiceRequest> {
    receiver.received().iter().map(|one| ExportTraceServiceRequest::decode(one.body.as_slice()).unwrap()).collect()
}

fn spans(receiver: &Receiver) -> Vec<Span> {
    let requests = requests(receiver).into_iter();
    let scopes = requests.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

fn named<'a>(spans: &'a [Span], run: &Span, name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name && span.trace_id == run.trace_id).collect()
}

fn is_error(span: &Span) -> bool {
    span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error)
}

#[test]
fn a_run_is_a_trace_from_reading_to_each_put() {
    let (moto, desk, receiver) = (Moto::empty(), Desk::default(), Receiver::default());
    std::fs::write(desk.folder().join("headers"), "Authorization: Bearer canary\n").unwrap();
    let otlp = format!("{{endpoint: \"http://127.0.0.1:{}/otlp\", headers_file: headers}}", receiver.port);
    configure(&desk, &format!("telemetry: {{otlp: {otlp}}}\n"));
    let service = Served::start(&desk, moto.port);
    until("a run's spans are sent", &desk, || spans(&receiver).iter().any(|span| span.name == "run"));
    service.stop(&desk);

    let first = &receiver.received()[0];
    assert_eq!(
        (first.path.as_str(), first.headers["content-type"].as_str()),
        ("/otlp/v1/traces", "application/x-protobuf")
    );
    assert_eq!(first.headers["authorization"], "Bearer canary");
    let resource = requests(&receiver)[0].resource_spans[0].resource.clone().unwrap();
    assert_eq!(text(&resource.attributes, "service.name"), "evidenced");
    assert_eq!(text(&resource.attributes, "evidenced.deployment"), "acme prod");
    let all = spans(&receiver);
    let run = all.iter().find(|span| span.name == "run").unwrap();
    for (key, value) in [
        ("evidenced.job", "often"),
        ("evidenced.scope", "123456789012"),
        ("cloud.provider", "aws"),
        ("evidenced.sequence", "1"),
    ] {
        assert_eq!(text(&run.attributes, key), value, "{key}: {run:#?}");
    }
    assert!(run.parent_span_id.is_empty() && !is_error(run), "{run:#?}");
    let mut before = 0;
    for name in ["collect", "evaluate", "seal", "commit"] {
        let steps = named(&all, run, name);
        assert_eq!(steps.len(), 1, "{name}");
        assert_eq!(steps[0].parent_span_id, run.span_id, "{name} is a part of the run");
        assert!(
            steps[0].start_time_unix_nano >= before && steps[0].end_time_unix_nano <= run.end_time_unix_nano,
            "{name}"
        );
        before = steps[0].end_time_unix_nano;
    }
    let read = named(&all, run, "collect")[0];
    assert!(text(&read.attributes, "evidenced.calls").parse::<u64>().unwrap() > 20, "{read:#?}");
    let commit = named(&all, run, "commit")[0];
    let puts = named(&all, run, "store.put");
    assert!(puts.iter().all(|put| put.parent_span_id == commit.span_id));
    let keys: BTreeSet<String> = puts.iter().map(|put| text(&put.attributes, "evidenced.key")).collect();
    assert!(keys.len() > 5 && keys.iter().any(|key| key.starts_with("ledger/")), "{keys:?}");
    assert!(keys.iter().all(|key| desk.store().join(key).exists()), "{keys:?}");
    assert!(!log(&desk).contains("canary") && !log(&desk).contains("store.put"), "no secret and no span is in the log");
}

#[test]
fn the_standard_variable_alone_traces_a_run_by_hand_and_nothing_does_not() {
    let (moto, desk, receiver) = (Moto::empty(), Desk::default(), Receiver::default());
    let address = format!("http://127.0.0.1:{}", receiver.port);
    let call = || desk.collect(moto.port);
    assert_eq!(call().run().code, Some(3));
    assert!(receiver.received().is_empty(), "off by default");
    assert_eq!(
        call().env("OTEL_EXPORTER_OTLP_ENDPOINT", &address).env("OTEL_SERVICE_NAME", "mine").run().code,
        Some(3)
    );
    let all = spans(&receiver);
    assert!(all.iter().any(|span| span.name == "run") && all.iter().any(|span| span.name == "store.put"));
    let resource = requests(&receiver)[0].resource_spans[0].resource.clone().unwrap();
    assert_eq!(text(&resource.attributes, "service.name"), "mine");
}

#[test]
fn a_receiver_that_is_away_delays_nothing_and_what_is_lost_is_counted() {
    let (moto, desk, port) = (Moto::empty(), Desk::default(), free_port());
    let silent = Receiver::answering(0, &[(0, ""); 50]);
    let otlp = format!("telemetry: {{otlp: {{endpoint: \"http://127.0.0.1:{}\"}}}}\n", silent.port);
    configure(&desk, &(format!("http: {{listen: \"127.0.0.1:{port}\"}}\n") + &otlp));
    let service = Served::start(&desk, moto.port);
    let lost = || {
        let body = get(port, "/metrics", None).map(|answer| answer.body).unwrap_or_default();
        body.lines()
            .find_map(|line| line.strip_prefix("evidenced_trace_spans_total{outcome=\"lost\"} ")?.parse::<u64>().ok())
    };
    until("losses are counted", &desk, || lost().is_some_and(|lost| lost > 5));
    let runs = evidenced_tests::evidence::ledger(&desk.store()).len();
    assert!(runs >= 2, "runs went on: {runs}");
    service.stop(&desk);
    assert_eq!(log(&desk).matches("the receiver of traces does not take them").count(), 1, "it is said once");
}

#[test]
fn the_log_has_the_fields_that_are_documented() {
    let (moto, desk, port) = (Moto::empty(), Desk::default(), free_port());
    configure(&desk, &format!("http: {{listen: \"127.0.0.1:{port}\"}}\n"));
    // A key that is made at the start is said in words, before the log.
    let _ = desk.call(["keygen", "--out", "key.pem"]).run().expect_code(0, "keygen");
    let service = Served::start(&desk, moto.port);
    until("two runs", &desk, || log(&desk).matches("run committed").count() >= 2);
    service.stop(&desk);
    let documented = include_str!("../../docs/telemetry.md");
    let mut seen = BTreeSet::new();
    for line in log(&desk).lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for name in ["timestamp", "level", "target", "fields"] {
            assert!(!entry[name].is_null(), "{name}: {line}");
        }
        assert!(entry["fields"]["message"].is_string(), "{line}");
        assert_eq!(entry.as_object().unwrap().len(), 4, "nothing else stands there: {line}");
        if entry["level"] == "INFO" {
            seen.extend(entry["fields"].as_object().unwrap().keys().cloned());
        }
        if entry["fields"]["message"] == "run committed" {
            for name in ["stream", "sequence", "gaps", "pass", "fail", "not_evaluated", "calls", "seconds"] {
                assert!(!entry["fields"][name].is_null(), "{name}: {line}");
            }
        }
    }
    for name in seen {
        assert!(documented.contains(&format!("`{name}`")), "{name} is not in docs/telemetry.md");
    }
}

#[test]
fn every_figure_is_documented() {
    let (moto, desk, port, receiver) = (Moto::empty(), Desk::default(), free_port(), Receiver::default());
    let otlp = format!("telemetry: {{otlp: {{endpoint: \"http://127.0.0.1:{}\"}}}}\n", receiver.port);
    configure(&desk, &(format!("http: {{listen: \"127.0.0.1:{port}\"}}\n") + &otlp));
    let service = Served::start(&desk, moto.port);
    until("a run", &desk, || log(&desk).contains("run committed"));
    let figures = get(port, "/metrics", None).unwrap().body;
    service.stop(&desk);
    let documented = include_str!("../../docs/telemetry.md");
    let names: Vec<&str> = figures
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .map(|(name, _)| name)
        .collect();
    assert!(names.len() > 15, "{figures}");
    for name in names {
        assert!(documented.contains(&format!("`{name}")), "{name} is not in docs/telemetry.md");
    }
}
