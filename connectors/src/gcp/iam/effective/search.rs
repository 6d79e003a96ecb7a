//! Which paths a member has, to whom they lead, and in how many steps it can come to be an administrator.
//!
//! Three answers each time: yes, no, and not known because something on the way could not be read.

use super::paths::{ACT_AS, PATHS, Path, Via};
use super::power::{Answer, On, Place, Power, STRENGTH};
use super::world::{LevelKind, World, member_of};
use crate::exchange::CollectError;
use crate::gcp::iam::member::Kind;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The most steps that are followed.
const HOPS: usize = 5;

/// The permission by which a disabled service account is put to use again.
const ENABLE: &str = "iam.serviceAccounts.enable";

/// How a path ends that a member has the permissions for.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// It works, through these; an answer of [`Answer::If`] depends on a condition.
    Works(BTreeMap<String, Answer>),
    /// There is nothing that it would lead to.
    Latent,
    /// Whether it leads anywhere is not known.
    Unknown(CollectError),
}

/// One step from a member to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    /// The name of the path.
    pub(super) by: String,
    pub(super) answer: Answer,
}

/// What a member can do to become stronger.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Paths whose permissions it has.
    pub(super) paths: Vec<(&'static Path, Outcome)>,
    /// Whom it can act as, stronger or not: the best way to each.
    edges: BTreeMap<usize, (String, Answer)>,
    /// It can give itself everything, by this path.
    by_itself: Option<(String, Answer)>,
    /// Why the edges may be too few.
    unknown: Option<CollectError>,
}

/// A path being followed by a member.
struct Walk<'a> {
    world: &'a World,
    caller: usize,
    power: &'a Power,
    path: &'static Path,
    works: BTreeMap<String, Answer>,
    unknown: Option<CollectError>,
}

impl Reach {
    /// Of every principal, in their order.
    pub(super) fn all(world: &World) -> Vec<Self> {
        (0..world.principals.len()).map(|at| Self::of(world, at)).collect()
    }

    fn of(world: &World, at: usize) -> Self {
        let mut reach = Self::default();
        let power = &world.principals[at];
        // Nobody holds the credentials of an agent, and what is off acts no more.
        if power.is_admin || power.member.is_service_agent() {
            return reach;
        }
        for path in PATHS.iter().filter(|path| has_permissions(world, power, path)) {
            let outcome = if world.is_off(power) { Outcome::Latent } else { reach.follow(world, at, power, path) };
            reach.paths.push((path, outcome));
        }
        let works: Vec<&'static Path> =
            reach.paths.iter().filter(|(_, o)| matches!(o, Outcome::Works(_))).map(|(path, _)| *path).collect();
        reach.paths.retain(|(path, _)| !works.iter().any(|smaller| smaller.is_part_of(path)));
        reach
    }

    /// Where a path leads whose permissions the member has.
    fn follow(&mut self, world: &World, caller: usize, power: &Power, path: &'static Path) -> Outcome {
        let mut walk = Walk { world, caller, power, path, works: BTreeMap::new(), unknown: None };
        match path.via {
            Via::Policy => self.policies(&mut walk),
            Via::OwnRole => self.own_roles(&mut walk),
            Via::Guardrail => walk.guardrails(),
            Via::Account | Via::Passed => self.accounts(&mut walk, path.permissions),
            Via::Machine => self.machines(&mut walk),
            Via::Delegation => self.delegation(&mut walk),
            Via::Service(service) => walk.service(service),
            Via::Invoker(calls) => walk.invoker(calls),
            Via::Deploys => self.agent(&mut walk, "cloudservices"),
            Via::Builds => {
                self.agent(&mut walk, "cloudbuild");
                self.accounts(&mut walk, &["cloudbuild.builds.create", ACT_AS]);
            }
            Via::Pool => self.pools(&mut walk),
            Via::ApiKey => {}
        }
        let Walk { works, unknown, .. } = walk;
        if let (Some(error), None) = (&unknown, &self.unknown) {
            self.unknown = Some(error.clone());
        }
        match (works.is_empty(), unknown) {
            (false, _) => Outcome::Works(works),
            (true, Some(error)) => Outcome::Unknown(error),
            (true, None) if path.via == Via::ApiKey => Outcome::Latent,
            (true, None) => world.doubt.clone().map_or(Outcome::Latent, Outcome::Unknown),
        }
    }

    fn by_itself(&mut self, path: &Path, answer: Answer) {
        if self.by_itself.as_ref().is_none_or(|(_, before)| answer > *before) {
            self.by_itself = Some((path.name(), answer));
        }
    }

    fn edge(&mut self, to: usize, path: &Path, answer: Answer) {
        let best = self.edges.entry(to).or_insert_with(|| (path.name(), answer));
        if answer > best.1 {
            *best = (path.name(), answer);
        }
    }

