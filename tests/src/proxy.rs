//! A proxy between the binary and the fakes that knows AWS's operations, counts calls, and does wrong on request.
//!
//! It passes requests on byte for byte, so that signatures hold. It keeps no connection open: one request a connection is
//! slower and leaves nothing to be confused by.

mod fault;
mod request;
mod rest;

pub use fault::Fault;
pub use request::Call;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Which calls a fault meets.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `s3:GetBucketAcl`, or `*` for every call.
    pub operation: String,
    /// What happens to them.
    pub fault: Fault,
    /// Only the first attempts of each distinct call; none for all of them.
    pub first: Option<u32>,
    /// Only calls that are signed for this region; none for all of them.
    pub region: Option<String>,
}

impl Rule {
    /// Every call of an operation.
    pub fn always(operation: &str, fault: Fault) -> Self {
        Self { operation: operation.to_owned(), fault, first: None, region: None }
    }

    /// Every call in a region, as where a service control policy denies the region.
    pub fn in_region(region: &str, fault: Fault) -> Self {
        Self { region: Some(region.to_owned()), ..Self::always("*", fault) }
    }

    fn meets(&self, call: &Call, attempt: u32) -> bool {
        (self.operation == "*" || self.operation == call.operation)
            && self.first.is_none_or(|first| attempt <= first)
            && self.region.as_ref().is_none_or(|region| *region == call.region)
    }
}

/// The proxy. It ends with the test's process.
#[derive(Debug)]
pub struct Proxy {
    /// Its port of 127.0.0.1.
    pub port: u16,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    cloud: u16,
    store: Option<u16>,
    rules: Mutex<Vec<Rule>>,
    /// Attempts of each distinct call.
    attempts: Mutex<BTreeMap<Call, u32>>,
}

impl Proxy {
    /// In front of moto at port `cloud`; requests for the evidence bucket go to port `store`, where there is one.
    pub fn start(cloud: u16, store: Option<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let state = Arc::new(State { cloud, store, rules: Mutex::default(), attempts: Mutex::default() });
        let served = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&served);
                std::thread::spawn(move || state.serve(stream));
            }
        });
        Self { port, state }
    }

    /// From now on these rules hold; what was counted is forgotten.
    pub fn set(&self, rules: Vec<Rule>) {
        *self.state.rules.lock().expect("no thread panics with it") = rules;
        self.state.attempts.lock().expect("no thread panics with it").clear();
    }

    /// Attempts of each distinct call since the rules were set.
    pub fn attempts(&self) -> BTreeMap<Call, u32> {
        self.state.attempts.lock().expect("no thread panics with it").clone()
    }
}

impl State {
    /// One connection. A peer that went away ends it, and that is no news.
    fn serve(&self, mut client: TcpStream) {
        let _ = client.set_read_timeout(Some(Duration::from_secs(90)));
        let Some(request) = request::read(&mut client) else { return };
        let call = request.call();
        let attempt = {
            let mut attempts = self.attempts.lock().expect("no thread panics with it");
            let count = attempts.entry(call.clone()).or_default();
            *count += 1;
            *count
        };
        let fault = {
            let rules = self.rules.lock().expect("no thread panics with it");
            rules.iter().find(|rule| rule.meets(&call, attempt)).map(|rule| rule.fault)
        };
        let upstream = || self.pass_on(&request);
        if let Some(answer) = fault::answer(fault, &call, upstream) {
            let _ = client.write_all(&answer);
        }
        let _ = client.shutdown(Shutdown::Both);
    }

    /// The upstream's answer, byte for byte; but where moto is wrong or silent, the answer that AWS documents.
    fn pass_on(&self, request: &request::Request) -> Vec<u8> {
        let operation = request.call().operation;
        if operation == "iam:ListOrganizationsFeatures" {
            return fault::no_organization();
        }
        let to_store = request.path.starts_with(&format!("/{}", crate::fakes::BUCKET));
        let port = if to_store { self.store.unwrap_or(self.cloud) } else { self.cloud };
        let mut answer = Vec::new();
        if let Ok(mut upstream) = TcpStream::connect(("127.0.0.1", port)) {
            let _ = upstream.set_read_timeout(Some(Duration::from_secs(90)));
            if upstream.write_all(&request.closing()).is_ok() {
                let _ = upstream.read_to_end(&mut answer);
            }
        }
        if operation == "s3:GetBucketVersioning" { fault::mend_versioning(answer) } else { answer }
    }
}
