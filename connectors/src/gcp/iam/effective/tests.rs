//! Each path, each false alarm, and what is said when something could not be read.

mod estate;

use super::paths::{PATHS, Via};
use super::*;
use crate::gcp::iam::policy::DenyRule;
use estate::{Estate, OWNER, sa};
use serde_json::{Value, json};

const ALICE: &str = "user:alice@example.com";

/// Paths of a member by what they are: `name class target,target`.
fn escalations(world: &World, member: &str) -> Vec<String> {
    let derived = Estate::derived(world, member);
    let paths = derived["privesc_paths"].as_array().expect("the paths are known").clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let targets = |path: &Value| path["targets"].as_array().unwrap().iter().map(text).collect::<Vec<_>>().join(",");
    paths
        .iter()
        .map(|path| format!("{} {} {}", text(&path["permissions"]), text(&path["class"]), targets(path)))
        .collect()
}

fn latent(world: &World, member: &str) -> Value {
    Estate::derived(world, member)["latent_paths"].clone()
}

/// A project where `strong@` is an owner and `weak@` has nothing.
fn project() -> Estate {
    Estate::default().account("strong").account("weak").bind("roles/owner", &[&sa("strong")])
}

#[test]
fn an_owner_is_an_administrator_and_has_no_paths() {
    let world = project().bind("roles/owner", &[ALICE]).world();
    let derived = Estate::derived(&world, ALICE);
    assert_eq!(derived["is_admin"], true);
    assert_eq!((&derived["privesc_paths"], &derived["way_to_admin"]), (&json!([]), &Value::Null));
    assert_eq!(Estate::derived(&world, &sa("weak"))["is_admin"], false);
}

#[test]
fn whoever_sets_the_policy_above_is_an_administrator_here() {
    for (level, permission) in [
        (0, "resourcemanager.projects.setIamPolicy"),
        (1, "resourcemanager.projects.setIamPolicy"),
        (2, "resourcemanager.projects.setIamPolicy"),
        (1, "resourcemanager.folders.setIamPolicy"),
        (2, "resourcemanager.folders.setIamPolicy"),
        (2, "resourcemanager.organizations.setIamPolicy"),
    ] {
        let world = project().role("roles/x", &[permission]).bind_at(level, "roles/x", &[ALICE]).world();
        assert_eq!(Estate::derived(&world, ALICE)["is_admin"], true, "{permission} {level}");
    }
    // A permission for something else than where it is bound grants nothing.
    for (level, permission) in
        [(0, "resourcemanager.folders.setIamPolicy"), (1, "resourcemanager.organizations.setIamPolicy")]
    {
        let world = project().role("roles/x", &[permission]).bind_at(level, "roles/x", &[ALICE]).world();
        assert_eq!(Estate::derived(&world, ALICE)["is_admin"], false, "{permission} {level}");
        assert!(escalations(&world, ALICE).is_empty());
    }
}

#[test]
fn setting_the_policy_under_a_condition_is_a_conditional_path() {
    for (level, permission, target) in [
        (0, "resourcemanager.projects.setIamPolicy", "projects/p"),
        (1, "resourcemanager.folders.setIamPolicy", "folders/7"),
        (2, "resourcemanager.organizations.setIamPolicy", "organizations/1"),
    ] {
        let world =
            project().role("roles/x", &[permission]).bind_if(level, "roles/x", ALICE, "resource.type == 'x'").world();
        let derived = Estate::derived(&world, ALICE);
        assert_eq!(derived["is_admin"], false);
        assert_eq!(escalations(&world, ALICE), [format!("{permission} conditional {target}")]);
        assert_eq!(derived["way_to_admin"][0]["to"], ALICE);
    }
}

