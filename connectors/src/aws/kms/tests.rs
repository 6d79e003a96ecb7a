use super::*;
use crate::aws::scripted::{Scripted, only, read_family, row};
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Resource};
use serde_json::{Value, json};

const TYPE: &str = "aws.kms.key";
const DENIED: &str = r#"{"__type":"AccessDeniedException","message":"no"}"#;

fn arn(id: &str) -> String {
    format!("arn:aws:kms:us-east-1:123456789012:key/{id}")
}

fn list(ids: &[&str], next: Option<&str>) -> String {
    let keys: Vec<Value> = ids.iter().map(|id| json!({"KeyId": id, "KeyArn": arn(id)})).collect();
    json!({"Keys": keys, "NextMarker": next, "Truncated": next.is_some()}).to_string()
}

fn described(id: &str, change: &[(&str, Value)]) -> String {
    let mut metadata = json!({
        "AWSAccountId": "123456789012", "KeyId": id, "Arn": arn(id), "CreationDate": 1_767_323_045.5, "Enabled": true,
        "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": "Enabled", "Origin": "AWS_KMS", "KeyManager": "CUSTOMER",
        "KeySpec": "SYMMETRIC_DEFAULT", "MultiRegion": false,
    });
    for (name, value) in change {
        metadata[name] = value.clone();
    }
    json!({"KeyMetadata": metadata}).to_string()
}

fn policy(principal: &str) -> String {
    let statement = json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"});
    json!({"Policy": json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()}).to_string()
}

/// One customer key that rotates every 180 days, with the caller's lines before.
async fn read(script: Scripted) -> Collected {
    let aliases = json!({"Aliases": [
        {"AliasName": "alias/z", "TargetKeyId": "k-1"}, {"AliasName": "alias/a", "TargetKeyId": "k-1"},
        {"AliasName": "alias/other", "TargetKeyId": "k-2"}, {"AliasName": "alias/aws/s3"},
    ]});
    let rotation = r#"{"KeyRotationEnabled": true, "RotationPeriodInDays": 180, "KeyId": "k-1"}"#;
    let script = script
        .always("kms:ListKeys", "", 200, &list(&["k-1"], None))
        .always("kms:ListAliases", "", 200, &aliases.to_string())
        .always("kms:DescribeKey", "k-1", 200, &described("k-1", &[]))
        .always("kms:GetKeyRotationStatus", "", 200, rotation)
        .always("kms:GetKeyPolicy", "", 200, &policy("arn:aws:iam::999988887777:root"));
    read_family(&FAMILY, script).await.0
}

fn gaps(resource: &Resource) -> Vec<(&str, GapReason)> {
    resource.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect()
}

#[tokio::test]
async fn a_key_is_told_with_its_rotation_its_aliases_and_whom_its_policy_lets_in() {
    let collected = read(Scripted::new()).await;
    let key = only(&collected, TYPE);
    assert!(key.gaps.is_empty(), "{:?}", key.gaps);
    assert_eq!((key.id.as_str(), key.name.as_str()), (arn("k-1").as_str(), "k-1"));
    assert_eq!(
        Value::Object(key.config.clone()),
        json!({
            "key_id": "k-1", "key_arn": arn("k-1"), "aliases": ["alias/a", "alias/z"],
            "metadata": {
                "arn": arn("k-1"), "key_manager": "CUSTOMER", "key_state": "Enabled", "key_spec": "SYMMETRIC_DEFAULT",
                "key_usage": "ENCRYPT_DECRYPT", "origin": "AWS_KMS", "multi_region": false,
                "creation_date": "2026-01-02T03:04:05Z", "deletion_date": null,
            },
            "rotation": {"key_rotation_enabled": true, "rotation_period_in_days": 180},
        })
    );
    let let_in = json!({"allows_any_principal": false, "external_accounts": ["999988887777"]});
    assert_eq!(key.derived["policy"], let_in);
    let first = &key.derived["enclave_paths"][0];
    assert_eq!(*first, json!({"sid": null, "action": "kms:Decrypt", "measurements": [], "bound": true}));
}

