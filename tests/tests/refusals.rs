//! True refusals: moto checks signatures and IAM permissions, and the collector's user may not read everything.

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{assert_only_obscured, only_bundle};
use evidenced_tests::fakes::{self, Moto};

#[test]
fn a_user_who_may_not_read_everything_says_so() {
    let moto = Moto::with_estate();
    let (_, clean) = Desk::bundle_with_gaps(moto.port, "everything is allowed");
    // A user of the account whose policy leaves out three reads; made before permissions are checked.
    let keys: serde_json::Value = serde_json::from_str(&fakes::python("reader.py", &[&moto.url()])).unwrap();
    let (_, all) = Desk::bundle_with_gaps(moto.port, "with one user more");
    moto.check_permissions_after(0);

    let desk = Desk::default();
    let call = desk.collect(moto.port);
    let call = call.env("AWS_ACCESS_KEY_ID", keys["id"].as_str().unwrap());
    let call = call.env("AWS_SECRET_ACCESS_KEY", keys["secret"].as_str().unwrap());
    let _ = call.run().expect_code(3, "a restricted user");
    let bundle = only_bundle(&desk.store());
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
    assert_only_obscured(&all.rows(), &bundle.rows(), "a restricted user");
    let unread = bundle.unread();
    for operation in ["s3:GetBucketAcl", "iam:GetAccountPasswordPolicy", "cloudtrail:GetTrailStatus"] {
        let denied = unread.iter().any(|line| line.contains(operation) && line.contains("denied"));
        assert!(denied, "{operation}: {unread:#?}");
    }
    assert_eq!(bundle.ids("aws.s3.bucket"), clean.ids("aws.s3.bucket"));
    let _ = desk.verify().expect_code(0, "verify");
    let _ = desk.reperform().expect_code(0, "reperform");
}

#[test]
fn credentials_that_are_not_accepted_end_the_run() {
    let moto = Moto::start(&[("INITIAL_NO_AUTH_ACTION_COUNT", "0")]);
    let desk = Desk::default();
    let done = desk.collect(moto.port).run().expect_code(1, "an unknown key");
    assert!(done.stderr.contains("GetCallerIdentity") || done.stderr.contains("credentials"), "{done:?}");
    assert!(!desk.store().join("ledger").exists());
}
