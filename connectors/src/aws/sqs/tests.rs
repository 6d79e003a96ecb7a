use super::*;
use crate::aws::scripted::{Scripted, only, read_family, row};
use crate::collection::Collected;
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const TYPE: &str = "aws.sqs.queue";
const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/jobs";
const ARN: &str = "arn:aws:sqs:us-east-1:123456789012:jobs";
const DENIED: &str = r#"{"__type":"com.amazonaws.sqs#AccessDenied","message":"no"}"#;

fn list(urls: &[&str], next: Option<&str>) -> String {
    json!({"QueueUrls": urls, "NextToken": next}).to_string()
}

fn attributes(change: &[(&str, Value)]) -> String {
    let mut attributes = json!({"QueueArn": ARN, "SqsManagedSseEnabled": "true", "DelaySeconds": "0"});
    for (name, value) in change {
        attributes[name] = value.clone();
    }
    json!({"Attributes": attributes}).to_string()
}

/// One encrypted queue with a tag, with the caller's lines before.
async fn read(script: Scripted) -> Collected {
    let script = script
        .always("sqs:ListQueues", "", 200, &list(&[URL], None))
        .always("sqs:GetQueueAttributes", "", 200, &attributes(&[]))
        .always("sqs:ListQueueTags", "", 200, r#"{"Tags": {"Data-Class": "internal"}}"#);
    read_family(&FAMILY, script).await.0
}

#[tokio::test]
async fn a_queue_is_told_with_its_encryption_its_tags_and_whom_its_policy_lets_in() {
    let collected = read(Scripted::new()).await;
    let queue = only(&collected, TYPE);
    assert!(queue.gaps.is_empty(), "{:?}", queue.gaps);
    assert_eq!((queue.id.as_str(), queue.name.as_str()), (ARN, "jobs"));
    assert_eq!(queue.tags.as_ref().unwrap()["Data-Class"], "internal", "the user's own words stay");
    let told = json!({"queue_arn": ARN, "sqs_managed_sse_enabled": "true", "kms_master_key_id": null});
    assert_eq!(Value::Object(queue.config.clone()), json!({"queue_url": URL, "attributes": told}));
    assert_eq!(Value::Object(queue.derived.clone()), json!({"policy": null}));

    let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": ARN});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let open = attributes(&[("Policy", json!(policy)), ("KmsMasterKeyId", json!("alias/aws/sqs"))]);
    let collected = read(Scripted::new().always("sqs:GetQueueAttributes", "", 200, &open)).await;
    let queue = only(&collected, TYPE);
    assert_eq!(queue.derived["policy"]["allows_any_principal"], true);
    assert_eq!(queue.config["attributes"]["kms_master_key_id"], "alias/aws/sqs");
}

#[tokio::test]
async fn an_empty_structure_is_a_region_without_queues_and_nothing_else_is() {
    let collected = read(Scripted::new().always("sqs:ListQueues", "", 200, "{}")).await;
    assert_eq!((row(&collected, TYPE).listed, row(&collected, TYPE).complete), (0, true));
    for (status, body, reason) in [
        (403, DENIED, "denied"),
        (200, r#"{"Other": []}"#, "malformed"),
        (200, "[]", "malformed"),
        (200, "", "malformed"),
        (200, "<html/>", "malformed"),
    ] {
        let collected = read(Scripted::new().always("sqs:ListQueues", "", status, body)).await;
        let row = row(&collected, TYPE);
        assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{body}: {row:?}");
    }
}

#[tokio::test]
async fn every_page_is_read_and_another_accounts_queue_proves_nothing() {
    let pages = Scripted::new().always("sqs:ListQueues", r#""NextToken":"n""#, 200, &list(&[URL], None)).always(
        "sqs:ListQueues",
        r#""MaxResults":1000"#,
        200,
        &list(&[URL], Some("n")),
    );
    let collected = read(pages).await;
    assert_eq!((row(&collected, TYPE).listed, row(&collected, TYPE).pages), (2, 2));
    let foreign = list(&["https://sqs.us-east-1.amazonaws.com/999999999999/jobs"], None);
    let collected = read(Scripted::new().always("sqs:ListQueues", "", 200, &foreign)).await;
    assert_eq!((row(&collected, TYPE).listed, row(&collected, TYPE).complete), (0, false));
}

#[tokio::test]
async fn what_is_refused_or_cannot_be_right_is_a_gap() {
    let both = &["config.attributes", "derived.policy"][..];
    let other = attributes(&[("QueueArn", json!("arn:aws:sqs:us-east-1:123456789012:other"))]);
    let silent = attributes(&[("SqsManagedSseEnabled", Value::Null)]);
    let half = attributes(&[("Policy", json!("{}"))]);
    for (call, status, body, fields, reason) in [
        ("sqs:GetQueueAttributes", 403, DENIED, both, GapReason::Denied),
        ("sqs:GetQueueAttributes", 200, "{}", both, GapReason::Malformed),
        ("sqs:GetQueueAttributes", 200, &other, both, GapReason::Malformed),
        ("sqs:GetQueueAttributes", 200, &silent, &["config.attributes.sqs_managed_sse_enabled"], GapReason::Malformed),
        ("sqs:GetQueueAttributes", 200, &half, &["derived.policy"], GapReason::Malformed),
        ("sqs:ListQueueTags", 403, DENIED, &["tags"], GapReason::Denied),
        ("sqs:ListQueueTags", 200, r#"{"Other": 1}"#, &["tags"], GapReason::Malformed),
    ] {
        let collected = read(Scripted::new().always(call, "", status, body)).await;
        let queue = only(&collected, TYPE);
        let gaps: Vec<_> = queue.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect();
        let expected: Vec<_> = fields.iter().map(|field| (*field, reason)).collect();
        assert_eq!(gaps, expected, "{call} {body}");
    }
    let collected = read(Scripted::new().always("sqs:ListQueueTags", "", 200, "{}")).await;
    assert!(only(&collected, TYPE).tags.as_ref().unwrap().is_empty(), "no tags are a fact");
}
