use crate::aws::scripted::{Scripted, gaps, only, row as population};
use crate::azure::scripted::{family, row, rows};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const QUERY: &str = "Microsoft.ResourceGraph:Resources";
const BLOBS: &str = "Microsoft.Storage:BlobServices_GetServiceProperties";
const POLICY: &str = "Microsoft.Storage:ManagementPolicies_Get";
const LOGS: &str = "Microsoft.Insights:SubscriptionDiagnosticSettings_List";
const TYPE: &str = "azure.storage.account";

fn account() -> Value {
    row(
        "microsoft.storage/storageaccounts",
        "acme",
        "westeurope",
        &json!({
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS", "tier": "Standard"},
            "properties": {
                "supportsHttpsTrafficOnly": true,
                "minimumTlsVersion": "TLS1_2",
                "networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": []},
                "keyCreationTime": {"key1": "2026-01-01T00:00:00Z", "key2": null},
                "somethingNew": {"a": 1},
            },
        }),
    )
}

fn script() -> Scripted {
    let to = json!({"storageAccountId": account()["id"].as_str().unwrap().to_uppercase(), "logs": []});
    let logs = json!({"value": [{"id": "/d", "name": "activity", "properties": to}]});
    Scripted::new().always(QUERY, "resources | where", 200, &rows(&[account()])).always(
        LOGS,
        "",
        200,
        &logs.to_string(),
    )
}

#[tokio::test]
async fn an_account_is_read_with_its_blob_service_and_policy() {
    let blobs = json!({"id": "/b", "properties": {"deleteRetentionPolicy": {"enabled": true, "days": 7}, "isVersioningEnabled": true}});
    let refused = r#"{"error":{"code":"ManagementPolicyNotFound","message":"No ManagementPolicy found"}}"#;
    let script = script()
        .always(BLOBS, "acme/blobServices/default", 200, &blobs.to_string())
        .always(POLICY, "acme", 404, refused);
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let account = only(&collected, TYPE);
    assert!(account.gaps.is_empty(), "{:?}", account.gaps);
    assert_eq!((account.name.as_str(), account.region.as_str()), ("acme", "westeurope"));
    assert_eq!(account.tags.as_ref().unwrap()["CostCentre"], "1");
    assert_eq!(account.config["properties"]["network_acls"]["default_action"], "Deny");
    assert_eq!(account.config["properties"]["allow_shared_key_access"], Value::Null, "what Azure leaves out is null");
    assert_eq!(account.config["blob_service"]["properties"]["delete_retention_policy"]["days"], 7);
    assert_eq!(account.config["management_policy"], Value::Null, "that there is none is a fact");
    assert_eq!(account.derived["receives_activity_log"], true);
    assert!(account.config.get("subscription_id").is_none());
    assert_eq!(account.exchanges, [1, 2, 3, 4]);
    let row = collected.populations.iter().find(|row| row.region == "westeurope").unwrap();
    assert_eq!((row.listed, row.evaluated, row.complete, row.pages), (1, 1, true, 1));
}

#[tokio::test]
async fn what_is_refused_is_a_gap_of_its_field() {
    let refused = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    let script =
        script().always(BLOBS, "", 403, refused).always(POLICY, "", 200, r#"{"id":"/m","properties":{"policy":{}}}"#);
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let expected = [("config.blob_service", GapReason::Denied), ("config.management_policy", GapReason::Malformed)];
    assert_eq!(gaps(only(&collected, TYPE)), expected);
}

#[tokio::test]
async fn a_reader_without_the_role_proves_nothing_about_the_list() {
    let empty = Scripted::new().always(QUERY, "", 200, &rows(&[]));
    let collected = family(&super::FAMILY, &["Microsoft.Network/*/read"], empty).await;
    let row = population(&collected, TYPE);
    assert!(!row.complete && row.listed == 0);
    assert!(row.reason.as_ref().unwrap().contains("gives Microsoft.Storage/storageAccounts/read"), "{row:?}");
}
