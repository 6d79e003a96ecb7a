use super::alerts::alerts;
use crate::aws::scripted::{Scripted, gaps, only};
use crate::azure::reader::Reader;
use crate::azure::scripted::{SUBSCRIPTION, context, family, row, rows, with_role};
use crate::document::Draft;
use evidenced_schemas::{GapReason, Resource};
use serde_json::{Value, json};
use std::sync::Arc;

const QUERY: &str = "Microsoft.ResourceGraph:Resources";
const TABLES: &str = "Microsoft.OperationalInsights:Tables_ListByWorkspace";
const NSG: &str = "Microsoft.Network/networkSecurityGroups/write";

fn is(field: &str, value: &str) -> Value {
    json!({"field": field, "equals": value})
}

fn rule(all_of: &[Value], group: &str) -> Value {
    let group = json!({"actionGroupId": format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/RG/providers/microsoft.insights/actionGroups/{group}")});
    row(
        "microsoft.insights/activitylogalerts",
        "rule",
        "global",
        &json!({"properties": {"enabled": true, "scopes": [format!("/subscriptions/{SUBSCRIPTION}/")],
                               "condition": {"allOf": all_of}, "actions": {"actionGroups": [group]}}}),
    )
}

fn group(name: &str, properties: &Value) -> Value {
    row("microsoft.insights/actiongroups", name, "global", &json!({"properties": properties}))
}

async fn read(all: &[Value], actions: &[&str]) -> Resource {
    let script = Arc::new(with_role(Scripted::new().always(QUERY, "", 200, &rows(all)), actions));
    let context = context(&script);
    context.set_reader(Reader::find(&context, Some("bbbbbbbb-0000-4000-8000-000000000002")).await);
    let mut draft = Draft::new("azure.subscription", "/s", "s", "global");
    let alerts = alerts(&context, &mut draft).await;
    let derived = if alerts.is_unread() { json!({}) } else { json!({"activity_log_alerts": alerts}) };
    context.finish(draft, &json!({}), &derived)
}

#[tokio::test]
async fn a_rule_fires_where_no_condition_narrows_it() {
    let administrative = || is("category", "administrative");
    let name = || is("operationName", &NSG.to_uppercase());
    for (all_of, fires) in [
        (vec![administrative(), name()], true),
        (vec![administrative()], true),
        (vec![administrative(), is("resourceType", "microsoft.network/networksecuritygroups")], true),
        (vec![administrative(), is("resourceProvider", "Microsoft.Network")], true),
        (vec![administrative(), name(), is("status", "Succeeded")], true),
        (vec![administrative(), name(), is("level", "Informational")], true),
        (vec![administrative(), json!({"anyOf": [is("operationName", "x"), name()]})], true),
        (vec![administrative(), json!({"field": "operationName", "containsAny": ["networkSecurityGroups"]})], true),
        (vec![name()], false),
        (vec![is("category", "Security"), name()], false),
        (vec![administrative(), name(), is("status", "Failed")], false),
        (vec![administrative(), name(), is("level", "Error")], false),
        (vec![administrative(), name(), is("caller", "ann@acme.example")], false),
        (vec![administrative(), name(), is("resourceGroup", "rg")], false),
        (vec![administrative(), name(), is("somethingNew", "x")], false),
        (vec![administrative(), is("operationName", "Microsoft.Network/networkSecurityGroups/delete")], false),
    ] {
        let subscription = read(&[rule(&all_of, "oncall")], &["*/read"]).await;
        let alert = &subscription.derived["activity_log_alerts"][0];
        let found = alert["operations"].as_array().unwrap().contains(&json!(NSG));
        assert_eq!((found, &alert["covers_subscription"]), (fires, &json!(true)), "{all_of:?}");
        assert_eq!(alert["service_incidents"], false);
    }
}

#[tokio::test]
async fn service_incidents_may_be_narrowed_to_services_and_regions() {
    let health = || is("category", "ServiceHealth");
    let region = || json!({"field": "properties.impactedServices[*].ImpactedRegions[*].RegionName", "containsAny": ["West Europe"]});
    for (all_of, fires) in [
        (vec![health()], true),
        (vec![health(), region(), is("properties.incidentType", "Incident")], true),
        (vec![health(), is("properties.incidentType", "Maintenance")], false),
        (vec![is("category", "ResourceHealth")], false),
    ] {
        let subscription = read(&[rule(&all_of, "oncall")], &["*/read"]).await;
        assert_eq!(subscription.derived["activity_log_alerts"][0]["service_incidents"], fires, "{all_of:?}");
    }
}

#[tokio::test]
async fn an_action_group_must_be_on_and_have_somebody_to_tell() {
    let mail = |status: &str| json!([{"name": "mail", "status": status}]);
    for (properties, works) in [
        (json!({"enabled": true, "emailReceivers": mail("Enabled"), "smsReceivers": []}), true),
        (json!({"enabled": true, "webhookReceivers": [{"name": "hook", "serviceUri": "https://x"}]}), true),
        (json!({"enabled": false, "emailReceivers": mail("Enabled")}), false),
        (json!({"enabled": true, "emailReceivers": mail("Disabled")}), false),
        (json!({"enabled": true, "emailReceivers": []}), false),
    ] {
        let subscription = read(&[rule(&[], "OnCall"), group("oncall", &properties)], &["*/read"]).await;
        let alert = &subscription.derived["activity_log_alerts"][0];
        let found = alert["has_action_group"].as_bool();
        // The group lies in `rg`, the rule names `RG`.
        assert_eq!(found, Some(works), "{properties}");
    }
    let gone = read(&[rule(&[], "gone")], &["*/read"]).await;
    assert_eq!(gone.derived["activity_log_alerts"][0]["has_action_group"], false);
}

#[tokio::test]
async fn whom_a_rule_tells_is_unknown_where_groups_are_not_seen() {
    let alerts = ["Microsoft.Insights/activityLogAlerts/read"];
    let subscription = read(&[rule(&[], "oncall")], &alerts).await;
    assert!(subscription.derived["activity_log_alerts"][0].get("has_action_group").is_none());
    assert_eq!(gaps(&subscription), [("derived.activity_log_alerts.has_action_group", GapReason::Denied)]);
    let subscription = read(&[], &["Microsoft.Insights/actionGroups/read"]).await;
    assert_eq!(gaps(&subscription), [("derived.activity_log_alerts", GapReason::Denied)]);
}

async fn workspace(status: u16, tables: &Value) -> Resource {
    let workspace = row(
        "microsoft.operationalinsights/workspaces",
        "logs",
        "westeurope",
        &json!({"properties": {"retentionInDays": 90, "sku": {"name": "PerGB2018"}}}),
    );
    let script = Scripted::new().always(QUERY, "", 200, &rows(&[workspace])).always(
        TABLES,
        "logs/tables",
        status,
        &tables.to_string(),
    );
    only(&family(&super::FAMILY, &["*/read"], script).await, "azure.log-analytics.workspace").clone()
}

#[tokio::test]
async fn a_workspace_keeps_logs_for_as_long_as_its_shortest_table() {
    let table = |name: &str, days: Value, total: Value| json!({"id": "/t", "name": name, "properties": {"retentionInDays": days, "totalRetentionInDays": total}});
    let tables = json!({"value": [table("B", json!(30), json!(365)), table("A", json!(-1), Value::Null), table("C", json!(90), json!(-1))]});
    let logs = workspace(200, &tables).await;
    assert_eq!(logs.derived["shortest_table"], json!({"days": 90, "table": "A"}));
    assert_eq!(logs.config["properties"]["retention_in_days"], 90);
    let refused = json!({"error": {"code": "AuthorizationFailed", "message": "no"}});
    assert_eq!(gaps(&workspace(403, &refused).await), [("derived.shortest_table", GapReason::Denied)]);
    assert_eq!(gaps(&workspace(200, &json!({"value": 1})).await), [("derived.shortest_table", GapReason::Malformed)]);
}
