//! `serve`: the API over a real store, its answers counted again from the bundles themselves, and read by others' validators.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Bundle, bundles, contents, files};
use evidenced_tests::fakes::{program, scripts};
use evidenced_tests::http::Answer;
use evidenced_tests::process::output;
use evidenced_tests::reading::{Reading, field};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

const TOKEN: &str = "canary-0123456789abcdef";

/// A store with the demo's runs.
fn demo() -> (Desk, Vec<Bundle>) {
    let desk = Desk::default();
    let _ = desk.call(["demo", "--key", "key.pem"]).run().expect_code(0, "demo");
    let all = bundles(&desk.store());
    (desk, all)
}

fn serving(desk: &Desk) -> Reading {
    Reading::start(desk, &["--key", "key.pub.pem"])
}

/// A body that is what its published schema says.
fn told(desk: &Desk, reading: &Reading, schema: &str, path: &str) -> Value {
    let body = reading.json(path);
    meets(desk, schema, &body);
    body
}

fn meets(desk: &Desk, name: &str, body: &Value) {
    let schema: Value = desk.call(["schema", name]).run().expect_code(0, name).json();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
}

fn refused(desk: &Desk, answer: &Answer, status: u16) -> Value {
    assert_eq!(
        (answer.status, field(answer, "content-type")),
        (status, Some("application/problem+json")),
        "{answer:?}"
    );
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    meets(desk, "api-problem", &body);
    assert_eq!(body["status"], status);
    body
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("no {name} in {value}"))
}

fn stream(bundle: &Bundle) -> String {
    let predicate = &bundle.statement["predicate"];
    [&predicate["job"], &predicate["cloud"], &predicate["scope"]].map(|part| part.as_str().unwrap()).join("/")
}

/// Verdicts by a key of the control, over all bundles.
fn counted(all: &[Bundle], key: impl Fn(&Value) -> String) -> BTreeMap<(String, String), u64> {
    let mut counts = BTreeMap::new();
    for bundle in all {
        let controls: BTreeMap<&str, &Value> =
            bundle.catalogue.iter().map(|one| (one["id"].as_str().unwrap(), one)).collect();
        for finding in &bundle.findings {
            let key = key(controls[finding["control"].as_str().unwrap()]);
            *counts.entry((key, finding["verdict"].as_str().unwrap().to_owned())).or_default() += 1;
        }
    }
    counts
}

fn flat(by: &Value, of: impl Fn(&Value) -> Value) -> BTreeMap<(String, String), u64> {
    let mut counts = BTreeMap::new();
    for (key, own) in by.as_object().unwrap() {
        for (verdict, count) in of(own).as_object().unwrap() {
            counts.insert((key.clone(), verdict.clone()), count.as_u64().unwrap());
        }
    }
    counts.retain(|_, count| *count > 0);
    counts
}

