//! What one member may do: its grants, less what is denied.

use super::deny::{self, Covers};
use super::world::World;
use crate::exchange::CollectError;
use crate::gcp::iam::member::Member;
use crate::gcp::iam_policy::Condition;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whether something is allowed, from no to yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    /// It is not.
    No,
    /// It is under a condition, or unless a deny rule covers it that cannot be decided.
    If,
    /// It is.
    Yes,
}

/// Where a role is bound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// On the project (0) or above it, nearest first.
    Level(usize),
    /// On a service account of the project.
    Account(usize),
}

/// What a permission is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum On {
    /// The project (0) or something above it.
    Level(usize),
    /// A service account of the project.
    Account(usize),
}

/// A role that a member has.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) role: String,
    pub(super) place: Place,
    pub(super) condition: Option<Condition>,
    /// [`Answer::No`] where its condition was for a time that is over.
    pub(super) holds: Answer,
    /// What the role grants; the cause where it could not be read.
    pub(super) permissions: Result<Arc<BTreeSet<String>>, CollectError>,
}

impl Grant {
    /// Whether it grants this on that, denials aside.
    fn gives(&self, permission: &str, on: On) -> Answer {
        let reaches = match (&self.place, on) {
            (Place::Level(at), On::Level(level)) => *at >= level,
            (Place::Level(_), On::Account(_)) => true,
            (Place::Account(at), On::Account(account)) => *at == account,
            (Place::Account(_), On::Level(_)) => false,
        };
        let granted = self.permissions.as_ref().is_ok_and(|all| all.contains(permission));
        if reaches && granted { self.holds } else { Answer::No }
    }
}

/// Permissions by which members are compared: granting, acting as others, reading secrets and data, hiding traces. One is
/// stronger than another when it has one of them higher up than the other has it, or has it and the other does not.
pub(super) const STRENGTH: [&str; 32] = [
    "bigquery.datasets.setIamPolicy",
    "bigquery.tables.getData",
    "cloudkms.cryptoKeyVersions.useToDecrypt",
    "cloudkms.cryptoKeys.setIamPolicy",
    "cloudsql.instances.export",
    "cloudsql.users.create",
    "compute.firewalls.create",
    "compute.instances.setMetadata",
    "compute.instances.setServiceAccount",
    "compute.snapshots.useReadOnly",
    "container.secrets.get",
    "datastore.entities.get",
    "iam.roles.update",
    "iam.serviceAccountKeys.create",
    "iam.serviceAccounts.actAs",
    "iam.serviceAccounts.getAccessToken",
    "iam.serviceAccounts.setIamPolicy",
    "logging.buckets.delete",
    "logging.sinks.delete",
    "orgpolicy.policy.set",
    "pubsub.subscriptions.consume",
    "resourcemanager.folders.setIamPolicy",
    "resourcemanager.organizations.setIamPolicy",
    "resourcemanager.projects.delete",
    "resourcemanager.projects.setIamPolicy",
    "run.services.setIamPolicy",
    "secretmanager.secrets.setIamPolicy",
    "secretmanager.versions.access",
    "spanner.databases.select",
    "storage.buckets.setIamPolicy",
    "storage.objects.delete",
    "storage.objects.get",
];

/// How high up a permission is had: 0 nowhere, 1 on a service account, 2 on the project, 3 and more above it.
pub(super) type Rank = usize;

/// A member's grants and what follows from them.
#[derive(Clone, Debug)]
pub(super) struct Power {
    pub(super) member: Member,
    pub(super) grants: Vec<Grant>,
    /// It can grant itself everything on the project.
    pub(super) is_admin: bool,
    /// Ranks of [`STRENGTH`].
    pub(super) ranks: Vec<Rank>,
    /// Why it may have more than is known.
    pub(super) doubt: Option<CollectError>,
}

impl Power {
    /// Of a member with these grants.
    pub(super) fn new(world: &World, member: Member, grants: Vec<Grant>) -> Self {
        let doubt =
            grants.iter().filter(|grant| grant.holds > Answer::No).find_map(|grant| grant.permissions.clone().err());
        let doubt = world.doubt.clone().or(doubt);
        let mut power = Self { member, grants, is_admin: false, ranks: vec![], doubt };
        power.is_admin = power.sets_policies(world) == Answer::Yes;
        power.ranks = STRENGTH.iter().map(|permission| power.rank(world, permission)).collect();
        power
    }

    /// Whether it is allowed this on that.
    pub(super) fn allow(&self, world: &World, permission: &str, on: On) -> Answer {
        let given = self.grants.iter().map(|grant| grant.gives(permission, on)).max().unwrap_or(Answer::No);
        if given == Answer::No {
            return given;
        }
        let from = match on {
            On::Level(level) => level,
            On::Account(_) => 0,
        };
        let rules = world.levels.iter().skip(from).flat_map(|level| &level.denies);
        match rules.map(|rule| deny::denies(rule, permission, &self.member, &world.place)).max() {
            Some(Covers::Yes) => Answer::No,
            Some(Covers::Maybe) => given.min(Answer::If),
            Some(Covers::No) | None => given,
        }
    }

    /// Whether it is allowed this on anything that is seen.
    pub(super) fn somewhere(&self, world: &World, permission: &str) -> Answer {
        let levels = (0..world.levels.len()).map(On::Level);
        let all = levels.chain((0..world.accounts.len()).map(On::Account));
        all.map(|on| self.allow(world, permission, on)).max().unwrap_or(Answer::No)
    }

    /// How high up it has a permission.
    pub(super) fn rank(&self, world: &World, permission: &str) -> Rank {
        let allowed = |on| self.allow(world, permission, on) > Answer::No;
        if let Some(level) = (0..world.levels.len()).rev().find(|level| allowed(On::Level(*level))) {
            return level + 2;
        }
        usize::from((0..world.accounts.len()).any(|account| allowed(On::Account(account))))
    }

    /// Whether it may change the allow policy of the project or of something above it, and so grant itself everything.
    fn sets_policies(&self, world: &World) -> Answer {
        let levels = world.levels.iter().enumerate();
        levels
            .map(|(at, level)| self.allow(world, level.kind.sets_policy(), On::Level(at)))
            .chain([self.allow(world, "resourcemanager.projects.setIamPolicy", On::Level(0))])
            .max()
            .unwrap_or(Answer::No)
    }

    /// It is an administrator by its own policies; not known where it is not and may have more.
    pub(super) fn known_admin(&self) -> Result<bool, CollectError> {
        match (&self.doubt, self.is_admin) {
            (Some(doubt), false) => Err(doubt.clone()),
            (_, is_admin) => Ok(is_admin),
        }
    }
}
