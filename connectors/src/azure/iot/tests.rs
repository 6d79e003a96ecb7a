use crate::aws::scripted::{Scripted, gaps, only};
use crate::azure::scripted::{family, row, rows};
use evidenced_schemas::GapReason;
use serde_json::{Value, json};

const QUERY: &str = "Microsoft.ResourceGraph:Resources";
const SOLUTIONS: &str = "Microsoft.Security:IotSecuritySolution_ListBySubscription";

fn hub() -> Value {
    row("microsoft.devices/iothubs", "meters", "westeurope", &json!({"properties": {"state": "Active"}}))
}

fn script() -> Scripted {
    Scripted::new().always(QUERY, "resources | where", 200, &rows(&[hub()]))
}

#[tokio::test]
async fn a_hub_has_the_solutions_that_name_it() {
    let solution = |name: &str, hub: &str| {
        json!({"id": format!("/{name}"), "name": name, "location": "westeurope",
            "properties": {"status": "Enabled", "iotHubs": [hub.to_uppercase()]}})
    };
    let id = hub()["id"].as_str().unwrap().to_owned();
    let all = json!({"value": [solution("b", &id), solution("a", &id), solution("other", "/elsewhere")]});
    let collected = family(&super::FAMILY, &["*/read"], script().always(SOLUTIONS, "", 200, &all.to_string())).await;
    let hub = only(&collected, "azure.iot.hub");
    assert!(hub.gaps.is_empty(), "{:?}", hub.gaps);
    let expected = json!([{"id": "/a", "status": "Enabled"}, {"id": "/b", "status": "Enabled"}]);
    assert_eq!(hub.derived["security_solutions"], expected);
}

#[tokio::test]
async fn solutions_that_may_not_be_seen_are_a_gap() {
    let script = script().always(SOLUTIONS, "", 200, r#"{"value": []}"#);
    let collected = family(&super::FAMILY, &["Microsoft.Devices/*/read"], script).await;
    assert_eq!(gaps(only(&collected, "azure.iot.hub")), [("derived.security_solutions", GapReason::Denied)]);
}
