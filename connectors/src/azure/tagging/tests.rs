use crate::aws::scripted::Scripted;
use crate::azure::scripted::{SUBSCRIPTION, family, row, rows};
use serde_json::json;

const LOCKS: &str = "Microsoft.Authorization:ManagementLocks_ListAtSubscriptionLevel";
const QUERY: &str = "Microsoft.ResourceGraph:Resources";

#[tokio::test]
async fn every_store_has_a_document_with_its_tags() {
    let untagged = row("microsoft.keyvault/vaults", "v", "westeurope", &json!({"tags": null, "properties": {}}));
    let all = [
        row("microsoft.storage/storageaccounts", "a", "westeurope", &json!({"properties": {}})),
        untagged,
        row("microsoft.network/virtualnetworks", "n", "westeurope", &json!({"properties": {}})),
    ];
    let lock = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/RG/providers/Microsoft.Authorization/locks/keep");
    let locks = json!({"value": [{"id": lock, "properties": {"level": "CanNotDelete"}}]});
    let script = Scripted::new().always(QUERY, "", 200, &rows(&all)).always(LOCKS, "", 200, &locks.to_string());
    let collected = family(&super::FAMILY, &["*/read"], script).await;
    let [vault, account] = collected.resources.as_slice() else { panic!("{:?}", collected.resources) };
    assert_eq!((account.name.as_str(), account.tags.as_ref().unwrap()["CostCentre"].as_str()), ("a", "1"));
    assert_eq!(account.derived["resource_type"], "microsoft.storage/storageaccounts");
    assert_eq!(account.derived["locks"], json!([{"id": lock, "level": "CanNotDelete"}]));
    assert!(vault.tags.as_ref().unwrap().is_empty());
    assert!(collected.populations.iter().all(|row| row.complete && row.pages == 1), "{:?}", collected.populations);
}

#[tokio::test]
async fn a_type_that_the_reader_may_not_see_makes_the_stores_incomplete() {
    let script = Scripted::new().always(QUERY, "", 200, &rows(&[]));
    let collected = family(&super::FAMILY, &["Microsoft.Storage/*/read"], script).await;
    assert!(collected.populations.iter().all(|row| !row.complete));
}
