use crate::aws::scripted::{Scripted, gaps, only, row as population};
use crate::azure::scripted::run;
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Resource};
use serde_json::{Value, json};

const SCOPE: &str = "tenant-cccccccc-0000-4000-8000-000000000003";
const DEFAULTS: &str = "Graph:policies.GetIdentitySecurityDefaultsEnforcementPolicy";
const POLICIES: &str = "Graph:identity.conditionalAccess.ListPolicies";
const AUTHORIZATION: &str = "Graph:policies.GetAuthorizationPolicy";
const METHODS: &str = "Graph:policies.GetAuthenticationMethodsPolicy";
const LOCATIONS: &str = "Graph:identity.conditionalAccess.ListNamedLocations";
const SETTINGS: &str = "Graph:groupSettings.groupSetting.ListGroupSetting";
const LOGS: &str = "microsoft.aadiam:DiagnosticSettings_List";
const USERS: &str = "Graph:users.user.ListUser";
const REGISTRATIONS: &str = "Graph:reports.authenticationMethods.ListUserRegistrationDetails";
const DEFINITIONS: &str = "Graph:roleManagement.directory.ListRoleDefinitions";
const ASSIGNMENTS: &str = "Graph:roleManagement.directory.ListRoleAssignments";
const ELIGIBLE: &str = "Graph:roleManagement.directory.ListRoleEligibilityScheduleInstances";
const GROUPS: &str = "Graph:groups.group.ListGroup";
const MEMBERS: &str = "Graph:groups.ListMembers";
const PRINCIPALS: &str = "Graph:servicePrincipals.servicePrincipal.ListServicePrincipal";
const REVIEWS: &str = "Graph:identityGovernance.accessReviews.ListDefinitions";
const HELD: &str = "Graph:identityGovernance.accessReviews.definitions.ListInstances";
const APPLICATIONS: &str = "Graph:applications.application.ListApplication";

const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const READERS: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";
const REFUSED: &str = r#"{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}}"#;
const NO_PREMIUM: &str = r#"{"error":{"code":"Authentication_RequestFromNonPremiumTenantOrB2CTenant","message":"no"}}"#;
const NO_PIM: &str = r#"{"error":{"code":"AadPremiumLicenseRequired","message":"no"}}"#;

fn list(items: &Value) -> String {
    json!({"@odata.context": "x", "value": items}).to_string()
}

fn user(id: &str, enabled: bool) -> Value {
    json!({
        "id": id, "displayName": id, "userPrincipalName": format!("{id}@acme.example"), "userType": "Member",
        "accountEnabled": enabled, "createdDateTime": "2024-01-01T00:00:00Z", "onPremisesSyncEnabled": null,
    })
}

fn registration(id: &str) -> Value {
    json!({
        "id": id, "userPrincipalName": "x", "isAdmin": false, "isMfaRegistered": true, "isMfaCapable": true,
        "isPasswordlessCapable": false, "methodsRegistered": ["fido2SecurityKey"], "userType": "member",
    })
}

fn held(principal: &str, role: &str) -> Value {
    json!({"id": "x", "principalId": principal, "roleDefinitionId": role, "directoryScopeId": "/"})
}

