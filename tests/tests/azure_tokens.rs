//! Azure: every kind of identity that the collector may have, with the real binary: what each shows of itself to get a token, and what
//! is said where it gets none. `fakes/azure_tokens.py` checks it as Entra ID does.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::binary::{Call, Done};
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::only_bundle;
use evidenced_tests::fakes;
use evidenced_tests::fakes::azure_cloud::{
    APPLICATION, APPLICATION_SECRET, ASSIGNED, AzureCloud, SUBSCRIPTION, SecureAzureCloud, TENANT_ID,
};

/// Who the evidence says has read.
fn reader(desk: &Desk, call: Call, what: &str) -> String {
    let done = call.run().expect_code(3, what);
    assert!(!format!("{}{}", done.stdout, done.stderr).contains("canary"), "{what}: a secret is shown: {done:?}");
    let bundle = only_bundle(&desk.store());
    bundle.assert_balanced();
    assert!(bundle.findings.iter().any(|finding| finding["verdict"] == "pass"), "{what}");
    bundle.statement["predicate"]["identity"].as_str().unwrap().to_owned()
}

/// It ended without a token, said each of these, and nothing was committed.
fn refused(desk: &Desk, done: Done, said: &[&str]) {
    let done = done.expect_code(1, said[0]);
    for word in said {
        assert!(done.stderr.contains(word), "`{word}` is not said: {}", done.stderr);
    }
    assert!(!done.stderr.contains("canary"), "a secret is shown: {}", done.stderr);
    assert!(!desk.store().join("ledger").exists(), "something was committed");
}

/// A file with a token of a Kubernetes service account.
fn federated(desk: &Desk, account: &str) -> String {
    let file = desk.folder().join("token");
    std::fs::write(&file, fakes::python("azure_tokens.py", &[&format!("system:serviceaccount:{account}")])).unwrap();
    file.display().to_string()
}

fn collector() -> String {
    format!("bbbbbbbb-0000-4000-8000-000000000001@{TENANT_ID}")
}

#[test]
fn an_application_reads_with_its_secret_its_certificate_or_its_federated_token() {
    let azure = SecureAzureCloud::default();
    let authority = format!(", authority: \"{}\"", azure.url());
    let tokens = Desk::default();
    let token = federated(&tokens, "evidenced:collector");
    let certificate = azure.certificate("application");
    for (variable, value) in [
        ("AZURE_CLIENT_SECRET", APPLICATION_SECRET),
        ("AZURE_CLIENT_CERTIFICATE_PATH", certificate.to_str().unwrap()),
        ("AZURE_FEDERATED_TOKEN_FILE", token.as_str()),
    ] {
        let named = [("AZURE_TENANT_ID", TENANT_ID), ("AZURE_CLIENT_ID", APPLICATION), (variable, value)];
        let desk = Desk::default();
        azure.configure(&desk, &authority);
        assert_eq!(reader(&desk, azure.collect(&desk, &named), variable), collector());
        // The environment's authority does as well as the configuration's.
        let desk = Desk::default();
        azure.configure(&desk, "");
        let call = azure.collect(&desk, &named).env("AZURE_AUTHORITY_HOST", azure.url());
        assert_eq!(reader(&desk, call, variable), collector());
    }
}

#[test]
fn what_an_application_is_refused_says_why_and_what_to_do() {
    let azure = SecureAzureCloud::default();
    let desk = Desk::default();
    azure.configure(&desk, &format!(", authority: \"{}\"", azure.url()));
    let (another, token) = (azure.certificate("another"), federated(&desk, "default:default"));
    let refuse = |tenant: &str, client: &str, own: (&str, &str), said: &[&str]| {
        let named = [("AZURE_TENANT_ID", tenant), ("AZURE_CLIENT_ID", client), own];
        refused(&desk, azure.collect(&desk, &named).run(), said);
    };
    let wrong = ("AZURE_CLIENT_SECRET", "canary-wrong-secret");
    let right = ("AZURE_CLIENT_SECRET", APPLICATION_SECRET);
    refuse(
        TENANT_ID,
        APPLICATION,
        wrong,
        &["AADSTS7000215", "Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"],
    );
    refuse("another-tenant", APPLICATION, right, &["AADSTS90002", "Check AZURE_TENANT_ID"]);
    refuse(TENANT_ID, ASSIGNED, right, &["AADSTS700016", "was not found in the directory", "AZURE_CLIENT_ID"]);
    let certificate = ("AZURE_CLIENT_CERTIFICATE_PATH", another.to_str().unwrap());
    refuse(
        TENANT_ID,
        APPLICATION,
        certificate,
        &["AADSTS700027", "that the application's registration has this certificate"],
    );
    let federated = ("AZURE_FEDERATED_TOKEN_FILE", token.as_str());
    refuse(
        TENANT_ID,
        APPLICATION,
        federated,
        &["AADSTS700213", "that the identity's federated credential names this workload"],
    );
}

#[test]
fn a_machine_reads_with_the_managed_identity_of_its_instance_metadata() {
    let azure = AzureCloud::default();
    for (client, principal) in
        [(None, "bbbbbbbb-0000-4000-8000-000000000001"), (Some(ASSIGNED), "bbbbbbbb-0000-4000-8000-000000000002")]
    {
        let desk = Desk::default();
        azure.configure(&desk, &format!("subscriptions: [\"{SUBSCRIPTION}\"], tenant: false"));
        let identity = reader(&desk, azure.collect_on_machine(&desk, client), "instance metadata");
        assert_eq!(identity, format!("{principal}@{TENANT_ID}"));
    }
    let desk = Desk::default();
    azure.configure(&desk, &format!("subscriptions: [\"{SUBSCRIPTION}\"], tenant: false"));
    let said = [
        "the managed identity of this machine gave no Azure token",
        "The requested identity has not been assigned to this resource",
        "Check that an identity is assigned to this machine, and AZURE_CLIENT_ID where there are several",
    ];
    refused(&desk, azure.collect_on_machine(&desk, Some(APPLICATION)).run(), &said);
    let elsewhere = azure.collect_on_machine(&desk, None).env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "127.0.0.1");
    refused(
        &desk,
        elsewhere.run(),
        &["AZURE_POD_IDENTITY_AUTHORITY_HOST is `127.0.0.1`", "set it to http://HOST:PORT"],
    );
}