#[test]
fn the_summary_counts_what_the_bundles_hold() {
    let (desk, all) = demo();
    let reading = serving(&desk);
    let summary = told(&desk, &reading, "api-summary", "/v1/summary");
    assert_eq!((summary["about"]["signatures"].as_str(), summary["about"]["stale"].is_null()), (Some("checked"), true));
    assert_eq!(list(&summary, "streams").len(), all.len());
    for own in list(&summary, "streams") {
        let bundle = all.iter().find(|bundle| stream(bundle) == own["stream"].as_str().unwrap()).unwrap();
        let predicate = &bundle.statement["predicate"];
        assert_eq!(own["posture"]["counts"], predicate["counts"]);
        assert_eq!((&own["newest"]["gaps"], &own["newest"]["complete"]), (&predicate["gaps"], &predicate["complete"]));
        assert_eq!(own["newest"]["as_of"], predicate["as_of"]);
    }
    let total = &summary["total"];
    let word = |name: &'static str| move |control: &Value| control[name].as_str().unwrap().to_owned();
    for (axis, key) in [("principles", "principle"), ("categories", "category"), ("severities", "severity")] {
        assert_eq!(flat(&total[axis], Clone::clone), counted(&all, word(key)), "{axis}");
    }
    assert_eq!(total["criteria"].as_object().unwrap().len(), 61);
    let primary = |control: &Value| control["criteria"]["primary"].as_str().unwrap().to_owned();
    assert_eq!(flat(&total["criteria"], |own| own["primary"].clone()), counted(&all, primary));

    let coverage = told(&desk, &reading, "api-coverage", "/v1/coverage");
    assert_eq!((list(&coverage, "criteria").len(), list(&coverage, "principles").len()), (61, 5));
    assert_eq!(coverage["modes"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum::<u64>(), 61);
    let one = stream(&all[0]);
    let only = told(&desk, &reading, "api-summary", &format!("/v1/summary?stream={one}"));
    assert_eq!((list(&only, "streams").len(), &only["total"]["counts"]), (1, &all[0].statement["predicate"]["counts"]));
}

#[test]
fn pages_give_each_finding_once_and_filters_let_through_what_they_say() {
    let (desk, all) = demo();
    let reading = serving(&desk);
    let expected: usize = all.iter().map(|bundle| bundle.findings.len()).sum();
    let (mut seen, mut path, mut ranks) = (BTreeSet::new(), "/v1/findings?limit=211".to_owned(), Vec::new());
    loop {
        let page = told(&desk, &reading, "api-findings", &path);
        assert_eq!(page["total"].as_u64(), Some(expected as u64));
        for finding in list(&page, "findings") {
            let place = (finding["run"].as_str().unwrap().to_owned(), finding["line"].as_u64().unwrap());
            let bundle = all.iter().find(|bundle| bundle.run["run"] == finding["run"]).unwrap();
            let own = &bundle.findings[usize::try_from(place.1 - 1).unwrap()];
            for field in ["control", "resource", "verdict", "reason", "message", "exchanges", "exception", "scope"] {
                assert_eq!(own[field], finding[field], "{field}");
            }
            ranks.push(
                ["critical", "high", "medium", "low"].iter().position(|word| finding["severity"] == **word).unwrap(),
            );
            assert!(seen.insert(place), "{finding} stands twice");
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/findings?limit=211&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), expected);
    assert!(ranks.is_sorted(), "the most severe stand first");

    let count = |test: &dyn Fn(&Bundle, &Value) -> bool| {
        all.iter()
            .flat_map(|bundle| bundle.findings.iter().map(move |finding| (bundle, finding)))
            .filter(|(bundle, finding)| test(bundle, finding))
            .count()
    };
    let control = |bundle: &Bundle, finding: &Value| {
        bundle.catalogue.iter().find(|one| one["id"] == finding["control"]).unwrap().clone()
    };
    let first = &all[0].findings.iter().find(|finding| finding["resource"]["region"].is_string()).unwrap();
    let (id, region, type_) = (&first["control"], &first["resource"]["region"], &first["resource"]["type"]);
    let part = first["resource"]["id"].as_str().unwrap().to_uppercase();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for (query, expected) in [
        ("verdict=fail".to_owned(), count(&|_, finding| finding["verdict"] == "fail")),
        (
            "verdict=fail&verdict=not_evaluated".to_owned(),
            count(&|_, finding| finding["verdict"] == "fail" || finding["verdict"] == "not_evaluated"),
        ),
        ("cloud=gcp".to_owned(), count(&|bundle, _| bundle.run["cloud"] == "gcp")),
        (
            format!("scope={}", text(&all[0].run["scope"])),
            count(&|bundle, _| bundle.run["scope"] == all[0].run["scope"]),
        ),
        (format!("control={}", text(id)), count(&|_, finding| finding["control"] == *id)),
        (
            "principle=accountability&verdict=fail".to_owned(),
            count(&|bundle, finding| {
                finding["verdict"] == "fail" && control(bundle, finding)["principle"] == "accountability"
            }),
        ),
        ("severity=critical".to_owned(), count(&|bundle, finding| control(bundle, finding)["severity"] == "critical")),
        (
            "category=availability".to_owned(),
            count(&|bundle, finding| control(bundle, finding)["category"] == "availability"),
        ),
        (
            "criterion=CC6.1".to_owned(),
            count(&|bundle, finding| control(bundle, finding)["criteria"].to_string().contains("\"CC6.1\"")),
        ),
        (format!("resource_type={}", text(type_)), count(&|_, finding| finding["resource"]["type"] == *type_)),
        (format!("region={}", text(region)), count(&|_, finding| finding["resource"]["region"] == *region)),
        (
            format!("resource={}", part.replace(':', "%3A").replace('/', "%2F")),
            count(&|_, finding| finding["resource"]["id"].as_str().is_some_and(|id| id.to_uppercase().contains(&part))),
        ),
        ("excepted=false".to_owned(), count(&|_, finding| finding["exception"].is_null())),
        ("job=default".to_owned(), count(&|bundle, _| bundle.run["job"] == "default")),
        ("job=nobody".to_owned(), 0),
    ] {
        let page = told(&desk, &reading, "api-findings", &format!("/v1/findings?{query}"));
        assert_eq!(page["total"].as_u64(), Some(expected as u64), "{query}");
        assert_eq!(list(&page, "findings").len(), expected.min(100), "{query}");
    }
}

#[test]
fn a_finding_leads_down_to_the_raw_exchange() {
    let (desk, all) = demo();
    let reading = serving(&desk);
    for cloud in ["aws", "azure", "gcp"] {
        let page = reading.json(&format!("/v1/findings?verdict=fail&cloud={cloud}&limit=40"));
        let found = list(&page, "findings").iter().find(|finding| !finding["resource"].is_null()).unwrap();
        let whole = told(&desk, &reading, "api-finding", found["evidence"].as_str().unwrap());
        assert_eq!(whole["finding"], *found);
        let bundle = all.iter().find(|bundle| bundle.run["run"] == found["run"]).unwrap();
        assert_eq!(whole["statement"]["path"], bundle.ledger);
        assert_eq!(whole["resource"]["sha256"], found["resource"]["sha256"]);
        assert!(bundle.resources.contains(&whole["resource"]) && bundle.catalogue.contains(&whole["control"]));
        for file in list(&whole, "files") {
            assert!(
                bundle.statement["subject"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|subject| subject["name"] == file["path"] && subject["digest"]["sha256"] == file["sha256"])
            );
        }
        let numbers: Vec<&Value> = list(&whole, "exchanges").iter().map(|head| &head["seq"]).collect();
        assert_eq!(numbers, list(found, "exchanges").iter().collect::<Vec<_>>());
        let exchange = told(&desk, &reading, "api-exchange", whole["exchanges"][0]["whole"].as_str().unwrap());
        assert!(bundle.exchanges.contains(&exchange["exchange"]), "it is the bundle's own");
    }
    let run = all[0].run["run"].as_str().unwrap();
    for missing in [
        format!("/v1/findings/{run}/999999"),
        format!("/v1/findings/{run}/0"),
        format!("/v1/exchanges/{run}/x"),
        "/v1/exchanges/nobody/1".to_owned(),
        "/v1/exchanges/../1".to_owned(),
    ] {
        let _ = refused(&desk, &reading.get(&missing), 404);
    }
}

#[test]
fn controls_runs_and_time_are_told() {
    let (desk, all) = demo();
    let reading = serving(&desk);
    let controls = told(&desk, &reading, "api-controls", "/v1/controls");
    let known: BTreeSet<&str> =
        all.iter().flat_map(|bundle| &bundle.catalogue).map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(
        list(&controls, "controls").iter().map(|one| one["control"].as_str().unwrap()).collect::<BTreeSet<_>>(),
        known
    );
    let failing = told(&desk, &reading, "api-controls", "/v1/controls?state=fail&cloud=aws&text=S3");
    assert!(!list(&failing, "controls").is_empty());
    for one in list(&failing, "controls") {
        assert!(
            one["counts"]["fail"].as_u64() > Some(0)
                && one["control"].as_str().unwrap().starts_with("aws.")
                && one["state"] == "fail",
            "{one}"
        );
    }
    let id = failing["controls"][0]["control"].as_str().unwrap();
    let whole = told(&desk, &reading, "api-control", &format!("/v1/controls/{id}"));
    assert!(all.iter().any(|bundle| bundle.catalogue.contains(&whole["definition"])));
    let _ = refused(&desk, &reading.get("/v1/controls/aws.nothing"), 404);

    let time = told(&desk, &reading, "api-timeline", &format!("/v1/timeline?control={id}"));
    for stream in list(&time, "streams") {
        let intervals = list(stream, "intervals");
        assert_eq!((&intervals[0]["from"], &intervals[intervals.len() - 1]["to"]), (&time["from"], &time["to"]));
        assert!(intervals.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]), "there is no hole: {intervals:?}");
        assert_eq!((&intervals[0]["state"], &intervals[0]["why"]), (&json!("no_evidence"), &json!("not_begun")));
    }
    assert!(list(&time, "streams").iter().any(|stream| list(stream, "intervals").last().unwrap()["state"] == "fail"));
    let as_of = all[0].run["as_of"].as_str().unwrap();
    let part = told(
        &desk,
        &reading,
        "api-timeline",
        &format!("/v1/timeline?control={id}&from={as_of}&stream={}", stream(&all[0])),
    );
    assert_eq!(
        (list(&part, "streams").len(), &part["from"], &part["streams"][0]["intervals"][0]["from"]),
        (1, &json!(as_of), &json!(as_of))
    );
    let before = refused(&desk, &reading.get(&format!("/v1/timeline?control={id}&to=2001-01-01T00:00:00Z")), 400);
    assert!(before["detail"].as_str().unwrap().contains("it goes from"), "{before}");

    let runs = told(&desk, &reading, "api-bundles", "/v1/bundles");
    assert_eq!(runs["total"].as_u64(), Some(all.len() as u64));
    for run in list(&runs, "bundles") {
        let bundle = all.iter().find(|bundle| bundle.run["run"] == run["run"]).unwrap();
        let digest = output(Command::new("sha256sum").arg(desk.store().join(&bundle.ledger)));
        assert_eq!(
            (run["statement"]["path"].as_str().unwrap(), run["statement"]["sha256"].as_str()),
            (&*bundle.ledger, digest.split(' ').next())
        );
        assert_eq!(run["counts"], bundle.statement["predicate"]["counts"]);
    }
    let (mut seen, mut path) = (BTreeSet::new(), "/v1/bundles?limit=2".to_owned());
    while let page = reading.json(&path)
        && list(&page, "bundles").iter().all(|run| seen.insert(run["run"].to_string()))
        && let Some(next) = page["next"].as_str()
    {
        path = format!("/v1/bundles?limit=2&cursor={next}");
    }
    assert_eq!(seen.len(), all.len());
    let trend = told(&desk, &reading, "api-trend", "/v1/trend");
    let last = list(&trend, "points").last().unwrap();
    assert_eq!((last["known"].as_u64(), last["unknown"].as_u64()), (Some(all.len() as u64), Some(0)));
    assert_eq!(last["counts"], reading.json("/v1/summary")["total"]["counts"]);
}

