//! Every list is read to its end: the real binary against a server that gives each list in two pages
//! (`fakes/paging.py`), for every operation that is declared.
//!
//! The same server answers with every member that botocore documents, and refuses requests that AWS would refuse. So three
//! more things show here: no request has a member that AWS does not know, every list is found in its answer and its items fit,
//! and no member of `config` is one that the provider does not send.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test panics where it fails, and writes its own files"
)]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Bundle, only_bundle};
use evidenced_tests::process::{self, Server};
use evidenced_tests::{binary, fakes};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

const ORGANIZATION: &str = "a run over an organisation reads it: tests/organization.rs";
const SEVERAL: &str = "the server answers a call about several things with one of them, which is refused whole";
const ANOTHER: &str = "the server's answer is about another thing than was asked for, and is refused";
const NO_ALERT: &str = "no rule or alarm of the server is one of an alert, so no topic is asked about: tests/alarms.rs";

/// Operations that a run over this server never asks, and why.
const NOT_ASKED: &[(&str, &str)] = &[
    ("s3:GetBucketLocation", "the list of buckets says the region"),
    ("acm:DescribeCertificate", "the server's certificates are not under renewal"),
    ("organizations:DescribePolicy", ORGANIZATION),
    ("organizations:ListAccounts", ORGANIZATION),
    ("organizations:ListPoliciesForTarget", ORGANIZATION),
    ("organizations:ListRoots", ORGANIZATION),
    (
        "rds:DescribeDBParameters",
        "every database of the server is a member of a cluster, whose parameters are asked for",
    ),
    ("sns:ListSubscriptionsByTopic", NO_ALERT),
];

/// Members of `config` that nothing here fills, and why. A type, a path, or the start of one (of every one when empty).
const NOT_FILLED: &[(&str, &str, &str)] = &[
    ("aws.iam.principal", "policies.group", "the server's users are in none of its groups"),
    ("aws.acm.certificate", "renewal_summary", "the server's certificates are not under renewal"),
    (
        "aws.cloudfront.distribution",
        "default_cache_behavior.path_pattern",
        "the default behaviour is for every other path",
    ),
    ("aws.cloudwatch.alarm-coverage", "topics", NO_ALERT),
    ("aws.ecs.task-definition", "", SEVERAL),
    ("aws.elb.classic-load-balancer", "listener_descriptions.ssl_protocols", ANOTHER),
    ("aws.elb.load-balancer", "listeners.ssl_protocols", ANOTHER),
    ("aws.guardduty.finding", "", SEVERAL),
    ("aws.organizations.account", "parents", ORGANIZATION),
    ("aws.organizations.member", "", ORGANIZATION),
    ("aws.organizations.organization", "", ORGANIZATION),
    ("aws.secretsmanager.secret", "current_version", "no version of the server has the stage AWSCURRENT"),
    ("aws.sns.topic", "attributes", ANOTHER),
    ("aws.sqs.queue", "attributes", ANOTHER),
];

/// Populations that stay incomplete here, and why.
const INCOMPLETE: &[(&str, &str)] = &[("aws.ecs.task-definition", SEVERAL), ("aws.guardduty.finding", SEVERAL)];

