use super::*;
use crate::aws::scripted::{Scripted, only, read_family, row};
use crate::collection::Collected;
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const TYPE: &str = "aws.sns.topic";
const ARN: &str = "arn:aws:sns:us-east-1:123456789012:alerts";
const DENIED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code></Error></ErrorResponse>";

fn answer(operation: &str, inner: &str) -> String {
    format!("<{operation}Response xmlns=\"x\"><{operation}Result>{inner}</{operation}Result></{operation}Response>")
}

fn topics(next: &str) -> String {
    let topic = format!("<Topics><member><TopicArn>{ARN}</TopicArn></member></Topics>");
    answer("ListTopics", &format!("{topic}<NextToken>{next}</NextToken>"))
}

fn attributes(entries: &[(&str, &str)]) -> String {
    let entry = |(key, value): &(&str, &str)| format!("<entry><key>{key}</key><value>{value}</value></entry>");
    let entries: String = entries.iter().map(entry).collect();
    answer("GetTopicAttributes", &format!("<Attributes>{entries}</Attributes>"))
}

/// The policy that SNS gives a new topic.
fn own_policy() -> String {
    let policy = json!({"Version": "2008-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["SNS:Publish"], "Resource": ARN,
        "Condition": {"StringEquals": {"AWS:SourceOwner": "123456789012"}},
    }]});
    policy.to_string().replace('"', "&quot;")
}

/// One encrypted topic with a tag, with the caller's lines before.
async fn read(script: Scripted) -> Collected {
    let own = [("TopicArn", ARN), ("Owner", "123456789012"), ("KmsMasterKeyId", "alias/aws/sns")];
    let policy = own_policy();
    let tags = "<Tags><member><Key>data-classification</Key><Value>internal</Value></member></Tags>";
    let script = script
        .always("sns:ListTopics", "", 200, &topics(""))
        .always("sns:GetTopicAttributes", "", 200, &attributes(&[&own[..], &[("Policy", &policy)]].concat()))
        .always("sns:ListTagsForResource", "", 200, &answer("ListTagsForResource", tags));
    read_family(&FAMILY, script).await.0
}

#[tokio::test]
async fn a_topic_is_told_with_its_key_its_tags_and_whom_its_policy_lets_in() {
    let collected = read(Scripted::new()).await;
    let topic = only(&collected, TYPE);
    assert!(topic.gaps.is_empty(), "{:?}", topic.gaps);
    assert_eq!((topic.id.as_str(), topic.name.as_str()), (ARN, "alerts"));
    assert_eq!(topic.tags.as_ref().unwrap()["data-classification"], "internal");
    let config =
        json!({"topic_arn": ARN, "attributes": {"kms_master_key_id": "alias/aws/sns", "owner": "123456789012"}});
    assert_eq!(Value::Object(topic.config.clone()), config);
    assert_eq!(topic.derived["policy"], json!({"allows_any_principal": false, "external_accounts": []}));

    let open = own_policy().replace("AWS:SourceOwner", "aws:SecureTransport");
    let open = attributes(&[("TopicArn", ARN), ("Policy", &open)]);
    let collected = read(Scripted::new().always("sns:GetTopicAttributes", "", 200, &open)).await;
    let topic = only(&collected, TYPE);
    assert_eq!(topic.derived["policy"]["allows_any_principal"], true);
    assert_eq!(topic.config["attributes"]["kms_master_key_id"], Value::Null, "what AWS leaves out is not set");
}

#[tokio::test]
async fn every_page_is_read_and_a_list_that_is_none_is_incomplete() {
    let pages = Scripted::new().always("sns:ListTopics", "NextToken=n", 200, &topics("")).always(
        "sns:ListTopics",
        "",
        200,
        &topics("n"),
    );
    let collected = read(pages).await;
    assert_eq!((row(&collected, TYPE).listed, row(&collected, TYPE).pages), (2, 2));
    let other = answer("ListTopics", "<Other/>");
    for (status, body, reason) in [
        (403, DENIED, "denied (AuthorizationError)"),
        (200, other.as_str(), "malformed"),
        (200, "<html/>", "malformed"),
    ] {
        let collected = read(Scripted::new().always("sns:ListTopics", "", status, body)).await;
        let row = row(&collected, TYPE);
        assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{row:?}");
    }
    let none = answer("ListTopics", "<Topics/>");
    let collected = read(Scripted::new().always("sns:ListTopics", "", 200, &none)).await;
    assert_eq!((row(&collected, TYPE).listed, row(&collected, TYPE).complete), (0, true));
}

#[tokio::test]
async fn what_is_refused_or_cannot_be_right_is_a_gap() {
    let both = &["config.attributes", "derived.policy"][..];
    let other = attributes(&[("TopicArn", "arn:aws:sns:us-east-1:123456789012:other")]);
    let half = attributes(&[("TopicArn", ARN), ("Policy", "{}")]);
    let empty = answer("GetTopicAttributes", "<Attributes/>");
    let no_tags = answer("ListTagsForResource", "<Other/>");
    for (call, status, body, fields, reason) in [
        ("sns:GetTopicAttributes", 403, DENIED, both, GapReason::Denied),
        ("sns:GetTopicAttributes", 200, &other, both, GapReason::Malformed),
        ("sns:GetTopicAttributes", 200, &empty, both, GapReason::Malformed),
        ("sns:GetTopicAttributes", 200, &half, &["derived.policy"], GapReason::Malformed),
        ("sns:ListTagsForResource", 403, DENIED, &["tags"], GapReason::Denied),
        ("sns:ListTagsForResource", 200, &no_tags, &["tags"], GapReason::Malformed),
    ] {
        let collected = read(Scripted::new().always(call, "", status, body)).await;
        let topic = only(&collected, TYPE);
        let gaps: Vec<_> = topic.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect();
        let expected: Vec<_> = fields.iter().map(|field| (*field, reason)).collect();
        assert_eq!(gaps, expected, "{call} {body}");
        assert_eq!(topic.tags.is_none(), fields.contains(&"tags"));
    }
    let untagged = answer("ListTagsForResource", "<Tags/>");
    let collected = read(Scripted::new().always("sns:ListTagsForResource", "", 200, &untagged)).await;
    assert!(only(&collected, TYPE).tags.as_ref().unwrap().is_empty(), "no tags are a fact");
}
