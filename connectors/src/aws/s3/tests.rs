//! The family over scripted answers in the provider's own form: whole, and with each answer spoilt in turn.

use crate::aws::scripted::{Scripted, context, order};
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Resource};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

mod answers;

use answers::{ALPHA, BETA, Line, SCRIPT};

/// Runs the family over these lines.
async fn collect(lines: &[Line], shuffle: u64) -> (Collected, Arc<Scripted>) {
    let script = lines.iter().fold(Scripted::shuffled(shuffle), |script, (call, needle, status, body)| {
        script.always(call, needle, *status, body)
    });
    let script = Arc::new(script);
    let context = context(order(), &script);
    (super::FAMILY.read(&context).await, script)
}

fn document<'a>(collected: &'a Collected, id: &str) -> &'a Resource {
    collected.resources.iter().find(|resource| resource.id == id).unwrap_or_else(|| panic!("no document {id}"))
}

fn gap_fields(resource: &Resource) -> BTreeSet<&str> {
    resource.gaps.iter().map(|gap| gap.field.as_str()).collect()
}

/// Config, derived and tags as one JSON value.
fn content(resource: &Resource) -> Value {
    json!({"config": resource.config, "derived": resource.derived, "tags": resource.tags})
}

/// The same without these fields.
fn without(mut content: Value, fields: &[&str]) -> Value {
    for field in fields {
        let (root, key) = field.split_once('.').unwrap_or((field, ""));
        if key.is_empty() {
            content[root] = Value::Null;
        } else {
            content[root].as_object_mut().unwrap().remove(key).unwrap_or_else(|| panic!("{field} was not there"));
        }
    }
    content
}

fn assert_balanced(collected: &Collected) {
    for row in &collected.populations {
        assert!(row.balances(), "{row:?}");
        let documents = collected.resources.iter().filter(|r| r.type_ == row.type_ && r.region == row.region).count();
        assert_eq!(row.listed, documents as u64, "{row:?}");
    }
    let rows: BTreeSet<_> = collected.populations.iter().map(|row| (&row.type_, &row.region)).collect();
    assert_eq!(rows.len(), collected.populations.len(), "one row for each type and region");
    assert!(collected.resources.iter().all(|r| rows.contains(&(&r.type_, &r.region))), "no document without a row");
}

#[tokio::test]
async fn a_bucket_with_everything_is_read_in_the_providers_words() {
    let (collected, _) = collect(SCRIPT, 0).await;
    assert_balanced(&collected);
    let alpha = document(&collected, ALPHA);
    assert_eq!(gap_fields(alpha), BTreeSet::new());
    assert_eq!((alpha.name.as_str(), alpha.region.as_str()), ("alpha", "us-east-1"));
    assert_eq!(alpha.tags.as_ref().unwrap()["Data-Classification"], "Confidential");
    let mut config = alpha.config.clone();
    assert_eq!(config.remove("policy").unwrap()["Statement"][0]["Sid"], "Site");
    assert_eq!(
        Value::Object(config),
        json!({
            "name": "alpha", "creation_date": "2024-02-03T04:05:06Z", "bucket_region": "us-east-1",
            "acl": {"owner_id": "79a59df9", "grants": [{
                "grantee": {"type": "CanonicalUser", "id": "79a59df9", "uri": null, "display_name": "owner"},
                "permission": "FULL_CONTROL",
            }]},
            "public_access_block": null,
            "policy_status": {"is_public": true},
            "encryption": {"sse_algorithm": "aws:kms", "kms_master_key_id": answers::KEY, "bucket_key_enabled": true},
            "versioning": {"status": "Enabled", "mfa_delete": "Disabled"},
            "object_lock": {"object_lock_enabled": "Enabled",
                            "default_retention": {"mode": "GOVERNANCE", "days": 30, "years": null}},
            "logging": {"target_bucket": "beta", "target_prefix": "alpha/"},
            "lifecycle": {"rules": [
                {"id": "old", "status": "Enabled",
                 "expiration": {"days": 90, "date": null, "expired_object_delete_marker": null},
                 "noncurrent_version_expiration": {"noncurrent_days": 30, "newer_noncurrent_versions": null}},
                {"id": null, "status": "Disabled",
                 "expiration": {"days": null, "date": "2030-01-01T00:00:00Z", "expired_object_delete_marker": null},
                 "noncurrent_version_expiration": null},
            ]},
            "ownership_controls": {"object_ownership": "BucketOwnerPreferred"},
            "replication": {"role": "arn:aws:iam::123456789012:role/replicate", "rules": [
                {"id": "all", "status": "Enabled", "destination_bucket": "arn:aws:s3:::copy", "priority": 1},
            ]},
        })
    );
    assert_eq!(
        Value::Object(alpha.derived.clone()),
        json!({
            "account_public_access_block": null,
            "effective_public_access_block": {"block_public_acls": false, "ignore_public_acls": false,
                                              "block_public_policy": false, "restrict_public_buckets": false},
            "effective_public_read": true, "effective_public_write": false,
            "denies_insecure_transport": true, "external_accounts": ["111122223333"],
            "key_manager": "CUSTOMER", "classification": "confidential",
        })
    );
}

