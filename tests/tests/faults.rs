//! Everything that can go wrong with an answer, for every operation: it may obscure verdicts, and nothing else.

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Bundle, Rows, assert_only_obscured};
use evidenced_tests::fakes::Moto;
use evidenced_tests::proxy::{Fault, Proxy, Rule};
use std::collections::BTreeSet;

/// The most attempts that a call may have.
const ATTEMPTS: u32 = 5;

/// An estate behind a proxy, and what a run says of it when nothing goes wrong.
struct Scene {
    _moto: Moto,
    proxy: Proxy,
    clean: Rows,
    unread: BTreeSet<String>,
    operations: BTreeSet<String>,
}

impl Scene {
    fn new() -> Self {
        let moto = Moto::with_estate();
        let proxy = Proxy::start(moto.port, None);
        let (_, bundle) = Desk::bundle_with_gaps(proxy.port, "the clean run");
        let operations = proxy.attempts().into_keys().map(|call| call.operation).collect();
        Self { _moto: moto, proxy, clean: bundle.rows(), unread: bundle.unread().into_iter().collect(), operations }
    }

    /// A run in which these operations always meet the fault.
    fn run(&self, fault: Fault, operations: &[&str]) -> Bundle {
        for operation in operations {
            assert!(self.operations.contains(*operation), "{operation} is never called: {:?}", self.operations);
        }
        self.proxy.set(operations.iter().map(|operation| Rule::always(operation, fault)).collect());
        let context = format!("{fault:?} {operations:?}");
        let (desk, bundle) = Desk::bundle_with_gaps(self.proxy.port, &context);
        assert!(!bundle.complete(), "{context}");
        bundle.assert_balanced();
        bundle.assert_one_verdict_each();
        assert_only_obscured(&self.clean, &bundle.rows(), &context);
        for operation in operations {
            let named = |line: &String| {
                line.contains(operation)
                    && fault.reasons().iter().any(|reason| line.contains(reason))
                    && !self.unread.contains(line)
            };
            assert!(bundle.unread().iter().any(named), "{context}: {operation} is not named: {:#?}", bundle.unread());
        }
        for (call, attempts) in self.proxy.attempts() {
            assert!(attempts <= ATTEMPTS, "{context}: {attempts} attempts of {call}");
        }
        let _ = desk.verify().expect_code(0, &context);
        let _ = desk.reperform().expect_code(0, &context);
        bundle
    }
}

/// The caller's identity is asked before there is a run, and a run for an unknown account is none.
const BEFORE_THE_RUN: &str = "sts:GetCallerIdentity";

#[test]
fn any_single_operation_may_be_refused() {
    let scene = Scene::new();
    for operation in scene.operations.iter().filter(|operation| *operation != BEFORE_THE_RUN) {
        scene.run(Fault::Denied, &[operation]);
    }
}

#[test]
fn a_page_of_html_or_nothing_at_all_is_no_answer() {
    let scene = Scene::new();
    for fault in [Fault::Html, Fault::Empty] {
        scene.run(fault, &["s3:GetBucketAcl", "iam:GetAccountSummary", "cloudtrail:GetTrailStatus"]);
        scene.run(fault, &["s3:GetBucketPolicy", "iam:GetCredentialReport", "cloudtrail:DescribeTrails"]);
        scene.run(fault, &["s3:GetPublicAccessBlock", "s3control:GetPublicAccessBlock", "ec2:DescribeRegions"]);
        scene.run(
            fault,
            &[
                "s3:GetBucketLogging",
                "s3:GetBucketEncryption",
                "cloudtrail:GetEventSelectors",
                "iam:GetAccountPasswordPolicy",
            ],
        );
        scene.run(fault, &["s3:ListBuckets", "iam:GetAccountAuthorizationDetails"]);
    }
}

#[test]
fn servers_that_fail_are_asked_again_and_not_for_ever() {
    let scene = Scene::new();
    for fault in [Fault::Throttled, Fault::Internal, Fault::Cut, Fault::HangUp] {
        scene.run(fault, &["iam:GetAccountAuthorizationDetails", "cloudtrail:GetTrailStatus", "s3:GetBucketTagging"]);
        scene.run(fault, &["s3:ListBuckets", "iam:GetCredentialReport", "cloudtrail:DescribeTrails"]);
        let attempts = scene.proxy.attempts();
        let listed = attempts.iter().filter(|(call, _)| call.operation == "s3:ListBuckets").map(|(_, count)| *count);
        assert_eq!(listed.max(), Some(ATTEMPTS), "{fault:?} passes, so it is worth asking again");
    }
}

#[test]
fn trouble_that_passes_leaves_no_trace_in_the_verdicts() {
    let scene = Scene::new();
    for fault in [Fault::Throttled, Fault::Cut, Fault::HangUp, Fault::Slow] {
        let operations =
            ["s3:GetBucketAcl", "s3:ListBuckets", "iam:GetAccountAuthorizationDetails", "cloudtrail:DescribeTrails"];
        let rules = operations.iter().map(|o| Rule { first: Some(1), ..Rule::always(o, fault) }).collect();
        scene.proxy.set(rules);
        let (_, bundle) = Desk::bundle_with_gaps(scene.proxy.port, "trouble that passes");
        assert_eq!(bundle.rows(), scene.clean, "{fault:?}");
        assert_eq!(bundle.unread().into_iter().collect::<BTreeSet<_>>(), scene.unread, "{fault:?}");
        if fault != Fault::Slow {
            assert!(bundle.statement["predicate"]["cost"]["retries"].as_u64().unwrap() >= 4, "{fault:?}");
            assert!(bundle.exchanges.iter().any(|exchange| exchange["attempt"] == 2), "every attempt is recorded");
        }
    }
}

#[test]
fn without_an_identity_there_is_no_run() {
    let moto = Moto::empty();
    let proxy = Proxy::start(moto.port, None);
    proxy.set(vec![Rule::always(BEFORE_THE_RUN, Fault::Denied)]);
    let desk = Desk::default();
    let done = desk.collect(proxy.port).run().expect_code(1, "an account that nobody names");
    assert!(done.stderr.contains("GetCallerIdentity"), "{done:?}");
    assert!(!desk.store().join("ledger").exists());
}
