//! What lies in `deploy/`: it is what the program prints, its readers take it, and what it names exists.
//!
//! The checkers are installed by `tests/deploy/install.sh`. What belongs to the machine (terraform, systemd, promtool) may be missing: its
//! test then says on standard error that it was skipped, and `.ci/run` has it.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::{binary, fakes, process};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn deploy() -> PathBuf {
    root().join("deploy")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A program of the checkers' folder, with no network of its own to ask.
fn checker(name: &str) -> Command {
    static VENV: OnceLock<PathBuf> = OnceLock::new();
    let venv = VENV.get_or_init(|| {
        process::output(&mut Command::new(root().join("tests/deploy/install.sh"))).trim().to_owned().into()
    });
    let mut command = Command::new(venv.join("bin").join(name));
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("CHECKPOINT_DISABLE", "1");
    command
}

/// A script of `tests/deploy`.
fn script(name: &str) -> Command {
    let mut command = checker("python");
    command.arg(root().join("tests/deploy").join(name));
    command
}

/// A program of the machine, where it has it.
#[expect(clippy::print_stderr, reason = "a test that checks nothing says so")]
fn machine(name: &str, package: &str) -> Option<Command> {
    let path =
        std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.exists());
    if path.is_none() {
        eprintln!("SKIPPED: this machine has no {name} ({package}): what it checks in deploy/ was not checked");
    }
    path.map(Command::new)
}

/// Every file below a folder, by its path there.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

const OVERLAYS: [&str; 5] = ["base", "overlays/eks", "overlays/aks", "overlays/gke", "overlays/eks-job"];

/// What Kustomize and Helm make of `deploy/`.
fn rendered() -> TempDir {
    // checkov leaves out what lies below a hidden folder, which a temporary one is by default.
    let folder = tempfile::Builder::new().prefix("deploy-").tempdir().unwrap();
    for overlay in OVERLAYS {
        let objects =
            process::output(checker("kubectl").arg("kustomize").arg(deploy().join("kubernetes").join(overlay)));
        fs::write(folder.path().join(format!("{}.yaml", overlay.replace('/', "-"))), objects).unwrap();
    }
    process::output(script("helm.py").arg(deploy().join("helm/evidenced")).arg(folder.path()));
    folder
}

fn paths(folder: &TempDir) -> Vec<PathBuf> {
    files(folder.path()).iter().map(|name| folder.path().join(name)).collect()
}

#[test]
fn what_is_generated_is_what_this_binary_prints() {
    let made = tempfile::tempdir().unwrap();
    process::output(Command::new(deploy().join("roles.sh")).arg(binary::path()).arg(made.path()));
    let names = files(made.path());
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        let (new, old) =
            (fs::read(made.path().join(&name)).unwrap(), fs::read(deploy().join(&name)).unwrap_or_default());
        assert!(
            new == old,
            "deploy/{name} is not what evidenced prints now: run deploy/roles.sh BINARY, and commit what changes"
        );
    }
}

#[test]
fn kubernetes_takes_every_object() {
    let rendered = rendered();
    let all = checker("kubernetes-validate").arg("--strict").args(paths(&rendered)).output().unwrap();
    let told = String::from_utf8([all.stdout, all.stderr].concat()).unwrap();
    assert!(all.status.success(), "{told}");
    assert!(told.lines().filter(|line| line.starts_with("INFO")).count() > 50, "{told}");
    // The Prometheus operator's own types have no schema there.
    let unknown = |line: &&str| !line.starts_with("INFO") && !line.contains("monitoring.coreos.com/v1");
    assert_eq!(told.lines().filter(unknown).collect::<Vec<_>>(), [""; 0], "{told}");
}

/// The configurations that templates bring, taken out of them, with a token to read.
#[test]
fn the_configurations_in_templates_can_be_carried_out() {
    let (rendered, desk) = (rendered(), Desk::default());
    let token = desk.folder().join("token");
    fs::write(&token, "0123456789abcdef0123456789abcdef\n").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    let found = process::output(script("configs.py").arg(desk.folder()).arg(&token).args(paths(&rendered)));
    assert!(found.lines().count() >= 5, "{found}");
    for config in found.lines() {
        let _ = desk.call(["config", "check", "--config", config]).run().expect_code(0, config);
    }
}

#[test]
fn cloudformation_templates_lint() {
    let venv = process::output(&mut Command::new(fakes::scripts().join("install_linters.sh")));
    let templates = files(&deploy().join("cloudformation"));
    assert_eq!(templates.len(), 3);
    let templates = templates.iter().map(|name| deploy().join("cloudformation").join(name));
    process::output(Command::new(Path::new(venv.trim()).join("bin/cfn-lint")).args(templates));
}

