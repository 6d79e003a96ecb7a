//! Every path in a small account of its own, taken apart piece by piece, and the false alarms that other tools give.

use super::allowed::Answer;
use super::paths::{PATHS, Path, Step as On, Via};
use super::search::Outcome;
use super::world::World;
use super::*;
use crate::document::Read;
use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput as Page;
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, GroupDetail, InstanceProfile, ManagedPolicyDetail, PolicyDetail,
    PolicyVersion, RoleDetail, UserDetail,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ACCOUNT: &str = "123456789012";
const ROOT: &str = "arn:aws:iam::123456789012:root";

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}")
}

fn document(statements: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn allow(actions: &[&str], resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resource})
}

fn deny(actions: &[&str], resource: &str) -> Value {
    json!({"Effect": "Deny", "Action": actions, "Resource": resource})
}

fn trusting(principal: &Value) -> Value {
    json!([{"Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]}])
}

fn service(name: &str) -> Value {
    trusting(&json!({"Service": name}))
}

fn admin() -> Value {
    allow(&["*"], "*")
}

/// An account in the making. Policies are lists of statements.
#[derive(Clone, Debug, Default)]
struct Account {
    users: BTreeMap<String, Who>,
    roles: BTreeMap<String, (Who, Value)>,
    groups: BTreeMap<String, Vec<Value>>,
    /// Managed policies by ARN: their versions, the default one first.
    policies: BTreeMap<String, Vec<Value>>,
}

#[derive(Clone, Debug, Default)]
struct Who {
    inline: Vec<Value>,
    attached: Vec<String>,
    groups: Vec<String>,
    boundary: Option<String>,
    path: Option<&'static str>,
    in_profile: bool,
    spoilt: bool,
}

impl Who {
    fn may(statements: &[Value]) -> Self {
        Self { inline: statements.to_vec(), ..Self::default() }
    }

    fn inline(&self) -> Vec<PolicyDetail> {
        let policy = |(at, statement): (usize, &Value)| {
            let text = document(&json!([statement]));
            PolicyDetail::builder().policy_name(format!("p{at}")).policy_document(text).build()
        };
        let spoilt = PolicyDetail::builder().policy_name("spoilt").policy_document("no policy").build();
        self.inline.iter().enumerate().map(policy).chain(self.spoilt.then_some(spoilt)).collect()
    }

    fn attached(&self) -> Vec<AttachedPolicy> {
        self.attached.iter().map(|arn| AttachedPolicy::builder().policy_arn(arn).build()).collect()
    }

    fn boundary(&self) -> Option<AttachedPermissionsBoundary> {
        self.boundary.as_ref().map(|arn| AttachedPermissionsBoundary::builder().permissions_boundary_arn(arn).build())
    }
}

impl Account {
    fn user(mut self, name: &str, who: Who) -> Self {
        self.users.insert(name.to_owned(), who);
        self
    }

    fn role(mut self, name: &str, who: Who, trust: Value) -> Self {
        self.roles.insert(name.to_owned(), (who, trust));
        self
    }

    fn group(mut self, name: &str, statements: &[Value]) -> Self {
        self.groups.insert(name.to_owned(), statements.to_vec());
        self
    }

    fn policy(mut self, arn: &str, versions: &[Value]) -> Self {
        self.policies.insert(arn.to_owned(), versions.to_vec());
        self
    }

    fn page(&self) -> Page {
        let mut page = Page::builder().set_user_detail_list(Some(Vec::new())).is_truncated(false);
        for (name, who) in &self.users {
            let user = UserDetail::builder().user_name(name).arn(arn("user", name));
            let user =
                user.set_user_policy_list(Some(who.inline())).set_attached_managed_policies(Some(who.attached()));
            let user = user.set_group_list(Some(who.groups.clone())).set_permissions_boundary(who.boundary());
            page = page.user_detail_list(user.build());
        }
        for (name, (who, trust)) in &self.roles {
            let role =
                RoleDetail::builder().role_name(name).arn(arn("role", name)).set_path(who.path.map(str::to_owned));
            let role =
                role.set_role_policy_list(Some(who.inline())).set_attached_managed_policies(Some(who.attached()));
            let role = role.set_permissions_boundary(who.boundary()).assume_role_policy_document(document(trust));
            let profile = who.in_profile.then(|| {
                let profile =
                    InstanceProfile::builder().path("/").instance_profile_name(name).instance_profile_id("AIPA");
                let profile = profile.arn("arn:aws:iam::123456789012:instance-profile/p").set_roles(Some(Vec::new()));
                let made = aws_sdk_iam::primitives::DateTime::from_secs(0);
                vec![profile.create_date(made).build().unwrap()]
            });
            page = page.role_detail_list(role.set_instance_profile_list(profile).build());
        }
        for (name, statements) in &self.groups {
            let who = Who::may(statements);
            let group = GroupDetail::builder().group_name(name).arn(arn("group", name));
            page = page.group_detail_list(group.set_group_policy_list(Some(who.inline())).build());
        }
        for (arn, versions) in &self.policies {
            let mut policy = ManagedPolicyDetail::builder().arn(arn).default_version_id("v0");
            for (at, statement) in versions.iter().enumerate() {
                let version = PolicyVersion::builder().version_id(format!("v{at}")).is_default_version(at == 0);
                policy = policy.policy_version_list(version.document(document(&json!([statement]))).build());
            }
            page = page.policies(policy.build());
        }
        page.build()
    }

    fn world(&self) -> World {
        self.world_cut_short(None)
    }

    /// Under service control policies: of each level its policies, of each policy its statements.
    fn world_under(&self, levels: &[&[Value]]) -> World {
        let parsed = |statements: &Value| crate::aws::policy_document::parse(&document(statements)).unwrap();
        let levels = levels.iter().map(|level| level.iter().map(parsed).collect()).collect();
        let page = Read { value: self.page(), exchanges: vec![1], at: None };
        World::read(ACCOUNT, levels, &mut Details { pages: vec![page], error: None })
    }

    fn world_cut_short(&self, error: Option<CollectError>) -> World {
        let page = Read { value: self.page(), exchanges: vec![1], at: None };
        World::read(ACCOUNT, vec![], &mut Details { pages: vec![page], error })
    }
}

/// What a principal's paths come to, by name.
fn outcomes(world: &World, who: &str) -> BTreeMap<String, Outcome> {
    let at = position(world, who);
    world.reach[at].paths.iter().map(|(path, outcome)| (path.name(), outcome.clone())).collect()
}

fn position(world: &World, who: &str) -> usize {
    world.principals.iter().position(|principal| principal.name == who).unwrap()
}

fn works(world: &World, who: &str, path: &str) -> Option<BTreeMap<String, Answer>> {
    match outcomes(world, who).remove(path) {
        Some(Outcome::Works(targets)) => Some(targets),
        _ => None,
    }
}

/// Names of the paths that work.
fn working(world: &World, who: &str) -> Vec<String> {
    let all = outcomes(world, who).into_iter();
    all.filter(|(_, outcome)| matches!(outcome, Outcome::Works(_))).map(|(name, _)| name).collect()
}

/// The account in which a path works, with the caller `mallory` who may do no more than it takes.
struct Scene {
    account: Account,
    caller: Who,
    is_role: bool,
    target: Option<String>,
}

const LOCAL: &str = "arn:aws:iam::123456789012:policy/local";
const CAP: &str = "arn:aws:iam::123456789012:policy/cap";

impl Scene {
    fn of(path: &Path, strong: Value) -> Self {
        let actions: Vec<&str> = path.steps.iter().map(|(action, _)| *action).collect();
        let mut caller = Who::may(&[allow(&actions, "*")]);
        let account = Account::default().policy(CAP, &[admin()]);
        let is_role = matches!(path.via, Via::OwnRole | Via::CappedRole);
        let own = arn(if is_role { "role" } else { "user" }, "mallory");
        let strong = Who::may(&[strong]);
        let (boss, plain) = (strong.clone(), Who { attached: vec![LOCAL.to_owned()], ..Who::default() });
        let nobody = service("nothing.amazonaws.com");
        let root = trusting(&json!({"AWS": ROOT}));
        let account = account.policy(LOCAL, &[allow(&["sns:Publish"], "*")]);
        let role =
            |account: Account, who: Who, trust: Value| (account.role("boss", who, trust), Some(arn("role", "boss")));
        let (account, target) = match path.via {
            Via::OwnUser | Via::OwnRole => (account, Some(own)),
            Via::CappedUser | Via::CappedRole => {
                caller.boundary = Some(CAP.to_owned());
                (account, Some(own))
            }
            Via::OwnGroup => {
                caller.groups = vec!["staff".to_owned()];
                (account.group("staff", &[]), Some(arn("group", "staff")))
            }
            Via::OwnPolicy => {
                caller.attached = vec![LOCAL.to_owned()];
                (account, Some(LOCAL.to_owned()))
            }
            Via::OwnPolicyOfVersions => {
                caller.attached = vec![LOCAL.to_owned()];
                (account.policy(LOCAL, &[allow(&["sns:Publish"], "*"), admin()]), Some(LOCAL.to_owned()))
            }
            Via::StrongerGroup => (account.group("bosses", &strong.inline), Some(arn("group", "bosses"))),
            Via::StrongerUser => (account.user("boss", boss), Some(arn("user", "boss"))),
            Via::AnyUser => (account.user("boss", plain), Some(arn("user", "boss"))),
            Via::StrongerRole => role(account, boss, nobody),
            Via::AnyRole => role(account, plain, nobody),
            Via::AssumableRole => role(account, plain, root),
            Via::CappedAssumableRole => role(account, Who { boundary: Some(CAP.to_owned()), ..plain }, root),
            Via::StrongerAssumableRole => role(account, boss, root),
            Via::SamlRole => role(account, boss, trusting(&json!({"Federated": arn("saml-provider", "idp")}))),
            Via::OidcRole => role(account, boss, trusting(&json!({"Federated": arn("oidc-provider", "idp")}))),
            Via::Passed(services) => role(account, boss, service(services[0])),
            Via::Held(services) => role(account, Who { in_profile: true, ..boss }, service(services[0])),
            Via::Management => (account, None),
        };
        Self { account, caller, is_role, target }
    }

    fn world(&self) -> World {
        self.with(|_| {})
    }

    fn with(&self, change: impl FnOnce(&mut Who)) -> World {
        let mut caller = self.caller.clone();
        change(&mut caller);
        let account = self.account.clone();
        if self.is_role { account.role("mallory", caller, service("x")) } else { account.user("mallory", caller) }
            .world()
    }
}

/// The path works through this target, or a smaller one of its actions does.
fn assert_works(world: &World, path: &Path, target: &str, expected: Answer) {
    let names = working(world, "mallory");
    let smaller = PATHS.iter().any(|other| other.is_part_of(path) && names.contains(&other.name()));
    let found = works(world, "mallory", &path.name());
    let answer = found.as_ref().and_then(|targets| targets.get(target).copied());
    assert!(smaller || answer == Some(expected), "{} {target}: {found:?} {names:?}", path.name());
}

#[test]
fn every_path_is_found_where_its_conditions_are_met() {
    assert_eq!(PATHS.len(), 112);
    for path in PATHS {
        assert!(!path.source.is_empty());
        let scene = Scene::of(path, admin());
        let world = scene.world();
        let Some(target) = &scene.target else {
            assert!(matches!(outcomes(&world, "mallory")[&path.name()], Outcome::Latent), "{}", path.name());
            continue;
        };
        assert_works(&world, path, target, Answer::Yes);
        let conditional = scene.with(|caller| {
            caller.inline[0]["Condition"] = json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}});
        });
        if !path.steps.iter().any(|(action, _)| *action == "sts:AssumeRole") {
            assert_works(&conditional, path, target, Answer::If);
        }
    }
}