/// The lines of a tenant where everything answers; those put before them win.
fn whole(script: Scripted) -> Scripted {
    let signed_in =
        json!({"lastSignInDateTime": "2026-01-01T00:00:00Z", "lastSuccessfulSignInDateTime": "2026-01-01T00:00:00Z"});
    let sign_ins = json!([{"id": "ann", "signInActivity": signed_in}, {"id": "bob"}, {"id": "eve"}]);
    let permissions = json!({
        "allowedToCreateApps": false, "allowedToCreateSecurityGroups": false, "allowedToCreateTenants": false,
        "permissionGrantPoliciesAssigned": [],
    });
    let authorization = json!({
        "id": "authorizationPolicy", "allowInvitesFrom": "none", "guestUserRoleId": "2af84b1e-32c8-42b7-82bc-daa82404023b",
        "defaultUserRolePermissions": permissions,
    });
    let definitions = json!([{"id": GLOBAL_ADMINISTRATOR, "isBuiltIn": true}, {"id": READERS, "isBuiltIn": true}, {"id": "own", "isBuiltIn": false}]);
    let methods = json!({"id": "authenticationMethodsPolicy", "policyMigrationState": "migrationComplete", "authenticationMethodConfigurations": []});
    script
        .always(DEFAULTS, "", 200, r#"{"id": "x", "isEnabled": true}"#)
        .always(POLICIES, "", 200, &list(&json!([])))
        .always(AUTHORIZATION, "", 200, &authorization.to_string())
        .always(METHODS, "", 200, &methods.to_string())
        .always(LOCATIONS, "", 200, &list(&json!([])))
        .always(SETTINGS, "", 200, &list(&json!([])))
        .always(LOGS, "", 200, r#"{"value": []}"#)
        .always(USERS, "signInActivity", 200, &list(&sign_ins))
        .always(USERS, "", 200, &list(&json!([user("ann", true), user("bob", true), user("eve", false)])))
        .always(REGISTRATIONS, "", 200, &list(&json!([registration("ann"), registration("bob")])))
        .always(DEFINITIONS, "", 200, &list(&definitions))
        .always(
            ASSIGNMENTS,
            "",
            200,
            &list(&json!([held("ann", GLOBAL_ADMINISTRATOR), held("bob", READERS), held("g", GLOBAL_ADMINISTRATOR)])),
        )
        .always(ELIGIBLE, "", 200, &list(&json!([])))
        .always(GROUPS, "", 200, &list(&json!([{"id": "g"}])))
        .always(MEMBERS, "/groups/g/", 200, &list(&json!([{"id": "eve", "@odata.type": "#microsoft.graph.user"}])))
        .always(APPLICATIONS, "", 200, &list(&json!([])))
        .always(PRINCIPALS, "", 200, &list(&json!([])))
        .always(REVIEWS, "", 200, &list(&json!([])))
}

async fn read(script: Scripted) -> Collected {
    run(SCOPE, whole(script)).await
}

fn of<'a>(collected: &'a Collected, id: &str) -> &'a Resource {
    collected.resources.iter().find(|resource| resource.id == id).unwrap()
}

fn tenant(collected: &Collected) -> &Resource {
    only(collected, "azure.entra.tenant")
}

#[tokio::test]
async fn a_tenant_is_read_with_its_users() {
    let collected = read(Scripted::new()).await;
    let tenant = tenant(&collected);
    assert!(tenant.gaps.is_empty(), "{:?}", tenant.gaps);
    assert_eq!(tenant.id, "cccccccc-0000-4000-8000-000000000003");
    assert_eq!(tenant.config["security_defaults"]["is_enabled"], true);
    assert_eq!(tenant.derived["global_admin_count"], 1, "eve may not sign in, and Directory Readers rule nothing");
    let ann = of(&collected, "ann");
    assert!(ann.gaps.is_empty(), "{:?}", ann.gaps);
    assert_eq!(ann.config["sign_in_activity"]["last_successful_sign_in_date_time"], "2026-01-01T00:00:00Z");
    assert_eq!(ann.config["registration"]["is_mfa_capable"], true);
    assert_eq!((&ann.derived["is_privileged"], &ann.derived["is_global_admin"]), (&json!(true), &json!(true)));
    let bob = of(&collected, "bob");
    assert_eq!(bob.config["sign_in_activity"], Value::Null, "that he never signed in is a fact");
    assert_eq!(bob.derived["is_privileged"], false);
    let eve = of(&collected, "eve");
    assert_eq!(eve.derived["is_global_admin"], true, "through the group");
    assert_eq!(eve.config["registration"], Value::Null, "the report leaves out who may not sign in");
}

#[tokio::test]
async fn who_may_become_an_administrator_counts() {
    let eligible = list(&json!([held("bob", GLOBAL_ADMINISTRATOR)]));
    let collected = read(Scripted::new().always(ELIGIBLE, "", 200, &eligible)).await;
    assert_eq!(tenant(&collected).derived["global_admin_count"], 2);
    assert_eq!(of(&collected, "bob").derived["is_global_admin"], true);
    let unlicensed = read(Scripted::new().always(ELIGIBLE, "", 400, NO_PIM)).await;
    assert_eq!(tenant(&unlicensed).derived["global_admin_count"], 1, "without the licence nobody may");
}

#[tokio::test]
async fn a_custom_role_is_privileged() {
    let assigned = list(&json!([held("bob", "own")]));
    let collected = read(Scripted::new().always(ASSIGNMENTS, "", 200, &assigned)).await;
    assert_eq!(of(&collected, "bob").derived["is_privileged"], true);
    assert_eq!(of(&collected, "bob").derived["is_global_admin"], false);
}

