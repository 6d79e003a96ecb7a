use super::super::document::{Grant, Grantee, OwnershipControls, PolicyStatus};
use super::*;
use crate::aws::resource_policy::external_accounts;
use serde_json::{Value, json};

const ARN: &str = "arn:aws:s3:::logs";

fn policy(statements: &Value) -> PolicyDocument {
    PolicyDocument::from_value(&json!({ "Version": "2012-10-17", "Statement": statements })).unwrap()
}

fn block(settings: [bool; 4]) -> PublicAccessBlock {
    let [block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets] = settings;
    PublicAccessBlock { block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets }
}

#[test]
fn a_setting_counts_from_the_bucket_or_the_account() {
    let on = || Field::Value(block([true; 4]));
    let half = || Field::Value(block([true, true, false, false]));
    let rest = || Field::Value(block([false, false, true, true]));
    let unread = || Field::Unread;
    assert_eq!(effective_block(&half(), &rest()), Ok(block([true; 4])));
    assert_eq!(effective_block(&Field::Absent, &Field::Absent), Ok(block([false; 4])));
    assert_eq!(effective_block(&unread(), &on()), Ok(block([true; 4])), "the account settles it");
    assert_eq!(effective_block(&on(), &unread()), Ok(block([true; 4])), "the bucket settles it");
    assert_eq!(effective_block(&half(), &unread()), Err(vec![ACCOUNT_BLOCK, ACCOUNT_BLOCK]));
    assert_eq!(effective_block(&unread(), &Field::Absent), Err(vec![BUCKET_BLOCK; 4]));
}

/// A bucket with nothing that makes it public; `change` makes it so.
fn bucket(change: impl FnOnce(&mut BucketConfig)) -> BucketConfig {
    let mut config = BucketConfig {
        acl: Field::Value(Acl { owner_id: None, grants: vec![grant("CanonicalUser", None, "FULL_CONTROL")] }),
        public_access_block: Field::Absent,
        policy_status: Field::Absent,
        policy: Field::Absent,
        ownership_controls: Field::Absent,
        ..BucketConfig::default()
    };
    change(&mut config);
    config
}

fn grant(type_: &str, group: Option<&str>, permission: &str) -> Grant {
    let uri = group.map(|group| format!("http://acs.amazonaws.com/groups/{group}"));
    Grant {
        grantee: Grantee { type_: type_.to_owned(), id: None, uri, display_name: None },
        permission: permission.to_owned(),
    }
}

fn granting(group: &str, permission: &str) -> Field<Acl> {
    Field::Value(Acl { owner_id: None, grants: vec![grant("Group", Some(group), permission)] })
}

fn both(config: &BucketConfig, account: &Field<PublicAccessBlock>) -> (Fact, Fact) {
    let document = config.policy.value().map(|value| PolicyDocument::from_value(value).unwrap());
    let way = |way| public(way, config, account, document.as_ref());
    (way(Way::Read), way(Way::Write))
}

fn known(read: bool, write: bool) -> (Fact, Fact) {
    (Known::Is(read), Known::Is(write))
}

#[test]
fn an_acl_opens_what_it_grants_to_a_public_group() {
    for (group, permission, read, write) in [
        ("global/AllUsers", "READ", true, false),
        ("global/AllUsers", "READ_ACP", true, false),
        ("global/AllUsers", "WRITE", false, true),
        ("global/AllUsers", "WRITE_ACP", false, true),
        ("global/AllUsers", "FULL_CONTROL", true, true),
        ("global/AuthenticatedUsers", "READ", true, false),
        ("s3/LogDelivery", "WRITE", false, false),
    ] {
        let config = bucket(|config| config.acl = granting(group, permission));
        assert_eq!(both(&config, &Field::Absent), known(read, write), "{group} {permission}");
    }
    assert_eq!(both(&bucket(|_| ()), &Field::Absent), known(false, false));
}

