use super::*;
use crate::aws::scripted::Scripted;
use crate::azure::context::RESOURCE_MANAGER;
use crate::azure::scripted::{SUBSCRIPTION, context, order};
use crate::azure::{Api, Context};
use crate::exchange::Transport;
use serde_json::json;
use std::sync::Arc;

static THINGS: Operation = Operation {
    service: "Microsoft.Things",
    name: "Things_List",
    request: Request::Get("{id}/things?api-version=2020-01-01"),
    is_list: true,
    absent: &["ThingNotThere"],
    unlicensed: &["NoLicence"],
    ..Operation::PLAIN
};

const CALL: &str = "Microsoft.Things:Things_List";

async fn pages(script: Scripted) -> (Pages, Vec<String>) {
    let script = Arc::new(script);
    let pages = context(&script).ask_all(&THINGS, &[("id", "/subscriptions/a b/x?y")]).await;
    let asked = script.requests().iter().map(|request| request.url.to_string()).collect();
    (pages, asked)
}

#[tokio::test]
async fn every_page_is_read_at_the_place_that_was_asked() {
    let next = r#"{"value":[1],"nextLink":"https://management.azure.com/next?page=2"}"#;
    let script = Scripted::new().once(CALL, "things", 200, next).once(CALL, "page=2", 200, r#"{"value":[2]}"#);
    let (pages, asked) = pages(script).await;
    assert!(pages.error.is_none(), "{pages:?}");
    assert_eq!(pages.pages.iter().map(|page| page.value["value"][0].clone()).collect::<Vec<_>>(), [json!(1), json!(2)]);
    let first = "https://management.azure.com/subscriptions/a%20b/x%3Fy/things?api-version=2020-01-01";
    assert_eq!(asked, [first, "https://management.azure.com/next?page=2"]);
}

#[tokio::test]
async fn a_token_goes_nowhere_else_and_pages_end() {
    for (link, what) in [
        ("https://elsewhere.example/next", "at another place, https://elsewhere.example"),
        ("http://management.azure.com/next", "at another place"),
        ("next", "no URL"),
    ] {
        let body = json!({"value": [], "nextLink": link}).to_string();
        let (pages, asked) = pages(Scripted::new().always(CALL, "", 200, &body)).await;
        let error = pages.error.unwrap();
        assert_eq!((error.kind, asked.len(), pages.pages.len()), (GapReason::Malformed, 1, 1), "{link}");
        assert!(error.message.contains(what), "{error}");
    }
    let again = r#"{"value":[],"nextLink":"https://management.azure.com/same"}"#;
    let (pages, asked) = pages(Scripted::new().always(CALL, "", 200, again)).await;
    assert!(pages.error.unwrap().message.contains("second time"));
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn a_later_page_that_is_refused_keeps_the_first() {
    let next = r#"{"value":[1],"nextLink":"https://management.azure.com/next"}"#;
    let refused = r#"{"error":{"code":"AuthorizationFailed","message":"no role"}}"#;
    let script = Scripted::new().once(CALL, "things", 200, next).once(CALL, "next", 403, refused);
    let (pages, _) = pages(script).await;
    let error = pages.error.unwrap();
    assert_eq!((pages.pages.len(), error.kind, error.exchanges), (1, GapReason::Denied, vec![2]));
}

#[tokio::test]
async fn what_an_error_says_decides_whether_it_is_a_fact() {
    let answer = |status: u16, code: &str| {
        let body = json!({"error": {"code": code, "message": "m"}}).to_string();
        let script = Arc::new(Scripted::new().always(CALL, "", status, &body));
        async move { absent(&THINGS, context(&script).ask(&THINGS, &[("id", "/x")], None).await) }
    };
    assert!(answer(404, "ThingNotThere").await.unwrap().value.is_none());
    for (status, code, kind) in [
        (404, "ResourceNotFound", GapReason::NotFound),
        (403, "ThingNotThere", GapReason::Denied),
        (403, "NoLicence", GapReason::NotEnabled),
        (400, "SomethingNew", GapReason::Malformed),
    ] {
        assert_eq!(answer(status, code).await.unwrap_err().kind, kind, "{status} {code}");
    }
}

#[tokio::test]
async fn what_is_no_json_object_is_malformed() {
    for body in ["", "<html>", "[]", "1", "null", "{"] {
        let script = Arc::new(Scripted::new().always(CALL, "", 200, body));
        let error = context(&script).ask(&THINGS, &[("id", "/x")], None).await.unwrap_err();
        assert_eq!(error.kind, GapReason::Malformed, "{body}");
    }
}

#[tokio::test]
async fn other_clouds_are_asked_at_their_own_places() {
    let script = Arc::new(Scripted::new().always(CALL, "", 200, "{}"));
    let mut order = order(SUBSCRIPTION);
    let government = Url::parse("https://management.usgovcloudapi.net/").unwrap();
    order.asked.endpoints.insert(RESOURCE_MANAGER.to_owned(), government.clone());
    let context = Context::new(order, Arc::clone(&script) as Arc<dyn Transport>, None);
    assert_eq!(context.endpoint(Api::ResourceManager), government);
    assert_eq!(context.endpoint(Api::Graph).as_str(), "https://graph.microsoft.com/");
    context.ask(&THINGS, &[("id", "/x")], None).await.unwrap();
    assert_eq!(
        script.requests()[0].url.as_str(),
        "https://management.usgovcloudapi.net/x/things?api-version=2020-01-01"
    );
}

#[tokio::test]
async fn a_shared_request_is_made_once() {
    static SHARED: Operation = Operation { shared: true, is_list: false, ..THINGS };
    let script = Arc::new(Scripted::new().always(CALL, "", 200, "{}"));
    let context = context(&script);
    let names = [("id", "/x")];
    let (one, other) = futures::join!(context.ask(&SHARED, &names, None), context.ask(&SHARED, &names, None));
    assert_eq!(one.unwrap().exchanges, other.unwrap().exchanges);
    assert_eq!(script.requests().len(), 1);
    context.ask(&SHARED, &[("id", "/y")], None).await.unwrap();
    assert_eq!(script.requests().len(), 2);
}