#[test]
fn terraform_is_formatted() {
    let Some(mut terraform) = machine("terraform", "terraform") else { return };
    let home = tempfile::tempdir().unwrap();
    terraform.env("HOME", home.path()).env("CHECKPOINT_DISABLE", "1");
    process::output(terraform.args(["fmt", "-check", "-diff", "-recursive"]).arg(deploy().join("terraform")));
}

/// Every module parses, and each variable and output says what it is.
#[test]
fn terraform_modules_parse() {
    let venv = process::output(&mut Command::new(fakes::scripts().join("install_linters.sh")));
    let parse = "import hcl2, json, sys; print(json.dumps({name: hcl2.load(open(name)) for name in sys.argv[1:]}))";
    let modules: Vec<PathBuf> =
        files(&deploy().join("terraform")).iter().map(|name| deploy().join("terraform").join(name)).collect();
    assert_eq!(modules.len(), 9, "three clouds with a reader, a store and a service each: {modules:?}");
    let told =
        process::output(Command::new(Path::new(venv.trim()).join("bin/python")).args(["-c", parse]).args(&modules));
    let told: Value = serde_json::from_str(&told).unwrap();
    for (name, module) in told.as_object().unwrap() {
        for block in ["variable", "output"] {
            for one in module[block].as_array().into_iter().flatten() {
                let described = one.as_object().unwrap().values().all(|body| body["description"].is_string());
                assert!(described || name.contains("/reader/"), "{name}: {one} has no description");
            }
        }
    }
}

/// Whatever is let pass has its reason where it stands (`checkov:skip=ID:reason`).
#[test]
fn checkov_finds_nothing() {
    let folder = rendered();
    for name in ["terraform", "cloudformation", "bicep"] {
        process::output(Command::new("cp").arg("-r").arg(deploy().join(name)).arg(folder.path()));
    }
    fs::copy(deploy().join("Containerfile"), folder.path().join("Dockerfile")).unwrap();
    let mut checkov = checker("checkov");
    checkov.args([
        "--framework",
        "terraform",
        "cloudformation",
        "bicep",
        "kubernetes",
        "dockerfile",
        "--skip-download",
    ]);
    let told = process::output(checkov.args(["--output", "json", "--quiet", "--directory"]).arg(folder.path()));
    let told: Value = serde_json::from_str(&told).unwrap();
    let mut seen = BTreeSet::new();
    for one in told.as_array().unwrap() {
        let kind = one["check_type"].as_str().unwrap();
        assert!(one["summary"]["passed"].as_u64().unwrap() > 0, "{kind}: {one}");
        assert_eq!(one["summary"]["failed"], 0, "{kind}: {one:#}");
        // Its parser does not know `extension`, which the reader's Bicep needs for Microsoft Graph.
        let unread = u64::from(kind == "bicep");
        assert_eq!(one["summary"]["parsing_errors"], unread, "{kind}: {one:#}");
        seen.insert(kind.to_owned());
    }
    let all = ["terraform", "cloudformation", "bicep", "kubernetes", "dockerfile"];
    assert_eq!(seen, all.iter().map(|kind| (*kind).to_owned()).collect());
}

#[test]
fn whatever_is_let_pass_has_a_reason() {
    let mut found = 0;
    for name in files(&deploy()) {
        let text = fs::read_to_string(deploy().join(&name)).unwrap();
        for (mark, end) in [("checkov:skip=", ':'), ("checkov.io/skip1: ", '=')] {
            for (_, rest) in text.lines().filter_map(|line| line.split_once(mark)) {
                let reason = rest.split_once(end).map_or("", |(_, reason)| reason);
                assert!(reason.len() > 20, "deploy/{name}: {mark}{rest}: say why");
                found += 1;
            }
        }
        assert!(
            !text.contains("hadolint ignore") && !text.contains("cfn-lint:"),
            "deploy/{name} lets something pass otherwise"
        );
    }
    assert!(found > 20, "{found}");
}

#[test]
fn the_containerfile_lints() {
    process::output(checker("hadolint").args(["--failure-threshold", "style"]).arg(deploy().join("Containerfile")));
}

/// What the stores and the keys ask for, as SECURITY.md says it: every form of the writer's role gives just that.
#[test]
fn writers_may_write_once_and_sign() {
    let told: Value = serde_json::from_str(&process::output(script("writers.py").arg(deploy()))).unwrap();
    let aws = json!([
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "kms:GetPublicKey",
        "kms:Sign",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject"
    ]);
    let blob = "Microsoft.Storage/storageAccounts/blobServices/containers";
    let azure = json!([
        "Microsoft.KeyVault/vaults/keys/read",
        "Microsoft.KeyVault/vaults/keys/sign/action",
        format!("{blob}/blobs/add/action"),
        format!("{blob}/blobs/read"),
        format!("{blob}/immutabilityPolicies/read"),
        format!("{blob}/read"),
    ]);
    let gcp = json!([
        "cloudkms.cryptoKeyVersions.useToSign",
        "cloudkms.cryptoKeyVersions.viewPublicKey",
        "storage.buckets.get",
        "storage.objects.create",
        "storage.objects.get",
        "storage.objects.list"
    ]);
    for (form, expected) in [
        ("aws terraform", &aws),
        ("aws cloudformation", &aws),
        ("azure terraform", &azure),
        ("azure bicep", &azure),
        ("gcp terraform", &gcp),
    ] {
        assert_eq!(&told[form], expected, "{form}");
    }
}

