use super::firewall::{Rule, let_in};
use crate::aws::scripted::{Scripted, gaps, only};
use crate::azure::scripted::{SUBSCRIPTION, family, row, rows};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const QUERY: &str = "Microsoft.ResourceGraph:Resources";
const SERVERS: &str = "Microsoft.Sql:Servers_List";
const FIREWALL: &str = "Microsoft.Sql:FirewallRules_ListByServer";
const FIREWALL_IPV6: &str = "Microsoft.Sql:IPv6FirewallRules_ListByServer";
const AUDITING: &str = "Microsoft.Sql:ServerBlobAuditingPolicies_Get";
const LOGS: &str = "Microsoft.Insights:DiagnosticSettings_List";
const ALERTS: &str = "Microsoft.Sql:ServerSecurityAlertPolicies_Get";
const PROTECTOR: &str = "Microsoft.Sql:EncryptionProtectors_Get";
const PRICINGS: &str = "Microsoft.Security:Pricings_List";
const ENCRYPTION: &str = "Microsoft.Sql:TransparentDataEncryptions_Get";
const RETENTION: &str = "Microsoft.Sql:BackupShortTermRetentionPolicies_Get";
const REFUSED: &str = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
const EMPTY: &str = r#"{"value": []}"#;
const SERVER: &str = "azure.sql.server";

fn server() -> Value {
    let properties = json!({"minimalTlsVersion": "1.2", "publicNetworkAccess": "Enabled", "isIPv6Enabled": "Enabled"});
    row("microsoft.sql/servers", "main", "westeurope", &json!({"properties": properties}))
}

fn plans(plan: &Value) -> String {
    json!({"value": [{"id": "/p", "name": "VirtualMachines", "properties": {"pricingTier": "Free"}}, plan]}).to_string()
}

