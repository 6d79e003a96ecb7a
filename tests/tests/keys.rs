//! Keys in key services, refusals, and a key that follows another: the real binary against moto's KMS and fakes of the others.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::binary::{Call, Done};
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::ledger;
use evidenced_tests::fakes::keys::{Keys, Kms, kms_script};
use evidenced_tests::fakes::{self, Moto};
use serde_json::Value;
use std::process::Command;

/// `demo` into the desk's store with a key.
fn demo(desk: &Desk, key: &str) -> Call {
    desk.call(["demo", "--cloud", "aws", "--json", "--store", &desk.store_url(), "--key", key])
}

/// The public half of a key, in a file.
fn export(desk: &Desk, call: impl Fn(Call) -> Call, key: &str, file: &str) -> String {
    let done = call(desk.call(["keygen", "--public", key, "--out", file, "--json"])).run().expect_code(0, key).json();
    assert_eq!(std::fs::read_to_string(desk.folder().join(file)).unwrap(), done["public_key"], "{done}");
    assert_eq!(done["file"], file);
    done["keyid"].as_str().unwrap().to_owned()
}

fn verify(desk: &Desk, keys: &[&str]) -> Done {
    let mut arguments = vec!["verify".to_owned(), "--json".to_owned(), desk.store_url()];
    arguments.extend(keys.iter().flat_map(|key| ["--key".to_owned(), (*key).to_owned()]));
    desk.call(arguments.iter().map(String::as_str)).run()
}

/// The standards' own library accepts it, and so does an auditor with a shell.
fn accepted_by_others(desk: &Desk, keys: &[&str]) {
    let store = desk.store().display().to_string();
    let keys: Vec<String> = keys.iter().map(|key| desk.folder().join(key).display().to_string()).collect();
    let arguments: Vec<&str> = std::iter::once(store.as_str()).chain(keys.iter().map(String::as_str)).collect();
    fakes::python("check_standards.py", &arguments);
    let by_hand = Command::new(fakes::scripts().join("../by_hand.sh")).args(&arguments).output().unwrap();
    assert!(by_hand.status.success(), "{by_hand:?}");
}

fn signers(desk: &Desk) -> Vec<Vec<String>> {
    let envelope =
        |path: &String| -> Value { serde_json::from_slice(&std::fs::read(desk.store().join(path)).unwrap()).unwrap() };
    let keyids = |envelope: Value| {
        let signatures = envelope["signatures"].as_array().unwrap().clone();
        signatures.iter().map(|signature| signature["keyid"].as_str().unwrap().to_owned()).collect()
    };
    ledger(&desk.store()).iter().map(envelope).map(keyids).collect()
}

/// A key that must be refused with this code and these words, and nothing is committed.
fn refused(call: impl Fn(Call) -> Call, key: &str, code: i32, words: &[&str]) {
    let desk = Desk::default();
    let done = call(demo(&desk, key)).run().expect_code(code, key);
    for word in words {
        assert!(done.stderr.contains(word), "{key}: `{word}` is not said: {done:#?}");
    }
    assert!(!done.stderr.contains("panicked"), "{done:#?}");
    assert!(!desk.store().join("ledger").exists(), "{key}: a statement was committed");
}

#[test]
fn a_key_of_aws_kms_signs_what_was_collected() {
    let kms = Kms::start();
    let arn = kms.script("key", &["ECC_NIST_P256", "evidence"]);
    let desk = Desk::default();
    let aws = |call: Call| call.aws(kms.port());
    let (by_arn, by_alias) = (format!("awskms:///{arn}"), "awskms:///alias/evidence");
    let store = desk.store_url();
    let collect = ["collect", "--json", "--region", "us-east-1", "--store", &store, "--key", &by_arn];
    let _ = aws(desk.call(collect)).run().expect_code(3, "collect: moto never answers everything");
    let _ = aws(demo(&desk, by_alias)).run().expect_code(0, "the same key by its alias");
    let keyid = export(&desk, aws, &by_arn, "kms.pub.pem");
    assert_eq!(signers(&desk), [[keyid.clone()], [keyid]]);
    let report = verify(&desk, &["kms.pub.pem"]).expect_code(0, "verify").json();
    assert_eq!(report["signatures"], "verified");
    accepted_by_others(&desk, &["kms.pub.pem"]);

    // The other public key that is at hand does not fit.
    let _ = desk.call(["keygen", "--out", "other.pem"]).run().expect_code(0, "keygen");
    let _ = verify(&desk, &["other.pub.pem"]).expect_code(4, "another key");
    let done = aws(desk.call(["keygen", "--public", &by_arn, "--out", "other.pub.pem"])).run();
    assert!(done.expect_code(2, "a file with another key").stderr.contains("other.pub.pem"));
}