#[test]
fn a_public_acl_has_no_effect_where_acls_are_ignored_or_disabled() {
    let open = || bucket(|config| config.acl = granting("global/AllUsers", "FULL_CONTROL"));
    let ignore = block([false, true, false, false]);
    assert_eq!(both(&open(), &Field::Value(ignore)), known(false, false), "ignored by the account");
    let mut config = open();
    config.public_access_block = Field::Value(ignore);
    assert_eq!(both(&config, &Field::Absent), known(false, false), "ignored by the bucket");
    let mut config = open();
    config.public_access_block = Field::Value(block([true, false, true, true]));
    assert_eq!(both(&config, &Field::Absent), known(true, true), "blocking new ACLs leaves the old one in force");
    for (ownership, public) in [("BucketOwnerEnforced", false), ("BucketOwnerPreferred", true), ("ObjectWriter", true)]
    {
        let mut config = open();
        config.ownership_controls = Field::Value(OwnershipControls { object_ownership: ownership.to_owned() });
        assert_eq!(both(&config, &Field::Absent), known(public, public), "{ownership}");
    }
}

#[test]
fn what_is_unread_matters_only_where_it_would_settle_the_answer() {
    let unknown = |causes: &[&'static str]| Known::Unknown(causes.to_vec());
    let no_acl = bucket(|config| config.acl = Field::Unread);
    assert_eq!(both(&no_acl, &Field::Absent), (unknown(&[ACL]), unknown(&[ACL])));
    assert_eq!(both(&no_acl, &Field::Value(block([true; 4]))), known(false, false), "ACLs are ignored anyway");
    let no_ownership = bucket(|config| config.ownership_controls = Field::Unread);
    assert_eq!(both(&no_ownership, &Field::Absent), known(false, false), "there is no public grant to disable");
    let open = bucket(|config| {
        config.ownership_controls = Field::Unread;
        config.acl = granting("global/AllUsers", "READ");
    });
    assert_eq!(both(&open, &Field::Absent), (unknown(&[OWNERSHIP]), Known::Is(false)));
    assert_eq!(both(&open, &Field::Unread), (unknown(&[ACCOUNT_BLOCK, OWNERSHIP]), Known::Is(false)));
    let no_status = bucket(|config| config.policy_status = Field::Unread);
    assert_eq!(both(&no_status, &Field::Absent).0, unknown(&[STATUS]), "even without a policy that was read");
    let no_policy = bucket(|config| {
        config.policy = Field::Unread;
        config.policy_status = Field::Value(PolicyStatus { is_public: true });
    });
    assert_eq!(both(&no_policy, &Field::Absent), (unknown(&[POLICY]), unknown(&[POLICY])));
    assert_eq!(both(&no_policy, &Field::Value(block([false, false, false, true]))), known(false, false));
}

#[test]
fn a_public_policy_opens_what_its_public_statements_allow() {
    let vpce = json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}});
    let star = |action: Value| json!({"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"});
    let cases = [
        (json!([star(json!("s3:GetObject"))]), true, false),
        (json!([star(json!("s3:List*"))]), true, false),
        (json!([star(json!("S3:getobject"))]), true, false),
        (json!([star(json!("s3:PutObject"))]), false, true),
        (json!([star(json!("s3:DeleteObject"))]), false, true),
        (json!([star(json!(["s3:GetObject", "s3:PutObjectAcl"]))]), true, true),
        (json!([star(json!("s3:*Object"))]), true, true),
        (json!([star(json!("*"))]), true, true),
        (
            json!([{"Effect": "Allow", "Principal": {"AWS": "*"}, "NotAction": "s3:DeleteBucket", "Resource": "*"}]),
            true,
            true,
        ),
        // a write that only an endpoint of ours can make is not public beside a read that anybody can
        (
            json!([star(json!("s3:GetObject")),
                   {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "*", "Condition": vpce}]),
            true,
            false,
        ),
        // S3 says public and the statements do not show why: both
        (
            json!([{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "*"}]),
            true,
            true,
        ),
    ];
    for (statements, read, write) in cases {
        let config = bucket(|config| {
            config.policy = Field::Value(json!({ "Statement": statements }));
            config.policy_status = Field::Value(PolicyStatus { is_public: true });
        });
        assert_eq!(both(&config, &Field::Absent), known(read, write), "{statements}");
        let restricted = Field::Value(block([false, false, false, true]));
        assert_eq!(both(&config, &restricted), known(false, false), "restricted: {statements}");
        let config = BucketConfig { policy_status: Field::Value(PolicyStatus { is_public: false }), ..config };
        assert_eq!(both(&config, &Field::Absent), known(false, false), "S3 says that it is not public: {statements}");
    }
}

