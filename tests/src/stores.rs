//! Kinds of stores on their servers, and the conformance suite run over each.
//!
//! Adding a kind is a function that starts its server and gives a [`Row`], and a test that calls [`Row::conforms`]. The
//! suite runs in a process of its own, because a store reads its settings from the environment, which a test must not
//! change for the others.

use crate::binary::{ACCESS_KEY, SECRET_KEY};
use crate::fakes::azurite::{self, ACCOUNT, Azurite};
use crate::fakes::gcs::{self, Gcs};
use crate::fakes::{BUCKET, Moto, SeaweedFs, python};
use crate::trouble::{Dialect, FaultProxy, Tls};
use bytes::Bytes;
use evidenced::store::suite::{self, Fault, On, Trouble as _};
use evidenced::store::{self, Access, Put, StoreErrorKind};
use serde_json::{Value, json};
use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

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

/// The row that this process was started for.
struct Started {
    url: String,
    absent: String,
    page: usize,
    proxy: Option<FaultProxy>,
}

impl Started {
    fn read() -> Self {
        let row = std::env::var(SUITE).expect("started by Row::conforms");
        let row: Value = serde_json::from_str(&row).expect("it is JSON");
        let proxy = (!row["server"].is_null()).then(|| Self::proxy(&row["server"]));
        let port = proxy.as_ref().map_or_else(String::new, |proxy| proxy.port.to_string());
        let url = |key: &str| row[key].as_str().expect("a row is whole").replace("{port}", &port);
        let page = row["page"].as_u64().and_then(|page| usize::try_from(page).ok()).expect("a number");
        Self { url: url("url"), absent: url("absent"), page, proxy }
    }

    fn proxy(server: &Value) -> FaultProxy {
        let port = server["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        let dialect = server["dialect"].as_str().and_then(Dialect::named).expect("a dialect");
        let tls = server["tls"].as_array().map(|files| {
            let file = |index: usize| Path::new(files[index].as_str().expect("a path"));
            Tls::read(file(0), file(1), file(2))
        });
        FaultProxy::start(port, dialect, tls)
    }
}

fn wait_for(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(work);
}

/// Runs the suite over the row that this process was started for.
pub fn run_in_child() {
    let Started { url, absent, page, proxy } = Started::read();
    wait_for(async {
        let store = store::open(&url, Access::Write).await.expect("the store opens");
        suite::opening(&url, &absent).await;
        suite::run(Arc::clone(&store), page).await;
        if let Some(proxy) = proxy {
            suite::trouble(&*store, &proxy).await;
            suite::opening_in_trouble(&url, &proxy).await;
        }
    });
}

/// What only S3 promises: it finds the bucket's region, sends and holds checksums, and encrypts as the URL says.
pub fn run_s3_in_child() {
    let Started { url, proxy, .. } = Started::read();
    let proxy = proxy.expect("S3 has a server");
    let headers = |method: &str, naming: &str| {
        let head = proxy.heads().into_iter().rfind(|head| head.starts_with(method) && head.contains(naming));
        head.expect("such a request was sent").to_ascii_lowercase()
    };
    wait_for(async {
        let moved = "HTTP/1.1 301 Moved Permanently\r\nx-amz-bucket-region: eu-north-1\r\nContent-Length: 0\r\n\r\n";
        proxy.answer_once("HEAD", BUCKET, moved);
        let store = store::open(&url, Access::Write).await.expect("the bucket is found where it is");
        let put = store.put_new("s3/region", Bytes::from_static(b"0123456789")).await;
        assert_eq!(put.expect("put"), Put::Stored);
        let sent = headers("PUT", "s3/region");
        assert!(sent.contains("/eu-north-1/s3/aws4_request"), "{sent}");
        assert!(sent.contains("if-none-match: *"), "{sent}");
        // SHA-256 of the ten digits, in base64.
        assert!(
            sent.contains(&"x-amz-checksum-sha256: hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=".to_ascii_lowercase())
        );

        proxy.begin(On::Reads, "s3/region", Fault::Spoilt, usize::MAX);
        let error = store.get("s3/region").await.expect_err("bytes that are not those that were put");
        assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error:?}");
        assert!(format!("{error:?}").contains("checksum"), "{error:?}");
        assert!(proxy.end("s3/region") >= 1, "the fault was met");
        assert_eq!(store.get("s3/region").await.expect("get").as_deref(), Some(&b"0123456789"[..]));

        let store = store::open(&format!("{url}&sse=aws:kms&kms_key_id=alias/evidence"), Access::Write).await;
        // A server without that key may refuse the put; what it was asked for is all that is ours.
        let _ = store.expect("it opens").put_new("s3/encrypted", Bytes::new()).await;
        let sent = headers("PUT", "s3/encrypted");
        assert!(sent.contains("x-amz-server-side-encryption: aws:kms"), "{sent}");
        assert!(sent.contains("x-amz-server-side-encryption-aws-kms-key-id: alias/evidence"), "{sent}");
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

/// The project's fake of Google Cloud Storage; with `lock` its bucket has a locked retention policy.
pub fn gcs(lock: bool) -> Row {
    let server = Gcs::default();
    let bucket = if lock { gcs::LOCKED } else { gcs::PLAIN };
    Row {
        url: format!("gs://{bucket}/suite?endpoint=http://127.0.0.1:{{port}}"),
        absent: "gs://no-such-bucket/suite?endpoint=http://127.0.0.1:{port}".to_owned(),
        server: Some(Served { port: server.port(), dialect: Dialect::Google, tls: None }),
        environment: vec![("GCE_METADATA_HOST", server.metadata_host())],
        page: gcs::PAGE,
        keep: Box::new(server),
    }
}

/// Azurite, over TLS on both sides of the proxy, with tokens of a managed identity.
pub fn azurite() -> Row {
    let server = Azurite::default();
    let at =
        |container: &str| format!("az://{ACCOUNT}/{container}/suite?endpoint=https://127.0.0.1:{{port}}/{ACCOUNT}");
    Row {
        url: at("plain"),
        absent: at("no-such-container"),
        server: Some(Served { port: server.port, dialect: Dialect::Azure, tls: Some(server.tls()) }),
        environment: server.environment("collector"),
        page: azurite::PAGE,
        keep: Box::new(server),
    }
}
