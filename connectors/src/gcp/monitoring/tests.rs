use crate::aws::scripted::{Scripted, only};
use crate::gcp::scripted::{DENIED, family};
use evidenced_schemas::Resource;
use serde_json::{Value, json};

const METRICS: &str = "logging.googleapis.com:logging.projects.metrics.list";
const POLICIES: &str = "monitoring.googleapis.com:monitoring.projects.alertPolicies.list";
const CHANNELS: &str = "monitoring.googleapis.com:monitoring.projects.notificationChannels.list";
const CHANNEL: &str = "projects/evidence-test/notificationChannels/1";
const FIREWALL: &str = r#"resource.type="gce_firewall_rule" AND (protoPayload.methodName:"compute.firewalls.delete"
    OR protoPayload.methodName:"compute.firewalls.insert" OR protoPayload.methodName:"compute.firewalls.patch")"#;

/// The benchmark's filters, in forms that people give them.
const FILTERS: [(&str, &str); 8] = [
    (
        "project-ownership",
        r#"(protoPayload.serviceName="cloudresourcemanager.googleapis.com") AND (ProjectOwnership OR projectOwnerInvitee)
        OR (protoPayload.serviceData.policyDelta.bindingDeltas.action="REMOVE" AND
            protoPayload.serviceData.policyDelta.bindingDeltas.role="roles/owner")
        OR (protoPayload.serviceData.policyDelta.bindingDeltas.action="ADD" AND
            protoPayload.serviceData.policyDelta.bindingDeltas.role="roles/owner")"#,
    ),
    (
        "audit-config",
        r#"protoPayload.methodName="SetIamPolicy" AND protoPayload.serviceData.policyDelta.auditConfigDeltas:*"#,
    ),
    (
        "custom-role",
        r#"resource.type="iam_role" AND (protoPayload.methodName="google.iam.admin.v1.CreateRole" OR
        protoPayload.methodName="google.iam.admin.v1.DeleteRole" OR protoPayload.methodName="google.iam.admin.v1.UpdateRole")"#,
    ),
    ("firewall", FIREWALL),
    (
        "routes",
        r#"resource.type="gce_route" AND (protoPayload.methodName:"compute.routes.delete" OR protoPayload.methodName:"compute.routes.insert")"#,
    ),
    (
        "networks",
        r#"resource.type=gce_network protoPayload.methodName:("compute.networks.insert" OR "compute.networks.patch" OR
        "compute.networks.delete" OR "compute.networks.removePeering" OR "compute.networks.addPeering")"#,
    ),
    ("bucket-iam", r#"resource.type="gcs_bucket" AND protoPayload.methodName="storage.setIamPermissions""#),
    ("sql-config", r#"protoPayload.methodName="cloudsql.instances.update""#),
];

fn metric(name: &str, filter: &str) -> Value {
    json!({"name": name, "filter": filter, "metricDescriptor": {"type": format!("logging.googleapis.com/user/{name}")}})
}

fn threshold(metric: &str) -> Value {
    json!({"conditionThreshold": {
        "filter": format!("metric.type=\"logging.googleapis.com/user/{metric}\""), "comparison": "COMPARISON_GT",
        "duration": "0s", "aggregations": [{"alignmentPeriod": "60s", "perSeriesAligner": "ALIGN_DELTA"}]}})
}

fn policy(conditions: &[Value]) -> Value {
    json!({"name": "projects/evidence-test/alertPolicies/1", "displayName": "A", "combiner": "OR", "enabled": true,
        "conditions": conditions, "notificationChannels": [CHANNEL]})
}

fn channel() -> Value {
    json!({"name": CHANNEL, "type": "email", "enabled": true, "labels": {"email_address": "a@example.com"}})
}

fn script(metrics: &[Value], policies: &[Value], channels: &[Value]) -> Scripted {
    Scripted::new()
        .always(METRICS, "", 200, &json!({"metrics": metrics}).to_string())
        .always(POLICIES, "", 200, &json!({"alertPolicies": policies}).to_string())
        .always(CHANNELS, "", 200, &json!({"notificationChannels": channels}).to_string())
}

async fn read(script: Scripted) -> Resource {
    only(&family(&super::FAMILY, script).await, super::coverage::TYPE).clone()
}

/// `matched`, `has_enabled_policy` and `has_working_channel` of the alert on firewall rules.
async fn firewall(metric: Value, policy: Value, channel: Value) -> [Option<bool>; 3] {
    let document = read(script(&[metric], &[policy], &[channel])).await;
    let found = &document.derived["alert_coverage"]["firewall"];
    ["matched", "has_enabled_policy", "has_working_channel"].map(|name| found.get(name).and_then(Value::as_bool))
}

#[tokio::test]
async fn the_filters_of_the_benchmark_cover_their_alerts_and_no_other() {
    for (key, filter) in FILTERS {
        let document = read(script(&[metric("m", filter)], &[policy(&[threshold("m")])], &[channel()])).await;
        assert!(document.gaps.is_empty(), "{key}: {:?}", document.gaps);
        for (other, found) in document.derived["alert_coverage"].as_object().unwrap() {
            let is = json!(other == key);
            assert_eq!((&found["matched"], &found["has_working_channel"]), (&is, &is), "{key} {other}");
            assert_eq!(found["unmatched_events"] == json!([]), other == key, "{key} {other}");
        }
    }
}

#[tokio::test]
async fn a_log_based_alert_needs_no_metric() {
    let policy = policy(&[json!({"conditionMatchedLog": {"filter": FIREWALL}})]);
    let found = firewall(metric("m", "severity>=ERROR"), policy, channel()).await;
    assert_eq!(found, [Some(true); 3]);
}

#[tokio::test]
async fn what_breaks_the_way_to_a_person_is_seen() {
    let (yes, no) = (Some(true), Some(false));
    let fired = |change: fn(&mut Value)| {
        let mut policy = policy(&[threshold("m")]);
        change(&mut policy);
        policy
    };
    for (what, policy, found) in [
        ("nothing", fired(|_| ()), yes),
        ("off", fired(|policy| policy["enabled"] = json!(false)), no),
        ("invalid", fired(|policy| policy["validity"] = json!({"code": 3})), no),
        ("another metric", policy(&[threshold("other")]), no),
        ("too high", fired(|policy| policy["conditions"][0]["conditionThreshold"]["thresholdValue"] = json!(5.0)), no),
        (
            "too few",
            fired(|policy| policy["conditions"][0]["conditionThreshold"]["comparison"] = json!("COMPARISON_LT")),
            no,
        ),
        (
            "for a while",
            fired(|policy| policy["conditions"][0]["conditionThreshold"]["duration"] = json!("300s")),
            None,
        ),
        (
            "a ratio",
            fired(|policy| policy["conditions"][0]["conditionThreshold"]["denominatorFilter"] = json!("x")),
            None,
        ),
        (
            "another resource",
            fired(|policy| {
                policy["conditions"][0]["conditionThreshold"]["filter"] =
                    json!("metric.type=\"logging.googleapis.com/user/m\" AND resource.type=\"global\"");
            }),
            no,
        ),
        (
            "a query",
            policy(&[json!({"conditionPrometheusQueryLanguage": {"query": "logging_googleapis_com:user_m > 0"}})]),
            None,
        ),
        (
            "two of which one is never",
            {
                let mut policy = policy(&[threshold("m"), threshold("other")]);
                policy["combiner"] = json!("AND");
                policy
            },
            no,
        ),
    ] {
        assert_eq!(firewall(metric("m", FIREWALL), policy, channel()).await, [yes, found, found], "{what}");
    }
}

#[tokio::test]
async fn a_channel_works_when_it_is_on_and_verified_where_it_must_be() {
    for (change, works) in [
        (json!({}), true),
        (json!({"verificationStatus": "VERIFIED"}), true),
        (json!({"verificationStatus": "UNVERIFIED"}), false),
        (json!({"verificationStatus": "SOMETHING_NEW"}), false),
        (json!({"enabled": false}), false),
        (json!({"name": "projects/evidence-test/notificationChannels/2"}), false),
    ] {
        let mut channel = channel();
        channel.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let found = firewall(metric("m", FIREWALL), policy(&[threshold("m")]), channel).await;
        assert_eq!(found, [Some(true), Some(true), Some(works)], "{change}");
    }
}

#[tokio::test]
async fn a_metric_of_which_something_is_not_known_matches_nothing_for_certain() {
    for (filter, change, matched) in [
        (FIREWALL, json!({"disabled": true}), Some(false)),
        (FIREWALL, json!({"bucketName": "projects/p/locations/eu/buckets/b"}), None),
        (FIREWALL, json!({"valueExtractor": "EXTRACT(x)"}), None),
        (r#"protoPayload.methodName=~"firewalls""#, json!({}), None),
        (
            r#"resource.type="gce_firewall_rule" AND protoPayload.methodName:"compute.firewalls.insert""#,
            json!({}),
            Some(false),
        ),
    ] {
        let mut metric = metric("m", filter);
        metric.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(firewall(metric, policy(&[threshold("m")]), channel()).await[0], matched, "{filter} {change}");
    }
}

#[tokio::test]
async fn a_list_that_is_refused_leaves_all_alerts_unknown() {
    for refused in [METRICS, POLICIES, CHANNELS] {
        let lists = [(METRICS, "metrics"), (POLICIES, "alertPolicies"), (CHANNELS, "notificationChannels")];
        let script =
            lists.into_iter().fold(Scripted::new().always(refused, "", 403, DENIED), |script, (call, member)| {
                script.always(call, "", 200, &json!({member: []}).to_string())
            });
        let document = read(script).await;
        assert!(!document.derived.contains_key("alert_coverage"), "{refused}");
        assert!(document.gaps.iter().any(|gap| gap.field == "derived.alert_coverage"), "{:?}", document.gaps);
    }
}
