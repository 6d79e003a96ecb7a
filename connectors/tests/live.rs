//! The live door against a real socket: attempts, what is recorded, what is kept out.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics where it fails, and runs its own server"
)]

use bytes::Bytes;
use evidenced_connectors::exchange::live::{Asked, Live, Meter, Recording, Wire};
use evidenced_connectors::exchange::record::{Journal, JournalError, Memory};
use evidenced_connectors::exchange::replay::Replay;
use evidenced_connectors::exchange::{ApiRequest, ApiResponse, CollectError, ErrorDialect, Transport};
use evidenced_schemas::{Cloud, Exchange, GapReason};
use http::{HeaderMap, Method};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Answers each connection with the next of these bytes, then closes it; the last one for ever.
async fn server(answers: Vec<&'static str>) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/?acl&X-Amz-Signature=canary-signature", listener.local_addr().unwrap()))
        .unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(answers[number.min(answers.len() - 1)].as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    url
}

fn request(url: Url) -> ApiRequest {
    let mut headers = HeaderMap::new();
    headers.insert(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=CANARYKEYID/2026/x, Signature=canary-signature".parse().unwrap(),
    );
    headers.insert("x-amz-security-token", "canary-session-token".parse().unwrap());
    ApiRequest {
        cloud: Cloud::Aws,
        region: "eu-central-1".into(),
        service: "lambda".into(),
        operation: "ListFunctions".into(),
        method: Method::GET,
        url,
        headers,
        body: Bytes::new(),
        dialect: ErrorDialect::AwsJson,
        secrets: &["Functions[].Environment.Variables.*"],
    }
}

struct Desk {
    live: Live,
    journal: Arc<Memory>,
    meter: Arc<Meter>,
}

fn desk() -> Desk {
    let journal = Arc::new(Memory::default());
    let recording = Recording { journal: journal.clone(), scope: "111122223333".parse().unwrap() };
    let live = Live::recording(Wire::new().unwrap(), recording, CancellationToken::new());
    let meter = live.meter();
    Desk { live, journal, meter }
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\ndate: Sun, 01 Mar 2026 06:00:00 GMT\r\nx-amzn-requestid: r-1\r\n\r\n{\"Functions\":[]}";
const THROTTLED: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 32\r\n\r\n{\"__type\":\"ThrottlingException\"}";
const CUT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"Functions\":[";
const NOTHING: &str = "";
const SLOW_DOWN: &str = "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n";
const DENIED: &str = "HTTP/1.1 403 Forbidden\r\ncontent-length: 34\r\n\r\n{\"__type\":\"AccessDeniedException\"}";

#[tokio::test]
async fn passing_troubles_are_tried_again_and_every_attempt_is_kept() {
    let desk = desk();
    let answer = desk.live.call(request(server(vec![THROTTLED, CUT, NOTHING, OK]).await)).await.unwrap();
    assert_eq!((answer.status, answer.seq), (200, 4));
    let exchanges = desk.journal.exchanges();
    assert_eq!(exchanges.iter().map(|e| e.attempt).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(exchanges[0].response.as_ref().unwrap().status, 400);
    assert!(exchanges[1].error.is_some() && exchanges[1].response.is_some(), "a cut answer keeps its head");
    assert!(exchanges[2].error.is_some() && exchanges[2].response.is_none(), "no answer has no response");
    let whole = exchanges[3].response.as_ref().unwrap();
    assert_eq!(
        (whole.request_id.as_deref(), whole.date.as_deref()),
        (Some("r-1"), Some("Sun, 01 Mar 2026 06:00:00 GMT"))
    );
    assert_eq!((desk.meter.calls(), desk.meter.retries()), (1, 3));
    let services: Vec<Asked> = desk.meter.services().into_values().collect();
    assert_eq!(services, [Asked { calls: 1, retries: 3, throttles: 1 }], "by service; one attempt was throttled");
}

#[tokio::test]
async fn attempts_are_bounded_and_the_last_answer_stands() {
    let desk = desk();
    let request = request(server(vec![SLOW_DOWN]).await);
    let answer = desk.live.call(request.clone()).await.unwrap();
    let error = CollectError::from_response(&request, &answer).unwrap();
    assert_eq!((error.kind, error.code.as_str()), (GapReason::Throttled, "429"));
    assert_eq!(desk.journal.exchanges().len(), 5);
    assert_eq!(desk.meter.services()[&request.service], Asked { calls: 1, retries: 4, throttles: 5 });
}

#[tokio::test]
async fn a_refusal_is_final() {
    let desk = desk();
    let request = request(server(vec![DENIED, OK]).await);
    let answer = desk.live.call(request.clone()).await.unwrap();
    assert_eq!(CollectError::from_response(&request, &answer).unwrap().kind, GapReason::Denied);
    assert_eq!(desk.journal.exchanges().len(), 1);
}

#[tokio::test]
async fn no_secret_reaches_the_journal_or_the_connector() {
    let lambda = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"Functions\":[{\"FunctionName\":\"f\",\"Environment\":{\"Variables\":{\"TOKEN\":\"canary-value\"}}}]}";
    let echo = "HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>CANARYKEYID</AWSAccessKeyId><CanonicalRequest>canary-session-token canary-signature</CanonicalRequest></Error>";
    for answer in [lambda, echo] {
        let desk = desk();
        let response = desk.live.call(request(server(vec![answer]).await)).await.unwrap();
        let journal = serde_json::to_string(&desk.journal.exchanges()).unwrap();
        let parsed = String::from_utf8(response.body.to_vec()).unwrap();
        for text in [journal.to_lowercase(), parsed.to_lowercase()] {
            assert!(!text.contains("canary"), "{text}");
        }
        assert!(!desk.journal.exchanges()[0].redactions.is_empty());
    }
}

#[tokio::test]
async fn a_replay_answers_as_the_cloud_did_and_reaches_no_network() {
    let desk = desk();
    let url = server(vec![CUT, OK]).await;
    let live = desk.live.call(request(url.clone())).await.unwrap();
    let replay = Replay::from_exchanges(desk.journal.exchanges());
    let replayed: ApiResponse = replay.call(request(url.clone())).await.unwrap();
    assert_eq!(
        (replayed.seq, replayed.status, &replayed.body, replayed.finished_at),
        (live.seq, live.status, &live.body, live.finished_at)
    );
    assert!(replay.call(request(url)).await.is_err(), "an answer is given once");
    assert_eq!(replay.unanswered().len(), 1);
}

#[tokio::test]
async fn a_call_that_cannot_be_recorded_fails() {
    #[derive(Debug)]
    struct Full;
    impl Journal for Full {
        fn append(&self, _: Exchange) -> Result<u64, JournalError> {
            Err(JournalError("no space left on device".into()))
        }
    }
    let recording = Recording { journal: Arc::new(Full), scope: "111122223333".parse().unwrap() };
    let live = Live::recording(Wire::new().unwrap(), recording, CancellationToken::new());
    let error = live.call(request(server(vec![OK]).await)).await.unwrap_err();
    assert!(error.message.contains("no space left"), "{error}");
}

#[tokio::test]
async fn a_stopped_run_makes_no_more_calls() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let journal = Arc::new(Memory::default());
    let recording = Recording { journal: journal.clone(), scope: "111122223333".parse().unwrap() };
    let live = Live::recording(Wire::new().unwrap(), recording, cancel);
    let error = live.call(request(server(vec![OK]).await)).await.unwrap_err();
    assert_eq!(error.kind, GapReason::Cancelled);
    assert!(journal.exchanges().is_empty());
}
