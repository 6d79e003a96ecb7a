//! An order for tests over the script of [`crate::aws::scripted`]; Azure's answers come from it as AWS's do.

use super::{Context, Family};
use crate::aws::scripted::Scripted;
use crate::collection::{Collected, Order};
use crate::exchange::Transport;
use chrono::DateTime;
use evidenced_schemas::Instant;
use evidenced_schemas::run::{Asked, Regions};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The subscription of the tests.
pub(crate) const SUBSCRIPTION: &str = "aaaaaaaa-0000-4000-8000-000000000001";
/// Who reads in the tests.
pub(crate) const READER: &str = "bbbbbbbb-0000-4000-8000-000000000002@cccccccc-0000-4000-8000-000000000003";

/// An order for a scope.
pub(crate) fn order(scope: &str) -> Order {
    let asked = Asked {
        regions: Regions::default(),
        home_region: "global".to_owned(),
        endpoints: BTreeMap::new(),
        use_fips: false,
        use_dual_stack: false,
    };
    let as_of = Instant::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    Order { identity: Some(READER.to_owned()), ..Order::new(scope.parse().unwrap(), asked, as_of) }
}

/// A script in which the reader has this permission at the subscription, and nothing is denied.
pub(crate) fn with_role(script: Scripted, actions: &[&str]) -> Scripted {
    let id = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7";
    let assigned = json!({"value": [{"id": "/assigned", "properties": {"roleDefinitionId": id}}]});
    let definition = json!({"properties": {"permissions": [{"actions": actions, "notActions": []}]}});
    script
        .always("Microsoft.Authorization:RoleAssignments_ListForSubscription", "", 200, &assigned.to_string())
        .always("Microsoft.Authorization:RoleDefinitions_GetById", "acdd72a7", 200, &definition.to_string())
        .always("Microsoft.Authorization:DenyAssignments_List", "", 200, r#"{"value": []}"#)
}

/// A page of Resource Graph that holds these rows and is the last.
pub(crate) fn rows(rows: &[Value]) -> String {
    json!({"totalRecords": rows.len(), "count": rows.len(), "resultTruncated": "false", "data": rows}).to_string()
}

/// A row of Resource Graph.
pub(crate) fn row(type_: &str, name: &str, location: &str, rest: &Value) -> Value {
    let mut row = json!({
        "id": format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/{type_}/{name}"),
        "name": name, "type": type_, "location": location, "subscriptionId": SUBSCRIPTION, "resourceGroup": "rg",
        "tags": {"CostCentre": "1"},
    });
    let members = row.as_object_mut().unwrap();
    members.extend(rest.as_object().unwrap().clone());
    row
}

/// A context of the subscription over a script.
pub(crate) fn context(script: &Arc<Scripted>) -> Context {
    Context::new(order(SUBSCRIPTION), Arc::clone(script) as Arc<dyn Transport>, None)
}

/// Reads a whole run of a scope over a script.
pub(crate) async fn run(scope: &str, script: Scripted) -> Collected {
    super::collect(order(scope), Arc::new(script), None).await
}

/// Reads one family of the subscription, by a reader who may see what these actions give.
pub(crate) async fn family(family: &Family, actions: &[&str], script: Scripted) -> Collected {
    let script = Arc::new(with_role(script, actions));
    let context = context(&script);
    context.set_reader(super::reader::Reader::find(&context, Some("bbbbbbbb-0000-4000-8000-000000000002")).await);
    family.read(&context).await.ordered()
}
