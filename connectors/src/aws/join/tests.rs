//! The joins over documents made by hand: each truth, each falsehood, and each input that was not read.

use super::*;
use crate::collection::Tally;
use crate::document::Draft;
use evidenced_schemas::{Cloud, GapReason};
use serde_json::json;

fn at(seconds: i64) -> Instant {
    Instant::new(chrono::DateTime::from_timestamp(seconds, 0).unwrap())
}

pub(super) fn document(
    type_: &str,
    id: &str,
    name: &str,
    region: &str,
    seq: u64,
    config: &Value,
    derived: &Value,
) -> Resource {
    let mut draft = Draft::new(type_, id, name, region);
    draft.saw(&crate::document::Read { value: (), exchanges: vec![seq], at: Some(at(seq.cast_signed())) });
    draft.finish(Cloud::Aws, &"123456789012".parse().unwrap(), at(0), config, derived)
}

fn bucket(name: &str, region: &str, seq: u64) -> Resource {
    let config = json!({"name": name, "bucket_region": region, "logging": null, "replication": null});
    let derived = json!({"effective_public_read": false, "effective_public_write": false});
    document(BUCKET, &format!("arn:aws:s3:::{name}"), name, region, seq, &config, &derived)
}

/// A multi-region trail that logs every object of every bucket to `bucket`.
fn trail(bucket: &str, seq: u64) -> Resource {
    let config = json!({
        "s3_bucket_name": bucket, "home_region": "us-east-1", "is_multi_region_trail": true,
        "status": {"is_logging": true},
    });
    let events = json!({"read_all": true, "write_all": true, "read_buckets": [], "write_buckets": []});
    let id = format!("arn:aws:cloudtrail:us-east-1:123456789012:trail/{seq}");
    document(TRAIL, &id, &format!("trail-{seq}"), "us-east-1", seq, &config, &json!({"s3_data_events": events}))
}

/// The field is missing, for this reason.
fn unread(mut document: Resource, field: &str, operation: &str) -> Resource {
    let (root, path) = field.split_once('.').unwrap();
    let map = if root == "config" { &mut document.config } else { &mut document.derived };
    map.remove(path).expect("the field was there");
    let gap = Gap {
        field: field.to_owned(),
        operation: operation.to_owned(),
        reason: GapReason::Denied,
        code: "AccessDenied".to_owned(),
    };
    document.gaps.push(gap);
    document.sealed()
}

fn set(mut document: Resource, pointer: &str, value: Value) -> Resource {
    let mut whole = json!({"config": document.config, "derived": document.derived});
    *whole.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} was not there")) = value;
    document.config = whole["config"].as_object().unwrap().clone();
    document.derived = whole["derived"].as_object().unwrap().clone();
    document.sealed()
}

/// Joins these documents; the lists in `cut` were cut short.
fn joined(resources: Vec<Resource>, cut: &[(&str, &str)]) -> Collected {
    let mut rows: std::collections::BTreeSet<(String, String)> =
        resources.iter().map(|resource| (resource.type_.clone(), resource.region.clone())).collect();
    rows.insert((TRAIL.to_owned(), "us-east-1".to_owned()));
    rows.insert((BUCKET.to_owned(), "us-east-1".to_owned()));
    let close = |(type_, region): (String, String)| {
        let mut tally = Tally::new(&type_, &region);
        for (_, reason) in cut.iter().filter(|(cut, _)| *cut == type_) {
            tally.cut_short((*reason).to_owned());
        }
        tally.close(&resources)
    };
    let populations = rows.into_iter().map(close).collect();
    let mut collected = Collected { resources, populations, ..Collected::default() };
    apply(&mut collected);
    for row in &collected.populations {
        assert!(row.balances(), "{row:?}");
        let gaps = |wanted: bool| {
            let of_row = |r: &&Resource| r.type_ == row.type_ && r.region == row.region && r.gaps.is_empty() != wanted;
            collected.resources.iter().filter(of_row).count() as u64
        };
        assert_eq!((row.not_evaluated, row.evaluated), (gaps(true), gaps(false)), "{row:?}");
    }
    assert!(collected.resources.iter().all(|resource| resource.sha256 == resource.digest()), "sealed again");
    collected
}

fn of<'a>(collected: &'a Collected, name: &str) -> &'a Resource {
    collected.resources.iter().find(|resource| resource.name == name).unwrap()
}

/// A fact, or the operation of the gap in its place.
fn told(resource: &Resource, key: &str) -> Result<bool, String> {
    let field = format!("derived.{key}");
    let gap = resource.gaps.iter().find(|gap| gap.field == field);
    match (at_path(resource, key), gap) {
        (Some(value), None) => Ok(value),
        (None, Some(gap)) => Err(gap.operation.clone()),
        (value, gap) => panic!("{field} is {value:?} and its gap {gap:?}"),
    }
}

