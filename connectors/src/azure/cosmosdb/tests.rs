use crate::aws::scripted::{Scripted, gaps, only};
use crate::azure::scripted::{family, row, rows};
use crate::collection::Collected;
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const TYPE: &str = "azure.cosmosdb.account";

async fn read(rules: &Value) -> Collected {
    let properties =
        json!({"ipRules": rules, "backupPolicy": {"type": "Periodic"}, "isVirtualNetworkFilterEnabled": false});
    let account = row("microsoft.documentdb/databaseaccounts", "a", "West Europe", &json!({"properties": properties}));
    let script = Scripted::new().always("Microsoft.ResourceGraph:Resources", "", 200, &rows(&[account]));
    family(&super::FAMILY, &["*/read"], script).await
}

#[tokio::test]
async fn addresses_that_rules_let_in_are_counted() {
    for (rules, let_in) in [
        (Value::Null, json!({"addresses": 0, "azure_services": false})),
        (
            json!([{"ipAddressOrRange": "203.0.113.0/24"}, {"ipAddressOrRange": "203.0.113.9"}]),
            json!({"addresses": 256, "azure_services": false}),
        ),
        (json!([{"ipAddressOrRange": "0.0.0.0"}]), json!({"addresses": 0, "azure_services": true})),
        (json!([{"ipAddressOrRange": "0.0.0.0/0"}]), json!({"addresses": 1_u64 << 32, "azure_services": false})),
    ] {
        let collected = read(&rules).await;
        let account = only(&collected, TYPE);
        assert_eq!(account.derived["ip_rules"], let_in, "{rules}");
        assert_eq!(account.config["properties"]["backup_policy"]["type"], "Periodic");
        assert_eq!(account.region, "westeurope");
    }
}

#[tokio::test]
async fn a_rule_that_is_not_understood_is_a_gap() {
    for rules in [json!([{"ipAddressOrRange": "10.0.0.1-10.0.0.9"}]), json!([{}])] {
        let collected = read(&rules).await;
        assert_eq!(gaps(only(&collected, TYPE)), [("derived.ip_rules", GapReason::Malformed)], "{rules}");
    }
}
