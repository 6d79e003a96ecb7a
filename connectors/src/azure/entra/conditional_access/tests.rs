use super::*;
use serde_json::json;

#[expect(clippy::needless_pass_by_value, reason = "callers write them with json!")]
fn effect(conditions: Value, grant: Value) -> Effect {
    let policy =
        json!({"id": "p", "display_name": "P", "state": "enabled", "conditions": conditions, "grant_controls": grant});
    serde_json::from_value::<Policy>(policy).unwrap().effect()
}

fn everywhere() -> Value {
    json!({
        "users": {"include_users": ["All"], "exclude_users": [], "include_groups": [], "exclude_groups": [], "include_roles": [], "exclude_roles": []},
        "applications": {"include_applications": ["All"], "exclude_applications": []},
        "client_app_types": ["all"], "sign_in_risk_levels": [], "platforms": null,
    })
}

#[test]
fn only_what_cannot_be_got_past_requires_mfa() {
    let strength = |satisfied: Value, id: &str| json!({"id": id, "requirements_satisfied": satisfied});
    let rows = [
        (json!({"operator": "OR", "built_in_controls": ["mfa"]}), Some(true)),
        (json!({"operator": "AND", "built_in_controls": ["mfa", "compliantDevice"]}), Some(true)),
        (json!({"operator": "OR", "built_in_controls": ["mfa", "compliantDevice"]}), Some(false)),
        (json!({"operator": "OR", "built_in_controls": ["mfa"], "terms_of_use": ["t"]}), Some(false)),
        (json!({"operator": "OR", "built_in_controls": ["compliantDevice"]}), Some(false)),
        (json!({"operator": "OR", "built_in_controls": []}), Some(false)),
        (json!({"operator": null, "built_in_controls": ["mfa", "compliantDevice"]}), None),
        (json!({"operator": "AND", "built_in_controls": null}), None),
        (
            json!({"operator": "OR", "built_in_controls": [], "authentication_strength": strength(json!("mfa"), "x")}),
            Some(true),
        ),
        (
            json!({"operator": "OR", "built_in_controls": [], "authentication_strength": strength(json!("none"), "x")}),
            Some(false),
        ),
        (
            json!({"operator": "OR", "built_in_controls": [], "authentication_strength": strength(Value::Null, STRENGTHS[2])}),
            Some(true),
        ),
        (
            json!({"operator": "OR", "built_in_controls": [], "authentication_strength": strength(Value::Null, "x")}),
            None,
        ),
        (json!({"operator": "OR", "built_in_controls": ["block"]}), Some(false)),
        (Value::Null, Some(false)),
    ];
    for (grant, expected) in rows {
        assert_eq!(effect(everywhere(), grant.clone()).requires_mfa, expected, "{grant}");
    }
}

#[test]
fn a_condition_leaves_sign_ins_out_unless_it_is_everything() {
    let rows = [
        ("locations", json!({"include_locations": ["All"], "exclude_locations": []}), false),
        ("locations", json!({"include_locations": ["All"], "exclude_locations": ["AllTrusted"]}), true),
        ("platforms", json!({"include_platforms": ["all"], "exclude_platforms": []}), false),
        ("platforms", json!({"include_platforms": ["android"], "exclude_platforms": []}), true),
        ("sign_in_risk_levels", json!(["high"]), true),
        ("client_app_types", json!(["browser", "mobileAppsAndDesktopClients"]), true),
        ("client_app_types", json!(CLIENTS), false),
        ("devices", json!({"device_filter": {"mode": "exclude", "rule": "x"}}), true),
        ("agent_id_risk_levels", json!("high"), true),
        ("condition_of_a_year_to_come", json!({"levels": [], "@odata.type": "x"}), false),
        ("locations", json!({"include_locations": ["All"], "exclude_locations": ["l"], "new": true}), true),
        ("insider_risk_levels", json!(null), false),
    ];
    for (name, value, expected) in rows {
        let mut conditions = everywhere();
        conditions[name] = value.clone();
        let expected = if expected { vec![name.to_owned()] } else { vec![] };
        assert_eq!(effect(conditions, Value::Null).narrowed_by, Some(expected), "{name} {value}");
    }
}

