//! Which paths a principal has, to whom they lead, and in how many steps it can come to be an administrator.
//!
//! Three answers each time: yes, no, and not known because the policies of somebody on the way could not be read.

use super::allowed::{Answer, Call, On};
use super::paths::{PATHS, Path, Step, Via};
use super::world::{Kind, Power, Principal, World};
use crate::aws::policy_document::{AwsPrincipal, Effect, PolicyDocument, Selection, Statement};
use crate::exchange::CollectError;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The most steps that are followed.
const HOPS: usize = 5;

/// How a path ends that a principal has the permissions for.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// It works, through these; an answer of [`Answer::If`] depends on a condition.
    Works(BTreeMap<String, Answer>),
    /// There is nothing that it would lead to.
    Latent,
    /// Whether it leads anywhere is not known.
    Unknown(CollectError),
}

/// One step from a principal to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    /// The name of the path.
    pub(super) by: String,
    pub(super) answer: Answer,
}

/// What a principal can do to become stronger.
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

/// What a candidate gives.
enum Found {
    No,
    Works(Answer),
    Unknown(CollectError),
}

impl Reach {
    /// Of every principal, in their order.
    pub(super) fn all(world: &World) -> Vec<Self> {
        world.principals.iter().enumerate().map(|(at, caller)| Self::of(world, at, caller)).collect()
    }

    fn of(world: &World, at: usize, caller: &Principal) -> Self {
        let mut reach = Self::default();
        let Ok(power) = &caller.power else { return reach };
        if power.is_admin || caller.service_linked {
            return reach;
        }
        for path in PATHS.iter().filter(|path| has_permissions(power, path)) {
            let outcome = reach.follow(world, at, caller, power, path);
            reach.paths.push((path, outcome));
        }
        let works: Vec<&'static Path> =
            reach.paths.iter().filter(|(_, o)| matches!(o, Outcome::Works(_))).map(|(path, _)| *path).collect();
        reach.paths.retain(|(path, _)| !works.iter().any(|smaller| smaller.is_part_of(path)));
        reach
    }

    /// Where a path leads whose permissions the caller has.
    fn follow(&mut self, world: &World, at: usize, caller: &Principal, power: &Power, path: &Path) -> Outcome {
        let mut works = BTreeMap::new();
        let mut unknown = None;
        let mut note = |name: &str, found: Found| match found {
            Found::Works(answer) => {
                works.insert(name.to_owned(), answer);
            }
            Found::Unknown(error) => {
                unknown.get_or_insert(error);
            }
            Found::No => {}
        };
        match path.via {
            Via::OwnUser if caller.kind == Kind::User => note(&caller.arn, steps(power, path, &caller.arn)),
            Via::OwnRole if caller.kind == Kind::Role => note(&caller.arn, steps(power, path, &caller.arn)),
            Via::CappedUser if caller.kind == Kind::User && caller.boundary.is_some() => {
                note(&caller.arn, steps(power, path, &caller.arn));
            }
            Via::CappedRole if caller.kind == Kind::Role && caller.boundary.is_some() => {
                note(&caller.arn, steps(power, path, &caller.arn));
            }
            Via::OwnGroup => {
                for group in caller.groups.iter().filter_map(|name| world.groups.get(name)) {
                    note(&group.arn, steps(power, path, &group.arn));
                }
            }
            Via::OwnPolicy | Via::OwnPolicyOfVersions => {
                let versions = path.via == Via::OwnPolicyOfVersions;
                for policy in own_policies(world, caller).filter(|policy| !versions || world.has_versions(policy)) {
                    note(policy, steps(power, path, policy));
                }
            }
            Via::StrongerGroup if caller.kind == Kind::User => {
                for (name, group) in &world.groups {
                    if !caller.groups.contains(name) {
                        note(&group.arn, stronger(&group.power, power, steps(power, path, &group.arn)));
                    }
                }
            }
            _ => {}
        }
        for (index, target) in world.principals.iter().enumerate().filter(|(index, _)| *index != at) {
            let way = way_to(world, caller, power, path, target);
            if let Found::Works(answer) = way {
                self.edge(index, path, answer);
            }
            let found = if needs_strength(path.via) { stronger(&target.power, power, way) } else { way };
            note(&target.arn, found);
        }
        if let (Some(error), None) = (&unknown, &self.unknown) {
            self.unknown = Some(error.clone());
        }
        let free = works.iter().filter(|(arn, _)| gives_everything(world, caller, path, arn));
        if let Some(answer) = free.map(|(_, answer)| *answer).max() {
            let better = self.by_itself.as_ref().is_none_or(|(_, before)| answer > *before);
            if better {
                self.by_itself = Some((path.name(), answer));
            }
        }
        match (works.is_empty(), unknown) {
            (false, _) => Outcome::Works(works),
            (true, Some(error)) => Outcome::Unknown(error),
            (true, None) => world.cut_short.clone().map_or(Outcome::Latent, Outcome::Unknown),
        }
    }

