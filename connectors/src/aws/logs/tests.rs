use super::super::scripted::{Scripted, context, order};
use super::*;
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Population, Resource};
use serde_json::{Value, json};
use std::sync::Arc;

const GROUP: &str = "aws.logs.log-group";
const POLICY: &str = "aws.logs.resource-policy";
const DENIED: &str = r#"{"__type": "AccessDeniedException", "message": "no"}"#;

/// Empty lists, with lines of the caller's before them.
async fn read(script: Scripted) -> Collected {
    let script = script
        .always("logs:DescribeLogGroups", "", 200, r#"{"logGroups": []}"#)
        .always("logs:DescribeResourcePolicies", "", 200, r#"{"resourcePolicies": []}"#)
        .always("resourcegroupstaggingapi:GetResources", "", 200, r#"{"ResourceTagMappingList": []}"#);
    FAMILY.read(&context(order(), &Arc::new(script))).await.ordered()
}

fn row<'a>(collected: &'a Collected, type_: &str) -> &'a Population {
    collected.populations.iter().find(|row| row.type_ == type_).unwrap()
}

fn of<'a>(collected: &'a Collected, name: &str) -> &'a Resource {
    collected.resources.iter().find(|resource| resource.name == name).unwrap()
}

fn groups(groups: &Value, next: Option<&str>) -> String {
    json!({"logGroups": groups, "nextToken": next}).to_string()
}

#[tokio::test]
async fn log_groups_are_told_page_by_page_with_their_tags() {
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:app";
    let first = json!([{"logGroupName": "app", "arn": format!("{arn}:*"), "logGroupArn": arn, "retentionInDays": 400,
        "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/1", "logGroupClass": "STANDARD", "storedBytes": 1}]);
    let tagged = json!({"PaginationToken": "", "ResourceTagMappingList": [
        {"ResourceARN": arn, "Tags": [{"Key": "Classification", "Value": "Public"}]}]});
    let script = Scripted::new()
        .always("logs:DescribeLogGroups", "more", 200, &groups(&json!([{"logGroupName": "bare"}]), None))
        .always("logs:DescribeLogGroups", "\"limit\":50", 200, &groups(&first, Some("more")))
        .always("resourcegroupstaggingapi:GetResources", "logs:log-group", 200, &tagged.to_string());
    let collected = read(script).await;
    let row = row(&collected, GROUP);
    assert_eq!((row.listed, row.evaluated, row.pages, row.complete), (2, 2, 2, true));
    let app = of(&collected, "app");
    assert_eq!(app.id, arn);
    assert_eq!((&app.config["retention_in_days"], &app.derived["classification"]), (&json!(400), &json!("public")));
    assert_eq!(app.tags.as_ref().unwrap()["Classification"], "Public");
    let bare = of(&collected, "bare");
    assert_eq!(
        Value::Object(bare.config.clone()),
        json!({"log_group_name": "bare", "retention_in_days": null, "kms_key_id": null, "log_group_class": null})
    );
    assert_eq!((bare.derived["classification"].clone(), bare.tags.as_ref().unwrap().len()), (Value::Null, 0));
}

#[tokio::test]
async fn tags_that_are_refused_are_a_gap_and_not_an_untagged_group() {
    let script = Scripted::new()
        .always("logs:DescribeLogGroups", "", 200, &groups(&json!([{"logGroupName": "app"}]), None))
        .always("resourcegroupstaggingapi:GetResources", "", 400, DENIED);
    let collected = read(script).await;
    let app = of(&collected, "app");
    assert_eq!(app.tags, None);
    let gaps: Vec<_> = app.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect();
    assert_eq!(gaps, [("derived.classification", GapReason::Denied), ("tags", GapReason::Denied)]);
}

#[tokio::test]
async fn a_list_that_was_not_read_is_not_an_empty_one() {
    for (call, type_) in [("logs:DescribeLogGroups", GROUP), ("logs:DescribeResourcePolicies", POLICY)] {
        for (status, body) in [(400, DENIED), (200, "{}"), (200, "<html/>"), (200, r#"{"logGroups": 1}"#)] {
            let collected = read(Scripted::new().always(call, "", status, body)).await;
            assert!(!row(&collected, type_).complete, "{call} {body}");
        }
    }
}

#[tokio::test]
async fn a_policy_says_whom_it_lets_in_and_half_a_policy_says_nothing() {
    let policy = |principal: Value, condition: Value| {
        let statement = json!({"Effect": "Allow", "Principal": principal, "Action": "logs:PutLogEvents", "Resource": "*",
            "Condition": condition});
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    };
    let anyone = policy(json!("*"), json!({}));
    let kept = policy(json!("*"), json!({"StringEquals": {"aws:SourceAccount": "123456789012"}}));
    let service = policy(json!({"Service": "es.amazonaws.com"}), json!({}));
    let all = [("anyone", anyone.as_str()), ("kept", &kept), ("service", &service), ("half", "{")];
    let list = all.map(|(name, text)| json!({"policyName": name, "policyDocument": text, "lastUpdatedTime": 1}));
    let answer = json!({"resourcePolicies": list}).to_string();
    let collected = read(Scripted::new().always("logs:DescribeResourcePolicies", "", 200, &answer)).await;
    let told = |name: &str| of(&collected, name).derived.get("allows_any_principal").and_then(Value::as_bool);
    assert_eq!(
        (told("anyone"), told("kept"), told("service"), told("half")),
        (Some(true), Some(false), Some(false), None)
    );
    assert_eq!(row(&collected, POLICY).not_evaluated, 1);
}