#[test]
fn no_path_works_without_any_one_of_its_actions() {
    for path in PATHS {
        let scene = Scene::of(path, admin());
        for (at, (action, _)) in path.steps.iter().enumerate() {
            let without = scene.with(|caller| {
                caller.inline[0]["Action"].as_array_mut().unwrap().remove(at);
            });
            assert_eq!(works(&without, "mallory", &path.name()), None, "{} without {action}", path.name());
            let denied = scene.with(|caller| caller.inline.push(deny(&[action], "*")));
            assert_eq!(works(&denied, "mallory", &path.name()), None, "{}, {action} denied", path.name());
            let service = format!("{}:*", action.split(':').next().unwrap());
            let denied = scene.with(|caller| caller.inline.push(deny(&[&service], "*")));
            assert_eq!(works(&denied, "mallory", &path.name()), None, "{}, {service} denied", path.name());
        }
        let capped = scene.with(|caller| caller.boundary = Some(LOCAL.to_owned()));
        assert_eq!(works(&capped, "mallory", &path.name()), None, "{} within a boundary", path.name());
    }
}

#[test]
fn no_path_works_without_what_it_goes_through() {
    for path in PATHS {
        let mut scene = Scene::of(path, admin());
        scene.account.roles.clear();
        scene.account.users.clear();
        scene.account.groups.clear();
        scene.caller.groups.clear();
        scene.caller.attached.clear();
        scene.caller.boundary = None;
        if matches!(path.via, Via::OwnUser | Via::OwnRole) {
            scene.is_role = !scene.is_role;
        }
        assert_eq!(works(&scene.world(), "mallory", &path.name()), None, "{}", path.name());
        let is_latent = matches!(outcomes(&scene.world(), "mallory").get(&path.name()), Some(Outcome::Latent));
        let smaller = PATHS.iter().any(|other| other.is_part_of(path));
        assert!(is_latent || smaller, "{}: the permissions are there, and are told", path.name());
    }
}

