//! Records the git commit that the binary is built from (`unknown` outside a repository), and packs the controls: they are a ninth of
//! their size so.

#![expect(clippy::disallowed_methods, reason = "it writes what the build includes")]

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() -> io::Result<()> {
    commit();
    controls()
}

/// Every file of `controls/`, one after the other in the order of their names: see `catalogue::file::packed`.
fn controls() -> io::Result<()> {
    println!("cargo::rerun-if-changed=controls");
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in std::fs::read_dir("controls")? {
        for file in std::fs::read_dir(folder?.path())? {
            files.push(file?.path());
        }
    }
    files.sort();
    let mut packed = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "yaml")) {
        let text = std::fs::read(file)?;
        packed.extend_from_slice(format!("{}\n{}\n", file.display(), text.len()).as_bytes());
        packed.extend(text);
    }
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    std::fs::write(Path::new(&out).join("controls.zst"), zstd::encode_all(&packed[..], 19)?)
}

fn commit() {
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=EVIDENCED_GIT_COMMIT={commit}");
    if let Some(head) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={head}");
    }
}
