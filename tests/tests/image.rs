//! The container image, built and run as an orchestrator would: no privilege, nothing to write but its volumes, little memory.
//!
//! It needs a static binary (`EVIDENCED_STATIC_BIN`), buildah, podman and root. Where one of them is missing the test says on standard
//! error that it was skipped.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::binary::{ACCESS_KEY, SECRET_KEY};
use evidenced_tests::estate::Desk;
use evidenced_tests::fakes::{BUCKET, Moto, SeaweedFs};
use evidenced_tests::http::{Answer, ask, get};
use evidenced_tests::process::{self, free_port};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The user of the image.
const USER: u32 = 65532;
const TOKEN: &str = "canary-0123456789abcdef";
const MOST_MEMORY: u64 = 64 << 20;
/// 40 MB: nearly all of it is the binary.
const LARGEST_IMAGE: u64 = 40_000_000;
const PATIENCE: Duration = Duration::from_mins(3);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What the test needs; none with a message where it is not there.
#[expect(clippy::print_stderr, reason = "a test that checks nothing says so")]
fn static_binary() -> Option<PathBuf> {
    let lacks = |what: &str| {
        eprintln!("SKIPPED: {what}: the image of deploy/Containerfile was neither built nor run");
        None
    };
    let Some(binary) = std::env::var_os("EVIDENCED_STATIC_BIN").map(PathBuf::from) else {
        return lacks("EVIDENCED_STATIC_BIN names no static release binary");
    };
    assert!(binary.is_file(), "EVIDENCED_STATIC_BIN: {} is no file", binary.display());
    let path = std::env::var_os("PATH").unwrap_or_default();
    for tool in ["buildah", "podman", "runc"] {
        if !std::env::split_paths(&path).any(|folder| folder.join(tool).exists()) {
            return lacks(&format!("this machine has no {tool}"));
        }
    }
    let own = process::output(Command::new("id").arg("-u"));
    if own.trim() == "0" { Some(binary) } else { lacks("containers are run here as root alone") }
}

/// Images and containers of this test alone.
struct Storage {
    folder: TempDir,
    containers: Vec<String>,
    /// The memory of the container that was started last is limited.
    limited: bool,
}