const RULES: &str = "deploy/prometheus/evidenced.rules.yaml";
const RULE_TESTS: &str = "deploy/prometheus/evidenced.tests.yaml";

/// promtool, where the machine has it or Debian's package could be unpacked.
#[expect(clippy::print_stderr, reason = "a test that checks nothing says so")]
fn promtool() -> Option<Command> {
    let command = checker("promtool");
    if Path::new(command.get_program()).exists() {
        return Some(command);
    }
    eprintln!("SKIPPED: there is no promtool (Debian: prometheus): the alerts in deploy/ were not checked");
    None
}

#[test]
fn alerts_fire_when_they_should() {
    let Some(mut promtool) = promtool() else { return };
    process::output(promtool.args(["check", "rules"]).arg(root().join(RULES)));
    process::output(self::promtool().unwrap().args(["test", "rules"]).arg(root().join(RULE_TESTS)));
}

#[test]
fn each_alert_is_tested_and_explained() {
    let (rules, tests, manual) = (text(RULES), text(RULE_TESTS), text("docs/operating.md"));
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    for alert in &alerts {
        assert!(tests.contains(&format!("alertname=\"{alert}\"}}', value: 1")), "{alert} fires in no test");
        assert!(manual.contains(&format!("\n### {alert}\n")), "docs/operating.md has no section {alert}");
        let runbook = format!("runbook: docs/operating.md#{}\n", alert.to_lowercase());
        assert!(rules.contains(&runbook), "{alert}: {runbook}");
    }
    let explained = manual.lines().filter_map(|line| line.strip_prefix("### Evidenced")).count();
    assert_eq!(explained, alerts.len(), "docs/operating.md explains alerts that are none");
}

/// The names of docs/telemetry.md, whose table a test holds against the running service.
fn metrics() -> BTreeSet<String> {
    let page = text("docs/telemetry.md");
    let mut names = BTreeSet::new();
    for row in page.lines().filter(|row| row.starts_with("| `evidenced_")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (name, kind) = (cells[1].trim_matches('`'), cells[2]);
        if kind.starts_with("histogram") {
            names.extend(["bucket", "sum", "count"].map(|part| format!("{name}_{part}")));
        } else {
            names.insert(name.to_owned());
        }
    }
    assert!(names.len() > 15, "{names:?}");
    names
}

#[test]
fn dashboards_and_alerts_ask_for_metrics_that_exist() {
    let known = metrics();
    let dashboard = text("deploy/grafana/evidenced.json");
    let panels: Value = serde_json::from_str(&dashboard).unwrap();
    let panels = panels["panels"].as_array().unwrap();
    let asks = panels.iter().filter(|panel| panel["type"] != "row");
    assert!(asks.clone().count() > 15);
    for panel in asks {
        let expressions = panel["targets"].as_array().unwrap();
        assert!(expressions.iter().all(|target| target["expr"].as_str().unwrap().contains("evidenced_")), "{panel:#}");
    }
    for (name, text) in [("dashboard", dashboard.as_str()), (RULES, &text(RULES)), (RULE_TESTS, &text(RULE_TESTS))] {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let asked: BTreeSet<&str> = words.filter(|word| word.starts_with("evidenced_")).collect();
        assert!(asked.len() > 10, "{name}: {asked:?}");
        let unknown: Vec<_> = asked.into_iter().filter(|word| !known.contains(*word)).collect();
        assert_eq!(unknown, [""; 0], "{name} asks for what evidenced does not tell");
    }
}

#[test]
fn the_systemd_unit_is_valid_and_hardened() {
    let Some(mut verify) = machine("systemd-analyze", "systemd") else { return };
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("evidenced.service");
    // systemd looks whether the program is there.
    let text = text("deploy/systemd/evidenced.service");
    let here = text.replace("ExecStart=/usr/local/bin/evidenced", &format!("ExecStart={}", binary::path().display()));
    assert_ne!(here, text);
    fs::write(&unit, here).unwrap();
    process::output(verify.args(["verify", "--man=no"]).arg(&unit));
    let mut security = machine("systemd-analyze", "systemd").unwrap();
    process::output(security.args(["security", "--no-pager", "--offline=true", "--threshold=15"]).arg(&unit));
}
