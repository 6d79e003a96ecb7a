//! The family over scripts: through Cloud Asset Inventory and by direct calls, and what is said when calls fail.

use super::FAMILY;
use crate::aws::scripted::{Scripted, gaps, only, row};
use crate::collection::Collected;
use crate::gcp::scripted::{DENIED, assets, family, policies, without_inventory};
use evidenced_schemas::{GapReason, Resource};
use serde_json::{Value, json};

const ASSETS: &str = "cloudasset.googleapis.com:cloudasset.assets.list";
const ANCESTRY: &str = "cloudresourcemanager.googleapis.com:cloudresourcemanager.projects.getAncestry";
const PROJECT: &str = "cloudresourcemanager.googleapis.com:cloudresourcemanager.projects.get";
const PROJECT_POLICY: &str = "cloudresourcemanager.googleapis.com:cloudresourcemanager.projects.getIamPolicy";
const FOLDER_POLICY: &str = "cloudresourcemanager.googleapis.com:cloudresourcemanager.folders.getIamPolicy";
const ORGANIZATION_POLICY: &str = "cloudresourcemanager.googleapis.com:cloudresourcemanager.organizations.getIamPolicy";
const ACCOUNTS: &str = "iam.googleapis.com:iam.projects.serviceAccounts.list";
const ACCOUNT_POLICY: &str = "iam.googleapis.com:iam.projects.serviceAccounts.getIamPolicy";
const KEYS: &str = "iam.googleapis.com:iam.projects.serviceAccounts.keys.list";
const ACTIVITIES: &str =
    "policyanalyzer.googleapis.com:policyanalyzer.projects.locations.activityTypes.activities.query";
const ROLE: &str = "iam.googleapis.com:iam.roles.get";
const PROJECT_ROLE: &str = "iam.googleapis.com:iam.projects.roles.get";
const DENY_POLICIES: &str = "iam.googleapis.com:iam.policies.listPolicies";
const DENY_POLICY: &str = "iam.googleapis.com:iam.policies.get";
const POOLS: &str = "iam.googleapis.com:iam.projects.locations.workloadIdentityPools.list";
const PROVIDERS: &str = "iam.googleapis.com:iam.projects.locations.workloadIdentityPools.providers.list";
const CUSTOM: &str = "iam.googleapis.com:iam.projects.roles.list";
const MACHINES: &str = "compute.googleapis.com:compute.instances.aggregatedList";

const ACCOUNT: &str = "//iam.googleapis.com/projects/evidence-test/serviceAccounts/1017";
const DEPLOYER: &str = "deployer@evidence-test.iam.gserviceaccount.com";

fn account() -> Value {
    json!({
        "name": format!("projects/evidence-test/serviceAccounts/{DEPLOYER}"), "projectId": "evidence-test",
        "uniqueId": "1017", "email": DEPLOYER, "displayName": "Deploys", "oauth2ClientId": "1017", "etag": "MDEw",
    })
}

fn account_policy() -> Value {
    json!({"version": 1, "etag": "BwX", "bindings": [
        {"role": "roles/iam.serviceAccountTokenCreator", "members": ["user:alice@example.com"]},
    ]})
}

fn key(kind: &str, id: &str) -> Value {
    json!({
        "name": format!("projects/evidence-test/serviceAccounts/{DEPLOYER}/keys/{id}"), "keyType": kind,
        "validAfterTime": "2026-03-31T13:27:15Z", "validBeforeTime": "9999-12-31T23:59:59Z",
        "keyAlgorithm": "KEY_ALG_RSA_2048", "keyOrigin": "GOOGLE_PROVIDED",
    })
}

fn provider() -> Value {
    json!({
        "name": "projects/42/locations/global/workloadIdentityPools/ci/providers/github", "state": "ACTIVE",
        "attributeMapping": {"google.subject": "assertion.sub"}, "attributeCondition": "assertion.repository_owner == 'acme'",
        "oidc": {"issuerUri": "https://token.actions.githubusercontent.com"},
    })
}

