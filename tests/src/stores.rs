//! Kinds of stores on their servers, and the conformance suite run over each.
//!
//! Adding a kind is a function that starts its server and gives a [`Row`], and a test that calls [`Row::conforms`]. The
//! suite runs in a process of its own, because a store reads its settings from the environment, which a test must not
//! change for the others.

use crate::binary::{ACCESS_KEY, SECRET_KEY};
use crate::fakes::{BUCKET, Moto, SeaweedFs, python};
use crate::trouble::{Dialect, FaultProxy, Tls};
use evidenced::store::{self, Access, suite};
use serde_json::{Value, json};
use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable that carries a row to the process that runs the suite.
const SUITE: &str = "EVIDENCED_TESTS_SUITE";

/// A kind of store on its server.
pub struct Row {
    /// The store. `{port}` stands for the port to talk to, which is the fault proxy's.
    pub url: String,
    /// A store of the same kind that is not there; `{port}` as above.
    pub absent: String,
    /// Its server; none where nothing can stand between.
    pub server: Option<Served>,
    /// Environment of the process that opens it, besides `PATH`, `HOME` and `TMPDIR`.
    pub environment: Vec<(&'static str, String)>,
    /// The most keys that a page of its listings has.
    pub page: usize,
    /// What must live as long as the suite runs.
    pub keep: Box<dyn Any>,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row {{ {} }}", self.url)
    }
}

/// The server behind a store.
#[derive(Clone, Debug)]
pub struct Served {
    /// Its port of 127.0.0.1.
    pub port: u16,
    /// How it refuses.
    pub dialect: Dialect,
    /// PEM files with certificate, key and CA, where it speaks TLS.
    pub tls: Option<[PathBuf; 3]>,
}

impl Row {
    /// Runs the suite in the ignored test `child` of this executable, which must call [`run_in_child`].
    pub fn conforms(self, child: &str) {
        let home = tempfile::tempdir().expect("a temporary folder");
        let server = self
            .server
            .as_ref()
            .map(|server| json!({"port": server.port, "dialect": server.dialect.name(), "tls": server.tls}));
        let row = json!({"url": self.url, "absent": self.absent, "page": self.page, "server": server});
        let mut command = Command::new(std::env::current_exe().expect("a process has an executable"));
        command.args([child, "--exact", "--ignored", "--nocapture"]).env_clear().env("HOME", home.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TMPDIR", home.path());
        command.env(SUITE, row.to_string()).env("RUST_BACKTRACE", "1").envs(self.environment);
        let said = crate::process::output(&mut command);
        assert!(said.contains("1 passed"), "{child} is an ignored test of this file: {said}");
        drop(self.keep);
    }
}

/// Runs the suite over the row that this process was started for.
pub fn run_in_child() {
    let row: Value =
        serde_json::from_str(&std::env::var(SUITE).expect("started by Row::conforms")).expect("it is JSON");
    let text = |key: &str| row[key].as_str().expect("a row is whole").to_owned();
    let (proxy, port) = match &row["server"] {
        Value::Null => (None, String::new()),
        server => {
            let port = server["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
            let dialect = server["dialect"].as_str().and_then(Dialect::named).expect("a dialect");
            let tls = server["tls"].as_array().map(|files| {
                let file = |index: usize| Path::new(files[index].as_str().expect("a path"));
                Tls::read(file(0), file(1), file(2))
            });
            let proxy = FaultProxy::start(port, dialect, tls);
            let port = proxy.port.to_string();
            (Some(proxy), port)
        }
    };
    let (url, absent) = (text("url").replace("{port}", &port), text("absent").replace("{port}", &port));
    let page = row["page"].as_u64().and_then(|page| usize::try_from(page).ok()).expect("a number");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = store::open(&url, Access::Write).await.expect("the store opens");
        suite::opening(&url, &absent).await;
        suite::run(std::sync::Arc::clone(&store), page).await;
        if let Some(proxy) = proxy {
            suite::trouble(&*store, &proxy).await;
            suite::opening_in_trouble(&url, &proxy).await;
        }
    });
}

/// Credentials and region, as an S3 store reads them.
fn aws() -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}

fn s3(port: u16, keep: Box<dyn Any>) -> Row {
    Row {
        url: format!("s3://{BUCKET}/suite?endpoint=http://127.0.0.1:{{port}}"),
        absent: "s3://no-such-bucket/suite?endpoint=http://127.0.0.1:{port}".to_owned(),
        server: Some(Served { port, dialect: Dialect::S3, tls: None }),
        environment: aws(),
        page: 1000,
        keep,
    }
}

/// A folder.
pub fn folder() -> Row {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Row {
        url: format!("file://{}/store", folder.path().display()),
        absent: format!("file://{}/absent", folder.path().display()),
        server: None,
        environment: Vec::new(),
        page: 50,
        keep: Box::new(folder),
    }
}

/// `SeaweedFS`; with `lock` its bucket has Object Lock, and a default retention of one day in COMPLIANCE mode.
pub fn seaweedfs(lock: bool) -> Row {
    let weed = SeaweedFs::start(lock);
    s3(weed.port, Box::new(weed))
}

/// moto's S3.
pub fn moto() -> Row {
    let moto = Moto::empty();
    python("bucket.py", &["create", &moto.url(), ACCESS_KEY, SECRET_KEY, BUCKET, "plain"]);
    s3(moto.port, Box::new(moto))
}
