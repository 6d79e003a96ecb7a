use super::*;
use crate::aws::scripted::Scripted;
use crate::azure::scripted::{SUBSCRIPTION, context};
use crate::document::Field;
use serde_json::json;
use std::sync::Arc;

fn assignment(mode: Option<&str>, not_scopes: &[&str]) -> Assignment {
    serde_json::from_value(json!({
        "id": "/a",
        "properties": {"policy_definition_id": "/providers/Microsoft.Authorization/policySetDefinitions/ABC",
                       "enforcement_mode": mode, "not_scopes": not_scopes},
    }))
    .unwrap()
}

#[test]
fn what_an_assignment_leaves_out_does_not_apply_and_a_group_is_unknown() {
    let own = format!("/subscriptions/{SUBSCRIPTION}");
    let upper = own.to_uppercase();
    let group = "/providers/Microsoft.Management/managementGroups/europe";
    for (not_scopes, applies) in [
        (vec![], Field::Value(true)),
        (vec!["/subscriptions/other"], Field::Value(true)),
        (vec![upper.as_str()], Field::Value(false)),
        (vec![group], Field::Unread),
        (vec![group, own.as_str()], Field::Value(false)),
    ] {
        let assigned = assignment(Some("Default"), &not_scopes).assigned(&own);
        assert_eq!(assigned.applies, applies, "{not_scopes:?}");
        assert_eq!(assigned.definition, "abc");
    }
}

#[test]
fn what_is_not_enforced_is_told() {
    for (mode, is_enforced) in
        [(None, true), (Some("Default"), true), (Some("DoNotEnforce"), false), (Some("New"), false)]
    {
        assert_eq!(assignment(mode, &[]).assigned("/s").is_enforced, is_enforced, "{mode:?}");
    }
}

#[tokio::test]
async fn a_refused_list_is_a_gap_of_both_fields() {
    let refused = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    let script =
        Arc::new(Scripted::new().always("Microsoft.Authorization:PolicyAssignments_List", "atScope()", 403, refused));
    let context = context(&script);
    let mut draft = Draft::new("azure.subscription", "/s", "s", "global");
    let all = draft.take("config.policy_assignments", assignments(&context).await);
    assert!(assigned(&context, &mut draft, &all).is_unread());
}
