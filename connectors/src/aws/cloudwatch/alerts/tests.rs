use super::*;
use crate::aws::cloudwatch::event_pattern::EventPattern;
use crate::aws::cloudwatch::filter_pattern::FilterPattern;
use crate::aws::cloudwatch::matching::all;
use crate::aws::s3::known::Known;
use std::collections::BTreeSet;

const ACCOUNT: &str = "123456789012";

fn names(service: &str, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("($.eventName = {name})")).collect();
    format!("{{ ($.eventSource = {service}.amazonaws.com) && ({}) }}", names.join(" || "))
}

/// The filters as the benchmark writes them.
fn benchmark(alert: &Alert) -> String {
    match (alert.key, &alert.events) {
        (_, Events::Writes { service, names: own, .. }) => names(service, own),
        ("unauthorized-api-calls", _) => "{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") && \
             ($.sourceIPAddress!=\"delivery.logs.amazonaws.com\") && ($.eventName!=\"HeadBucket\") }"
            .to_owned(),
        ("console-signin-without-mfa", _) => "{ ($.eventName = \"ConsoleLogin\") && ($.additionalEventData.MFAUsed != \"Yes\") \
             && ($.userIdentity.type = \"IAMUser\") && ($.responseElements.ConsoleLogin = \"Success\") }"
            .to_owned(),
        ("console-signin-failures", _) => {
            "{ ($.eventName = ConsoleLogin) && ($.errorMessage = \"Failed authentication\") }".to_owned()
        }
        _ => "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }"
            .to_owned(),
    }
}

#[test]
fn the_benchmarks_filter_matches_its_own_alert_and_no_other() {
    for alert in &ALERTS {
        let filter = FilterPattern::read(&benchmark(alert));
        for other in &ALERTS {
            let events = other.events(ACCOUNT, "eu-west-1");
            let found = all(events.iter().map(|event| filter.matches(&event.record)));
            assert_eq!(found, Known::Is(alert.key == other.key), "the filter for {} on {}", alert.key, other.key);
        }
        assert_eq!(filter.matches(&ordinary(ACCOUNT, "eu-west-1").record), Known::Is(false), "{}", alert.key);
    }
}

#[test]
fn a_filter_that_leaves_out_one_event_misses_the_alert() {
    for alert in &ALERTS {
        let Events::Writes { service, names: own, .. } = &alert.events else { continue };
        let filter = FilterPattern::read(&names(service, &own[1..]));
        let found: Vec<_> = alert.events(ACCOUNT, "us-east-1").iter().map(|e| filter.matches(&e.record)).collect();
        assert_eq!(found[0], Known::Is(false), "{}", alert.key);
        assert!(found[1..].iter().all(|found| *found == Known::Is(true)), "{}", alert.key);
    }
}

#[test]
fn a_rule_on_names_or_on_a_sign_in_matches_what_eventbridge_delivers() {
    let rule = |pattern: Value| EventPattern::read(&pattern.to_string());
    let of = |key: &str| ALERTS.iter().find(|alert| alert.key == key).unwrap().events(ACCOUNT, "eu-west-1");
    let trail = rule(json!({"source": ["aws.cloudtrail"], "detail-type": ["AWS API Call via CloudTrail"],
        "account": [ACCOUNT], "region": ["eu-west-1"],
        "detail": {"eventSource": ["cloudtrail.amazonaws.com"], "eventName": [{"suffix": "Trail"}, {"suffix": "Logging"}]}}));
    assert_eq!(all(of("cloudtrail-changes").iter().map(|e| trail.matches(&e.delivered()))), Known::Is(true));
    let root = rule(json!({"detail-type": ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"],
        "detail": {"userIdentity": {"type": ["Root"]}}}));
    assert_eq!(all(of("root-usage").iter().map(|e| root.matches(&e.delivered()))), Known::Is(true));
    let calls =
        rule(json!({"detail-type": ["AWS API Call via CloudTrail"], "detail": {"userIdentity": {"type": ["Root"]}}}));
    assert_eq!(all(of("root-usage").iter().map(|e| calls.matches(&e.delivered()))), Known::Is(false));
}

#[test]
fn events_of_services_without_regions_happen_in_the_global_region() {
    let regions = |key: &str, region: &str| -> BTreeSet<String> {
        let alert = ALERTS.iter().find(|alert| alert.key == key).unwrap();
        alert.events(ACCOUNT, region).into_iter().map(|event| event.region).collect()
    };
    assert_eq!(regions("iam-policy-changes", "eu-west-1"), BTreeSet::from(["us-east-1".to_owned()]));
    assert_eq!(regions("organizations-changes", "us-gov-east-1"), BTreeSet::from(["us-gov-west-1".to_owned()]));
    assert_eq!(regions("kms-key-deletion", "eu-west-1"), BTreeSet::from(["eu-west-1".to_owned()]));
    assert_eq!(regions("root-usage", "eu-west-1").len(), 2);
}

#[test]
fn every_alert_has_its_own_key() {
    assert_eq!(ALERTS.iter().map(|alert| alert.key).collect::<BTreeSet<_>>().len(), 15);
}