fn custom_role() -> Value {
    json!({"name": "projects/evidence-test/roles/ops", "title": "Ops", "stage": "GA", "etag": "BwX",
        "includedPermissions": ["run.jobs.run", "iam.roles.update"]})
}

fn machine() -> Value {
    json!({"name": "vm-1", "selfLink": "https://www.googleapis.com/compute/v1/projects/evidence-test/zones/europe-west1-b/instances/vm-1",
        "serviceAccounts": [{"email": DEPLOYER, "scopes": ["https://www.googleapis.com/auth/cloud-platform"]}]})
}

fn policy(bindings: &Value) -> String {
    json!({"version": 3, "etag": "BwX", "bindings": bindings}).to_string()
}

fn role(script: Scripted, needle: &'static str, name: &str, permissions: &[&str]) -> Scripted {
    let answer = json!({"name": name, "title": "x", "stage": "GA", "includedPermissions": permissions});
    script.always(ROLE, needle, 200, &answer.to_string())
}

/// The hierarchy, roles, deny policies and activities, which are read by their own APIs in every case.
fn around(script: Scripted) -> Scripted {
    let ancestry = json!({"ancestor": [
        {"resourceId": {"type": "project", "id": "evidence-test"}},
        {"resourceId": {"type": "folder", "id": "7"}},
        {"resourceId": {"type": "organization", "id": "1"}},
    ]});
    let project = json!([
        {"role": "roles/owner", "members": [format!("serviceAccount:{DEPLOYER}"), "user:owner@example.com"]},
        {"role": "roles/viewer", "members": ["user:alice@example.com", "user:alice@example.com"]},
        {"role": "roles/viewer", "members": ["group:all@example.com"],
            "condition": {"title": "expires", "expression": "request.time < timestamp('2020-01-01T00:00:00Z')"}},
        {"role": "roles/editor", "members": ["serviceAccount:42@cloudservices.gserviceaccount.com"]},
        {"role": "projects/evidence-test/roles/gone", "members": ["deleted:user:bob@example.com?uid=9"]},
    ]);
    let rule = json!({"denyRule": {"deniedPrincipals": ["principalSet://goog/public:all"],
        "deniedPermissions": ["iam.googleapis.com/roles.*"]}});
    let script = script
        .always(ANCESTRY, "", 200, &ancestry.to_string())
        .always(PROJECT, "", 200, r#"{"name": "projects/42", "projectId": "evidence-test", "state": "ACTIVE"}"#)
        .always(PROJECT_POLICY, "", 200, &policy(&project))
        .always(FOLDER_POLICY, "folders/7", 200, &policy(&json!([])))
        .always(ORGANIZATION_POLICY, "organizations/1", 200, &policy(&json!([
            {"role": "roles/viewer", "members": ["domain:example.com", format!("serviceAccount:{DEPLOYER}")]},
        ])))
        .always(DENY_POLICIES, "%2Fprojects%2F", 200, "{}")
        .always(DENY_POLICIES, "%2Ffolders%2F7", 200, "{}")
        .always(DENY_POLICIES, "%2Forganizations%2F1", 200,
            r#"{"policies": [{"name": "policies/cloudresourcemanager.googleapis.com%2Forganizations%2F1/denypolicies/no-roles"}]}"#)
        .always(DENY_POLICY, "denypolicies/no-roles", 200,
            &json!({"name": "policies/x/denypolicies/no-roles", "kind": "DenyPolicy", "rules": [rule]}).to_string())
        .always(ACTIVITIES, "serviceAccountKeyLastAuthentication", 200, &json!({"activities": [{
            "fullResourceName": format!("//iam.googleapis.com/projects/evidence-test/serviceAccounts/{DEPLOYER}/keys/k1"),
            "activityType": "serviceAccountKeyLastAuthentication",
            "observationPeriod": {"startTime": "2026-08-30T07:00:00Z", "endTime": "2026-11-28T07:00:00Z"},
            "activity": {"lastAuthenticatedTime": "2026-11-20T08:00:00Z", "serviceAccountKey": {"projectNumber": "42"}},
        }]}).to_string())
        .always(PROJECT_ROLE, "roles/gone", 404, r#"{"error": {"code": 404, "status": "NOT_FOUND", "message": "gone"}}"#);
    let script = role(script, "v1/roles/owner", "roles/owner", &["resourcemanager.projects.setIamPolicy"]);
    let script = role(script, "v1/roles/editor", "roles/editor", &["run.jobs.run"]);
    let script = role(script, "v1/roles/viewer", "roles/viewer", &["run.jobs.get"]);
    let token = "roles/iam.serviceAccountTokenCreator";
    role(script, "serviceAccountTokenCreator", token, &["iam.serviceAccounts.getAccessToken"])
}

fn inventory() -> Scripted {
    let named = "//iam.googleapis.com/projects/evidence-test/serviceAccounts/1017";
    let found = assets(&[
        (named, "iam.googleapis.com/ServiceAccount", account()),
        (&format!("{named}/keys/k1"), "iam.googleapis.com/ServiceAccountKey", key("USER_MANAGED", "k1")),
        (&format!("{named}/keys/k2"), "iam.googleapis.com/ServiceAccountKey", key("USER_MANAGED", "k2")),
        (&format!("{named}/keys/g1"), "iam.googleapis.com/ServiceAccountKey", key("SYSTEM_MANAGED", "g1")),
        (
            "//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/ci/providers/github",
            "iam.googleapis.com/WorkloadIdentityPoolProvider",
            provider(),
        ),
        ("//iam.googleapis.com/projects/evidence-test/roles/ops", "iam.googleapis.com/Role", custom_role()),
        (
            "//compute.googleapis.com/projects/evidence-test/zones/europe-west1-b/instances/vm-1",
            "compute.googleapis.com/Instance",
            machine(),
        ),
    ]);
    let bound = policies(&[(named, "iam.googleapis.com/ServiceAccount", account_policy())]);
    around(Scripted::new().always(ASSETS, "contentType=RESOURCE", 200, &found).always(
        ASSETS,
        "contentType=IAM_POLICY",
        200,
        &bound,
    ))
}

fn direct() -> Scripted {
    after(Scripted::new())
}

/// The same, where the lines of this script answer first.
fn after(first: Scripted) -> Scripted {
    around(without_inventory(first))
        .always(ACCOUNTS, "", 200, &json!({"accounts": [account()]}).to_string())
        .always(ACCOUNT_POLICY, "deployer@", 200, &account_policy().to_string())
        .always(KEYS, "keyTypes=USER_MANAGED", 200, &json!({"keys": [key("USER_MANAGED", "k2"), key("USER_MANAGED", "k1")]}).to_string())
        .always(POOLS, "", 200, r#"{"workloadIdentityPools": [{"name": "projects/42/locations/global/workloadIdentityPools/ci", "state": "ACTIVE"}]}"#)
        .always(PROVIDERS, "workloadIdentityPools/ci", 200, &json!({"workloadIdentityPoolProviders": [provider()]}).to_string())
        .always(CUSTOM, "view=FULL", 200, &json!({"roles": [custom_role()]}).to_string())
        .always(MACHINES, "", 200, &json!({"items": {"zones/europe-west1-b": {"instances": [machine()]}}}).to_string())
}

/// Direct calls of which some are answered so.
fn broken(call: &'static str, needle: &'static str, status: u16, body: &str) -> Scripted {
    after(Scripted::new().always(call, needle, status, body))
}

/// The id of a principal.
fn principal(member: &str) -> String {
    format!("//cloudresourcemanager.googleapis.com/projects/evidence-test#{member}")
}

fn of<'a>(collected: &'a Collected, type_: &str) -> Vec<&'a Resource> {
    collected.resources.iter().filter(|resource| resource.type_ == type_).collect()
}

fn one<'a>(collected: &'a Collected, type_: &str, id: &str) -> &'a Resource {
    let all = of(collected, type_);
    let found = all.iter().find(|resource| resource.id == id);
    found.unwrap_or_else(|| panic!("no {id} among {:?}", all.iter().map(|one| &one.id).collect::<Vec<_>>()))
}

