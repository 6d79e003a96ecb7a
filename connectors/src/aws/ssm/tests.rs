use super::super::scripted::{Scripted, gaps, only, read, row};
use super::FAMILY;
use evidenced_schemas::{GapReason, Resource};
use serde_json::{Value, json};

const NODE: &str = "aws.ssm.instance-patch-state";
const NODES: &str = "ssm:DescribeInstanceInformation";
const STATES: &str = "ssm:DescribeInstancePatchStates";
const HOME: &[&str] = &["us-east-1"];
const DENIED: &str = r#"{"__type": "AccessDeniedException"}"#;

fn nodes(ids: &[String], next: &str) -> String {
    let one = |id: &String| {
        json!({"InstanceId": id, "PingStatus": "Online", "LastPingDateTime": 1_767_323_045.9, "AgentVersion": "3.3",
            "PlatformType": "Linux", "ResourceType": "EC2Instance", "IPAddress": "10.0.0.1", "ComputerName": "c"})
    };
    json!({"InstanceInformationList": ids.iter().map(one).collect::<Vec<_>>(), "NextToken": next}).to_string()
}

fn states(ids: &[String]) -> String {
    let one = |id: &String| {
        json!({"InstanceId": id, "PatchGroup": "", "BaselineId": "pb-1", "Operation": "Scan", "MissingCount": 2, "FailedCount": 0,
            "OperationStartTime": 1_767_323_000, "OperationEndTime": 1_767_323_045.5})
    };
    json!({"InstancePatchStates": ids.iter().map(one).collect::<Vec<_>>()}).to_string()
}

#[tokio::test]
async fn every_managed_node_is_told_with_its_patches_fifty_at_a_time() {
    let ids: Vec<String> = (0..60).map(|number| format!("i-{number:02}")).collect();
    let script = Scripted::new()
        .always(NODES, "more", 200, &nodes(&ids[..10], ""))
        .always(NODES, r#"{"MaxResults":50}"#, 200, &nodes(&ids[10..], "more"))
        .always(STATES, "i-49", 200, &states(&ids[..50]))
        .always(STATES, "i-50", 200, &states(&ids[50..59]));
    let collected = read(&FAMILY, HOME, script).await;
    let row = row(&collected, NODE);
    assert_eq!((row.listed, row.evaluated, row.pages, row.complete), (60, 60, 2, true), "{row:?}");
    let of = |id: &str| -> &Resource { collected.resources.iter().find(|resource| resource.name == id).unwrap() };
    let first = of("i-00");
    assert_eq!(first.id, "arn:aws:ssm:us-east-1:123456789012:managed-instance/i-00");
    assert_eq!(
        Value::Object(first.config.clone()),
        json!({"instance_id": "i-00", "ping_status": "Online", "last_ping_date_time": "2026-01-02T03:04:05Z",
            "resource_type": "EC2Instance", "platform_type": "Linux", "agent_version": "3.3",
            "patch_state": {"instance_id": "i-00", "baseline_id": "pb-1", "operation": "Scan", "missing_count": 2,
                "failed_count": 0, "operation_end_time": "2026-01-02T03:04:05Z", "installed_pending_reboot_count": null,
                "critical_non_compliant_count": null, "security_non_compliant_count": null}})
    );
    assert_eq!(of("i-59").config["patch_state"], Value::Null, "it was never scanned");
}

#[tokio::test]
async fn patch_states_that_are_refused_are_a_gap_of_each_node() {
    for (status, body, reason) in [
        (403, DENIED, GapReason::Denied),
        (200, "{}", GapReason::Malformed),
        (200, "<html/>", GapReason::Malformed),
        (200, r#"{"InstancePatchStates": [{}]}"#, GapReason::Malformed),
    ] {
        let script =
            Scripted::new().always(NODES, "", 200, &nodes(&["i-1".to_owned()], "")).always(STATES, "", status, body);
        let collected = read(&FAMILY, HOME, script).await;
        let node = only(&collected, NODE);
        assert_eq!(gaps(node), [("config.patch_state", reason)]);
        assert!(!node.config.contains_key("patch_state"));
        assert!(row(&collected, NODE).complete);
    }
}

#[tokio::test]
async fn nodes_that_are_refused_are_not_an_empty_list() {
    for (status, body) in [(403, DENIED), (200, "{}"), (200, "<html/>"), (200, r#"{"InstanceInformationList": [{}]}"#)]
    {
        let collected = read(&FAMILY, HOME, Scripted::new().always(NODES, "", status, body)).await;
        let row = row(&collected, NODE);
        assert_eq!((row.listed, row.complete), (0, false));
    }
    let silent = r#"{"InstanceInformationList": [{"InstanceId": "mi-1"}]}"#;
    let script = Scripted::new().always(NODES, "", 200, silent).always(STATES, "", 200, &states(&[]));
    let collected = read(&FAMILY, HOME, script).await;
    let missing = [("config.ping_status", GapReason::Malformed), ("config.resource_type", GapReason::Malformed)];
    assert_eq!(gaps(only(&collected, NODE)), missing);
}