    /// The allow policy of a level that the permission is for.
    fn policies(&mut self, walk: &mut Walk<'_>) {
        let world = walk.world;
        let of_kind = world.levels.iter().enumerate();
        for (at, level) in of_kind.filter(|(_, level)| walk.path.permissions == [level.kind.sets_policy()]) {
            let answer = walk.power.allow(world, level.kind.sets_policy(), On::Level(at));
            if answer > Answer::No {
                walk.works.insert(level.resource.clone(), answer);
                self.by_itself(walk.path, answer);
            }
        }
    }

    /// A custom role that the member has and may change.
    fn own_roles(&mut self, walk: &mut Walk<'_>) {
        for grant in walk.power.grants.iter().filter(|grant| grant.holds > Answer::No) {
            let Some(level) = level_of_role(walk.world, &grant.role) else { continue };
            let answer = walk.power.allow(walk.world, "iam.roles.update", On::Level(level)).min(grant.holds);
            if answer > Answer::No {
                let best = walk.works.entry(grant.role.clone()).or_insert(answer);
                *best = answer.max(*best);
                if matches!(grant.place, Place::Level(_)) {
                    self.by_itself(walk.path, answer);
                }
            }
        }
    }

    /// Own service accounts on which these are allowed.
    fn accounts(&mut self, walk: &mut Walk<'_>, permissions: &[&str]) {
        for account in 0..walk.world.accounts.len() {
            let answer = walk.may(permissions, account);
            self.leads_to(walk, walk.world.principal_of(account), answer, None);
        }
    }

    /// Service accounts of machines.
    fn machines(&mut self, walk: &mut Walk<'_>) {
        let machines = match &walk.world.machines {
            Ok(machines) => machines,
            Err(error) => {
                walk.unknown.get_or_insert_with(|| error.clone());
                return;
            }
        };
        for machine in machines {
            let own = walk.world.accounts.iter().position(|account| account.email == machine.account);
            if let Some(account) = own {
                let answer = walk.may(walk.path.permissions, account);
                self.leads_to(walk, walk.world.principal_of(account), answer, Some(&machine.name));
            }
        }
    }

    /// Service accounts that are reached through another.
    fn delegation(&mut self, walk: &mut Walk<'_>) {
        for through in 0..walk.world.accounts.len() {
            let first = walk.may(walk.path.permissions, through);
            let middle = &walk.world.principals[walk.world.principal_of(through)];
            for account in (0..walk.world.accounts.len()).filter(|account| *account != through) {
                let second = middle.allow(walk.world, "iam.serviceAccounts.getAccessToken", On::Account(account));
                let answer = if walk.world.accounts[account].disabled { Answer::No } else { first.min(second) };
                self.leads_to(walk, walk.world.principal_of(account), answer, None);
            }
            if let (true, Some(error)) = (first > Answer::No, &middle.doubt) {
                walk.unknown.get_or_insert_with(|| error.clone());
            }
        }
    }

    /// The account under which a service of Google acts for whoever asks it.
    fn agent(&mut self, walk: &mut Walk<'_>, service: &str) {
        let member = member_of(&format!("{}@{service}.gserviceaccount.com", walk.world.number));
        if let Some(agent) = walk.world.by_member.get(&member) {
            let answer = walk.power.allow(walk.world, walk.path.permissions[0], On::Level(0));
            self.leads_to(walk, *agent, answer, None);
        }
    }

    /// Identities of the project's workload identity pools.
    fn pools(&mut self, walk: &mut Walk<'_>) {
        let pools =
            format!("//iam.googleapis.com/projects/{}/locations/global/workloadIdentityPools/", walk.world.number);
        let answer = walk.power.allow(walk.world, walk.path.permissions[0], On::Level(0));
        for (at, identity) in walk.world.principals.iter().enumerate() {
            let of_pool = matches!(identity.member.kind, Kind::Principal | Kind::PrincipalSet);
            if of_pool && !identity.member.deleted && identity.member.name.starts_with(&pools) {
                self.leads_to(walk, at, answer, None);
            }
        }
    }

    /// Notes that the member can act as another, and whether that makes it stronger.
    fn leads_to(&mut self, walk: &mut Walk<'_>, to: usize, answer: Answer, through: Option<&str>) {
        if answer == Answer::No || to == walk.caller {
            return;
        }
        self.edge(to, walk.path, answer);
        let target = &walk.world.principals[to];
        if walk.world.standing(target).is_stronger_than(&walk.world.standing(walk.power)) {
            let name = through.unwrap_or(&target.member.text).to_owned();
            let best = walk.works.entry(name).or_insert(answer);
            *best = answer.max(*best);
        } else if let Some(error) = &target.doubt {
            walk.unknown.get_or_insert_with(|| error.clone());
        }
    }

