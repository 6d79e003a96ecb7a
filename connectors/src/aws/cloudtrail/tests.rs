use super::super::regions::{Discovered, Region};
use super::super::scripted::{Scripted, context, order};
use super::*;
use evidenced_schemas::{GapReason, Resource};
use serde_json::Value;
use std::sync::Arc;

const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:123456789012:trail/main";

fn trail(region: &str) -> Value {
    json!({
        "Name": "main", "S3BucketName": "logs", "IncludeGlobalServiceEvents": true, "IsMultiRegionTrail": true,
        "HomeRegion": region, "TrailARN": TRAIL.replace("us-east-1", region), "LogFileValidationEnabled": false,
        "HasCustomEventSelectors": true, "IsOrganizationTrail": false, "KmsKeyId": "arn:aws:kms:k",
    })
}

fn trails(trails: &[Value]) -> String {
    json!({"trailList": trails}).to_string()
}

fn selectors() -> String {
    json!({"TrailARN": TRAIL, "EventSelectors": [
        {"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [
            {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::a/"]}], "ExcludeManagementEventSources": []}]})
    .to_string()
}

/// Everything that one trail in `us-east-1` needs, with lines of the caller's before it.
fn whole(script: Scripted) -> Scripted {
    let status = json!({"IsLogging": true, "LatestDeliveryTime": 1_700_000_000.5, "LatestDeliveryError": "",
        "StopLoggingTime": "", "StartLoggingTime": "2023-11-14T22:13:20Z"});
    let tags = json!({"ResourceTagList": [{"ResourceId": TRAIL, "TagsList": [{"Key": "team", "Value": "sec"}]}]});
    script
        .always("cloudtrail:DescribeTrails", "us-east-1", 200, &trails(&[trail("us-east-1"), trail("eu-west-1")]))
        .always("cloudtrail:DescribeTrails", "eu-west-1", 200, &trails(&[]))
        .always("cloudtrail:GetTrailStatus", "", 200, &status.to_string())
        .always("cloudtrail:GetEventSelectors", "", 200, &selectors())
        .always("cloudtrail:ListTags", "", 200, &tags.to_string())
}

async fn read(script: Scripted) -> Collected {
    let context = context(order(), &Arc::new(script));
    let region = |name: &str| Region { name: name.into(), opt_in_status: "opted-in".into() };
    let listed = Ok(Read { value: vec![region("eu-west-1"), region("us-east-1")], exchanges: vec![], at: None });
    context.set_regions(Discovered { listed, to_read: vec!["eu-west-1".into(), "us-east-1".into()], unread: vec![] });
    collect(&context).await.ordered()
}

fn gaps(resource: &Resource) -> Vec<(&str, GapReason)> {
    resource.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect()
}

#[tokio::test]
async fn a_trail_is_read_whole_in_its_home_region() {
    let collected = read(whole(Scripted::new())).await;
    let [resource] = collected.resources.as_slice() else { panic!("one trail: {:?}", collected.resources) };
    assert_eq!((resource.id.as_str(), resource.region.as_str()), (TRAIL, "us-east-1"));
    assert!(resource.gaps.is_empty(), "{:?}", resource.gaps);
    assert_eq!(resource.tags.clone().unwrap()["team"], "sec");
    assert_eq!(resource.config["s3_bucket_name"], "logs");
    assert_eq!(resource.config["sns_topic_arn"], Value::Null);
    assert_eq!(resource.config["advanced_event_selectors"], Value::Null);
    assert_eq!(resource.config["status"]["latest_delivery_time"], "2023-11-14T22:13:20Z");
    assert_eq!(resource.config["status"]["latest_delivery_error"], Value::Null);
    assert_eq!(resource.config["status"]["stop_logging_time"], Value::Null);
    assert_eq!(resource.derived["management_events"], "All");
    assert_eq!(resource.derived["s3_data_events"]["write_buckets"], json!(["a"]));
    assert_eq!(resource.derived["bedrock_events"], json!({"management": true, "data_types": []}));
    assert!(!resource.derived.contains_key("log_bucket"), "that is joined later");
    assert_eq!(resource.exchanges, [1, 3, 4, 5]);
    let rows: Vec<_> =
        collected.populations.iter().map(|row| (row.region.as_str(), row.listed, row.complete)).collect();
    assert_eq!(rows, [("eu-west-1", 0, true), ("us-east-1", 1, true)]);
}

#[tokio::test]
async fn each_refusal_leaves_its_own_gap_and_nothing_else() {
    let denied = r#"{"__type":"AccessDeniedException"}"#;
    let selectors: &[&str] = &[
        "config.advanced_event_selectors",
        "config.event_selectors",
        "derived.bedrock_events",
        "derived.lambda_data_events",
        "derived.management_events",
        "derived.s3_data_events",
    ];
    for (call, fields) in [
        ("cloudtrail:GetTrailStatus", &["config.status"][..]),
        ("cloudtrail:GetEventSelectors", selectors),
        ("cloudtrail:ListTags", &["tags"][..]),
    ] {
        let collected = read(whole(Scripted::new().always(call, "", 400, denied))).await;
        let resource = &collected.resources[0];
        assert_eq!(
            gaps(resource),
            fields.iter().map(|field| (*field, GapReason::Denied)).collect::<Vec<_>>(),
            "{call}"
        );
        for field in fields {
            let mut path = field.split('.');
            let missing = match (path.next(), path.next()) {
                (Some("config"), Some(key)) => !resource.config.contains_key(key),
                (Some("derived"), Some(key)) => !resource.derived.contains_key(key),
                _ => resource.tags.is_none(),
            };
            assert!(missing, "{field} is there");
        }
        assert_eq!((collected.populations[1].evaluated, collected.populations[1].not_evaluated), (0, 1));
    }
}

#[tokio::test]
async fn a_region_that_refuses_its_list_is_incomplete_and_the_others_are_read() {
    let script =
        Scripted::new().always("cloudtrail:DescribeTrails", "eu-west-1", 400, r#"{"__type":"AccessDeniedException"}"#);
    let collected = read(whole(script)).await;
    assert_eq!(collected.resources.len(), 1);
    let row = &collected.populations[0];
    assert_eq!((row.region.as_str(), row.listed, row.complete, row.pages), ("eu-west-1", 0, false, 0));
    assert_eq!(row.reason.as_deref(), Some("cloudtrail:DescribeTrails denied (AccessDeniedException)"));
}

#[tokio::test]
async fn what_aws_always_gives_is_a_gap_when_it_is_missing() {
    let mut bare = trail("us-east-1");
    bare.as_object_mut().unwrap().remove("IsMultiRegionTrail");
    let script = Scripted::new()
        .always("cloudtrail:DescribeTrails", "us-east-1", 200, &trails(&[bare]))
        .always("cloudtrail:GetEventSelectors", "", 200, &json!({"TrailARN": TRAIL}).to_string())
        .always("cloudtrail:GetTrailStatus", "", 200, "{}")
        .always("cloudtrail:ListTags", "", 200, r#"{"ResourceTagList":[]}"#);
    let collected = read(whole(script)).await;
    let fields: Vec<&str> = collected.resources[0].gaps.iter().map(|gap| gap.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "config.advanced_event_selectors",
            "config.event_selectors",
            "config.is_multi_region_trail",
            "config.status",
            "derived.bedrock_events",
            "derived.lambda_data_events",
            "derived.management_events",
            "derived.s3_data_events",
            "tags"
        ]
    );
    assert!(collected.resources[0].gaps.iter().all(|gap| gap.reason == GapReason::Malformed));
    let empty = read(whole(Scripted::new().always("cloudtrail:DescribeTrails", "us-east-1", 200, "{}"))).await;
    assert!(!empty.populations[1].complete, "an answer without a list is no empty list");
}
