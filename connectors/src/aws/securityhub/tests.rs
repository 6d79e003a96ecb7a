use super::super::scripted::{Scripted, gaps, only, read};
use super::{FAMILY, TYPE};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const HUB: &str = "securityhub:DescribeHub";
const STANDARDS: &str = "securityhub:GetEnabledStandards";
const HOME: &[&str] = &["us-east-1"];

fn hub() -> String {
    json!({"HubArn": "arn:aws:securityhub:us-east-1:123456789012:hub/default", "SubscribedAt": "2026-01-01T00:00:00.000Z",
        "AutoEnableControls": true, "ControlFindingGenerator": "SECURITY_CONTROL"})
    .to_string()
}

fn standards(names: &[&str], next: &str) -> String {
    let one = |name: &&str| {
        json!({"StandardsSubscriptionArn": format!("arn:aws:securityhub:us-east-1:123456789012:subscription/{name}"),
            "StandardsArn": format!("arn:aws:securityhub:us-east-1::standards/{name}"), "StandardsInput": {},
            "StandardsStatus": "READY"})
    };
    json!({"StandardsSubscriptions": names.iter().map(one).collect::<Vec<_>>(), "NextToken": next}).to_string()
}

fn refused(code: &str, message: &str) -> String {
    json!({"Code": code, "Message": message}).to_string()
}

#[tokio::test]
async fn a_hub_is_told_with_the_standards_of_all_pages() {
    let script = Scripted::new()
        .always(HUB, "", 200, &hub())
        .always(STANDARDS, "more", 200, &standards(&["a"], ""))
        .always(STANDARDS, r#""MaxResults":100"#, 200, &standards(&["b"], "more"));
    let collected = read(&FAMILY, HOME, script).await;
    let region = only(&collected, TYPE);
    assert!(gaps(region).is_empty());
    assert_eq!(
        region.config["hub"],
        json!({"hub_arn": "arn:aws:securityhub:us-east-1:123456789012:hub/default",
            "subscribed_at": "2026-01-01T00:00:00.000Z", "auto_enable_controls": true})
    );
    let arns: Vec<_> = region.config["standards"].as_array().unwrap().iter().map(|one| &one["standards_arn"]).collect();
    assert_eq!(arns, ["arn:aws:securityhub:us-east-1::standards/a", "arn:aws:securityhub:us-east-1::standards/b"]);
}

#[tokio::test]
async fn an_account_that_is_not_subscribed_has_no_hub_and_no_standards() {
    let body = refused("InvalidAccessException", "Account 123456789012 is not subscribed to AWS Security Hub");
    for status in [401, 403] {
        let collected = read(&FAMILY, HOME, Scripted::new().always(HUB, "", status, &body)).await;
        let region = only(&collected, TYPE);
        assert_eq!(Value::Object(region.config.clone()), json!({"hub": null, "standards": null}));
        assert!(gaps(region).is_empty());
        assert_eq!(region.exchanges, [1], "the refusal is the evidence");
    }
}

#[tokio::test]
async fn the_same_code_with_other_words_and_every_other_code_prove_nothing() {
    for (status, body, reason) in [
        (401, refused("InvalidAccessException", "The account does not have permission"), GapReason::NotEnabled),
        (403, refused("AccessDeniedException", "is not subscribed to AWS Security Hub"), GapReason::Denied),
        (404, refused("ResourceNotFoundException", "no such hub"), GapReason::NotFound),
        (200, "{}".to_owned(), GapReason::Malformed),
        (200, "<html/>".to_owned(), GapReason::Malformed),
    ] {
        let script = Scripted::new().always(HUB, "", status, &body).always(STANDARDS, "", 200, &standards(&["a"], ""));
        let collected = read(&FAMILY, HOME, script).await;
        let region = only(&collected, TYPE);
        assert_eq!(gaps(region), [("config.hub", reason)], "{body}");
        assert!(!region.config.contains_key("hub") && region.config.contains_key("standards"));
    }
}

#[tokio::test]
async fn standards_that_are_refused_are_a_gap_of_their_own() {
    for (status, body, reason) in [
        (403, refused("AccessDeniedException", "no"), GapReason::Denied),
        (401, refused("InvalidAccessException", "is not subscribed to AWS Security Hub"), GapReason::NotEnabled),
        (200, "{}".to_owned(), GapReason::Malformed),
    ] {
        let script = Scripted::new().always(HUB, "", 200, &hub()).always(STANDARDS, "", status, &body);
        let collected = read(&FAMILY, HOME, script).await;
        let region = only(&collected, TYPE);
        assert_eq!(gaps(region), [("config.standards", reason)]);
        assert!(region.config.contains_key("hub") && !region.config.contains_key("standards"));
    }
}