#[test]
fn answers_have_tags_and_what_is_wrong_is_refused_with_words() {
    let (desk, _) = demo();
    let before: Vec<(String, Vec<u8>)> =
        files(&desk.store()).into_iter().map(|file| (file.clone(), contents(&desk.store().join(file)))).collect();
    let reading = serving(&desk);
    for path in [
        "/v1/coverage",
        "/v1/findings?verdict=fail&limit=5",
        "/openapi.json",
        "/",
        "/assets/dashboard.js",
        "/assets/dashboard.css",
    ] {
        let whole = reading.get(path);
        let tag = field(&whole, "etag").unwrap_or_else(|| panic!("{path}: {whole:?}")).to_owned();
        assert!(whole.status == 200 && tag.starts_with('"'), "{path}: {whole:?}");
        assert_eq!(field(&whole, "cache-control"), Some("private, no-cache"), "{path}");
        let (get, has) = (format!("GET {path} HTTP/1.1"), format!("If-None-Match: \"x\", {tag}"));
        let again = reading.ask(&[&get, &has]);
        assert_eq!((again.status, again.body.as_str(), field(&again, "etag")), (304, "", Some(&*tag)), "{path}");
        let head = reading.ask(&[&format!("HEAD {path} HTTP/1.1")]);
        assert_eq!((head.status, head.body.as_str(), field(&head, "etag")), (200, "", Some(&*tag)), "{path}");
        assert_eq!(
            field(&head, "content-length").map(|length| length.parse().unwrap()),
            Some(whole.body.len()),
            "{path}"
        );
        for (name, value) in
            [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")]
        {
            assert_eq!(field(&whole, name), Some(value), "{path}");
        }
        let policy = field(&whole, "content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';")
                && !policy.contains("unsafe"),
            "{policy}"
        );
    }
    for (path, word) in [
        ("/v1/findings?verdit=fail", "there is stream, cloud"),
        ("/v1/findings?verdict=failed", "not_evaluated"),
        ("/v1/findings?limit=0", "from 1 to 1000"),
        ("/v1/findings?cursor=abc", "take it from `next`"),
        ("/v1/findings?limit=1&limit=2", "twice"),
        ("/v1/timeline", "`control` is needed"),
        ("/v1/timeline?control=a&from=yesterday", "2026-03-31T12:00:00Z"),
        ("/v1/coverage?x=1", "there are none here"),
        ("/v1/controls?criterion=CC9.9", "CC6.1"),
    ] {
        let body = refused(&desk, &reading.get(path), 400);
        assert!(body["detail"].as_str().unwrap().contains(word) && body["parameter"].is_string(), "{path}: {body}");
    }
    let _ = refused(&desk, &reading.get("/v1/nothing"), 404);
    let _ = refused(&desk, &reading.get("/assets/../Cargo.toml"), 404);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let answer = reading.ask(&[&format!("{method} /v1/summary HTTP/1.1")]);
        let _ = refused(&desk, &answer, 405);
        assert_eq!(field(&answer, "allow"), Some("GET, HEAD"));
    }
    let _ = refused(&desk, &reading.ask(&["GET /v1/summary HTTP/1.1", "Content-Length: 1"]), 413);
    assert_eq!(reading.stop(), Some(0));
    let after: Vec<(String, Vec<u8>)> =
        files(&desk.store()).into_iter().map(|file| (file.clone(), contents(&desk.store().join(file)))).collect();
    assert!(before == after, "the store is as it was");
}