#[tokio::test]
async fn the_inventory_and_direct_calls_give_the_same_documents() {
    let (listed, asked) = (family(&FAMILY, inventory()).await, family(&FAMILY, direct()).await);
    assert_eq!(listed.resources.len(), asked.resources.len());
    for (one, other) in listed.resources.iter().zip(&asked.resources) {
        assert!(one.gaps.is_empty() && other.gaps.is_empty(), "{} {:?} {:?}", one.id, one.gaps, other.gaps);
        assert_eq!(
            (&one.type_, &one.id, &one.name, &one.region),
            (&other.type_, &other.id, &other.name, &other.region)
        );
        assert_eq!((&one.config, &one.derived), (&other.config, &other.derived), "{}", one.id);
    }
    for collected in [listed, asked] {
        assert!(collected.populations.iter().all(|row| row.complete), "{:?}", collected.populations);
        let types = collected.populations.iter().map(|row| row.type_.as_str());
        assert_eq!(types.collect::<std::collections::BTreeSet<_>>().len(), FAMILY.types.len());
    }
}

#[tokio::test]
async fn bindings_tell_where_they_hold_and_what_their_members_are() {
    let collected = family(&FAMILY, direct()).await;
    let owner =
        one(&collected, "gcp.iam.binding", "//cloudresourcemanager.googleapis.com/projects/evidence-test#roles/owner");
    assert_eq!((&owner.config["level"], &owner.config["inherited"]), (&json!("project"), &json!(false)));
    assert_eq!((&owner.derived["is_basic_role"], &owner.derived["is_admin_role"]), (&json!(true), &json!(true)));
    assert_eq!(owner.derived["members"][0]["own_service_account"], true);
    assert_eq!(owner.derived["members"][1]["domain"], "example.com");
    let editor =
        one(&collected, "gcp.iam.binding", "//cloudresourcemanager.googleapis.com/projects/evidence-test#roles/editor");
    assert_eq!(editor.derived["members"][0]["service_agent"], true);
    let above =
        one(&collected, "gcp.iam.binding", "//cloudresourcemanager.googleapis.com/organizations/1#roles/viewer");
    assert_eq!((&above.config["level"], &above.config["inherited"]), (&json!("organization"), &json!(true)));
    assert_eq!(above.derived["is_admin_role"], false);
    let over =
        of(&collected, "gcp.iam.binding").into_iter().find(|one| one.config["condition"] != Value::Null).unwrap();
    assert_eq!(over.derived["expired"], true);
    let viewer =
        one(&collected, "gcp.iam.binding", "//cloudresourcemanager.googleapis.com/projects/evidence-test#roles/viewer");
    assert_eq!(viewer.config["members"], json!(["user:alice@example.com"]), "said twice, told once");
    assert_eq!(of(&collected, "gcp.iam.binding").len(), 6);
}