/// What each path of the table needs besides its permissions, and where it then leads.
fn targets(via: Via, estate: Estate) -> (Estate, Option<String>) {
    let strong = Some(sa("strong"));
    match via {
        Via::Account | Via::Passed | Via::Builds => (estate, strong),
        Via::Service(_) => (estate.role("roles/s", &["storage.objects.get"]).bind("roles/s", &[&sa("strong")]), strong),
        Via::Invoker(_) => (estate.role("roles/i", &["run.routes.invoke"]).bind("roles/i", &[&sa("strong")]), strong),
        Via::Delegation => {
            let token = estate.role("roles/t", &["iam.serviceAccounts.getAccessToken"]);
            (token.bind_on("strong", "roles/t", &[&sa("weak")]), strong)
        }
        Via::Machine => (estate.machine("vm-1", "strong"), Some("vm-1".to_owned())),
        Via::Deploys => {
            let agent = "serviceAccount:42@cloudservices.gserviceaccount.com";
            (estate.bind("roles/owner", &[agent]), Some(agent.to_owned()))
        }
        Via::Pool => {
            let member = "principalSet://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/ci/*";
            (estate.bind("roles/owner", &[member]), Some(member.to_owned()))
        }
        Via::Guardrail => (estate, Some("projects/p".to_owned())),
        Via::OwnRole => (estate, Some("projects/p/roles/own".to_owned())),
        Via::Policy | Via::ApiKey => (estate, None),
    }
}

#[test]
fn each_path_works_where_it_finds_what_it_needs() {
    for path in PATHS.iter().filter(|path| path.via != Via::Policy) {
        let mut permissions = path.permissions.to_vec();
        if path.via == Via::Builds {
            permissions.push("iam.serviceAccounts.actAs");
        }
        let estate = project().role("projects/p/roles/own", &permissions).bind("projects/p/roles/own", &[ALICE]);
        let (estate, target) = targets(path.via, estate);
        let world = estate.world();
        let name = path.name();
        match target {
            Some(target) => assert!(
                escalations(&world, ALICE).contains(&format!("{name} direct {target}")),
                "{name}: {:?}",
                escalations(&world, ALICE)
            ),
            None => assert_eq!((escalations(&world, ALICE), latent(&world, ALICE)), (vec![], json!([name]))),
        }
    }
}

#[test]
fn each_path_is_latent_where_it_finds_nothing() {
    for path in PATHS.iter().filter(|path| !matches!(path.via, Via::Policy | Via::Guardrail)) {
        let world = Estate::default()
            .account("weak")
            .account("other")
            .machine("vm-1", "weak")
            .role("roles/x", path.permissions)
            .bind("roles/x", &[ALICE])
            .world();
        let name = path.name();
        assert!(escalations(&world, ALICE).is_empty(), "{name}");
        assert!(latent(&world, ALICE).as_array().unwrap().contains(&json!(name)), "{name}");
    }
}

#[test]
fn each_path_needs_all_of_its_permissions() {
    for path in PATHS.iter().filter(|path| path.permissions.len() > 1) {
        let (_, less) = path.permissions.split_first().unwrap();
        let (estate, _) = targets(path.via, project().role("roles/x", less).bind("roles/x", &[ALICE]));
        let world = estate.world();
        assert!(!escalations(&world, ALICE).iter().any(|found| found.starts_with(&path.name())), "{}", path.name());
    }
}

#[test]
fn a_condition_on_a_role_makes_a_path_conditional_and_one_that_is_over_takes_it_away() {
    let with = |expression: &str| {
        let estate = project().role("roles/x", &["iam.serviceAccountKeys.create"]);
        escalations(&estate.bind_if(0, "roles/x", ALICE, expression).world(), ALICE)
    };
    let strong = sa("strong");
    assert_eq!(
        with("request.time < timestamp('2099-01-01T00:00:00Z')"),
        [format!("iam.serviceAccountKeys.create conditional {strong}")]
    );
    assert!(with("request.time < timestamp('2020-01-01T00:00:00Z')").is_empty());
}

#[test]
fn a_role_on_one_service_account_reaches_that_one_alone() {
    let token = || project().role("roles/t", &["iam.serviceAccounts.getAccessToken"]);
    let strong = token().bind_on("strong", "roles/t", &[ALICE]).world();
    assert_eq!(escalations(&strong, ALICE), [format!("iam.serviceAccounts.getAccessToken direct {}", sa("strong"))]);
    assert_eq!(Estate::derived(&strong, ALICE)["way_to_admin"].as_array().unwrap().len(), 1);
    let weak = token().bind_on("weak", "roles/t", &[ALICE]).world();
    assert!(escalations(&weak, ALICE).is_empty());
    assert_eq!(latent(&weak, ALICE), json!(["iam.serviceAccounts.getAccessToken"]));
    assert_eq!(Estate::derived(&weak, ALICE)["way_to_admin"], Value::Null);
}