#[tokio::test]
async fn a_part_of_the_roles_shows_who_holds_one_and_nobody_who_does_not() {
    for (call, needle) in [(ELIGIBLE, ""), (GROUPS, ""), (MEMBERS, ""), (DEFINITIONS, "")] {
        let collected = read(Scripted::new().always(call, needle, 403, REFUSED)).await;
        assert_eq!(of(&collected, "ann").derived["is_privileged"], true, "{call}");
        let expected = [("derived.is_global_admin", GapReason::Denied), ("derived.is_privileged", GapReason::Denied)];
        assert_eq!(gaps(of(&collected, "bob")), expected, "{call}");
        assert_eq!(gaps(tenant(&collected)), [("derived.global_admin_count", GapReason::Denied)], "{call}");
        assert_eq!(tenant(&collected).derived["known_global_admins"], 1, "{call}");
    }
}

#[tokio::test]
async fn users_are_listed_where_sign_ins_and_registrations_are_refused() {
    for (status, answer, reason) in [(403, REFUSED, GapReason::Denied), (403, NO_PREMIUM, GapReason::NotEnabled)] {
        let script =
            Scripted::new().always(USERS, "signInActivity", status, answer).always(REGISTRATIONS, "", status, answer);
        let collected = read(script).await;
        assert!(population(&collected, "azure.entra.user").complete);
        assert_eq!(gaps(of(&collected, "bob")), [("config.registration", reason), ("config.sign_in_activity", reason)]);
    }
}

#[tokio::test]
async fn a_user_whom_the_report_does_not_know_is_unknown() {
    let script = Scripted::new().always(REGISTRATIONS, "", 200, &list(&json!([registration("ann")])));
    let collected = read(script).await;
    assert_eq!(gaps(of(&collected, "bob")), [("config.registration", GapReason::NotFound)]);
}

#[tokio::test]
async fn each_refused_policy_is_a_gap_of_its_field() {
    let fields = [
        (DEFAULTS, vec!["config.security_defaults"]),
        (POLICIES, vec!["config.conditional_access_policies", "derived.conditional_access"]),
        (AUTHORIZATION, vec!["config.authorization_policy"]),
        (METHODS, vec!["config.authentication_methods_policy"]),
        (LOCATIONS, vec!["config.named_locations"]),
        (SETTINGS, vec!["config.group_settings"]),
        (LOGS, vec!["config.diagnostic_settings"]),
    ];
    for (call, expected) in fields {
        for (status, answer, reason) in [
            (403, REFUSED, GapReason::Denied),
            (200, "<!doctype html>", GapReason::Malformed),
            (200, "[]", GapReason::Malformed),
        ] {
            let collected = read(Scripted::new().always(call, "", status, answer)).await;
            let expected: Vec<_> = expected.iter().map(|field| (*field, reason)).collect();
            assert_eq!(gaps(tenant(&collected)), expected, "{call} {answer}");
        }
    }
    let unlicensed = read(Scripted::new().always(POLICIES, "", 403, NO_PREMIUM)).await;
    assert!(gaps(tenant(&unlicensed)).iter().all(|(_, reason)| *reason == GapReason::NotEnabled));
}

