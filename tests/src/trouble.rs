//! A proxy with faults between a client and any HTTP server: the store suite's, and that of every test that needs a
//! server to fail in the middle of something.
//!
//! It knows no service but by the words of its refusals: a fault is chosen by method and by a part of the URL. It passes
//! requests on byte for byte, so that signatures hold, and keeps no connection open. [`crate::proxy`] is the one that knows
//! AWS's operations.

mod message;
mod refusal;
mod tls;

pub use refusal::Dialect;
pub use tls::Tls;

use evidenced::store::suite::{Fault, On, Trouble};
use message::Request;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The proxy. It ends with the test's process.
#[derive(Debug)]
pub struct FaultProxy {
    /// Its port of 127.0.0.1.
    pub port: u16,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    upstream: u16,
    dialect: Dialect,
    tls: Option<Tls>,
    rules: Mutex<Vec<Rule>>,
    /// Heads of the requests, as they came.
    heads: Mutex<Vec<String>>,
    /// An answer that a request gets instead of the server's: method, part of the URL, the answer. Once.
    instead: Mutex<Vec<(String, String, Vec<u8>)>>,
}

#[derive(Debug)]
struct Rule {
    on: On,
    naming: String,
    fault: Fault,
    left: usize,
    met: usize,
}

impl Rule {
    fn meets(&self, request: &Request) -> bool {
        let writes = matches!(request.method.as_str(), "PUT" | "POST" | "DELETE" | "PATCH");
        let right = match self.on {
            On::Writes => writes,
            On::Reads => !writes,
            On::All => true,
        };
        right && self.left > 0 && request.target.to_ascii_lowercase().contains(&self.naming.to_ascii_lowercase())
    }
}

impl FaultProxy {
    /// In front of a server at a port of 127.0.0.1; with `tls` it is one to the client, and expects one of the server.
    pub fn start(upstream: u16, dialect: Dialect, tls: Option<Tls>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let state = Arc::new(State {
            upstream,
            dialect,
            tls,
            rules: Mutex::default(),
            heads: Mutex::default(),
            instead: Mutex::default(),
        });
        let served = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&served);
                std::thread::spawn(move || state.accept(stream));
            }
        });
        Self { port, state }
    }

    /// Heads of the requests so far: request line and headers.
    pub fn heads(&self) -> Vec<String> {
        self.state.heads.lock().expect("no thread panics with it").clone()
    }

    /// The next request of this method whose URL holds `naming` gets this answer, and the server does not see it.
    pub fn answer_once(&self, method: &str, naming: &str, answer: &str) {
        let instead = (method.to_owned(), naming.to_owned(), answer.as_bytes().to_vec());
        self.state.instead.lock().expect("no thread panics with it").push(instead);
    }
}

impl Trouble for FaultProxy {
    fn begin(&self, on: On, naming: &str, fault: Fault, times: usize) {
        let rule = Rule { on, naming: naming.to_owned(), fault, left: times, met: 0 };
        self.state.rules.lock().expect("no thread panics with it").push(rule);
    }

    fn end(&self, naming: &str) -> usize {
        let mut rules = self.state.rules.lock().expect("no thread panics with it");
        let met = rules.iter().filter(|rule| rule.naming == naming).map(|rule| rule.met).sum();
        rules.retain(|rule| rule.naming != naming);
        met
    }
}

