//! A receiver of webhooks and of traces: it keeps what is posted to it and answers as it is told. One request a connection.

use crate::process::listens;
use std::collections::{BTreeMap, VecDeque};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What was posted.
#[derive(Clone, Debug)]
pub struct Received {
    /// The path.
    pub path: String,
    /// Header fields by their lower-case names.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
    /// When it was whole.
    pub at: Instant,
    /// The status that it was answered with; 0 for silence.
    pub answered: u16,
}

impl Received {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// An answer: a status and further header lines. Status 0 is silence.
pub type Answer = (u16, &'static str);

#[derive(Debug, Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<Answer>>,
    ended: AtomicBool,
}

/// A receiver that ends when it is dropped.
#[derive(Debug)]
pub struct Receiver {
    /// Its port of 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Default for Receiver {
    fn default() -> Self {
        Self::answering(0, &[])
    }
}

impl Receiver {
    /// At a port (0 for any), with these first answers; 204 after them.
    pub fn answering(port: u16, answers: &[Answer]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
        let port = listener.local_addr().expect("a listener has an address").port();
        let shared = Arc::new(Shared { answers: Mutex::new(answers.iter().copied().collect()), ..Shared::default() });
        let of_thread = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if of_thread.ended.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), shared) = (stream, Arc::clone(&of_thread)) else { continue };
                std::thread::spawn(move || exchange(stream, &shared));
            }
        });
        assert!(listens(port, Duration::from_secs(5)), "a bound listener answers");
        Self { port, shared, accepting: Some(accepting) }
    }

    /// What was received so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was received and taken.
    pub fn taken(&self) -> Vec<Received> {
        self.received().into_iter().filter(|one| (200..300).contains(&one.answered)).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn exchange(mut stream: TcpStream, shared: &Shared) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let Some((path, headers, body)) = request(&mut stream) else { return };
    let next = shared.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let (status, lines) = next.unwrap_or((204, ""));
    let received = Received { path, headers, body, at: Instant::now(), answered: status };
    shared.received.lock().unwrap_or_else(PoisonError::into_inner).push(received);
    if status == 0 {
        std::thread::sleep(Duration::from_secs(20));
        return;
    }
    let _ = stream.write_all(
        format!("HTTP/1.1 {status} As told\r\n{lines}Content-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
    );
}

fn request(stream: &mut TcpStream) -> Option<(String, BTreeMap<String, String>, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut more = [0; 4096];
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut more).ok()? {
            0 => return None,
            read => bytes.extend_from_slice(&more[..read]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        match stream.read(&mut more).ok()? {
            0 => return None,
            read => body.extend_from_slice(&more[..read]),
        }
    }
    Some((path, headers, body))
}
