//! HTTP/1.1 messages as bytes: enough to see where one ends, and which it is.

use std::io::Read;

/// A request, with its bytes as they came.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    /// Request line and headers.
    pub(super) head: String,
    /// The body as it was framed.
    pub(super) body: Vec<u8>,
}

/// Reads one request; none when the client went away first.
pub(super) fn read(client: &mut impl Read) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = find(&bytes, b"\r\n\r\n") {
            break end + 4;
        }
        more(client, &mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut body = bytes.split_off(end);
    if header(&head, "transfer-encoding").is_some_and(|text| text.eq_ignore_ascii_case("chunked")) {
        chunks(client, &mut body)?;
    } else {
        let length = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        while body.len() < length {
            more(client, &mut body)?;
        }
    }
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    Some(Request { method, target, head, body })
}

/// Reads until the last chunk is there (RFC 9112, section 7.1; without trailers, which no client of ours sends).
fn chunks(client: &mut impl Read, body: &mut Vec<u8>) -> Option<()> {
    let mut at = 0;
    loop {
        let line = loop {
            match find(&body[at..], b"\r\n") {
                Some(end) => break String::from_utf8_lossy(&body[at..at + end]).into_owned(),
                None => more(client, body)?,
            }
        };
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        at += line.len() + 2 + size + 2;
        while body.len() < at {
            more(client, body)?;
        }
        if size == 0 {
            return Some(());
        }
    }
}

fn more(client: &mut impl Read, bytes: &mut Vec<u8>) -> Option<()> {
    let mut chunk = vec![0; 64 << 10];
    let read = client.read(&mut chunk).ok().filter(|read| *read > 0)?;
    bytes.extend_from_slice(&chunk[..read]);
    Some(())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

impl Request {
    /// The request as it came, but for a connection that ends after it.
    pub(super) fn closing(&self) -> Vec<u8> {
        let kept = self.head.trim_end().lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        let mut bytes: Vec<u8> = kept.flat_map(|line| line.bytes().chain(*b"\r\n")).collect();
        bytes.extend_from_slice(b"Connection: close\r\n\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// An answer without the second half of its body; one without a body is cut inside its head.
pub(super) fn half(mut answer: Vec<u8>) -> Vec<u8> {
    let body = find(&answer, b"\r\n\r\n").map_or(0, |end| end + 4);
    let kept = body + (answer.len() - body) / 2;
    answer.truncate(if kept == body { body / 2 } else { kept });
    answer
}
