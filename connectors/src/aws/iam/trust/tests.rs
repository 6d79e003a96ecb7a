//! Trust policies by tables: each known false alarm and each known miss.

use super::*;
use serde_json::{Value, json};

const OWN: &str = "111111111111";
const GITHUB: &str = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com";

fn trust(statements: &Value) -> Trust {
    let document = PolicyDocument::from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap();
    analyse(&document, OWN).unwrap()
}

#[allow(clippy::needless_pass_by_value)] // so that the tables read as JSON
fn allow(principal: Value, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition})
}

#[test]
fn anyone_is_anyone_unless_a_condition_names_who() {
    let star = || json!({"AWS": "*"});
    let deny = |condition: Value| json!({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": condition});
    let table = [
        (allow(json!("*"), json!({})), true),
        (allow(star(), json!({})), true),
        (allow(json!({"AWS": ["arn:aws:iam::111111111111:root", "*"]}), json!({})), true),
        (allow(json!({"AWS": "arn:aws:iam::111111111111:root"}), json!({})), false),
        (allow(json!({"AWS": "arn:aws:iam::999999999999:root"}), json!({})), false),
        (json!({"Effect": "Allow", "NotPrincipal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole"}), true),
        (json!({"Effect": "Allow", "Principal": "*", "Action": "sts:*"}), true),
        (json!({"Effect": "Allow", "Principal": "*", "Action": "STS:assume*"}), true),
        (json!({"Effect": "Allow", "Principal": "*", "NotAction": "sts:TagSession"}), true),
        (json!({"Effect": "Allow", "Principal": "*", "Action": ["sts:TagSession", "sts:SetSourceIdentity"]}), false),
        (json!({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}), false),
        // conditions that name who
        (allow(star(), json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})), false),
        (allow(star(), json!({"StringEquals": {"AWS:PRINCIPALORGID": "o-1"}})), false),
        (allow(star(), json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/ci-*"}})), false),
        (allow(star(), json!({"StringEquals": {"aws:SourceAccount": OWN}})), false),
        // conditions that a stranger meets
        (allow(star(), json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ci"}})), true),
        (allow(star(), json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}})), true),
        (allow(star(), json!({"StringEquals": {"sts:ExternalId": "x"}})), true),
        (allow(star(), json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})), true),
        (allow(star(), json!({"StringLike": {"aws:UserAgent": "mine"}})), true),
        (allow(star(), json!({"StringLike": {"aws:Referer": "mine"}})), true),
        (allow(star(), json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})), true),
        // what a deny leaves
        (json!([allow(star(), json!({})), deny(json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}))]), false),
        (json!([allow(star(), json!({})), deny(json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))]), true),
        (json!([allow(star(), json!({})), deny(json!({}))]), false),
    ];
    for (statements, expected) in table {
        assert_eq!(trust(&statements).allows_any_principal, expected, "{statements}");
    }
}

#[test]
fn accounts_outside_are_listed_with_what_is_demanded_of_them() {
    let seen = |statements: Value| {
        trust(&statements)
            .external_accounts
            .into_iter()
            .map(|a| (a.account_id, a.has_external_id, a.org_condition, a.mfa_condition))
            .collect::<Vec<_>>()
    };
    let nine = || json!({"AWS": ["arn:aws:iam::999999999999:role/x", OWN]});
    let row = |external_id, org, mfa| vec![("999999999999".to_owned(), external_id, org, mfa)];
    assert_eq!(seen(allow(nine(), json!({}))), row(false, false, false));
    assert_eq!(
        seen(allow(json!({"AWS": "999999999999"}), json!({"StringEquals": {"sts:externalid": "x"}}))),
        row(true, false, false)
    );
    assert_eq!(seen(allow(nine(), json!({"StringLike": {"sts:ExternalId": "*"}}))), row(false, false, false));
    assert_eq!(seen(allow(nine(), json!({"StringEqualsIfExists": {"sts:ExternalId": "x"}}))), row(false, false, false));
    assert_eq!(seen(allow(nine(), json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))), row(false, true, false));
    assert_eq!(seen(allow(nine(), json!({"Bool": {"aws:MultiFactorAuthPresent": true}}))), row(false, false, true));
    assert_eq!(
        seen(allow(nine(), json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": true}}))),
        row(false, false, false)
    );
    assert_eq!(
        seen(allow(nine(), json!({"NumericLessThan": {"aws:MultiFactorAuthAge": 3600}}))),
        row(false, false, true)
    );
    assert_eq!(seen(allow(nine(), json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}))), row(false, false, false));
    // a wildcard that is narrowed to another account
    assert_eq!(
        seen(allow(json!("*"), json!({"StringEquals": {"aws:PrincipalAccount": ["999999999999", OWN]}}))),
        row(false, false, false)
    );
    // the loosest of two statements is not hidden by the other
    let both = seen(json!([allow(nine(), json!({"StringEquals": {"sts:ExternalId": "x"}})), allow(nine(), json!({}))]));
    assert_eq!(both, [row(false, false, false), row(true, false, false)].concat());
}