#[test]
fn who_has_no_token_gets_nothing() {
    let (desk, _) = demo();
    let file = desk.folder().join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let reading = Reading::start(&desk, &["--token-file", "token"]);
    for path in ["/", "/assets/dashboard.js", "/v1/summary", "/openapi.json", "/readyz", "/nothing"] {
        let answer = reading.get(path);
        let _ = refused(&desk, &answer, 401);
        let schemes: Vec<&str> =
            answer.head.lines().filter(|line| line.to_lowercase().starts_with("www-authenticate:")).collect();
        assert!(
            schemes.len() == 2 && schemes[0].contains("Bearer") && schemes[1].contains("Basic realm"),
            "{schemes:?}"
        );
    }
    let bearer = format!("Authorization: Bearer {TOKEN}");
    assert_eq!(reading.ask(&["GET / HTTP/1.1", &bearer]).status, 200);
    // base64 of `me:` and the token
    let basic = "Authorization: Basic bWU6Y2FuYXJ5LTAxMjM0NTY3ODlhYmNkZWY=";
    reading.until("it is read", "/readyz", |_| reading.ask(&["GET /readyz HTTP/1.1", basic]).status == 200);
    let summary: Value = serde_json::from_str(&reading.ask(&["GET /v1/summary HTTP/1.1", basic]).body).unwrap();
    assert_eq!(summary["about"]["signatures"], "not_checked", "no key was given");
    assert_eq!(reading.get("/healthz").status, 200);
    assert!(!reading.log().contains(TOKEN), "the token is never shown");
    for (arguments, word) in [
        (&["--listen", "0.0.0.0:0"][..], "--token-file"),
        (&["--listen", "localhost"], "--listen"),
        (&["--token-file", "absent"], "openssl rand -hex 32"),
        (&["--tls-certificate", "c.pem"], "--tls-key"),
        (&["--key", "absent.pem"], "absent.pem"),
        (&["--stream", "x"], "job/cloud/scope"),
        (&["--days", "0"], "--days"),
        (&["--refresh", "soon"], "90s"),
    ] {
        let all = ["serve", "--store", "evidence"].into_iter().chain(arguments.iter().copied());
        let done = desk.call(all).run().expect_code(2, word);
        assert!(done.stderr.contains(word), "{word}: {}", done.stderr);
    }
    let done = desk
        .call(["serve", "--store", "nowhere", "--listen", "127.0.0.1:0"])
        .run()
        .expect_code(2, "a store that is not there");
    assert!(done.stderr.contains("nowhere") && !desk.folder().join("nowhere").exists(), "{}", done.stderr);
}