#[test]
fn a_disabled_service_account_is_no_target_and_walks_nowhere() {
    let estate = || {
        Estate::default()
            .disabled_account("strong")
            .bind("roles/owner", &[&sa("strong")])
            .role("roles/x", &["iam.serviceAccounts.getAccessToken"])
            .role("roles/e", &["iam.serviceAccounts.enable"])
            .bind("roles/x", &[ALICE])
    };
    assert!(escalations(&estate().world(), ALICE).is_empty());
    let enabling = estate().bind("roles/e", &[ALICE]).world();
    assert_eq!(escalations(&enabling, ALICE).len(), 1, "whoever may enable it may use it");
    let off = project()
        .disabled_account("off")
        .role("roles/x", &["iam.serviceAccountKeys.create"])
        .bind("roles/x", &[&sa("off")]);
    let world = off.world();
    assert!(escalations(&world, &sa("off")).is_empty());
    assert_eq!(latent(&world, &sa("off")), json!(["iam.serviceAccountKeys.create"]));
    assert_eq!(Estate::derived(&world, &sa("off"))["way_to_admin"], Value::Null);
    assert_eq!(Estate::config(&world, &sa("off"))["disabled"], true);
}

#[test]
fn a_service_account_is_no_way_to_itself_or_to_its_equals() {
    let world = Estate::default()
        .account("a")
        .account("b")
        .role("roles/x", &["iam.serviceAccounts.getAccessToken"])
        .bind("roles/x", &[&sa("a"), &sa("b")])
        .world();
    assert!(escalations(&world, &sa("a")).is_empty());
}

#[test]
fn a_stronger_role_higher_up_counts_and_one_lower_down_does_not() {
    let estate = |level| {
        Estate::default()
            .account("s")
            .role("roles/x", &["iam.serviceAccounts.getAccessToken", "storage.objects.get"])
            .role("roles/o", &["storage.objects.get"])
            .bind("roles/x", &[ALICE])
            .bind_at(level, "roles/o", &[&sa("s")])
            .world()
    };
    assert!(escalations(&estate(0), ALICE).is_empty());
    assert_eq!(escalations(&estate(2), ALICE).len(), 1);
}

#[test]
fn deny_policies_take_paths_away() {
    let with = |level, principal: &str, condition: Option<Condition>| {
        let rule = DenyRule {
            denied_principals: vec![principal.to_owned()],
            denied_permissions: vec!["iam.googleapis.com/serviceAccountKeys.*".to_owned()],
            denial_condition: condition,
            ..DenyRule::default()
        };
        project()
            .role("roles/x", &["iam.serviceAccountKeys.create"])
            .bind("roles/x", &[ALICE])
            .deny(level, rule)
            .world()
    };
    for level in 0..3 {
        let world = with(level, "principalSet://goog/public:all", None);
        assert!(escalations(&world, ALICE).is_empty());
        assert_eq!(Estate::derived(&world, ALICE)["deny_policies"], "applied");
    }
    assert_eq!(escalations(&with(0, "principal://goog/subject/bob@example.com", None), ALICE).len(), 1);
    let tags = escalations(&with(0, "principalSet://goog/public:all", Some(Condition::default())), ALICE);
    assert_eq!(tags, [format!("iam.serviceAccountKeys.create conditional {}", sa("strong"))]);
    let group = escalations(&with(0, "principalSet://goog/group/g@example.com", None), ALICE);
    assert_eq!(group, [format!("iam.serviceAccountKeys.create conditional {}", sa("strong"))]);
}

#[test]
fn an_owner_who_is_denied_the_policy_is_no_administrator() {
    let rule = DenyRule {
        denied_principals: vec!["principalSet://goog/public:all".to_owned()],
        denied_permissions: vec!["cloudresourcemanager.googleapis.com/projects.setIamPolicy".to_owned()],
        ..DenyRule::default()
    };
    let world = project().bind("roles/owner", &[ALICE]).deny(0, rule).world();
    assert_eq!(Estate::derived(&world, ALICE)["is_admin"], false);
}

