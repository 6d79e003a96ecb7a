use super::*;
use crate::aws::scripted::{Scripted, gaps, row as population};
use crate::gcp::operation::{Family, Items, Request};
use crate::gcp::scripted::{DENIED, family};
use evidenced_schemas::GapReason;
use serde::Deserialize;

static RINGS: Operation = Operation {
    service: "test.googleapis.com",
    name: "test.rings.list",
    request: Request::Get("v1/projects/{project}/rings"),
    items: Items::In("rings"),
    ..Operation::PLAIN
};
static KEYS: Operation = Operation {
    service: "test.googleapis.com",
    name: "test.keys.list",
    request: Request::Get("v1/{parent}/keys"),
    items: Items::In("keys"),
    ..Operation::PLAIN
};
static KEY: Operation = Operation {
    service: "test.googleapis.com",
    name: "test.keys.get",
    request: Request::Get("v1/{.name}"),
    ..Operation::PLAIN
};

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Key {
    purpose: Option<String>,
    primary: Option<String>,
}

impl Listed for Key {
    const TYPE: &'static str = "gcp.test.key";
    const ID: &'static str = "//test.googleapis.com/{.name}";
    const DIRECT: &'static [&'static Operation] = &[&RINGS, &KEYS];
    const DETAIL: Option<&'static Operation> = Some(&KEY);
    const OPERATIONS: &'static [&'static Operation] = &[&RINGS, &KEYS, &KEY];
    const ALWAYS: &'static [&'static str] = &["purpose"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

const FAMILY: Family = Family { name: "test", types: &[ResourceType::listed::<Key>("A key")], collect: None };

fn rings() -> Scripted {
    Scripted::new()
        .always("test.googleapis.com:test.rings.list", "", 200, r#"{"rings": [{"name": "r/1"}, {"name": "r/2"}]}"#)
        .always("test.googleapis.com:test.keys.list", "r/1/keys", 200, r#"{"keys": [{"name": "r/1/keys/a"}]}"#)
}

#[tokio::test]
async fn lists_hang_on_lists_and_an_item_is_got_whole() {
    let script = rings().always("test.googleapis.com:test.keys.list", "r/2/keys", 200, "{}").always(
        "test.googleapis.com:test.keys.get",
        "r/1/keys/a",
        200,
        r#"{"name": "r/1/keys/a", "purpose": "SIGN"}"#,
    );
    let collected = family(&FAMILY, script).await;
    assert!(collected.populations[0].complete);
    let key = &collected.resources[0];
    assert_eq!((key.id.as_str(), key.config["purpose"].as_str()), ("//test.googleapis.com/r/1/keys/a", Some("SIGN")));
    assert!(key.gaps.is_empty());
}

#[tokio::test]
async fn an_item_that_cannot_be_got_is_there_with_nothing_known() {
    let script = rings().always("test.googleapis.com:test.keys.list", "r/2/keys", 403, DENIED).always(
        "test.googleapis.com:test.keys.get",
        "",
        403,
        DENIED,
    );
    let collected = family(&FAMILY, script).await;
    let row = population(&collected, "gcp.test.key");
    assert_eq!((row.listed, row.not_evaluated, row.complete), (1, 1, false), "one list was refused");
    assert_eq!(gaps(&collected.resources[0]), [("config", GapReason::Denied)]);
    assert!(collected.resources[0].config.is_empty());
}

#[tokio::test]
async fn a_setting_that_is_always_there_and_missing_is_a_gap() {
    let script = rings().always("test.googleapis.com:test.keys.list", "r/2/keys", 200, "{}").always(
        "test.googleapis.com:test.keys.get",
        "",
        200,
        r#"{"name": "r/1/keys/a"}"#,
    );
    let collected = family(&FAMILY, script).await;
    assert_eq!(gaps(&collected.resources[0]), [("config.purpose", GapReason::Malformed)]);
}
