use super::*;
use crate::aws::scripted::Scripted;
use crate::azure::scripted::{SUBSCRIPTION, context, row, rows};
use std::sync::Arc;

const CALL: &str = "Microsoft.ResourceGraph:Resources";
const TYPE: &str = "microsoft.storage/storageaccounts";

fn account(name: &str) -> Value {
    row(TYPE, name, "westeurope", &json!({}))
}

fn page(total: u64, names: &[&str], rest: &Value) -> String {
    let data: Vec<Value> = names.iter().map(|name| account(name)).collect();
    let mut page = json!({"totalRecords": total, "count": data.len(), "resultTruncated": "false", "data": data});
    page.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    page.to_string()
}

async fn read(script: Scripted) -> (Arc<Rows>, usize) {
    let script = Arc::new(script);
    let context = context(&script);
    let (rows, again) = futures::join!(context.rows("resources"), context.rows("resources"));
    assert_eq!(rows.pages, again.pages, "a table is read once");
    (rows, script.requests().len())
}

#[tokio::test]
async fn one_query_reads_every_type_of_a_table_over_its_pages() {
    let script = Scripted::new().once(CALL, "\"$skipToken\":\"two\"", 200, &page(3, &["c"], &json!({}))).once(
        CALL,
        "\"$top\":1000",
        200,
        &page(3, &["a", "b"], &json!({"$skipToken": "two", "resultTruncated": "true"})),
    );
    let (rows, asked) = read(script).await;
    assert!(rows.error.is_none(), "{:?}", rows.error);
    assert_eq!((rows.pages, asked, rows.of(TYPE).len(), rows.of("microsoft.other/things").len()), (2, 2, 3, 0));
    let body = body(SUBSCRIPTION, "resources", None);
    let query = body["query"].as_str().unwrap();
    assert!(query.starts_with("resources | where type in~ ('microsoft.") && query.contains(TYPE), "{query}");
    assert!(query.ends_with("| order by id asc"), "pages need an order: {query}");
}

#[tokio::test]
async fn rows_that_do_not_add_up_are_not_whole() {
    for (body, what) in [
        (page(4, &["a"], &json!({})), "1 rows came and totalRecords says 4"),
        (page(2, &["a", "a"], &json!({})), "came twice"),
        (page(2, &["a", "A"], &json!({})), "came twice"),
        (page(1, &["a"], &json!({"count": 2})), "has 1 rows and says 2"),
        (page(1, &["a"], &json!({"resultTruncated": "true"})), "truncated"),
        (page(1, &["a"], &json!({"data": {"columns": [], "rows": []}})), "invalid type"),
        (page(1, &["a"], &json!({"totalRecords": null})), "invalid type"),
        (page(1, &["a"], &json!({"$skipToken": "again"})), "came twice"),
    ] {
        let (rows, _) = read(Scripted::new().always(CALL, "", 200, &body)).await;
        let error = rows.error.as_ref().unwrap();
        assert!(error.message.contains(what), "{what}: {error}");
    }
    let mut foreign = account("a");
    foreign["subscriptionId"] = json!("aaaaaaaa-0000-4000-8000-00000000dead");
    let (read, _) = read(Scripted::new().always(CALL, "", 200, &rows(&[foreign]))).await;
    assert!(read.error.as_ref().unwrap().message.contains("not asked for"));
}

#[tokio::test]
async fn a_later_page_that_is_refused_keeps_the_rows_and_the_reason() {
    let first = page(3, &["a"], &json!({"$skipToken": "two"}));
    let script = Scripted::new().once(CALL, "\"$skipToken\"", 429, "{}").once(CALL, "", 200, &first);
    let (rows, _) = read(script).await;
    assert_eq!((rows.of(TYPE).len(), rows.pages), (1, 1));
    assert!(rows.error.as_ref().unwrap().sentence().contains("throttled"));
}

#[test]
fn the_keys_of_action_groups_are_taken_out() {
    let receivers = json!({"data": [{"properties": {
        "webhookReceivers": [{"name": "hook", "serviceUri": "https://x/?key=canary"}],
        "logicAppReceivers": [{"name": "app", "callbackUrl": "https://x/?sig=canary"}],
        "azureFunctionReceivers": [{"name": "function", "httpTriggerUrl": "https://x/?code=canary"}],
        "automationRunbookReceivers": [{"name": "book", "serviceUri": "https://x/?token=canary"}],
    }}]});
    let body = bytes::Bytes::from(receivers.to_string());
    let clean = crate::exchange::redact::redact(&body, QUERY.secrets, &[]);
    let text = String::from_utf8_lossy(&clean.body);
    assert!(!text.contains("canary") && text.contains("hook"), "{text}");
}
