use super::*;
use crate::aws::scripted::{Scripted, only, read_family, row};
use crate::collection::Collected;
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const TYPE: &str = "aws.secretsmanager.secret";
const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf";
const DENIED: &str = r#"{"__type":"AccessDeniedException","message":"no"}"#;

fn secret(change: &[(&str, Value)]) -> Value {
    let mut secret = json!({
        "ARN": ARN, "Name": "db", "CreatedDate": 1_767_323_045.1, "LastChangedDate": 1_767_323_045,
        "Tags": [{"Key": "owner", "Value": "payments"}], "SecretVersionsToStages": {"v-1": ["AWSCURRENT"]},
    });
    for (name, value) in change {
        secret[name] = value.clone();
    }
    secret
}

fn list(secrets: &[Value], next: Option<&str>) -> String {
    json!({"SecretList": secrets, "NextToken": next}).to_string()
}

/// One secret without a policy, with the caller's lines before.
async fn read(script: Scripted) -> Collected {
    let versions = json!({"ARN": ARN, "Name": "db", "Versions": [
        {"VersionId": "v-0", "VersionStages": ["AWSPREVIOUS"], "CreatedDate": 1_700_000_000},
        {"VersionId": "v-1", "VersionStages": ["x", "AWSCURRENT"], "CreatedDate": 1_767_323_045.9},
    ]});
    let script = script
        .always("secretsmanager:ListSecrets", "", 200, &list(&[secret(&[])], None))
        .always("secretsmanager:ListSecretVersionIds", "", 200, &versions.to_string())
        .always("secretsmanager:GetResourcePolicy", "", 200, &json!({"ARN": ARN, "Name": "db"}).to_string());
    read_family(&FAMILY, script).await.0
}

#[tokio::test]
async fn a_secret_is_told_with_its_rotation_and_the_age_of_its_value() {
    let collected = read(Scripted::new()).await;
    let plain = only(&collected, TYPE);
    assert!(plain.gaps.is_empty(), "{:?}", plain.gaps);
    assert_eq!((plain.id.as_str(), plain.name.as_str()), (ARN, "db"));
    assert_eq!(plain.tags.as_ref().unwrap()["owner"], "payments");
    assert_eq!(
        Value::Object(plain.config.clone()),
        json!({
            "arn": ARN, "name": "db", "rotation_enabled": null, "rotation_rules": null, "last_rotated_date": null,
            "last_changed_date": "2026-01-02T03:04:05Z", "last_accessed_date": null,
            "created_date": "2026-01-02T03:04:05Z", "kms_key_id": null, "owning_service": null, "primary_region": null,
            "current_version": {"version_id": "v-1", "created_date": "2026-01-02T03:04:05Z"},
        })
    );
    assert_eq!(Value::Object(plain.derived.clone()), json!({"is_replica": false, "policy": null}));

    let rotating = secret(&[
        ("RotationEnabled", json!(true)),
        ("RotationRules", json!({"AutomaticallyAfterDays": 30})),
        ("LastRotatedDate", json!(1_767_323_045)),
        ("PrimaryRegion", json!("eu-west-1")),
    ]);
    let collected = read(Scripted::new().always("secretsmanager:ListSecrets", "", 200, &list(&[rotating], None))).await;
    let rotating = only(&collected, TYPE);
    assert_eq!(rotating.config["rotation_rules"], json!({"automatically_after_days": 30, "schedule_expression": null}));
    assert_eq!(rotating.config["last_rotated_date"], "2026-01-02T03:04:05Z");
    assert_eq!(rotating.derived["is_replica"], true, "its primary is in another region");
    let primary = secret(&[("PrimaryRegion", json!("us-east-1"))]);
    let collected = read(Scripted::new().always("secretsmanager:ListSecrets", "", 200, &list(&[primary], None))).await;
    assert_eq!(only(&collected, TYPE).derived["is_replica"], false, "the primary itself");
}

#[tokio::test]
async fn every_page_is_read_and_a_list_that_is_none_is_incomplete() {
    let pages = Scripted::new()
        .always("secretsmanager:ListSecrets", r#""NextToken":"n""#, 200, &list(&[secret(&[])], None))
        .always("secretsmanager:ListSecrets", r#""MaxResults":100"#, 200, &list(&[secret(&[])], Some("n")));
    let collected = read(pages).await;
    assert_eq!((row(&collected, TYPE).listed, row(&collected, TYPE).pages), (2, 2));
    for (status, body, reason) in
        [(400, DENIED, "denied (AccessDeniedException)"), (200, "{}", "malformed"), (200, "<html/>", "malformed")]
    {
        let collected = read(Scripted::new().always("secretsmanager:ListSecrets", "", status, body)).await;
        let row = row(&collected, TYPE);
        assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{row:?}");
    }
}

#[tokio::test]
async fn what_is_refused_or_cannot_be_right_is_a_gap_of_its_own() {
    let (versions, policy) = ("config.current_version", "derived.policy");
    let no_time = r#"{"Versions": [{"VersionId": "v-1", "VersionStages": ["AWSCURRENT"]}]}"#;
    let no_grammar = json!({"ARN": ARN, "ResourcePolicy": "{}"}).to_string();
    for (call, status, body, field, reason) in [
        ("secretsmanager:ListSecretVersionIds", 400, DENIED, versions, GapReason::Denied),
        ("secretsmanager:ListSecretVersionIds", 200, "{}", versions, GapReason::Malformed),
        ("secretsmanager:ListSecretVersionIds", 200, no_time, versions, GapReason::Malformed),
        ("secretsmanager:GetResourcePolicy", 400, DENIED, policy, GapReason::Denied),
        ("secretsmanager:GetResourcePolicy", 200, "{}", policy, GapReason::Malformed),
        ("secretsmanager:GetResourcePolicy", 200, r#"{"ARN": "arn:other"}"#, policy, GapReason::Malformed),
        ("secretsmanager:GetResourcePolicy", 200, &no_grammar, policy, GapReason::Malformed),
    ] {
        let collected = read(Scripted::new().always(call, "", status, body)).await;
        let secret = only(&collected, TYPE);
        let gaps: Vec<_> = secret.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect();
        assert_eq!(gaps, [(field, reason)], "{call} {body}");
        let (part, key) = field.split_once('.').unwrap();
        assert!(!if part == "config" { &secret.config } else { &secret.derived }.contains_key(key));
    }
    let empty = Scripted::new().always("secretsmanager:ListSecretVersionIds", "", 200, r#"{"Versions": []}"#);
    let collected = read(empty).await;
    assert_eq!(only(&collected, TYPE).config["current_version"], Value::Null, "a secret without a value");
    let young = secret(&[("CreatedDate", Value::Null)]);
    let collected = read(Scripted::new().always("secretsmanager:ListSecrets", "", 200, &list(&[young], None))).await;
    assert_eq!(only(&collected, TYPE).gaps[0].field, "config.created_date");
}

#[tokio::test]
async fn a_policy_says_whom_it_lets_in() {
    let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"});
    let text = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let answer = json!({"ARN": ARN, "Name": "db", "ResourcePolicy": text}).to_string();
    let collected = read(Scripted::new().always("secretsmanager:GetResourcePolicy", "", 200, &answer)).await;
    assert_eq!(only(&collected, TYPE).derived["policy"]["allows_any_principal"], true);
}
