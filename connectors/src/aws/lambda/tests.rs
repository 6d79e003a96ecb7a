use super::*;
use crate::aws::scripted::{Scripted, only, read_family, row};
use crate::collection::Collected;
use crate::exchange::redact::redact;
use bytes::Bytes;
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const TYPE: &str = "aws.lambda.function";
const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:web";
const DENIED: &str = r#"{"__type":"AccessDeniedException","message":"no"}"#;
const NO_POLICY: &str = r#"{"Type":"User","__type":"ResourceNotFoundException","message":"none"}"#;

fn function(change: &[(&str, Value)]) -> Value {
    let mut function = json!({
        "FunctionName": "web", "FunctionArn": ARN, "Runtime": "python3.13", "PackageType": "Zip",
        "Role": "arn:aws:iam::123456789012:role/web", "LastModified": "2026-01-02T03:04:05.000+0000",
        "Environment": {"Variables": {"DB_PASSWORD": "canary-1"}},
    });
    for (name, value) in change {
        function[name] = value.clone();
    }
    function
}

fn list(functions: &[Value], next: Option<&str>) -> String {
    json!({"Functions": functions, "NextMarker": next}).to_string()
}

fn policy(principal: &Value) -> String {
    let statement =
        json!({"Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction", "Resource": ARN});
    json!({"Policy": json!({"Version": "2012-10-17", "Statement": [statement]}).to_string(), "RevisionId": "r"})
        .to_string()
}

/// One private function with an alias, with the caller's lines before.
async fn read(script: Scripted) -> Collected {
    let script = script
        .always("lambda:ListFunctions", "", 200, &list(&[function(&[])], None))
        .always(
            "lambda:ListAliases",
            "",
            200,
            r#"{"Aliases": [{"Name": "live", "AliasArn": "x", "FunctionVersion": "1"}]}"#,
        )
        .always("lambda:ListFunctionUrlConfigs", "", 200, r#"{"FunctionUrlConfigs": []}"#)
        .always("lambda:GetPolicy", "", 404, NO_POLICY);
    read_family(&FAMILY, script).await.0
}

#[tokio::test]
async fn a_function_is_told_without_its_environment() {
    let collected = read(Scripted::new()).await;
    let function = only(&collected, TYPE);
    assert!(function.gaps.is_empty(), "{:?}", function.gaps);
    assert_eq!((function.id.as_str(), function.name.as_str()), (ARN, "web"));
    assert_eq!(
        Value::Object(function.config.clone()),
        json!({
            "function_name": "web", "function_arn": ARN, "runtime": "python3.13", "package_type": "Zip",
            "role": "arn:aws:iam::123456789012:role/web", "last_modified": "2026-01-02T03:04:05.000+0000",
            "aliases": ["live"], "function_urls": [],
        })
    );
    assert_eq!(Value::Object(function.derived.clone()), json!({"policy": null}));
    let document = serde_json::to_string(function).unwrap();
    assert!(!document.contains("canary") && !document.contains("DB_PASSWORD"), "{document}");
}

#[test]
fn the_values_of_variables_are_redacted_before_anything_sees_them() {
    let body = list(&[function(&[])], None);
    let clean = redact(&Bytes::from(body.clone()), LIST_FUNCTIONS.secrets, &[]);
    let text = String::from_utf8(clean.body.to_vec()).unwrap();
    assert!(!text.contains("canary") && text.contains("DB_PASSWORD") && text.contains("python3.13"), "{text}");
    assert_eq!(clean.paths, ["$.Functions[0].Environment.Variables.DB_PASSWORD"]);
    let cut = Bytes::from(body[..body.len() - 20].to_owned());
    assert_eq!(
        &redact(&cut, LIST_FUNCTIONS.secrets, &[]).body[..],
        b"[redacted]",
        "a page that was cut off is withheld"
    );
}

#[tokio::test]
async fn a_policy_of_an_alias_opens_the_function() {
    let open = policy(&json!("*"));
    let other = policy(&json!({"AWS": "arn:aws:iam::999988887777:root"}));
    let service = policy(&json!({"Service": "events.amazonaws.com"}));
    for (function_policy, alias_policy, expected) in [
        (None, Some(&open), json!({"allows_any_principal": true, "external_accounts": []})),
        (Some(&open), None, json!({"allows_any_principal": true, "external_accounts": []})),
        (Some(&service), Some(&other), json!({"allows_any_principal": false, "external_accounts": ["999988887777"]})),
        (Some(&other), Some(&other), json!({"allows_any_principal": false, "external_accounts": ["999988887777"]})),
    ] {
        let mut script = Scripted::new();
        script = match alias_policy {
            Some(policy) => script.always("lambda:GetPolicy", "policy?Qualifier=live", 200, policy),
            None => script.always("lambda:GetPolicy", "policy?Qualifier=live", 404, NO_POLICY),
        };
        if let Some(policy) = function_policy {
            script = script.always("lambda:GetPolicy", "", 200, policy);
        }
        let collected = read(script).await;
        assert_eq!(only(&collected, TYPE).derived["policy"], expected);
    }
}

#[tokio::test]
async fn urls_are_told_in_one_order() {
    let url = |url: &str, auth: &str| json!({"FunctionUrl": url, "FunctionArn": ARN, "AuthType": auth});
    let urls = |urls: &[Value]| json!({"FunctionUrlConfigs": urls}).to_string();
    let (a, b) = (url("https://a/", "NONE"), url("https://b/", "AWS_IAM"));
    let mut told = vec![];
    for order in [[a.clone(), b.clone()], [b, a]] {
        let collected = read(Scripted::new().always("lambda:ListFunctionUrlConfigs", "", 200, &urls(&order))).await;
        told.push(only(&collected, TYPE).config["function_urls"].clone());
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0][0], json!({"function_url": "https://a/", "function_arn": ARN, "auth_type": "NONE"}));
}

