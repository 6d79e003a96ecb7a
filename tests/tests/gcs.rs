//! Evidence in Google Cloud Storage: the real binary against the project's fake, with each kind of credentials.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::binary::{Call, Done};
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{bundles, contents};
use evidenced_tests::fakes::gcs::{Gcs, LOCKED, PLAIN, UNLOCKED};
use evidenced_tests::fakes::python;
use evidenced_tests::process;
use serde_json::{Value, json};
use std::process::Command;

fn demo(desk: &Desk, store: &str) -> Call {
    desk.call(["demo", "--cloud", "aws", "--json", "--store", store, "--key", "key.pem"])
}

fn verify(desk: &Desk, store: &str) -> Call {
    desk.call(["verify", "--json", store, "--key", &desk.public_key()])
}

/// What the only statement of a bucket says of retention.
fn recorded(gcs: &Gcs, desk: &Desk, bucket: &str) -> Value {
    let copy = desk.folder().join(bucket);
    gcs.copy(bucket, &copy);
    bundles(&copy).last().unwrap().statement["predicate"]["retention"].clone()
}

/// It failed so, and said each of these.
fn refused(done: Done, code: i32, said: &[&str]) {
    let done = done.expect_code(code, said[0]);
    for word in said {
        assert!(done.stderr.contains(word), "`{word}` is not said: {}", done.stderr);
    }
}

#[test]
fn the_fake_keeps_what_it_should_and_answers_in_googles_schemas() {
    let gcs = Gcs::default();
    python("gcs_client.py", &["check", &gcs.url(), PLAIN, LOCKED]);
}

#[test]
fn evidence_lies_there_verified_and_repeatable_and_says_what_protects_it() {
    let (gcs, desk) = (Gcs::default(), Desk::default());
    for (bucket, retention) in [
        (PLAIN, json!({"mode": "none"})),
        (UNLOCKED, json!({"mode": "governance", "days": 10})),
        (LOCKED, json!({"mode": "compliance", "days": 400})),
    ] {
        let store = gcs.store(bucket);
        for run in 1..=2 {
            let done = gcs.ambient(demo(&desk, &store)).run().expect_code(0, bucket);
            assert_eq!(done.json()["verification"]["signatures"], "verified", "{bucket}, run {run}");
        }
        let report = gcs.ambient(verify(&desk, &store)).run().expect_code(0, bucket).json();
        let protected = &report["streams"][0]["protected"];
        let objects = protected["objects"].as_u64().unwrap();
        assert!(objects > 10, "{report:#}");
        match retention["mode"].as_str().unwrap() {
            "none" => assert_eq!(protected["unprotected"], objects, "{protected}"),
            mode => assert_eq!(protected["modes"][mode], objects, "{protected}"),
        }
        let repeated = gcs.ambient(desk.call(["reperform", "--json", &store])).run();
        let _ = repeated.expect_code(0, bucket);
        assert_eq!(recorded(&gcs, &desk, bucket), retention, "{bucket}");
        // What was copied out of the bucket is the same evidence.
        let copy = format!("file://{}", desk.folder().join(bucket).display());
        let _ = verify(&desk, &copy).run().expect_code(0, "the copy");
    }
}

#[test]
fn a_wrong_bucket_is_configuration_and_no_credentials_say_what_was_tried() {
    let (gcs, desk) = (Gcs::default(), Desk::default());
    let store = gcs.store("no-such-bucket");
    refused(gcs.ambient(demo(&desk, &store)).run(), 2, &["there is no bucket `no-such-bucket`", "check the name"]);

    let dead = format!("127.0.0.1:{}", process::free_port());
    let nobody = demo(&desk, &gcs.store(PLAIN)).env("GCE_METADATA_HOST", &dead).run();
    refused(nobody, 1, &["GOOGLE_APPLICATION_CREDENTIALS", &dead, "service account"]);
    let file = desk.folder().join("credentials.json");
    let with_file = || demo(&desk, &gcs.store(PLAIN)).env("GOOGLE_APPLICATION_CREDENTIALS", &file).run();
    refused(with_file(), 1, &["credentials.json", "correct GOOGLE_APPLICATION_CREDENTIALS"]);
    std::fs::write(&file, r#"{"type": "magic"}"#).unwrap();
    refused(with_file(), 1, &["credentials.json", "of a kind that cannot be used here"]);
    std::fs::write(&file, "{").unwrap();
    refused(with_file(), 1, &["credentials.json", "are not valid"]);
}

#[test]
fn each_permission_that_is_missing_is_named() {
    let (gcs, desk) = (Gcs::default(), Desk::default());
    let store = gcs.store(LOCKED);
    let demo_as = |identity: &str| gcs.federated(demo(&desk, &store), desk.folder(), identity).run();
    refused(demo_as("stranger"), 1, &["may not open the bucket", "storage.objects.list", "storage.objects.create"]);
    refused(demo_as("reader"), 1, &["the credentials need storage.objects.create"]);
    // Who may not ask for the bucket's settings can collect; the statement says that it could not be known.
    let _ = demo_as("writer").expect_code(0, "writer");
    let retention = recorded(&gcs, &desk, LOCKED);
    assert_eq!(retention["mode"], "unknown");
    assert!(retention["reason"].as_str().unwrap().contains("storage.buckets.get"), "{retention}");
    // Reading needs no permission to write.
    let read = gcs.federated(verify(&desk, &store), desk.folder(), "reader").run().expect_code(0, "reader").json();
    assert!(read["streams"][0]["protected"]["modes"]["compliance"].as_u64().unwrap() > 5, "{read:#}");
}

#[test]
fn a_service_accounts_key_signs_its_own_token_and_no_token_is_shown() {
    let desk = Desk::default();
    let pem = desk.folder().join("account.pem");
    let openssl = |arguments: &[&str]| process::output(Command::new("openssl").args(arguments).arg(&pem));
    openssl(&["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out"]);
    let modulus = openssl(&["rsa", "-noout", "-modulus", "-in"]).trim().replace("Modulus=", "");
    let email = "evidence@acme.iam.gserviceaccount.com";
    let gcs = Gcs::with(&[&format!("{email}:{modulus}")]);
    let key = json!({
        "type": "service_account",
        "project_id": "acme",
        "private_key_id": "1",
        "private_key": std::fs::read_to_string(&pem).unwrap(),
        "client_email": email,
        "client_id": "1",
        "token_uri": format!("{}/v1/none", gcs.url()),
    });
    let file = desk.folder().join("account.json");
    std::fs::write(&file, key.to_string()).unwrap();
    let with_key = |call: Call| call.env("GOOGLE_APPLICATION_CREDENTIALS", &file).env("EVIDENCED_LOG", "trace");
    let done = with_key(demo(&desk, &gcs.store(PLAIN))).run().expect_code(0, "a service account's key");
    let ambient = gcs.ambient(demo(&desk, &gcs.store(PLAIN))).env("EVIDENCED_LOG", "trace").run();
    let ambient = ambient.expect_code(0, "the machine's identity");
    assert!(done.stderr.len() > 10_000, "trace logs much");
    gcs.copy(PLAIN, &desk.folder().join("copy"));
    let stored: Vec<u8> = bundles(&desk.folder().join("copy"))
        .iter()
        .flat_map(|bundle| contents(&desk.folder().join("copy").join(&bundle.ledger)))
        .collect();
    // The beginning of every JWT, and of Google's tokens.
    for text in [&done.stderr, &done.stdout, &ambient.stderr, &ambient.stdout, &String::from_utf8(stored).unwrap()] {
        assert!(!text.contains("Bearer ey") && !text.contains("ya29."), "a token is shown");
    }
}
