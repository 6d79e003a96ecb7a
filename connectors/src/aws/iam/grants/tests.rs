//! Identity policies by tables: each spelling of too much, and its near misses.

use super::*;
use serde_json::{Value, json};

const OWN: &str = "111111111111";

fn allow(action: &Value, resource: &Value) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn read(statements: &Value) -> PolicyDocument {
    PolicyDocument::from_value(&json!({"Statement": statements})).unwrap()
}

fn with(mut statement: Value, condition: Value) -> Value {
    statement["Condition"] = condition;
    statement
}

#[test]
fn full_administration_is_seen_in_every_spelling_and_nowhere_else() {
    let all = || allow(&json!("*"), &json!("*"));
    let table = [
        (json!([all()]), true),
        (json!(allow(&json!(["s3:Get*", "*:*"]), &json!(["arn:aws:s3:::b", "*"]))), true),
        (json!(allow(&json!("*"), &json!("arn:aws:*"))), true),
        (json!(allow(&json!("iam:*"), &json!("*"))), false),
        (json!(allow(&json!("*"), &json!("arn:aws:s3:::b/*"))), false),
        (json!({"Effect": "Allow", "NotAction": [], "Resource": "*"}), true),
        (json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), false),
        (json!({"Effect": "Allow", "Action": "*", "NotResource": []}), true),
        (json!({"Effect": "Deny", "Action": "*", "Resource": "*"}), false),
        // taken away again
        (json!([all(), {"Effect": "Deny", "Action": "*", "Resource": "*"}]), false),
        (json!([all(), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}]), false),
        (json!([all(), {"Effect": "Deny", "NotAction": "*", "Resource": "*"}]), true),
        (json!([all(), {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]), true),
        (json!([all(), {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::b"}]), true),
        (
            json!([
                all(),
                with(
                    json!({"Effect": "Deny", "Action": "*", "Resource": "*"}),
                    json!({"Bool": {"aws:SecureTransport": "false"}})
                )
            ]),
            true,
        ),
        (
            json!([
                all(),
                with(
                    json!({"Effect": "Deny", "Action": "*", "Resource": "*"}),
                    json!({"StringNotEquals": {"aws:ResourceTag/team": "a"}})
                )
            ]),
            false,
        ),
        // conditions
        (json!(with(all(), json!({"StringEquals": {"aws:ResourceTag/team": "a"}}))), false),
        (json!(with(all(), json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))), false),
        (json!(with(all(), json!({"StringLike": {"aws:RequestedRegion": "*"}}))), true),
        (json!(with(all(), json!({"StringEqualsIfExists": {"aws:ResourceTag/team": "a"}}))), true),
        (json!(with(all(), json!({"StringNotEquals": {"aws:ResourceTag/team": "a"}}))), true),
        (json!(with(all(), json!({"Bool": {"aws:SecureTransport": true}}))), true),
        (json!(with(all(), json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}))), true),
        (json!(with(all(), json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}))), true),
        (json!(with(all(), json!({"StringEquals": {"AWS:resourceaccount": OWN}}))), true),
    ];
    for (statements, expected) in table {
        assert_eq!(grants_admin(&read(&statements)), expected, "{statements}");
    }
}

