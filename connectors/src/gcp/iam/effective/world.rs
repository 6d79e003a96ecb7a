//! A project with what is above it, its service accounts, and everybody who has a role on any of them.

use super::deny;
use super::power::{Answer, Grant, Place, Power, Rank};
use super::search::Reach;
use crate::exchange::CollectError;
use crate::gcp::iam::member::{Kind, Member};
use crate::gcp::iam::policy::{self, DenyRule};
use crate::gcp::iam_policy::Binding;
use evidenced_schemas::Instant;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a level of the hierarchy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gcp::iam) enum LevelKind {
    Project,
    Folder,
    Organization,
}

impl LevelKind {
    /// The permission to change its allow policy.
    pub(super) fn sets_policy(self) -> &'static str {
        match self {
            Self::Project => "resourcemanager.projects.setIamPolicy",
            Self::Folder => "resourcemanager.folders.setIamPolicy",
            Self::Organization => "resourcemanager.organizations.setIamPolicy",
        }
    }
}

/// What was read of a project, a folder or an organisation.
#[derive(Clone, Debug)]
pub(in crate::gcp::iam) struct Level {
    /// `projects/P`, `folders/N`, `organizations/N`.
    pub(in crate::gcp::iam) resource: String,
    pub(in crate::gcp::iam) kind: LevelKind,
    pub(in crate::gcp::iam) policy: Result<Vec<Binding>, CollectError>,
    /// The rules of its deny policies.
    pub(in crate::gcp::iam) denies: Result<Vec<DenyRule>, CollectError>,
}

/// A service account of the project.
#[derive(Clone, Debug)]
pub(in crate::gcp::iam) struct Account {
    pub(in crate::gcp::iam) email: String,
    pub(in crate::gcp::iam) disabled: bool,
    /// Who may act on it.
    pub(in crate::gcp::iam) policy: Result<Vec<Binding>, CollectError>,
}

/// A machine and the service account whose tokens it has.
#[derive(Clone, Debug)]
pub(in crate::gcp::iam) struct Machine {
    pub(in crate::gcp::iam) name: String,
    pub(in crate::gcp::iam) account: String,
}

/// What was read.
#[derive(Clone, Debug)]
pub(in crate::gcp::iam) struct Input {
    /// The project's id.
    pub(in crate::gcp::iam) project: String,
    /// Its number; empty where it is not known, and then `hierarchy` says why.
    pub(in crate::gcp::iam) number: String,
    /// The project first, then what is above it, nearest first.
    pub(in crate::gcp::iam) levels: Vec<Level>,
    pub(in crate::gcp::iam) accounts: Vec<Account>,
    /// Roles that are bound.
    pub(in crate::gcp::iam) roles: BTreeMap<String, Result<Arc<BTreeSet<String>>, CollectError>>,
    /// The machines of the project that have a service account.
    pub(in crate::gcp::iam) machines: Result<Vec<Machine>, CollectError>,
    /// Why what is above the project is not known, or its number: deny policies may be there too.
    pub(in crate::gcp::iam) hierarchy: Option<CollectError>,
    /// Why the service accounts may not be all.
    pub(in crate::gcp::iam) doubt: Option<CollectError>,
    pub(in crate::gcp::iam) as_of: Instant,
}

/// A level as the engine needs it.
#[derive(Clone, Debug)]
pub(super) struct Above {
    pub(super) resource: String,
    pub(super) kind: LevelKind,
    pub(super) denies: Vec<DenyRule>,
}

/// Whether deny policies were taken into account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denials {
    NotRead,
    None,
    Applied,
}

/// The project as the engine sees it.
#[derive(Debug)]
pub(in crate::gcp::iam) struct World {
    pub(super) project: String,
    pub(super) number: String,
    pub(super) levels: Vec<Above>,
    pub(super) accounts: Vec<Account>,
    pub(super) machines: Result<Vec<Machine>, CollectError>,
    pub(super) denials: Denials,
    /// Why deny policies may take away more than is known.
    pub(super) undenied: Option<CollectError>,
    pub(super) place: deny::Place,
    /// Why everybody may have more than is known.
    pub(super) doubt: Option<CollectError>,
    /// By the words of the bindings, sorted.
    pub(super) principals: Vec<Power>,
    /// Principals by those words.
    pub(super) by_member: BTreeMap<String, usize>,
    /// What was worked out of who can act as whom.
    pub(super) reach: Vec<Reach>,
}

impl World {
    /// Works everything out.
    pub(in crate::gcp::iam) fn new(input: Input) -> Self {
        let grants = grants(&input);
        let unread = |level: &Level| level.policy.clone().err();
        let doubt = input.hierarchy.clone().or_else(|| input.doubt.clone());
        let doubt = doubt.or_else(|| input.levels.iter().find_map(unread));
        let doubt = doubt.or_else(|| input.accounts.iter().find_map(|account| account.policy.clone().err()));
        let undenied = input.hierarchy.clone();
        let undenied = undenied.or_else(|| input.levels.iter().find_map(|level| level.denies.clone().err()));
        let denials = if undenied.is_some() { Denials::NotRead } else { denials(&input.levels) };
        let above = input.levels.iter().skip(1).map(|level| level.resource.clone()).collect();
        let accounts = input.accounts.iter().map(|account| account.email.clone()).collect();
        let mut world = Self {
            place: deny::Place { number: input.number.clone(), above, accounts },
            project: input.project,
            number: input.number,
            levels: input.levels.into_iter().map(above_of).collect(),
            accounts: input.accounts,
            machines: input.machines,
            denials,
            undenied,
            doubt,
            principals: vec![],
            by_member: BTreeMap::new(),
            reach: vec![],
        };
        for (at, (text, grants)) in grants.into_iter().enumerate() {
            world.principals.push(Power::new(&world, Member::parse(&text), grants));
            world.by_member.insert(text, at);
        }
        world.reach = Reach::all(&world);
        world
    }