#[test]
fn aws_kms_refuses_and_the_message_says_what_to_do() {
    let kms = Kms::start();
    let aws = |call: Call| call.aws(kms.port());
    let (off, rsa, other) = (kms.key("ECC_NIST_P256"), kms.key("RSA_2048"), kms.key("ECC_NIST_P384"));
    kms.script("disable", &[&off]);
    refused(aws, &format!("awskms:///{off}"), 1, &[&off, "disabled", "enable-key"]);
    refused(aws, &format!("awskms:///{rsa}"), 2, &[&rsa, "RSA_2048", "ECC_NIST_P256"]);
    refused(aws, &format!("awskms:///{other}"), 2, &[&other, "ECC_NIST_P384", "ECC_NIST_P256"]);
    refused(aws, "awskms:///alias/absent", 2, &["alias/absent", "no such key"]);
    // Nobody listens there: `?endpoint=` is over AWS_ENDPOINT_URL.
    refused(aws, "awskms:///alias/x?endpoint=http://127.0.0.1:9", 1, &["does not answer"]);
    refused(|call| call.env("AWS_REGION", "us-east-1"), "awskms:///alias/x", 1, &["AWS_PROFILE"]);
}

#[test]
fn a_user_who_may_not_sign_is_told_the_permission() {
    let kms = Kms::start();
    let arn = kms.key("ECC_NIST_P256");
    let user: Value = serde_json::from_str(&kms.script("user", &[])).unwrap();
    fakes::check_permissions(kms.port(), 0);
    let call = |call: Call| {
        let call = call.aws(kms.port()).env("AWS_ACCESS_KEY_ID", user["id"].as_str().unwrap());
        call.env("AWS_SECRET_ACCESS_KEY", user["secret"].as_str().unwrap())
    };
    refused(call, &format!("awskms:///{arn}"), 1, &[&arn, "kms:Sign"]);
    export(&Desk::default(), call, &format!("awskms:///{arn}"), "kms.pub.pem");
}

/// moto as it comes takes the digest for a message and hashes it again: such a signature must never be committed.
#[test]
fn a_signature_that_does_not_hold_is_not_used() {
    let moto = Moto::empty();
    let arn = kms_script(&moto.url(), "key", &["ECC_NIST_P256"]);
    refused(|call| call.aws(moto.port), &format!("awskms:///{arn}"), 1, &[&arn, "does not hold"]);
}

/// What both fakes do, whatever the cloud.
fn signs_and_refuses(reference: impl Fn(&str) -> String, permission: &str, keys: &Keys) {
    let ambient = |call: Call| keys.ambient(call);
    for name in ["evidence", "busy"] {
        let desk = Desk::default();
        for _ in 0..2 {
            let _ = ambient(demo(&desk, &reference(name))).run().expect_code(0, name);
        }
        let keyid = export(&desk, ambient, &reference(name), "kms.pub.pem");
        assert_eq!(signers(&desk), [[keyid.clone()], [keyid]]);
        let _ = verify(&desk, &["kms.pub.pem"]).expect_code(0, name);
        accepted_by_others(&desk, &["kms.pub.pem"]);
    }
    refused(ambient, &reference("disabled"), 1, &["sign with another version"]);
    refused(ambient, &reference("absent"), 2, &["no such key"]);
    refused(ambient, &reference("refused"), 1, &["it cannot sign", permission]);
    refused(ambient, &reference("rsa"), 2, &["RSA", "Make one"]);
    refused(ambient, &reference("rehashed"), 1, &["does not hold"]);
    refused(ambient, &reference("damaged"), 1, &["cannot sign"]);
    refused(ambient, &reference("down"), 1, &["does not answer"]);
}

#[test]
fn a_key_of_google_cloud_kms_signs_or_says_why_not() {
    let keys = Keys::default();
    signs_and_refuses(|name| keys.google(name), "cloudkms.cryptoKeyVersions.useToSign", &keys);
}

#[test]
fn a_key_of_azure_key_vault_signs_or_says_why_not() {
    let keys = Keys::default();
    signs_and_refuses(|name| keys.azure(name), "keys/sign", &keys);
}

/// Writes a configuration with these keys, and makes a run of it.
fn collect(desk: &Desk, signing: &str, port: u16) -> Value {
    let text = format!("store: {{url: \"{}\"}}\nsigning: {signing}\n", desk.store_url());
    std::fs::write(desk.folder().join("evidenced.yaml"), text).unwrap();
    let call = desk.call(["collect", "--json", "--config", "evidenced.yaml", "--region", "us-east-1"]).aws(port);
    call.run().expect_code(3, signing).json()["runs"][0].clone()
}

