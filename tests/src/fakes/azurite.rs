//! Azurite, the fake of Azure Blob Storage, and before it what it lacks (`fakes/azure.py`).
//!
//! Azurite takes tokens over TLS only, so both have a certificate of a CA that is made for the occasion.

use super::script::Script;
use super::tls::{self, files};
use super::{program, python, scripts, show_log};
use crate::binary::Call;
use crate::process::{self, Server};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// The storage account.
pub const ACCOUNT: &str = "acmeevidence";
/// Containers, by what `fakes/azure.py` says of their policies.
pub const CONTAINERS: [&str; 4] = ["plain", "unlocked", "locked", "versions"];
/// The most blobs of a page, see `fakes/azurite.js`.
pub const PAGE: usize = 100;
/// How long Azurite may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Both servers.
#[derive(Debug)]
pub struct Azurite {
    /// Azurite's own port of 127.0.0.1.
    pub port: u16,
    folder: TempDir,
    azure: Script,
    _server: Server,
}

impl Default for Azurite {
    fn default() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        tls::make(folder.path());
        let (port, server) = start(folder.path());
        let [certificate, key, ca] = &files(folder.path());
        let path = |path: &PathBuf| path.to_str().expect("temporary folders have plain names").to_owned();
        let (certificate, key, ca, number) = (path(certificate), path(key), path(ca), port.to_string());
        let mut create = vec!["create", &number, &ca];
        create.extend(CONTAINERS);
        python("azure_client.py", &create);
        let azure = Script::start("azure.py", &[&number, &ca, &certificate, &key], &[]);
        Self { port, folder, azure, _server: server }
    }
}

impl Azurite {
    /// PEM files: the certificate of both servers, its key, and the CA.
    pub fn tls(&self) -> [PathBuf; 3] {
        files(self.folder.path())
    }

    /// A store here, with roles and policies. `query` is what follows the endpoint: empty, or `&name=value`.
    pub fn store(&self, container: &str, query: &str) -> String {
        let port = self.azure.port;
        format!("az://{ACCOUNT}/{container}/soc2?endpoint=https://127.0.0.1:{port}/{ACCOUNT}{query}")
    }

    /// What names the account's resource in a store's URL.
    pub fn resource(&self) -> String {
        format!("&subscription=sub-1&resource_group=rg%201&resource_manager=https://127.0.0.1:{}", self.azure.port)
    }

    /// The environment of a machine with one of the identities of `fakes/azure.py`.
    pub fn environment(&self, identity: &str) -> Vec<(&'static str, String)> {
        vec![
            ("IDENTITY_ENDPOINT", format!("https://127.0.0.1:{}/identity/token", self.azure.port)),
            ("IDENTITY_HEADER", identity.to_owned()),
            ("AWS_CA_BUNDLE", self.tls()[2].display().to_string()),
        ]
    }

    /// A call on such a machine.
    #[must_use]
    pub fn as_identity(&self, call: Call, identity: &str) -> Call {
        self.environment(identity).into_iter().fold(call, |call, (name, value)| call.env(name, value))
    }

    /// Copies every object of a store here into a folder.
    pub fn copy(&self, container: &str, to: &Path) {
        let ca = self.tls()[2].display().to_string();
        let to = to.to_str().expect("temporary folders have plain names");
        python("azure_client.py", &["copy", &self.port.to_string(), &ca, container, "soc2/", to]);
    }
}

fn start(folder: &Path) -> (u16, Server) {
    let [certificate, key, _] = files(folder);
    let modules = program("azurite");
    for _ in 0..5 {
        let (log, port) = (folder.join("azurite.log"), process::free_port());
        let mut command = Command::new("node");
        command.current_dir(folder).arg(scripts().join("azurite.js"));
        command.args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string(), "--oauth", "basic"]);
        command.arg("--cert").arg(&certificate).arg("--key").arg(&key);
        command.args(["--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck"]);
        // Any 64 bytes are an account's key. Nobody uses it.
        command.env("AZURITE_ACCOUNTS", format!("{ACCOUNT}:{}A==", "A".repeat(85)));
        command.env("AZURITE_MODULES", &modules);
        let mut server = Server::start(&mut command, &log);
        if process::listens(port, PATIENCE) && server.runs() {
            return (port, server);
        }
        show_log(&log);
    }
    panic!("Azurite did not start");
}
