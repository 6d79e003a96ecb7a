//! `gcp.iam.principal`: what everybody may do who has a role on a project, on something above it or on one of its service
//! accounts, and whether that lets them become stronger than they are.
//!
//! Worked out from allow policies, the roles that they bind and deny policies where they may be read
//! (`derived.deny_policies` says so). It deliberately does not see who is in a group or a domain, policies of other resources
//! (buckets, secrets, keys), principal access boundaries, constraints of the organisation and service accounts of other
//! projects. How strong two members are is compared over a list of permissions. docs/effective-permissions-gcp.md is the long form.

mod deny;
mod paths;
mod power;
mod search;
mod world;

pub(super) use world::{Account, Input, Level, LevelKind, Machine, World};

use super::member::Kind;
use crate::document::{Draft, Field};
use crate::exchange::CollectError;
use crate::gcp::iam_policy::Condition;
use power::{Answer, Grant, Place, Power};
use schemars::JsonSchema;
use search::{Outcome, Reach};
use serde::Serialize;
use world::Denials;

/// Targets of a path that are listed; how many there are is told in full.
const TARGETS: usize = 10;

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Config {
    /// The member as bindings have it, `user:alice@example.com`.
    member: String,
    member_type: Kind,
    /// It was deleted, and bindings remain.
    deleted: bool,
    /// It acts for a service of Google and nobody holds its credentials.
    service_agent: bool,
    /// It stands for more than one identity, which IAM does not list: a group, a domain, a part of a pool.
    members_unknown: bool,
    /// The service account is disabled; null for what is no service account of the project.
    disabled: Option<bool>,
    /// Its roles, nearest first.
    roles: Vec<BoundRole>,
}

/// A role that it has.
#[derive(Debug, Serialize, JsonSchema)]
struct BoundRole {
    role: String,
    /// Where it is bound: `projects/P`, `folders/N`, `organizations/N`, or the address of a service account.
    resource: String,
    /// It is bound above the project.
    inherited: bool,
    /// The condition under which it holds; null for always.
    condition: Option<Condition>,
    /// The condition was for a time that is over.
    expired: bool,
}

/// `derived`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// It may change the allow policy of the project, or of something above it, without a condition.
    #[serde(skip_serializing_if = "Field::is_unread")]
    is_admin: Field<bool>,
    /// Sets of permissions that it has, and that lead to more than it has. Empty for an administrator.
    #[serde(skip_serializing_if = "Field::is_unread")]
    privesc_paths: Field<Vec<Escalation>>,
    /// Sets of permissions that it has, where nothing was found that they would lead to.
    #[serde(skip_serializing_if = "Field::is_unread")]
    latent_paths: Field<Vec<String>>,
    /// The shortest way to an administrator, over at most five steps; null when there is none.
    #[serde(skip_serializing_if = "Field::is_unread")]
    way_to_admin: Field<Vec<Step>>,
    /// Paths that work unless a deny policy takes them away which could not be read; empty where all were.
    possible_paths: Vec<String>,
    /// Whether deny policies were taken into account.
    deny_policies: DenyPolicies,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum DenyPolicies {
    /// Not all are known: what they could take away is unread.
    NotRead,
    /// There are none.
    None,
    /// What they take away is taken away.
    Applied,
}

/// A path that works.
#[derive(Debug, Serialize, JsonSchema)]
struct Escalation {
    /// Its permissions, joined by `+`.
    permissions: String,
    /// `direct`, or `conditional` where a condition decides.
    class: Class,
    /// What it goes through, the first ten: members, roles, machines or levels of the hierarchy.
    targets: Vec<String>,
    /// How many there are.
    target_count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Class {
    /// It works.
    Direct,
    /// It works when a condition is met, or when a deny rule does not cover it.
    Conditional,
}

/// One step to an administrator.
#[derive(Debug, Serialize, JsonSchema)]
struct Step {
    /// Who acts.
    from: String,
    /// As whom it acts then; the same where it grants itself more.
    to: String,
    /// The permissions of the path.
    permissions: String,
    /// Whether a condition decides.
    class: Class,
}

impl World {
    /// How many principals there are; they are numbered in the order of their names.
    pub(super) fn count(&self) -> usize {
        self.principals.len()
    }

    /// The member that a principal is.
    pub(super) fn member(&self, at: usize) -> &str {
        &self.principals[at].member.text
    }

    /// What is read of it.
    pub(super) fn config(&self, at: usize) -> Config {
        let power = &self.principals[at];
        Config {
            member: power.member.text.clone(),
            member_type: power.member.kind,
            deleted: power.member.deleted,
            service_agent: power.member.is_service_agent(),
            members_unknown: power.member.is_opaque(),
            disabled: self.account_of(power).map(|account| self.accounts[account].disabled),
            roles: power.grants.iter().map(|grant| self.bound(grant)).collect(),
        }
    }

