use super::super::scripted::{Scripted, gaps, only, read, row};
use super::FAMILY;
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const ACCOUNT: &str = "aws.inspector2.account";
const FINDING: &str = "aws.inspector2.finding";
const STATUS: &str = "inspector2:BatchGetAccountStatus";
const FINDINGS: &str = "inspector2:ListFindings";
const DETAILS: &str = "inspector2:BatchGetFindingDetails";
const HOME: &[&str] = &["us-east-1"];
const DENIED: &str = r#"{"__type": "AccessDeniedException"}"#;

fn status(state: &str, account: &str) -> String {
    let one = json!({"status": state, "errorCode": "ALREADY_ENABLED", "errorMessage": ""});
    json!({"accounts": [{"accountId": account, "state": one,
        "resourceState": {"ec2": one, "ecr": one, "lambda": one, "lambdaCode": {"status": "DISABLED"}}}], "failedAccounts": []})
    .to_string()
}

fn arn(id: usize) -> String {
    format!("arn:aws:inspector2:us-east-1:123456789012:finding/{id:04}")
}

fn finding(id: usize, type_: &str) -> Value {
    json!({"findingArn": arn(id), "awsAccountId": "123456789012", "type": type_, "title": "CVE-2026-1 - openssl",
        "description": "d", "severity": "HIGH", "status": "ACTIVE", "firstObservedAt": 1_767_323_045.5,
        "lastObservedAt": 1_767_323_045.5, "fixAvailable": "YES", "remediation": {},
        "resources": [{"id": "i-1", "type": "AWS_EC2_INSTANCE", "region": "us-east-1", "tags": {"secret": "x"}}]})
}

fn list(all: &[Value], next: &str) -> String {
    json!({"findings": all, "nextToken": next}).to_string()
}

fn details(ids: impl Iterator<Item = usize>) -> String {
    let cisa = json!({"dateAdded": 1_767_323_045, "dateDue": 1_767_323_045, "action": "patch"});
    let one = |id: usize| json!({"findingArn": arn(id), "cisaData": if id == 1 { cisa.clone() } else { Value::Null }});
    json!({"findingDetails": ids.map(one).collect::<Vec<_>>(), "errors": []}).to_string()
}

fn of(collected: &crate::collection::Collected, id: usize) -> &evidenced_schemas::Resource {
    collected.resources.iter().find(|resource| resource.id == arn(id)).unwrap()
}

