//! Certificates for fakes that must speak TLS, of a CA that is made for the occasion.

use crate::process;
use std::path::{Path, PathBuf};
use std::process::Command;

/// PEM files of a folder: the certificate of a server at 127.0.0.1, its key, and the CA.
pub(super) fn files(folder: &Path) -> [PathBuf; 3] {
    ["server.pem", "server.key", "ca.pem"].map(|name| folder.join(name))
}

/// Makes them.
pub(super) fn make(folder: &Path) {
    let elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let request = |arguments: &[&str]| request(folder, &[&elliptic[..], arguments].concat());
    request(&["-subj", "/CN=CA of the tests", "-keyout", "ca.key", "-out", "ca.pem"]);
    let of_ca = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"];
    let server = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    request(&[&of_ca[..], &server[..], &["-keyout", "server.key", "-out", "server.pem"]].concat());
}

/// Makes a self-signed certificate of an RSA key, both in one PEM file, as the Azure CLI makes them for applications.
pub(super) fn of_application(file: &Path) {
    let folder = file.parent().expect("it lies in a folder");
    request(folder, &["-newkey", "rsa:2048", "-subj", "/CN=evidenced", "-keyout", "app.key", "-out", "app.pem"]);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("openssl made it");
    std::fs::write(file, read("app.key") + &read("app.pem")).expect("the folder can be written");
}

fn request(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(["req", "-x509", "-nodes", "-days", "2"]).args(arguments);
    process::output(&mut command);
}
