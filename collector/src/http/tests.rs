use super::*;
use std::io::{Read as _, Write as _};
use std::time::Instant;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

async fn start(token: Option<Token>) -> Server {
    let settings = Settings { listen: ([127, 0, 0, 1], 0).into(), token, tls: None };
    Server::start(settings, Arc::new(Metrics::default())).await.unwrap()
}

fn token() -> Token {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, TOKEN).unwrap();
    Token::read(&file).unwrap()
}

/// Sends bytes and reads until the other side closes.
async fn sent(server: &Server, request: Vec<u8>) -> String {
    let address = server.address();
    let exchanged = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        // The other side may close before it has read everything: that is one of the things tried here.
        let _ = stream.write_all(&request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    });
    exchanged.await.unwrap()
}

async fn asked(server: &Server, head: &str, more: &str) -> String {
    sent(server, format!("{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n").into_bytes()).await
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[tokio::test]
async fn everything_but_healthz_needs_the_token_where_there_is_one() {
    let server = start(Some(token())).await;
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    for (path, without, with) in
        [("/healthz", "200", "200"), ("/readyz", "401", "503"), ("/metrics", "401", "200"), ("/x", "401", "404")]
    {
        assert_eq!(status(&asked(&server, &format!("GET {path}"), "").await), without, "{path}");
        assert_eq!(status(&asked(&server, &format!("GET {path}"), &bearer).await), with, "{path}");
    }
    let refused = asked(&server, "GET /metrics", "Authorization: Bearer wrong\r\n").await;
    assert!(refused.to_lowercase().contains("www-authenticate: bearer") && status(&refused) == "401", "{refused}");
    server.set_token(None);
    let plain = asked(&server, "GET /metrics", "Accept: */*\r\n").await;
    assert!(plain.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{plain}");
    assert!(plain.contains("# TYPE evidenced_build_info gauge\n") && !plain.contains("# EOF"), "{plain}");
    let prometheus = "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.4\r\n";
    let open = asked(&server, "GET /metrics", prometheus).await;
    assert!(open.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"), "{open}");
    assert!(open.contains("cache-control: no-store") && open.ends_with("# EOF\n"), "{open}");
    server.stop().await;
}

#[tokio::test]
async fn a_request_has_limits() {
    let server = start(None).await;
    assert_eq!(status(&asked(&server, "GET /metrics", "Content-Length: 1\r\n").await), "413");
    assert_eq!(status(&asked(&server, "POST /metrics", "").await), "405");
    assert_eq!(status(&asked(&server, "GET /nothing", "").await), "404");
    let long = format!("X-Long: {}\r\n", "x".repeat(HEAD_BYTES));
    assert_eq!(status(&asked(&server, "GET /healthz", &long).await), "431");
    let many = "X: y\r\n".repeat(HEAD_FIELDS);
    assert_eq!(status(&asked(&server, "GET /healthz", &many).await), "431");
    let nonsense = sent(&server, b"\x16\x03\x01\x00\xff\r\n\r\n".to_vec()).await;
    assert_eq!(status(&nonsense), "400", "{nonsense}");
    assert_eq!(status(&asked(&server, "GET /healthz", "").await), "200", "it goes on");
}

#[tokio::test]
async fn a_head_that_does_not_come_to_its_end_is_cut_and_holds_up_nobody() {
    let server = start(None).await;
    let began = Instant::now();
    let slow = sent(&server, b"GET /healthz HTTP/1.1\r\nHost:".to_vec());
    let (answer, quick) = tokio::join!(slow, asked(&server, "GET /healthz", ""));
    assert_eq!(status(&quick), "200");
    assert_ne!(status(&answer), "200");
    assert!(began.elapsed() >= HEAD_WITHIN && began.elapsed() < HEAD_WITHIN * 4, "{:?}", began.elapsed());
}

#[tokio::test]
async fn no_more_connections_than_allowed_are_answered_at_once() {
    let server = start(None).await;
    let idle: Vec<_> = (0..CONNECTIONS).map(|_| std::net::TcpStream::connect(server.address()).unwrap()).collect();
    let waits = asked(&server, "GET /healthz", "");
    let mut waits = std::pin::pin!(waits);
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut waits).await.is_err(), "all places are taken");
    drop(idle);
    assert_eq!(status(&waits.await), "200");
}

#[tokio::test]
async fn it_stops_while_clients_are_connected_and_its_port_is_free() {
    let server = start(None).await;
    let address = server.address();
    let idle = std::net::TcpStream::connect(address).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    tokio::time::timeout(END_WITHIN * 2, server.stop()).await.unwrap();
    drop(idle);
    assert!(std::net::TcpStream::connect(address).is_err(), "nothing listens any more");
}
