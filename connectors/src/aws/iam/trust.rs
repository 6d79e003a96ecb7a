//! Who may assume a role, read from its trust policy.
//!
//! It says what the document says: whether an account outside is one of the organisation's own, or a registered vendor, is
//! for the controls. `sts:TagSession` and the like do not assume anything and are passed over.

use crate::aws::policy_document::{AwsPrincipal, Condition, PolicyDocument, Principals, Statement};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// `derived.trust` of a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Trust {
    /// Anyone in any AWS account may assume it: no condition names an account, organisation, source or web-identity
    /// subject. What a stranger can meet (address, referer, user agent, external id) does not count.
    pub allows_any_principal: bool,
    /// Principals of other accounts, sorted.
    pub external_accounts: Vec<ExternalAccount>,
    /// AWS services, sorted by name.
    pub service_principals: Vec<ServicePrincipal>,
    /// OpenID Connect providers, one for each statement that names them, sorted.
    pub oidc: Vec<Oidc>,
    /// Unique ids that IAM left where a trusted user or role was deleted, sorted.
    pub orphaned_principals: Vec<String>,
}

/// A trusted principal of another account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct ExternalAccount {
    /// The account.
    pub account_id: String,
    /// `sts:ExternalId` is demanded.
    pub has_external_id: bool,
    /// `aws:PrincipalOrgID` or `aws:PrincipalOrgPaths` is demanded.
    pub org_condition: bool,
    /// Multi-factor authentication is demanded.
    pub mfa_condition: bool,
    /// The principal as written, or the condition key that names the account.
    pub source: String,
}

/// A trusted AWS service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct ServicePrincipal {
    /// The service principal, `lambda.amazonaws.com`.
    pub name: String,
    /// Every statement for it demands `aws:SourceAccount`, `aws:SourceArn`, `aws:SourceOrgID` or `aws:SourceOrgPaths`.
    pub source_condition: bool,
}

/// A trusted OpenID Connect provider.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Oidc {
    /// The provider's host and path, `token.actions.githubusercontent.com`.
    pub provider: String,
    /// An audience (`:aud`) is demanded.
    pub aud_bound: bool,
    /// A subject (`:sub`) is demanded, and every accepted one is fixed at least in whose it is.
    pub sub_bound: bool,
    /// The loosest accepted subject; null when none is demanded.
    pub sub_pattern: Option<String>,
}

const ASSUME: &str = "sts:AssumeRole";
const WEB_IDENTITY: &str = "sts:AssumeRoleWithWebIdentity";
const SAML: &str = "sts:AssumeRoleWithSAML";

/// Reads a trust policy of a role in account `own`.
///
/// # Errors
/// When a principal is nothing that IAM documents.
pub(super) fn analyse(document: &PolicyDocument, own: &str) -> Result<Trust, String> {
    let mut found = Found::default();
    for allow in document.allows() {
        found.statement(document, allow, own)?;
    }
    Ok(found.finish())
}

#[derive(Default)]
struct Found {
    trust: Trust,
    services: BTreeMap<String, bool>,
}

impl Found {
    fn statement(&mut self, document: &PolicyDocument, allow: &Statement, own: &str) -> Result<(), String> {
        let under = |action: &str| {
            if allow.covers_action(action) { document.conditions_on(allow, Some((action, "*"))) } else { None }
        };
        let assume = under(ASSUME);
        let web_identity = under(WEB_IDENTITY);
        if allow.names_anyone() {
            let ways =
                [assume.as_ref(), web_identity.as_ref(), under(SAML).as_ref()].map(Option::<&Vec<Condition>>::cloned);
            self.anyone(&ways, own);
        }
        let Some(principals) = allow.principal.as_ref().and_then(|principal| principal.only()) else { return Ok(()) };
        if let Some(conditions) = &assume {
            self.aws(principals, conditions, own)?;
            self.services(principals, conditions);
        }
        if let Some(conditions) = &web_identity {
            self.web_identity(principals, conditions);
        }
        Ok(())
    }

    /// Anyone may call, so the conditions say who is meant.
    fn anyone(&mut self, ways: &[Option<Vec<Condition>>], own: &str) {
        for conditions in ways.iter().flatten() {
            self.trust.allows_any_principal |= !conditions.iter().any(Condition::keeps_strangers_out);
        }
        for conditions in ways.iter().take(1).flatten() {
            for condition in conditions.iter().filter(|condition| condition.demands()) {
                for account in condition.values.iter().filter_map(|value| account_in(condition, value)) {
                    if account != own {
                        self.trust.external_accounts.push(external(account, &condition.key, conditions));
                    }
                }
            }
        }
    }

