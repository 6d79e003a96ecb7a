use super::super::regions::{Discovered, Region};
use super::super::scripted::{Scripted, context, order};
use super::*;
use crate::collection::Collected;
use crate::document::Read;
use evidenced_schemas::{GapReason, Resource};
use serde_json::json;
use std::sync::Arc;

const DENIED: &str = r#"{"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"}"#;

async fn read(script: Scripted) -> (Collected, Arc<Scripted>) {
    let script = Arc::new(script);
    let context = context(order(), &script);
    let region = Region { name: "us-east-1".into(), opt_in_status: "opted-in".into() };
    let listed = Ok(Read { value: vec![region], exchanges: vec![], at: None });
    context.set_regions(Discovered { listed, to_read: vec!["us-east-1".into()], unread: vec![] });
    (FAMILY.read(&context).await.ordered(), script)
}

fn of<'a>(collected: &'a Collected, name: &str) -> &'a Resource {
    collected.resources.iter().find(|resource| resource.name == name).unwrap_or_else(|| panic!("no {name}"))
}

/// Two pages of names and what AWS says of each table, with lines of the caller's before them.
fn whole(script: Scripted) -> Scripted {
    let kms = r#"{"Table": {"TableName": "b", "TableStatus": "ACTIVE", "DeletionProtectionEnabled": true,
        "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1"}}}"#;
    let backups = |status: &str| {
        format!(
            r#"{{"ContinuousBackupsDescription": {{"ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {{"PointInTimeRecoveryStatus": "{status}"}}}}}}"#
        )
    };
    script
        .always("dynamodb:ListTables", "ExclusiveStartTableName", 200, r#"{"TableNames": ["b"]}"#)
        .always("dynamodb:ListTables", "", 200, r#"{"TableNames": ["a"], "LastEvaluatedTableName": "a"}"#)
        .always("dynamodb:DescribeTable", r#":"a""#, 200, r#"{"Table": {"TableName": "a", "TableStatus": "ACTIVE"}}"#)
        .always("dynamodb:DescribeTable", r#":"b""#, 200, kms)
        .always("dynamodb:DescribeContinuousBackups", r#":"a""#, 200, &backups("DISABLED"))
        .always("dynamodb:DescribeContinuousBackups", r#":"b""#, 200, &backups("ENABLED"))
        .always("dynamodb:ListTagsOfResource", "NextToken", 200, r#"{"Tags": [{"Key": "Team", "Value": "x"}]}"#)
        .always("dynamodb:ListTagsOfResource", "table/a", 200, r#"{"Tags": []}"#)
        .always(
            "dynamodb:ListTagsOfResource",
            "table/b",
            200,
            r#"{"Tags": [{"Key": "k", "Value": ""}], "NextToken": "n"}"#,
        )
}

#[tokio::test]
async fn tables_are_read_from_all_pages_with_what_further_calls_say() {
    let (collected, _) = read(whole(Scripted::new())).await;
    let row = &collected.populations[0];
    assert_eq!((row.listed, row.evaluated, row.pages, row.complete), (2, 2, 2, true));
    let (a, b) = (of(&collected, "a"), of(&collected, "b"));
    assert_eq!(a.id, "arn:aws:dynamodb:us-east-1:123456789012:table/a");
    assert_eq!(
        serde_json::to_value(&a.config).unwrap(),
        json!({"table_name": "a", "table_status": "ACTIVE", "deletion_protection_enabled": null, "sse_description": null,
            "continuous_backups": {"continuous_backups_status": "ENABLED",
                "point_in_time_recovery_description": {"point_in_time_recovery_status": "DISABLED", "recovery_period_in_days": null}}})
    );
    assert_eq!(a.tags.as_ref().unwrap().len(), 0);
    assert_eq!(b.config["sse_description"]["sse_type"], "KMS");
    let tags: Vec<_> = b.tags.as_ref().unwrap().iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(tags, [("Team", "x"), ("k", "")]);
}

#[tokio::test]
async fn a_list_that_is_refused_or_is_no_list_is_incomplete() {
    for (status, body, reason) in [
        (400, DENIED, "denied (AccessDeniedException)"),
        (200, "{}", "malformed"),
        (200, "<html/>", "malformed"),
        (200, r#"{"TableNames": [1]}"#, "malformed"),
    ] {
        let (collected, _) = read(Scripted::new().always("dynamodb:ListTables", "", status, body)).await;
        let row = &collected.populations[0];
        assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{row:?}");
    }
}

#[tokio::test]
async fn each_further_call_that_is_refused_is_a_gap_of_its_own() {
    let described = ["config.deletion_protection_enabled", "config.sse_description", "config.table_status"];
    for (call, fields) in [
        ("dynamodb:DescribeTable", &described[..]),
        ("dynamodb:DescribeContinuousBackups", &["config.continuous_backups"]),
        ("dynamodb:ListTagsOfResource", &["tags"]),
    ] {
        for (status, body, reason) in [(400, DENIED, GapReason::Denied), (200, "{}", GapReason::Malformed)] {
            let (collected, _) = read(whole(Scripted::new().always(call, "", status, body))).await;
            let table = of(&collected, "a");
            let gaps: Vec<_> = table.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect();
            assert_eq!(gaps, fields.iter().map(|field| (*field, reason)).collect::<Vec<_>>(), "{call}");
            for field in fields.iter().filter_map(|field| field.strip_prefix("config.")) {
                assert!(!table.config.contains_key(field), "{field}");
            }
            assert_eq!(table.tags.is_none(), fields == ["tags"]);
        }
    }
    let half = r#"{"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED"}}"#;
    let (collected, _) = read(whole(Scripted::new().always("dynamodb:DescribeContinuousBackups", "", 200, half))).await;
    assert_eq!(of(&collected, "a").gaps[0].reason, GapReason::Malformed, "half an answer is no absence");
}