#[tokio::test]
async fn findings_are_told_with_what_cisa_says_of_them_ten_at_a_time() {
    let filter = r#""filterCriteria":{"awsAccountId":[{"comparison":"EQUALS","value":"123456789012"}],"findingStatus":[{"comparison":"EQUALS","value":"ACTIVE"}]},"maxResults":100"#;
    let first: Vec<_> = (0..8).map(|id| finding(id, "PACKAGE_VULNERABILITY")).collect();
    let mut second: Vec<_> = (8..12).map(|id| finding(id, "PACKAGE_VULNERABILITY")).collect();
    second.push(finding(12, "NETWORK_REACHABILITY"));
    let script = Scripted::new()
        .always(STATUS, r#"{"accountIds":["123456789012"]}"#, 200, &status("ENABLED", "123456789012"))
        .always(FINDINGS, "more", 200, &list(&second, ""))
        .always(FINDINGS, filter, 200, &list(&first, "more"))
        .always(DETAILS, "0009", 200, &details(0..10))
        .always(DETAILS, "0010", 200, &details(10..12));
    let collected = read(&FAMILY, HOME, script).await;
    let row = row(&collected, FINDING);
    assert_eq!((row.listed, row.evaluated, row.pages, row.complete), (13, 13, 2, true), "{row:?}");
    assert_eq!(
        Value::Object(of(&collected, 1).config.clone()),
        json!({"finding_arn": arn(1), "aws_account_id": "123456789012", "type": "PACKAGE_VULNERABILITY",
            "title": "CVE-2026-1 - openssl", "severity": "HIGH", "status": "ACTIVE", "fix_available": "YES",
            "first_observed_at": "2026-01-02T03:04:05Z", "last_observed_at": "2026-01-02T03:04:05Z",
            "resources": [{"id": "i-1", "type": "AWS_EC2_INSTANCE"}],
            "cisa_data": {"date_added": "2026-01-02T03:04:05Z", "date_due": "2026-01-02T03:04:05Z"}})
    );
    assert_eq!(
        (&of(&collected, 2).config["cisa_data"], of(&collected, 2).exchanges.as_slice()),
        (&Value::Null, &[3, 4][..])
    );
    assert_eq!(of(&collected, 12).config["cisa_data"], Value::Null, "no vulnerability with a number");
    let account = only(&collected, ACCOUNT);
    assert_eq!(account.config["resource_state"]["lambda_code"], json!({"status": "DISABLED"}));
    assert_eq!(
        (account.id.as_str(), &account.config["state"]),
        ("123456789012/us-east-1", &json!({"status": "ENABLED"}))
    );
}

#[tokio::test]
async fn details_that_are_refused_failed_or_left_out_are_a_gap_of_their_finding() {
    let failed = |code: &str| {
        json!({"findingDetails": [], "errors": [{"findingArn": arn(0), "errorCode": code, "errorMessage": "m"}]})
            .to_string()
    };
    for (status_code, body, reason) in [
        (403, DENIED.to_owned(), GapReason::Denied),
        (200, "<html/>".to_owned(), GapReason::Malformed),
        (200, "{}".to_owned(), GapReason::Malformed),
        (200, details(5..6), GapReason::Malformed),
        (200, failed("ACCESS_DENIED"), GapReason::Denied),
        (200, failed("INTERNAL_ERROR"), GapReason::Unavailable),
        (200, failed("FINDING_DETAILS_NOT_FOUND"), GapReason::NotFound),
        (200, failed("INVALID_INPUT"), GapReason::Malformed),
    ] {
        let script = Scripted::new()
            .always(STATUS, "", 200, &status("ENABLED", "123456789012"))
            .always(FINDINGS, "", 200, &list(&[finding(0, "PACKAGE_VULNERABILITY")], ""))
            .always(DETAILS, "", status_code, &body);
        let collected = read(&FAMILY, HOME, script).await;
        assert_eq!(gaps(only(&collected, FINDING)), [("config.cisa_data", reason)], "{body}");
        assert!(!only(&collected, FINDING).config.contains_key("cisa_data"));
        assert!(row(&collected, FINDING).complete);
    }
}

#[tokio::test]
async fn where_inspector_is_off_there_are_no_findings_and_they_are_not_asked_for() {
    let script = Scripted::new().always(STATUS, "", 200, &status("DISABLED", "123456789012"));
    let collected = read(&FAMILY, HOME, script).await;
    let row = row(&collected, FINDING);
    assert_eq!((row.listed, row.complete), (0, true));
    assert!(gaps(only(&collected, ACCOUNT)).is_empty());
}

#[tokio::test]
async fn a_status_that_is_not_the_accounts_own_is_a_gap_and_the_findings_are_asked_for() {
    let failed = json!({"accounts": [], "failedAccounts": [{"accountId": "123456789012", "errorCode": "ACCESS_DENIED",
        "errorMessage": "no"}]});
    for (status_code, body, reason) in [
        (403, DENIED.to_owned(), GapReason::Denied),
        (200, "{}".to_owned(), GapReason::Malformed),
        (200, failed.to_string(), GapReason::Malformed),
        (200, status("DISABLED", "999999999999"), GapReason::Malformed),
    ] {
        for (list_code, list, complete) in [(200, list(&[], ""), true), (403, DENIED.to_owned(), false)] {
            let script = Scripted::new().always(STATUS, "", status_code, &body).always(FINDINGS, "", list_code, &list);
            let collected = read(&FAMILY, HOME, script).await;
            let account = only(&collected, ACCOUNT);
            assert_eq!(gaps(account), [("config.resource_state", reason), ("config.state", reason)], "{body}");
            assert_eq!(row(&collected, FINDING).complete, complete);
        }
    }
}

#[tokio::test]
async fn findings_that_are_refused_or_were_not_asked_for_cut_their_list_short() {
    let other = |member: &str, value: &str| {
        let mut finding = finding(0, "CODE_VULNERABILITY");
        finding[member] = json!(value);
        list(&[finding], "")
    };
    for (status_code, body) in [
        (403, DENIED.to_owned()),
        (200, "{}".to_owned()),
        (200, other("status", "CLOSED")),
        (200, other("awsAccountId", "999999999999")),
    ] {
        let script = Scripted::new().always(STATUS, "", 200, &status("ENABLED", "123456789012")).always(
            FINDINGS,
            "",
            status_code,
            &body,
        );
        let collected = read(&FAMILY, HOME, script).await;
        let row = row(&collected, FINDING);
        assert_eq!((row.listed, row.complete), (0, false), "{body}");
    }
}