    fn bound(&self, grant: &Grant) -> BoundRole {
        let (resource, inherited) = match grant.place {
            Place::Level(at) => (self.levels[at].resource.clone(), at > 0),
            Place::Account(at) => (self.accounts[at].email.clone(), false),
        };
        let expired = grant.holds == Answer::No;
        BoundRole { role: grant.role.clone(), resource, inherited, condition: grant.condition.clone(), expired }
    }

    /// What follows for it. What is not known is a gap of the draft.
    pub(super) fn derived(&self, at: usize, draft: &mut Draft) -> Derived {
        let (power, reach) = (&self.principals[at], &self.reach[at]);
        let way = match power.known_admin() {
            Ok(true) => Ok(None),
            _ if power.member.is_service_agent() || self.is_off(power) => Ok(None),
            _ => Reach::to_admin(self, at),
        };
        let way = self.unless_denied(way, Option::is_some);
        let way = way.map(|edges| edges.map(|edges| edges.into_iter().map(step).collect()));
        let found = paths(power, reach);
        let possible = match (&found, &self.undenied) {
            (Ok(found), Some(_)) => found.iter().map(|path| path.permissions.clone()).collect(),
            _ => vec![],
        };
        // Of whom a deny policy may make no administrator the paths were not followed.
        let found = self.unless_denied(found, |found| power.is_admin || !found.is_empty());
        let latent = self.unless_denied(latent(power, reach), |latent| power.is_admin || !latent.is_empty());
        let is_admin = self.unless_denied(power.known_admin(), |is_admin| *is_admin);
        Derived {
            is_admin: field(draft, "derived.is_admin", is_admin.map(Some)),
            privesc_paths: field(draft, "derived.privesc_paths", found.map(Some)),
            latent_paths: field(draft, "derived.latent_paths", latent.map(Some)),
            way_to_admin: field(draft, "derived.way_to_admin", way),
            possible_paths: possible,
            deny_policies: match self.denials {
                Denials::NotRead => DenyPolicies::NotRead,
                Denials::None => DenyPolicies::None,
                Denials::Applied => DenyPolicies::Applied,
            },
        }
    }

    /// A fact that a deny policy could change is not known where not all of them are: they only ever take away.
    fn unless_denied<T>(&self, fact: Result<T, CollectError>, has: impl Fn(&T) -> bool) -> Result<T, CollectError> {
        match (fact, &self.undenied) {
            (Ok(fact), Some(error)) if has(&fact) => Err(error.clone()),
            (fact, _) => fact,
        }
    }
}

fn field<T>(draft: &mut Draft, path: &str, outcome: Result<Option<T>, CollectError>) -> Field<T> {
    match outcome {
        Ok(value) => value.into(),
        Err(error) => {
            draft.miss(path, &error);
            Field::Unread
        }
    }
}

fn class(answer: Answer) -> Class {
    if answer == Answer::Yes { Class::Direct } else { Class::Conditional }
}

fn step(edge: search::Edge) -> Step {
    Step { from: edge.from, to: edge.to, permissions: edge.by, class: class(edge.answer) }
}

/// The paths that work. Where none does and one may, they are unread: what works is proof enough of a failure, and what
/// may work keeps from passing.
fn paths(power: &Power, reach: &Reach) -> Result<Vec<Escalation>, CollectError> {
    let mut found = Vec::new();
    let mut unknown = in_doubt(power);
    for (path, outcome) in &reach.paths {
        match outcome {
            Outcome::Works(targets) => found.push(Escalation {
                permissions: path.name(),
                class: class(targets.values().copied().max().unwrap_or(Answer::No)),
                targets: targets.keys().take(TARGETS).cloned().collect(),
                target_count: targets.len(),
            }),
            Outcome::Unknown(error) => unknown = unknown.or(Some(error)),
            Outcome::Latent => {}
        }
    }
    match unknown {
        Some(error) if found.is_empty() => Err(error.clone()),
        _ => Ok(found),
    }
}

fn latent(power: &Power, reach: &Reach) -> Result<Vec<String>, CollectError> {
    let mut names = Vec::new();
    for (path, outcome) in &reach.paths {
        match outcome {
            Outcome::Latent => names.push(path.name()),
            Outcome::Unknown(error) => return Err(error.clone()),
            Outcome::Works(_) => {}
        }
    }
    in_doubt(power).map_or(Ok(names), |error| Err(error.clone()))
}

/// Why a member may have more paths than are known: an administrator needs none, an agent and what is off walk none.
fn in_doubt(power: &Power) -> Option<&CollectError> {
    let walks = !power.is_admin && !power.member.is_service_agent() && !power.member.deleted;
    power.doubt.as_ref().filter(|_| walks)
}

#[cfg(test)]
mod tests;
