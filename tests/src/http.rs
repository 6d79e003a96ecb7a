//! A client for the HTTP side of the service: one request a connection, nothing hidden.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Status line and header lines.
    pub head: String,
    /// Body.
    pub body: String,
}

/// Sends `request` (its lines, without the empty one) to a port of 127.0.0.1 and reads to the end; none where nobody
/// answers.
pub fn ask(port: u16, request: &[&str]) -> Option<Answer> {
    ask_with(port, request, "")
}

/// The same with a body, whose length the lines tell.
pub fn ask_with(port: u16, request: &[&str], body: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("the timeout is not zero");
    stream
        .write_all(format!("{}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n{body}", request.join("\r\n")).as_bytes())
        .ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// `GET` as Prometheus asks, for OpenMetrics, with a bearer token where there is one.
pub fn get(port: u16, path: &str, token: Option<&str>) -> Option<Answer> {
    let line = format!("GET {path} HTTP/1.1\r\nAccept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
    let bearer = token.map(|token| format!("Authorization: Bearer {token}"));
    let lines: Vec<&str> = std::iter::once(line.as_str()).chain(bearer.as_deref()).collect();
    ask(port, &lines)
}
