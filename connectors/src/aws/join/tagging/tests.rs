use super::*;
use crate::aws::{sns, sqs};
use evidenced_schemas::{Cloud, Instant};
use serde_json::json;
use std::collections::BTreeMap;

const BUCKET: &str = "aws.s3.bucket";
const QUEUE: &str = "aws.sqs.queue";
const TOPIC: &str = "aws.sns.topic";

fn store(type_: &str, id: &str, region: &str, tags: Option<&[(&str, &str)]>) -> Resource {
    let mut draft = Draft::new(type_, id, id, region);
    let at = Instant::new(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    draft.saw(&Read { value: (), exchanges: vec![7], at: Some(at) });
    let map = |tags: &[(&str, &str)]| -> BTreeMap<String, String> {
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    draft.tags(tags.map_or(Field::Unread, |tags| Field::Value(map(tags))));
    draft.finish(Cloud::Aws, &"123456789012".parse().unwrap(), at, &json!({}), &json!({}))
}

fn refused(mut store: Resource) -> Resource {
    store.gaps.push(Gap {
        field: "tags".to_owned(),
        operation: "sqs:ListQueueTags".to_owned(),
        reason: GapReason::Denied,
        code: "AccessDenied".to_owned(),
    });
    store.sealed()
}

/// Whole lists of every kind of store in these regions, and the rows of tags; `cut` were cut short.
fn collected(resources: Vec<Resource>, regions: &[&str], cut: &[(&str, &str)]) -> Collected {
    let mut places: BTreeSet<(&str, &str)> = BTreeSet::from([(BUCKET, "global")]);
    for region in regions {
        places.extend(STORES.iter().filter(|kind| **kind != BUCKET).map(|kind| (*kind, *region)));
        places.insert((TYPE, *region));
    }
    places.extend(resources.iter().map(|store| (store.type_.as_str(), store.region.as_str())));
    let close = |(type_, region): (&str, &str)| {
        let mut tally = Tally::new(type_, region);
        tally.page();
        if cut.contains(&(type_, region)) {
            tally.cut_short(format!("{type_} denied (X)"));
        }
        tally.close(&resources)
    };
    let populations = places.into_iter().map(close).collect();
    Collected { resources, populations, ..Collected::default() }
}

fn added(mut collected: Collected) -> (Vec<Resource>, Vec<Population>) {
    add(&mut collected);
    let collected = collected.ordered();
    let resources = collected.resources.into_iter().filter(|document| document.type_ == TYPE).collect();
    let rows: Vec<Population> = collected.populations.into_iter().filter(|row| row.type_ == TYPE).collect();
    assert!(rows.iter().all(Population::balances));
    (resources, rows)
}

#[test]
fn every_store_has_a_document_with_its_own_tags_and_nothing_else_has() {
    let tagged = [("data-classification", "internal")];
    let stores = vec![
        store(QUEUE, "arn:queue", "us-east-1", Some(&tagged)),
        store(TOPIC, "arn:topic", "us-east-1", Some(&[])),
        store(BUCKET, "arn:bucket", "eu-west-1", Some(&[])),
        store("aws.kms.key", "arn:key", "us-east-1", Some(&tagged)),
    ];
    let (documents, rows) = added(collected(stores, &["us-east-1"], &[]));
    let ids: Vec<_> = documents.iter().map(|document| document.id.as_str()).collect();
    assert_eq!(ids, ["arn:bucket", "arn:queue", "arn:topic"]);
    let queue = &documents[1];
    assert_eq!(queue.tags.as_ref().unwrap()["data-classification"], "internal");
    assert_eq!((queue.config["resource_type"].as_str(), queue.exchanges.as_slice()), (Some(QUEUE), &[7][..]));
    let told: Vec<_> = rows.iter().map(|row| (row.region.as_str(), row.listed, row.complete)).collect();
    assert_eq!(told, [("eu-west-1", 1, true), ("global", 0, true), ("us-east-1", 2, true)]);
}

#[test]
fn tags_that_were_not_read_are_a_gap_and_never_no_tags() {
    let stores = vec![refused(store(QUEUE, "arn:a", "us-east-1", None)), store(TOPIC, "arn:b", "us-east-1", None)];
    let (documents, rows) = added(collected(stores, &["us-east-1"], &[]));
    assert!(documents.iter().all(|document| document.tags.is_none()));
    let gaps: Vec<_> = documents.iter().map(|document| document.gaps[0].clone()).collect();
    assert_eq!((gaps[0].operation.as_str(), gaps[0].reason), ("sqs:ListQueueTags", GapReason::Denied));
    assert_eq!((gaps[1].operation.as_str(), gaps[1].reason), ("sns:ListTopics", GapReason::Malformed));
    assert_eq!(rows.iter().map(|row| (row.listed, row.not_evaluated)).max(), Some((2, 2)));
}

#[test]
fn a_list_of_stores_that_is_not_whole_leaves_the_tags_of_its_region_incomplete() {
    let whole = |rows: &[Population], region: &str| rows.iter().find(|row| row.region == region).unwrap().complete;
    let (_, rows) = added(collected(vec![], &["eu-west-1", "us-east-1"], &[(QUEUE, "us-east-1")]));
    assert!(whole(&rows, "eu-west-1") && whole(&rows, "global") && !whole(&rows, "us-east-1"));
    let (_, rows) = added(collected(vec![], &["us-east-1"], &[(BUCKET, "global")]));
    assert!(!whole(&rows, "global"));
    let (_, rows) = added(collected(vec![], &["us-east-1"], &[(TYPE, "us-east-1")]));
    assert!(!whole(&rows, "us-east-1"), "what its own row said stays");

    let mut unread = collected(vec![], &["us-east-1"], &[]);
    unread.populations.retain(|row| row.type_ != QUEUE);
    let (_, rows) = added(unread);
    let row = rows.iter().find(|row| row.region == "us-east-1").unwrap();
    assert_eq!(row.reason.as_deref(), Some("aws.sqs.queue was not read"));
}

#[test]
fn nothing_is_added_where_tags_were_not_asked_for() {
    let mut without = collected(vec![store(QUEUE, "arn:queue", "us-east-1", Some(&[]))], &["us-east-1"], &[]);
    without.populations.retain(|row| row.type_ != TYPE);
    let (documents, rows) = added(without);
    assert!(documents.is_empty() && rows.is_empty());
}

#[test]
fn every_kind_of_store_that_tells_its_tags_declares_the_call() {
    let declared = resource_types().find(|kind| kind.name == TYPE).unwrap().operations;
    for operation in [&sqs::LIST_QUEUE_TAGS, &sns::LIST_TAGS_FOR_RESOURCE] {
        assert!(declared.contains(&operation), "{operation:?}");
    }
    let known: Vec<_> = resource_types().filter(|kind| STORES.contains(&kind.name)).map(|kind| kind.name).collect();
    assert!([BUCKET, QUEUE, TOPIC].iter().all(|kind| known.contains(kind)), "{known:?}");
}
