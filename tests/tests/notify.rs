//! Notifications of the real service, as a receiver sees them. Signatures are checked by openssl.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::fakes::Moto;
use evidenced_tests::fakes::gcp_projects::GcpProjects;
use evidenced_tests::http::{ask_with, get};
use evidenced_tests::process::{free_port, output};
use evidenced_tests::receiver::{Received, Receiver};
use evidenced_tests::running::Running;
use evidenced_tests::served::{PATIENCE, Served, configure, log, until};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// `whsec_` and these bytes in base64.
const SECRET_HEX: &str = "63616e6172792d7365637265742d6f662d7468652d776562686f6f6b2d3031";
const SECRET: &str = "whsec_Y2FuYXJ5LXNlY3JldC1vZi10aGUtd2ViaG9vay0wMQ==";

fn secret_file(desk: &Desk, name: &str, text: &str) {
    let file = desk.folder().join(name);
    std::fs::write(&file, format!("{text}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn notify(port: u16, more: &str) -> String {
    format!(
        "notify:\n  - {{name: ops, url: \"http://127.0.0.1:{port}/hook/canary\", secret_file: secret, on: [verdict-changed, gaps], {more}}}\n"
    )
}

/// The signature that Standard Webhooks asks for, by openssl.
fn signature(desk: &Desk, message: &Received) -> String {
    let mut signed =
        format!("{}.{}.", message.headers["webhook-id"], message.headers["webhook-timestamp"]).into_bytes();
    signed.extend_from_slice(&message.body);
    let file = desk.folder().join("signed");
    std::fs::write(&file, signed).unwrap();
    let script = "openssl dgst -sha256 -mac HMAC -macopt hexkey:$1 -binary $2 | openssl base64 -A";
    format!("v1,{}", output(Command::new("sh").args(["-c", script, "sh", SECRET_HEX]).arg(&file)))
}

fn types(messages: &[Received]) -> Vec<String> {
    messages.iter().map(|message| message.json()["type"].as_str().unwrap().to_owned()).collect()
}

fn ids(messages: &[Received]) -> Vec<String> {
    messages.iter().map(|message| message.json()["id"].as_str().unwrap().to_owned()).collect()
}

fn letters(desk: &Desk, extension: &str) -> Vec<PathBuf> {
    let folder = desk.folder().join("evidenced-spool/.notify/ops");
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

/// Makes a bucket, as somebody in the account does: the next run has verdicts that the one before had not.
fn make_bucket(moto: &Moto, name: &str) {
    let authorization = "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x";
    let line = format!("PUT /{name} HTTP/1.1");
    let made = ask_with(moto.port, &[&line, authorization, "Content-Length: 0"], "").unwrap();
    assert_eq!(made.status, 200, "{made:?}");
}

/// What CloudEvents 1.0 asks of an event in structured mode.
fn is_cloud_event(message: &Received) -> Value {
    assert_eq!(message.headers["content-type"], "application/cloudevents+json; charset=utf-8");
    let event = message.json();
    for (name, value) in [("specversion", "1.0"), ("datacontenttype", "application/json")] {
        assert_eq!(event[name], value, "{event:#}");
    }
    for name in ["id", "source", "type", "time", "dataschema"] {
        assert!(event[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {event:#}");
    }
    assert!(event["source"].as_str().unwrap().starts_with("acme%20prod"), "a URI reference: {event:#}");
    let instant = event["time"].as_str().unwrap();
    assert!(instant.ends_with('Z') && instant.as_bytes()[10] == b'T', "RFC 3339: {instant}");
    assert!(event["data"].is_object());
    event
}

#[test]
fn gaps_and_changed_verdicts_are_told_once_signed_and_in_order() {
    let (moto, desk, receiver, port) = (Moto::empty(), Desk::default(), Receiver::default(), free_port());
    secret_file(&desk, "secret", SECRET);
    let http = format!("http: {{listen: \"127.0.0.1:{port}\"}}\n");
    configure(&desk, &(http + &notify(receiver.port, "attempts: 8")));
    let service = Served::start(&desk, moto.port);
    until("the first gaps are told", &desk, || !receiver.taken().is_empty());
    make_bucket(&moto, "a-new-bucket");
    let changed = |message: &Received| message.json()["type"] == "dev.evidenced.verdicts.changed";
    until("changed verdicts are told", &desk, || receiver.taken().iter().any(changed));
    let figures = get(port, "/metrics", None).unwrap().body;
    assert!(figures.contains("evidenced_notifications_total{destination=\"ops\",outcome=\"dead\"} 0"), "{figures}");
    service.stop(&desk);

    let told = receiver.taken();
    assert_eq!(
        types(&told)[0],
        "dev.evidenced.gaps.changed",
        "an empty account has gaps, and nothing that it differs from"
    );
    for message in &told {
        let event = is_cloud_event(message);
        assert_eq!(message.headers["webhook-id"], event["id"].as_str().unwrap());
        assert_eq!(message.headers["webhook-signature"], signature(&desk, message));
        assert_eq!(event["source"], "acme%20prod/often/aws/123456789012");
        assert_eq!(event["subject"], event["data"]["run"], "a run's event names the run");
        assert!(desk.store().join(event["data"]["statement"].as_str().unwrap()).exists(), "{event:#}");
    }
    let event = told.iter().find(|message| changed(message)).unwrap().json();
    let listed = event["data"]["changes"].as_array().unwrap();
    assert!(
        listed.iter().any(|change| change["resource"]["id"].as_str().is_some_and(|id| id.contains("a-new-bucket")))
    );
    let of_kinds: u64 =
        event["data"]["by_change"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(of_kinds, listed.len() as u64 + event["data"]["left_out"].as_u64().unwrap());
    assert!(listed.windows(2).all(|two| two[0]["change"] == "opened" || two[1]["change"] != "opened"), "{listed:#?}");
    let mut once = ids(&told);
    once.sort();
    once.dedup();
    assert_eq!(once.len(), told.len(), "nothing is told twice");
    assert_eq!(letters(&desk, "json").len() + letters(&desk, "dead").len(), 0, "what was taken is not kept");
    assert!(!log(&desk).contains("canary"), "neither the secret nor the address is in the log");
}

#[test]
fn what_is_not_taken_is_sent_again_with_its_id_before_anything_else() {
    let answers = [(500, ""), (429, "Retry-After: 3\r\n"), (0, "")];
    let (moto, desk, receiver) = (Moto::empty(), Desk::default(), Receiver::answering(0, &answers));
    secret_file(&desk, "secret", SECRET);
    configure(&desk, &notify(receiver.port, "attempts: 6"));
    let service = Served::start(&desk, moto.port);
    until("the first message is taken at last", &desk, || receiver.taken().len() == 1);
    make_bucket(&moto, "another-bucket");
    until("the next message is taken", &desk, || receiver.taken().len() >= 2);
    service.stop(&desk);
    let all = receiver.received();
    assert_eq!(all.iter().map(|one| one.answered).take(4).collect::<Vec<_>>(), [500, 429, 0, 204]);
    assert!(ids(&all[..4]).windows(2).all(|two| two[0] == two[1]), "the same message: {:?}", ids(&all));
    assert!(all[..4].windows(2).all(|two| two[0].body == two[1].body), "the same bytes");
    assert!(all[2].at - all[1].at >= Duration::from_secs(3), "Retry-After is kept");
    for message in &all {
        assert_eq!(
            message.headers["webhook-signature"],
            signature(&desk, message),
            "each attempt is signed for its time"
        );
    }
    assert!(bundles(&desk) > 2, "runs went on while the receiver did not answer");
}

fn bundles(desk: &Desk) -> usize {
    evidenced_tests::evidence::ledger(&desk.store()).len()
}

#[test]
fn dead_letters_are_kept_named_counted_and_sent_after_the_next_start() {
    let (moto, desk, port, away) = (Moto::empty(), Desk::default(), free_port(), free_port());
    secret_file(&desk, "secret", SECRET);
    let http = format!("http: {{listen: \"127.0.0.1:{port}\"}}\n");
    configure(&desk, &(http + &notify(away, "attempts: 2")));
    let service = Served::start(&desk, moto.port);
    until("the first dead letter", &desk, || letters(&desk, "dead").len() == 1);
    make_bucket(&moto, "the-second-letter");
    until("the second dead letter", &desk, || letters(&desk, "dead").len() == 2);
    let figures = get(port, "/metrics", None).unwrap().body;
    for (name, least) in [
        ("evidenced_notifications_kept{destination=\"ops\",state=\"dead\"} ", 2),
        ("evidenced_notifications_total{destination=\"ops\",outcome=\"dead\"} ", 2),
        ("evidenced_notifications_total{destination=\"ops\",outcome=\"attempt_failed\"} ", 4),
    ] {
        let value = figures.lines().find_map(|line| line.strip_prefix(name)?.parse::<u64>().ok());
        assert!(value.is_some_and(|value| value >= least), "{name}: {figures}");
    }
    service.stop(&desk);
    let first = log(&desk);
    assert!(first.contains("is a dead letter") && first.contains("\"destination\":\"ops\""), "{first}");
    let mode = std::fs::metadata(letters(&desk, "dead")[0].parent().unwrap()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);

    let receiver = Receiver::answering(away, &[]);
    let service = Served::start(&desk, moto.port);
    until("both are sent", &desk, || receiver.taken().len() >= 2);
    until("what was sent is gone", &desk, || letters(&desk, "dead").is_empty());
    service.stop(&desk);
    let told = types(&receiver.taken());
    assert_eq!(told[..2], ["dev.evidenced.gaps.changed", "dev.evidenced.verdicts.changed"], "in their order: {told:?}");
    assert!(!(first + &log(&desk)).contains("canary"));
}

#[test]
fn a_redirect_is_not_followed_and_slack_gets_a_text() {
    let elsewhere = Receiver::default();
    let location: &'static str = format!("Location: http://127.0.0.1:{}/\r\n", elsewhere.port).leak();
    let (moto, desk) = (Moto::empty(), Desk::default());
    let (hooks, slack) = (Receiver::answering(0, &[(307, location)]), Receiver::default());
    secret_file(&desk, "secret", SECRET);
    secret_file(&desk, "address", &format!("http://127.0.0.1:{}/services/canary", slack.port));
    let second = "  - {name: chat, url_file: address, form: slack, on: [gaps]}\n";
    configure(&desk, &(notify(hooks.port, "attempts: 5") + second));
    let service = Served::start(&desk, moto.port);
    until("it is a dead letter at once", &desk, || letters(&desk, "dead").len() == 1);
    until("the text is sent", &desk, || !slack.taken().is_empty());
    service.stop(&desk);
    assert!(elsewhere.received().is_empty() && hooks.received()[0].answered == 307);
    let message = &slack.taken()[0];
    assert_eq!(
        (message.path.as_str(), message.headers["content-type"].as_str()),
        ("/services/canary", "application/json; charset=utf-8")
    );
    let text = message.json()["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("*acme%20prod/often/aws/123456789012*\n") && text.contains("could not be read"), "{text}");
    assert!(log(&desk).contains("not followed") && !log(&desk).contains("canary"), "{}", log(&desk));
}

#[test]
fn a_run_by_hand_tells_too_and_a_receiver_that_is_silent_holds_it_up_for_seconds() {
    let (moto, desk) = (Moto::empty(), Desk::default());
    let receiver = Receiver::answering(0, &[(0, ""), (0, ""), (0, "")]);
    secret_file(&desk, "secret", SECRET);
    configure(&desk, &notify(receiver.port, "attempts: 3"));
    let began = Instant::now();
    let done = desk.call(["collect", "--config", "evidenced.yaml", "--json"]).aws(moto.port).run();
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(began.elapsed() < PATIENCE && receiver.received().len() == 1, "{:?}", began.elapsed());
    assert_eq!(letters(&desk, "json").len(), 1, "it waits for the next start");
    drop(receiver);
    let receiver = Receiver::default();
    configure(&desk, &notify(receiver.port, "attempts: 3"));
    let done = desk.call(["collect", "--config", "evidenced.yaml", "--json"]).aws(moto.port).run();
    assert_eq!(done.code, Some(3), "{done:?}");
    assert_eq!(
        types(&receiver.taken()),
        ["dev.evidenced.gaps.changed", "dev.evidenced.gaps.changed"],
        "that of each run"
    );
}

#[test]
fn stale_evidence_a_growing_spool_and_missed_runs_are_told_and_so_is_their_end() {
    let (projects, desk, receiver) = (GcpProjects::new(1), Desk::default(), Receiver::default());
    projects.configure(&desk, &["schedule: \"*/2 * * * * *\"", "max_age: 10s"]);
    secret_file(&desk, "secret", SECRET);
    desk.append(&format!(
        "deployment: acme prod\nnotify:\n  - {{name: ops, url: \"http://127.0.0.1:{}/\", secret_file: secret, on: [stale, spool-growth, missed-runs]}}\n",
        receiver.port
    ));
    let checked = desk.call(["config", "check", "--config", "evidenced.yaml"]).run().expect_code(0, "config check");
    assert!(checked.stdout.contains("notify   ops (missed-runs, stale, spool-growth)\n"), "{}", checked.stdout);
    let call = projects.call(&desk, ["run", "--config", "evidenced.yaml"]);
    let service = Running::start(call, desk.folder().join("run.log"));
    service.wait_for("a first run", || bundles(&desk) > 0);
    let told = |what: &str| {
        let of_type = format!("dev.evidenced.{what}");
        receiver
            .taken()
            .iter()
            .map(Received::json)
            .filter(|event| event["type"] == of_type.as_str())
            .collect::<Vec<_>>()
    };
    assert!(receiver.taken().is_empty(), "all is well: {:?}", types(&receiver.taken()));
    // A file where the bundles would be: the store takes nothing.
    let (folder, aside) = (desk.store().join("bundles"), desk.folder().join("aside"));
    std::fs::rename(&folder, &aside).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    service.wait_for("it is told that runs wait", || !told("spool.grew").is_empty());
    service.wait_for("it is told that evidence is old", || !told("evidence.stale").is_empty());
    let (grew, stale) = (told("spool.grew").remove(0), told("evidence.stale").remove(0));
    assert!(grew["data"]["runs"].as_u64() >= Some(1) && grew["data"]["bytes"].as_u64() > Some(0), "{grew:#}");
    assert_eq!(
        (stale["source"].as_str(), stale["data"]["max_age_seconds"].as_i64()),
        (Some("acme%20prod/gcp/gcp/many-0000"), Some(10))
    );
    assert!(told("evidence.fresh").is_empty() && told("spool.emptied").is_empty());
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(&aside, &folder).unwrap();
    service.wait_for("it is told that none waits", || told("spool.emptied").len() == 1);
    service.wait_for("it is told that evidence is fresh", || told("evidence.fresh").len() == 1);
    assert_eq!(told("evidence.stale").len(), 1, "once for all the time that it was old");
    // A machine that sleeps.
    let before = told("runs.missed").len();
    service.signal("STOP");
    std::thread::sleep(Duration::from_secs(7));
    service.signal("CONT");
    service.wait_for("it is told what was missed", || told("runs.missed").len() > before);
    let missed = told("runs.missed").pop().unwrap();
    assert!(missed["data"]["missed"].as_u64() >= Some(1), "{missed:#}");
    for message in receiver.taken() {
        let _ = is_cloud_event(&message);
        assert_eq!(message.headers["webhook-signature"], signature(&desk, &message));
    }
    service.stopped();
}