#[test]
fn only_a_whole_denial_of_plain_http_counts() {
    let deny = |change: Value| {
        let mut statement = json!({
            "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": [ARN, format!("{ARN}/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        });
        for (key, value) in change.as_object().unwrap() {
            match value {
                Value::Null => statement.as_object_mut().unwrap().remove(key),
                value => statement.as_object_mut().unwrap().insert(key.clone(), value.clone()),
            };
        }
        statement
    };
    let good = [
        json!({}),
        json!({"Principal": {"AWS": "*"}}),
        json!({"Principal": {"AWS": ["111122223333", "*"]}}),
        json!({"Action": "*"}),
        json!({"Action": ["s3:GetObject", "S3:*"]}),
        json!({"Resource": "*"}),
        json!({"Resource": "arn:aws:s3:::*"}),
        json!({"Resource": "arn:aws:s3:::logs*"}),
        json!({"Condition": {"Bool": {"AWS:securetransport": ["False"]}}}),
        json!({"Condition": {"Bool": {"aws:SecureTransport": false}}}),
        json!({"Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}}),
    ];
    for change in good {
        assert!(denies_insecure_transport(&policy(&json!([deny(change.clone())])), ARN), "{change}");
    }
    let near = [
        json!({"Effect": "Allow"}),
        json!({"Principal": {"AWS": "111122223333"}}),
        json!({"Principal": {"AWS": "arn:aws:iam::111122223333:*"}}),
        json!({"Principal": {"Service": "*"}}),
        json!({"Principal": null, "NotPrincipal": {"AWS": "111122223333"}}),
        json!({"Action": "s3:GetObject"}),
        json!({"Action": ["s3:Get*", "s3:Put*", "s3:Delete*"]}),
        json!({"Action": null, "NotAction": "s3:GetObject"}),
        json!({"Resource": ARN}),
        json!({"Resource": format!("{ARN}/*")}),
        json!({"Resource": [ARN, format!("{ARN}/private/*")]}),
        json!({"Resource": ["arn:aws:s3:::other", "arn:aws:s3:::other/*"]}),
        json!({"Resource": null, "NotResource": format!("{ARN}/public/*")}),
        json!({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
        json!({"Condition": {"Null": {"aws:SecureTransport": "true"}}}),
        json!({"Condition": {"StringEquals": {"aws:SecureTransport": "false"}}}),
        json!({"Condition": {"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}}}),
        json!({"Condition": {"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}),
        json!({"Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}}),
    ];
    for change in near {
        assert!(!denies_insecure_transport(&policy(&json!([deny(change.clone())])), ARN), "{change}");
    }
    let halves = json!([deny(json!({"Resource": ARN})), deny(json!({"Resource": format!("{ARN}/*")}))]);
    assert!(denies_insecure_transport(&policy(&halves), ARN), "two statements share the resources");
}

#[test]
fn external_accounts_are_those_that_the_policy_lets_in() {
    let document = policy(&json!([
        {"Effect": "Allow", "Principal": {"AWS": ["111122223333", "arn:aws:iam::444455556666:role/x", "123456789012"]},
         "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"CanonicalUser": "79a59df9"}, "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*",
         "Condition": {"StringEquals": {"aws:PrincipalAccount": ["777788889999", "123456789012"]}}},
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*",
         "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "222233334444"}}},
        {"Effect": "Deny", "Principal": {"AWS": "555566667777"}, "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:*", "Resource": "*"},
    ]));
    let expected = ["111122223333", "444455556666", "777788889999", "canonical:79a59df9"];
    assert_eq!(external_accounts(&document, "123456789012"), expected);
}

#[test]
fn the_classifying_tag_is_found_whatever_its_case() {
    let tags = |pairs: &[(&str, &str)]| {
        classification(&pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    };
    assert_eq!(tags(&[("Data-Classification", "Confidential ")]).as_deref(), Some("confidential"));
    assert_eq!(tags(&[("DataClassification", "PII")]).as_deref(), Some("pii"));
    assert_eq!(tags(&[("Classification", "a"), ("data-classification", "b")]).as_deref(), Some("b"));
    assert_eq!(tags(&[("classified", "x"), ("env", "prod")]), None);
}