#[test]
fn without_a_token_a_page_of_another_name_reads_nothing() {
    let (desk, _) = demo();
    let reading = serving(&desk);
    let url = format!("http://127.0.0.1:{}/v1/summary", reading.port);
    let status = |host: &str| {
        output(Command::new("curl").args([
            "--noproxy",
            "*",
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "-H",
            &format!("Host: {host}"),
            &url,
        ]))
    };
    assert_eq!(
        (status("evil.example"), status("localhost:1"), status("[::1]")),
        ("421".into(), "200".into(), "200".into())
    );
}

#[test]
fn a_damaged_bundle_is_named_and_gives_nothing() {
    let (desk, all) = demo();
    let file = all[0].statement["subject"][2]["name"].as_str().unwrap();
    spoil(&desk, file);
    let reading = serving(&desk);
    let summary = told(&desk, &reading, "api-summary", "/v1/summary");
    let problem = &summary["problems"][0];
    assert_eq!((problem["kind"].as_str(), problem["file"].as_str()), (Some("digest_mismatch"), Some(file)));
    let own = list(&summary, "streams").iter().find(|own| own["stream"] == stream(&all[0])).unwrap();
    assert_eq!(
        (own["damaged"].as_u64(), &own["no_evidence"], own["newest"].is_null()),
        (Some(1), &json!("damaged"), true)
    );
    assert_eq!(own["posture"]["counts"]["pass"], 0);
    let rest: usize = all[1..].iter().map(|bundle| bundle.findings.len()).sum();
    assert_eq!(reading.json("/v1/findings")["total"].as_u64(), Some(rest as u64));
    assert_eq!(told(&desk, &reading, "api-bundles", "/v1/bundles?whole=false")["total"], 1);
    let run = all[0].run["run"].as_str().unwrap();
    for path in [format!("/v1/findings/{run}/1"), format!("/v1/exchanges/{run}/1")] {
        let _ = refused(&desk, &reading.get(&path), 409);
    }
    // What is damaged after it was read gives nothing either.
    let exchanges =
        all[1].statement["subject"].as_array().unwrap().iter().map(|subject| subject["name"].as_str().unwrap());
    spoil(&desk, exchanges.clone().find(|name| name.ends_with("exchanges.jsonl.zst")).unwrap());
    let late = refused(&desk, &reading.get(&format!("/v1/exchanges/{}/1", all[1].run["run"].as_str().unwrap())), 409);
    assert!(late["detail"].as_str().unwrap().contains("was changed or replaced"), "{late}");
}

