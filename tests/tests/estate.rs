//! The main job on a real account: collect, verify, re-perform, and every verdict against the answer key.

use evidenced_tests::binary::{ACCESS_KEY, SECRET_KEY, SESSION_TOKEN};
use evidenced_tests::estate::{Desk, Verdicts};
use evidenced_tests::evidence::{Bundle, assert_only_obscured, find, only_bundle};
use evidenced_tests::fakes::{self, BUCKET, Moto, SeaweedFs};
use evidenced_tests::proxy::Proxy;
use std::process::Command;

/// Everything that was made is there, once, and judged.
fn assert_whole_estate(bundle: &Bundle) {
    for (of_type, count) in [
        ("aws.s3.bucket", 20),
        ("aws.iam.user", 20),
        ("aws.iam.role", 20),
        ("aws.iam.group", 3),
        ("aws.iam.policy", 14),
        ("aws.iam.inline-policy", 6),
        ("aws.iam.policy-document", 20),
        ("aws.iam.server-certificate", 1),
        ("aws.cloudtrail.trail", 5),
        ("aws.account", 1),
        ("aws.iam.account", 1),
        ("aws.s3.account", 1),
    ] {
        assert_eq!(bundle.ids(of_type).len(), count, "{of_type}: {:?}", bundle.ids(of_type));
    }
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
}

#[test]
fn an_estate_is_collected_verified_and_reperformed() {
    let moto = Moto::with_estate();
    let proxy = Proxy::start(moto.port, None);
    let desk = Desk::default();
    let done = desk.collect(proxy.port).env("AWS_SESSION_TOKEN", SESSION_TOKEN).run().expect_code(3, "collect");
    let bundle = only_bundle(&desk.store());
    assert_whole_estate(&bundle);
    Verdicts::of_estate().assert_given_by(&bundle);

    // What it says on standard output is what it wrote, and what it cost.
    let run = &done.json()["runs"][0];
    assert_eq!(run["summary"]["controls"], bundle.statement["predicate"]["summary"]);
    assert_eq!(run["cost"], bundle.statement["predicate"]["cost"]);
    for figure in ["calls", "bytes", "seconds", "cpu_seconds", "peak_memory_bytes"] {
        assert!(run["cost"][figure].as_f64().is_some_and(|value| value > 0.0), "{figure} of {}", run["cost"]);
    }
    assert!(run["cost"]["retries"].is_u64(), "{}", run["cost"]);

    // No secret anywhere, neither the plain ones nor what a signature would bring.
    for secret in
        [SECRET_KEY, SESSION_TOKEN, ACCESS_KEY, "X-Amz-Signature", "AWS4-HMAC-SHA256", "Correct-Horse-7-Battery"]
    {
        assert_eq!(find(&desk.store(), secret), Vec::<String>::new(), "{secret}");
    }
    assert!(!find(&desk.store(), "GetBucketAcl").is_empty(), "the search finds what is there");

    let report = desk.verify().expect_code(0, "verify").json();
    assert_eq!((&report["integrity"], &report["signatures"]), (&"ok".into(), &"verified".into()), "{report:#}");
    drop(moto);
    let _ = desk.reperform().expect_code(0, "reperform");

    // The standards' own tools agree, and so does an auditor with a shell.
    fakes::python("check_standards.py", &[desk.store().to_str().unwrap(), &desk.public_key()]);
    let by_hand = Command::new(fakes::scripts().join("../by_hand.sh"))
        .args([desk.store().to_str().unwrap(), &desk.public_key()])
        .output()
        .unwrap();
    assert!(by_hand.status.success(), "{by_hand:?}");
    assert!(String::from_utf8_lossy(&by_hand.stdout).contains("9 files agree"), "{by_hand:?}");
}

#[test]
fn an_estate_goes_into_an_s3_store() {
    let moto = Moto::with_estate();
    let weed = SeaweedFs::start(true);
    let proxy = Proxy::start(moto.port, None);
    let desk = Desk::default();
    let url = format!("s3://{BUCKET}/soc2?endpoint=http://127.0.0.1:{}", weed.port);
    for _ in 0..2 {
        let _ = desk.collect_into(proxy.port, &url).run().expect_code(3, "collect");
    }
    let key = desk.public_key();
    let _ = desk.call(["verify", &url, "--key", &key]).aws(proxy.port).run().expect_code(0, "verify");
    let _ = desk.call(["reperform", &url]).aws(proxy.port).run().expect_code(0, "reperform");

    // A copy of it is a store like any other, and says how long it was protected.
    weed.copy("soc2", &desk.store());
    let _ = desk.verify().expect_code(0, "verify of the copy");
    let bundles = evidenced_tests::evidence::bundles(&desk.store());
    assert_eq!(bundles.len(), 2);
    assert_eq!(bundles[1].statement["predicate"]["sequence"], 2);
    assert_eq!(bundles[0].statement["predicate"]["retention"]["mode"], "compliance");
    assert_eq!(bundles[0].statement["predicate"]["retention"]["days"], 1);
    assert_whole_estate(&bundles[0]);
    Verdicts::of_estate().assert_given_by(&bundles[0]);
    assert_eq!(bundles[0].rows(), bundles[1].rows());
}

/// moto gives each answer about versioning a root element that S3 does not have: that is an error, never "no versioning".
#[test]
fn a_wrong_answer_of_the_server_is_not_a_fact() {
    let moto = Moto::with_estate();
    let proxy = Proxy::start(moto.port, None);
    let (_right, right) = Desk::bundle_with_gaps(proxy.port, "through the proxy");
    let (_wrong, wrong) = Desk::bundle_with_gaps(moto.port, "moto alone");
    assert_whole_estate(&wrong);
    assert_only_obscured(&right.rows(), &wrong.rows(), "moto alone");
    let versioning: Vec<_> = wrong.rows().into_iter().filter(|row| row.0.0 == "aws.s3.versioning").collect();
    assert_eq!(versioning.len(), 20);
    assert!(versioning.iter().all(|row| row.1 == "not_evaluated"), "{versioning:?}");
    assert!(
        wrong.unread().iter().any(|line| line.starts_with("s3:GetBucketVersioning malformed")),
        "{:?}",
        wrong.unread()
    );
}

#[test]
fn an_empty_account_is_evidence_too() {
    let moto = Moto::empty();
    let (desk, bundle) = Desk::bundle_with_gaps(moto.port, "an empty account");
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
    let row = |of_type: &str| {
        bundle.populations.iter().find(|row| row["type"] == of_type).unwrap_or_else(|| panic!("{of_type}"))
    };
    for of_type in ["aws.s3.bucket", "aws.iam.user", "aws.iam.role", "aws.cloudtrail.trail"] {
        assert_eq!((&row(of_type)["listed"], &row(of_type)["complete"]), (&0.into(), &true.into()), "{of_type}");
    }
    // Nothing there is no pass for what must be there.
    assert_eq!(bundle.rows()[&("aws.cloudtrail.multi-region".to_owned(), String::new())], "fail");
    let _ = desk.verify().expect_code(0, "verify");
}
