use crate::aws::scripted::{Scripted, gaps, only};
use crate::azure::scripted::{SUBSCRIPTION, family, row, rows};
use crate::collection::Collected;
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const QUERY: &str = "Microsoft.ResourceGraph:Resources";

fn delegation(definition: &str) -> Value {
    let id = format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ManagedServices/registrationDefinitions/{definition}"
    );
    let properties = json!({"registrationDefinitionId": id, "provisioningState": "Succeeded"});
    row("microsoft.managedservices/registrationassignments", "d", "", &json!({"properties": properties}))
}

fn definition() -> Value {
    let id = format!("/subscriptions/{SUBSCRIPTION}/providers/microsoft.managedservices/registrationdefinitions/OFFER");
    let properties = json!({
        "registrationDefinitionName": "Care", "managedByTenantId": "dddddddd-0000-4000-8000-000000000001",
        "authorizations": [{"principalId": "p", "roleDefinitionId": "acdd72a7-3385-48ef-bd42-f606fba81ae7"}]});
    json!({"id": id, "name": "offer", "type": "microsoft.managedservices/registrationdefinitions", "location": "",
        "subscriptionId": SUBSCRIPTION, "properties": properties})
}

async fn read(items: &[Value]) -> Collected {
    family(&super::FAMILY, &["*/read"], Scripted::new().always(QUERY, "", 200, &rows(items))).await
}

#[tokio::test]
async fn a_delegation_tells_who_manages() {
    let collected = read(&[delegation("offer"), definition()]).await;
    let found = only(&collected, "azure.lighthouse.delegation");
    assert!(found.gaps.is_empty(), "{:?}", found.gaps);
    assert_eq!(found.region, "global");
    let offer = &found.derived["definition"];
    assert_eq!(offer["managed_by_tenant_id"], "dddddddd-0000-4000-8000-000000000001");
    assert_eq!(offer["authorizations"][0]["role_definition_id"], "acdd72a7-3385-48ef-bd42-f606fba81ae7");
    assert_eq!(offer["eligible_authorizations"], Value::Null);
}

#[tokio::test]
async fn an_offer_that_is_not_there_is_a_gap() {
    let collected = read(&[delegation("another"), definition()]).await;
    let found = only(&collected, "azure.lighthouse.delegation");
    assert_eq!(gaps(found), [("derived.definition", GapReason::Malformed)]);
}
