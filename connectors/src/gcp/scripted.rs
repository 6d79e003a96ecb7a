//! An order for tests over the script of [`crate::aws::scripted`]; Google's answers come from it as AWS's do.

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

/// The project of the tests.
pub(crate) const PROJECT: &str = "evidence-test";

/// What a service answers that is not enabled.
pub(crate) const DISABLED: &str = r#"{"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "It is disabled.",
    "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED", "domain": "googleapis.com"}]}}"#;

/// What a caller without the permission is answered.
pub(crate) const DENIED: &str =
    r#"{"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "The caller does not have permission"}}"#;

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
    Order::new(scope.parse().unwrap(), asked, as_of)
}

/// The last page of Cloud Asset Inventory with these assets: name, type, data.
pub(crate) fn assets(assets: &[(&str, &str, Value)]) -> String {
    let assets: Vec<Value> = assets
        .iter()
        .map(|(name, type_, data)| {
            json!({
                "name": name, "assetType": type_, "ancestors": ["projects/100", "organizations/1"],
                "resource": {"version": "v1", "data": data},
            })
        })
        .collect();
    json!({"readTime": "2027-01-15T07:00:00Z", "assets": assets}).to_string()
}

/// The same with IAM policies: name, type, policy.
pub(crate) fn policies(policies: &[(&str, &str, Value)]) -> String {
    let assets: Vec<Value> = policies
        .iter()
        .map(|(name, type_, policy)| {
            json!({"name": name, "assetType": type_, "ancestors": ["projects/100"], "iamPolicy": policy})
        })
        .collect();
    json!({"readTime": "2027-01-15T07:00:00Z", "assets": assets}).to_string()
}

/// A script in which Cloud Asset Inventory is not enabled.
pub(crate) fn without_inventory(script: Scripted) -> Scripted {
    script.always("cloudasset.googleapis.com:cloudasset.assets.list", "", 403, DISABLED)
}

/// A script in which the project lies in organisation 1, with these sinks of its own and of the organisation.
pub(crate) fn with_sinks(script: Scripted, own: &[Value], above: &[Value]) -> Scripted {
    let list = |sinks: &[Value]| json!({"sinks": sinks}).to_string();
    let ancestry = json!({"ancestor": [
        {"resourceId": {"type": "project", "id": PROJECT}}, {"resourceId": {"type": "organization", "id": "1"}}]});
    script
        .always(
            "cloudresourcemanager.googleapis.com:cloudresourcemanager.projects.getAncestry",
            "",
            200,
            &ancestry.to_string(),
        )
        .always("logging.googleapis.com:logging.projects.sinks.list", "projects/evidence-test/sinks", 200, &list(own))
        .always("logging.googleapis.com:logging.organizations.sinks.list", "organizations/1/sinks", 200, &list(above))
}

/// Reads one family of the project over a script.
pub(crate) async fn family(family: &Family, script: Scripted) -> Collected {
    let context = Context::new(order(PROJECT), Arc::new(script) as Arc<dyn Transport>, None);
    family.read(&context).await.ordered()
}

/// Reads a whole run of a scope over a script.
pub(crate) async fn run(scope: &str, script: Scripted) -> Collected {
    super::collect(order(scope), Arc::new(script), None).await
}