    /// The shortest way from a principal to an administrator; an error where it is not known whether there is one.
    pub(super) fn to_admin(world: &World, from: usize) -> Result<Option<Vec<Edge>>, CollectError> {
        let mut before: BTreeMap<usize, usize> = BTreeMap::new();
        let mut seen = BTreeSet::from([from]);
        let mut queue = VecDeque::from([(from, 0)]);
        let mut unknown = world.doubt.clone();
        while let Some((at, hops)) = queue.pop_front() {
            let reach = &world.reach[at];
            let power = &world.principals[at];
            if power.is_admin {
                return Ok(Some(way(world, &before, at)));
            }
            if let Some((by, answer)) = reach.by_itself.as_ref().filter(|_| hops < HOPS) {
                let mut edges = way(world, &before, at);
                let text = &power.member.text;
                edges.push(Edge { from: text.clone(), to: text.clone(), by: by.clone(), answer: *answer });
                return Ok(Some(edges));
            }
            unknown = unknown.or_else(|| power.doubt.clone()).or_else(|| reach.unknown.clone());
            if hops < HOPS {
                for to in reach.edges.keys().filter(|to| seen.insert(**to)) {
                    before.insert(*to, at);
                    queue.push_back((*to, hops + 1));
                }
            }
        }
        unknown.map_or(Ok(None), Err)
    }
}

impl Walk<'_> {
    /// Whether these are allowed with an own service account as the target, which is in use or may be put to use.
    fn may(&self, permissions: &[&str], account: usize) -> Answer {
        let on = |permission: &&str| {
            let of_account =
                permission.starts_with("iam.serviceAccounts.") || permission.starts_with("iam.serviceAccountKeys.");
            let on = if of_account { On::Account(account) } else { On::Level(0) };
            self.power.allow(self.world, permission, on)
        };
        let allowed = permissions.iter().map(on).min().unwrap_or(Answer::No);
        if self.world.accounts[account].disabled { allowed.min(on(&ENABLE)) } else { allowed }
    }

    /// Levels whose constraints it may change.
    fn guardrails(&mut self) {
        for (at, level) in self.world.levels.iter().enumerate() {
            let answer = self.power.allow(self.world, self.path.permissions[0], On::Level(at));
            if answer > Answer::No {
                self.works.insert(level.resource.clone(), answer);
            }
        }
    }

    /// Own service accounts with more of a service's permissions than the member has.
    fn service(&mut self, service: &str) {
        let answer = self.power.allow(self.world, self.path.permissions[0], On::Level(0));
        let own = self.world.standing(self.power).ranks;
        for (at, account) in self.world.accounts.iter().enumerate().filter(|(_, account)| !account.disabled) {
            let target = &self.world.principals[self.world.principal_of(at)];
            let more = STRENGTH.iter().zip(target.ranks.iter().zip(&own));
            let stronger = more.filter(|(name, _)| name.starts_with(service)).any(|(_, (theirs, own))| theirs > own);
            self.note(&account.email, answer, stronger, target);
        }
    }

    /// Own service accounts that may call what the member itself may not.
    fn invoker(&mut self, calls: &[&str]) {
        for at in 0..self.world.accounts.len() {
            let answer = self.may(self.path.permissions, at);
            let target = &self.world.principals[self.world.principal_of(at)];
            let more = |call: &&str| target.rank(self.world, call) > self.power.rank(self.world, call);
            self.note(&self.world.accounts[at].email, answer, calls.iter().any(more), target);
        }
    }

    fn note(&mut self, email: &str, answer: Answer, stronger: bool, target: &Power) {
        match (answer, &target.doubt) {
            (Answer::No, _) => {}
            (answer, _) if stronger => {
                self.works.insert(member_of(email), answer);
            }
            (_, Some(error)) => {
                self.unknown.get_or_insert_with(|| error.clone());
            }
            (_, None) => {}
        }
    }
}

fn way(world: &World, before: &BTreeMap<usize, usize>, end: usize) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut at = end;
    while let Some(from) = before.get(&at) {
        let (by, answer) = &world.reach[*from].edges[&at];
        let text = |index: usize| world.principals[index].member.text.clone();
        edges.push(Edge { from: text(*from), to: text(at), by: by.clone(), answer: *answer });
        at = *from;
    }
    edges.reverse();
    edges
}

/// Every permission of the path is allowed on something.
fn has_permissions(world: &World, power: &Power, path: &Path) -> bool {
    path.permissions.iter().all(|permission| power.somewhere(world, permission) > Answer::No)
}

/// Where a custom role is defined, when that is the project or its organisation.
fn level_of_role(world: &World, role: &str) -> Option<usize> {
    let (owner, _) = role.split_once("/roles/")?;
    let fits = |level: &super::world::Above| match level.kind {
        LevelKind::Project => owner == format!("projects/{}", world.project),
        LevelKind::Folder => false,
        LevelKind::Organization => owner == level.resource,
    };
    world.levels.iter().position(fits)
}