#[test]
fn a_new_key_is_handed_over_to_by_the_old_one() {
    let kms = Kms::start();
    let arn = kms.key("ECC_NIST_P256");
    let desk = Desk::default();
    let aws = |call: Call| call.aws(kms.port());
    let port = kms.port();
    collect(&desk, "{key: file://./one.pem}", port);
    collect(&desk, "{key: file://./two.pem, previous: file://./one.pem}", port);
    collect(&desk, "{key: file://./two.pem, previous: file://./one.pem}", port);
    let quiet = collect(&desk, &format!("{{key: \"awskms:///{arn}\", previous: file://./two.pem}}"), port);
    assert_eq!(quiet["warnings"], Value::Array(vec![]), "{quiet}");
    let one = export(&desk, aws, "one.pem", "1.pub.pem");
    let two = export(&desk, aws, "two.pem", "2.pub.pem");
    let three = export(&desk, aws, &format!("awskms:///{arn}"), "3.pub.pem");
    let both = |a: &String, b: &String| if a < b { vec![a.clone(), b.clone()] } else { vec![b.clone(), a.clone()] };
    assert_eq!(signers(&desk), [vec![one.clone()], both(&one, &two), vec![two.clone()], both(&two, &three)]);

    let report = verify(&desk, &["1.pub.pem", "2.pub.pem", "3.pub.pem"]).expect_code(0, "all keys").json();
    assert_eq!((&report["signatures"], &report["warnings"]), (&"verified".into(), &Value::Array(vec![])), "{report:#}");
    let changes = report["streams"][0]["key_changes"].as_array().unwrap();
    let told: Vec<_> =
        changes.iter().map(|c| (c["sequence"].as_u64(), c["to"][0].as_str(), c["endorsed"].as_bool())).collect();
    assert_eq!(told, [(Some(2), Some(two.as_str()), Some(true)), (Some(4), Some(three.as_str()), Some(true))]);
    accepted_by_others(&desk, &["1.pub.pem", "2.pub.pem", "3.pub.pem"]);

    // With one key alone, each statement that another one signed is named.
    let report = verify(&desk, &["1.pub.pem"]).expect_code(4, "one key of three").json();
    let problems = report["problems"].as_array().unwrap();
    assert!(problems.iter().all(|problem| problem["kind"] == "foreign_key"), "{report:#}");
    let named: Vec<_> = problems.iter().map(|problem| problem["sequence"].as_u64().unwrap()).collect();
    assert_eq!(named, [2, 3, 4, 4], "{report:#}");
    assert!(problems.iter().all(|problem| problem["file"].as_str().unwrap().ends_with(".dsse.json")));
}

#[test]
fn a_new_key_without_the_old_one_is_committed_with_a_warning_and_verify_says_so() {
    let moto = Moto::empty();
    let desk = Desk::default();
    collect(&desk, "{key: file://./one.pem}", moto.port);
    let run = collect(&desk, "{key: file://./two.pem}", moto.port);
    let warning = run["warnings"][0].as_str().unwrap_or_else(|| panic!("{run}"));
    assert!(
        warning.contains("`signing.previous` names no key") && warning.contains("without the old key"),
        "{warning}"
    );
    let _ = desk.call(["keygen", "--out", "three.pem"]).run().expect_code(0, "keygen");
    let run = collect(&desk, "{key: file://./four.pem, previous: file://./three.pem}", moto.port);
    assert!(run["warnings"][0].as_str().unwrap().contains("is not that key"), "{run}");

    let keys = ["one.pub.pem", "two.pub.pem", "four.pub.pem"];
    let report = verify(&desk, &keys).expect_code(0, "a warning is no problem").json();
    let warnings: Vec<&str> =
        report["warnings"].as_array().unwrap().iter().map(|w| w["what"].as_str().unwrap()).collect();
    assert_eq!(warnings.len(), 2, "{report:#}");
    assert!(
        warnings.iter().all(|what| what.starts_with("key changed without the old key's signature")),
        "{warnings:?}"
    );
    let done = desk.call(["verify", &desk.store_url(), "--key", keys[0], "--key", keys[1], "--key", keys[2]]).run();
    assert!(done.expect_code(0, "the table").stdout.contains("key changed without the old key's signature"));
}

#[test]
fn keys_are_refused_before_anything_is_made() {
    let desk = Desk::default();
    for (signing, words) in [
        ("{key: keys/key.pem}", ["evidenced.yaml:2", "file:///path"]),
        ("{key: \"gcpkms://projects/p\"}", ["evidenced.yaml:2", "cryptoKeyVersions"]),
        ("{key: \"azurekms://acme.vault.azure.net/keys/k\"}", ["evidenced.yaml:2", "/VERSION"]),
        ("{key: file://./a.pem, previous: file://./a.pem}", ["evidenced.yaml:2", "the same key"]),
        ("{key: file://./a.pem, previous: \"hsm:///1\"}", ["evidenced.yaml:2", "signing.previous"]),
    ] {
        let text = format!("store: {{url: \"file://./evidence\"}}\nsigning: {signing}\n");
        std::fs::write(desk.folder().join("evidenced.yaml"), text).unwrap();
        let done = desk.call(["config", "check", "--config", "evidenced.yaml"]).run().expect_code(2, signing);
        assert!(words.iter().all(|word| done.stderr.contains(word)), "{signing}: {done:#?}");
    }
    let done = desk.call(["keygen", "--public", "absent.pem"]).run().expect_code(2, "no such key");
    assert!(done.stderr.contains("absent.pem") && !desk.folder().join("absent.pem").exists(), "{done:#?}");
}
