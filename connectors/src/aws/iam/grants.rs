//! What one identity policy grants too widely.
//!
//! It judges a document by itself. What a boundary, another policy of the same principal or an organisation policy takes
//! away is deliberately not seen here.

use crate::aws::policy_document::{Condition, PolicyDocument, Qualifier, Selection, Statement, glob};
use std::collections::BTreeSet;

/// Services that `*` is spelled out to, because full access to one of them opens or blinds the account.
const SENSITIVE: [&str; 7] = ["cloudtrail", "config", "guardduty", "kms", "iam", "organizations", "sts"];

/// Condition keys that do not limit what an administrator of this account may do: how and from where the call comes, when,
/// and that it stays within the caller's own account or organisation. Any other demanded key limits.
const NOT_LIMITING: [&str; 17] = [
    "aws:SecureTransport",
    "aws:Referer",
    "aws:UserAgent",
    "aws:SourceIp",
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:TokenIssueTime",
    "aws:MultiFactorAuthPresent",
    "aws:MultiFactorAuthAge",
    "aws:ViaAWSService",
    "aws:PrincipalAccount",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalType",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
];

/// True when an `Allow` covers every action on every resource without a condition that limits it, and no `Deny` of the same
/// document takes it away.
pub(super) fn grants_admin(document: &PolicyDocument) -> bool {
    let hemmed_in = document.denies().any(|deny| {
        deny.conditions.is_empty()
            && deny.covers_every_resource()
            && deny.action.all_but().is_some_and(|kept| !kept.iter().any(|action| glob::covers_action(action, "*")))
    });
    !hemmed_in && document.allows().any(|allow| is_unlimited(document, allow, "*"))
}

/// Services whose every action on every resource is allowed without a limiting condition, sorted, lower-case. `*` stands for
/// [`SENSITIVE`].
pub(super) fn full_access_services(document: &PolicyDocument) -> Vec<String> {
    let named = document.allows().filter_map(|allow| allow.action.only()).flatten().filter_map(|action| {
        let (service, _) = action.split_once(':')?;
        (!glob::has_wildcard(service)).then(|| service.to_lowercase())
    });
    let candidates: BTreeSet<String> = named.chain(SENSITIVE.map(str::to_owned)).collect();
    let full = |service: &String| {
        let every_action = format!("{service}:*");
        document.allows().any(|allow| is_unlimited(document, allow, &every_action))
    };
    candidates.into_iter().filter(full).collect()
}

/// True for `Allow` with `NotAction` on every resource, and with `NotResource` on whole services. Each also grants what AWS
/// adds tomorrow.
pub(super) fn allow_not_action(document: &PolicyDocument) -> bool {
    let whole_service = |action: &String| match action.split_once(':') {
        Some((_, name)) => glob::is_everything(name),
        None => glob::is_everything(action),
    };
    document.allows().any(|allow| match (&allow.action, &allow.resource) {
        (Selection::AllBut(_), Some(Selection::AllBut(_))) => true,
        (Selection::AllBut(_), _) => allow.covers_every_resource(),
        (Selection::Only(actions), Some(Selection::AllBut(_))) => actions.iter().any(whole_service),
        (Selection::Only(_), _) => false,
    })
}

/// True when an `Allow` of `iam:PassRole` reaches every role of an account, and nothing says to which service.
pub(super) fn unbounded_pass_role(document: &PolicyDocument, own: &str) -> bool {
    document.allows().any(|allow| {
        allow.covers_action("iam:PassRole")
            && reaches_roles(allow, own)
            && document
                .conditions_on(allow, Some(("iam:PassRole", "*")))
                .is_some_and(|conditions| !conditions.iter().any(names_a_service))
    })
}

/// True when an `Allow` of `sts:AssumeRole` reaches the roles of every account, and nothing says whose.
pub(super) fn assume_any_role(document: &PolicyDocument) -> bool {
    document.allows().any(|allow| {
        allow.covers_action("sts:AssumeRole")
            && reaches_roles(allow, "*")
            && document
                .conditions_on(allow, Some(("sts:AssumeRole", "*")))
                .is_some_and(|conditions| !conditions.iter().any(names_an_owner))
    })
}

fn is_unlimited(document: &PolicyDocument, allow: &Statement, actions: &str) -> bool {
    let limits = |condition: &Condition| {
        condition.demands() && condition.says_something() && !NOT_LIMITING.iter().any(|key| condition.is_key(key))
    };
    allow.covers_action(actions)
        && allow.covers_every_resource()
        && document.conditions_on(allow, Some((actions, "*"))).is_some_and(|conditions| !conditions.iter().any(limits))
}

/// True when every role of the account is named; `*` for the roles of every account.
fn reaches_roles(allow: &Statement, account: &str) -> bool {
    let reaches = |pattern: &String| {
        let pattern = without_variables(pattern);
        let parts: Vec<&str> = pattern.splitn(6, ':').collect();
        let partition = parts.get(1).copied().unwrap_or("aws");
        // a whole account named by id or by a policy variable counts as well, where one account is meant
        let named = parts.get(4).copied().filter(|_| account != "*").unwrap_or(account);
        glob::covers_resource(&pattern, &format!("arn:{partition}:iam::{named}:role/*"))
    };
    match &allow.resource {
        None => true,
        Some(Selection::Only(list)) => list.iter().any(reaches),
        Some(Selection::AllBut(list)) => !list.iter().any(reaches),
    }
}

/// The pattern with `$` for each policy variable, which may hold colons: `${aws:PrincipalAccount}`.
fn without_variables(pattern: &str) -> String {
    let mut parts = pattern.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push('$');
        out.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    out
}

/// `iam:PassedToService` with a value. `IfExists` is enough: it is how AWS writes it beside other actions.
fn names_a_service(condition: &Condition) -> bool {
    let (qualifier, operator, _) = condition.parts();
    condition.is_key("iam:PassedToService")
        && qualifier != Qualifier::ForAllValues
        && matches!(operator.as_str(), "stringequals" | "stringequalsignorecase" | "stringlike")
        && condition.says_something()
}

/// A demand on the account, organisation or tags of the role.
fn names_an_owner(condition: &Condition) -> bool {
    let key = condition.key.to_ascii_lowercase();
    let owner = matches!(key.as_str(), "aws:resourceaccount" | "aws:resourceorgid" | "aws:resourceorgpaths")
        || key.starts_with("aws:resourcetag/")
        || key.starts_with("iam:resourcetag/");
    owner && condition.demands() && condition.says_something()
}

#[cfg(test)]
mod tests {
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
            (
                allow(&json!("*"), &json!("*")),
                &["cloudtrail", "config", "guardduty", "iam", "kms", "organizations", "sts"],
            ),
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
}
