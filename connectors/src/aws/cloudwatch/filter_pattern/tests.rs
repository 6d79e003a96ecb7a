use super::*;
use proptest::prelude::*;
use serde_json::json;

fn on(pattern: &str, event: &Value) -> Option<bool> {
    match FilterPattern::read(pattern).matches(event) {
        Known::Is(value) => Some(value),
        Known::Unknown(causes) => {
            assert!(!causes.is_empty());
            None
        }
    }
}

fn login() -> Value {
    json!({
        "eventName": "ConsoleLogin", "eventType": "AwsConsoleSignIn", "readOnly": false, "count": 5, "error": null,
        "userIdentity": {"type": "IAMUser"}, "additionalEventData": {"MFAUsed": "No"},
        "resources": [{"type": "a"}, {"type": "b"}], "responseElements": {"ConsoleLogin": "Success"},
    })
}

#[test]
fn conditions_hold_or_do_not() {
    for (pattern, holds) in [
        ("", true),
        ("  ", true),
        (r#"{ $.eventName = "ConsoleLogin" }"#, true),
        (r#"{$.eventName="ConsoleLogin"}"#, true),
        ("{ $.eventName = ConsoleLogin }", true),
        ("{ $.eventName = Console* }", true),
        ("{ $.eventName = consolelogin }", false),
        (r#"{ $.eventName != "ConsoleLogin" }"#, false),
        (r#"{ $.eventName = "*" }"#, true),
        (r#"{ $.nothing = "*" }"#, false),
        (r#"{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }"#, true),
        (r#"{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed != "No" }"#, false),
        ("{ $.userIdentity.invokedBy NOT EXISTS }", true),
        ("{ $.userIdentity.type NOT EXISTS }", false),
        ("{ $.error IS NULL }", true),
        ("{ $.count IS NULL }", false),
        ("{ $.readOnly IS FALSE }", true),
        ("{ $.readOnly IS TRUE }", false),
        ("{ $.nothing IS TRUE }", false),
        ("{ $.count = 5 }", true),
        ("{ $.count >= 5.0 && $.count < 6 && $.count <= 5 && $.count > 4e0 && $.count != 6 }", true),
        ("{ $.count > 5 }", false),
        (r#"{ $.resources[1].type = "b" }"#, true),
        (r#"{ $.resources[2].type = "b" }"#, false),
        (r#"{ $.resources[*].type = "b" }"#, true),
        (r#"{ $.resources[*].type = "c" }"#, false),
        (r#"{ $.['eventName'] = "ConsoleLogin" }"#, true),
        (r#"{ $.userIdentity["type"] = "IAMUser" }"#, true),
    ] {
        assert_eq!(on(pattern, &login()), Some(holds), "{pattern}");
    }
}

#[test]
fn and_binds_closer_than_or_and_brackets_closer_than_both() {
    let (yes, no) = (r#"$.eventName = "ConsoleLogin""#, r#"$.eventName = "x""#);
    for (pattern, holds) in [
        (format!("{{ {yes} || {no} && {no} }}"), true),
        (format!("{{ ({yes} || {no}) && {no} }}"), false),
        (format!("{{ {no} && {no} || {yes} }}"), true),
        (format!("{{ {no} && ({no} || {yes}) }}"), false),
        (format!("{{(({yes})&&(({no})||({yes})))}}"), true),
    ] {
        assert_eq!(on(&pattern, &login()), Some(holds), "{pattern}");
    }
}

#[test]
fn what_is_not_understood_is_neither_a_match_nor_a_miss() {
    for pattern in [
        "ERROR",
        "[ip, user]",
        "%Unauthorized%",
        "{",
        "{}",
        "{ }",
        "{ $ = 1 }",
        "{ $. = 1 }",
        "{ $.a }",
        "{ $.eventName = }",
        r#"{ $.eventName = "ConsoleLogin" } trailing"#,
        r#"{ $.eventName = "ConsoleLogin }"#,
        r#"{ $.eventName == "ConsoleLogin" }"#,
        r#"{ $.eventName = "ConsoleLogin" AND $.count = 5 }"#,
        r#"{ ($.eventName = "ConsoleLogin" }"#,
        "{ $.eventName = %Console.*% }",
        r#"{ $.eventName = "Console\"Login" }"#,
        r#"{ $.nothing != "x" }"#,
        "{ $.nothing IS NULL }",
        "{ $.error NOT EXISTS }",
        "{ $.count = 4* }",
        "{ $.readOnly = false }",
        r#"{ $.eventName > "A" }"#,
        r#"{ $.resources[*].type != "c" }"#,
        "{ $.eventName IS NOT NULL }",
        "{ $.a[x] = 1 }",
    ] {
        assert_eq!(on(pattern, &login()), None, "{pattern}");
    }
}

#[test]
fn one_side_may_settle_what_the_other_leaves_open() {
    let open = "$.eventName = %Console%";
    let (yes, no) = (r#"$.eventName = "ConsoleLogin""#, r#"$.eventName = "x""#);
    assert_eq!(on(&format!("{{ {open} || {yes} }}"), &login()), Some(true));
    assert_eq!(on(&format!("{{ {open} && {no} }}"), &login()), Some(false));
    assert_eq!(on(&format!("{{ {open} && {yes} }}"), &login()), None);
}

#[test]
fn brackets_without_end_are_refused_and_not_followed() {
    let deep = format!("{{ {}$.a = 1{} }}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(on(&deep, &login()), None);
}

/// Texts of the language's own pieces, so that many of them nearly parse.
fn nearly() -> impl Strategy<Value = String> {
    let pieces = [
        "{",
        "}",
        "(",
        ")",
        "$",
        ".",
        "$.eventName",
        "$.a[0]",
        "[*]",
        "[",
        "]",
        " ",
        "=",
        "!=",
        "<",
        ">=",
        "&&",
        "||",
        "\"x\"",
        "\"",
        "\\",
        "%",
        "%é%",
        "1",
        "-",
        "é",
        "NOT",
        "EXISTS",
        "IS",
        "NULL",
        "*",
        "x",
        "'",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in proptest::arbitrary::any::<String>(), pieces in nearly()) {
        for text in [text.clone(), format!("{{{text}}}"), pieces.clone(), format!("{{ {pieces} }}")] {
            let _ = FilterPattern::read(&text).matches(&login());
        }
    }

    #[test]
    fn a_condition_and_its_opposite_never_both_hold(name in "[a-zA-Z*]{1,12}") {
        let equal = on(&format!("{{ $.eventName = \"{name}\" }}"), &login());
        let differs = on(&format!("{{ $.eventName != \"{name}\" }}"), &login());
        prop_assert_eq!(equal.map(|value| !value), differs);
    }

    #[test]
    fn spaces_and_brackets_change_nothing(names in proptest::collection::vec("[a-z]{1,3}|ConsoleLogin", 1..6)) {
        let conditions: Vec<String> = names.iter().map(|name| format!("$.eventName=\"{name}\"")).collect();
        let bare = format!("{{{}}}", conditions.join("||"));
        let wide = format!("{{ ( {} ) }}", conditions.join(" )  ||\n ( "));
        let expected = Some(names.iter().any(|name| name == "ConsoleLogin"));
        prop_assert_eq!(on(&bare, &login()), expected);
        prop_assert_eq!(on(&wide, &login()), expected);
    }
}