#[tokio::test]
async fn everybody_is_told_with_what_they_may_do() {
    let collected = family(&FAMILY, direct()).await;
    let owner = one(&collected, "gcp.iam.principal", &principal("user:owner@example.com"));
    assert_eq!(owner.derived["is_admin"], true);
    let alice = one(&collected, "gcp.iam.principal", &principal("user:alice@example.com"));
    let path = json!([{"permissions": "iam.serviceAccounts.getAccessToken", "class": "direct",
        "targets": [format!("serviceAccount:{DEPLOYER}")], "target_count": 1}]);
    assert_eq!(alice.derived["privesc_paths"], path);
    assert_eq!(alice.derived["deny_policies"], "applied");
    let bob = one(&collected, "gcp.iam.principal", &principal("deleted:user:bob@example.com?uid=9"));
    assert_eq!((&bob.config["deleted"], &bob.derived["privesc_paths"]), (&json!(true), &json!([])));
    assert_eq!(of(&collected, "gcp.iam.principal").len(), 7);
    assert!(alice.exchanges.len() > 8, "all that it stands on");
}

#[tokio::test]
async fn the_project_tells_roles_by_member() {
    let collected = family(&FAMILY, direct()).await;
    let project = only(&collected, "gcp.iam.project");
    let of_deployer = |members: &Value| {
        let member = format!("serviceAccount:{DEPLOYER}");
        members.as_array().unwrap().iter().find(|holder| holder["member"] == member.as_str()).unwrap()["roles"].clone()
    };
    assert_eq!(of_deployer(&project.config["members"]), json!(["roles/owner"]));
    assert_eq!(of_deployer(&project.derived["members"]), json!(["roles/owner", "roles/viewer"]));
    let text = project.derived["members"].to_string();
    assert!(!text.contains("group:all@example.com"), "its time is over");
}

