use super::{Entry, LogQuery, Match};
use serde_json::json;

fn matches(filter: &str) -> Match {
    let entry = Entry {
        known: json!({
            "log_id": "cloudaudit.googleapis.com/activity",
            "resource": {"type": "gce_firewall_rule"}, "severity": "NOTICE",
            "protoPayload": {
                "methodName": "v1.compute.firewalls.insert",
                "serviceData": {"policyDelta": {"bindingDeltas": [
                    {"action": "ADD", "role": "roles/owner"}, {"action": "REMOVE", "role": "roles/viewer"}]}},
            },
        }),
        whole: &["protoPayload.serviceData", "textPayload"],
        every: false,
    };
    LogQuery::read(filter).matches(&entry)
}

#[test]
fn a_text_that_not_every_entry_holds_is_no_match_of_all_of_them() {
    let entry = Entry { known: json!({"a": "b"}), whole: &[], every: true };
    let matches = |filter: &str| LogQuery::read(filter).matches(&entry);
    assert_eq!(matches("word"), Some(false));
    assert_eq!(matches("a=b (word OR other)"), Some(false));
    assert_eq!(matches("word OR a=b"), Some(true));
    assert_eq!(matches("NOT word"), None);
    assert_eq!(matches("NOT (NOT word)"), None);
}

#[test]
fn a_filter_is_its_meaning_however_it_is_written() {
    for filter in [
        "",
        "  \n ",
        r#"resource.type="gce_firewall_rule" AND protoPayload.methodName:"compute.firewalls.insert""#,
        "resource.type = gce_firewall_rule protoPayload.methodName : compute.firewalls.insert",
        r#"(protoPayload.methodName:("compute.firewalls.patch" OR "compute.firewalls.insert")) AND (resource.type='GCE_firewall_rule')"#,
        "-- what counts\nresource.type=\"gce_firewall_rule\"\n(protoPayload.methodName:\"x\" OR protoPayload.methodName:\"firewalls\")",
        r#"NOT resource.type="gce_route""#,
        r#"-resource.type="gce_route""#,
        r#"NOT(resource.type="gce_route")"#,
        r#"resource.type!="gce_route""#,
        r#"log_id("cloudaudit.googleapis.com/activity")"#,
        r#"NOT LOG_ID("cloudaudit.googleapis.com/data_access")"#,
        "protoPayload.serviceData.policyDelta.bindingDeltas:*",
        r#"protoPayload.serviceData.policyDelta.bindingDeltas.role="roles/owner""#,
        r#""firewalls.insert""#,
        // OR binds closer than AND.
        r#"resource.type="x" OR resource.type="gce_firewall_rule" AND protoPayload.methodName:"insert""#,
        "severity>=notice",
        "severity>DEBUG AND severity<WARNING",
        r#"severity>=ERROR OR resource.type="gce_firewall_rule""#,
    ] {
        assert_eq!(matches(filter), Some(true), "{filter}");
    }
}

#[test]
fn what_does_not_match_does_not() {
    for filter in [
        r#"resource.type="gce_route""#,
        r#"protoPayload.methodName="compute.firewalls.insert""#,
        r#"resource.type="gce_firewall_rule" AND resource.type="gce_route" OR resource.type="gce_network""#,
        r#"severity>=ERROR AND resource.type="gce_route""#,
        "protoPayload.serviceData.policyDelta.auditConfigDeltas:*",
        r#"textPayload:"firewalls""#,
        r#"textPayload=~"fire.*""#,
        "severity>=ERROR",
        r#"log_id("cloudaudit.googleapis.com/data_access")"#,
        r#"resource.type=("gce_route" OR "gce_network")"#,
        r#"protoPayload.methodName:("insert" AND "patch")"#,
    ] {
        assert_eq!(matches(filter), Some(false), "{filter}");
    }
}

#[test]
fn what_is_not_understood_is_unknown() {
    for filter in [
        r#"protoPayload.methodName=~"compute\.firewalls\..*""#,
        r#"protoPayload.methodName=~"firewalls""#,
        "severity>=3",
        r#"protoPayload.authenticationInfo.principalEmail!="a@example.com""#,
        r#"labels."compute.googleapis.com/x"="y""#,
        "sample(insertId, 0.1)",
        "resource.type=",
        "(resource.type=x",
        r#"resource.type="x"#,
        "AND",
        "resource.type=gce_*",
        r#"protoPayload.serviceData.policyDelta.bindingDeltas.role!="roles/owner""#,
        "ProjectOwnership",
        "NOT ProjectOwnership",
        r#"resource.type="gce_firewall_rule" AND sample(insertId, 0.1)"#,
        r#"protoPayload.serviceData.policyDelta.auditConfigDeltas!="x""#,
    ] {
        assert_eq!(matches(filter), None, "{filter}");
    }
}
