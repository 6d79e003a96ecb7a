//! The binary under test: built if it is not, and run in an environment of its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The binary of the profile that the tests were built in; `EVIDENCED_BIN` names another.
///
/// Cargo builds a package's binary for that package's own tests only, so this asks for it, once a test run.
pub fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| std::env::var_os("EVIDENCED_BIN").map_or_else(|| built("evidenced"), PathBuf::from))
}

/// What is declared of AWS, as `connectors/examples/declarations.rs` prints it, with the endpoints of these regions.
pub fn declarations(regions: &[&str]) -> String {
    crate::process::output(Command::new(built("examples/declarations")).args(regions))
}

/// A program of the profile that the tests were built in.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a process has an executable");
    let profile = test.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps").to_owned();
    build(&profile);
    let path = profile.join(name);
    assert!(path.exists(), "{} was not built", path.display());
    path
}

/// Asks cargo for the binary with the same packages and features as the tests, so that nothing is built twice.
fn build(profile: &Path) {
    let run = std::env::var("NEXTEST_RUN_ID").unwrap_or_else(|_| format!("process-{}", std::process::id()));
    let stamp = profile.join("evidenced-tests.built");
    let lock = std::fs::File::create(profile.join("evidenced-tests.lock")).expect("the target folder can be written");
    lock.lock().expect("files of the target folder can be locked");
    if std::fs::read_to_string(&stamp).is_ok_and(|built| built == run) {
        return;
    }
    let name = profile.file_name().and_then(OsStr::to_str).expect("a profile has a name");
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    crate::process::output(
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--quiet", "--workspace", "--bin", "evidenced", "--test", "misuse"])
            .args(["--example", "declarations", "--profile"])
            .arg(if name == "debug" { "dev" } else { name })
            .arg("--target-dir")
            .arg(profile.parent().expect("a profile lies in the target folder"))
            .arg("--manifest-path")
            .arg(manifest),
    );
    std::fs::write(&stamp, run).expect("the target folder can be written");
}

/// How a command ended.
#[derive(Debug)]
pub struct Done {
    /// Exit code; none when it was killed.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Done {
    /// The document on standard output.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: not one JSON document: {self:#?}"))
    }

    /// Panics with everything that was said unless it ended with this code.
    #[must_use]
    pub fn expect_code(self, code: i32, what: &str) -> Self {
        assert_eq!(self.code, Some(code), "{what}: {self:#?}");
        self
    }
}

/// A call of the binary. Nothing of the caller's environment reaches it but `PATH`.
#[derive(Debug)]
pub struct Call {
    command: Command,
}

/// Credentials as a person has them in the environment. moto accepts any; SeaweedFS knows these.
pub const ACCESS_KEY: &str = "AKIACANARYKEY0000001";
/// The secret of [`ACCESS_KEY`].
pub const SECRET_KEY: &str = "canary-secret-3f9d1c5e7a2b4680";
/// A session token.
pub const SESSION_TOKEN: &str = "canary-session-token-9b2e4d6f8a1c3e5070";

impl Call {
    /// A call in a folder, which is also its home.
    pub fn new<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(folder: &Path, arguments: I) -> Self {
        let mut command = Command::new(path());
        command
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", folder)
            .env("TMPDIR", folder)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null());
        Self { command }
    }

    /// With credentials, and every AWS endpoint at this port of 127.0.0.1.
    #[must_use]
    pub fn aws(mut self, port: u16) -> Self {
        self.command
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("AWS_REGION", "us-east-1");
        self
    }

    /// With a variable in its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// With one more argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    /// With no file larger than so many KiB: a write beyond fails, as on a disk that is full.
    #[must_use]
    pub fn limited_to_files_of(self, kib: u32) -> Self {
        let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"");
        self.through(&["bash", "-c", &script], true)
    }

    /// A shell script in a mount namespace of its own, instead of the binary, whose path is `$EVIDENCED`.
    #[must_use]
    pub fn in_mount_namespace(mut self, script: &str) -> Self {
        let program = self.command.get_program().to_owned();
        self.command.env("EVIDENCED", program);
        self.through(&["unshare", "--user", "--map-root-user", "--mount", "bash", "-euc", script], false)
    }

    /// The same folder and environment with another program, which gets the binary and its arguments as its own, or not.
    fn through(mut self, program: &[&str], with_binary: bool) -> Self {
        let mut other = Command::new(program[0]);
        other.args(&program[1..]).stdin(Stdio::null());
        if with_binary {
            other.arg(self.command.get_program()).args(self.command.get_args());
        }
        other.current_dir(self.command.get_current_dir().expect("a call has a folder")).env_clear();
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                other.env(name, value);
            }
        }
        self.command = other;
        self
    }

    /// With no network interface but a dead loopback, where the machine lets a process have that.
    #[must_use]
    pub fn without_network(self) -> Self {
        let isolated = ["unshare", "--user", "--map-root-user", "--net"];
        let can = Command::new(isolated[0]).args(&isolated[1..]).arg("true").output();
        if can.is_ok_and(|done| done.status.success()) { self.through(&isolated, true) } else { self }
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Done {
        let done = self.command.output().unwrap_or_else(|error| panic!("{:?}: {error}", self.command));
        Done {
            code: done.status.code(),
            stdout: String::from_utf8_lossy(&done.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&done.stderr).into_owned(),
        }
    }

    /// Starts it and does not wait. What it logs goes to a file.
    pub fn start_logging(mut self, log: &Path) -> Child {
        let log = std::fs::File::create(log).expect("the log can be made");
        self.command.stdout(Stdio::null()).stderr(log);
        self.command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", self.command))
    }

    /// Starts it and does not wait. Its output is dropped.
    pub fn start(mut self) -> Child {
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        self.command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", self.command))
    }
}