#[test]
fn paths_to_the_stronger_do_not_lead_to_the_weak_and_are_unknown_where_nobody_knows() {
    let needs_strength = |path: &&Path| {
        let own = [Via::OwnUser, Via::OwnRole, Via::OwnGroup, Via::OwnPolicy, Via::OwnPolicyOfVersions];
        let any = [Via::CappedUser, Via::CappedRole, Via::AnyUser, Via::AnyRole, Via::AssumableRole];
        !own.contains(&path.via)
            && !any.contains(&path.via)
            && !matches!(path.via, Via::CappedAssumableRole | Via::Management)
    };
    let mut count = 0;
    for path in PATHS.iter().filter(needs_strength) {
        let weak = Scene::of(path, allow(&["sns:Publish"], "*"));
        assert_eq!(works(&weak.world(), "mallory", &path.name()), None, "{} to a weak one", path.name());
        let mut unknown = Scene::of(path, admin());
        unknown.account.users.values_mut().for_each(|who| who.spoilt = true);
        unknown.account.roles.values_mut().for_each(|(who, _)| who.spoilt = true);
        if path.via != Via::StrongerGroup {
            let outcome = outcomes(&unknown.world(), "mallory").remove(&path.name());
            assert!(matches!(outcome, Some(Outcome::Unknown(_))), "{}: {outcome:?}", path.name());
        }
        count += 1;
    }
    assert!(count > 80, "{count}");
}

