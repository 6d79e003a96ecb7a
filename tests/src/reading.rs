//! `evidenced serve` under test, and what it answers.

use crate::estate::Desk;
use crate::http::{Answer, ask};
use crate::process::free_port;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How long it may take to read a store on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A running `serve` over the desk's store, killed when it is dropped.
#[derive(Debug)]
pub struct Reading {
    child: Child,
    log: PathBuf,
    /// Its port of 127.0.0.1.
    pub port: u16,
}

impl Reading {
    /// Starts it, and waits until it has read the store.
    pub fn start(desk: &Desk, rest: &[&str]) -> Self {
        let reading = Self::begin(desk, rest);
        reading.until("it is ready", "/readyz", |answer| answer.status == 200 || answer.status == 401);
        reading
    }

    /// Starts it.
    pub fn begin(desk: &Desk, rest: &[&str]) -> Self {
        let (port, log) = (free_port(), desk.folder().join("serve.log"));
        let listen = format!("127.0.0.1:{port}");
        let arguments = ["serve", "--store", "evidence", "--listen", &listen];
        let call = desk.call(arguments.into_iter().chain(rest.iter().copied()));
        let reading = Self { child: call.start_logging(&log), log, port };
        reading.until("it listens", "/healthz", |answer| answer.status == 200);
        reading
    }

    /// Asks until the answer is as it should be.
    pub fn until(&self, what: &str, path: &str, good: impl Fn(&Answer) -> bool) -> Answer {
        let start = Instant::now();
        loop {
            let answer = ask(self.port, &[&format!("GET {path} HTTP/1.1")]);
            if let Some(answer) = answer
                && good(&answer)
            {
                return answer;
            }
            assert!(start.elapsed() < PATIENCE, "{what}: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The answer to a GET.
    pub fn get(&self, path: &str) -> Answer {
        self.ask(&[&format!("GET {path} HTTP/1.1")])
    }

    /// The answer to the lines of a request.
    pub fn ask(&self, request: &[&str]) -> Answer {
        ask(self.port, request).unwrap_or_else(|| panic!("{request:?}: no answer: {}", self.log()))
    }

    /// The body of a GET that is answered well.
    pub fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{path}: {error}: {answer:?}"))
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Tells it to stop, and waits; its exit code.
    pub fn stop(mut self) -> Option<i32> {
        let told = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        assert!(told.expect("kill is there").success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A field of the head of an answer, in lower case.
pub fn field<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let named = |line: &'a str| line.split_once(": ").filter(|(own, _)| own.eq_ignore_ascii_case(name));
    answer.head.lines().find_map(named).map(|(_, value)| value)
}