#[tokio::test]
async fn a_service_account_has_its_address_its_policy_and_its_roles() {
    let collected = family(&FAMILY, inventory()).await;
    let account = only(&collected, "gcp.iam.service-account");
    assert_eq!((account.id.as_str(), account.name.as_str()), (ACCOUNT, DEPLOYER));
    assert_eq!((&account.config["disabled"], &account.derived["is_default"]), (&json!(false), &json!(false)));
    assert_eq!(account.config["iam_policy"]["bindings"][0]["members"], json!(["user:alice@example.com"]));
    assert_eq!(account.derived["own_roles"], json!(["roles/owner"]));
    assert_eq!(account.derived["roles"], json!(["roles/owner", "roles/viewer"]));
}

#[tokio::test]
async fn keys_tell_when_they_were_last_used() {
    for collected in [family(&FAMILY, inventory()).await, family(&FAMILY, direct()).await] {
        let keys = of(&collected, "gcp.iam.service-account-key");
        assert_eq!(keys.len(), 2, "those that Google manages are left out");
        let used = |at: usize| (keys[at].name.as_str(), keys[at].derived["last_authenticated_time"].clone());
        assert_eq!(used(0), ("k1", json!("2026-11-20T08:00:00Z")));
        assert_eq!(used(1), ("k2", Value::Null));
        assert_eq!(
            (keys[0].id.clone(), &keys[0].derived["service_account"]),
            (format!("{ACCOUNT}/keys/k1"), &json!(DEPLOYER))
        );
        assert_eq!((&keys[0].config["key_type"], &keys[0].config["disabled"]), (&json!("USER_MANAGED"), &json!(false)));
    }
}

#[tokio::test]
async fn providers_and_custom_roles_are_told() {
    let collected = family(&FAMILY, direct()).await;
    let provider = only(&collected, "gcp.iam.workload-identity-provider");
    assert_eq!(provider.derived["issuer"], "https://token.actions.githubusercontent.com");
    assert_eq!((&provider.derived["kind"], &provider.config["disabled"]), (&json!("oidc"), &json!(false)));
    let role = only(&collected, "gcp.iam.custom-role");
    assert_eq!(role.config["included_permissions"], json!(["iam.roles.update", "run.jobs.run"]));
}

#[tokio::test]
async fn activities_that_are_refused_are_a_gap_of_each_key() {
    let collected = family(&FAMILY, broken(ACTIVITIES, "", 403, DENIED)).await;
    for key in of(&collected, "gcp.iam.service-account-key") {
        assert_eq!(gaps(key), [("derived.last_authenticated_time", GapReason::Denied)]);
        assert!(!key.derived.contains_key("last_authenticated_time"));
    }
}