impl State {
    fn accept(&self, stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(Duration::from_secs(90)));
        match &self.tls {
            None => self.serve(stream),
            Some(tls) => self.serve(tls.accept(stream)),
        }
    }

    /// One connection. A peer that went away ends it, and that is no news.
    fn serve(&self, mut client: impl Read + Write) {
        let Some(request) = message::read(&mut client) else { return };
        self.heads.lock().expect("no thread panics with it").push(request.head.clone());
        if let Some(answer) = self.instead(&request) {
            let _ = client.write_all(&answer).and_then(|()| client.flush());
            return;
        }
        let fault =
            self.rules.lock().expect("no thread panics with it").iter_mut().find(|r| r.meets(&request)).map(|r| {
                r.left -= 1;
                r.met += 1;
                r.fault
            });
        let answer = match fault {
            None => self.ask(&request.closing()),
            Some(Fault::Refused | Fault::Throttled | Fault::Failing) => {
                self.dialect.refusal(fault.expect("it is one"), &request.method)
            }
            Some(Fault::NotStored) => Vec::new(),
            Some(Fault::ButStored) => {
                drop(self.ask(&request.closing()));
                Vec::new()
            }
            Some(Fault::CutRequest) => {
                let whole = request.closing();
                self.half_ask(&whole[..whole.len() - request.body.len().div_ceil(2).max(1)]);
                Vec::new()
            }
            Some(Fault::CutAnswer) => message::half(self.ask(&request.closing())),
            Some(Fault::Spoilt) => {
                let mut answer = self.ask(&request.closing());
                if let Some(last) = answer.last_mut() {
                    *last ^= 1;
                }
                answer
            }
        };
        let _ = client.write_all(&answer);
        let _ = client.flush();
    }

    /// The answer that was made ready for a request.
    fn instead(&self, request: &Request) -> Option<Vec<u8>> {
        let mut ready = self.instead.lock().expect("no thread panics with it");
        let at = ready
            .iter()
            .position(|(method, naming, _)| *method == request.method && request.target.contains(naming))?;
        Some(ready.remove(at).2)
    }

    /// The server's answer, byte for byte; nothing when it gives none.
    fn ask(&self, request: &[u8]) -> Vec<u8> {
        fn exchange(mut server: impl Read + Write, request: &[u8]) -> Vec<u8> {
            let mut answer = Vec::new();
            if server.write_all(request).and_then(|()| server.flush()).is_ok() {
                // A server that ends a TLS connection without saying so has said all the same what it had to say.
                let _ = server.read_to_end(&mut answer);
            }
            answer
        }
        let Some(server) = self.server() else { return Vec::new() };
        match &self.tls {
            None => exchange(server, request),
            Some(tls) => exchange(tls.connect(server), request),
        }
    }

    /// Sends a part of a request and goes away.
    fn half_ask(&self, part: &[u8]) {
        let Some(mut server) = self.server() else { return };
        match &self.tls {
            None => drop(server.write_all(part)),
            Some(tls) => drop(tls.connect(server).write_all(part)),
        }
    }

    fn server(&self) -> Option<TcpStream> {
        let server = TcpStream::connect(("127.0.0.1", self.upstream)).ok()?;
        let _ = server.set_read_timeout(Some(Duration::from_secs(90)));
        Some(server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers each request with what it got.
    fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Some(request) = message::read(&mut stream) else { continue };
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", request.body.len());
                let _ = stream.write_all(head.as_bytes());
                let _ = stream.write_all(&request.body);
            }
        });
        port
    }

    fn ask(port: u16, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    const PUT: &str = "PUT /bucket/Name1?x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789";

    #[test]
    fn a_fault_meets_what_it_names_as_often_as_it_should() {
        let proxy = FaultProxy::start(echo(), Dialect::S3, None);
        proxy.begin(On::Writes, "name1", Fault::Throttled, 1);
        proxy.begin(On::Reads, "name1", Fault::NotStored, 9);
        proxy.begin(On::All, "name2", Fault::Refused, 9);
        assert!(ask(proxy.port, PUT).starts_with("HTTP/1.1 503"));
        assert!(ask(proxy.port, PUT).ends_with("\r\n\r\n0123456789"));
        assert_eq!(ask(proxy.port, "GET /bucket/name1 HTTP/1.1\r\n\r\n"), "");
        let chunked = PUT.replace("Content-Length: 10", "Transfer-Encoding: chunked").replace("0123456789", "");
        let answer = ask(proxy.port, &format!("{chunked}3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"));
        assert!(answer.contains("3\r\nabc\r\n"), "{answer}");
        assert_eq!((proxy.end("name1"), proxy.end("name2")), (2, 0));
    }

    #[test]
    fn cuts_are_in_the_middle() {
        let proxy = FaultProxy::start(echo(), Dialect::S3, None);
        proxy.begin(On::Writes, "", Fault::CutAnswer, 1);
        assert!(ask(proxy.port, PUT).ends_with("Content-Length: 10\r\n\r\n01234"));
        for fault in [Fault::CutRequest, Fault::ButStored] {
            proxy.begin(On::Writes, "", fault, 1);
            assert_eq!(ask(proxy.port, PUT), "");
        }
        assert_eq!(proxy.end(""), 3);
    }
}
