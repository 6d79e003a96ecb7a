use super::super::scripted::{Scripted, gaps, only, read, row};
use super::FAMILY;
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const REGION: &str = "aws.accessanalyzer.region";
const FINDING: &str = "aws.accessanalyzer.finding";
const ANALYZERS: &str = "accessanalyzer:ListAnalyzers";
const FINDINGS: &str = "accessanalyzer:ListFindingsV2";
const HOME: &[&str] = &["us-east-1"];

fn analyzer(name: &str, type_: &str) -> Value {
    json!({"arn": format!("arn:aws:access-analyzer:us-east-1:123456789012:analyzer/{name}"), "name": name, "type": type_,
        "createdAt": "2026-01-01T00:00:00Z", "status": "ACTIVE", "tags": {}})
}

fn finding(id: &str, status: &str, owner: &str) -> Value {
    json!({"id": id, "status": status, "resourceOwnerAccount": owner, "resource": "arn:aws:s3:::open",
        "resourceType": "AWS::S3::Bucket", "findingType": "ExternalAccess", "createdAt": "2026-01-02T03:04:05.678Z",
        "updatedAt": "2026-01-02T03:04:05Z", "analyzedAt": "2026-01-03T00:00:00Z"})
}

fn analyzers(all: &[Value]) -> String {
    json!({"analyzers": all}).to_string()
}

fn findings(all: &[Value], next: Option<&str>) -> String {
    json!({"findings": all, "nextToken": next}).to_string()
}

#[tokio::test]
async fn findings_are_asked_of_analyzers_for_external_access_and_of_the_own_account() {
    let all =
        [analyzer("org", "ORGANIZATION"), analyzer("unused", "ACCOUNT_UNUSED_ACCESS"), analyzer("acc", "ACCOUNT")];
    let own = r#""filter":{"resourceOwnerAccount":{"eq":["123456789012"]},"status":{"eq":["ACTIVE"]}}"#;
    let script = Scripted::new()
        .always(ANALYZERS, "", 200, &analyzers(&all))
        .always(FINDINGS, "more", 200, &findings(&[finding("f-2", "ACTIVE", "123456789012")], None))
        .always(FINDINGS, own, 200, &findings(&[], None))
        .always(FINDINGS, "analyzer/acc", 200, &findings(&[finding("f-1", "ACTIVE", "123456789012")], Some("more")));
    let collected = read(&FAMILY, HOME, script).await;
    let names: Vec<_> = only(&collected, REGION).config["analyzers"].as_array().unwrap().to_owned();
    assert_eq!(names.len(), 3);
    assert_eq!((&names[0]["name"], &names[0]["created_at"]), (&json!("acc"), &json!("2026-01-01T00:00:00Z")));
    let row = row(&collected, FINDING);
    assert_eq!((row.listed, row.pages, row.complete), (2, 3, true), "{row:?}");
    let first = collected.resources.iter().find(|resource| resource.id == "f-1").unwrap();
    assert_eq!(first.config["created_at"], "2026-01-02T03:04:05Z");
    assert_eq!((first.name.as_str(), gaps(first)), ("arn:aws:s3:::open", vec![]));
}

#[tokio::test]
async fn a_region_without_an_analyzer_has_no_findings_and_says_so() {
    let collected = read(&FAMILY, HOME, Scripted::new().always(ANALYZERS, "", 200, &analyzers(&[]))).await;
    assert_eq!(only(&collected, REGION).config["analyzers"], json!([]));
    let row = row(&collected, FINDING);
    assert_eq!((row.listed, row.complete), (0, true));
}

#[tokio::test]
async fn analyzers_that_cannot_be_listed_leave_the_findings_unknown() {
    let denied = json!({"__type": "AccessDeniedException"}).to_string();
    for (status, body, reason) in [
        (403, denied.as_str(), GapReason::Denied),
        (200, "{}", GapReason::Malformed),
        (200, "<html/>", GapReason::Malformed),
        (200, r#"{"analyzers": [{"arn": "a"}]}"#, GapReason::Malformed),
    ] {
        let collected = read(&FAMILY, HOME, Scripted::new().always(ANALYZERS, "", status, body)).await;
        let region = only(&collected, REGION);
        assert_eq!(gaps(region), [("config.analyzers", reason)]);
        assert!(!region.config.contains_key("analyzers"));
        assert!(!row(&collected, FINDING).complete);
    }
}

#[tokio::test]
async fn findings_that_are_refused_or_were_not_asked_for_cut_their_list_short() {
    let denied = json!({"__type": "AccessDeniedException"}).to_string();
    for (status, body) in [
        (403, denied),
        (200, "{}".to_owned()),
        (200, findings(&[finding("f-1", "ARCHIVED", "123456789012")], None)),
        (200, findings(&[finding("f-1", "ACTIVE", "999999999999")], None)),
    ] {
        let script = Scripted::new()
            .always(ANALYZERS, "", 200, &analyzers(&[analyzer("acc", "ACCOUNT")]))
            .always(FINDINGS, "", status, &body);
        let collected = read(&FAMILY, HOME, script).await;
        assert!(gaps(only(&collected, REGION)).is_empty());
        let row = row(&collected, FINDING);
        assert_eq!((row.listed, row.complete), (0, false), "{body}");
    }
    let without = finding("f-1", "ACTIVE", "123456789012").as_object_mut().map(|it| {
        it.remove("createdAt");
        json!(it)
    });
    let script = Scripted::new().always(ANALYZERS, "", 200, &analyzers(&[analyzer("acc", "ACCOUNT")])).always(
        FINDINGS,
        "",
        200,
        &findings(&[without.unwrap()], None),
    );
    let collected = read(&FAMILY, HOME, script).await;
    assert_eq!(gaps(only(&collected, FINDING)), [("config.created_at", GapReason::Malformed)]);
}