#[tokio::test]
async fn nobody_passes_where_a_policy_above_is_refused() {
    for (call, needle) in [(ORGANIZATION_POLICY, ""), (FOLDER_POLICY, ""), (ANCESTRY, "")] {
        let collected = family(&FAMILY, broken(call, needle, 403, DENIED)).await;
        let bob =
            one(&collected, "gcp.iam.principal", &principal("serviceAccount:42@cloudservices.gserviceaccount.com"));
        assert!(!bob.derived.contains_key("is_admin"), "{call}");
        let alice = one(&collected, "gcp.iam.principal", &principal("user:alice@example.com"));
        if call == ANCESTRY {
            let gaps = gaps(alice);
            assert!(gaps.contains(&("derived.privesc_paths", GapReason::Denied)), "a deny policy may be above");
            assert_eq!(alice.derived["possible_paths"], json!(["iam.serviceAccounts.getAccessToken"]));
        } else {
            assert_eq!(alice.derived["privesc_paths"][0]["class"], "direct", "what works is told");
        }
        assert!(gaps(alice).contains(&("derived.is_admin", GapReason::Denied)));
        for type_ in ["gcp.iam.binding", "gcp.iam.principal"] {
            let row = row(&collected, type_);
            assert!(!row.complete && row.reason.as_deref().unwrap().contains("denied"), "{type_} {row:?}");
        }
        let project = only(&collected, "gcp.iam.project");
        assert_eq!(gaps(project), [("derived.members", GapReason::Denied)]);
        let account = only(&collected, "gcp.iam.service-account");
        assert_eq!(gaps(account), [("derived.roles", GapReason::Denied)]);
    }
}

#[tokio::test]
async fn a_project_policy_that_is_refused_leaves_nothing_known() {
    let collected = family(&FAMILY, broken(PROJECT_POLICY, "", 403, DENIED)).await;
    let project = only(&collected, "gcp.iam.project");
    assert_eq!(gaps(project), [("config.members", GapReason::Denied), ("derived.members", GapReason::Denied)]);
    let account = only(&collected, "gcp.iam.service-account");
    assert_eq!(gaps(account), [("derived.own_roles", GapReason::Denied), ("derived.roles", GapReason::Denied)]);
    assert!(!row(&collected, "gcp.iam.binding").complete && !row(&collected, "gcp.iam.principal").complete);
}

