//! A service under test: the binary's `run`, its log, and signals to it.

use crate::binary::Call;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// How long a service may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// A running service, killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts a call of `run` that logs JSON, with its log in a file.
    pub fn start(call: Call, log: PathBuf) -> Self {
        Self { child: call.argument("--log-format=json").start_logging(&log), log }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("the log can be read")
    }

    /// The fields of every line of the log with this in its message.
    pub fn said(&self, message: &str) -> Vec<Value> {
        let lines = self.log();
        let fields = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let fields = fields.map(|mut line| line["fields"].take());
        fields.filter(|fields| fields["message"].as_str().is_some_and(|text| text.contains(message))).collect()
    }

    /// Sends a signal, `TERM`.
    pub fn signal(&self, name: &str) {
        let done = Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status();
        assert!(done.expect("kill is there").success());
    }

    /// Waits until something is so.
    pub fn wait_for(&self, what: &str, done: impl Fn() -> bool) {
        let start = Instant::now();
        while !done() {
            assert!(start.elapsed() < PATIENCE, "{what}: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until it ended.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is a child of this process") {
                return (status, self.log());
            }
            assert!(start.elapsed() < PATIENCE, "it does not stop: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Tells it to stop, and waits for the good end; its log.
    pub fn stopped(self) -> String {
        self.signal("TERM");
        let (status, log) = self.ended();
        assert!(status.success(), "{log}");
        log
    }

    /// Resident memory in KiB and open descriptors of a process.
    pub fn size(&self) -> (u64, usize) {
        let folder = Path::new("/proc").join(self.id().to_string());
        let status = std::fs::read_to_string(folder.join("status")).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("memory is told");
        let kib = line.trim().trim_end_matches(" kB").parse().expect("it is a number");
        (kib, std::fs::read_dir(folder.join("fd")).expect("it runs").count())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
