use super::super::scripted::{Scripted, read_family};
use super::*;
use crate::collection::Collected;
use crate::exchange::redact::redact;
use bytes::Bytes;
use evidenced_schemas::{GapReason, Resource};
use serde_json::{Value, json};

const DENIED: &str = r#"{"__type":"AccessDeniedException","message":"no"}"#;
const PREFIX: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/";

fn definition(name: &str) -> String {
    format!(
        r#"{{"taskDefinition":{{"taskDefinitionArn":"{PREFIX}{name}","status":"ACTIVE","containerDefinitions":[{{"name":"app","image":"i",
            "environment":[{{"name":"PASSWORD","value":"[redacted]"}}],"command":"[redacted]",
            "logConfiguration":{{"logDriver":"awslogs","options":{{"awslogs-group":"[redacted]"}}}}}}]}},
            "tags":[{{"key":"team","value":"a"}}]}}"#
    )
}

/// What no test says otherwise: two families; a service uses the latest of the one and an old revision of the other, and
/// a task that ended a third revision.
fn rest(script: Scripted) -> Scripted {
    let service = format!(
        r#"{{"services":[{{"taskDefinition":"{PREFIX}web:3","deployments":[{{"taskDefinition":"{PREFIX}web:3"}},{{"taskDefinition":"{PREFIX}job:1"}}]}}],"failures":[]}}"#
    );
    let task = format!(r#"{{"tasks":[{{"taskDefinitionArn":"{PREFIX}web:2"}}],"failures":[]}}"#);
    script
        .always("ecs:ListTaskDefinitionFamilies", "ACTIVE", 200, r#"{"families":["web","job"]}"#)
        .always("ecs:DescribeTaskDefinition", "\"web\"", 200, &definition("web:3"))
        .always("ecs:DescribeTaskDefinition", "\"job\"", 200, &definition("job:7"))
        .always("ecs:DescribeTaskDefinition", "job:1", 200, &definition("job:1"))
        .always("ecs:DescribeTaskDefinition", "web:2", 200, &definition("web:2"))
        .always("ecs:ListClusters", "", 200, r#"{"clusterArns":["arn:c"]}"#)
        .always("ecs:ListServices", "arn:c", 200, r#"{"serviceArns":["arn:s"]}"#)
        .always("ecs:DescribeServices", "arn:s", 200, &service)
        .always("ecs:ListTasks", "RUNNING", 200, r#"{"taskArns":[]}"#)
        .always("ecs:ListTasks", "STOPPED", 200, r#"{"taskArns":["arn:t"]}"#)
        .always("ecs:DescribeTasks", "arn:t", 200, &task)
}

async fn read(script: Scripted) -> Collected {
    read_family(&FAMILY, rest(script)).await.0
}

fn of<'a>(collected: &'a Collected, name: &str) -> &'a Resource {
    collected.resources.iter().find(|resource| resource.name == name).unwrap_or_else(|| panic!("no {name}"))
}

fn in_use(collected: &Collected) -> Vec<(&str, Option<&Value>)> {
    collected.resources.iter().map(|resource| (resource.name.as_str(), resource.derived.get("in_use"))).collect()
}

#[tokio::test]
async fn what_is_used_and_the_latest_of_each_family_are_documents() {
    let collected = read(Scripted::new()).await;
    let (yes, no) = (json!(true), json!(false));
    assert_eq!(
        in_use(&collected),
        [("job:1", Some(&yes)), ("job:7", Some(&no)), ("web:2", Some(&yes)), ("web:3", Some(&yes))]
    );
    let row = &collected.populations[0];
    assert!(row.complete && row.evaluated == 4, "{row:?}");
    let web = of(&collected, "web:3");
    assert_eq!(web.id, format!("{PREFIX}web:3"));
    assert_eq!(web.tags.as_ref().unwrap()["team"], "a");
    let container = &web.config["container_definitions"][0];
    assert_eq!(
        (&container["privileged"], &container["log_configuration"]["log_driver"]),
        (&Value::Null, &json!("awslogs"))
    );
    let whole = serde_json::to_string(&collected.resources).unwrap();
    assert!(!whole.contains("redacted") && !whole.contains("PASSWORD"), "what a container is told is in no document");
}

#[tokio::test]
async fn what_could_not_be_read_makes_nothing_unused() {
    for (call, needle) in [
        ("ecs:ListClusters", ""),
        ("ecs:ListServices", ""),
        ("ecs:DescribeServices", ""),
        ("ecs:ListTasks", "RUNNING"),
        ("ecs:ListTasks", "STOPPED"),
        ("ecs:DescribeTasks", ""),
    ] {
        for (status, body, reason) in [
            (400, DENIED, GapReason::Denied),
            (200, "{}", GapReason::Malformed),
            (200, "<html/>", GapReason::Malformed),
        ] {
            let collected = read(Scripted::new().always(call, needle, status, body)).await;
            let latest = of(&collected, "job:7");
            assert_eq!((latest.gaps[0].field.as_str(), latest.gaps[0].reason), ("derived.in_use", reason), "{call}");
            assert!(!latest.derived.contains_key("in_use"));
            assert!(!collected.populations[0].complete, "{call}: another revision may be in use");
        }
    }
}

#[tokio::test]
async fn what_is_left_out_of_an_answer_is_an_error_unless_it_is_gone() {
    let answer = |failures: &str| format!(r#"{{"services":[],"failures":[{failures}]}}"#);
    for (failures, whole) in [
        (r#"{"arn":"arn:s","reason":"MISSING"}"#, true),
        (r#"{"arn":"arn:s","reason":"ACCESS_DENIED"}"#, false),
        ("", false),
    ] {
        let collected = read(Scripted::new().always("ecs:DescribeServices", "", 200, &answer(failures))).await;
        assert_eq!(collected.populations[0].complete, whole, "{failures}");
    }
}

#[tokio::test]
async fn a_revision_in_use_that_cannot_be_described_stays_with_gaps() {
    let another = definition("web:9");
    for (status, body, reason) in [
        (400, DENIED, GapReason::Denied),
        (200, "{}", GapReason::Malformed),
        (200, another.as_str(), GapReason::Malformed),
    ] {
        let collected = read(Scripted::new().always("ecs:DescribeTaskDefinition", "job:1", status, body)).await;
        let job = of(&collected, "job:1");
        let fields: Vec<_> = job.gaps.iter().map(|gap| (gap.field.as_str(), gap.reason)).collect();
        assert_eq!(
            fields,
            [("config.container_definitions", reason), ("config.network_mode", reason), ("config.status", reason)]
        );
        assert_eq!((job.derived["in_use"].clone(), collected.populations[0].not_evaluated), (json!(true), 1));
    }
    let collected = read(Scripted::new().always("ecs:DescribeTaskDefinition", "\"job\"", 400, DENIED)).await;
    assert!(!collected.populations[0].complete, "the latest of a family has no number until it is described");
}

#[tokio::test]
async fn families_that_are_refused_or_are_no_list_are_incomplete_and_what_is_used_stays() {
    for (status, body, reason) in
        [(400, DENIED, "denied (AccessDeniedException)"), (200, "{}", "malformed"), (200, "<html/>", "malformed")]
    {
        let script = Scripted::new().always("ecs:ListTaskDefinitionFamilies", "", status, body).always(
            "ecs:DescribeTaskDefinition",
            "web:3",
            200,
            &definition("web:3"),
        );
        let collected = read(script).await;
        let row = &collected.populations[0];
        assert!(!row.complete && row.reason.as_deref().unwrap().contains(reason), "{row:?}");
        assert_eq!(in_use(&collected).len(), 3);
    }
    let script = Scripted::new()
        .always("ecs:ListTaskDefinitionFamilies", "more", 200, r#"{"families":["job"]}"#)
        .always("ecs:ListTaskDefinitionFamilies", "", 200, r#"{"families":["web"],"nextToken":"more"}"#);
    assert_eq!(in_use(&read(script).await).len(), 4);
}

#[tokio::test]
async fn the_order_of_answers_leaves_no_trace() {
    let first = read(Scripted::new()).await;
    for seed in 1..6 {
        let again = read(Scripted::shuffled(seed)).await;
        assert_eq!(again.resources, first.resources);
    }
}

#[test]
fn what_containers_are_told_is_taken_out() {
    let body = r#"{"taskDefinition":{"containerDefinitions":[{"command":["--key","canary"],"entryPoint":["canary"],
        "environment":[{"name":"K","value":"canary"}],"dockerLabels":{"k":"canary"},"healthCheck":{"command":["canary"]},
        "firelensConfiguration":{"type":"fluentbit","options":{"k":"canary"}},
        "logConfiguration":{"logDriver":"splunk","options":{"splunk-token":"canary"}}}],
        "volumes":[{"dockerVolumeConfiguration":{"driverOpts":{"o":"password=canary"}}}],
        "proxyConfiguration":{"properties":[{"name":"K","value":"canary"}]}}}"#;
    let clean = redact(&Bytes::from_static(body.as_bytes()), task_definition::DESCRIBE_TASK_DEFINITION.secrets, &[]);
    let text = String::from_utf8(clean.body.to_vec()).unwrap();
    assert!(!text.contains("canary") && text.contains("splunk") && clean.paths.len() == 9, "{text} {:?}", clean.paths);
    let body = r#"{"tasks":[{"overrides":{"containerOverrides":[{"command":["canary"],"environment":[{"name":"K","value":"canary"}]}]}}]}"#;
    let clean = redact(&Bytes::from_static(body.as_bytes()), used::DESCRIBE_TASKS.secrets, &[]);
    assert!(!String::from_utf8(clean.body.to_vec()).unwrap().contains("canary"));
}