#[test]
fn services_count_as_limited_only_when_every_statement_limits_them() {
    let seen = |statements: Value| {
        trust(&statements).service_principals.into_iter().map(|s| (s.name, s.source_condition)).collect::<Vec<_>>()
    };
    let service = |condition: Value| allow(json!({"Service": ["sns.amazonaws.com"]}), condition);
    let row = |limited| vec![("sns.amazonaws.com".to_owned(), limited)];
    assert_eq!(seen(service(json!({}))), row(false));
    assert_eq!(seen(service(json!({"StringEquals": {"aws:SourceAccount": OWN}}))), row(true));
    assert_eq!(seen(service(json!({"ArnLike": {"AWS:SourceArn": "arn:aws:sns:*:111111111111:*"}}))), row(true));
    assert_eq!(seen(service(json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}))), row(false));
    assert_eq!(seen(service(json!({"StringEqualsIfExists": {"aws:SourceAccount": OWN}}))), row(false));
    assert_eq!(seen(service(json!({"StringEquals": {"aws:SourceOrgID": "o-1"}}))), row(true));
    assert_eq!(
        seen(json!([service(json!({"StringEquals": {"aws:SourceAccount": OWN}})), service(json!({}))])),
        row(false)
    );
}

#[test]
fn web_identities_are_bound_by_audience_and_subject() {
    let key = |claim: &str| format!("token.actions.githubusercontent.com:{claim}");
    let seen = |condition: Value| {
        let statement = json!({"Effect": "Allow", "Principal": {"Federated": GITHUB}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition});
        let found = trust(&statement).oidc;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].provider, "token.actions.githubusercontent.com");
        (found[0].aud_bound, found[0].sub_bound, found[0].sub_pattern.clone())
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(seen(json!({})), (false, false, None));
    let aud = json!({"StringEquals": {key("aud"): "sts.amazonaws.com"}});
    assert_eq!(seen(aud), (true, false, None));
    let whole =
        json!({"StringEquals": {key("aud"): "sts.amazonaws.com", key("SUB"): "repo:acme/app:ref:refs/heads/main"}});
    assert_eq!(seen(whole), (true, true, text("repo:acme/app:ref:refs/heads/main")));
    assert_eq!(
        seen(json!({"StringLike": {key("sub"): ["repo:acme/app:*", "repo:acme/*"]}})),
        (false, true, text("repo:acme/*"))
    );
    assert_eq!(seen(json!({"StringLike": {key("sub"): ["repo:acme/*", "repo:*"]}})), (false, false, text("repo:*")));
    assert_eq!(seen(json!({"StringLike": {key("sub"): "repo:acme*"}})), (false, false, text("repo:acme*")));
    assert_eq!(seen(json!({"StringLike": {key("sub"): "*", key("aud"): "*"}})), (false, false, text("*")));
    assert_eq!(seen(json!({"ForAllValues:StringLike": {key("sub"): "repo:acme/*"}})), (false, false, None));
    assert_eq!(
        seen(json!({"ForAnyValue:StringLike": {key("sub"): "repo:acme/*"}})),
        (false, true, text("repo:acme/*"))
    );
    assert_eq!(seen(json!({"StringLikeIfExists": {key("sub"): "repo:acme/*"}})), (false, false, None));
    assert_eq!(
        seen(json!({"StringLike": {"gitlab.com:sub": "project_path:acme/*"}})),
        (false, false, None),
        "another provider's"
    );
    let saml = json!({"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111111111111:saml-provider/okta"}, "Action": "sts:AssumeRoleWithSAML"});
    assert_eq!(trust(&saml), Trust::default());
}

#[test]
fn deleted_identities_and_unknown_principals() {
    let found = trust(&allow(json!({"AWS": ["AROAJQABLZS4A3QDU576Q", "AIDAJQABLZS4A3QDU576Q"]}), json!({})));
    assert_eq!(found.orphaned_principals, ["AIDAJQABLZS4A3QDU576Q", "AROAJQABLZS4A3QDU576Q"]);
    let odd = PolicyDocument::from_value(&json!({"Statement": allow(json!({"AWS": "someone"}), json!({}))})).unwrap();
    assert!(analyse(&odd, OWN).is_err());
}