fn at_path(resource: &Resource, key: &str) -> Option<bool> {
    let value = cause::at(resource, &format!("derived.{key}"))?;
    Some(value.as_bool().expect("a fact is a boolean"))
}

const DENIED_TRAILS: (&str, &str) = (TRAIL, "cloudtrail:DescribeTrails denied (AccessDeniedException)");
const DENIED_BUCKETS: (&str, &str) = (BUCKET, "s3:ListBuckets throttled (SlowDown)");

fn denied(operation: &str) -> Result<bool, String> {
    Err(operation.to_owned())
}

#[test]
fn a_trail_makes_its_bucket_a_log_target() {
    let collected = joined(vec![bucket("logs", "us-east-1", 1), bucket("data", "eu-west-1", 2), trail("logs", 3)], &[]);
    let (logs, data) = (of(&collected, "logs"), of(&collected, "data"));
    assert_eq!((told(logs, "is_trail_target"), told(logs, "is_log_target")), (Ok(true), Ok(true)));
    assert_eq!((told(data, "is_trail_target"), told(data, "is_log_target")), (Ok(false), Ok(false)));
    assert_eq!((logs.exchanges.as_slice(), logs.observed_at), ([1, 3].as_slice(), at(3)));
    assert_eq!(data.exchanges, [2, 3], "that the trail delivers elsewhere is why");
}

#[test]
fn access_logging_makes_another_bucket_a_log_target() {
    let logging = |bucket: Resource, target: &str| set(bucket, "/config/logging", json!({"target_bucket": target}));
    let source = logging(bucket("source", "us-east-1", 1), "logs");
    let own = logging(bucket("own", "us-east-1", 4), "own");
    let collected = joined(vec![source, bucket("logs", "us-east-1", 2), own], &[]);
    let logs = of(&collected, "logs");
    assert_eq!((told(logs, "is_trail_target"), told(logs, "is_log_target")), (Ok(false), Ok(true)));
    assert_eq!(logs.exchanges, [1, 2]);
    assert_eq!(told(of(&collected, "source"), "is_log_target"), Ok(false));
    assert_eq!(told(of(&collected, "own"), "is_log_target"), Ok(false), "a bucket that logs to itself");
}

#[test]
fn what_was_not_read_leaves_only_the_open_facts_unknown() {
    let buckets = || vec![bucket("logs", "us-east-1", 1), bucket("data", "us-east-1", 2)];
    let collected = joined(buckets(), &[DENIED_TRAILS]);
    for key in ["is_trail_target", "is_log_target", "covered_by_data_events"] {
        assert_eq!(told(of(&collected, "data"), key), denied("cloudtrail:DescribeTrails"), "{key}");
    }
    let gap = &of(&collected, "data").gaps[0];
    assert_eq!((gap.reason, gap.code.as_str()), (GapReason::Denied, "AccessDeniedException"));

    let collected = joined([buckets(), vec![trail("logs", 3)]].concat(), &[DENIED_TRAILS]);
    assert_eq!(told(of(&collected, "logs"), "is_trail_target"), Ok(true), "one trail proves it");
    assert_eq!(told(of(&collected, "data"), "covered_by_data_events"), Ok(true), "one trail proves it");
    assert_eq!(told(of(&collected, "data"), "is_trail_target"), denied("cloudtrail:DescribeTrails"));

    let silent = unread(bucket("silent", "us-east-1", 4), "config.logging", "s3:GetBucketLogging");
    let collected = joined([buckets(), vec![trail("logs", 3), silent]].concat(), &[]);
    assert_eq!(told(of(&collected, "logs"), "is_log_target"), Ok(true));
    assert_eq!(told(of(&collected, "data"), "is_log_target"), denied("s3:GetBucketLogging"));
    assert_eq!(told(of(&collected, "data"), "is_trail_target"), Ok(false));
    assert_eq!(told(of(&collected, "silent"), "is_log_target"), Ok(false), "its own logging does not matter to it");

    let collected = joined([buckets(), vec![trail("logs", 3)]].concat(), &[DENIED_BUCKETS]);
    assert_eq!(told(of(&collected, "data"), "is_log_target"), denied("s3:ListBuckets"));
    assert_eq!(told(of(&collected, "logs"), "is_log_target"), Ok(true));
}

#[test]
fn a_family_without_any_row_was_not_read() {
    let mut collected = Collected { resources: vec![bucket("data", "us-east-1", 1)], ..Collected::default() };
    apply(&mut collected);
    assert_eq!(told(&collected.resources[0], "is_trail_target"), denied("cloudtrail:DescribeTrails"));
}

