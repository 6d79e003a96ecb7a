use super::*;
use proptest::prelude::*;
use serde_json::json;

fn event() -> Value {
    json!({
        "source": "aws.iam", "detail-type": "AWS API Call via CloudTrail", "resources": [], "account": "123456789012",
        "detail": {"eventSource": "iam.amazonaws.com", "eventName": "PutRolePolicy", "readOnly": false, "count": 5,
            "responseElements": null, "userIdentity": {"type": "Root"}, "list": ["a", "b"]},
    })
}

fn on(pattern: &Value) -> Option<bool> {
    match EventPattern::read(&pattern.to_string()).matches(&event()) {
        Known::Is(value) => Some(value),
        Known::Unknown(_) => None,
    }
}

fn detail(name: &str, choices: Value) -> Value {
    let mut inner = Map::new();
    inner.insert(name.to_owned(), choices);
    json!({"detail": inner})
}

#[test]
fn matchers_hold_or_do_not() {
    for (name, choices, holds) in [
        ("eventName", json!(["PutRolePolicy", "x"]), true),
        ("eventName", json!(["putrolepolicy"]), false),
        ("eventName", json!([]), false),
        ("eventName", json!([{"prefix": "Put"}]), true),
        ("eventName", json!([{"prefix": "Delete"}, {"suffix": "Policy"}]), true),
        ("eventName", json!([{"prefix": {"equals-ignore-case": "put"}}]), true),
        ("eventName", json!([{"suffix": {"equals-ignore-case": "POLICIES"}}]), false),
        ("eventName", json!([{"equals-ignore-case": "putrolepolicy"}]), true),
        ("eventName", json!([{"wildcard": "*Role*"}]), true),
        ("eventName", json!([{"wildcard": "*User*"}]), false),
        ("eventName", json!([{"anything-but": "x"}]), true),
        ("eventName", json!([{"anything-but": ["x", "PutRolePolicy"]}]), false),
        ("eventName", json!([{"anything-but": {"prefix": "Put"}}]), false),
        ("eventName", json!([{"anything-but": {"prefix": ["Get", "List"]}}]), true),
        ("eventName", json!([{"anything-but": {"wildcard": "*Role*"}}]), false),
        ("eventName", json!([{"exists": true}]), true),
        ("eventName", json!([{"exists": false}]), false),
        ("errorCode", json!([{"exists": false}]), true),
        ("errorCode", json!([{"exists": true}]), false),
        ("errorCode", json!(["x", {"prefix": "y"}]), false),
        ("errorCode", json!([{"anything-but": "x"}]), false),
        ("errorCode", json!([{"numeric": [">", 1]}]), false),
        ("readOnly", json!([false]), true),
        ("readOnly", json!(["false"]), false),
        ("readOnly", json!([{"prefix": "f"}]), false),
        ("count", json!([5.0]), true),
        ("responseElements", json!([null]), true),
        ("responseElements", json!({"x": [{"exists": false}]}), true),
        ("userIdentity", json!({"type": ["Root"]}), true),
        ("userIdentity", json!({"type": ["Root"], "invokedBy": [{"exists": false}]}), true),
        ("userIdentity", json!({"type": ["IAMUser"]}), false),
        ("list", json!(["b"]), true),
        ("list", json!(["c"]), false),
        ("$or", json!([{"eventName": ["x"]}, {"eventSource": ["iam.amazonaws.com"]}]), true),
        ("$or", json!([{"eventName": ["x"]}, {"eventSource": ["x"]}]), false),
    ] {
        assert_eq!(on(&detail(name, choices.clone())), Some(holds), "{name} {choices}");
    }
    assert_eq!(on(&json!({"source": ["aws.ec2"], "detail": {"eventName": [{"new": 1}]}})), Some(false));
    assert_eq!(on(&json!({})), Some(true));
}

#[test]
fn what_is_not_understood_is_neither_a_match_nor_a_miss() {
    for (name, choices) in [
        ("eventName", json!("PutRolePolicy")),
        ("eventName", json!([["PutRolePolicy"]])),
        ("eventName", json!([{"matches": "Put.*"}])),
        ("eventName", json!([{"prefix": "Put", "suffix": "x"}])),
        ("eventName", json!([{"prefix": {"lower": "put"}}])),
        ("eventName", json!([{"wildcard": "Put\\*"}])),
        ("eventName", json!([{"anything-but": {"cidr": "10.0.0.0/8"}}])),
        ("eventName", json!([{"exists": "yes"}])),
        ("errorCode", json!([{"exists": "yes"}])),
        ("count", json!([{"numeric": [">", 1]}])),
        ("userIdentity", json!([{"exists": true}])),
        ("list", json!([{"anything-but": "a"}])),
        ("list", json!({"a": ["b"]})),
        ("$or", json!(["eventName"])),
    ] {
        assert_eq!(on(&detail(name, choices.clone())), None, "{name} {choices}");
    }
    for text in ["", "{", "[]", "null", "source"] {
        assert!(matches!(EventPattern::read(text).matches(&event()), Known::Unknown(_)), "{text}");
    }
}

#[test]
fn structures_without_end_are_refused_and_not_followed() {
    let deep = format!("{}{}", "{\"detail\":".repeat(100_000), "}".repeat(100_000));
    assert!(matches!(EventPattern::read(&deep).matches(&event()), Known::Unknown(_)));
}

/// Structures of the language's own words.
fn nearly() -> impl Strategy<Value = Value> {
    let words = ["source", "detail", "eventName", "$or", "prefix", "anything-but", "exists", "PutRolePolicy", "list"];
    let scalar = prop_oneof![
        proptest::sample::select(words.to_vec()).prop_map(|word| json!(word)),
        proptest::arbitrary::any::<bool>().prop_map(|value| json!(value)),
        proptest::arbitrary::any::<i32>().prop_map(|value| json!(value)),
        Just(Value::Null),
    ];
    scalar.prop_recursive(5, 40, 4, move |inner| {
        let members = proptest::collection::btree_map(proptest::sample::select(words.to_vec()), inner.clone(), 0..4);
        let object = members.prop_map(|members| {
            Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        });
        prop_oneof![proptest::collection::vec(inner, 0..4).prop_map(Value::Array), object]
    })
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in proptest::arbitrary::any::<String>(), pattern in nearly()) {
        let _ = EventPattern::read(&text).matches(&event());
        let _ = EventPattern::read(&pattern.to_string()).matches(&event());
        let _ = EventPattern::read(&json!({"detail": pattern}).to_string()).matches(&event());
    }
}
