//! The service under test: started with a configuration, watched by its log, ended with the test.

use crate::estate::Desk;
use crate::evidence::contents;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How long the service may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(2);
/// Its log, in the desk's folder.
const LOG: &str = "run.log";

/// A service that is killed when it is dropped.
#[derive(Debug)]
pub struct Served(Child);

impl Served {
    /// Starts it with the desk's `evidenced.yaml`, a JSON log, and AWS at this port.
    pub fn start(desk: &Desk, aws: u16) -> Self {
        let call = desk.call(["run", "--config", "evidenced.yaml", "--log-format", "json", "--log", "evidenced=debug"]);
        Self(call.aws(aws).start_logging(&desk.folder().join(LOG)))
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let done = Command::new("kill").arg(format!("-{name}")).arg(self.0.id().to_string()).status();
        assert!(done.expect("there is a kill").success());
    }

    /// Tells it to stop, and waits until it has.
    pub fn stop(mut self, desk: &Desk) {
        self.signal("TERM");
        let start = Instant::now();
        while self.0.try_wait().expect("a child can be waited for").is_none() {
            assert!(start.elapsed() < PATIENCE, "it does not stop: {}", log(desk));
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the service logged.
pub fn log(desk: &Desk) -> String {
    String::from_utf8_lossy(&contents(&desk.folder().join(LOG))).into_owned()
}

/// Waits until something is so.
pub fn until(what: &str, desk: &Desk, so: impl Fn() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < PATIENCE, "{what}: {}", log(desk));
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Writes `evidenced.yaml`: a job of one region every two seconds into the desk's store, and what `more` says.
pub fn configure(desk: &Desk, more: &str) {
    let text = format!(
        "deployment: acme prod\nstore: {{url: \"{}\"}}\nsigning: {{key: file://./key.pem}}\n{more}jobs:\n  - name: often\n    schedule: \"*/2 * * * * *\"\n    aws: {{regions: [us-east-1]}}\n",
        desk.store_url()
    );
    std::fs::write(desk.folder().join("evidenced.yaml"), text).expect("the configuration can be written");
}