#[test]
fn one_trail_must_record_reads_and_writes_of_the_whole_bucket() {
    let events = "/derived/s3_data_events";
    let set_events = |read_all: bool, write_all: bool, read: &[&str], write: &[&str]| {
        let value = json!({"read_all": read_all, "write_all": write_all, "read_buckets": read, "write_buckets": write});
        set(trail("logs", 9), events, value)
    };
    let status = |value: bool| set(trail("logs", 9), "/config/status/is_logging", json!(value));
    let regional = |home: &str| {
        set(set(trail("logs", 9), "/config/is_multi_region_trail", json!(false)), "/config/home_region", json!(home))
    };
    let two = vec![
        set_events(true, false, &[], &[]),
        Resource { id: "arn:other".to_owned(), ..set_events(false, true, &[], &[]) }.sealed(),
    ];
    let no_events = || unread(trail("logs", 9), "derived.s3_data_events", "cloudtrail:GetEventSelectors");
    let no_status = || unread(trail("logs", 9), "config.status", "cloudtrail:GetTrailStatus");
    let no_status_and_no_writes = set(no_status(), "/derived/s3_data_events/write_all", json!(false));
    let cases: Vec<(&str, Vec<Resource>, Result<bool, String>)> = vec![
        ("all", vec![trail("logs", 9)], Ok(true)),
        ("by name", vec![set_events(false, false, &["data"], &["data", "x"])], Ok(true)),
        ("all reads, writes by name", vec![set_events(true, false, &[], &["data"])], Ok(true)),
        ("another name", vec![set_events(false, false, &["data"], &["data2"])], Ok(false)),
        ("reads in one trail, writes in another", two, Ok(false)),
        ("a trail that stopped", vec![status(false)], Ok(false)),
        ("a trail of this region", vec![regional("eu-west-1")], Ok(true)),
        ("a trail of another region", vec![regional("us-east-1")], Ok(false)),
        ("no trail", vec![], Ok(false)),
        ("selectors unread", vec![no_events()], denied("cloudtrail:GetEventSelectors")),
        ("status unread", vec![no_status()], denied("cloudtrail:GetTrailStatus")),
        ("status unread, but no writes", vec![no_status_and_no_writes], Ok(false)),
        (
            "one unread, another proves it",
            vec![no_events(), Resource { id: "arn:other".to_owned(), ..trail("logs", 8) }.sealed()],
            Ok(true),
        ),
    ];
    for (name, trails, expected) in cases {
        let collected = joined([vec![bucket("data", "eu-west-1", 1)], trails].concat(), &[]);
        assert_eq!(told(of(&collected, "data"), "covered_by_data_events"), expected, "{name}");
    }
    let lost = unread(bucket("data", "unknown", 1), "config.bucket_region", "s3:GetBucketLocation");
    let collected = joined(vec![lost.clone(), regional("us-east-1")], &[]);
    assert_eq!(told(of(&collected, "data"), "covered_by_data_events"), denied("s3:GetBucketLocation"));
    let collected = joined(vec![lost, trail("logs", 9)], &[]);
    assert_eq!(told(of(&collected, "data"), "covered_by_data_events"), Ok(true), "the trail is in every region");
}

#[test]
fn a_trail_learns_how_its_bucket_is_protected() {
    let silent = set(trail("logs", 9), "/config/status/is_logging", json!(false));
    let log_bucket = |bucket: Resource, trail: Resource| {
        let collected = joined(vec![bucket, trail], &[]);
        let trail = of(&collected, "trail-9").clone();
        (told(&trail, "log_bucket.is_public"), told(&trail, "log_bucket.access_logged"), trail)
    };
    let plain = || bucket("logs", "us-east-1", 1);
    let (public, logged, document) = log_bucket(plain(), silent.clone());
    assert_eq!((public, logged), (Ok(false), Ok(false)));
    assert_eq!(
        document.derived["log_bucket"],
        json!({"name": "logs", "in_account": true, "is_public": false, "access_logged": false})
    );
    assert_eq!(document.exchanges, [1, 9]);
    let (_, logged, _) = log_bucket(plain(), trail("logs", 9));
    assert_eq!(logged, Ok(true), "data events log its access");
    let logging = set(plain(), "/config/logging", json!({"target_bucket": "other"}));
    assert_eq!(log_bucket(logging, silent.clone()).1, Ok(true));
    for key in ["effective_public_read", "effective_public_write"] {
        let open = set(plain(), &format!("/derived/{key}"), json!(true));
        assert_eq!(log_bucket(open, silent.clone()).0, Ok(true), "{key}");
        let lost = unread(plain(), &format!("derived.{key}"), "s3:GetBucketAcl");
        assert_eq!(log_bucket(lost, silent.clone()).0, denied("s3:GetBucketAcl"), "{key}");
    }
    let lost = unread(plain(), "config.logging", "s3:GetBucketLogging");
    assert_eq!(log_bucket(lost.clone(), silent).1, denied("s3:GetBucketLogging"));
    assert_eq!(log_bucket(lost, trail("logs", 9)).1, Ok(true), "data events prove it");
}

