//! A server of `fakes/`, on a port of its own.

use super::{program, scripts, show_log};
use crate::process::{self, Server};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// How long a fake may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server of `fakes/`.
#[derive(Debug)]
pub(super) struct Script {
    /// Its port of 127.0.0.1.
    pub(super) port: u16,
    _server: Server,
    _folder: TempDir,
}

impl Script {
    /// Starts it with these arguments, and its port after them.
    pub(super) fn start(script: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
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

    /// Its address.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
