//! The dashboard of `serve` in Chromium: its views, filters, the way from a control down to a raw exchange, by keyboard, on a small screen and in
//! the dark; with nothing that its own policy forbids, and with nothing that axe finds.
//!
//! EVIDENCED_WRITE_SCREENSHOTS=1 takes the pictures of docs/ anew.
#![expect(clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::bundles;
use evidenced_tests::fakes::{program, scripts};
use evidenced_tests::process::output;
use evidenced_tests::reading::Reading;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const TOKEN: &str = "canary-0123456789abcdef";

fn demo() -> Desk {
    let desk = Desk::default();
    let _ = desk.call(["demo", "--key", "key.pem"]).run().expect_code(0, "demo");
    desk
}

#[test]
fn a_person_gets_from_the_posture_down_to_what_the_provider_said() {
    if !Path::new("/usr/bin/chromium").exists() {
        println!("SKIPPED: chromium is not installed (Debian: apt-get install chromium)");
        return;
    }
    let (desk, spoiled) = (demo(), demo());
    let all = bundles(&spoiled.store());
    let file = spoiled.store().join(all[0].statement["subject"][2]["name"].as_str().unwrap());
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[20] ^= 1;
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, bytes).unwrap();
    std::fs::write(spoiled.folder().join("token"), TOKEN).unwrap();

    let reading = Reading::start(&desk, &["--key", "key.pub.pem", "--days", "1", "--refresh", "1h"]);
    let damaged = Reading::start(&spoiled, &["--token-file", "token"]);
    let bearer = format!("Authorization: Bearer {TOKEN}");
    damaged.until("it is read", "/healthz", |_| damaged.ask(&["GET /readyz HTTP/1.1", &bearer]).status == 200);
    let mut command = Command::new("node");
    command.arg(scripts().join("dashboard.mjs")).arg(program("azurite"));
    command.args([&reading, &damaged].map(|server| format!("http://127.0.0.1:{}", server.port))).arg(TOKEN);
    command.env("NO_PROXY", "127.0.0.1").env("HOME", desk.folder());
    if std::env::var_os("EVIDENCED_WRITE_SCREENSHOTS").is_some() {
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs"));
    }
    let seen: Value = serde_json::from_str(output(&mut command).trim()).unwrap();
    assert!(seen["views"].as_array().unwrap().len() >= 12 && seen["segments"].as_u64() > Some(1), "{seen}");
}
