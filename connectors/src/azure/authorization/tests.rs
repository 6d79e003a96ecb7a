use crate::aws::scripted::{Scripted, gaps, only, row as population};
use crate::azure::scripted::{SUBSCRIPTION, family, row, rows, with_role};
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Resource};
use serde_json::{Value, json};

const ASSIGNMENTS: &str = "Microsoft.Authorization:RoleAssignments_ListForScope";
const ROLES: &str = "Microsoft.Authorization:RoleDefinitions_List";
const ROLE: &str = "Microsoft.Authorization:RoleDefinitions_GetById";
const INSTANCES: &str = "Microsoft.Authorization:RoleAssignmentScheduleInstances_ListForScope";
const OBJECTS: &str = "Graph:directoryObjects.getByIds";
const MEMBERS: &str = "Graph:groups.ListTransitiveMembers";
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const DENIED: &str = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
const TYPE: &str = "azure.role-assignment";

fn scope() -> String {
    format!("/subscriptions/{SUBSCRIPTION}")
}

fn assignment(name: &str, principal: &str, kind: &str, role: &str, scope: &str) -> Value {
    let role = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}");
    json!({
        "id": format!("{}/providers/Microsoft.Authorization/roleAssignments/{name}", scope.trim_end_matches('/')), "name": name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {"roleDefinitionId": role, "principalId": principal, "principalType": kind, "scope": scope},
    })
}

fn role(id: &str, name: &str, type_: &str, actions: &[&str]) -> Value {
    json!({
        "id": format!("/providers/Microsoft.Authorization/roleDefinitions/{id}"), "name": id,
        "properties": {"roleName": name, "type": type_, "assignableScopes": [scope(), "/subscriptions/x/resourceGroups/y"],
                       "permissions": [{"actions": actions, "notActions": []}]},
    })
}

fn list(items: &[Value]) -> String {
    json!({"value": items}).to_string()
}

fn roles() -> String {
    list(&[
        role(OWNER, "Owner", "BuiltInRole", &["*"]),
        role("c1", "Own", "CustomRole", &["Microsoft.Authorization/*"]),
    ])
}

fn script(assignments: &[Value]) -> Scripted {
    on_machines(&[], assignments)
}

/// A script of a subscription with these machines.
fn on_machines(machines: &[Value], assignments: &[Value]) -> Scripted {
    Scripted::new().always(ASSIGNMENTS, "", 200, &list(assignments)).always(
        "Microsoft.ResourceGraph:Resources",
        "",
        200,
        &rows(machines),
    )
}

fn with_nothing_scheduled(script: Scripted) -> Scripted {
    script.always(INSTANCES, "atScope()", 200, &list(&[]))
}

async fn read(script: Scripted) -> Collected {
    family(&super::FAMILY, &["*/read"], script).await
}

fn of<'a>(collected: &'a Collected, name: &str) -> &'a Resource {
    collected.resources.iter().find(|resource| resource.name == name).unwrap()
}