#[test]
fn what_a_deny_policy_could_take_away_is_not_known_where_one_was_not_read() {
    let key = |estate: Estate| estate.role("roles/x", &["iam.serviceAccountKeys.create"]).bind("roles/x", &[ALICE]);
    for level in 0..3 {
        let world = key(project()).denies_unread(level).bind("roles/viewer", &["user:b@example.com"]).world();
        let derived = Estate::derived(&world, ALICE);
        assert_eq!((&derived["deny_policies"], &derived["is_admin"]), (&json!("not_read"), &json!(false)));
        assert_eq!(derived["possible_paths"], json!(["iam.serviceAccountKeys.create"]));
        assert_eq!(Estate::gaps(&world, ALICE), ["derived.privesc_paths", "derived.way_to_admin"]);
        assert!(derived.get("privesc_paths").is_none());
        let nothing = Estate::derived(&world, "user:b@example.com");
        assert_eq!(
            (&nothing["privesc_paths"], &nothing["possible_paths"]),
            (&json!([]), &json!([])),
            "it takes nothing away"
        );
        let admin = Estate::derived(&world, &sa("strong"));
        assert!(admin.get("is_admin").is_none() && admin.get("privesc_paths").is_none(), "it may be none");
    }
    let above = Estate::derived(&key(project()).hierarchy_unread().world(), ALICE);
    assert_eq!((&above["deny_policies"], above.get("privesc_paths")), (&json!("not_read"), None), "it may be above");
    assert_eq!(above["possible_paths"], json!(["iam.serviceAccountKeys.create"]));
    let read = Estate::derived(&key(project()).world(), ALICE);
    assert_eq!((&read["deny_policies"], &read["possible_paths"]), (&json!("none"), &json!([])));
}

#[test]
fn what_could_not_be_read_keeps_from_passing_and_hides_no_failure() {
    let strong = sa("strong");
    for broken in [
        Estate::policy_unread as fn(Estate, usize) -> Estate,
        |estate, _| estate.account_policy_unread("weak"),
        |estate, _| estate.doubted(),
    ] {
        let quiet = broken(project().bind("roles/viewer", &[ALICE]), 2).world();
        let derived = Estate::derived(&quiet, ALICE);
        for key in ["is_admin", "privesc_paths", "latent_paths", "way_to_admin"] {
            assert!(derived.get(key).is_none(), "{key} is not known");
            assert!(Estate::gaps(&quiet, ALICE).contains(&format!("derived.{key}")));
        }
        let loud = project().role("roles/x", &["iam.serviceAccountKeys.create"]).bind("roles/x", &[ALICE]);
        let loud = broken(loud, 2).world();
        assert_eq!(escalations(&loud, ALICE), [format!("iam.serviceAccountKeys.create direct {strong}")]);
        assert!(Estate::derived(&loud, ALICE).get("is_admin").is_none(), "it may be one");
        assert_eq!(Estate::derived(&loud, &strong)["is_admin"], true, "a known administrator stays one");
    }
}

#[test]
fn a_role_that_could_not_be_read_puts_in_doubt_who_has_it_and_who_could_act_as_it() {
    let world = Estate::default()
        .account("s")
        .role_unread("roles/secret")
        .role("roles/x", &["iam.serviceAccounts.getAccessToken"])
        .bind("roles/secret", &[&sa("s"), "user:bob@example.com"])
        .bind("roles/x", &[ALICE])
        .bind("roles/viewer", &["user:carol@example.com"])
        .world();
    for member in ["user:bob@example.com", ALICE] {
        assert!(Estate::derived(&world, member).get("privesc_paths").is_none(), "{member}");
    }
    assert_eq!(Estate::derived(&world, "user:bob@example.com").get("is_admin"), None);
    let carol = Estate::derived(&world, "user:carol@example.com");
    assert_eq!((&carol["is_admin"], &carol["privesc_paths"]), (&json!(false), &json!([])));
}

#[test]
fn machines_that_were_not_read_matter_to_their_paths_alone() {
    let estate = |permissions: &[&str]| {
        project().role("roles/x", permissions).bind("roles/x", &[ALICE]).machines_unread().world()
    };
    let derived = Estate::derived(&estate(&["compute.instances.osAdminLogin", "iam.serviceAccounts.actAs"]), ALICE);
    assert!(derived.get("privesc_paths").is_none());
    assert_eq!(Estate::derived(&estate(&["run.jobs.run"]), ALICE)["privesc_paths"], json!([]));
}

