use crate::aws::scripted::{Scripted, gaps, only, row as population};
use crate::gcp::scripted::{DENIED, assets, family, policies, with_sinks, without_inventory};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const LIST: &str = "storage.googleapis.com:storage.buckets.list";
const POLICY: &str = "storage.googleapis.com:storage.buckets.getIamPolicy";
const TYPE: &str = "gcp.storage.bucket";
const NAME: &str = "//storage.googleapis.com/acme-data";

fn bucket() -> Value {
    json!({
        "kind": "storage#bucket", "id": "acme-data", "name": "acme-data", "location": "EUROPE-WEST1", "labels": {"Team": "a"},
        "iamConfiguration": {"publicAccessPrevention": "enforced", "uniformBucketLevelAccess": {"enabled": true}},
        "softDeletePolicy": {"retentionDurationSeconds": "604800"}, "somethingNew": {"a": 1},
    })
}

fn policy() -> Value {
    json!({"bindings": [{"role": "roles/storage.objectViewer", "members": ["user:a@example.com"]}], "etag": "CAE="})
}

fn inventory() -> Scripted {
    with_sinks(Scripted::new(), &[], &[])
        .always(ASSETS, "contentType=RESOURCE", 200, &assets(&[(NAME, "storage.googleapis.com/Bucket", bucket())]))
        .always(ASSETS, "contentType=IAM_POLICY", 200, &policies(&[(NAME, "storage.googleapis.com/Bucket", policy())]))
}

fn direct() -> Scripted {
    with_sinks(without_inventory(Scripted::new()), &[], &[])
        .always(
            LIST,
            "project=evidence-test",
            200,
            &json!({"kind": "storage#buckets", "items": [bucket()]}).to_string(),
        )
        .always(POLICY, "b/acme-data/iam", 200, &policy().to_string())
}

#[tokio::test]
async fn a_bucket_is_the_same_from_the_inventory_and_from_its_own_api() {
    let listed = family(&super::FAMILY, inventory()).await;
    let asked = family(&super::FAMILY, direct()).await;
    let (one, other) = (only(&listed, TYPE), only(&asked, TYPE));
    assert!(one.gaps.is_empty() && other.gaps.is_empty(), "{:?} {:?}", one.gaps, other.gaps);
    assert_eq!((one.id.as_str(), one.name.as_str(), one.region.as_str()), (NAME, "acme-data", "europe-west1"));
    assert_eq!((&one.id, &one.name, &one.region, &one.tags), (&other.id, &other.name, &other.region, &other.tags));
    assert_eq!((&one.config, &one.derived), (&other.config, &other.derived));
    assert_eq!(one.tags.as_ref().unwrap()["Team"], "a");
    assert_eq!(one.config["soft_delete_policy"]["retention_duration_seconds"], 604_800);
    assert_eq!(one.config["iam_policy"]["bindings"][0]["members"], json!(["user:a@example.com"]));
    assert_eq!(one.config["versioning"], Value::Null, "what Google leaves out is null");
    assert_eq!(one.observed_at.to_string(), "2027-01-15T07:00:00.000Z", "the inventory is as of its readTime");
}

#[tokio::test]
async fn a_bucket_without_a_policy_in_a_whole_inventory_has_none() {
    let script = with_sinks(Scripted::new(), &[], &[])
        .always(ASSETS, "contentType=RESOURCE", 200, &assets(&[(NAME, "storage.googleapis.com/Bucket", bucket())]))
        .always(ASSETS, "contentType=IAM_POLICY", 200, &policies(&[]));
    let collected = family(&super::FAMILY, script).await;
    let bucket = only(&collected, TYPE);
    assert_eq!(bucket.config["iam_policy"]["bindings"], json!([]));
    assert_eq!(bucket.exchanges.len(), 4, "the list of policies shows it, beside the bucket's own and those of sinks");
}

#[tokio::test]
async fn policies_that_the_inventory_refuses_are_asked_for_one_by_one() {
    let script = Scripted::new()
        .always(ASSETS, "contentType=RESOURCE", 200, &assets(&[(NAME, "storage.googleapis.com/Bucket", bucket())]))
        .always(ASSETS, "contentType=IAM_POLICY", 403, DENIED)
        .always(POLICY, "b/acme-data/iam", 200, &policy().to_string());
    let collected = family(&super::FAMILY, script).await;
    assert_eq!(only(&collected, TYPE).config["iam_policy"]["bindings"][0]["role"], "roles/storage.objectViewer");
}

