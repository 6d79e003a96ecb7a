use crate::aws::scripted::{Scripted, gaps, only};
use crate::azure::scripted::{family, row, rows};
use evidenced_schemas::GapReason;
use serde_json::json;

const QUERY: &str = "Microsoft.ResourceGraph:Resources";
const CONFIGURATIONS: &str = "Microsoft.DBforPostgreSQL:Configurations_ListByServer";
const RULES: &str = "Microsoft.DBforPostgreSQL:FirewallRules_ListByServer";
const LOGS: &str = "Microsoft.Insights:DiagnosticSettings_List";

fn script() -> Scripted {
    let server =
        row("microsoft.dbforpostgresql/flexibleservers", "pg", "westeurope", &json!({"properties": {"version": "16"}}));
    Scripted::new().always(QUERY, "resources | where", 200, &rows(&[server]))
}

#[tokio::test]
async fn parameters_come_from_every_page_and_the_others_are_left_out() {
    let parameter =
        |name: &str| json!({"id": "/c", "name": name, "properties": {"value": "on", "source": "system-default"}});
    let next = "https://management.azure.com/next?page=2";
    let first = json!({"value": [parameter("require_secure_transport"), parameter("array_nulls")], "nextLink": next});
    let second = json!({"value": [parameter("log_connections")]});
    let rule = |name: &str| json!({"id": "/r", "name": name, "properties": {"startIpAddress": "192.0.2.1", "endIpAddress": "192.0.2.9"}});
    let rules = json!({"value": [rule("b"), rule("a")]});
    let script = script()
        .always(CONFIGURATIONS, "flexibleservers/pg/configurations", 200, &first.to_string())
        .always(CONFIGURATIONS, "page=2", 200, &second.to_string())
        .always(LOGS, "", 200, r#"{"value": []}"#)
        .always(RULES, "flexibleservers/pg/firewallRules", 200, &rules.to_string());
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let server = only(&collected, "azure.postgresql.server");
    assert!(server.gaps.is_empty(), "{:?}", server.gaps);
    let kept = server.config["configurations"].as_array().unwrap();
    let names: Vec<_> = kept.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["log_connections", "require_secure_transport"]);
    let rules = &server.config["firewall_rules"];
    assert_eq!((&rules[0]["name"], &rules[1]["properties"]["end_ip_address"]), (&json!("a"), &json!("192.0.2.9")));
}

#[tokio::test]
async fn what_is_refused_or_strange_is_a_gap() {
    let refused = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    let script = script()
        .always(CONFIGURATIONS, "", 200, r#"{"items": []}"#)
        .always(LOGS, "", 403, refused)
        .always(RULES, "", 403, refused);
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let expected = [
        ("config.configurations", GapReason::Malformed),
        ("config.diagnostic_settings", GapReason::Denied),
        ("config.firewall_rules", GapReason::Denied),
    ];
    assert_eq!(gaps(only(&collected, "azure.postgresql.server")), expected);
}
