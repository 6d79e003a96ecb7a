//! Evidence in Azure Blob Storage: the real binary against Azurite, and what Azurite lacks in `fakes/azure.py`.
#![expect(clippy::unwrap_used, reason = "tests")]

use evidenced_tests::binary::{Call, Done};
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{bundles, contents};
use evidenced_tests::fakes::azurite::{ACCOUNT, Azurite};
use evidenced_tests::process;
use serde_json::{Value, json};

fn demo(desk: &Desk, store: &str) -> Call {
    desk.call(["demo", "--cloud", "aws", "--json", "--store", store, "--key", "key.pem"])
}

fn verify(desk: &Desk, store: &str) -> Call {
    desk.call(["verify", "--json", store, "--key", &desk.public_key()])
}

/// What the last statement of a container says of retention.
fn recorded(azurite: &Azurite, desk: &Desk, container: &str) -> Value {
    let copy = desk.folder().join(container);
    azurite.copy(container, &copy);
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
fn evidence_lies_there_verified_and_repeatable_and_says_what_protects_it() {
    let (azurite, desk) = (Azurite::default(), Desk::default());
    for (container, retention, mode) in [
        ("plain", json!({"mode": "none"}), "none"),
        ("unlocked", json!({"mode": "governance", "days": 10}), "governance"),
        ("locked", json!({"mode": "compliance", "days": 400}), "compliance"),
        ("versions", json!({"mode": "none"}), "compliance"),
    ] {
        let store = azurite.store(container, &azurite.resource());
        let run = |call: Call| azurite.as_identity(call, "collector").run().expect_code(0, container);
        for _ in 0..2 {
            assert_eq!(run(demo(&desk, &store)).json()["verification"]["signatures"], "verified", "{container}");
        }
        let report = run(verify(&desk, &store)).json();
        let protected = &report["streams"][0]["protected"];
        let objects = protected["objects"].as_u64().unwrap();
        assert!(objects > 10, "{report:#}");
        match mode {
            "none" => assert_eq!(protected["unprotected"], objects, "{protected}"),
            mode => assert_eq!(protected["modes"][mode], objects, "{container}: {protected}"),
        }
        run(desk.call(["reperform", "--json", &store]));
        assert_eq!(recorded(&azurite, &desk, container), retention, "{container}");
        // What was copied out of the container is the same evidence.
        let copy = format!("file://{}", desk.folder().join(container).display());
        let _ = verify(&desk, &copy).run().expect_code(0, "the copy");
    }
}

#[test]
fn days_that_blob_storage_does_not_tell_are_unknown_until_the_resource_is_named() {
    let (azurite, desk) = (Azurite::default(), Desk::default());
    let retention = |store: &str, identity: &str| {
        let _ = azurite.as_identity(demo(&desk, store), identity).run().expect_code(0, identity);
        let told = recorded(&azurite, &desk, "locked");
        assert_eq!(told["mode"], "unknown", "{told}");
        told["reason"].as_str().unwrap().to_owned()
    };
    let unnamed = retention(&azurite.store("locked", ""), "collector");
    assert!(unnamed.contains("?subscription=ID&resource_group=NAME"), "{unnamed}");
    let unable = retention(&azurite.store("locked", &azurite.resource()), "blind");
    assert!(unable.contains("AuthorizationFailed") && unable.contains("immutabilityPolicies/read"), "{unable}");
    let misnamed = retention(&azurite.store("locked", &azurite.resource().replace("sub-1", "sub-2")), "collector");
    assert!(misnamed.contains("ResourceNotFound"), "{misnamed}");
}

#[test]
fn a_wrong_container_is_configuration_and_no_credentials_say_what_was_tried() {
    let (azurite, desk) = (Azurite::default(), Desk::default());
    let absent = azurite.as_identity(demo(&desk, &azurite.store("no-such-container", "")), "collector").run();
    refused(absent, 2, &["there is no container `no-such-container`", "check the names"]);

    let store = azurite.store("plain", "");
    let unknown = azurite.as_identity(demo(&desk, &store), "nobody").run();
    refused(unknown, 1, &["the managed identity of this machine gave no Azure token", "AZURE_CLIENT_ID"]);
    let half = demo(&desk, &store).env("AZURE_CLIENT_SECRET", "canary-client-secret").run();
    assert!(!half.stderr.contains("canary"), "{half:?}");
    refused(half, 1, &["AZURE_CLIENT_SECRET is set and AZURE_TENANT_ID is not"]);
    let dead = format!("https://127.0.0.1:{}", process::free_port());
    let authority = |call: Call, host: &str| {
        let call = call.env("AZURE_TENANT_ID", "t").env("AZURE_CLIENT_ID", "c").env("AZURE_CLIENT_SECRET", "s");
        call.env("AZURE_AUTHORITY_HOST", host).run()
    };
    refused(authority(demo(&desk, &store), &dead), 1, &["the application of AZURE_CLIENT_ID gave no Azure token"]);
    refused(authority(demo(&desk, &store), "http://127.0.0.1:1"), 1, &["HTTPS", "AZURE_"]);

    // A server that nobody vouches for is not talked to; the system's variable for certificates does as well.
    let certificate = |name: &str, file: &str| {
        let call = demo(&desk, &store).env("IDENTITY_HEADER", "collector");
        let endpoint = &azurite.environment("collector")[0];
        call.env(endpoint.0, &endpoint.1).env(name, file).run()
    };
    refused(certificate("UNRELATED", "x"), 1, &["ertificate"]);
    let ca = azurite.tls()[2].display().to_string();
    let _ = certificate("SSL_CERT_FILE", &ca).expect_code(0, "SSL_CERT_FILE");
    let clear = format!("az://{ACCOUNT}/plain?endpoint=http://127.0.0.1:1/{ACCOUNT}");
    refused(demo(&desk, &clear).run(), 2, &["tokens are not sent in the clear"]);
}

#[test]
fn each_permission_that_is_missing_is_named() {
    let (azurite, desk) = (Azurite::default(), Desk::default());
    let store = azurite.store("plain", "");
    let demo_as = |identity: &str| azurite.as_identity(demo(&desk, &store), identity).run();
    refused(demo_as("stranger"), 1, &["may not open the container", "containers/read", "blobs/add/action"]);
    refused(demo_as("reader"), 1, &["the credentials need the data action", "blobs/add/action"]);
    // The collector may add and not overwrite or delete: the fake refuses both.
    let _ = demo_as("collector").expect_code(0, "collector");
    let _ = azurite.as_identity(verify(&desk, &store), "reader").run().expect_code(0, "reader");
}

#[test]
fn no_token_is_shown() {
    let (azurite, desk) = (Azurite::default(), Desk::default());
    let store = azurite.store("locked", &azurite.resource());
    let done = azurite.as_identity(demo(&desk, &store), "collector").env("EVIDENCED_LOG", "trace").run();
    let done = done.expect_code(0, "trace");
    assert!(done.stderr.len() > 10_000, "trace logs much");
    azurite.copy("locked", &desk.folder().join("copy"));
    let stored: Vec<u8> = bundles(&desk.folder().join("copy"))
        .iter()
        .flat_map(|bundle| contents(&desk.folder().join("copy").join(&bundle.ledger)))
        .collect();
    // The beginning of every JWT.
    for text in [&done.stderr, &done.stdout, &String::from_utf8(stored).unwrap()] {
        assert!(!text.contains("Bearer ey") && !text.contains("eyJ0eXAiOiAiSldUI"), "a token is shown");
    }
}