struct Shown {
    declared: Value,
    bundle: Bundle,
    log: Vec<Value>,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// One run over the server, in one region.
fn shown() -> Shown {
    let desk = Desk::default();
    let declared = binary::declarations(&[]);
    let file = desk.folder().join("declared.json");
    let log = desk.folder().join("asked.jsonl");
    std::fs::write(&file, &declared).unwrap();
    let port = process::free_port();
    let arguments = [&port.to_string(), file.to_str().unwrap(), log.to_str().unwrap()];
    let output = desk.folder().join("server.log");
    let server = Server::start(&mut fakes::python_command("paging.py", &arguments), &output);
    assert!(process::listens(port, Duration::from_mins(1)), "{}", std::fs::read_to_string(&output).unwrap());
    let arguments = ["collect", "--json", "--store", &desk.store_url(), "--key", "key.pem", "--region", "us-east-1"];
    let done = desk.call(arguments).aws(port).run();
    assert!(matches!(done.code, Some(0 | 3)), "{done:#?}");
    drop(server);
    let log = std::fs::read_to_string(log).unwrap();
    let log = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Shown { declared: serde_json::from_str(&declared).unwrap(), bundle: only_bundle(&desk.store()), log }
}

#[test]
fn no_list_ends_at_its_first_page() {
    let shown = shown();
    let mut wrong = Vec::new();
    wrong.extend(requests(&shown));
    wrong.extend(pages(&shown));
    wrong.extend(populations(&shown.bundle));
    wrong.extend(members(&shown.bundle));
    assert!(wrong.is_empty(), "{} things are not as they must be:\n{}", wrong.len(), wrong.join("\n"));
    // Not that each thing has one verdict: the server shows the same finding in two analyzers.
    shown.bundle.assert_balanced();
}

/// Requests that AWS would refuse.
fn requests(shown: &Shown) -> Vec<String> {
    let refused = |row: &&Value| row["wrong"].as_array().is_none_or(|wrong| !wrong.is_empty());
    let lines: BTreeSet<String> =
        shown.log.iter().filter(refused).map(|row| format!("request {}: {}", row["operation"], row["wrong"])).collect();
    lines.into_iter().collect()
}

/// Operations that were not asked for their second page, or not at all.
fn pages(shown: &Shown) -> Vec<String> {
    let operations = shown.declared["operations"].as_array().unwrap();
    let mut wrong = Vec::new();
    let mut with_pages = 0;
    let mut known: BTreeMap<_, _> = NOT_ASKED.iter().copied().collect();
    for operation in operations {
        let name = format!("{}:{}", text(&operation["service"]), text(&operation["name"]));
        let asked = |page: u64| shown.log.iter().any(|row| row["operation"] == *name && row["page"] == page);
        if known.remove(name.as_str()).is_some() {
            if asked(1) {
                wrong.push(format!("{name} is asked, and stands in NOT_ASKED"));
            }
        } else if !asked(1) {
            wrong.push(format!("{name} is never asked: {}", operation["types"]));
        } else if has_pages(shown, &name, operation) {
            with_pages += 1;
            if !(asked(2) && exchanged(&shown.bundle, operation)) {
                wrong.push(format!("{name} ends at its first page"));
            }
        }
    }
    wrong.extend(known.keys().map(|name| format!("{name} stands in NOT_ASKED and is no operation")));
    assert!(with_pages > 10, "only {with_pages} lists have pages");
    wrong
}

/// Declared so, or answered in pages because botocore's paginators know it.
fn has_pages(shown: &Shown, name: &str, operation: &Value) -> bool {
    operation["paging"].is_object() || shown.log.iter().any(|row| row["operation"] == *name && row["page"] == 2)
}

/// The evidence holds a request with the token of the second page, and its answer.
fn exchanged(bundle: &Bundle, operation: &Value) -> bool {
    let token = format!("second-page-of-{}", text(&operation["name"]));
    bundle.exchanges.iter().any(|exchange| {
        let request = &exchange["request"];
        exchange["operation"] == operation["name"]
            && exchange["service"] == operation["service"]
            && (text(&request["url"]).contains(&token) || text(&request["body"]).contains(&token))
            && exchange["response"]["status"] == 200
    })
}

/// Populations that are not whole: their list was not found, or its items do not fit what is documented.
fn populations(bundle: &Bundle) -> Vec<String> {
    let cut_short = bundle.populations.iter().filter(|row| row["complete"] != true);
    let unknown = cut_short.filter(|row| !INCOMPLETE.iter().any(|known| row["type"] == known.0));
    unknown.map(|row| format!("population {} is incomplete: {}", row["type"], row["reason"])).collect()
}

/// Members of `config` that stay null although the server sends everything that the provider documents.
fn members(bundle: &Bundle) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/json/resources");
    let mut wrong = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let schema: Value = serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        let kind = text(&schema["properties"]["type"]["const"]).to_owned();
        if !kind.starts_with("aws.") {
            continue;
        }
        let mut found = BTreeSet::new();
        for resource in bundle.resources.iter().filter(|resource| resource["type"] == *kind) {
            filled(&resource["config"], "", &mut found);
        }
        let mut promised = BTreeSet::new();
        promise(&schema["properties"]["config"], &schema["$defs"], "", &mut vec![], &mut promised);
        for path in &promised {
            let parent_is_there = path.rsplit_once('.').is_none_or(|(parent, _)| found.contains(parent));
            let known = NOT_FILLED.iter().any(|row| row.0 == kind && path.starts_with(row.1));
            if !found.contains(path) && parent_is_there && !known {
                wrong.push(format!("{kind}: config.{path} stays null whatever the provider sends"));
            }
        }
    }
    wrong
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Paths of a value that are not null; items of a list stand where the list does.
fn filled(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(_, member)| !member.is_null()) {
                let inner = below(path, name);
                filled(member, &inner, found);
                found.insert(inner);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| filled(item, path, found)),
        _ => {}
    }
}

/// Paths that a schema has.
fn promise(schema: &Value, defs: &Value, path: &str, inside: &mut Vec<String>, found: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        if inside.iter().any(|outer| outer == name) {
            return;
        }
        inside.push(name.to_owned());
        promise(&defs[name], defs, path, inside, found);
        inside.pop();
    }
    for either in ["anyOf", "oneOf", "allOf"].iter().filter_map(|word| schema[word].as_array()).flatten() {
        promise(either, defs, path, inside, found);
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let inner = below(path, name);
        promise(member, defs, &inner, inside, found);
        found.insert(inner);
    }
    if schema["items"].is_object() {
        promise(&schema["items"], defs, path, inside, found);
    }
}