    fn aws(&mut self, principals: &Principals, conditions: &[Condition], own: &str) -> Result<(), String> {
        for text in &principals.aws {
            match AwsPrincipal::of(text) {
                AwsPrincipal::Account(account) if account != own => {
                    self.trust.external_accounts.push(external(account, text, conditions));
                }
                AwsPrincipal::Deleted(id) => self.trust.orphaned_principals.push(id.to_owned()),
                AwsPrincipal::Account(_) | AwsPrincipal::Anyone | AwsPrincipal::Provider => {}
                AwsPrincipal::Unknown => return Err(format!("`{text}` is no AWS principal")),
            }
        }
        Ok(())
    }

    fn services(&mut self, principals: &Principals, conditions: &[Condition]) {
        const SOURCES: [&str; 4] = ["aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths"];
        let sourced = conditions
            .iter()
            .any(|condition| SOURCES.iter().any(|key| condition.is_key(key)) && condition.keeps_strangers_out());
        for name in &principals.service {
            let every = self.services.entry(name.to_ascii_lowercase()).or_insert(true);
            *every &= sourced;
        }
    }

    fn web_identity(&mut self, principals: &Principals, conditions: &[Condition]) {
        for federated in &principals.federated {
            if !federated.contains(":saml-provider/") && federated != "*" {
                self.trust.oidc.push(oidc(federated, conditions));
            }
        }
    }

    fn finish(self) -> Trust {
        let mut trust = self.trust;
        trust.service_principals = self
            .services
            .into_iter()
            .map(|(name, source_condition)| ServicePrincipal { name, source_condition })
            .collect();
        trust.external_accounts.sort();
        trust.external_accounts.dedup();
        trust.oidc.sort();
        trust.oidc.dedup();
        trust.orphaned_principals.sort();
        trust.orphaned_principals.dedup();
        trust
    }
}

/// The account that a condition lets in by name.
fn account_in<'a>(condition: &Condition, value: &'a str) -> Option<&'a str> {
    if !condition.is_key("aws:PrincipalAccount") && !condition.is_key("aws:PrincipalArn") {
        return None;
    }
    match AwsPrincipal::of(value) {
        AwsPrincipal::Account(account) => Some(account),
        _ => None,
    }
}

fn external(account: &str, source: &str, conditions: &[Condition]) -> ExternalAccount {
    let demanded = |key: &str| conditions.iter().any(|one| one.is_key(key) && one.demands() && one.says_something());
    let organisation = conditions.iter().any(|one| {
        (one.is_key("aws:PrincipalOrgID") || one.is_key("aws:PrincipalOrgPaths")) && one.keeps_strangers_out()
    });
    let mfa_present = conditions
        .iter()
        .any(|one| one.is_key("aws:MultiFactorAuthPresent") && one.demands() && one.values == ["true"]);
    let mfa_age = conditions
        .iter()
        .any(|one| one.is_key("aws:MultiFactorAuthAge") && one.demands() && one.parts().1.starts_with("numericless"));
    ExternalAccount {
        account_id: account.to_owned(),
        has_external_id: demanded("sts:ExternalId"),
        org_condition: organisation,
        mfa_condition: mfa_present || mfa_age,
        source: source.to_owned(),
    }
}

fn oidc(federated: &str, conditions: &[Condition]) -> Oidc {
    let provider = federated.split_once(":oidc-provider/").map_or(federated, |(_, provider)| provider);
    let demands = |claim: &str| {
        let key = format!("{provider}:{claim}");
        conditions.iter().filter(move |one| one.is_key(&key) && one.demands() && !one.values.is_empty())
    };
    // Login with Amazon and Facebook call the audience app_id, Google also oaud.
    let aud_bound = ["aud", "app_id", "oaud"].iter().any(|claim| demands(claim).any(Condition::says_something));
    let binds = |one: &&Condition| one.says_something() && one.values.iter().all(|value| one.pins_subject(value));
    let binding = demands("sub").find(binds);
    let sub_pattern = binding.or_else(|| demands("sub").next()).and_then(loosest_subject);
    Oidc { provider: provider.to_owned(), aud_bound, sub_bound: binding.is_some(), sub_pattern }
}

/// The value that lets in most: one that is not pinned before one that is, then the one fixed for the shortest stretch.
fn loosest_subject(condition: &Condition) -> Option<String> {
    let fixed = |value: &str| {
        if condition.has_wildcards() { value.find(['*', '?']).unwrap_or(usize::MAX) } else { usize::MAX }
    };
    condition.values.iter().min_by_key(|value| (condition.pins_subject(value), fixed(value), *value)).cloned()
}

#[cfg(test)]
mod tests;