#[test]
fn agents_of_google_walk_no_paths() {
    let agent = "serviceAccount:service-42@gcp-sa-cloudbuild.iam.gserviceaccount.com";
    let world = project().role("roles/x", &["iam.serviceAccounts.getAccessToken"]).bind("roles/x", &[agent]).world();
    assert!(escalations(&world, agent).is_empty());
    assert_eq!(Estate::config(&world, agent)["service_agent"], true);
    let default = "serviceAccount:42-compute@developer.gserviceaccount.com";
    let world = project().role("roles/x", &["iam.serviceAccounts.getAccessToken"]).bind("roles/x", &[default]).world();
    assert_eq!(escalations(&world, default).len(), 1, "a default account is no agent");
}

#[test]
fn a_build_acts_as_the_account_of_cloud_build_without_more() {
    let builder = "serviceAccount:42@cloudbuild.gserviceaccount.com";
    let estate = Estate::default().role("roles/x", &["cloudbuild.builds.create"]).bind("roles/x", &[ALICE]);
    let world = estate.bind("roles/owner", &[builder]).world();
    assert_eq!(escalations(&world, ALICE), [format!("cloudbuild.builds.create direct {builder}")]);
    assert_eq!(Estate::derived(&world, ALICE)["way_to_admin"][0]["to"], builder);
}

#[test]
fn an_identity_from_outside_is_as_strong_as_the_account_that_it_is_bound_to_be() {
    let set = "principalSet://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/ci/attribute.repository/o/r";
    let kubernetes = "serviceAccount:p.svc.id.goog[ns/app]";
    for member in [set, kubernetes] {
        let token = project().role("roles/t", &["iam.serviceAccounts.getAccessToken"]);
        let own = token.bind_on("strong", "roles/t", &[member]).world();
        assert!(escalations(&own, member).is_empty(), "{member}");
        assert_eq!(Estate::derived(&own, member)["way_to_admin"][0]["to"], sa("strong"), "it is told all the same");
        let everywhere = project().role("roles/t", &["iam.serviceAccounts.getAccessToken"]).bind("roles/t", &[member]);
        assert_eq!(escalations(&everywhere.world(), member).len(), 1, "on the project it is a path");
    }
}

#[test]
fn a_pool_is_worth_what_its_identities_can_be() {
    let set = "principalSet://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/ci/*";
    let world = project()
        .role("roles/t", &["iam.serviceAccounts.getAccessToken"])
        .role("roles/p", &["iam.workloadIdentityPoolProviders.update"])
        .bind_on("strong", "roles/t", &[set])
        .bind("roles/p", &[ALICE])
        .world();
    assert_eq!(escalations(&world, ALICE), [format!("iam.workloadIdentityPoolProviders.update direct {set}")]);
    assert_eq!(Estate::derived(&world, ALICE)["way_to_admin"].as_array().unwrap().len(), 2);
    // A pool of another project is not in reach.
    let other = set.replace("/42/", "/43/");
    let world = project()
        .role("roles/p", &["iam.workloadIdentityPoolProviders.update"])
        .bind("roles/owner", &[&other])
        .bind("roles/p", &[ALICE])
        .world();
    assert!(escalations(&world, ALICE).is_empty());
}

#[test]
fn a_custom_role_is_changed_where_it_is_defined() {
    let at = |level: usize, role: &str| {
        let estate = project().role(role, &["run.jobs.run"]).role("roles/u", &["iam.roles.update"]);
        escalations(&estate.bind(role, &[ALICE]).bind_at(level, "roles/u", &[ALICE]).world(), ALICE)
    };
    assert_eq!(at(0, "projects/p/roles/r"), ["iam.roles.update direct projects/p/roles/r"]);
    assert_eq!(at(2, "organizations/1/roles/r"), ["iam.roles.update direct organizations/1/roles/r"]);
    assert!(at(0, "organizations/1/roles/r").is_empty());
    assert!(at(2, "organizations/9/roles/r").is_empty());
    assert!(at(0, "roles/r").is_empty(), "nobody changes a predefined role");
}

