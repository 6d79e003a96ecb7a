//! IAM policy documents: the language that identity policies, role trust policies and bucket policies share.
//!
//! It reads documents and answers narrow questions about single statements. It deliberately does not evaluate requests:
//! what several policies, boundaries and organisation policies make together is not decided here. A document that does
//! not follow the grammar is refused whole, because half a policy says nothing true.
//!
//! Grammar: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

mod condition;
pub mod glob;
mod parse;
mod principal;

pub use condition::{Condition, Qualifier};
pub use parse::decode;
pub use principal::{AwsPrincipal, Principals};

use serde_json::Value;
use std::collections::BTreeSet;

/// A policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDocument {
    /// Its statements, in order.
    pub statements: Vec<Statement>,
}

/// One statement. Scalars have become lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `Sid`.
    pub sid: Option<String>,
    /// `Effect`.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`; none in an identity policy.
    pub principal: Option<Selection<Principals>>,
    /// `Action` or `NotAction`.
    pub action: Selection<Vec<String>>,
    /// `Resource` or `NotResource`; none in a role trust policy, which speaks of the role itself.
    pub resource: Option<Selection<Vec<String>>>,
    /// One for each key of each operator; all of them must hold.
    pub conditions: Vec<Condition>,
}

/// `Effect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
}

impl Effect {
    /// The word of the language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// An element or its `Not` form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection<T> {
    /// `Action`, `Resource`, `Principal`.
    Only(T),
    /// `NotAction`, `NotResource`, `NotPrincipal`.
    AllBut(T),
}

impl<T> Selection<T> {
    /// The list of the plain form.
    pub fn only(&self) -> Option<&T> {
        match self {
            Self::Only(list) => Some(list),
            Self::AllBut(_) => None,
        }
    }

    /// The list of the `Not` form.
    pub fn all_but(&self) -> Option<&T> {
        match self {
            Self::Only(_) => None,
            Self::AllBut(list) => Some(list),
        }
    }
}

/// Reads a document from JSON text, or from JSON text in URL encoding as IAM hands it out.
///
/// # Errors
/// Says what is not as the grammar has it.
pub fn parse(text: &str) -> Result<PolicyDocument, String> {
    PolicyDocument::from_value(&decode(text)?)
}

impl PolicyDocument {
    /// Reads a document from JSON.
    ///
    /// # Errors
    /// Says what is not as the grammar has it.
    pub fn from_value(value: &Value) -> Result<Self, String> {
        parse::document(value)
    }

    /// The `Allow` statements.
    pub fn allows(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.effect == Effect::Allow)
    }

    /// The `Deny` statements.
    pub fn denies(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.effect == Effect::Deny)
    }

    /// `Allow` statements for anyone, without a condition that keeps strangers out. What a `Deny` takes away again is
    /// left out.
    pub fn public_statements(&self) -> impl Iterator<Item = &Statement> {
        self.allows().filter(|statement| {
            statement.names_anyone()
                && self
                    .conditions_on(statement, None)
                    .is_some_and(|conditions| !conditions.iter().any(Condition::keeps_strangers_out))
        })
    }

    /// Accounts other than `own` among the AWS principals of `Allow` statements, and canonical users as
    /// `canonical:<id>`. Anyone (`*`) is not among them.
    pub fn external_accounts(&self, own: &str) -> BTreeSet<String> {
        self.allows()
            .filter_map(|statement| statement.principal.as_ref()?.only())
            .flat_map(|principals| principals.external_accounts(own))
            .collect()
    }

    /// The conditions under which this `Allow` statement grants: its own, and those that `Deny` statements of the same
    /// document put on it; none when such a `Deny` takes the grant away altogether.
    ///
    /// `on` is the action and resource that matter (`("*", "*")` for everything); without it a `Deny` counts only when it
    /// covers all that the statement grants. A `Deny` for other principals than the statement's is not counted.
    pub fn conditions_on(&self, allow: &Statement, on: Option<(&str, &str)>) -> Option<Vec<Condition>> {
        let mut conditions = allow.conditions.clone();
        for deny in self.denies().filter(|deny| deny.denies_all_of(allow, on)) {
            if deny.conditions.is_empty() {
                return None;
            }
            conditions.extend(condition::left_by_deny(&deny.conditions));
        }
        Some(conditions)
    }
}

impl Statement {
    /// True when every action of this pattern is named: `s3:GetObject`, `iam:*`, `*`.
    pub fn covers_action(&self, pattern: &str) -> bool {
        match &self.action {
            Selection::Only(list) => list.iter().any(|action| glob::covers_action(action, pattern)),
            Selection::AllBut(list) => !list.iter().any(|action| glob::overlaps_action(action, pattern)),
        }
    }

    /// True when some action of this pattern is named.
    pub fn touches_action(&self, pattern: &str) -> bool {
        match &self.action {
            Selection::Only(list) => list.iter().any(|action| glob::overlaps_action(action, pattern)),
            Selection::AllBut(list) => !list.iter().any(|action| glob::covers_action(action, pattern)),
        }
    }

    /// True when every resource of this pattern is named; a statement without resources speaks of its own.
    pub fn covers_resource(&self, pattern: &str) -> bool {
        match &self.resource {
            None => true,
            Some(Selection::Only(list)) => list.iter().any(|resource| glob::covers_resource(resource, pattern)),
            Some(Selection::AllBut(list)) => !list.iter().any(|resource| glob::overlaps(resource, pattern)),
        }
    }

    /// True when every resource is named.
    pub fn covers_every_resource(&self) -> bool {
        self.covers_resource("*")
    }

    /// True for `Principal: "*"`, for a wildcard inside a principal, and for an `Allow` with `NotPrincipal`.
    pub fn names_anyone(&self) -> bool {
        match &self.principal {
            Some(Selection::Only(principals)) => principals.includes_anyone(),
            Some(Selection::AllBut(_)) => self.effect == Effect::Allow,
            None => false,
        }
    }

    fn denies_all_of(&self, allow: &Self, on: Option<(&str, &str)>) -> bool {
        let principal = match &self.principal {
            None => allow.principal.is_none(),
            Some(Selection::Only(principals)) => principals.includes_anyone(),
            Some(Selection::AllBut(_)) => false,
        };
        principal
            && match on {
                Some((action, resource)) => self.covers_action(action) && self.covers_resource(resource),
                None => self.covers_actions_of(allow) && self.covers_resources_of(allow),
            }
    }

    fn covers_actions_of(&self, allow: &Self) -> bool {
        match &allow.action {
            Selection::Only(list) => list.iter().all(|action| self.covers_action(action)),
            Selection::AllBut(_) => self.covers_action("*"),
        }
    }

    /// True when every resource of that statement is named here too.
    pub fn covers_resources_of(&self, allow: &Self) -> bool {
        match &allow.resource {
            Some(Selection::Only(list)) => list.iter().all(|resource| self.covers_resource(resource)),
            Some(Selection::AllBut(_)) => self.covers_every_resource(),
            None => true,
        }
    }
}

#[cfg(test)]
mod tests;
