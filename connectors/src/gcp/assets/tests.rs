use crate::aws::scripted::{Scripted, row as population};
use crate::gcp::scripted::{assets, family};
use crate::gcp::storage;
use serde_json::{Value, json};

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const BUCKET: &str = "storage.googleapis.com/Bucket";
const TYPE: &str = "gcp.storage.bucket";

fn page(name: &str, next: Option<&str>) -> String {
    let full = format!("//storage.googleapis.com/{name}");
    let mut page: Value = serde_json::from_str(&assets(&[(&full, BUCKET, json!({"name": name}))])).unwrap();
    if let Some(next) = next {
        page["nextPageToken"] = json!(next);
    }
    page.to_string()
}

async fn reason(script: Scripted) -> String {
    let script = script.always(ASSETS, "contentType=IAM_POLICY", 200, r#"{"readTime": "2027-01-15T07:00:00Z"}"#);
    let collected = family(&storage::FAMILY, script).await;
    let row = population(&collected, TYPE);
    assert!(!row.complete);
    row.reason.clone().unwrap_or_default()
}

#[tokio::test]
async fn every_page_is_read() {
    let script = Scripted::new()
        .always(ASSETS, "contentType=IAM_POLICY", 200, r#"{"readTime": "2027-01-15T07:00:00Z"}"#)
        .once(ASSETS, "pageToken=two", 200, &page("b", None))
        .always(ASSETS, "contentType=RESOURCE", 200, &page("a", Some("two")));
    let collected = family(&storage::FAMILY, script).await;
    let row = population(&collected, TYPE);
    assert_eq!((row.listed, row.pages, row.complete), (2, 2, true), "{:?}", row.reason);
}

#[tokio::test]
async fn an_inventory_that_breaks_off_is_no_whole_population_and_nothing_else_is_asked() {
    let failed = r#"{"error": {"code": 503, "status": "UNAVAILABLE", "message": "later"}}"#;
    let later = Scripted::new().once(ASSETS, "pageToken=two", 503, failed).always(
        ASSETS,
        "contentType=RESOURCE",
        200,
        &page("a", Some("two")),
    );
    assert!(reason(later).await.contains("UNAVAILABLE"));
    let first = Scripted::new().always(ASSETS, "contentType=RESOURCE", 503, failed);
    assert!(reason(first).await.contains("UNAVAILABLE"));
}

#[tokio::test]
async fn what_cannot_be_a_whole_inventory_is_none() {
    let twice = assets(&[
        ("//storage.googleapis.com/a", BUCKET, json!({"name": "a"})),
        ("//storage.googleapis.com/a", BUCKET, json!({"name": "a"})),
    ]);
    let other = twice.replacen("projects/100", "projects/200", 1);
    for (body, said) in [
        (twice.as_str(), "came twice"),
        (other.as_str(), "is of another project"),
        (r#"{"assets": []}"#, "no `readTime`"),
        (r#"{"readTime": "2027-01-15T07:00:00Z", "assets": [{"name": 1}]}"#, "invalid type"),
        (r#"{"readTime": "2027-01-15T07:00:00Z", "assets": 1}"#, "is no list"),
    ] {
        let script = Scripted::new().always(ASSETS, "contentType=RESOURCE", 200, body);
        let reason = reason(script).await;
        assert!(reason.contains(said), "{body}: {reason}");
    }
}