#[test]
fn pass_role_counts_only_for_the_role_and_the_service_it_may_be_passed_to() {
    let boss = || Who::may(&[admin()]);
    let run = allow(&["ec2:RunInstances"], "*");
    let pass = |resource: &str, to: Option<&str>| {
        let mut pass = allow(&["iam:PassRole"], resource);
        if let Some(to) = to {
            pass["Condition"] = json!({"StringEquals": {"iam:PassedToService": to}});
        }
        pass
    };
    let world = |pass: Value, trust: Value| {
        let account = Account::default().user("mallory", Who::may(&[run.clone(), pass]));
        account.role("boss", boss(), trust).world()
    };
    let path = "ec2:RunInstances+iam:PassRole";
    let ec2 = || service("ec2.amazonaws.com");
    let found = |pass: Value, trust: Value| works(&world(pass, trust), "mallory", path).is_some();
    assert!(found(pass("*", None), ec2()));
    assert!(found(pass(&arn("role", "boss"), Some("ec2.amazonaws.com")), ec2()));
    assert!(found(pass("arn:aws:iam::*:role/bo*", None), service("ec2.amazonaws.com.cn")));
    assert!(!found(pass(&arn("role", "other"), None), ec2()), "another role");
    assert!(!found(pass("*", Some("lambda.amazonaws.com")), ec2()), "another service");
    assert!(!found(pass("*", None), service("lambda.amazonaws.com")), "a role that another service has");
    let linked = Account::default().user("mallory", Who::may(&[run.clone(), pass("*", None)])).role(
        "boss",
        Who { path: Some("/aws-service-role/ec2.amazonaws.com/"), ..boss() },
        ec2(),
    );
    assert!(works(&linked.world(), "mallory", path).is_none(), "a service-linked role cannot be passed");
}

