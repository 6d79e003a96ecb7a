use super::super::scripted::{Scripted, context, order, overridden};
use super::*;
use std::sync::Arc;

static SUMMARY: Operation = Operation {
    service: "iam",
    name: "GetAccountSummary",
    absent: &["OddlyNamedFact", "AccessDenied"],
    root: Some("GetAccountSummaryResponse"),
    ..Operation::PLAIN
};
static STATUS: Operation =
    Operation { service: "s3", name: "GetBucketPolicyStatus", root: Some("PolicyStatus"), ..Operation::PLAIN };

const ANSWER: &str = "<GetAccountSummaryResponse><GetAccountSummaryResult><SummaryMap><entry><key>Users</key>\
    <value>3</value></entry></SummaryMap></GetAccountSummaryResult></GetAccountSummaryResponse>";

async fn summary(status: u16, body: &str) -> Result<Read<i32>, CollectError> {
    let script = Arc::new(Scripted::new().always("iam:GetAccountSummary", "", status, body));
    let client = context(order(), &script).iam();
    let send = |trace| client.get_account_summary().customize().interceptor(trace).send();
    let read = call(&SUMMARY, "global", send).await?;
    assert_eq!(script.requests()[0].region, "global");
    Ok(read.map(|output| output.summary_map().and_then(|map| map.get(&"Users".into()).copied()).unwrap_or_default()))
}

fn error(code: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>why</Message></Error></ErrorResponse>"
    )
}

#[tokio::test]
async fn an_answer_carries_its_exchange() {
    let read = summary(200, ANSWER).await.unwrap();
    assert_eq!((read.value, read.exchanges.as_slice()), (3, &[1][..]));
    assert!(read.at.is_some());
}

#[tokio::test]
async fn errors_are_told_by_code_and_status() {
    for (status, body, kind, code) in [
        (403, error("AccessDenied"), GapReason::Denied, "AccessDenied"),
        (400, error("Throttling"), GapReason::Throttled, "Throttling"),
        (404, error("NoSuchEntity"), GapReason::NotFound, "NoSuchEntity"),
        (403, error("ExpiredToken"), GapReason::Unauthenticated, "ExpiredToken"),
        (400, error("OddlyNamedFact"), GapReason::NotFound, "OddlyNamedFact"),
        (400, error("NeverHeardOf"), GapReason::Malformed, "NeverHeardOf"),
        (403, format!("<E><Errors>{}</Errors></E>", error("AccessDenied")), GapReason::Denied, "AccessDenied"),
        (500, "<html>".to_owned(), GapReason::Unavailable, "500"),
        (404, "<html>".to_owned(), GapReason::NotFound, "404"),
        (503, String::new(), GapReason::Unavailable, "503"),
        (200, "<html></html>".to_owned(), GapReason::Malformed, "-"),
        (200, String::new(), GapReason::Malformed, "-"),
        (200, "<GetAccountSummaryResponse><cut".to_owned(), GapReason::Malformed, "-"),
    ] {
        let error = summary(status, &body).await.expect_err(&body);
        assert_eq!((error.kind, error.code.as_str()), (kind, code), "{status} {body}: {error}");
        assert_eq!((error.exchanges.as_slice(), error.at.is_some()), (&[1][..], true), "{status} {body}");
        assert_eq!((error.service.as_str(), error.operation.as_str()), ("iam", "GetAccountSummary"));
    }
}

#[tokio::test]
async fn only_a_declared_code_is_a_fact_and_a_refusal_never_is() {
    let fact = absent(&SUMMARY, summary(400, &error("OddlyNamedFact")).await).unwrap();
    assert_eq!((fact.value, fact.exchanges.as_slice(), fact.at.is_some()), (None, &[1][..], true));
    for body in [error("AccessDenied"), error("NoSuchEntity")] {
        assert!(absent(&SUMMARY, summary(404, &body).await).is_err(), "{body}");
    }
}

#[tokio::test]
async fn no_answer_is_told_as_the_transport_tells_it() {
    let client = context(order(), &Arc::new(Scripted::new())).iam();
    let send = |trace| client.get_account_summary().customize().interceptor(trace).send();
    let error = call(&SUMMARY, "global", send).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (GapReason::Unavailable, "not in the script"));
}

#[tokio::test]
async fn s3_is_asked_in_the_buckets_region_and_another_document_is_no_setting() {
    let listing = "<ListBucketResult><Name>b</Name></ListBucketResult>";
    let script = Arc::new(Scripted::new().always("s3:GetBucketPolicyStatus", "", 200, listing));
    for (order, url) in [
        (order(), "https://logs.s3.eu-central-1.amazonaws.com/?policyStatus"),
        (overridden("http://127.0.0.1:5000"), "http://127.0.0.1:5000/logs/?policyStatus"),
    ] {
        let client = context(order, &script).s3("eu-central-1");
        let send = |trace| client.get_bucket_policy_status().bucket("logs").customize().interceptor(trace).send();
        let error = call(&STATUS, "eu-central-1", send).await.unwrap_err();
        assert_eq!(error.kind, GapReason::Malformed);
        let request = script.requests().pop().unwrap();
        assert_eq!(request.url.as_str(), url);
        assert!(request.headers["authorization"].to_str().unwrap().contains("/eu-central-1/s3/aws4_request"));
    }
    assert_eq!(script.requests().len(), 2, "the SDK tries once; retries are the transport's");
}