fn spoil(desk: &Desk, file: &str) {
    let path = desk.store().join(file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, bytes).unwrap();
}

#[test]
fn a_store_that_goes_away_leaves_what_was_read_and_one_that_grew_is_read_again() {
    let (desk, all) = demo();
    let reading = Reading::start(&desk, &["--key", "key.pub.pem", "--refresh", "1s"]);
    let page = reading.json("/v1/findings?limit=1");
    let away = desk.folder().join("away");
    std::fs::rename(desk.store(), &away).unwrap();
    let answer = reading.until("it says so", "/readyz", |answer| answer.status == 503);
    assert!(answer.body.contains("could not be read since"), "{}", answer.body);
    let summary = told(&desk, &reading, "api-summary", "/v1/summary");
    assert!(
        summary["about"]["stale"]["what"].is_string() && list(&summary, "streams").len() == all.len(),
        "{}",
        summary["about"]
    );
    let _ = refused(&desk, &reading.get(page["findings"][0]["evidence"].as_str().unwrap()), 409);
    std::fs::rename(&away, desk.store()).unwrap();
    reading.until("it is read again", "/readyz", |answer| answer.status == 200);
    assert!(reading.json("/v1/summary")["about"]["stale"].is_null());
    assert!(reading.log().contains("what was read before stands"), "{}", reading.log());

    let _ = desk.call(["demo", "--cloud", "aws", "--key", "key.pem"]).run().expect_code(0, "demo again");
    let grown = |answer: &Answer| {
        serde_json::from_str::<Value>(&answer.body).unwrap()["total"].as_u64() > Some(all.len() as u64)
    };
    reading.until("new runs are told", "/v1/bundles", grown);
    let _ =
        refused(&desk, &reading.get(&format!("/v1/findings?limit=1&cursor={}", page["next"].as_str().unwrap())), 410);
}

#[test]
fn others_find_nothing_wrong_with_the_api() {
    let (desk, _) = demo();
    let reading = serving(&desk);
    let api = |name: &str| program("api").join(name);
    let document = desk.folder().join("openapi.json");
    std::fs::write(&document, reading.get("/openapi.json").body).unwrap();
    let said = output(Command::new(api("openapi-spec-validator")).arg(&document));
    assert!(said.contains("OK"), "{said}");
    let url = format!("http://127.0.0.1:{}", reading.port);
    let mut command = Command::new(api("schemathesis"));
    command.current_dir(desk.folder()).env("NO_PROXY", "127.0.0.1");
    command.args([
        "--config-file",
        scripts().join("schemathesis.toml").to_str().unwrap(),
        "run",
        &format!("{url}/openapi.json"),
        "--url",
        &url,
    ]);
    let said = output(&mut command);
    assert!(said.contains("No issues found"), "{said}");
}
