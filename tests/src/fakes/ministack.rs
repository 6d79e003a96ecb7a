//! ministack, an AWS server that is not moto: what one of them gets wrong the other may have right.

use super::{PATIENCE, program, python, show_log};
use crate::process::{self, Server};
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// A ministack server with the account of the estates.
#[derive(Debug)]
pub struct Ministack {
    /// Its port of 127.0.0.1.
    pub port: u16,
    _server: Server,
    folder: TempDir,
}

impl Ministack {
    /// An account with nothing in it.
    pub fn empty() -> Self {
        for _ in 0..5 {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let log = folder.path().join("ministack.log");
            let port = process::free_port();
            let mut command = Command::new(program("ministack"));
            command.current_dir(folder.path()).env("HOME", folder.path()).envs([
                ("BIND_HOST", "127.0.0.1"),
                ("MINISTACK_HOST", "127.0.0.1"),
                ("GATEWAY_PORT", &port.to_string()),
                ("MINISTACK_ACCOUNT_ID", "123456789012"),
            ]);
            let mut server = Server::start(&mut command, &log);
            if process::listens(port, PATIENCE) && server.runs() {
                return Self { port, _server: server, folder };
            }
            show_log(&log);
        }
        panic!("ministack did not start");
    }

    /// Fills it with an estate; what the script prints, and the calls that the server refused.
    pub fn fill(&self, estate: &str) -> (String, Vec<String>) {
        let log: PathBuf = self.folder.path().join("refused");
        let url = format!("http://127.0.0.1:{}", self.port);
        let printed = python("partly.py", &[estate, &url, log.to_str().expect("temporary folders have plain names")]);
        let refused = std::fs::read_to_string(log).expect("the script writes it");
        (printed, refused.lines().map(str::to_owned).collect())
    }
}
