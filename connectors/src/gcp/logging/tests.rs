use crate::aws::scripted::{Scripted, gaps, only, row};
use crate::gcp::scripted::{DENIED, family, with_sinks};
use evidenced_schemas::{GapReason, Resource};
use serde_json::{Value, json};

const BUCKETS: &str = "logging.googleapis.com:logging.projects.locations.buckets.list";
const PROJECT: &str = "cloudresourcemanager.googleapis.com:cloudresourcemanager.projects.get";
const TYPE: &str = "gcp.logging.bucket";
const PATH: &str = "logging.googleapis.com/projects/evidence-test/locations/eu/buckets/audit";

fn script(script: Scripted, own: &[Value], above: &[Value]) -> Scripted {
    let bucket = json!({"name": "projects/evidence-test/locations/eu/buckets/audit", "retentionDays": 400, "lifecycleState": "ACTIVE"});
    with_sinks(script, own, above).always(PROJECT, "", 200, r#"{"name": "projects/42"}"#).always(
        BUCKETS,
        "locations/-/buckets",
        200,
        &json!({"buckets": [bucket]}).to_string(),
    )
}

fn sink(destination: &str, filter: &str) -> Value {
    json!({"name": "s", "destination": destination, "filter": filter, "includeChildren": true})
}

async fn read(script: Scripted) -> Resource {
    only(&family(&super::FAMILY, script).await, TYPE).clone()
}

#[tokio::test]
async fn a_bucket_holds_audit_logs_where_a_sink_leads_them_there() {
    let by_number = PATH.replace("evidence-test", "42");
    let elsewhere = PATH.replace("evidence-test", "another");
    let excluding = json!({"name": "s", "destination": PATH, "filter": "",
        "exclusions": [{"name": "e", "filter": "log_id(\"cloudaudit.googleapis.com/activity\") OR protoPayload:*"}]});
    for (own, above, holds) in [
        (vec![sink(PATH, "")], vec![], true),
        (vec![sink(&by_number, "")], vec![], true),
        (vec![sink(&elsewhere, "")], vec![], false),
        (vec![], vec![sink(PATH, "LOG_ID(\"cloudaudit.googleapis.com/data_access\")")], true),
        (vec![sink(PATH, "NOT LOG_ID(\"cloudaudit.googleapis.com/activity\")")], vec![], true),
        (vec![sink(PATH, "log_id(\"requests\")")], vec![], false),
        (vec![excluding], vec![], false),
        (vec![json!({"name": "s", "destination": PATH, "disabled": true})], vec![], false),
    ] {
        let bucket = read(script(Scripted::new(), &own, &above)).await;
        assert!(bucket.gaps.is_empty(), "{:?}", bucket.gaps);
        assert_eq!(bucket.derived["holds_audit_logs"], holds, "{own:?} {above:?}");
        assert_eq!(bucket.config["retention_days"], 400);
        assert_eq!(bucket.id, format!("//{PATH}"));
        assert_eq!((bucket.name.as_str(), bucket.region.as_str()), ("audit", "eu"));
    }
}

#[tokio::test]
async fn a_filter_that_is_not_understood_leaves_it_unknown() {
    let bucket = read(script(Scripted::new(), &[sink(PATH, "logName=~\"audit\"")], &[])).await;
    assert_eq!(gaps(&bucket), [("derived.holds_audit_logs", GapReason::Malformed)]);
}

#[tokio::test]
async fn sinks_that_are_refused_leave_it_unknown_unless_one_is_seen() {
    let refused = || Scripted::new().always("logging.googleapis.com:logging.organizations.sinks.list", "", 403, DENIED);
    let unknown = read(script(refused(), &[], &[])).await;
    assert_eq!(gaps(&unknown), [("derived.holds_audit_logs", GapReason::Denied)]);
    let known = read(script(refused(), &[sink(PATH, "")], &[])).await;
    assert_eq!((known.derived["holds_audit_logs"].clone(), known.gaps.len()), (json!(true), 0));
}

#[tokio::test]
async fn a_list_that_is_refused_is_an_incomplete_population() {
    let script = with_sinks(Scripted::new().always(BUCKETS, "", 403, DENIED), &[], &[]);
    let collected = family(&super::FAMILY, script).await;
    assert!(!row(&collected, TYPE).complete);
}