#[test]
fn policies_of_a_principal_count_together_and_a_deny_anywhere_takes_away() {
    let account = Account::default()
        .policy(LOCAL, &[allow(&["lambda:CreateFunction"], "*")])
        .group("staff", &[allow(&["iam:PassRole"], "*")])
        .role("boss", Who::may(&[admin()]), service("lambda.amazonaws.com"));
    let mallory = Who {
        inline: vec![allow(&["lambda:Invoke*"], "*")],
        attached: vec![LOCAL.to_owned()],
        groups: vec!["staff".to_owned()],
        ..Who::default()
    };
    let path = "iam:PassRole+lambda:CreateFunction+lambda:InvokeFunction";
    assert!(works(&account.clone().user("mallory", mallory.clone()).world(), "mallory", path).is_some());
    let denied = account.clone().group("staff", &[allow(&["iam:PassRole"], "*"), deny(&["lambda:*"], "*")]);
    assert!(works(&denied.user("mallory", mallory.clone()).world(), "mallory", path).is_none());
    // What a deny leaves open is not gone: it is conditional.
    let partly = account.clone().group(
        "staff",
        &[allow(&["iam:PassRole"], "*"), deny(&["lambda:CreateFunction"], "arn:aws:lambda:*:*:function:prod-*")],
    );
    let targets = works(&partly.user("mallory", mallory.clone()).world(), "mallory", path).unwrap();
    assert_eq!(targets.values().copied().collect::<Vec<_>>(), [Answer::If]);
    // A deny for another service says nothing of this one.
    let other = account.group("staff", &[allow(&["iam:PassRole"], "*"), deny(&["*"], "arn:aws:s3:::*")]);
    assert!(works(&other.user("mallory", mallory).world(), "mallory", path).is_some());
}

#[test]
fn not_action_and_wildcards_are_read_and_resources_bound() {
    let one = |statement: Value| Account::default().user("mallory", Who::may(&[statement])).world();
    let not_action = json!({"Effect": "Allow", "NotAction": ["s3:*", "ec2:*"], "Resource": "*"});
    let world = one(not_action);
    assert!(world.principals[0].power.as_ref().unwrap().is_admin, "iam is left");
    let without_iam = json!({"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"});
    assert_eq!(working(&one(without_iam), "mallory"), Vec::<String>::new());
    assert_eq!(
        working(&one(allow(&["iam:*UserPolicy"], &arn("user", "*"))), "mallory"),
        ["iam:AttachUserPolicy", "iam:PutUserPolicy"]
    );
    assert_eq!(
        working(&one(allow(&["iam:putuserpolicy"], "arn:aws:iam::*:user/${aws:username}")), "mallory"),
        ["iam:PutUserPolicy"]
    );
    assert_eq!(working(&one(allow(&["iam:PutUserPolicy"], &arn("user", "somebody"))), "mallory"), Vec::<String>::new());
    let tagged = works(
        &one(allow(&["iam:PutUserPolicy"], "arn:aws:iam::*:user/${aws:PrincipalTag/x}")),
        "mallory",
        "iam:PutUserPolicy",
    );
    assert_eq!(tagged.unwrap().into_values().collect::<Vec<_>>(), [Answer::If], "nobody knows the tag here");
    assert_eq!(working(&one(allow(&["iam:PutUserPolicy"], "arn:aws:s3:::*")), "mallory"), Vec::<String>::new());
}