#[tokio::test]
async fn what_is_not_set_is_a_fact_and_settles_further_questions() {
    let (collected, script) = collect(SCRIPT, 0).await;
    let beta = document(&collected, BETA);
    assert_eq!(gap_fields(beta), BTreeSet::new());
    assert_eq!(beta.region, "eu-west-1");
    assert_eq!(beta.tags.as_ref().map(std::collections::BTreeMap::len), Some(0));
    for absent in
        ["public_access_block", "policy", "policy_status", "encryption", "object_lock", "logging", "lifecycle"]
            .into_iter()
            .chain(["ownership_controls", "replication"])
    {
        assert_eq!(beta.config.get(absent), Some(&Value::Null), "{absent}");
    }
    assert_eq!(beta.config["versioning"], json!({"status": null, "mfa_delete": null}));
    assert_eq!(beta.derived["key_manager"], Value::Null);
    assert_eq!(beta.derived["effective_public_read"], json!(false));
    assert_eq!(beta.derived["denies_insecure_transport"], json!(false));
    let asked: Vec<String> = script
        .requests()
        .iter()
        .filter(|request| request.url.host_str().is_some_and(|host| host.starts_with("beta.")))
        .map(|request| request.operation.clone())
        .collect();
    for spared in ["GetBucketPolicyStatus", "GetObjectLockConfiguration", "GetBucketReplication"] {
        assert!(!asked.iter().any(|operation| operation == spared), "{spared} was asked for");
    }
    let calls = |name: &str| script.requests().iter().filter(|request| request.operation == name).count();
    assert_eq!(calls("DescribeKey"), 1, "two buckets share the key");
    let account = script.requests().iter().filter(|request| request.service == "s3control").count();
    assert_eq!(account, 1, "the account is asked once");
}

#[tokio::test]
async fn every_bucket_is_read_in_its_own_region() {
    let (_, script) = collect(SCRIPT, 0).await;
    for request in script.requests().iter().filter(|r| r.service == "s3" && r.operation != "ListBuckets") {
        let host = request.url.host_str().unwrap();
        let region = match host.split('.').next().unwrap() {
            "alpha" => "us-east-1",
            "beta" => "eu-west-1",
            _ if request.operation == "GetBucketLocation" => "us-east-1",
            _ => "eu-west-1",
        };
        assert_eq!(request.region, region, "{} {host}", request.operation);
        assert!(region == "us-east-1" || host.contains(region), "{host} is not in {region}");
    }
}

#[tokio::test]
async fn the_order_of_answers_leaves_no_trace() {
    let (first, _) = collect(SCRIPT, 0).await;
    for shuffle in [3, 7, 11] {
        let (other, _) = collect(SCRIPT, shuffle).await;
        assert_eq!(first.clone().ordered().resources, other.clone().ordered().resources, "{shuffle}");
        assert_eq!(first.clone().ordered().populations, other.ordered().populations, "{shuffle}");
    }
}