    /// The own service account that a principal is.
    pub(super) fn account_of(&self, power: &Power) -> Option<usize> {
        let is = |account: &Account| power.member.kind == Kind::ServiceAccount && account.email == power.member.name;
        self.accounts.iter().position(|account| !power.member.deleted && is(account))
    }

    /// The principal that an own service account is.
    pub(super) fn principal_of(&self, account: usize) -> usize {
        self.by_member[&member_of(&self.accounts[account].email)]
    }

    /// It can do nothing: a disabled service account, or one that was deleted.
    pub(super) fn is_off(&self, power: &Power) -> bool {
        power.member.deleted || self.account_of(power).is_some_and(|account| self.accounts[account].disabled)
    }

    /// What a member counts as when it is compared: an identity from outside is as strong as the service accounts that it is
    /// bound to be, since being them is what it is for.
    pub(super) fn standing(&self, power: &Power) -> Standing {
        let mut standing = Standing { is_admin: power.is_admin, ranks: power.ranks.clone() };
        for account in Self::identities(power) {
            let other = &self.principals[self.principal_of(account)];
            standing.is_admin |= other.is_admin;
            for (own, theirs) in standing.ranks.iter_mut().zip(&other.ranks) {
                *own = (*own).max(*theirs);
            }
        }
        standing
    }

    /// Service accounts whose own policy lets an identity from outside be them.
    fn identities(power: &Power) -> impl Iterator<Item = usize> {
        const TOKEN: &str = "iam.serviceAccounts.getAccessToken";
        let federated = power.member.is_federated();
        let grants = power.grants.iter().filter(move |grant| federated && grant.holds > Answer::No);
        grants.filter_map(|grant| match (&grant.place, &grant.permissions) {
            (Place::Account(at), Ok(all)) if all.contains(TOKEN) => Some(*at),
            _ => None,
        })
    }
}

/// How strong somebody is.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) is_admin: bool,
    pub(super) ranks: Vec<Rank>,
}

impl Standing {
    /// True when this one has something that the other has not, or has it higher up.
    pub(super) fn is_stronger_than(&self, other: &Self) -> bool {
        !other.is_admin && (self.is_admin || self.ranks.iter().zip(&other.ranks).any(|(own, theirs)| own > theirs))
    }
}

fn above_of(level: Level) -> Above {
    Above { resource: level.resource, kind: level.kind, denies: level.denies.unwrap_or_default() }
}

fn denials(levels: &[Level]) -> Denials {
    let none = levels.iter().all(|level| level.denies.as_ref().is_ok_and(Vec::is_empty));
    if none { Denials::None } else { Denials::Applied }
}

/// How a binding names a service account.
pub(super) fn member_of(email: &str) -> String {
    format!("serviceAccount:{email}")
}

/// Everybody who has a role, and every service account of the project, by the words of the bindings.
fn grants(input: &Input) -> BTreeMap<String, Vec<Grant>> {
    let mut all: BTreeMap<String, Vec<Grant>> = BTreeMap::new();
    for account in &input.accounts {
        all.insert(member_of(&account.email), vec![]);
    }
    let levels = input.levels.iter().enumerate().map(|(at, level)| (Place::Level(at), &level.policy));
    let accounts = input.accounts.iter().enumerate().map(|(at, account)| (Place::Account(at), &account.policy));
    for (place, policy) in levels.chain(accounts) {
        for binding in policy.iter().flatten() {
            for member in binding.members.iter().flat_map(|member| meant(input, member)) {
                all.entry(member).or_default().push(grant(input, binding, place.clone()));
            }
        }
    }
    for grants in all.values_mut() {
        let key = |grant: &Grant| (grant.place.clone(), grant.role.clone(), grant.condition.clone());
        grants.sort_by_key(key);
        grants.dedup_by_key(|grant| key(grant));
    }
    all
}

fn grant(input: &Input, binding: &Binding, place: Place) -> Grant {
    let holds = match &binding.condition {
        None => Answer::Yes,
        Some(condition) if policy::is_over(condition, input.as_of) => Answer::No,
        Some(_) => Answer::If,
    };
    let permissions = input.roles.get(&binding.role).cloned().unwrap_or_else(|| Ok(Arc::default()));
    Grant { role: binding.role.clone(), place, condition: binding.condition.clone(), holds, permissions }
}

/// Whom a member stands for: `projectEditor:P` is whoever has `roles/editor` on the project.
fn meant(input: &Input, member: &str) -> Vec<String> {
    let parsed = Member::parse(member);
    let role = match parsed.kind {
        Kind::ProjectOwner => "roles/owner",
        Kind::ProjectEditor => "roles/editor",
        Kind::ProjectViewer => "roles/viewer",
        _ => return vec![member.to_owned()],
    };
    let Some(Ok(policy)) = input.levels.first().map(|project| &project.policy) else { return vec![member.to_owned()] };
    if parsed.name != input.project {
        return vec![member.to_owned()];
    }
    let bound = policy.iter().filter(|binding| binding.role == role);
    bound.flat_map(|binding| binding.members.clone()).collect()
}