#[tokio::test]
async fn every_page_is_read_and_a_list_that_is_none_is_incomplete() {
    let second = function(&[("FunctionArn", json!(format!("{ARN}-2")))]);
    let pages = Scripted::new().always("lambda:ListFunctions", "Marker=n", 200, &list(&[second], None)).always(
        "lambda:ListFunctions",
        "MaxItems=50",
        200,
        &list(&[function(&[])], Some("n")),
    );
    let collected = read(pages).await;
    assert_eq!((row(&collected, TYPE).listed, row(&collected, TYPE).pages), (2, 2));
    for (status, body, reason) in
        [(403, DENIED, "denied (AccessDeniedException)"), (200, "{}", "malformed"), (200, "<html/>", "malformed")]
    {
        let collected = read(Scripted::new().always("lambda:ListFunctions", "", status, body)).await;
        let row = row(&collected, TYPE);
        assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{row:?}");
    }
}

#[tokio::test]
async fn what_is_refused_or_cannot_be_right_is_a_gap() {
    let unknown = &["config.aliases", "derived.policy"][..];
    for (call, needle, status, body, fields, reason) in [
        ("lambda:ListAliases", "", 403, DENIED, unknown, GapReason::Denied),
        ("lambda:ListAliases", "", 200, "{}", unknown, GapReason::Malformed),
        ("lambda:ListFunctionUrlConfigs", "", 403, DENIED, &["config.function_urls"], GapReason::Denied),
        ("lambda:ListFunctionUrlConfigs", "", 404, "<html/>", &["config.function_urls"], GapReason::NotFound),
        ("lambda:GetPolicy", "", 403, DENIED, &["derived.policy"], GapReason::Denied),
        ("lambda:GetPolicy", "Qualifier=live", 403, DENIED, &["derived.policy"], GapReason::Denied),
        ("lambda:GetPolicy", "", 404, "<html/>", &["derived.policy"], GapReason::NotFound),
        ("lambda:GetPolicy", "", 200, r#"{"Policy": "{}"}"#, &["derived.policy"], GapReason::Malformed),
        ("lambda:GetPolicy", "", 200, "{}", &["derived.policy"], GapReason::Malformed),
    ] {
        let collected = read(Scripted::new().always(call, needle, status, body)).await;
        let function = only(&collected, TYPE);
        let gaps: Vec<_> = function.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect();
        let expected: Vec<_> = fields.iter().map(|field| (*field, reason)).collect();
        assert_eq!(gaps, expected, "{call} {status} {body}");
    }
}

#[tokio::test]
async fn an_image_has_no_runtime_and_an_archive_without_one_is_a_gap() {
    for (package, gaps) in [("Image", vec![]), ("Zip", vec!["config.runtime"])] {
        let made = function(&[("Runtime", Value::Null), ("PackageType", json!(package))]);
        let collected = read(Scripted::new().always("lambda:ListFunctions", "", 200, &list(&[made], None))).await;
        let function = only(&collected, TYPE);
        assert_eq!(function.gaps.iter().map(|gap| gap.field.as_str()).collect::<Vec<_>>(), gaps, "{package}");
        assert_eq!(function.config.contains_key("runtime"), gaps.is_empty());
    }
}
