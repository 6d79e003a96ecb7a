use crate::aws::scripted::{Scripted, gaps, only};
use crate::azure::scripted::{family, row, rows};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const QUERY: &str = "Microsoft.ResourceGraph:Resources";
const WEB: &str = "Microsoft.Web:WebApps_GetConfiguration";
const AUTH: &str = "Microsoft.Web:WebApps_GetAuthSettingsV2WithoutSecrets";
const LOGS: &str = "Microsoft.Insights:DiagnosticSettings_List";
const TYPE: &str = "azure.app.site";
const OWN: &str = "eeeeeeee-0000-4000-8000-000000000001";
const SHARED: &str = "eeeeeeee-0000-4000-8000-000000000002";
const TEAM: &str = "eeeeeeee-0000-4000-8000-000000000003";

fn site(identity: &Value) -> Scripted {
    let properties = json!({"state": "Running", "httpsOnly": true});
    let site = json!({"kind": "functionapp,linux", "identity": identity, "properties": properties});
    let site = row("microsoft.web/sites", "shop", "westeurope", &site);
    Scripted::new().always(QUERY, "", 200, &rows(&[site]))
}

fn script() -> Scripted {
    site(&Value::Null)
        .always("Microsoft.Authorization:RoleAssignments_ListForScope", "", 200, r#"{"value": []}"#)
        .always("Microsoft.Authorization:RoleDefinitions_List", "", 200, r#"{"value": []}"#)
        .always("Microsoft.Authorization:RoleAssignmentScheduleInstances_ListForScope", "", 200, r#"{"value": []}"#)
}

#[tokio::test]
async fn a_site_is_read_with_its_front_end_and_its_sign_in() {
    let web = json!({"id": "/w", "properties": {
        "minTlsVersion": "1.2", "ftpsState": "FtpsOnly", "appSettings": null, "publishingUsername": "$shop",
        "ipSecurityRestrictions": [{"ipAddress": "Any", "action": "Allow", "priority": 2_147_483_647, "name": "Allow all"}]}});
    let auth = json!({"id": "/a", "properties": {
        "platform": {"enabled": true},
        "globalValidation": {"requireAuthentication": true, "unauthenticatedClientAction": "Return401"}}});
    let script = script().always(WEB, "sites/shop/config/web?", 200, &web.to_string()).always(
        AUTH,
        "sites/shop/config/authsettingsV2?",
        200,
        &auth.to_string(),
    );
    let logs = json!({"value": [{"id": "/d", "name": "all", "properties": {"workspaceId": "/w", "logs": [{"categoryGroup": "allLogs", "enabled": true}]}}]});
    let script = script.always(LOGS, "sites/shop/providers/Microsoft.Insights/", 200, &logs.to_string());
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let site = only(&collected, TYPE);
    assert!(site.gaps.is_empty(), "{:?}", site.gaps);
    let web = &site.config["web"]["properties"];
    assert_eq!((&web["min_tls_version"], &web["ftps_state"]), (&json!("1.2"), &json!("FtpsOnly")));
    assert_eq!(web["ip_security_restrictions"][0]["ip_address"], "Any");
    assert_eq!(site.config["auth_settings"]["properties"]["global_validation"]["excluded_paths"], Value::Null);
    assert_eq!(site.config["properties"]["public_network_access"], Value::Null);
    assert_eq!(site.config["diagnostic_settings"][0]["properties"]["logs"][0]["category_group"], "allLogs");
    assert_eq!((&site.derived["identities"], &site.derived["admin_roles"]), (&json!([]), &json!([])));
    assert!(!serde_json::to_string(site).unwrap().contains("$shop"));
}

#[tokio::test]
async fn what_is_refused_is_a_gap_of_its_field() {
    let refused = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    let script =
        script().always(WEB, "", 403, refused).always(AUTH, "", 200, r#"{"id": 1}"#).always(LOGS, "", 403, refused);
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let expected = [
        ("config.auth_settings", GapReason::Malformed),
        ("config.diagnostic_settings", GapReason::Denied),
        ("config.web", GapReason::Denied),
    ];
    let mut found = gaps(only(&collected, TYPE));
    found.sort_unstable_by_key(|gap| gap.0);
    assert_eq!(found, expected);
}

/// `(principal, kind, role, scope)` of assignments, over a site with an identity of its own and a shared one.
async fn admin_roles(assignments: &[(&str, &str, &str, &str)], members: (u16, &str)) -> (Value, Vec<GapReason>) {
    let subscription = format!("/subscriptions/{}", crate::azure::scripted::SUBSCRIPTION);
    let role = |id: &str| format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{id}");
    let assigned = assignments.iter().map(|(principal, kind, id, scope)| {
        json!({"id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{principal}-{id}"), "name": id,
            "properties": {"roleDefinitionId": role(id), "principalId": principal, "principalType": kind,
                "scope": scope.replace("{s}", &subscription)}})
    });
    let definition = |id: &str, kind: &str, name: &str, actions: &[&str]| json!({"id": role(id), "properties": {"roleName": name, "type": kind, "permissions": [{"actions": actions, "notActions": []}]}});
    let roles = json!({"value": [
        definition("b24988ac-6180-42a0-ab88-20f7382dd24c", "BuiltInRole", "Contributor", &["*"]),
        definition("acdd72a7-3385-48ef-bd42-f606fba81ae7", "BuiltInRole", "Reader", &["*/read"]),
        definition("custom", "CustomRole", "Helper", &["Microsoft.Authorization/*/write"])]});
    let group = json!({"value": [{"@odata.type": "#microsoft.graph.group", "id": TEAM, "displayName": "team"}]});
    let identity = json!({"type": "SystemAssigned, UserAssigned", "principalId": OWN.to_uppercase(),
        "userAssignedIdentities": {"/subscriptions/s/resourceGroups/Rg/x": {"principalId": SHARED, "clientId": "c"}}});
    let list = json!({"value": assigned.collect::<Vec<_>>()});
    let script = site(&identity)
        .always("Microsoft.Authorization:RoleAssignments_ListForScope", "", 200, &list.to_string())
        .always("Microsoft.Authorization:RoleDefinitions_List", "", 200, &roles.to_string())
        .always("Microsoft.Authorization:RoleAssignmentScheduleInstances_ListForScope", "", 200, r#"{"value": []}"#)
        .always("Graph:directoryObjects.getByIds", "", 200, &group.to_string())
        .always("Graph:groups.ListTransitiveMembers", "", members.0, members.1)
        .always(WEB, "", 200, r#"{"id": "/w", "properties": {}}"#)
        .always(AUTH, "", 200, r#"{"id": "/a", "properties": {}}"#)
        .always(LOGS, "", 200, r#"{"value": []}"#);
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let site = only(&collected, TYPE);
    assert_eq!(site.derived["identities"], json!([OWN, SHARED]));
    let gaps = gaps(site).into_iter().map(|(field, reason)| {
        assert_eq!(field, "derived.admin_roles");
        reason
    });
    let roles = site.derived.get("admin_roles").cloned().unwrap_or_default();
    let names = roles.as_array().into_iter().flatten().map(|role| {
        let text = |member: &str| role[member].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", text("role_name"), text("power"), text("group_id"))
    });
    (names.collect(), gaps.collect())
}

const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const GROUP: &str = "/providers/Microsoft.Management/managementGroups/all";
const NOBODY: (u16, &str) = (200, r#"{"value": []}"#);
const REFUSED: (u16, &str) = (403, r#"{"error":{"code":"Authorization_RequestDenied","message":"no"}}"#);

#[tokio::test]
async fn what_an_identity_rules_is_found_at_every_level_above_it() {
    let read = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
    for (assignment, found) in [
        ((OWN, "ServicePrincipal", CONTRIBUTOR, "{s}"), json!(["Contributor contributor "])),
        ((SHARED, "ServicePrincipal", "custom", GROUP), json!(["Helper access_administrator "])),
        ((SHARED, "ServicePrincipal", CONTRIBUTOR, "/"), json!(["Contributor contributor "])),
        ((OWN, "ServicePrincipal", CONTRIBUTOR, "{s}/resourceGroups/rg"), json!([])),
        ((OWN, "ServicePrincipal", read, "{s}"), json!([])),
        (("another", "ServicePrincipal", CONTRIBUTOR, "{s}"), json!([])),
    ] {
        assert_eq!(admin_roles(&[assignment], REFUSED).await, (found, vec![]), "{assignment:?}");
    }
}

#[tokio::test]
async fn what_a_group_rules_its_members_rule() {
    let by_group = (TEAM, "Group", CONTRIBUTOR, GROUP);
    let member =
        json!({"value": [{"@odata.type": "#microsoft.graph.servicePrincipal", "id": SHARED, "displayName": "x"}]});
    let through = json!([format!("Contributor contributor {TEAM}")]);
    assert_eq!(admin_roles(&[by_group], (200, &member.to_string())).await, (through, vec![]));
    assert_eq!(admin_roles(&[by_group], NOBODY).await, (json!([]), vec![]));
    // Nobody knows who is in the group: that is no proof that the app is not, but a role that was found stays one.
    assert_eq!(admin_roles(&[by_group], REFUSED).await, (json!([]), vec![GapReason::Denied]));
    let own = (OWN, "ServicePrincipal", CONTRIBUTOR, "{s}");
    assert_eq!(admin_roles(&[by_group, own], REFUSED).await, (json!(["Contributor contributor "]), vec![]));
}