#[test]
fn services_with_full_access_are_listed() {
    let table: [(Value, &[&str]); 8] = [
        (allow(&json!(["KMS:*", "iam:Get*", "s3:*"]), &json!("*")), &["kms", "s3"]),
        (allow(&json!("kms:*"), &json!("arn:aws:kms:eu-west-1:111111111111:key/1")), &[]),
        (allow(&json!("*"), &json!("*")), &["cloudtrail", "config", "guardduty", "iam", "kms", "organizations", "sts"]),
        (allow(&json!("c*:*"), &json!("*")), &["cloudtrail", "config"]),
        (
            json!({"Effect": "Allow", "NotAction": ["iam:*", "kms:Decrypt", "organizations:*", "sts:*", "c*"], "Resource": "*"}),
            &["guardduty"],
        ),
        (
            with(
                allow(&json!("kms:*"), &json!("*")),
                json!({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
            ),
            &[],
        ),
        (
            json!([allow(&json!(["kms:*", "iam:*"]), &json!("*")), {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}]),
            &["iam"],
        ),
        (
            json!([allow(&json!("kms:*"), &json!("*")), {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}]),
            &["kms"],
        ),
    ];
    for (statements, expected) in table {
        assert_eq!(full_access_services(&read(&statements)), expected, "{statements}");
    }
}

#[test]
fn not_forms_are_seen_where_the_other_side_is_open() {
    let table = [
        (json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), true),
        (json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::b/*"}), false),
        (json!({"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::b/*"}), true),
        (json!({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b"}), true),
        (json!({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b"}), true),
        (json!({"Effect": "Allow", "Action": "s3:Get*", "NotResource": "arn:aws:s3:::b"}), false),
        (json!({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}), false),
        (json!({"Effect": "Allow", "Action": "*", "Resource": "*"}), false),
    ];
    for (statements, expected) in table {
        assert_eq!(allow_not_action(&read(&statements)), expected, "{statements}");
    }
}

#[test]
fn pass_role_is_bounded_by_role_or_by_service() {
    let pass = |resource: &str| allow(&json!("iam:PassRole"), &json!(resource));
    let to = |operator: &str, value: &str| json!({operator: {"iam:PassedToService": value}});
    let ec2 = "ec2.amazonaws.com";
    let table = [
        (json!(pass("*")), true),
        (json!(allow(&json!("iam:pass*"), &json!("*"))), true),
        (json!(allow(&json!("*"), &json!("*"))), true),
        (json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}), true),
        (json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), false),
        (json!(pass("arn:aws:iam::111111111111:role/*")), true),
        (json!(pass("arn:aws:iam::*:role/*")), true),
        (json!(pass("arn:aws:iam::${aws:PrincipalAccount}:role/*")), true),
        (json!(pass("arn:aws:iam::111111111111:*")), true),
        (json!(pass("arn:aws:iam::111111111111:role/app-*")), false),
        (json!(pass("arn:aws:iam::111111111111:role/app")), false),
        (
            json!({"Effect": "Allow", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::111111111111:role/admin"}),
            true,
        ),
        (
            json!({"Effect": "Allow", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::111111111111:role/*"}),
            false,
        ),
        (json!(with(pass("*"), to("StringEquals", ec2))), false),
        (json!(with(pass("*"), json!({"StringEquals": {"IAM:passedtoservice": ec2}}))), false),
        (json!(with(pass("*"), to("StringLikeIfExists", "ec2.*"))), false),
        (json!(with(pass("*"), to("StringLike", "*"))), true),
        (json!(with(pass("*"), to("StringNotEquals", ec2))), true),
        (json!(with(pass("*"), to("ForAllValues:StringEquals", ec2))), true),
        (json!(with(pass("*"), json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}))), true),
        (json!([pass("*"), {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}]), false),
        (
            json!([
                pass("*"),
                with(json!({"Effect": "Deny", "Action": "iam:*", "Resource": "*"}), to("StringNotEquals", ec2))
            ]),
            false,
        ),
    ];
    for (statements, expected) in table {
        assert_eq!(unbounded_pass_role(&read(&statements), OWN), expected, "{statements}");
    }
}

#[test]
fn assuming_any_role_means_the_roles_of_every_account() {
    let assume = |resource: &str| allow(&json!(["sts:AssumeRole", "sts:TagSession"]), &json!(resource));
    let table = [
        (json!(assume("*")), true),
        (json!(assume("arn:aws:iam::*:role/*")), true),
        (json!(assume("arn:aws-cn:iam::*:role/*")), true),
        (json!(assume("arn:*:iam::*:*")), true),
        (json!(assume("arn:aws:iam::111111111111:role/*")), false),
        (json!(assume("arn:aws:iam::*:role/audit")), false),
        (json!(allow(&json!("sts:*"), &json!("*"))), true),
        (json!(allow(&json!("sts:Get*"), &json!("*"))), false),
        (json!(with(assume("*"), json!({"StringEquals": {"aws:ResourceOrgID": "o-1"}}))), false),
        (json!(with(assume("*"), json!({"StringEquals": {"aws:ResourceTag/a": "b"}}))), false),
        (json!(with(assume("*"), json!({"StringEqualsIfExists": {"aws:ResourceOrgID": "o-1"}}))), true),
        (json!(with(assume("*"), json!({"StringEquals": {"sts:ExternalId": "x"}}))), true),
        (
            json!([
                assume("*"),
                with(
                    json!({"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}),
                    json!({"StringNotEquals": {"aws:ResourceAccount": "1"}})
                )
            ]),
            false,
        ),
    ];
    for (statements, expected) in table {
        assert_eq!(assume_any_role(&read(&statements)), expected, "{statements}");
    }
}

#[test]
fn buying_on_the_marketplace_is_unbounded_unless_a_condition_names_products() {
    let subscribe = || allow(&json!("aws-marketplace:Subscribe"), &json!("*"));
    let product = json!({"ForAnyValue:StringEquals": {"aws-marketplace:ProductId": ["p-1"]}});
    let table = [
        (json!(subscribe()), true),
        (json!(allow(&json!(["s3:*", "AWS-Marketplace:sub*"]), &json!("*"))), true),
        (json!(allow(&json!("aws-marketplace:*"), &json!("*"))), true),
        (json!(allow(&json!("*"), &json!("*"))), true),
        (json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), true),
        (json!({"Effect": "Allow", "NotAction": "aws-marketplace:*", "Resource": "*"}), false),
        (json!(allow(&json!("aws-marketplace:ViewSubscriptions"), &json!("*"))), false),
        (json!(allow(&json!("aws-marketplace:Subscribe"), &json!("arn:aws:s3:::b"))), false),
        (json!(with(subscribe(), product)), false),
        (json!(with(subscribe(), json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}))), true),
        (json!([subscribe(), {"Effect": "Deny", "Action": "aws-marketplace:*", "Resource": "*"}]), false),
    ];
    for (statements, expected) in table {
        assert_eq!(unbounded_marketplace_subscribe(&read(&statements)), expected, "{statements}");
    }
}
