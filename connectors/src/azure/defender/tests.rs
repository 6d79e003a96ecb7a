use crate::aws::scripted::{Scripted, gaps, only, row as population};
use crate::azure::scripted::{family, row, rows};
use crate::collection::Collected;
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const QUERY: &str = "Microsoft.ResourceGraph:Resources";
const PLANS: &str = "Microsoft.Security:Pricings_List";
const CONTACTS: &str = "Microsoft.Security:SecurityContacts_List";
const SETTINGS: &str = "Microsoft.Security:Settings_List";
const ALERTS: &str = "Microsoft.Security:Alerts_List";
const TYPE: &str = "azure.defender.subscription";
const HAS: [&str; 10] = [
    "has_machines",
    "has_sites",
    "has_sql",
    "has_sql_machines",
    "has_open_source_databases",
    "has_cosmos",
    "has_storage",
    "has_containers",
    "has_registries",
    "has_vaults",
];

fn alert() -> Value {
    json!({"id": "/subscriptions/x/providers/Microsoft.Security/locations/westeurope/alerts/1", "name": "1", "properties": {
        "status": "Active", "severity": "High", "timeGeneratedUtc": "2026-03-01T00:00:00Z", "alertType": "VM_Odd"}})
}

fn script() -> Scripted {
    let plans = json!({"value": [{"id": "/p", "name": "VirtualMachines", "type": "Microsoft.Security/pricings", "properties": {
        "pricingTier": "Standard", "subPlan": "P2", "extensions": [{"name": "AgentlessVmScanning", "isEnabled": "True"}]}}]});
    let contacts = json!({"value": [{"id": "/c", "name": "default", "properties": {
        "emails": "a@example.org", "isEnabled": true, "notificationsByRole": {"state": "On", "roles": ["Owner"]},
        "notificationsSources": [{"sourceType": "Alert", "minimalSeverity": "High"}]}}]});
    let settings = json!({"value": [{"id": "/s", "name": "WDATP", "kind": "DataExportSettings", "properties": {"enabled": true}}]});
    Scripted::new()
        .always(PLANS, "", 200, &plans.to_string())
        .always(CONTACTS, "", 200, &contacts.to_string())
        .always(SETTINGS, "", 200, &settings.to_string())
        .always(ALERTS, "", 200, &json!({"value": [alert()]}).to_string())
}

async fn read(actions: &[&str], script: Scripted) -> Collected {
    family(&super::FAMILY, actions, script).await
}

#[tokio::test]
async fn plans_contacts_and_settings_are_one_document() {
    let machine = row("microsoft.compute/virtualmachines", "one", "westeurope", &json!({}));
    let collected = read(&["*/read"], script().always(QUERY, "", 200, &rows(&[machine]))).await;
    let document = only(&collected, TYPE);
    assert!(document.gaps.is_empty(), "{:?}", document.gaps);
    assert_eq!(document.config["pricings"][0]["properties"]["extensions"][0]["is_enabled"], "True");
    assert_eq!(document.config["security_contacts"][0]["properties"]["notifications_by_role"]["roles"][0], "Owner");
    assert_eq!(document.config["settings"][0]["properties"]["enabled"], true);
    let has: Vec<_> = HAS.iter().filter(|name| document.derived[**name] == json!(true)).collect();
    assert_eq!(has, [&"has_machines"]);
    assert_eq!(document.derived["has_vaults"], false);
    let alert = only(&collected, "azure.defender.alert");
    assert!(alert.gaps.is_empty(), "{:?}", alert.gaps);
    assert_eq!(alert.config["properties"]["time_generated_utc"], "2026-03-01T00:00:00Z");
}

#[tokio::test]
async fn that_there_is_nothing_is_known_only_where_the_lists_are_whole() {
    let site = row("microsoft.web/sites", "one", "westeurope", &json!({}));
    let actions = ["Microsoft.Web/*/read", "Microsoft.Security/*/read", "Microsoft.Storage/*/read"];
    let collected = read(&actions, script().always(QUERY, "", 200, &rows(&[site]))).await;
    let document = only(&collected, TYPE);
    let unknown: Vec<_> = HAS.iter().filter(|name| document.derived.get(**name).is_none()).copied().collect();
    assert_eq!((&document.derived["has_sites"], &document.derived["has_storage"]), (&json!(true), &json!(false)));
    assert_eq!(unknown.len(), 8);
    let mut expected: Vec<_> = unknown.iter().map(|name| format!("derived.{name}")).collect();
    let mut found: Vec<_> = gaps(document).into_iter().map(|(path, _)| path.to_owned()).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn each_call_that_is_refused_is_the_gap_of_its_field() {
    let refused = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    let script = Scripted::new()
        .always(PLANS, "", 403, refused)
        .always(CONTACTS, "", 200, r#"[{"name": "default"}]"#)
        .always(SETTINGS, "", 200, "<!doctype html>")
        .always(ALERTS, "", 403, refused)
        .always(QUERY, "", 200, &rows(&[]));
    let collected = read(&["*/read"], script).await;
    let expected = [
        ("config.pricings", GapReason::Denied),
        ("config.security_contacts", GapReason::Malformed),
        ("config.settings", GapReason::Malformed),
    ];
    assert_eq!(gaps(only(&collected, TYPE)), expected);
    assert!(!population(&collected, "azure.defender.alert").complete);
}

#[tokio::test]
async fn a_reader_who_may_not_see_all_has_no_lists() {
    let actions = ["Microsoft.Web/sites/read"];
    let collected = read(&actions, script().always(QUERY, "", 200, &rows(&[]))).await;
    let document = only(&collected, TYPE);
    assert_eq!(serde_json::to_value(&document.config).unwrap(), json!({}));
    assert!(!population(&collected, "azure.defender.alert").complete);
}