#[test]
fn administrators_are_known_and_have_no_paths() {
    let admin_of = |statements: &[Value], boundary: Option<Value>| {
        let mut account = Account::default();
        let mut who = Who::may(statements);
        if let Some(boundary) = boundary {
            account = account.policy(CAP, &[boundary]);
            who.boundary = Some(CAP.to_owned());
        }
        let world = account.user("mallory", who).world();
        let is_admin = world.principals[0].power.as_ref().unwrap().is_admin;
        assert!(!is_admin || working(&world, "mallory").is_empty());
        is_admin
    };
    assert!(admin_of(&[admin()], None));
    assert!(admin_of(&[allow(&["iam:*"], "*")], None));
    assert!(admin_of(&[admin(), deny(&["organizations:*"], "*")], None));
    let with_mfa = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}});
    assert!(admin_of(&[with_mfa], None), "it says how to call, not what");
    let unless_mfa = json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}});
    assert!(admin_of(&[admin(), unless_mfa], None), "it says how not to call");
    assert!(!admin_of(&[admin(), deny(&["iam:*"], "*")], None));
    assert!(!admin_of(&[admin()], Some(allow(&["s3:*"], "*"))), "capped");
    assert!(!admin_of(&[allow(&["iam:Get*", "iam:List*"], "*")], None));
    assert!(!admin_of(&[allow(&["iam:*"], &arn("role", "x"))], None));
    assert!(!admin_of(&[admin(), deny(&["iam:Put*", "iam:Attach*", "iam:CreatePolicyVersion"], "*")], None));
}

/// What AWS attaches to every target.
fn full_access() -> Value {
    json!([admin()])
}

#[test]
fn each_level_of_the_organisation_must_allow_and_none_deny() {
    let mallory = || Account::default().user("mallory", Who::may(&[admin()]));
    let is_admin = |levels: &[&[Value]]| mallory().world_under(levels).principals[0].power.as_ref().unwrap().is_admin;
    let root = [full_access()];
    assert!(is_admin(&[&root, &root]));
    assert!(!is_admin(&[&root, &[json!([deny(&["iam:*"], "*")])]]), "a level that allows nothing");
    assert!(!is_admin(&[&[full_access(), json!([deny(&["iam:*"], "*")])], &root]), "a level that denies");
    assert!(!is_admin(&[&root, &[json!([allow(&["s3:*", "ec2:*"], "*")])]]), "a list of what is allowed");
    assert!(
        is_admin(&[&root, &[json!([allow(&["s3:*"], "*")]), json!([allow(&["iam:*"], "*")])]]),
        "a level's policies add up"
    );
    assert!(is_admin(&[&[full_access(), json!([deny(&["cloudtrail:StopLogging"], "*")])], &root]));
}

#[test]
fn conditions_of_the_organisation_take_away_what_is_certain() {
    let under = |condition: Value| {
        let statement = json!([{"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": condition}]);
        let world = Account::default()
            .user("mallory", Who::may(&[admin()]))
            .user("eve", Who::may(&[allow(&["iam:PutUserPolicy"], "*")]))
            .world_under(&[&[full_access(), statement]]);
        let is_admin = world.principals[position(&world, "mallory")].power.as_ref().unwrap().is_admin;
        (is_admin, works(&world, "eve", "iam:PutUserPolicy").map(|targets| targets.into_values().max().unwrap()))
    };
    let but = |name: &str| json!({"ArnNotLike": {"aws:PrincipalArn": arn("user", name)}});
    assert_eq!(under(but("boss")), (false, None), "nobody but boss");
    assert_eq!(under(but("*")), (true, Some(Answer::Yes)), "every user is let through");
    let region = json!({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}});
    assert_eq!(under(region), (true, Some(Answer::If)), "what is not known keeps nobody from being told");
    let mfa = json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}});
    assert_eq!(under(mfa), (true, Some(Answer::If)));
}