#[tokio::test]
async fn a_role_that_is_refused_or_of_another_name_is_a_gap_of_who_has_it() {
    for (status, body, reason) in [
        (403, DENIED, GapReason::Denied),
        (200, r#"{"name": "roles/other"}"#, GapReason::Malformed),
        (200, "{}", GapReason::Malformed),
        (503, "{}", GapReason::Unavailable),
    ] {
        let collected = family(&FAMILY, broken(ROLE, "v1/roles/viewer", status, body)).await;
        let viewer =
            one(&collected, "gcp.iam.binding", "//cloudresourcemanager.googleapis.com/organizations/1#roles/viewer");
        assert_eq!(gaps(viewer), [("derived.is_admin_role", reason)]);
        let domain = one(&collected, "gcp.iam.principal", &principal("domain:example.com"));
        assert!(gaps(domain).contains(&("derived.privesc_paths", reason)), "{:?}", domain.gaps);
        let owner = one(&collected, "gcp.iam.principal", &principal("user:owner@example.com"));
        assert!(owner.gaps.is_empty(), "{:?}", owner.gaps);
    }
}

#[tokio::test]
async fn a_default_account_is_own_by_the_number_of_the_project() {
    let default = |number: &str| format!("serviceAccount:{number}-compute@developer.gserviceaccount.com");
    let bindings = json!([{"role": "roles/viewer", "members": [default("42"), default("43"), "user:a@example.com"]}]);
    let id = "//cloudresourcemanager.googleapis.com/projects/evidence-test#roles/viewer";
    let own = |collected: &Collected| {
        let members = one(collected, "gcp.iam.binding", id).derived["members"].as_array().unwrap().clone();
        members.iter().map(|member| member.get("own_service_account").cloned()).collect::<Vec<_>>()
    };
    let script = || Scripted::new().always(PROJECT_POLICY, "", 200, &policy(&bindings));
    let known = family(&FAMILY, after(script())).await;
    assert_eq!(own(&known), [Some(json!(true)), Some(json!(false)), Some(json!(false))]);
    let unknown = family(&FAMILY, after(script().always(PROJECT, "", 403, DENIED))).await;
    assert_eq!(own(&unknown), [None, None, Some(json!(false))]);
    assert_eq!(gaps(one(&unknown, "gcp.iam.binding", id)), [("derived.members", GapReason::Denied)]);
}

#[tokio::test]
async fn deny_policies_that_are_refused_are_said_so() {
    for (call, needle) in [(DENY_POLICIES, "organizations"), (DENY_POLICY, "")] {
        let collected = family(&FAMILY, broken(call, needle, 403, DENIED)).await;
        let alice = one(&collected, "gcp.iam.principal", &principal("user:alice@example.com"));
        assert_eq!(alice.derived["deny_policies"], "not_read");
        assert_eq!(
            gaps(alice),
            [("derived.privesc_paths", GapReason::Denied), ("derived.way_to_admin", GapReason::Denied)]
        );
        let domain = one(&collected, "gcp.iam.principal", &principal("domain:example.com"));
        assert_eq!((&domain.derived["privesc_paths"], domain.gaps.len()), (&json!([]), 0), "nothing to take away");
    }
}

#[tokio::test]
async fn the_policy_of_a_service_account_that_is_refused_keeps_everybody_from_passing() {
    let collected = family(&FAMILY, broken(ACCOUNT_POLICY, "", 403, DENIED)).await;
    let account = only(&collected, "gcp.iam.service-account");
    assert_eq!(gaps(account), [("config.iam_policy", GapReason::Denied)]);
    let alice = one(&collected, "gcp.iam.principal", &principal("user:alice@example.com"));
    assert!(gaps(alice).contains(&("derived.privesc_paths", GapReason::Denied)));
    assert!(!row(&collected, "gcp.iam.principal").complete);
    assert!(row(&collected, "gcp.iam.binding").complete);
}

#[tokio::test]
async fn service_accounts_that_are_not_listed_are_no_empty_project() {
    let collected = family(&FAMILY, broken(ACCOUNTS, "", 403, DENIED)).await;
    let owner =
        one(&collected, "gcp.iam.binding", "//cloudresourcemanager.googleapis.com/projects/evidence-test#roles/owner");
    assert_eq!((&owner.derived["members"][0]["own_service_account"], owner.gaps.len()), (&json!(true), 0));
    for type_ in ["gcp.iam.service-account", "gcp.iam.service-account-key", "gcp.iam.principal"] {
        assert!(!row(&collected, type_).complete, "{type_}");
    }
    let domain = one(&collected, "gcp.iam.principal", &principal("domain:example.com"));
    assert!(!domain.derived.contains_key("privesc_paths"));
}

#[tokio::test]
async fn the_recorded_answers_of_google_are_read() {
    // Shapes of recorded answers: a key without `disabled`, an account without a number, members that are nothing known.
    let account = json!({"accounts": [{
        "name": "projects/evidence-test/serviceAccounts/test@evidence-test.iam.gserviceaccount.com", "projectId": "evidence-test",
        "email": "test@evidence-test.iam.gserviceaccount.com", "displayName": "test", "etag": "MDEw", "description": "for testing",
    }]});
    let bindings = json!([{"role": "roles/viewer", "members": ["abcdefg", "allUsers"]}]);
    let policy = json!({"version": 1, "etag": "BwX", "bindings": bindings,
        "auditConfigs": [{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ"}]}]});
    let script = Scripted::new()
        .always(PROJECT_POLICY, "", 200, &policy.to_string())
        .always(ACCOUNT_POLICY, "test@", 200, r#"{"etag": "ACAB"}"#)
        .always(ACCOUNTS, "", 200, &account.to_string());
    let script = after(script);
    let collected = family(&FAMILY, script).await;
    let account = only(&collected, "gcp.iam.service-account");
    assert!(account.gaps.is_empty() && account.config["unique_id"] == Value::Null, "{:?}", account.gaps);
    let odd = one(&collected, "gcp.iam.principal", &principal("abcdefg"));
    assert_eq!((&odd.config["member_type"], odd.gaps.len()), (&json!("unknown"), 0));
}
