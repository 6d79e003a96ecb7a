use super::super::scripted::{Scripted, gaps, only, read, read_some};
use super::{FAMILY, TYPE};
use crate::collection::Collected;
use evidenced_schemas::{GapReason, Resource};
use serde_json::json;

const RECORDERS: &str = "config:DescribeConfigurationRecorders";
const STATUS: &str = "config:DescribeConfigurationRecorderStatus";
const NONE: &str = r#"{"ConfigurationRecorders": []}"#;
const NO_STATUS: &str = r#"{"ConfigurationRecordersStatus": []}"#;
const DENIED: &str = r#"{"__type": "AccessDeniedException"}"#;

fn recorder(global: bool) -> String {
    json!({"ConfigurationRecorders": [{"name": "default", "roleARN": "arn:aws:iam::123456789012:role/c",
        "recordingGroup": {"allSupported": true, "includeGlobalResourceTypes": global, "resourceTypes": [],
            "exclusionByResourceTypes": {"resourceTypes": []}, "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}},
        "recordingMode": {"recordingFrequency": "CONTINUOUS"}, "recordingScope": "PAID"}]})
    .to_string()
}

fn status(recording: bool) -> String {
    json!({"ConfigurationRecordersStatus": [{"name": "default", "recording": recording, "lastStatus": "SUCCESS",
        "lastStartTime": 1_767_323_045.123, "lastStatusChangeTime": 1_767_323_045.123}]})
    .to_string()
}

fn of<'a>(collected: &'a Collected, region: &str) -> &'a Resource {
    collected.resources.iter().find(|resource| resource.region == region).unwrap()
}

#[tokio::test]
async fn a_recorder_is_told_with_its_status_and_one_region_records_for_all() {
    let script = Scripted::new()
        .always(RECORDERS, "us-east-1", 200, &recorder(true))
        .always(STATUS, "us-east-1", 200, &status(true))
        .always(RECORDERS, "", 200, NONE)
        .always(STATUS, "", 200, NO_STATUS);
    let collected = read(&FAMILY, &["eu-west-1", "us-east-1"], script).await;
    let (home, west) = (of(&collected, "us-east-1"), of(&collected, "eu-west-1"));
    assert_eq!(home.id, "123456789012/us-east-1");
    assert_eq!(
        home.config["recorders"],
        json!([{"name": "default", "role_arn": "arn:aws:iam::123456789012:role/c",
            "recording_group": {"all_supported": true, "include_global_resource_types": true, "resource_types": [],
                "exclusion_by_resource_types": {"resource_types": []},
                "recording_strategy": {"use_only": "ALL_SUPPORTED_RESOURCE_TYPES"}},
            "status": {"name": "default", "recording": true, "last_status": "SUCCESS", "last_error_code": null,
                "last_status_change_time": "2026-01-02T03:04:05Z"}}])
    );
    assert_eq!((&west.config["recorders"], &west.derived["global_types_recorded"]), (&json!([]), &json!(true)));
    assert!(west.exchanges.contains(&1), "what proves it is among the exchanges: {:?}", west.exchanges);
    let rows: Vec<_> =
        collected.populations.iter().map(|row| (row.region.as_str(), row.evaluated, row.complete)).collect();
    assert_eq!(rows, [("eu-west-1", 1, true), ("us-east-1", 1, true)]);
}

#[tokio::test]
async fn global_types_are_recorded_nowhere_only_when_every_region_says_so() {
    let empty = |script: Scripted| script.always(RECORDERS, "", 200, NONE).always(STATUS, "", 200, NO_STATUS);
    let told = |collected: &Collected| only(collected, TYPE).derived.get("global_types_recorded").cloned();
    let home = &["us-east-1"];
    // Off, or without the global types.
    for (recorder, status) in [(recorder(true), status(false)), (recorder(false), status(true))] {
        let script = Scripted::new().always(RECORDERS, "", 200, &recorder).always(STATUS, "", 200, &status);
        assert_eq!(told(&read(&FAMILY, home, script).await), Some(json!(false)));
    }
    // Another region is not part of the run.
    let collected = read_some(&FAMILY, &["eu-west-1", "us-east-1"], home, empty(Scripted::new())).await;
    assert_eq!(told(&collected), None);
    assert_eq!(gaps(only(&collected, TYPE)), [("derived.global_types_recorded", GapReason::Unavailable)]);
    // Another region was refused.
    let script = empty(Scripted::new().always(STATUS, "eu-west-1", 403, DENIED));
    let collected = read(&FAMILY, &["eu-west-1", "us-east-1"], script).await;
    assert_eq!(gaps(of(&collected, "us-east-1")), [("derived.global_types_recorded", GapReason::Denied)]);
    assert_eq!(of(&collected, "us-east-1").config["recorders"], json!([]));
}

#[tokio::test]
async fn recorders_are_unknown_when_either_half_is() {
    for (call, status_code, body, reason) in [
        (RECORDERS, 403, DENIED, GapReason::Denied),
        (STATUS, 403, DENIED, GapReason::Denied),
        (RECORDERS, 200, "{}", GapReason::Malformed),
        (STATUS, 200, "{}", GapReason::Malformed),
        (RECORDERS, 200, "<html/>", GapReason::Malformed),
        (STATUS, 200, NO_STATUS, GapReason::Malformed),
    ] {
        let script = Scripted::new()
            .always(call, "", status_code, body)
            .always(RECORDERS, "", 200, &recorder(true))
            .always(STATUS, "", 200, &status(true));
        let collected = read(&FAMILY, &["us-east-1"], script).await;
        let region = only(&collected, TYPE);
        assert_eq!(
            gaps(region),
            [("config.recorders", reason), ("derived.global_types_recorded", reason)],
            "{call} {body}"
        );
        assert!(region.config.is_empty() && region.derived.is_empty());
    }
}