impl Storage {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), containers: Vec::new(), limited: false }
    }

    fn options(&self) -> Vec<String> {
        let below = |name: &str| self.folder.path().join(name).display().to_string();
        ["--storage-driver", "vfs", "--root", &below("root"), "--runroot", &below("run")].map(str::to_owned).to_vec()
    }

    fn podman(&self) -> Command {
        let mut command = Command::new("podman");
        command.args(self.options()).args([
            "--cgroup-manager",
            "cgroupfs",
            "--runtime",
            "runc",
            "--events-backend",
            "none",
        ]);
        command
    }

    fn build(&self, binary: &Path) -> String {
        let mut build = Command::new(root().join("deploy/image/build.sh"));
        build.arg("--binary").arg(binary).env("BUILDAH_OPTIONS", self.options().join(" "));
        process::output(&mut build).trim().to_owned()
    }

    fn inspect(&self, kind: &str, name: &str, format: &str) -> String {
        process::output(self.podman().args([kind, "inspect", "--format", format, name])).trim().to_owned()
    }

    /// `podman run` with all that takes power away. Where this machine's kernel gives no memory limit, it runs without one.
    #[expect(clippy::print_stderr, reason = "what was not limited is said")]
    fn run(&mut self, image: &str, more: &[String]) -> String {
        let name = format!("evidenced-{}-{}", std::process::id(), self.containers.len());
        self.containers.push(name.clone());
        let run = |limits: &[&str]| {
            let mut run = self.podman();
            run.args(["run", "--detach", "--name", &name, "--network", "host"]);
            run.args(["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]);
            run.args(["--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges"]);
            run.args(limits).args(more);
            run.stdin(Stdio::null()).output().unwrap()
        };
        let limited = run(&["--memory", "64m"]);
        let holds = limited.status.success();
        if !holds {
            let why = String::from_utf8_lossy(&limited.stderr).into_owned();
            assert!(why.contains("cgroup") || why.contains("memory"), "{why}");
            eprintln!("podman cannot limit memory here, so it was measured alone: {}", why.trim());
            let _ = self.podman().args(["rm", "--force", &name]).output();
            let free = run(&[]);
            assert!(free.status.success(), "{image}: {}", String::from_utf8_lossy(&free.stderr));
        }
        self.limited = holds;
        name
    }

    fn logs(&self, name: &str) -> String {
        let done = self.podman().args(["logs", name]).output().unwrap();
        String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned()
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        for name in &self.containers {
            let _ = self.podman().args(["rm", "--force", "--time", "1", "--volumes", name]).output();
        }
    }
}

/// Asks until the answer is as it should be.
fn until(storage: &Storage, name: &str, port: u16, path: &str, good: impl Fn(&Answer) -> bool) -> Answer {
    let start = Instant::now();
    loop {
        match get(port, path, Some(TOKEN)) {
            Some(answer) if good(&answer) => return answer,
            answer => assert!(start.elapsed() < PATIENCE, "{path}: {answer:?}\n{}", storage.logs(name)),
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Gives the configuration and the token to the image's user, who alone may read the token.
fn configure(desk: &Desk, port: u16, weed: u16) {
    let text = format!(
        "deployment: image\nstore: {{url: \"s3://{BUCKET}/soc2?endpoint=http://localhost:{weed}&region=us-east-1\", require_retention: 1d}}\n\
         signing: {{key: file:///var/lib/evidenced/signing.pem}}\nspool: {{dir: file:///var/lib/evidenced/spool}}\n\
         http: {{listen: \"127.0.0.1:{port}\", token_file: /run/secrets/evidenced/token}}\njobs:\n  - name: often\n    \
         schedule: \"*/5 * * * * *\"\n    aws: {{regions: [us-east-1]}}\n"
    );
    fs::create_dir(desk.folder().join("secret")).unwrap();
    fs::create_dir(desk.folder().join("state")).unwrap();
    fs::write(desk.folder().join("evidenced.yaml"), text).unwrap();
    fs::write(desk.folder().join("secret/token"), TOKEN).unwrap();
    for path in ["secret", "secret/token", "state"] {
        chown(desk.folder().join(path), Some(USER), Some(USER)).unwrap();
    }
    let mode = Command::new("chmod").arg("0600").arg(desk.folder().join("secret/token")).status().unwrap();
    assert!(mode.success());
}

/// Prometheus's own reader has nothing to say against the figures.
#[expect(clippy::print_stderr, reason = "what was not checked is said")]
fn check_metrics(port: u16) {
    let bearer = format!("Authorization: Bearer {TOKEN}");
    let plain = ask(port, &["GET /metrics HTTP/1.1", &bearer, "Accept: text/plain"]).unwrap();
    assert_eq!(plain.status, 200);
    let venv = process::output(&mut Command::new(root().join("tests/deploy/install.sh")));
    let promtool = Path::new(venv.trim()).join("bin/promtool");
    if !promtool.exists() {
        eprintln!("SKIPPED: there is no promtool (Debian: prometheus): promtool check metrics");
        return;
    }
    let mut check = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    check.stdin.take().unwrap().write_all(plain.body.as_bytes()).unwrap();
    let done = check.wait_with_output().unwrap();
    assert!(done.status.success(), "{}\n{}", String::from_utf8_lossy(&done.stderr), plain.body);
}

/// The most memory that the container's process ever had, in bytes.
fn peak_memory(storage: &Storage, name: &str) -> u64 {
    let pid = storage.inspect("container", name, "{{.State.Pid}}");
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[test]
fn the_image_is_small_and_runs_with_no_power() {
    let Some(binary) = static_binary() else { return };
    let mut storage = Storage::new();
    let image = storage.build(&binary);
    let size: u64 = storage.inspect("image", &image, "{{.Size}}").parse().unwrap();
    assert_eq!(storage.inspect("image", &image, "{{.User}}"), "65532:65532");

    let (moto, weed, desk, port) = (Moto::with_estate(), SeaweedFs::start(true), Desk::default(), free_port());
    configure(&desk, port, weed.port);
    let at = |path: &str, place: &str| format!("--volume={}:{place}", desk.folder().join(path).display());
    let arguments = [
        at("evidenced.yaml", "/etc/evidenced/evidenced.yaml:ro"),
        at("secret", "/run/secrets/evidenced:ro"),
        at("state", "/var/lib/evidenced"),
        // By a name, which a static binary must be able to look up.
        format!("--env=AWS_ENDPOINT_URL=http://localhost:{}", moto.port),
        format!("--env=AWS_ACCESS_KEY_ID={ACCESS_KEY}"),
        format!("--env=AWS_SECRET_ACCESS_KEY={SECRET_KEY}"),
        "--env=AWS_REGION=us-east-1".to_owned(),
        "--env=AWS_EC2_METADATA_DISABLED=true".to_owned(),
        image.clone(),
    ];
    let name = storage.run(&image, &arguments);
    assert_eq!(until(&storage, &name, port, "/healthz", |answer| answer.status == 200).body, "ok\n");
    assert_eq!(until(&storage, &name, port, "/readyz", |answer| answer.status == 200).body, "ready\n");
    let committed = |answer: &Answer| {
        let counts = answer
            .body
            .lines()
            .filter(|line| line.starts_with("evidenced_runs_total{") && line.contains("\"committed"));
        counts.filter_map(|line| line.rsplit(' ').next()).any(|count| count.parse::<u64>().is_ok_and(|count| count > 0))
    };
    let _ = until(&storage, &name, port, "/metrics", committed);
    check_metrics(port);
    // Where the limit holds the kernel would have ended it; pages of the program's file count in the other figure.
    if !storage.limited {
        let peak = peak_memory(&storage, &name);
        assert!(peak < MOST_MEMORY, "it took {peak} bytes of memory");
    }

    process::output(storage.podman().args(["stop", "--time", "60", &name]));
    assert_eq!(storage.inspect("container", &name, "{{.State.ExitCode}}"), "0", "{}", storage.logs(&name));
    let key = desk.folder().join("state/signing.pub.pem").display().to_string();
    let store = format!("s3://{BUCKET}/soc2?endpoint=http://127.0.0.1:{}&region=us-east-1", weed.port);
    let _ = desk
        .call(["verify", "--json", &store, "--key", &key])
        .aws(moto.port)
        .run()
        .expect_code(0, "what the image wrote");
    assert!(size < LARGEST_IMAGE, "the image has {size} bytes");
}

#[test]
fn without_a_configuration_it_says_what_to_do() {
    let Some(binary) = static_binary() else { return };
    let storage = Storage::new();
    let image = storage.build(&binary);
    let mut run = storage.podman();
    run.args(["run", "--rm", "--network", "host", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]);
    let done = run.args(["--read-only", "--cap-drop=all", &image]).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains("/etc/evidenced/evidenced.yaml"), "{said}");
}