/// Each getter, and the fields of `alpha` that are unknown without it.
const DEPENDENTS: &[(&str, &[&str])] = &[
    ("s3:GetBucketAcl", &["config.acl", "derived.effective_public_write"]),
    (
        "s3:GetPublicAccessBlock",
        &["config.public_access_block", "derived.effective_public_access_block", "derived.effective_public_read"],
    ),
    (
        "s3:GetBucketPolicy",
        &[
            "config.policy",
            "derived.effective_public_read",
            "derived.effective_public_write",
            "derived.denies_insecure_transport",
            "derived.external_accounts",
        ],
    ),
    ("s3:GetBucketPolicyStatus", &["config.policy_status", "derived.effective_public_read"]),
    ("s3:GetBucketEncryption", &["config.encryption", "derived.key_manager"]),
    ("s3:GetBucketVersioning", &["config.versioning"]),
    ("s3:GetObjectLockConfiguration", &["config.object_lock"]),
    ("s3:GetBucketLogging", &["config.logging"]),
    ("s3:GetBucketLifecycleConfiguration", &["config.lifecycle"]),
    ("s3:GetBucketOwnershipControls", &["config.ownership_controls"]),
    ("s3:GetBucketReplication", &["config.replication"]),
    ("s3:GetBucketTagging", &["tags", "derived.classification"]),
    ("kms:DescribeKey", &["derived.key_manager"]),
    (
        "s3control:GetPublicAccessBlock",
        &[
            "derived.account_public_access_block",
            "derived.effective_public_access_block",
            "derived.effective_public_read",
        ],
    ),
];

/// The script with the answers of one call about `alpha` (or the account) replaced.
fn spoilt(call: &str, status: u16, body: &'static str) -> Vec<Line> {
    let hit = |line: &Line| line.0 == call && ["alpha", ""].contains(&line.1);
    assert_eq!(SCRIPT.iter().filter(|line| hit(line)).count(), 1, "{call} is in the script once");
    SCRIPT.iter().map(|line| if hit(line) { (line.0, line.1, status, body) } else { *line }).collect()
}

/// Spoils each answer in turn: exactly the fields that depend on it are gaps, with this reason, and nothing else changes.
async fn spoil_each(status: u16, body: impl Fn(&str) -> &'static str, reason: GapReason, code: &str) {
    let (whole, _) = collect(SCRIPT, 0).await;
    for (call, fields) in DEPENDENTS {
        let (collected, _) = collect(&spoilt(call, status, body(call)), 0).await;
        assert_balanced(&collected);
        let alpha = document(&collected, ALPHA);
        assert_eq!(gap_fields(alpha), fields.iter().copied().collect(), "{call}");
        for gap in &alpha.gaps {
            assert_eq!((gap.operation.as_str(), gap.reason), (*call, reason), "{call}: {gap:?}");
            assert_eq!(gap.code, code, "{call}: {gap:?}");
        }
        assert_eq!(content(alpha), without(content(document(&whole, ALPHA)), fields), "{call}");
        assert_eq!(alpha.tags.is_none(), fields.contains(&"tags"), "{call}");
        let spared = ["s3control:GetPublicAccessBlock", "kms:DescribeKey"];
        if !spared.contains(call) {
            assert_eq!(content(document(&collected, BETA)), content(document(&whole, BETA)), "{call} touched beta");
        }
        let row = collected.populations.iter().find(|row| row.region == "us-east-1").unwrap();
        assert_eq!((row.listed, row.evaluated, row.not_evaluated, row.complete), (1, 0, 1, true), "{call}");
    }
}

#[tokio::test]
async fn each_refusal_leaves_exactly_its_own_gaps() {
    let body = |call: &str| match call {
        "kms:DescribeKey" => r#"{"__type":"AccessDenied","Message":"no"}"#,
        _ => "<Error><Code>AccessDenied</Code><Message>no</Message></Error>",
    };
    spoil_each(403, body, GapReason::Denied, "AccessDenied").await;
}

