//! Who a statement is for.

use super::glob;
use std::collections::BTreeSet;

/// The value of `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principals {
    /// `"*"`
    pub anyone: bool,
    /// `AWS`: account ids, ARNs, unique ids, `*`.
    pub aws: Vec<String>,
    /// `Service`
    pub service: Vec<String>,
    /// `Federated`
    pub federated: Vec<String>,
    /// `CanonicalUser`
    pub canonical_user: Vec<String>,
}

/// One value of `Principal.AWS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsPrincipal<'a> {
    /// `*`, or an ARN whose account is a wildcard.
    Anyone,
    /// An account, or something inside it.
    Account(&'a str),
    /// The unique id that IAM leaves where the user or role was deleted: `AIDA…`, `AROA…`.
    Deleted(&'a str),
    /// A principal of AWS itself, such as a CloudFront origin access identity.
    Provider,
    /// Nothing that the language documents.
    Unknown,
}

impl<'a> AwsPrincipal<'a> {
    /// Reads one value.
    pub fn of(text: &'a str) -> Self {
        if glob::is_everything(text) {
            return Self::Anyone;
        }
        if is_account(text) {
            return Self::Account(text);
        }
        if (text.starts_with("AIDA") || text.starts_with("AROA"))
            && text.len() >= 16
            && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        {
            return Self::Deleted(text);
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, "iam" | "sts", _, account, _] if is_account(account) => Self::Account(account),
            ["arn", _, service, _, account, _] if glob::has_wildcard(service) || glob::has_wildcard(account) => {
                Self::Anyone
            }
            ["arn", _, "iam" | "sts", _, account, _] if !account.is_empty() => Self::Provider,
            ["arn", ..] if glob::has_wildcard(text) => Self::Anyone,
            _ => Self::Unknown,
        }
    }
}

/// True for twelve digits.
fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

impl Principals {
    /// True for `*` in any place.
    pub fn includes_anyone(&self) -> bool {
        self.anyone
            || self.aws.iter().any(|text| AwsPrincipal::of(text) == AwsPrincipal::Anyone)
            || self.federated.iter().any(|text| glob::is_everything(text))
    }

    /// The accounts other than `own`, and canonical users as `canonical:<id>`.
    pub fn external_accounts(&self, own: &str) -> BTreeSet<String> {
        let accounts = self.aws.iter().filter_map(|text| match AwsPrincipal::of(text) {
            AwsPrincipal::Account(account) if account != own => Some(account.to_owned()),
            _ => None,
        });
        let users = self.canonical_user.iter().map(|id| format!("canonical:{id}"));
        accounts.chain(users).collect()
    }
}