#[test]
fn what_the_organisation_denies_opens_no_role_and_roles_of_services_are_not_bound() {
    let trust = trusting(&json!({"AWS": arn("user", "mallory")}));
    let linked = Who { path: Some("/aws-service-role/x.amazonaws.com/"), ..Who::may(&[admin()]) };
    let account = Account::default().user("mallory", Who::default()).role("boss", Who::may(&[admin()]), trust).role(
        "linked",
        linked,
        service("x.amazonaws.com"),
    );
    let world = account.world_under(&[&[full_access()]]);
    assert!(works(&world, "mallory", "sts:AssumeRole").is_some());
    let world = account.world_under(&[&[full_access(), json!([deny(&["sts:AssumeRole", "iam:*"], "*")])]]);
    assert!(
        works(&world, "mallory", "sts:AssumeRole").is_none(),
        "the trust names mallory, the organisation forbids it"
    );
    let is_admin = |who: &str| world.principals[position(&world, who)].power.as_ref().unwrap().is_admin;
    assert!(!is_admin("boss") && is_admin("linked"));
}

#[test]
fn a_role_is_assumed_as_both_sides_allow() {
    let assume = "sts:AssumeRole";
    let found = |statements: &[Value], trust: Value| {
        let account =
            Account::default().user("mallory", Who::may(statements)).role("boss", Who::may(&[admin()]), trust);
        works(&account.world(), "mallory", assume).map(|targets| targets.into_values().max().unwrap())
    };
    let may = || allow(&[assume], "*");
    let mallory = arn("user", "mallory");
    assert_eq!(found(&[may()], trusting(&json!({"AWS": ROOT}))), Some(Answer::Yes));
    assert_eq!(found(&[may()], trusting(&json!({"AWS": ACCOUNT}))), Some(Answer::Yes));
    assert_eq!(found(&[], trusting(&json!({"AWS": ROOT}))), None, "its own policies must allow it");
    assert_eq!(found(&[], trusting(&json!({"AWS": mallory}))), Some(Answer::Yes), "unless it is named itself");
    assert_eq!(found(&[deny(&[assume], "*")], trusting(&json!({"AWS": mallory}))), None);
    assert_eq!(found(&[may()], trusting(&json!({"AWS": "arn:aws:iam::999999999999:root"}))), None);
    assert_eq!(found(&[may()], service("ec2.amazonaws.com")), None);
    assert_eq!(found(&[allow(&[assume], &arn("role", "other"))], trusting(&json!({"AWS": ROOT}))), None);
    let mut with_mfa = trusting(&json!({"AWS": ROOT}));
    with_mfa[0]["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    assert_eq!(found(&[may()], with_mfa), Some(Answer::If));
    let mut but = trusting(&json!({"AWS": ROOT}));
    but.as_array_mut().unwrap().push(json!({"Effect": "Deny", "Principal": {"AWS": mallory}, "Action": "sts:*"}));
    assert_eq!(found(&[may()], but), None, "the trust policy denies it");
}

#[test]
fn what_only_an_instance_profile_hands_out_is_not_held_without_one() {
    let path = "ssm:SendCommand";
    let account = |in_profile: bool| {
        let boss = Who { in_profile, ..Who::may(&[admin()]) };
        Account::default().user("mallory", Who::may(&[allow(&[path], "*")])).role(
            "boss",
            boss,
            service("ec2.amazonaws.com"),
        )
    };
    assert!(works(&account(true).world(), "mallory", path).is_some());
    assert!(works(&account(false).world(), "mallory", path).is_none());
}

/// mallory, a chain of roles, and an administrator at its end.
fn chain(length: usize) -> Account {
    let mut account = Account::default().user("mallory", Who::may(&[allow(&["sts:AssumeRole"], &arn("role", "r1"))]));
    for at in 1..=length {
        let who = if at == length {
            Who::may(&[admin()])
        } else {
            Who::may(&[allow(&["sts:AssumeRole"], &arn("role", &format!("r{}", at + 1)))])
        };
        account = account.role(&format!("r{at}"), who, trusting(&json!({"AWS": ROOT})));
    }
    account
}

#[test]
fn a_way_to_an_administrator_is_followed_for_five_steps_and_told() {
    for length in 1..=6 {
        let world = chain(length).world();
        let way = Reach::to_admin(&world, position(&world, "mallory")).unwrap();
        if length == 6 {
            assert_eq!(way, None);
            continue;
        }
        let way = way.unwrap();
        assert_eq!(way.len(), length);
        assert_eq!(
            (way[0].from.clone(), way[length - 1].to.clone()),
            (arn("user", "mallory"), arn("role", &format!("r{length}")))
        );
        assert!(way.windows(2).all(|pair| pair[0].to == pair[1].from) && way[0].by == "sts:AssumeRole");
    }
    let own = Account::default().user("mallory", Who::may(&[allow(&["iam:PutUserPolicy"], "*")])).world();
    let way = Reach::to_admin(&own, 0).unwrap().unwrap();
    assert_eq!((way.len(), way[0].by.as_str(), way[0].from == way[0].to), (1, "iam:PutUserPolicy", true));
    let capped = Who { boundary: Some(CAP.to_owned()), ..Who::may(&[allow(&["iam:PutUserPolicy"], "*")]) };
    let capped = Account::default().policy(CAP, &[allow(&["iam:*", "s3:*"], "*")]).user("mallory", capped).world();
    assert_eq!(Reach::to_admin(&capped, 0).unwrap(), None, "the boundary stays");
    assert_eq!(working(&capped, "mallory"), ["iam:PutUserPolicy"], "it still grants itself more than it has");
}

#[test]
fn what_could_not_be_read_is_never_a_clean_bill() {
    let mut account = chain(2);
    account.roles.get_mut("r1").unwrap().0.spoilt = true;
    let world = account.world();
    let mallory = position(&world, "mallory");
    assert!(Reach::to_admin(&world, mallory).is_err() && paths(&world.reach[mallory]).is_err());
    // A policy of AWS that the stream does not hold.
    let managed = Who { attached: vec!["arn:aws:iam::aws:policy/PowerUserAccess".to_owned()], ..Who::default() };
    let world = Account::default().user("mallory", managed.clone()).world();
    assert!(world.principals[0].power.is_err() && aws_managed(&world, &world.principals[0]).is_err());
    let known =
        Account::default().user("mallory", managed).policy("arn:aws:iam::aws:policy/PowerUserAccess", &[admin()]);
    let world = known.world();
    assert!(aws_managed(&world, &world.principals[0]).unwrap()[0].grants_admin);
    // A stream that was cut short: the stronger role may be on the next page.
    let error = crate::aws::iam::details::malformed("cut", vec![1]);
    let alone = Account::default().user("mallory", Who::may(&[allow(&["sts:AssumeRole"], "*")]));
    assert!(
        paths(&alone.world().reach[0]).unwrap().is_empty() && Reach::to_admin(&alone.world(), 0).unwrap().is_none()
    );
    let world = alone.world_cut_short(Some(error));
    assert!(paths(&world.reach[0]).is_err() && Reach::to_admin(&world, 0).is_err());
}

#[test]
fn targets_of_steps_are_as_the_path_has_them() {
    let held: Vec<&Path> = PATHS.iter().filter(|path| matches!(path.via, Via::Held(_))).collect();
    assert!(held.iter().all(|path| path.steps.iter().all(|(_, step)| *step == On::Anything)));
    let passed = PATHS.iter().filter(|path| matches!(path.via, Via::Passed(_)));
    assert!(passed.clone().all(|path| path.steps.contains(&("iam:PassRole", On::Target))));
    assert_eq!((held.len(), passed.count()), (24, 49));
}