#[test]
fn the_bucket_of_another_account_is_known_by_name_alone() {
    let collected = joined(vec![bucket("data", "us-east-1", 1), trail("elsewhere", 9)], &[]);
    let trail_9 = of(&collected, "trail-9");
    assert_eq!(trail_9.derived["log_bucket"], json!({"name": "elsewhere", "in_account": false}));
    let gap = trail_9.gaps.iter().find(|gap| gap.field == "derived.log_bucket").unwrap();
    assert_eq!((gap.reason, gap.code.as_str()), (GapReason::Denied, "bucket of another account"));

    let collected = joined(vec![trail("elsewhere", 9)], &[DENIED_BUCKETS]);
    let trail_9 = of(&collected, "trail-9");
    assert!(!trail_9.derived.contains_key("log_bucket"), "it may be one of the buckets that were not listed");
    assert_eq!((trail_9.gaps[0].operation.as_str(), trail_9.gaps[0].reason), ("s3:ListBuckets", GapReason::Throttled));
}

#[test]
fn joining_does_not_depend_on_the_order_of_documents() {
    let mut resources = vec![
        set(bucket("a", "us-east-1", 1), "/config/logging", json!({"target_bucket": "c"})),
        set(bucket("b", "eu-west-1", 2), "/config/logging", json!({"target_bucket": "c"})),
        bucket("c", "us-east-1", 3),
        unread(bucket("d", "us-east-1", 4), "config.logging", "s3:GetBucketLogging"),
        unread(trail("c", 5), "config.status", "cloudtrail:GetTrailStatus"),
        unread(trail("x", 6), "derived.s3_data_events", "cloudtrail:GetEventSelectors"),
    ];
    let first = joined(resources.clone(), &[]).ordered();
    resources.reverse();
    assert_eq!(first.resources, joined(resources, &[]).ordered().resources);
}

#[test]
fn a_bucket_replicates_to_another_region_when_an_enabled_rule_leads_there() {
    const KEY: &str = "replicates_to_another_region";
    let rules = |rules: &[(&str, &str)]| {
        let rule =
            |(status, to): &(&str, &str)| json!({"status": status, "destination_bucket": format!("arn:aws:s3:::{to}")});
        json!({"role": "r", "rules": rules.iter().map(rule).collect::<Vec<_>>()})
    };
    let of_rules = |replication: Value, cut: &[(&str, &str)]| {
        let from = set(bucket("from", "us-east-1", 1), "/config/replication", replication);
        let others = [bucket("near", "us-east-1", 2), bucket("far", "eu-west-1", 3), trail("near", 4)];
        let collected = joined([from].into_iter().chain(others).collect(), cut);
        (told(of(&collected, "from"), KEY), of(&collected, "from").exchanges.clone())
    };
    assert_eq!(of_rules(Value::Null, &[]).0, Ok(false));
    assert_eq!(of_rules(rules(&[("Enabled", "far")]), &[]), (Ok(true), vec![1, 3, 4]));
    assert_eq!(of_rules(rules(&[("Enabled", "near"), ("Disabled", "far")]), &[]).0, Ok(false));
    let list = || Err("s3:ListBuckets".to_owned());
    assert_eq!(of_rules(rules(&[("Enabled", "foreign")]), &[]).0, list(), "a bucket of another account");
    assert_eq!(of_rules(rules(&[("Enabled", "foreign"), ("Enabled", "far")]), &[]).0, Ok(true), "one rule is enough");
    let cut = [(BUCKET, "s3:ListBuckets denied (AccessDenied)")];
    assert_eq!(of_rules(rules(&[("Enabled", "lost")]), &cut).0, list());
    let nowhere = json!({"role": "r", "rules": [{"status": "Enabled", "destination_bucket": null}]});
    assert_eq!(of_rules(nowhere, &[]).0, Err("s3:GetBucketReplication".to_owned()));

    let refused = unread(bucket("from", "us-east-1", 1), "config.replication", "s3:GetBucketReplication");
    let collected = joined(vec![refused], &[]);
    assert_eq!(told(of(&collected, "from"), KEY), Err("s3:GetBucketReplication".to_owned()));
    let from = set(bucket("from", "us-east-1", 1), "/config/replication", rules(&[("Enabled", "to")]));
    let to = unread(bucket("to", "eu-west-1", 2), "config.bucket_region", "s3:GetBucketLocation");
    let collected = joined(vec![from, to], &[]);
    assert_eq!(told(of(&collected, "from"), KEY), Err("s3:GetBucketLocation".to_owned()));
}