#[tokio::test]
async fn a_setting_that_is_always_there_and_is_not_is_a_gap() {
    let script = Scripted::new().always(DEFAULTS, "", 200, r#"{"id": "x"}"#);
    let collected = read(script).await;
    assert_eq!(gaps(tenant(&collected)), [("config.security_defaults.is_enabled", GapReason::Malformed)]);
}

#[tokio::test]
async fn without_the_users_nobody_can_be_counted() {
    let script = Scripted::new().always(USERS, "userPrincipalName", 403, REFUSED);
    let collected = read(script).await;
    assert!(!population(&collected, "azure.entra.user").complete);
    let expected =
        [("derived.global_admin_count", GapReason::Denied), ("derived.known_global_admins", GapReason::Denied)];
    assert_eq!(gaps(tenant(&collected)), expected);
}

#[tokio::test]
async fn of_an_application_the_dates_are_kept_and_no_secret() {
    let credential = json!({
        "keyId": "k", "displayName": "ci", "hint": "abc", "secretText": null,
        "startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2026-12-31T00:00:00Z",
    });
    let apps = list(
        &json!([{"id": "app", "appId": "a", "displayName": "App", "passwordCredentials": [credential], "keyCredentials": []}]),
    );
    let collected = read(Scripted::new().always(APPLICATIONS, "", 200, &apps)).await;
    let app = only(&collected, "azure.entra.application");
    assert!(app.gaps.is_empty(), "{:?}", app.gaps);
    let expected = json!([{
        "key_id": "k", "display_name": "ci", "start_date_time": "2026-01-01T00:00:00Z", "end_date_time": "2026-12-31T00:00:00Z",
    }]);
    assert_eq!(app.config["password_credentials"], expected);
}

#[tokio::test]
async fn a_review_tells_what_it_covers_and_when_it_was_finished() {
    let query = |text: &str| json!({"@odata.type": "#microsoft.graph.accessReviewQueryScope", "query": text, "queryType": "MicrosoftGraph"});
    let roles = json!({"@odata.type": "#microsoft.graph.principalResourceMembershipsScope",
        "principalScopes": [query("/v1.0/users")], "resourceScopes": [query("/beta/roleManagement/directory/roleDefinitions/x")]});
    let guests = query("./members/microsoft.graph.user/?$count=true&$filter=(userType eq 'Guest')");
    let inactive =
        json!({"@odata.type": "#microsoft.graph.accessReviewInactiveUsersQueryScope", "query": "userType eq 'Guest'"});
    let strange = json!({"@odata.type": "#microsoft.graph.accessReviewSomethingScope"});
    let recurs = json!({"recurrence": {"pattern": {"type": "absoluteMonthly", "interval": 3}, "range": {}}});
    let once = json!({"recurrence": {"pattern": null, "range": {}}});
    let review = |id: &str, scope: &Value, settings: &Value| json!({"id": id, "displayName": id, "scope": scope, "settings": settings});
    let all = json!([
        review("d", &strange, &recurs),
        review("a", &roles, &recurs),
        review("b", &guests, &once),
        review("c", &inactive, &recurs)
    ]);
    let held = json!([
        {"id": "1", "status": "Applied", "endDateTime": "2026-01-09T00:00:00Z"},
        {"id": "2", "status": "Completed", "endDateTime": "2026-04-09T00:00:00Z"},
        {"id": "3", "status": "InProgress", "endDateTime": "2026-07-09T00:00:00Z"}]);
    let script = Scripted::new().always(REVIEWS, "", 200, &list(&all)).always(HELD, "/a/instances", 200, &list(&held));
    let collected = read(script.always(HELD, "", 200, &list(&json!([])))).await;
    let reviews = tenant(&collected).derived["access_reviews"].as_array().unwrap().clone();
    let told: Vec<_> = reviews
        .iter()
        .map(|one| {
            [&one["id"], &one["is_recurring"], &one["covers_roles"], &one["covers_guests"], &one["last_finished"]]
        })
        .collect();
    let expected = [
        json!(["a", true, true, false, "2026-04-09T00:00:00Z"]),
        json!(["b", false, false, true, null]),
        json!(["c", true, false, false, null]),
        json!(["d", true, null, null, null]),
    ];
    assert_eq!(json!(told), json!(expected));
    let refused = read(Scripted::new().always(REVIEWS, "", 403, REFUSED)).await;
    assert_eq!(gaps(tenant(&refused)), [("derived.access_reviews", GapReason::Denied)]);
}

#[tokio::test]
async fn a_service_principal_tells_whose_its_application_is() {
    let principal = |kind: &str, owner: &Value| {
        json!({"id": "p", "appId": "a", "displayName": "App", "appOwnerOrganizationId": owner,
            "servicePrincipalType": kind, "accountEnabled": true})
    };
    for (kind, tenant, owner) in [
        ("Application", json!("CCCCCCCC-0000-4000-8000-000000000003"), json!("this_tenant")),
        ("Application", json!("f8cdef31-a31e-4b4a-93e4-5f571e91255a"), json!("microsoft")),
        ("Application", json!("dddddddd-0000-4000-8000-000000000003"), json!("other")),
        ("ManagedIdentity", Value::Null, Value::Null),
    ] {
        let all = list(&json!([principal(kind, &tenant)]));
        let collected = read(Scripted::new().always(PRINCIPALS, "", 200, &all)).await;
        let found = only(&collected, "azure.entra.service-principal");
        assert_eq!((&found.derived["owner"], found.gaps.len()), (&owner, 0), "{tenant}");
    }
    let untold = list(&json!([principal("Application", &Value::Null)]));
    let collected = read(Scripted::new().always(PRINCIPALS, "", 200, &untold)).await;
    let expected = [("derived.owner", GapReason::Malformed)];
    assert_eq!(gaps(only(&collected, "azure.entra.service-principal")), expected);
}

#[tokio::test]
async fn the_order_of_answers_leaves_no_trace() {
    let plain = read(Scripted::new()).await;
    for shuffle in [3, 7] {
        let other = read(Scripted::shuffled(shuffle)).await;
        assert_eq!(other.resources, plain.resources);
    }
}
