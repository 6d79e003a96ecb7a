use super::super::scripted::{Scripted, gaps, only, read, row};
use super::FAMILY;
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const REGION: &str = "aws.guardduty.region";
const FINDING: &str = "aws.guardduty.finding";
const HOME: &[&str] = &["us-east-1"];
const DENIED: &str = r#"{"__type": "AccessDeniedException"}"#;
/// What must be asked of the server, so that nothing is sorted out afterwards.
const CRITERION: &str = r#""criterion":{"accountId":{"equals":["123456789012"]},"service.archived":{"equals":["false"]},"severity":{"greaterThanOrEqual":7}}"#;

fn detector() -> String {
    json!({"createdAt": "2026-01-01T00:00:00.000Z", "findingPublishingFrequency": "SIX_HOURS", "serviceRole": "r",
        "status": "ENABLED", "tags": {}, "features": [{"name": "S3_DATA_EVENTS", "status": "ENABLED", "updatedAt": 1_767_323_045}]})
    .to_string()
}

fn finding(id: &str, severity: f64, archived: bool, account: &str) -> Value {
    json!({"id": id, "arn": format!("arn:aws:guardduty:us-east-1:{account}:detector/d/finding/{id}"), "accountId": account,
        "region": "us-east-1", "schemaVersion": "2.0", "severity": severity, "type": "Recon:EC2/PortProbe", "title": "t",
        "createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-01-02T03:04:05.678Z",
        "resource": {"resourceType": "Instance"}, "service": {"archived": archived, "count": 3}})
}

fn whole(script: Scripted) -> Scripted {
    script
        .always("guardduty:ListDetectors", "", 200, r#"{"detectorIds": ["d"]}"#)
        .always("guardduty:GetDetector", "/detector/d", 200, &detector())
        .always("guardduty:ListFindings", CRITERION, 200, r#"{"findingIds": []}"#)
}

#[tokio::test]
async fn a_detector_is_told_and_its_findings_are_described_fifty_at_a_time() {
    let ids: Vec<String> = (0..60).map(|number| format!("f-{number:02}")).collect();
    let page = |ids: &[String], next: &str| json!({"findingIds": ids, "nextToken": next}).to_string();
    let described = |ids: &[String]| {
        let all: Vec<_> = ids.iter().map(|id| finding(id, 8.0, false, "123456789012")).collect();
        json!({"findings": all}).to_string()
    };
    let script = Scripted::new()
        .always("guardduty:ListFindings", "more", 200, &page(&ids[50..], ""))
        .always("guardduty:ListFindings", CRITERION, 200, &page(&ids[..50], "more"))
        .always("guardduty:GetFindings", "f-49", 200, &described(&ids[..50]))
        .always("guardduty:GetFindings", "f-50", 200, &described(&ids[50..]));
    let collected = read(&FAMILY, HOME, whole(script)).await;
    let region = only(&collected, REGION);
    assert_eq!(
        region.config["detectors"],
        json!([{"detector_id": "d", "status": "ENABLED", "finding_publishing_frequency": "SIX_HOURS",
            "features": [{"name": "S3_DATA_EVENTS", "status": "ENABLED"}]}])
    );
    let row = row(&collected, FINDING);
    assert_eq!((row.listed, row.evaluated, row.pages, row.complete), (60, 60, 4, true), "{row:?}");
    let first = collected.resources.iter().find(|resource| resource.id.ends_with("/f-00")).unwrap();
    assert_eq!((&first.config["created_at"], &first.config["severity"]), (&json!("2026-01-02T03:04:05Z"), &json!(8.0)));
}

#[tokio::test]
async fn a_region_without_a_detector_has_no_findings_and_says_so() {
    let script = Scripted::new().always("guardduty:ListDetectors", "", 200, r#"{"detectorIds": []}"#);
    let collected = read(&FAMILY, HOME, script).await;
    assert_eq!(only(&collected, REGION).config["detectors"], json!([]));
    let row = row(&collected, FINDING);
    assert_eq!((row.listed, row.complete), (0, true));
}

#[tokio::test]
async fn detectors_that_cannot_be_listed_or_described_are_a_gap() {
    for (call, status, body, reason, known) in [
        ("guardduty:ListDetectors", 403, DENIED, GapReason::Denied, false),
        ("guardduty:ListDetectors", 200, "{}", GapReason::Malformed, false),
        ("guardduty:ListDetectors", 200, "<html/>", GapReason::Malformed, false),
        ("guardduty:GetDetector", 403, DENIED, GapReason::Denied, true),
        ("guardduty:GetDetector", 200, "{}", GapReason::Malformed, true),
    ] {
        let collected = read(&FAMILY, HOME, whole(Scripted::new().always(call, "", status, body))).await;
        let region = only(&collected, REGION);
        assert_eq!(gaps(region), [("config.detectors", reason)]);
        assert!(region.config.is_empty());
        assert_eq!(row(&collected, FINDING).complete, known, "{call}: the findings hang on the list alone");
    }
}

#[tokio::test]
async fn findings_that_are_refused_left_out_or_not_asked_for_cut_their_list_short() {
    let listed = r#"{"findingIds": ["f-1"]}"#;
    let answer = |finding: Value| json!({"findings": [finding]}).to_string();
    let good = answer(finding("f-1", 7.0, false, "123456789012"));
    for (list_status, list, get_status, get, count) in [
        (403, DENIED, 200, good.as_str(), 0),
        (200, "{}", 200, good.as_str(), 0),
        (200, listed, 403, DENIED, 0),
        (200, listed, 200, r#"{"findings": []}"#, 0),
        (200, listed, 200, &answer(finding("f-1", 6.9, false, "123456789012")), 0),
        (200, listed, 200, &answer(finding("f-1", 8.0, true, "123456789012")), 0),
        (200, listed, 200, &answer(finding("f-1", 8.0, false, "999999999999")), 0),
        (200, listed, 200, &answer(finding("f-2", 8.0, false, "123456789012")), 1),
    ] {
        let script = Scripted::new().always("guardduty:ListFindings", "", list_status, list).always(
            "guardduty:GetFindings",
            "",
            get_status,
            get,
        );
        let collected = read(&FAMILY, HOME, whole(script)).await;
        let row = row(&collected, FINDING);
        assert_eq!((row.listed, row.complete), (count, false), "{list} {get}");
        assert!(gaps(only(&collected, REGION)).is_empty());
    }
    let script = Scripted::new().always("guardduty:ListFindings", "", 200, listed).always(
        "guardduty:GetFindings",
        "",
        200,
        &good,
    );
    let collected = read(&FAMILY, HOME, whole(script)).await;
    assert!(row(&collected, FINDING).complete);
    assert_eq!(only(&collected, FINDING).name, "Recon:EC2/PortProbe");
}
