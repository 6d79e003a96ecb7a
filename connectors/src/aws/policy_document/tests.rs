//! The language, by tables.

use super::*;
use serde_json::json;

fn document(statements: &Value) -> PolicyDocument {
    PolicyDocument::from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn condition(operator: &str, key: &str, values: &[&str]) -> Condition {
    let values = values.iter().map(ToString::to_string).collect();
    Condition { operator: operator.to_owned(), key: key.to_owned(), values }
}

#[test]
fn wildcards_match_as_documented() {
    let table = [
        ("*", "", true),
        ("a*c", "abbbc", true),
        ("a*c", "abbbd", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("*ab*ab", "abxab", true),
        ("*ab*ab", "ab", false),
        ("", "", true),
        ("", "a", false),
    ];
    for (pattern, text, expected) in table {
        assert_eq!(glob::matches(pattern, text), expected, "{pattern} on {text}");
    }
}

#[test]
fn patterns_overlap_when_some_text_meets_both() {
    let table = [
        ("iam:*", "*", true),
        ("iam:Get*", "iam:*User", true),
        ("iam:Get*", "iam:Put*", false),
        ("s3:?et", "s3:Get", true),
        ("", "", true),
        ("", "*", true),
        ("*", "", true),
        ("a", "*b", false),
    ];
    for (a, b, expected) in table {
        assert_eq!(glob::overlaps(a, b), expected, "{a} and {b}");
        assert_eq!(glob::overlaps(b, a), expected, "{b} and {a}");
    }
}

#[test]
fn a_pattern_covers_a_service_only_when_it_covers_all_of_it() {
    let table = [
        ("IAM:*", "iam:*", true),
        ("iam:?*", "iam:*", true),
        ("iam:?", "iam:*", false),
        ("*:*", "*", true),
        ("**", "*", true),
        ("iam:*", "*", false),
        ("i*", "iam:*", true),
        ("iam:Pass*", "iam:PassRole", true),
        ("iam:Get*", "iam:*", false),
    ];
    for (pattern, target, expected) in table {
        assert_eq!(glob::covers_action(pattern, target), expected, "{pattern} covers {target}");
    }
    for (pattern, expected) in [
        ("*", true),
        ("arn:aws:*", true),
        ("arn:*", true),
        ("arn:aws-cn:*:*:*:*", true),
        ("arn:aws:s3:::*", false),
        ("arn:aws:iam::*:role/*", false),
    ] {
        assert_eq!(glob::covers_resource(pattern, "*"), expected, "{pattern}");
    }
}

#[test]
fn documents_come_plain_and_url_encoded_with_scalars_or_lists() {
    let plain = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":["*"],"Condition":{"Bool":{"aws:SecureTransport":true}}}}"#;
    let encoded = percent_encoding::utf8_percent_encode(plain, percent_encoding::NON_ALPHANUMERIC).to_string();
    let read = parse(plain).unwrap();
    assert_eq!(parse(&encoded).unwrap(), read);
    assert_eq!(read.statements[0].action, Selection::Only(vec!["s3:*".to_owned()]));
    assert_eq!(read.statements[0].conditions, [condition("Bool", "aws:SecureTransport", &["true"])]);
    assert_eq!(parse("%7B%22Statement%22%3A%5B%5D%2C%22Id%22%3A%22a+b%22%7D").unwrap().statements, []);
}

#[test]
fn what_the_grammar_does_not_have_is_refused() {
    let bad = [
        json!([]),
        json!({}),
        json!({"Statement": "x"}),
        json!({"Statement": [], "Statements": []}),
        json!({"Statement": {"Action": "*", "Resource": "*"}}),
        json!({"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}),
        json!({"Statement": {"Effect": "Allow", "Resource": "*"}}),
        json!({"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "*"}}),
        json!({"Statement": {"Effect": "Allow", "Action": [1], "Resource": "*"}}),
        json!({"Statement": {"Effect": "Allow", "Action": "*", "action": "*"}}),
        json!({"Statement": {"Effect": "Allow", "Action": "*", "Principal": "me"}}),
        json!({"Statement": {"Effect": "Allow", "Action": "*", "Principal": {"Azure": "*"}}}),
        json!({"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Bool": "x"}}}),
        json!({"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Bool": {"k": null}}}}),
    ];
    for value in bad {
        assert!(PolicyDocument::from_value(&value).is_err(), "{value} was accepted");
    }
    assert!(parse("%ff").is_err());
    assert!(parse("<html>").is_err());
}

#[test]
fn principals_are_told_apart() {
    use AwsPrincipal as P;
    let table = [
        ("*", P::Anyone),
        ("123456789012", P::Account("123456789012")),
        ("arn:aws:iam::123456789012:root", P::Account("123456789012")),
        ("arn:aws-us-gov:sts::123456789012:assumed-role/a/b", P::Account("123456789012")),
        ("arn:aws:iam::*:root", P::Anyone),
        ("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1", P::Provider),
        ("AROAJQABLZS4A3QDU576Q", P::Deleted("AROAJQABLZS4A3QDU576Q")),
        ("AIDAJQABLZS4A3QDU576Q", P::Deleted("AIDAJQABLZS4A3QDU576Q")),
        ("AIDA-not", P::Unknown),
        ("12345", P::Unknown),
    ];
    for (text, expected) in table {
        assert_eq!(P::of(text), expected, "{text}");
    }
}

#[test]
fn only_conditions_that_a_stranger_cannot_meet_keep_strangers_out() {
    let table = [
        ("StringEquals", "aws:PrincipalOrgID", &["o-a1"][..], true),
        ("stringequals", "AWS:principalorgid", &["o-a1"], true),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", &["o-a1/r-ab/*"], true),
        ("ForAllValues:StringLike", "aws:PrincipalOrgPaths", &["o-a1/r-ab/*"], false),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", &["o-*/r-ab/*"], false),
        ("StringEqualsIfExists", "aws:PrincipalOrgID", &["o-a1"], false),
        ("StringNotEquals", "aws:PrincipalOrgID", &["o-a1"], false),
        ("StringLike", "aws:PrincipalOrgID", &["*"], false),
        ("StringEquals", "aws:PrincipalOrgID", &["${aws:PrincipalOrgID}"], false),
        ("StringEquals", "aws:PrincipalOrgID", &[], false),
        ("Null", "aws:PrincipalOrgID", &["false"], false),
        ("StringEquals", "aws:SourceAccount", &["123456789012"], true),
        ("StringLike", "aws:SourceAccount", &["1234*"], false),
        ("ArnLike", "aws:SourceArn", &["arn:aws:sns:*:123456789012:*"], true),
        ("ArnLike", "aws:SourceArn", &["arn:aws:sns:*:123456789012:*", "arn:aws:sns:*:*:*"], false),
        ("ArnEquals", "aws:SourceArn", &["arn:aws:sns:*:*:*"], false),
        ("ArnLike", "aws:SourceArn", &["arn:aws:s3:::mine"], true),
        ("ArnLike", "aws:SourceArn", &["arn:aws:s3:::mine*"], false),
        ("ArnLike", "aws:PrincipalArn", &["arn:aws:iam::*:role/admin"], false),
        ("ArnLike", "aws:PrincipalArn", &["arn:aws:iam::123456789012:role/*"], true),
        ("StringLike", "aws:userid", &["AROAJQABLZS4A3QDU576Q:*"], true),
        ("StringLike", "aws:userid", &["*:admin"], false),
        ("StringEquals", "aws:SourceVpce", &["vpce-1"], true),
        ("StringEquals", "sts:ExternalId", &["x"], false),
        ("IpAddress", "aws:SourceIp", &["192.0.2.0/24"], false),
        ("StringLike", "aws:Referer", &["https://example.com/*"], false),
        ("StringEquals", "aws:UserAgent", &["mine"], false),
        ("StringEquals", "aws:PrincipalTag/team", &["a"], false),
        ("StringLike", "token.actions.githubusercontent.com:sub", &["repo:acme/*"], true),
        ("StringLike", "token.actions.githubusercontent.com:sub", &["repo:*"], false),
        ("StringEquals", "token.actions.githubusercontent.com:aud", &["sts.amazonaws.com"], false),
    ];
    for (operator, key, values, expected) in table {
        assert_eq!(condition(operator, key, values).keeps_strangers_out(), expected, "{operator} {key} {values:?}");
    }
}

#[test]
fn a_subject_is_pinned_when_the_owner_is_fixed() {
    let table = [
        ("*", false),
        ("repo:*", false),
        ("repo:*/app:ref:refs/heads/main", false),
        ("repo:acme*", false),
        ("repo:acme/*", true),
        ("repo:acme/app:*", true),
        ("repo:acme/ap?:ref:refs/heads/main", true),
        ("repository_owner:*", false),
        ("project_path:group/*", true),
        ("organization:acme:project:*", true),
        ("organization:*:project:p", false),
        ("system:serviceaccount:*:app", false),
        ("system:serviceaccount:shop:*", true),
        ("{1a2b}:*", true),
        ("auth0|*", true),
        ("abc*", false),
    ];
    for (value, expected) in table {
        assert_eq!(condition("StringLike", "p:sub", &[value]).pins_subject(value), expected, "{value}");
    }
    assert!(condition("StringEquals", "p:sub", &["repo:*"]).pins_subject("repo:*"), "a star is no wildcard there");
}

#[test]
fn a_deny_for_everyone_else_limits_an_allow_for_everyone() {
    let allow = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"});
    let with = |deny: Value| document(&json!([allow, deny])).public_statements().count();
    let deny = |operator: &str, key: &str, value: &str| {
        json!({"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*", "Resource": "*",
               "Condition": {operator: {key: value}}})
    };
    assert_eq!(with(deny("StringNotEquals", "aws:PrincipalOrgID", "o-1")), 0);
    assert_eq!(with(deny("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-1")), 0);
    assert_eq!(with(deny("ForAnyValue:StringNotEquals", "aws:PrincipalOrgID", "o-1")), 1);
    assert_eq!(with(deny("StringEquals", "aws:PrincipalOrgID", "o-1")), 1);
    assert_eq!(with(deny("NotIpAddress", "aws:SourceIp", "192.0.2.0/24")), 1);
    assert_eq!(with(deny("Bool", "aws:SecureTransport", "false")), 1);
    let mut exempting = deny("StringNotEquals", "aws:PrincipalOrgID", "o-1");
    exempting["Condition"]["BoolIfExists"] = json!({"aws:PrincipalIsAWSService": "false"});
    assert_eq!(with(exempting), 0);
    let mut further = deny("StringNotEquals", "aws:PrincipalOrgID", "o-1");
    further["Condition"]["StringEquals"] = json!({"aws:RequestedRegion": "eu-west-1"});
    assert_eq!(with(further), 1, "the deny holds in one region only");
    let mut elsewhere = deny("StringNotEquals", "aws:PrincipalOrgID", "o-1");
    elsewhere["Resource"] = json!("arn:aws:s3:::other/*");
    assert_eq!(with(elsewhere), 1);
    assert_eq!(with(json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})), 0);
    assert_eq!(
        with(json!({"Effect": "Deny", "NotPrincipal": {"AWS": "123456789012"}, "Action": "*", "Resource": "*"})),
        1
    );
}

