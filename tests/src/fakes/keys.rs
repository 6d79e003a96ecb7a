//! Key services: moto's KMS as AWS means it (`fakes/kms.py`), and Google Cloud KMS (`fakes/keys.py`).

use super::{program, python, scripts, show_log};
use crate::binary::Call;
use crate::process::{self, Server};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// How long a fake may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server of `fakes/`.
#[derive(Debug)]
struct Script {
    port: u16,
    _server: Server,
    _folder: TempDir,
}

impl Script {
    fn start(script: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        for _ in 0..5 {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let log = folder.path().join("fake.log");
            let port = process::free_port();
            let mut command = Command::new(program("python"));
            command.arg(scripts().join(script)).args(arguments).arg(port.to_string());
            command.env("PYTHONDONTWRITEBYTECODE", "1").env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false");
            command.envs(variables.iter().copied());
            let mut server = Server::start(&mut command, &log);
            if process::listens(port, PATIENCE) && server.runs() {
                return Self { port, _server: server, _folder: folder };
            }
            show_log(&log);
        }
        panic!("{script} did not start");
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A moto server whose KMS signs digests.
#[derive(Debug)]
pub struct Kms(Script);

impl Kms {
    /// An account without keys.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// With variables in the server's environment.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        Self(Script::start("kms.py", &["serve"], variables))
    }

    /// Its port of 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Runs `fakes/kms.py` on it.
    pub fn script(&self, command: &str, arguments: &[&str]) -> String {
        kms_script(&self.0.url(), command, arguments)
    }

    /// Makes a key; its ARN.
    pub fn key(&self, spec: &str) -> String {
        self.script("key", &[spec])
    }
}

/// Runs `fakes/kms.py` on any moto server.
pub fn kms_script(url: &str, command: &str, arguments: &[&str]) -> String {
    let all: Vec<&str> = [command, url].into_iter().chain(arguments.iter().copied()).collect();
    python("kms.py", &all).trim().to_owned()
}

/// Google Cloud KMS.
#[derive(Debug)]
pub struct Keys(Script);

impl Default for Keys {
    fn default() -> Self {
        Self(Script::start("keys.py", &[], &[]))
    }
}

impl Keys {
    /// The reference of a key of Google's that behaves as its name says.
    pub fn google(&self, name: &str) -> String {
        let key = format!("projects/acme/locations/europe-west1/keyRings/soc2/cryptoKeys/{name}/cryptoKeyVersions/1");
        format!("gcpkms://{key}?endpoint={}", self.0.url())
    }

    /// A call that finds the tokens here.
    #[must_use]
    pub fn ambient(&self, call: Call) -> Call {
        call.env("GCE_METADATA_HOST", format!("127.0.0.1:{}", self.0.port))
    }
}
