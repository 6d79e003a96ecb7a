use super::super::scripted::{Scripted, context, order, read_family};
use super::*;
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Resource};
use std::sync::Arc;

const BASIC: &str = r#"{"registryId":"123456789012","scanningConfiguration":{"scanType":"BASIC","rules":[]}}"#;
const NO_POLICY: &str = r#"{"__type":"RepositoryPolicyNotFoundException","message":"none"}"#;
const DENIED: &str = r#"{"__type":"AccessDeniedException","message":"no"}"#;

fn repository(name: &str, more: &str) -> String {
    format!(
        r#"{{"repositoryArn":"arn:aws:ecr:us-east-1:123456789012:repository/{name}","registryId":"123456789012",
            "repositoryName":"{name}","imageTagMutability":"IMMUTABLE"{more}}}"#
    )
}

fn page(repositories: &[String], next: &str) -> String {
    let next = if next.is_empty() { "null".to_owned() } else { format!("\"{next}\"") };
    format!(r#"{{"repositories":[{}],"nextToken":{next}}}"#, repositories.join(","))
}

fn one(more: &str) -> Scripted {
    Scripted::new().always("ecr:DescribeRepositories", "", 200, &page(&[repository("team/app", more)], ""))
}

fn first(collected: &Collected) -> &Resource {
    collected.resources.first().unwrap_or_else(|| panic!("no document: {:?}", collected.populations))
}

fn gaps(resource: &Resource) -> Vec<(&str, GapReason)> {
    resource.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect()
}

#[tokio::test]
async fn a_repository_has_its_settings_those_of_its_registry_and_its_policy() {
    let policy = r#"{"policyText":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"ecr:BatchGetImage\"}]}"}"#;
    let script = one(
        r#","imageScanningConfiguration":{"scanOnPush":true},"encryptionConfiguration":{"encryptionType":"AES256"}"#,
    )
    .always("ecr:GetRegistryScanningConfiguration", "", 200, BASIC)
    .always("ecr:GetRepositoryPolicy", "team/app", 200, policy);
    let collected = read_family(&FAMILY, script).await.0;
    let read = first(&collected);
    assert_eq!(read.id, "arn:aws:ecr:us-east-1:123456789012:repository/team/app");
    assert_eq!(read.config["image_tag_mutability_exclusion_filters"], Value::Null);
    assert_eq!(read.config["registry_scanning"], json!({"scan_type": "BASIC", "rules": []}));
    assert_eq!(read.derived["scanning_enabled"], json!(true));
    assert_eq!(read.derived["policy"], json!({"allows_any_principal": true, "external_accounts": []}));
    assert_eq!(gaps(read), []);
}

#[tokio::test]
async fn no_policy_is_a_fact_and_half_a_policy_is_none() {
    let script = |status, body: &str| {
        one("").always("ecr:GetRegistryScanningConfiguration", "", 200, BASIC).always(
            "ecr:GetRepositoryPolicy",
            "",
            status,
            body,
        )
    };
    let collected = read_family(&FAMILY, script(400, NO_POLICY)).await.0;
    assert_eq!(first(&collected).config["policy"], Value::Null);
    assert_eq!(first(&collected).derived["policy"]["allows_any_principal"], json!(false));
    assert_eq!(first(&collected).derived["scanning_enabled"], json!(false), "it says nothing of scanning");
    let collected = read_family(&FAMILY, script(200, r#"{"policyText":"{"}"#)).await.0;
    assert_eq!(gaps(first(&collected)), [("derived.policy", GapReason::Malformed)]);
    for (status, body, reason) in [
        (400, DENIED, GapReason::Denied),
        (200, "{}", GapReason::Malformed),
        (200, "<html/>", GapReason::Malformed),
        (400, r#"{"__type":"RepositoryNotFoundException"}"#, GapReason::NotFound),
    ] {
        let collected = read_family(&FAMILY, script(status, body)).await.0;
        assert_eq!(gaps(first(&collected)), [("config.policy", reason), ("derived.policy", reason)], "{body}");
        assert!(!first(&collected).config.contains_key("policy"));
    }
}

#[tokio::test]
async fn what_the_registry_says_is_needed_for_every_repository() {
    let script = one("").always("ecr:GetRegistryScanningConfiguration", "", 400, DENIED).always(
        "ecr:GetRepositoryPolicy",
        "",
        400,
        NO_POLICY,
    );
    let collected = read_family(&FAMILY, script).await.0;
    assert_eq!(
        gaps(first(&collected)),
        [("config.registry_scanning", GapReason::Denied), ("derived.scanning_enabled", GapReason::Denied)]
    );
}

#[tokio::test]
async fn rules_of_the_registry_override_what_a_repository_says() {
    let rule = |frequency: &str, filter: &str| {
        format!(
            r#"{{"scanFrequency":"{frequency}","repositoryFilters":[{{"filter":"{filter}","filterType":"WILDCARD"}}]}}"#
        )
    };
    let on = r#","imageScanningConfiguration":{"scanOnPush":true}"#;
    for (type_, rules, own, scanned) in [
        ("BASIC", rule("SCAN_ON_PUSH", "*"), "", true),
        ("BASIC", rule("SCAN_ON_PUSH", "other"), on, false),
        ("BASIC", rule("MANUAL", "*"), on, false),
        ("BASIC", String::new(), on, true),
        ("ENHANCED", String::new(), on, false),
        ("ENHANCED", rule("CONTINUOUS_SCAN", "team"), "", true),
        ("ENHANCED", rule("SCAN_ON_PUSH", "app*"), on, false),
        ("ENHANCED", format!("{},{}", rule("SCAN_ON_PUSH", "x*"), rule("CONTINUOUS_SCAN", "te*/*pp")), "", true),
    ] {
        let registry = format!(r#"{{"scanningConfiguration":{{"scanType":"{type_}","rules":[{rules}]}}}}"#);
        let script = one(own).always("ecr:GetRegistryScanningConfiguration", "", 200, &registry).always(
            "ecr:GetRepositoryPolicy",
            "",
            400,
            NO_POLICY,
        );
        let collected = read_family(&FAMILY, script).await.0;
        assert_eq!(first(&collected).derived["scanning_enabled"], json!(scanned), "{type_} {rules} {own}");
    }
}

#[test]
fn a_filter_is_a_part_of_the_name_or_the_whole_of_it_with_stars() {
    let names = |filter: &str, name: &str| {
        RepositoryFilter { filter: filter.into(), filter_type: "WILDCARD".into() }.names(name)
    };
    assert!(names("prod", "a-prod-b") && names("*", "x") && names("*prod", "a-prod") && names("a*b*c", "a1b2b3c"));
    assert!(names("**", "x") && names("a*", "a"));
    assert!(!names("prod*", "a-prod") && !names("*prod", "prod-b") && !names("a*b", "a") && !names("ab*ba", "aba"));
}

#[tokio::test]
async fn all_pages_are_read_and_what_is_no_list_is_incomplete() {
    let script = Scripted::new()
        .always("ecr:DescribeRepositories", "more", 200, &page(&[repository("b", "")], ""))
        .always("ecr:DescribeRepositories", "\"maxResults\":1000", 200, &page(&[repository("a", "")], "more"))
        .always("ecr:GetRegistryScanningConfiguration", "", 200, BASIC)
        .always("ecr:GetRepositoryPolicy", "", 400, NO_POLICY);
    let collected = read_family(&FAMILY, script).await.0;
    let row = &collected.populations[0];
    assert_eq!((row.listed, row.evaluated, row.pages, row.complete), (2, 2, 2, true));
    for (status, body, reason) in
        [(400, DENIED, "denied (AccessDeniedException)"), (200, "{}", "malformed"), (200, "<html/>", "malformed")]
    {
        let collected =
            read_family(&FAMILY, Scripted::new().always("ecr:DescribeRepositories", "", status, body)).await.0;
        let row = &collected.populations[0];
        assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{row:?}");
    }
    let script = Arc::new(Scripted::new().always("ecr:DescribeRepositories", "", 200, &page(&[], "")));
    let context = context(order(), &script);
    let collected = FAMILY.read(&context).await;
    assert!(collected.populations[0].complete && script.requests().len() == 1, "nothing is asked where nothing is");
}
