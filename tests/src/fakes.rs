//! moto and SeaweedFS, installed on first use by `fakes/install.sh` and ended with the test.

pub mod actions;
pub mod azure_cloud;
pub mod azurite;
pub mod backup;
pub mod detection;
pub mod gcp_cloud;
pub mod gcp_projects;
pub mod gcs;
pub mod keys;
pub mod ministack;
pub mod reader;
mod script;
mod tls;
pub mod tsa;

use crate::binary::{ACCESS_KEY, SECRET_KEY};
use crate::process::{self, Server};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;

/// How long a fake may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The folder with the fakes' scripts.
pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fakes")
}

/// A program of the installed environment.
pub fn program(name: &str) -> PathBuf {
    static VENV: OnceLock<PathBuf> = OnceLock::new();
    let venv = VENV.get_or_init(|| process::output(&mut Command::new(scripts().join("install.sh"))).trim().into());
    venv.join("bin").join(name)
}

/// Runs one of the scripts; its standard output.
pub fn python(script: &str, arguments: &[&str]) -> String {
    process::output(&mut python_command(script, arguments))
}

/// One of the scripts, not started yet.
pub fn python_command(script: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("python"));
    for proxy in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("AWS_EC2_METADATA_DISABLED", "true");
    command.arg(scripts().join(script)).args(arguments);
    command
}

/// A moto server.
#[derive(Debug)]
pub struct Moto {
    /// Its port of 127.0.0.1.
    pub port: u16,
    _server: Server,
    _folder: TempDir,
}

impl Moto {
    /// An account with nothing in it, whose every request is allowed.
    pub fn empty() -> Self {
        Self::start(&[])
    }

    /// The account of `fakes/estate.py`.
    pub fn with_estate() -> Self {
        let moto = Self::empty();
        python("estate.py", &[&moto.url()]);
        moto
    }

    /// With variables in the server's environment.
    pub fn start(variables: &[(&str, &str)]) -> Self {
        for _ in 0..5 {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let log = folder.path().join("moto.log");
            let port = process::free_port();
            let mut command = Command::new(program("python"));
            command.arg(scripts().join("aws.py")).env("PYTHONDONTWRITEBYTECODE", "1").args([
                "-H",
                "127.0.0.1",
                "-p",
                &port.to_string(),
            ]);
            command.env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false").envs(variables.iter().copied());
            // A certificate that waits for its validation goes on waiting, however long the test takes.
            command.env("MOTO_ACM_VALIDATION_WAIT", "86400");
            let mut server = Server::start(&mut command, &log);
            if process::listens(port, PATIENCE) && server.runs() {
                return Self { port, _server: server, _folder: folder };
            }
            show_log(&log);
        }
        panic!("moto did not start");
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sets how many more requests are let through before credentials and permissions are checked.
    pub fn check_permissions_after(&self, requests: u32) {
        check_permissions(self.port, requests);
    }
}

/// Sets how many more requests the moto server at a port lets through before credentials and permissions are checked.
pub fn check_permissions(port: u16, requests: u32) {
    post(port, "/moto-api/reset-auth", "", &requests.to_string());
}

/// Posts to a server that must answer well. `headers` are whole lines.
fn post(port: u16, path: &str, headers: &str, body: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("moto listens");
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("moto reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("moto answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[expect(clippy::print_stderr, reason = "shown with a test that failed")]
fn show_log(log: &Path) {
    eprintln!("{}", std::fs::read_to_string(log).unwrap_or_default());
}

/// A SeaweedFS server with its S3 side, and one bucket.
#[derive(Debug)]
pub struct SeaweedFs {
    /// Port of S3 on 127.0.0.1.
    pub port: u16,
    _server: Server,
    _folder: TempDir,
}

/// The bucket that [`SeaweedFs`] is started with.
pub const BUCKET: &str = "evidence-store";

impl SeaweedFs {
    /// Starts it and makes [`BUCKET`]. `lock` gives the bucket a default retention of one day.
    pub fn start(lock: bool) -> Self {
        for attempt in 0..5 {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let identity = format!(
                r#"{{"identities": [{{"name": "collector", "actions": ["Admin", "Read", "List", "Tagging", "Write"],
                    "credentials": [{{"accessKey": "{ACCESS_KEY}", "secretKey": "{SECRET_KEY}"}}]}}]}}"#
            );
            std::fs::write(folder.path().join("s3.json"), identity).expect("the folder can be written");
            let Some(first) = four_ports() else { continue };
            let log = folder.path().join("weed.log");
            let mut server = Server::start(&mut Self::command(folder.path(), first), &log);
            if process::listens(first + 3, PATIENCE) && server.runs() {
                let url = format!("http://127.0.0.1:{}", first + 3);
                python(
                    "bucket.py",
                    &["create", &url, ACCESS_KEY, SECRET_KEY, BUCKET, if lock { "lock" } else { "plain" }],
                );
                return Self { port: first + 3, _server: server, _folder: folder };
            }
            show_log(&log);
            assert!(attempt < 4, "SeaweedFS did not start");
        }
        panic!("SeaweedFS found no ports");
    }

    fn command(folder: &Path, first: u16) -> Command {
        let port = |name: &str, offset: u16| format!("-{name}.port={}", first + offset);
        let mut command = Command::new(program("weed"));
        command.current_dir(folder).arg("server").args([
            "-dir=.",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-filer",
            "-s3",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.config=s3.json",
            "-master.telemetry=false",
        ]);
        command.args([port("master", 0), port("volume", 1), port("filer", 2), port("s3", 3)]);
        command
    }

    /// Does to an object of [`BUCKET`] what somebody with the bucket's keys would: `overwrite`, `delete`, `purge` (the first
    /// version) or `shorten` (its retention). `refused` is the error code, `kept` whether the first version is as it was.
    pub fn attack(&self, key: &str, how: &str) -> serde_json::Value {
        let url = format!("http://127.0.0.1:{}", self.port);
        let told = python("bucket.py", &["attack", &url, ACCESS_KEY, SECRET_KEY, BUCKET, key, how]);
        serde_json::from_str(&told).expect("it is JSON")
    }

    /// Copies every object below a prefix of [`BUCKET`] into a folder.
    pub fn copy(&self, prefix: &str, to: &Path) {
        let url = format!("http://127.0.0.1:{}", self.port);
        let to = to.to_str().expect("temporary folders have plain names");
        python("bucket.py", &["copy", &url, ACCESS_KEY, SECRET_KEY, BUCKET, prefix, to]);
    }
}

/// Four ports in a row that are free, and with them those 10,000 above, which SeaweedFS takes for gRPC.
fn four_ports() -> Option<u16> {
    (0..50)
        .map(|_| 11_000 + process::free_port() % 20_000)
        .find(|first| (*first..first + 4).all(|port| process::is_free(port) && process::is_free(port + 10_000)))
}