#[test]
fn accounts_of_others_are_listed_and_anyone_is_not() {
    let policy = document(&json!([
        {"Effect": "Allow", "Principal": {"AWS": ["111111111111", "arn:aws:iam::222222222222:root", "*"]}, "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"CanonicalUser": "79a5"}, "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Principal": {"AWS": "333333333333"}, "Action": "s3:*", "Resource": "*"},
    ]));
    let expected: BTreeSet<String> = ["222222222222", "canonical:79a5"].map(str::to_owned).into();
    assert_eq!(policy.external_accounts("111111111111"), expected);
}

proptest::proptest! {
    #[test]
    fn matching_and_overlapping_agree(pattern in "[ab:*?]{0,8}", other in "[ab:*?]{0,8}", text in "[ab:]{0,8}") {
        assert_eq!(glob::matches(&pattern, &text), glob::overlaps(&pattern, &text));
        assert_eq!(glob::overlaps(&pattern, &other), glob::overlaps(&other, &pattern));
        if glob::matches(&pattern, &text) && glob::matches(&other, &text) {
            assert!(glob::overlaps(&pattern, &other));
        }
        // covering is transitive down to texts
        if glob::matches(&pattern, &other) && glob::matches(&other, &text) {
            assert!(glob::matches(&pattern, &text));
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*") {
        let _ = parse(&text);
    }
}
