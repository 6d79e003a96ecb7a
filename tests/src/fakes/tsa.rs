//! A time-stamping authority on `openssl ts`, and every way in which one can be wrong (`fakes/tsa.py`).

use super::script::Script;
use super::{python, scripts};
use crate::process;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The policy of its tokens.
pub const POLICY: &str = "1.3.6.1.4.1.57264.9.1";

/// The authority, with keys and certificates of its own.
#[derive(Debug)]
pub struct Tsa {
    server: Script,
    folder: TempDir,
}

impl Default for Tsa {
    fn default() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pki = folder.path().join("pki");
        let text = pki.to_str().expect("temporary folders have plain names");
        python("tsa.py", &["make", text]);
        Self { server: Script::start("tsa.py", &["serve", text], &[]), folder }
    }
}

impl Tsa {
    /// Its port of 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// Its address, where it answers in this mode.
    pub fn url(&self, mode: &str) -> String {
        format!("{}/{mode}", self.server.url())
    }

    /// Answers in this mode from now on, whatever the address says; `ok` lets the address say it again.
    pub fn answer(&self, mode: &str) {
        // A new file takes the place of the old one, so that no half of it is read.
        let (half, whole) = (self.folder.path().join("pki/mode.new"), self.folder.path().join("pki/mode"));
        std::fs::write(&half, mode).expect("the folder can be written");
        std::fs::rename(half, whole).expect("the folder can be written");
    }

    /// A file of its folder: `root.pem`, `ca.pem` (root and intermediate), `middle.pem`, `other.pem` (a stranger's root).
    pub fn file(&self, name: &str) -> String {
        self.folder.path().join("pki").join(name).display().to_string()
    }

    /// An answer in this mode over a file, without being asked over HTTP.
    pub fn token(&self, mode: &str, over: &Path) -> PathBuf {
        let over = over.to_str().expect("temporary folders have plain names");
        python("tsa.py", &["tokens", &self.file(""), over, "7", mode]);
        self.file(&format!("{mode}.tsr")).into()
    }

    /// True when `openssl ts -verify` accepts a token over a file.
    pub fn accepted_by_openssl(&self, token: &Path, over: &Path) -> bool {
        let mut openssl = Command::new("openssl");
        openssl.args(["ts", "-verify", "-CAfile", &self.file("root.pem"), "-in"]).arg(token).arg("-data").arg(over);
        let done = openssl.output().expect("openssl is there");
        done.status.success() && String::from_utf8_lossy(&done.stdout).contains("Verification: OK")
    }

    /// Panics unless PyPI's `rfc3161-client` accepts these tokens, each beside its statement.
    pub fn accepted_by_rfc3161_client(&self, tokens: &[PathBuf]) {
        let mut arguments = vec![self.file("root.pem"), self.file("middle.pem"), POLICY.to_owned()];
        arguments.extend(tokens.iter().map(|token| token.display().to_string()));
        let told = python("check_timestamps.py", &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(told.trim(), tokens.len().to_string());
    }

    /// Checks a store with `tests/by_hand.sh`; whether it is accepted, and what is said.
    pub fn by_hand(&self, store: &Path, key: &str, ca: &str) -> (bool, String) {
        let mut script = Command::new(scripts().join("../by_hand.sh"));
        let done = script.arg(store).arg(key).env("TSA_CA", self.file(ca)).output().expect("bash is there");
        (
            done.status.success(),
            format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)),
        )
    }

    /// Dates of a file, `openssl ts -reply -text`: the line with the time.
    pub fn time(token: &Path) -> String {
        let text = process::output(Command::new("openssl").args(["ts", "-reply", "-text", "-in"]).arg(token));
        let line = text.lines().find_map(|line| line.strip_prefix("Time stamp: "));
        line.unwrap_or_else(|| panic!("{text}")).to_owned()
    }
}