#[tokio::test]
async fn every_page_is_read_and_a_list_that_is_none_is_incomplete() {
    let pages = Scripted::new()
        .always("kms:ListKeys", r#""Marker":"m""#, 200, &list(&["k-2"], None))
        .always("kms:ListKeys", r#""Limit":1000"#, 200, &list(&["k-1"], Some("m")))
        .always("kms:DescribeKey", "k-2", 200, &described("k-2", &[]));
    let collected = read(pages).await;
    let row_of = row(&collected, TYPE);
    assert_eq!((row_of.listed, row_of.evaluated, row_of.pages, row_of.complete), (2, 2, 2, true));
    for (status, body, reason) in
        [(400, DENIED, "denied (AccessDeniedException)"), (200, "{}", "malformed"), (200, "<html/>", "malformed")]
    {
        let collected = read(Scripted::new().always("kms:ListKeys", "", status, body)).await;
        let row = row(&collected, TYPE);
        assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{row:?}");
    }
}

#[tokio::test]
async fn each_call_that_is_refused_is_the_gap_of_what_it_tells() {
    let all = ["config.metadata", "config.rotation", "derived.enclave_paths", "derived.policy"];
    for (call, fields) in [
        ("kms:ListAliases", &["config.aliases"][..]),
        ("kms:DescribeKey", &all),
        ("kms:GetKeyRotationStatus", &["config.rotation"]),
        ("kms:GetKeyPolicy", &["derived.enclave_paths", "derived.policy"]),
    ] {
        let collected = read(Scripted::new().always(call, "", 400, DENIED)).await;
        let key = only(&collected, TYPE);
        let expected: Vec<_> = fields.iter().map(|field| (*field, GapReason::Denied)).collect();
        assert_eq!(gaps(key), expected, "{call}");
        let (config, derived) = (key.config.keys(), key.derived.keys());
        assert_eq!(config.count() + derived.count(), 7 - fields.len(), "{call}: what is unread is missing");
    }
}

#[tokio::test]
async fn a_key_that_aws_manages_or_kms_cannot_rotate_is_not_asked_for_what_it_has_not() {
    for (name, value, rotation_asked, policy_asked) in [
        ("KeyManager", "AWS", false, false),
        ("KeySpec", "RSA_2048", false, true),
        ("Origin", "EXTERNAL", false, true),
        ("KeyState", "PendingDeletion", true, true),
    ] {
        let script = Scripted::new().always("kms:DescribeKey", "", 200, &described("k-1", &[(name, json!(value))]));
        let collected = read(script).await;
        let key = only(&collected, TYPE);
        assert!(key.gaps.is_empty(), "{value}: {:?}", key.gaps);
        assert_eq!(key.config["rotation"].is_null(), !rotation_asked, "{value}");
        assert_eq!(key.derived["policy"].is_null(), !policy_asked, "{value}");
        assert_eq!(key.derived["enclave_paths"].is_null(), !policy_asked, "{value}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_right_says_nothing() {
    let unknown = described("k-1", &[("KeyManager", json!("SOMEBODY"))]);
    for (call, body, field) in [
        ("kms:DescribeKey", described("k-2", &[]).as_str(), "config.metadata"),
        ("kms:DescribeKey", &unknown, "config.metadata"),
        ("kms:DescribeKey", r#"{"KeyMetadata": {}}"#, "config.metadata"),
        ("kms:GetKeyPolicy", r#"{"Policy": "{}"}"#, "derived.enclave_paths"),
        ("kms:GetKeyPolicy", r#"{"Policy": " "}"#, "derived.enclave_paths"),
        ("kms:GetKeyPolicy", "{}", "derived.enclave_paths"),
        ("kms:GetKeyRotationStatus", "{}", "config.rotation"),
        ("kms:GetKeyRotationStatus", r#"{"KeyRotationEnabled": true}"#, "config.rotation.rotation_period_in_days"),
    ] {
        let collected = read(Scripted::new().always(call, "", 200, body)).await;
        let key = only(&collected, TYPE);
        assert_eq!(key.gaps[0].field, field, "{call} {body}");
        assert!(key.gaps.iter().all(|gap| gap.reason == GapReason::Malformed), "{:?}", key.gaps);
    }
    let off = Scripted::new().always("kms:GetKeyRotationStatus", "", 200, r#"{"KeyRotationEnabled": false}"#);
    let collected = read(off).await;
    let rotation = &only(&collected, TYPE).config["rotation"];
    assert_eq!(*rotation, json!({"key_rotation_enabled": false, "rotation_period_in_days": null}));
}
