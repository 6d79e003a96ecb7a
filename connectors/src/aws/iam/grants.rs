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
pub(super) const NOT_LIMITING: [&str; 17] = [
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

/// True when an `Allow` of `aws-marketplace:Subscribe`, by its name or a wildcard, is not limited to certain products. The
/// action knows no resources: a statement that names some does not grant it.
pub(super) fn unbounded_marketplace_subscribe(document: &PolicyDocument) -> bool {
    document.allows().any(|allow| is_unlimited(document, allow, "aws-marketplace:Subscribe"))
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
mod tests;