#[tokio::test]
async fn what_is_refused_is_a_gap_of_its_field() {
    let script = with_sinks(without_inventory(Scripted::new()), &[], &[])
        .always(LIST, "", 200, &json!({"items": [bucket()]}).to_string())
        .always(POLICY, "", 403, DENIED);
    let collected = family(&super::FAMILY, script).await;
    let bucket = only(&collected, TYPE);
    assert_eq!(gaps(bucket), [("config.iam_policy", GapReason::Denied)]);
    assert!(!bucket.config.contains_key("iam_policy"));
}

#[tokio::test]
async fn a_list_that_is_refused_or_of_another_shape_is_an_incomplete_population() {
    for (status, body, said) in [
        (403, DENIED, "denied"),
        (200, r#"{"items": {"a": 1}}"#, "`items` is no list"),
        (200, r#"{"something": 1}"#, "no list `items`"),
        (200, "<html>", "no JSON"),
        (200, r#"{"items": [{"name": 7}]}"#, "`.name` is missing"),
        (200, r#"{"items": [{"name": "a", "versioning": 7}]}"#, "invalid type"),
        (200, r#"{"items": [], "unreachable": ["projects/_/locations/us"]}"#, "not reached: projects/_/locations/us"),
    ] {
        let script = without_inventory(Scripted::new()).always(LIST, "", status, body);
        let collected = family(&super::FAMILY, script).await;
        let row = population(&collected, TYPE);
        let reason = row.reason.clone().unwrap_or_default();
        assert!(!row.complete && reason.contains(said), "{body}: {reason}");
        assert!(reason.contains("nor could Cloud Asset Inventory be used"), "{reason}");
        assert!(reason.contains("SERVICE_DISABLED"), "{reason}");
    }
}

#[tokio::test]
async fn a_bucket_is_the_target_of_a_sink_of_the_project_or_above_it() {
    let sink =
        |destination: &str| json!({"name": "s", "destination": destination, "includeChildren": true, "disabled": true});
    let other = sink("storage.googleapis.com/another");
    let target = sink("storage.googleapis.com/acme-data");
    for (own, above, is) in [(&target, &other, true), (&other, &target, true), (&other, &other, false)] {
        let script = with_sinks(Scripted::new(), std::slice::from_ref(own), std::slice::from_ref(above))
            .always(ASSETS, "contentType=RESOURCE", 200, &assets(&[(NAME, "storage.googleapis.com/Bucket", bucket())]))
            .always(ASSETS, "contentType=IAM_POLICY", 200, &policies(&[]));
        let collected = family(&super::FAMILY, script).await;
        assert_eq!(only(&collected, TYPE).derived["is_log_sink_target"], is);
    }
}

#[tokio::test]
async fn whether_a_bucket_is_a_target_is_unknown_where_sinks_are_refused_unless_one_is_seen() {
    for (destination, seen) in [("storage.googleapis.com/acme-data", true), ("storage.googleapis.com/another", false)] {
        let own = json!({"sinks": [{"name": "s", "destination": destination}]}).to_string();
        let script = Scripted::new()
            .always("logging.googleapis.com:logging.projects.sinks.list", "", 200, &own)
            .always("logging.googleapis.com:logging.organizations.sinks.list", "", 403, DENIED);
        let script = with_sinks(script, &[], &[])
            .always(ASSETS, "contentType=RESOURCE", 200, &assets(&[(NAME, "storage.googleapis.com/Bucket", bucket())]))
            .always(ASSETS, "contentType=IAM_POLICY", 200, &policies(&[]));
        let collected = family(&super::FAMILY, script).await;
        let bucket = only(&collected, TYPE);
        assert_eq!(bucket.derived.get("is_log_sink_target"), seen.then_some(&json!(true)));
        let gap = ("derived.is_log_sink_target", GapReason::Denied);
        assert_eq!(gaps(bucket), if seen { vec![] } else { vec![gap] });
    }
}