#[tokio::test]
async fn an_assignment_is_read_with_its_role_its_people_and_its_schedule() {
    let user = assignment("one", "U1", "User", OWNER, &scope());
    let group = assignment("two", "g1", "Group", "C1", "/providers/Microsoft.Management/managementGroups/all");
    let below = assignment("three", "u1", "User", OWNER, &format!("{}/resourceGroups/rg", scope()));
    let gone = assignment("four", "x1", "Unknown", "hidden", &scope());
    let objects = list(&[
        json!({"@odata.type": "#microsoft.graph.user", "id": "u1", "displayName": "Ann", "userType": "Guest"}),
        json!({"@odata.type": "#microsoft.graph.group", "id": "g1", "displayName": "Team", "userType": null}),
    ]);
    let members = list(&[
        json!({"@odata.type": "#microsoft.graph.servicePrincipal", "id": "s2"}),
        json!({"@odata.type": "#microsoft.graph.device", "id": "d1"}),
        json!({"@odata.type": "#microsoft.graph.user", "id": "u2", "userType": "Member"}),
    ]);
    let instance = json!({"id": "/i", "properties": {"originRoleAssignmentId": user["id"].as_str().unwrap().to_uppercase(),
                                         "assignmentType": "Activated", "endDateTime": "2026-12-01T00:00:00Z"}});
    let script = script(&[user, group, below, gone])
        .always(ROLES, "", 200, &roles())
        .always(ROLE, "hidden", 200, &role("hidden", "Reader", "BuiltInRole", &["*/read"]).to_string())
        .always(OBJECTS, r#"{"ids":["g1","u1","x1"]}"#, 200, &objects)
        .always(MEMBERS, "/groups/g1/", 200, &members)
        .always(INSTANCES, "atScope()", 200, &list(&[instance]));
    let collected = read(script).await;

    let user = of(&collected, "one");
    assert!(user.gaps.is_empty(), "{:?}", user.gaps);
    assert_eq!((user.derived["role_name"].as_str(), user.derived["power"].as_str()), (Some("Owner"), Some("owner")));
    assert_eq!(user.derived["scope_level"], "subscription");
    assert_eq!(
        user.derived["principal"],
        json!({"exists": true, "type": "User", "user_type": "Guest", "display_name": "Ann"})
    );
    assert_eq!(user.derived["holders"][0]["user_type"], "Guest");
    assert_eq!(user.derived["schedule"]["assignment_type"], "Activated", "ids are compared without case");

    let group = of(&collected, "two");
    assert_eq!(group.derived["power"], "access_administrator", "a custom role that gives access");
    let holders: Vec<&str> =
        group.derived["holders"].as_array().unwrap().iter().map(|holder| holder["id"].as_str().unwrap()).collect();
    assert_eq!(holders, ["s2", "u2"], "the members, and no devices");
    assert_eq!(gaps(group), [("derived.schedule", GapReason::NotFound)], "not in a list that names all");

    let below = of(&collected, "three");
    assert_eq!((&below.derived["holders"], &below.derived["schedule"]), (&Value::Null, &Value::Null));
    let gone = of(&collected, "four");
    assert_eq!(gone.derived["principal"]["exists"], false);
    assert_eq!(gone.derived["role_name"], "Reader", "a role that is not in the list is asked for by its id");

    let custom = of(&collected, "Own");
    assert_eq!(custom.derived["gives_access"].as_array().unwrap().len(), 3);
    assert_eq!(custom.derived["assignable_levels"], json!(["subscription", "resource_group"]));
    assert_eq!(
        collected.resources.iter().filter(|one| one.type_ == "azure.role-definition").count(),
        1,
        "no built-in roles"
    );
}

#[tokio::test]
async fn what_is_refused_is_a_gap_of_what_stands_on_it() {
    let one = assignment("one", "u1", "User", OWNER, &scope());
    let script = script(&[one]).always(ROLES, "", 403, DENIED).always(OBJECTS, "", 403, DENIED).always(
        INSTANCES,
        "",
        400,
        r#"{"error":{"code":"AadPremiumLicenseRequired","message":"no"}}"#,
    );
    let collected = read(script).await;
    let found = gaps(only(&collected, TYPE));
    for field in ["power", "role_name", "principal.exists", "principal.type", "holders", "schedule"] {
        let path = format!("derived.{field}");
        assert!(found.iter().any(|(gap, reason)| *gap == path && *reason == GapReason::Denied), "{field}: {found:?}");
    }
}

#[tokio::test]
async fn without_the_licence_the_schedule_is_not_enabled() {
    let one = assignment("one", "u1", "User", OWNER, &scope());
    let objects = list(&[json!({"@odata.type": "#microsoft.graph.user", "id": "u1", "userType": "Member"})]);
    let script = script(&[one]).always(ROLES, "", 200, &roles()).always(OBJECTS, "", 200, &objects).always(
        INSTANCES,
        "",
        400,
        r#"{"error":{"code":"AadPremiumLicenseRequired","message":"no"}}"#,
    );
    let collected = read(script).await;
    assert_eq!(gaps(only(&collected, TYPE)), [("derived.schedule", GapReason::NotEnabled)]);
}

#[tokio::test]
async fn who_may_be_of_another_tenant_is_not_orphaned() {
    let foreign = assignment("one", "g9", "ForeignGroup", OWNER, &scope());
    let script = with_nothing_scheduled(script(&[foreign])).always(ROLES, "", 200, &roles()).always(
        OBJECTS,
        "",
        200,
        &list(&[]),
    );
    let collected = read(script).await;
    let one = only(&collected, TYPE);
    assert!(one.derived["principal"].get("exists").is_none());
    assert!(one.derived.get("holders").is_none());
}

#[tokio::test]
async fn hidden_and_refused_members_are_unknown_and_not_none() {
    for (visibility, status) in [(json!("HiddenMembership"), 200), (Value::Null, 403)] {
        let group = assignment("one", "g1", "Group", OWNER, &scope());
        let objects = list(&[json!({"@odata.type": "#microsoft.graph.group", "id": "g1", "visibility": visibility})]);
        let body = if status == 200 { list(&[]) } else { DENIED.to_owned() };
        let script = with_nothing_scheduled(script(&[group]))
            .always(ROLES, "", 200, &roles())
            .always(OBJECTS, "", 200, &objects)
            .always(MEMBERS, "", status, &body);
        let collected = read(script).await;
        let one = only(&collected, TYPE);
        assert!(one.derived.get("holders").is_none());
        assert!(gaps(one).iter().any(|(field, _)| *field == "derived.holders"));
    }
}

#[tokio::test]
async fn a_list_that_is_cut_or_hidden_is_not_whole() {
    for (status, body) in
        [(403, DENIED), (200, r#"{"value": {"a": 1}}"#), (200, "<html>"), (200, r#"{"value": [{"id": "x"}]}"#)]
    {
        let script = with_nothing_scheduled(Scripted::new().always(ASSIGNMENTS, "", status, body)).always(
            ROLES,
            "",
            200,
            &roles(),
        );
        let collected = read(script).await;
        assert!(!population(&collected, TYPE).complete, "{body}");
    }
    let script = with_nothing_scheduled(script(&[])).always(ROLES, "", 200, &roles());
    let narrow = family(&super::FAMILY, &["Microsoft.Storage/*/read"], script).await;
    assert!(!population(&narrow, TYPE).complete);
}

async fn owners(assignments: &[Value], members: u16) -> Resource {
    let objects = list(&[
        json!({"@odata.type": "#microsoft.graph.user", "id": "u1", "userType": "Member"}),
        json!({"@odata.type": "#microsoft.graph.group", "id": "g1"}),
    ]);
    let body = if members == 200 {
        list(&[
            json!({"@odata.type": "#microsoft.graph.agentUser", "id": "u1"}),
            json!({"@odata.type": "#microsoft.graph.user", "id": "u2"}),
        ])
    } else {
        DENIED.to_owned()
    };
    let script = with_nothing_scheduled(script(assignments))
        .always(
            "Microsoft.Resources:Subscriptions_Get",
            "",
            200,
            r#"{"id": "/subscriptions/1", "displayName": "Acme"}"#,
        )
        .always("Microsoft.Authorization:PolicyAssignments_List", "", 200, &list(&[]))
        .always("Microsoft.Insights:SubscriptionDiagnosticSettings_List", "", 200, &list(&[]))
        .always("Microsoft.ResourceGraph:Resources", "", 200, &rows(&[]))
        .always(ROLES, "", 200, &roles())
        .always(OBJECTS, "", 200, &objects)
        .always(MEMBERS, "", members, &body);
    let collected = crate::azure::scripted::run(SUBSCRIPTION, with_role(script, &["*/read"])).await;
    only(&collected, "azure.subscription").clone()
}

#[tokio::test]
async fn owners_are_counted_once_each_through_groups_and_from_above() {
    let direct = assignment("one", "u1", "User", OWNER, &scope());
    let above = assignment("two", "g1", "Group", "c1", "/");
    let below = assignment("three", "u3", "User", OWNER, &format!("{}/resourceGroups/rg", scope()));
    let subscription = owners(&[direct.clone(), above.clone(), below], 200).await;
    let ids: Vec<&str> = subscription.derived["owner_principals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|owner| owner["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["u1", "u2"]);
    assert!(subscription.gaps.is_empty(), "{:?}", subscription.gaps);

    let subscription = owners(&[direct.clone(), above], 403).await;
    assert_eq!(gaps(&subscription), [("derived.owner_principals", GapReason::Denied)]);

    let mut unclear = assignment("two", "u1", "User", "c1", &scope());
    unclear["properties"]["condition"] = json!("nobody knows");
    let subscription = owners(&[direct, unclear], 200).await;
    assert_eq!(gaps(&subscription), [("derived.owner_principals", GapReason::Malformed)]);
}

#[tokio::test]
async fn users_of_machines_are_those_whose_role_lets_them_in() {
    let enters = json!({"id": "/providers/Microsoft.Authorization/roleDefinitions/login", "name": "login", "properties": {
        "roleName": "Virtual Machine User Login", "type": "BuiltInRole", "permissions": [{
            "actions": ["Microsoft.Compute/virtualMachines/*/read"], "notActions": [],
            "dataActions": ["Microsoft.Compute/virtualMachines/login/action"], "notDataActions": []}]}});
    let reads = role("reads", "Reader", "BuiltInRole", &["*/read"]);
    let group = format!("{}/resourceGroups/rg", scope());
    let assignments = [
        assignment("one", "g1", "Group", "login", &group),
        assignment("two", "u1", "User", "reads", &scope()),
        assignment("three", "s1", "ServicePrincipal", "login", &group),
    ];
    let user = |id: &str, enabled: bool| json!({"@odata.type": "#microsoft.graph.user", "id": id, "displayName": id, "userType": "Member", "accountEnabled": enabled});
    let objects = list(&[
        json!({"@odata.type": "#microsoft.graph.group", "id": "g1", "displayName": "Team"}),
        json!({"@odata.type": "#microsoft.graph.servicePrincipal", "id": "s1", "displayName": "robot"}),
        user("u1", true),
    ]);
    let members = list(&[user("U2", true), user("u3", false), user("u4", true)]);
    let told = |id: &str, is: bool| json!({"id": id, "isMfaRegistered": is, "isMfaCapable": is});
    let report = list(&[told("u2", true), told("u9", false)]);
    let machine = row("microsoft.compute/virtualmachines", "vm", "westeurope", &json!({"properties": {}}));
    let whole = |machines: &[Value], report: (u16, &str)| {
        with_nothing_scheduled(on_machines(machines, &assignments))
            .always(ROLES, "", 200, &list(&[enters.clone(), reads.clone()]))
            .always(OBJECTS, "", 200, &objects)
            .always(MEMBERS, "/groups/g1/", 200, &members)
            .always("Graph:reports.authenticationMethods.ListUserRegistrationDetails", "", report.0, report.1)
    };
    let collected = read(whole(std::slice::from_ref(&machine), (200, &report))).await;
    let users = json!([
        {"id": "u2", "display_name": "U2", "is_mfa_registered": true},
        {"id": "u4", "display_name": "u4", "is_mfa_registered": null}]);
    assert_eq!(of(&collected, "one").derived["machine_users"], users, "who may not sign in is none of them");
    assert_eq!(of(&collected, "two").derived["machine_users"], Value::Null);
    assert_eq!(of(&collected, "three").derived["machine_users"], json!([]));

    let without = read(whole(&[], (200, &report))).await;
    assert_eq!(of(&without, "one").derived["machine_users"], Value::Null, "there is no machine");
    let refused = read(whole(&[machine], (403, DENIED))).await;
    assert_eq!(gaps(of(&refused, "one")), [("derived.machine_users", GapReason::Denied)]);
    assert_eq!(gaps(of(&refused, "three")), []);
}