#[test]
fn ways_are_followed_over_five_steps_and_no_more() {
    let chain = |length: usize| {
        let mut estate = Estate::default().role("roles/t", &["iam.serviceAccounts.getAccessToken"]);
        for at in 0..length {
            estate = estate.account(&format!("a{at}"));
        }
        for at in 1..length {
            estate = estate.bind_on(&format!("a{at}"), "roles/t", &[&sa(&format!("a{}", at - 1))]);
        }
        let last = sa(&format!("a{}", length - 1));
        let world = estate.bind("roles/owner", &[&last]).bind_on("a0", "roles/t", &[ALICE]).world();
        Estate::derived(&world, ALICE)["way_to_admin"].clone()
    };
    let five = chain(5);
    assert_eq!(five.as_array().unwrap().len(), 5);
    assert_eq!((&five[0]["from"], &five[0]["to"]), (&json!(ALICE), &json!(sa("a0"))));
    assert_eq!(five[0]["permissions"], "iam.serviceAccounts.getAccessToken");
    assert_eq!(chain(6), Value::Null);
}

#[test]
fn convenience_values_stand_for_who_has_the_basic_role() {
    let world = project()
        .role("roles/t", &["iam.serviceAccounts.getAccessToken"])
        .bind("roles/editor", &[ALICE])
        .bind_on("strong", "roles/t", &["projectEditor:p"])
        .world();
    assert_eq!(escalations(&world, ALICE), [format!("iam.serviceAccounts.getAccessToken direct {}", sa("strong"))]);
}

#[test]
fn groups_domains_and_the_public_are_principals_of_their_own() {
    let world = project()
        .role("roles/x", &["iam.serviceAccountKeys.create"])
        .bind("roles/x", &["group:g@example.com", "domain:example.com", "allUsers", "deleted:user:d@example.com?uid=1"])
        .bind("roles/viewer", &[ALICE])
        .world();
    for member in ["group:g@example.com", "domain:example.com", "allUsers"] {
        assert_eq!(escalations(&world, member).len(), 1, "{member}");
        assert_eq!(Estate::config(&world, member)["members_unknown"], true);
    }
    assert!(escalations(&world, ALICE).is_empty(), "nobody knows who is in a group");
    assert!(escalations(&world, "deleted:user:d@example.com?uid=1").is_empty());
}

#[test]
fn roles_say_where_they_come_from() {
    let world = project()
        .bind_if(0, "roles/viewer", ALICE, "request.time < timestamp('2020-01-01T00:00:00Z')")
        .bind_at(2, "roles/viewer", &[ALICE])
        .bind_on("weak", "roles/viewer", &[ALICE])
        .world();
    let roles = Estate::config(&world, ALICE)["roles"].clone();
    let told = |role: &Value| (role["resource"].clone(), role["inherited"].clone(), role["expired"].clone());
    let told: Vec<_> = roles.as_array().unwrap().iter().map(told).collect();
    let expected = [
        ("projects/p", false, true),
        ("organizations/1", true, false),
        ("weak@p.iam.gserviceaccount.com", false, false),
    ];
    assert_eq!(
        told,
        expected.map(|(resource, inherited, expired)| (json!(resource), json!(inherited), json!(expired)))
    );
}

#[test]
fn the_order_of_what_was_read_does_not_matter() {
    let one = project().bind("roles/viewer", &[ALICE, "user:b@example.com"]).bind("roles/editor", &[ALICE]);
    let other = project().bind("roles/editor", &[ALICE]).bind("roles/viewer", &["user:b@example.com", ALICE]);
    let told = |world: &World| {
        let all = (0..world.count()).map(|at| world.member(at).to_owned());
        all.map(|member| (Estate::config(world, &member), Estate::derived(world, &member))).collect::<Vec<_>>()
    };
    assert_eq!(told(&one.world()), told(&other.world()));
}

#[test]
fn every_path_of_the_list_is_there_once_and_in_order() {
    let names: Vec<String> = PATHS.iter().map(paths::Path::name).collect();
    assert_eq!(names.len(), 30);
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(names, sorted);
    assert!(PATHS.iter().all(|path| !path.source.is_empty() && !OWNER.is_empty()));
}