    fn edge(&mut self, to: usize, path: &Path, answer: Answer) {
        let best = self.edges.entry(to).or_insert_with(|| (path.name(), answer));
        if answer > best.1 {
            *best = (path.name(), answer);
        }
    }

    /// The shortest way from a principal to an administrator; an error where it is not known whether there is one.
    pub(super) fn to_admin(world: &World, from: usize) -> Result<Option<Vec<Edge>>, CollectError> {
        let mut before: BTreeMap<usize, usize> = BTreeMap::new();
        let mut seen = BTreeSet::from([from]);
        let mut queue = VecDeque::from([(from, 0)]);
        let mut unknown = world.cut_short.clone();
        while let Some((at, hops)) = queue.pop_front() {
            let reach = &world.reach[at];
            let arn = &world.principals[at].arn;
            match &world.principals[at].power {
                Ok(power) if power.is_admin => return Ok(Some(way(world, &before, at))),
                Ok(_) => {}
                Err(error) => {
                    unknown.get_or_insert_with(|| error.clone());
                }
            }
            if let Some((by, answer)) = reach.by_itself.as_ref().filter(|_| hops < HOPS) {
                let mut edges = way(world, &before, at);
                edges.push(Edge { from: arn.clone(), to: arn.clone(), by: by.clone(), answer: *answer });
                return Ok(Some(edges));
            }
            if let (Some(error), None) = (&reach.unknown, &unknown) {
                unknown = Some(error.clone());
            }
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

fn way(world: &World, before: &BTreeMap<usize, usize>, end: usize) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut at = end;
    while let Some(from) = before.get(&at) {
        let (by, answer) = &world.reach[*from].edges[&at];
        let arn = |index: usize| world.principals[index].arn.clone();
        edges.push(Edge { from: arn(*from), to: arn(at), by: by.clone(), answer: *answer });
        at = *from;
    }
    edges.reverse();
    edges
}

/// Every action of the path is allowed on something. A role may also be assumed because its trust policy alone says so.
fn has_permissions(power: &Power, path: &Path) -> bool {
    path.steps
        .iter()
        .all(|(action, _)| *action == ASSUME || power.permissions.allow(&Call::somewhere(action)) > Answer::No)
}

const ASSUME: &str = "sts:AssumeRole";

/// True when the path through this target makes an administrator of the caller: a policy of its choice takes effect, and no
/// boundary limits what it can grant.
fn gives_everything(world: &World, caller: &Principal, path: &Path, target: &str) -> bool {
    match path.via {
        Via::OwnUser | Via::OwnRole | Via::OwnGroup | Via::OwnPolicy => caller.boundary.is_none(),
        Via::StrongerGroup => {
            let group = world.groups.values().find(|group| group.arn == target);
            caller.boundary.is_none()
                && group.is_some_and(|group| group.power.as_ref().is_ok_and(|power| power.is_admin))
        }
        Via::AnyUser | Via::AnyRole | Via::AssumableRole => {
            world.principals.iter().any(|principal| principal.arn == target && principal.boundary.is_none())
        }
        _ => false,
    }
}

fn needs_strength(via: Via) -> bool {
    !matches!(via, Via::AnyUser | Via::AnyRole | Via::AssumableRole | Via::CappedAssumableRole)
}

/// Customer-managed policies that are attached to a principal or to a group of it.
fn own_policies<'a>(world: &'a World, principal: &'a Principal) -> impl Iterator<Item = &'a str> {
    let customers = format!("::{}:policy/", world.account);
    let managed = principal.grants.iter().filter(|grant| !grant.inline).map(|grant| grant.policy.as_str());
    managed.filter(move |policy| policy.contains(&customers))
}

/// What is left of a way when its end must be stronger than the caller.
fn stronger(target: &Result<Power, CollectError>, caller: &Power, way: Found) -> Found {
    match (way, target) {
        (Found::Works(_), Err(error)) => Found::Unknown(error.clone()),
        (Found::Works(_), Ok(target)) if !target.is_stronger_than(caller) => Found::No,
        (way, _) => way,
    }
}

/// Whether every step is allowed with this as its target.
fn steps(power: &Power, path: &Path, target: &str) -> Found {
    let answers = path.steps.iter().map(|(action, step)| match step {
        Step::Anything => power.permissions.allow(&Call::somewhere(action)),
        Step::Target | Step::TargetPolicy => power.permissions.allow(&Call::on(action, target)),
    });
    found(answers.min().unwrap_or(Answer::No))
}

fn found(answer: Answer) -> Found {
    if answer == Answer::No { Found::No } else { Found::Works(answer) }
}

/// Whether a path leads to this principal, stronger or not.
fn way_to(world: &World, caller: &Principal, power: &Power, path: &Path, target: &Principal) -> Found {
    let fits = match path.via {
        Via::StrongerUser | Via::AnyUser => target.kind == Kind::User,
        Via::StrongerRole
        | Via::AnyRole
        | Via::AssumableRole
        | Via::StrongerAssumableRole
        | Via::SamlRole
        | Via::OidcRole
        | Via::Passed(_)
        | Via::Held(_) => target.kind == Kind::Role,
        Via::CappedAssumableRole => target.kind == Kind::Role && target.boundary.is_some(),
        _ => false,
    };
    if !fits || target.service_linked {
        return Found::No;
    }
    let trust = match &target.trust {
        None => None,
        Some(Ok(document)) => Some(document),
        Some(Err(error)) => return Found::Unknown(error.clone()),
    };
    let services = match path.via {
        Via::Passed(services) | Via::Held(services) => services,
        _ => &[],
    };
    let answers = path.steps.iter().map(|(action, step)| match (step, *action) {
        (_, ASSUME) => trust.map_or(Answer::No, |trust| assumes(trust, caller, power, target, path)),
        (Step::Target, "iam:PassRole") => passes(power, trust, target, services),
        (Step::Target, action) => power.permissions.allow(&Call::on(action, &target.arn)),
        (Step::TargetPolicy, action) => own_policies(world, target)
            .map(|policy| power.permissions.allow(&Call::on(action, policy)))
            .max()
            .unwrap_or(Answer::No),
        (Step::Anything, action) => power.permissions.allow(&Call::somewhere(action)),
    });
    let allowed = answers.min().unwrap_or(Answer::No);
    let there = match (path.via, trust) {
        (Via::Held(services), Some(trust)) => held(trust, target, services),
        (Via::SamlRole, Some(trust)) => federated(trust, ":saml-provider/"),
        (Via::OidcRole, Some(trust)) => federated(trust, ":oidc-provider/"),
        _ => Answer::Yes,
    };
    found(allowed.min(there))
}

/// The role may be passed to one of these services, which it trusts.
fn passes(power: &Power, trust: Option<&PolicyDocument>, target: &Principal, services: &[&str]) -> Answer {
    let Some(trust) = trust else { return Answer::No };
    let to = |service: &&str| {
        let call =
            Call { action: "iam:PassRole", on: On::Resource(&target.arn), passed_to: Some(service), lenient: false };
        power.permissions.allow(&call).min(trusts_service(trust, service))
    };
    services.iter().map(to).max().unwrap_or(Answer::No)
}

/// Something of one of these services may run under the role. Instances have their role through an instance profile.
fn held(trust: &PolicyDocument, target: &Principal, services: &[&str]) -> Answer {
    let one = |service: &&str| match trusts_service(trust, service) {
        _ if service.starts_with("ec2.") && !target.in_profile => Answer::No,
        answer => answer,
    };
    services.iter().map(one).max().unwrap_or(Answer::No)
}

fn trusts_service(trust: &PolicyDocument, service: &str) -> Answer {
    // cognito-identity.amazonaws.com is named as a provider of web identities
    let names = |statement: &Statement| {
        let principals = statement.principal.as_ref().and_then(Selection::only);
        let named = |list: &[String]| list.iter().any(|name| name == service || is_regional(name, service));
        principals.is_some_and(|principals| named(&principals.service) || named(&principals.federated))
            && (statement.covers_action(ASSUME) || statement.covers_action("sts:AssumeRoleWithWebIdentity"))
    };
    // Conditions on the source are those that a service in this account meets.
    let meets = |statement: &Statement| {
        let conditions = statement.conditions.iter();
        let open = conditions.filter(|condition| !condition.key.to_ascii_lowercase().starts_with("aws:source")).count();
        if open == 0 { Answer::Yes } else { Answer::If }
    };
    trust.allows().filter(|statement| names(statement)).map(meets).max().unwrap_or(Answer::No)
}

/// `codebuild.eu-west-1.amazonaws.com` and the names of other partitions.
fn is_regional(name: &str, service: &str) -> bool {
    let Some((first, _)) = service.split_once(".amazonaws.com") else { return false };
    name.strip_prefix(first).is_some_and(|rest| rest.starts_with('.') && rest.contains(".amazonaws.com"))
}

fn federated(trust: &PolicyDocument, kind: &str) -> Answer {
    let names = |statement: &&Statement| {
        let principals = statement.principal.as_ref().and_then(Selection::only);
        principals.is_some_and(|principals| principals.federated.iter().any(|provider| provider.contains(kind)))
    };
    if trust.allows().any(|statement| names(&statement)) { Answer::Yes } else { Answer::No }
}

/// Whether the caller may assume the role: the trust policy names it, or its account and its own policies allow it.
/// A path that rewrites the trust policy first needs no permission of it.
fn assumes(trust: &PolicyDocument, caller: &Principal, power: &Power, target: &Principal, path: &Path) -> Answer {
    let call = Call::on(ASSUME, &target.arn);
    if power.permissions.denies(&call) {
        return Answer::No;
    }
    let rewrites = path.steps.iter().any(|(action, _)| *action == "iam:UpdateAssumeRolePolicy");
    if rewrites {
        return Answer::Yes;
    }
    let identity = power.permissions.allow(&call);
    let mut best = Answer::No;
    for allow in trust.allows().filter(|statement| statement.covers_action(ASSUME)) {
        let met = if allow.conditions.is_empty() { Answer::Yes } else { Answer::If };
        let answer = match names(allow, caller) {
            Naming::Itself => met,
            Naming::Account => met.min(identity),
            Naming::No => Answer::No,
        };
        best = best.max(answer);
    }
    let denied = trust.statements.iter().any(|statement| {
        statement.effect == Effect::Deny
            && statement.conditions.is_empty()
            && statement.covers_action(ASSUME)
            && names(statement, caller) != Naming::No
    });
    if denied { Answer::No } else { best }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    No,
    Account,
    Itself,
}

/// How a statement of a trust policy names a principal of the same account.
fn names(statement: &Statement, caller: &Principal) -> Naming {
    let account = caller.arn.split(':').nth(4).unwrap_or_default();
    match &statement.principal {
        Some(Selection::Only(principals)) => {
            let itself = |text: &&String| **text == caller.arn || AwsPrincipal::of(text) == AwsPrincipal::Anyone;
            let root = format!(":iam::{account}:root");
            if principals.anyone || principals.aws.iter().any(|text| itself(&text)) {
                Naming::Itself
            } else if principals.aws.iter().any(|text| text == account || text.ends_with(&root)) {
                Naming::Account
            } else {
                Naming::No
            }
        }
        // Everybody but some: it is not said who is let in by name.
        Some(Selection::AllBut(principals)) if !principals.aws.contains(&caller.arn) => Naming::Account,
        _ => Naming::No,
    }
}