#[tokio::test]
async fn a_bucket_that_vanished_is_not_an_empty_one() {
    let body = |call: &str| match call {
        "kms:DescribeKey" => r#"{"__type":"NoSuchBucket","Message":"gone"}"#,
        _ => "<Error><Code>NoSuchBucket</Code><Message>gone</Message></Error>",
    };
    spoil_each(404, body, GapReason::NotFound, "NoSuchBucket").await;
}

#[tokio::test]
async fn an_answer_that_is_not_the_documented_one_is_never_an_empty_setting() {
    for body in [
        r#"<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>alpha</Name></ListBucketResult>"#,
        "<!doctype html><html><body>Not found</body></html>",
        "",
    ] {
        spoil_each(200, |_| body, GapReason::Malformed, "-").await;
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_never_a_shorter_setting() {
    for (call, fields) in DEPENDENTS.iter().filter(|(call, _)| *call != "s3:GetPublicAccessBlock") {
        let line = SCRIPT.iter().find(|line| line.0 == *call && ["alpha", ""].contains(&line.1)).unwrap();
        if line.2 != 200 {
            continue;
        }
        let text = line.3.trim_end();
        for end in [text.len() - 1, text.len() / 2] {
            let lines: Vec<Line> = SCRIPT
                .iter()
                .map(|other| if other == line { (line.0, line.1, 200, &text[..end]) } else { *other })
                .collect();
            let (collected, _) = collect(&lines, 0).await;
            assert_eq!(
                gap_fields(document(&collected, ALPHA)),
                fields.iter().copied().collect(),
                "{call} cut at {end}"
            );
        }
    }
}

#[tokio::test]
async fn a_policy_outside_the_grammar_leaves_what_follows_from_it_unknown() {
    let lines = spoilt("s3:GetBucketPolicy", 200, r#"{"Statement": [{"Effect": "Perhaps"}]}"#);
    let (collected, _) = collect(&lines, 0).await;
    let alpha = document(&collected, ALPHA);
    assert_eq!(alpha.config["policy"]["Statement"][0]["Effect"], "Perhaps", "the provider's words stay");
    let unknown = ["effective_public_read", "effective_public_write", "denies_insecure_transport", "external_accounts"];
    let expected: BTreeSet<String> = unknown.iter().map(|key| format!("derived.{key}")).collect();
    assert_eq!(gap_fields(alpha), expected.iter().map(String::as_str).collect());
    assert!(alpha.gaps.iter().all(|gap| gap.operation == "s3:GetBucketPolicy" && gap.reason == GapReason::Malformed));
    assert!(unknown.iter().all(|key| !alpha.derived.contains_key(*key)));
}

#[tokio::test]
async fn an_unread_region_leaves_a_bucket_with_gaps_alone() {
    let (whole, _) = collect(SCRIPT, 0).await;
    assert_eq!(document(&whole, "arn:aws:s3:::gamma").region, "eu-west-1", "`EU` is eu-west-1");
    let refused: Line = ("s3:GetBucketLocation", "gamma", 403, "<Error><Code>AccessDenied</Code></Error>");
    let lines: Vec<Line> =
        SCRIPT.iter().map(|line| if line.0 == "s3:GetBucketLocation" { refused } else { *line }).collect();
    let (collected, script) = collect(&lines, 0).await;
    assert_balanced(&collected);
    let gamma = document(&collected, "arn:aws:s3:::gamma");
    assert_eq!(gamma.region, "unknown");
    assert_eq!(Value::Object(gamma.config.clone()), json!({"name": "gamma", "creation_date": "2024-02-03T04:05:06Z"}));
    assert!(gamma.tags.is_none());
    assert!(gamma.gaps.iter().all(|gap| gap.operation == "s3:GetBucketLocation" && gap.reason == GapReason::Denied));
    assert!(super::read::IN_REGION.iter().all(|field| gap_fields(gamma).contains(field)));
    assert!(gap_fields(gamma).contains("derived.effective_public_read"));
    let asked = script.requests().iter().filter(|r| r.url.as_str().contains("gamma")).count();
    assert_eq!(asked, 1, "nothing more is asked about a bucket whose region is unknown");
    assert_eq!(content(document(&collected, ALPHA)), content(document(&whole, ALPHA)));
}

#[tokio::test]
async fn a_page_that_fails_keeps_the_pages_before_it() {
    let refused = "<Error><Code>AccessDenied</Code></Error>";
    let again =
        r"<ListAllMyBucketsResult><Buckets/><ContinuationToken>page-2</ContinuationToken></ListAllMyBucketsResult>";
    for (status, body, reason, pages) in [
        (403, refused, "s3:ListBuckets denied (AccessDenied)", 1),
        (200, "<html/>", "s3:ListBuckets malformed (-)", 1),
        (200, again, "s3:ListBuckets malformed (-)", 2),
    ] {
        let lines: Vec<Line> = SCRIPT
            .iter()
            .map(|line| if line.1 == "continuation-token=page-2" { (line.0, line.1, status, body) } else { *line })
            .collect();
        let (collected, _) = collect(&lines, 0).await;
        assert_balanced(&collected);
        let rows: Vec<_> = collected.populations.iter().filter(|row| row.type_ == super::BUCKET).collect();
        let regions: Vec<&str> = rows.iter().map(|row| row.region.as_str()).collect();
        assert_eq!(regions, ["eu-west-1", "global", "us-east-1"], "{body}");
        for row in rows {
            assert_eq!((row.complete, row.reason.as_deref(), row.pages), (false, Some(reason), pages), "{row:?}");
        }
        assert_eq!(document(&collected, ALPHA).gaps, []);
    }
}

#[tokio::test]
async fn an_account_without_buckets_and_one_that_may_not_list_them_differ() {
    let empty: Line = ("s3:ListBuckets", "", 200, "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>");
    let refused: Line = ("s3:ListBuckets", "", 403, "<Error><Code>AccessDenied</Code></Error>");
    for (line, complete, pages) in [(empty, true, 1), (refused, false, 0)] {
        let account = *SCRIPT.iter().find(|line| line.0 == "s3control:GetPublicAccessBlock").unwrap();
        let (collected, _) = collect(&[line, account], 0).await;
        assert_balanced(&collected);
        assert_eq!(collected.resources.len(), 1, "the account's own document");
        let rows: Vec<_> = collected.populations.iter().filter(|row| row.type_ == super::BUCKET).collect();
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (rows[0].region.as_str(), rows[0].listed, rows[0].complete, rows[0].pages),
            ("global", 0, complete, pages)
        );
    }
}

#[tokio::test]
async fn the_accounts_own_block_is_a_document() {
    let (collected, _) = collect(SCRIPT, 0).await;
    let account = document(&collected, "123456789012");
    assert_eq!(account.config["public_access_block"], Value::Null);
    let set = "<PublicAccessBlockConfiguration xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\">\
        <BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
        <BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>\
        </PublicAccessBlockConfiguration>";
    let (collected, _) = collect(&spoilt("s3control:GetPublicAccessBlock", 200, set), 0).await;
    let expected = json!({"block_public_acls": true, "ignore_public_acls": true,
                          "block_public_policy": false, "restrict_public_buckets": true});
    assert_eq!(document(&collected, "123456789012").config["public_access_block"], expected);
    let alpha = document(&collected, ALPHA);
    assert_eq!(alpha.derived["account_public_access_block"], expected);
    assert_eq!(alpha.derived["effective_public_access_block"], expected);
    assert_eq!(alpha.derived["effective_public_read"], json!(false), "the account restricts the public policy");
    let short =
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>";
    let (collected, _) = collect(&spoilt("s3control:GetPublicAccessBlock", 200, short), 0).await;
    assert_eq!(gap_fields(document(&collected, "123456789012")), BTreeSet::from(["config.public_access_block"]));
}