/// A member that is set and that nobody here knows: whether the policy holds as far as it seems cannot be told.
#[test]
fn what_a_member_that_nobody_knows_may_change_is_not_told() {
    let new = || json!({"state": "x"});
    for (name, value) in [
        ("condition_of_a_year_to_come", new()),
        ("locations", json!({"include_locations": ["All"], "new": new()})),
        ("devices", json!({"new": 7})),
    ] {
        let mut conditions = everywhere();
        conditions[name] = value;
        assert_eq!(effect(conditions, Value::Null).narrowed_by, None, "{name}");
    }
    let mut conditions = everywhere();
    conditions["users"]["new"] = new();
    let told = effect(conditions, Value::Null);
    assert_eq!((told.all_users, told.roles, told.exclusions), (None, None, None));
    assert_eq!((told.all_applications, told.azure_management), (Some(true), Some(true)), "it is not about these");
    let mut conditions = everywhere();
    conditions["users"]["exclude_guests_or_external_users"] =
        json!({"guest_or_external_user_types": "x", "new": new()});
    assert_eq!(effect(conditions, Value::Null).exclusions, None);
    let mut conditions = everywhere();
    conditions["applications"]["new"] = new();
    let told = effect(conditions, Value::Null);
    assert_eq!((told.all_applications, told.excluded_applications), (None, None));
    assert_eq!((told.azure_management, told.admin_portals), (None, None));
    assert_eq!(told.all_users, Some(true));
}

#[test]
fn a_control_that_nobody_knows_neither_blocks_nor_lets_through() {
    let strength = json!({"id": STRENGTHS[0], "requirements_satisfied": "mfa", "new": true});
    for (grant, requires_mfa) in [
        (json!({"operator": "OR", "built_in_controls": ["mfa"], "new": ["x"]}), None),
        (json!({"operator": "OR", "built_in_controls": ["mfa", "controlOfAYearToCome"]}), None),
        (json!({"operator": "OR", "built_in_controls": ["compliantDevice"], "new": ["x"]}), Some(false)),
        (json!({"operator": "AND", "built_in_controls": ["mfa"], "new": ["x"]}), None),
        (json!({"operator": "AND", "built_in_controls": ["mfa", "controlOfAYearToCome"]}), Some(true)),
        (json!({"operator": "OR", "built_in_controls": [], "new": ["x"]}), None),
        (json!({"operator": "OR", "built_in_controls": [], "authentication_strength": strength}), None),
    ] {
        assert_eq!(effect(everywhere(), grant.clone()).requires_mfa, requires_mfa, "{grant}");
    }
    for (grant, blocks) in [
        (json!({"operator": "OR", "built_in_controls": ["block"]}), Some(4)),
        (json!({"operator": "OR", "built_in_controls": ["block"], "new": []}), Some(4)),
        (json!({"operator": "OR", "built_in_controls": ["block"], "new": ["x"]}), None),
        (json!({"operator": "OR", "built_in_controls": [], "new": ["x"]}), None),
        (json!({"operator": "OR", "built_in_controls": ["controlOfAYearToCome"]}), None),
        (json!({"operator": "OR", "built_in_controls": ["mfa"]}), Some(0)),
    ] {
        let told = effect(everywhere(), grant.clone()).blocked_client_app_types;
        assert_eq!(told.map(|kinds| kinds.len()), blocks, "{grant}");
    }
}

#[test]
fn whom_and_what_it_leaves_out_is_told() {
    let mut conditions = everywhere();
    conditions["users"]["exclude_groups"] = json!(["g"]);
    conditions["users"]["exclude_guests_or_external_users"] =
        json!({"guest_or_external_user_types": "serviceProvider,internalGuest"});
    conditions["applications"]["exclude_applications"] = json!([AZURE_MANAGEMENT]);
    let told = effect(conditions.clone(), Value::Null);
    assert_eq!(told.exclusions.unwrap(), ["g", "guests:internalGuest", "guests:serviceProvider"]);
    assert_eq!((told.azure_management, told.admin_portals), (Some(false), Some(true)));
    conditions["users"]["exclude_roles"] = Value::Null;
    assert_eq!(effect(conditions, Value::Null).exclusions, None, "what is not told is not nobody");
}