fn script(plan: &Value) -> Scripted {
    let id = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/RG/providers/Microsoft.Sql/servers/main");
    let administrators = json!({"administratorType": "ActiveDirectory", "azureADOnlyAuthentication": true});
    let told = json!({"value": [{"id": id, "properties": {"administrators": administrators}}]});
    let rule = json!({"value": [{"id": "/r", "name": "all", "properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}}]});
    let ipv6 = json!({"value": [{"id": "/r", "name": "all6", "properties": {"startIPv6Address": "::", "endIPv6Address": "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}}]});
    Scripted::new()
        .always(QUERY, "resources | where", 200, &rows(&[server()]).replace("resourceGroups/rg/", "resourceGroups/RG/"))
        .always(SERVERS, "$expand=administrators/activedirectory", 200, &told.to_string())
        .always(FIREWALL, "main/firewallRules", 200, &rule.to_string())
        .always(FIREWALL_IPV6, "main/ipv6FirewallRules", 200, &ipv6.to_string())
        .always(
            AUDITING,
            "main/auditingSettings/default",
            200,
            r#"{"id": "/a", "properties": {"state": "Enabled", "retentionDays": 0}}"#,
        )
        .always(LOGS, "main/databases/master/providers", 200, EMPTY)
        .always(
            ALERTS,
            "main/securityAlertPolicies/Default",
            200,
            r#"{"id": "/s", "properties": {"state": "Disabled"}}"#,
        )
        .always(
            PROTECTOR,
            "main/encryptionProtector/current",
            200,
            r#"{"id": "/e", "properties": {"serverKeyType": "AzureKeyVault"}}"#,
        )
        .always(PRICINGS, "", 200, &plans(plan))
}

fn plan(tier: &str, coverage: Option<&str>) -> Value {
    json!({"id": "/p", "name": "SqlServers", "properties": {"pricingTier": tier, "resourcesCoverageStatus": coverage}})
}

#[tokio::test]
async fn a_server_is_read_with_its_firewall_audit_and_administrator() {
    let collected = family(&super::FAMILY, &["*/read"], script(&plan("Standard", Some("FullyCovered")))).await;
    let server = only(&collected, SERVER);
    assert!(server.gaps.is_empty(), "{:?}", server.gaps);
    assert_eq!(server.config["administrators"]["azure_ad_only_authentication"], true);
    assert_eq!(server.config["auditing_settings"]["properties"]["state"], "Enabled");
    assert_eq!(server.config["encryption_protector"]["properties"]["server_key_type"], "AzureKeyVault");
    let firewall = json!({"addresses": 1_u64 << 32, "azure_services": false, "wide_ipv6_rules": ["all6"]});
    assert_eq!(server.derived["firewall"], firewall);
    assert_eq!(server.derived["defender_covers_subscription"], true);
}

#[tokio::test]
async fn a_plan_that_covers_some_servers_says_nothing_of_this_one() {
    for (plan, covers) in [
        (plan("Free", None), json!(false)),
        (plan("Standard", None), json!(true)),
        (plan("Standard", Some("PartiallyCovered")), Value::Null),
        (plan("Free", Some("PartiallyCovered")), Value::Null),
        (plan("Gold", None), Value::Null),
    ] {
        let collected = family(&super::FAMILY, &["*/read"], script(&plan)).await;
        assert_eq!(only(&collected, SERVER).derived["defender_covers_subscription"], covers, "{plan}");
    }
    let collected =
        family(&super::FAMILY, &["*/read"], script(&json!({"id": "/p", "name": "Arm", "properties": {}}))).await;
    let expected = [("derived.defender_covers_subscription", GapReason::Malformed)];
    assert_eq!(gaps(only(&collected, SERVER)), expected, "a plan that is not told");
}

#[tokio::test]
async fn what_is_refused_is_a_gap_of_its_field() {
    let mut script = Scripted::new().always(QUERY, "resources | where", 200, &rows(&[server()]));
    for call in [SERVERS, FIREWALL, FIREWALL_IPV6, AUDITING, LOGS, ALERTS, PROTECTOR, PRICINGS] {
        script = script.always(call, "", 403, REFUSED);
    }
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let mut found: Vec<String> = only(&collected, SERVER).gaps.iter().map(|gap| gap.field.clone()).collect();
    found.sort();
    found.dedup();
    let expected = [
        "config.administrators",
        "config.auditing_settings",
        "config.encryption_protector",
        "config.firewall_rules",
        "config.ipv6_firewall_rules",
        "config.master_diagnostic_settings",
        "config.security_alert_policy",
        "derived.defender_covers_subscription",
        "derived.firewall",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_rule_that_is_no_range_makes_the_firewall_unknown() {
    let rule = |start: &str, end: &str| -> Rule {
        serde_json::from_value(json!({"name": "r", "properties": {"start_ip_address": start, "end_ip_address": end}}))
            .unwrap()
    };
    assert!(let_in(&[rule("everything", "255.255.255.255")], &[]).is_err());
    assert!(let_in(&[], &[rule("10.0.0.1", "10.0.0.2")]).is_err(), "no IPv6");
    let open = let_in(&[rule("0.0.0.0", "0.0.0.0")], &[rule("2001:db8::", "2001:db8::ffff")]).unwrap();
    let expected = json!({"addresses": 0, "azure_services": true, "wide_ipv6_rules": []});
    assert_eq!(serde_json::to_value(open).unwrap(), expected);
}

#[tokio::test]
async fn databases_are_read_without_master() {
    let database = |name: &str, kind: &str| {
        let id = format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Sql/servers/main/databases/{name}"
        );
        row(
            "microsoft.sql/servers/databases",
            name,
            "westeurope",
            &json!({"id": id, "kind": kind, "properties": {"status": "Online"}}),
        )
    };
    let all = [
        database("master", "v12.0,system"),
        database("orders", "v12.0,user"),
        database("dw", "v12.0,user,datawarehouse"),
    ];
    let script = Scripted::new()
        .always(QUERY, "resources | where", 200, &rows(&all))
        .always(ENCRYPTION, "", 200, r#"{"id": "/t", "properties": {"state": "Enabled"}}"#)
        .always(RETENTION, "databases/orders/", 403, REFUSED);
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let names: Vec<&str> = collected.resources.iter().map(|database| database.name.as_str()).collect();
    assert_eq!(names, ["dw", "orders"]);
    let (warehouse, orders) = (&collected.resources[0], &collected.resources[1]);
    assert!(warehouse.gaps.is_empty() && warehouse.config["short_term_retention"].is_null());
    assert_eq!(gaps(orders), [("config.short_term_retention", GapReason::Denied)]);
    assert_eq!(orders.config["transparent_data_encryption"]["properties"]["state"], "Enabled");
}
