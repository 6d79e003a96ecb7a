//! What holds of verdicts whatever the documents are: nothing unread becomes a pass, and no row is lost.

use super::*;
use crate::catalogue::cases::Estate;
use evidenced_schemas::control::Verdict;
use evidenced_schemas::population::CrossCheck;
use evidenced_schemas::resource::{Gap, GapReason};
use evidenced_schemas::{Control, Digest};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const AS_OF: &str = "2026-03-01T06:00:00Z";

fn resource(type_: &str, name: &str, config: Value) -> Resource {
    let Value::Object(config) = config else { panic!("config is an object") };
    Resource {
        type_: type_.to_owned(),
        id: format!("arn:{name}"),
        name: name.to_owned(),
        cloud: Cloud::Aws,
        scope: scope(),
        region: "global".to_owned(),
        tags: None,
        config,
        derived: serde_json::Map::new(),
        observed_at: as_of(),
        exchanges: vec![3, 5],
        gaps: Vec::new(),
        sha256: Digest::of(name.as_bytes()),
    }
    .sealed()
}

fn scope() -> ScopeId {
    ScopeId::try_from("123456789012".to_owned()).unwrap()
}

fn as_of() -> Instant {
    Instant::try_from(AS_OF.to_owned()).unwrap()
}

fn population(type_: &str, listed: u64) -> Population {
    Population {
        type_: type_.to_owned(),
        region: "global".to_owned(),
        listed,
        evaluated: listed,
        not_evaluated: 0,
        excluded: 0,
        pages: 1,
        complete: true,
        reason: None,
        cross_check: None,
    }
}

/// One control over `aws.iam.user`, with this expression.
fn catalogue(pass: &str) -> Catalogue {
    let mut controls = Catalogue::built_in().controls().to_vec();
    controls.retain(|control| control.id == "aws.iam.user.policies-via-groups");
    pass.clone_into(&mut controls[0].pass);
    "'it fails'".clone_into(&mut controls[0].message);
    Catalogue::from_bundle(controls).unwrap()
}

fn verdict_of(pass: &str, resource: Resource) -> Finding {
    let populations = [population("aws.iam.user", 1)];
    let mut findings = evaluate(&catalogue(pass), Cloud::Aws, &scope(), as_of(), &[resource], &populations);
    assert_eq!(findings.len(), 1);
    findings.remove(0)
}

#[test]
fn expressions_give_the_verdicts_that_the_format_says() {
    let config = json!({"n": 5, "big": 18_446_744_073_709_551_615_u64, "f": 1.5, "s": "x", "none": null,
        "list": [1, 2], "day": "2026-02-28T06:00:00Z", "map": {"a": 1}, "flag": true, "off": false});
    let rows = [
        ("resource.config.n + 1 == 6", Verdict::Pass),
        ("resource.config.n == 5.0", Verdict::Pass),
        ("resource.config.big > 1.0", Verdict::Pass),
        ("resource.config.f == 1.5", Verdict::Pass),
        ("resource.config.none == null", Verdict::Pass),
        ("resource.config.map != null", Verdict::Pass),
        ("resource.config.map == resource.config.map", Verdict::Pass),
        ("resource.config.none != null && resource.config.none > 3", Verdict::Fail),
        ("as_of - timestamp(resource.config.day) == duration('24h')", Verdict::Pass),
        ("as_of - timestamp(resource.config.day) > duration('24h')", Verdict::Fail),
        ("resource.id == 'arn:alice' && resource.name == 'alice' && resource.region == 'global'", Verdict::Pass),
        ("scope.id == '123456789012' && scope.cloud == 'aws'", Verdict::Pass),
        ("2 in resource.config.list && size(resource.config.list) == 2", Verdict::Pass),
        ("resource.config.s.matches('^[a-z]$')", Verdict::Pass),
        ("resource.config.missing == null", Verdict::NotEvaluated),
        ("resource.config.missing || resource.config.flag", Verdict::Pass),
        ("resource.config.missing || resource.config.off", Verdict::NotEvaluated),
        ("resource.config.missing && resource.config.off", Verdict::Fail),
        ("[1, 2].all(x, x > 0 || resource.config.missing)", Verdict::Pass),
        ("resource.config.n", Verdict::NotEvaluated),
        ("resource.config.none", Verdict::NotEvaluated),
        ("resource.config.s > 3", Verdict::NotEvaluated),
        ("timestamp(resource.config.s) < as_of", Verdict::NotEvaluated),
        ("resource.config.list[7] == 1", Verdict::NotEvaluated),
        ("resource.tags.size() == 0", Verdict::NotEvaluated),
        // Questions that would see a refused read as an absent setting have no answer.
        ("!('missing' in resource.config)", Verdict::NotEvaluated),
        ("size(resource.config) < 100", Verdict::NotEvaluated),
        ("resource.config.all(k, k != 'missing')", Verdict::NotEvaluated),
        ("!resource.config.map.exists(k, k == 'b')", Verdict::NotEvaluated),
    ];
    for (pass, expected) in rows {
        let finding = verdict_of(pass, resource("aws.iam.user", "alice", config.clone()));
        assert_eq!(finding.verdict, expected, "{pass}: {:?}", finding.reason);
        assert_eq!(finding.reason.is_some(), expected == Verdict::NotEvaluated, "{pass}");
        assert_eq!(finding.message.as_deref(), (expected == Verdict::Fail).then_some("it fails"), "{pass}");
        assert_eq!(finding.exchanges, [3, 5]);
    }
}

#[test]
fn a_reason_names_the_gap_that_the_control_looks_at_and_no_other() {
    let gap = |field: &str| Gap {
        field: field.to_owned(),
        operation: "s3:GetBucketAcl".to_owned(),
        reason: GapReason::Denied,
        code: "AccessDenied".to_owned(),
    };
    let mut user = resource("aws.iam.user", "alice", json!({"policy": null}));
    user.gaps = vec![gap("config.acl"), gap("config.aclx"), gap("config.other")];
    let finding =
        verdict_of("resource.config.policy == null && resource.config.acl.grants.all(g, g.x == 1)", user.clone());
    assert_eq!(finding.reason.as_deref(), Some("config.acl: s3:GetBucketAcl denied (AccessDenied)"));
    let finding = verdict_of("resource.config.unknown == 1", user);
    assert_eq!(finding.reason.as_deref(), Some("evaluation error: there is no `unknown` (`pass`)"));
}

#[test]
fn resources_that_were_not_listed_have_a_row_of_their_own() {
    let alice = || resource("aws.iam.user", "alice", json!({"n": 1}));
    let rows = |populations: &[Population]| {
        evaluate(&catalogue("resource.config.n == 1"), Cloud::Aws, &scope(), as_of(), &[alice()], populations)
    };
    let mut short = population("aws.iam.user", 1);
    short.complete = false;
    short.reason = Some("page 2 was denied".to_owned());
    let mut differs = population("aws.iam.user", 1);
    differs.cross_check = Some(CrossCheck { source: "iam:GetAccountSummary Users".to_owned(), count: 2 });
    let table = [
        (vec![population("aws.iam.user", 1)], None),
        (vec![short], Some("aws.iam.user in global: page 2 was denied")),
        (vec![differs], Some("aws.iam.user in global: 1 listed, 2 by iam:GetAccountSummary Users")),
        (vec![], Some("aws.iam.user: no population was collected")),
    ];
    for (populations, reason) in table {
        let findings = rows(&populations);
        assert_eq!(findings.last().unwrap().verdict, Verdict::Pass, "what was read is judged all the same");
        let unlisted = findings.iter().find(|finding| finding.resource.is_none());
        assert_eq!(unlisted.and_then(|finding| finding.reason.as_deref()), reason);
        assert!(unlisted.is_none_or(|finding| finding.verdict == Verdict::NotEvaluated));
    }
}

#[test]
fn every_control_gives_a_row_for_an_account_of_which_nothing_is_known() {
    let catalogue = Catalogue::built_in();
    let tenant: ScopeId = "tenant-cccccccc-0000-4000-8000-000000000003".parse().unwrap();
    let of_tenant = |control: &&Control| {
        let type_ = control.resource.as_deref().or(control.scope.as_deref()).unwrap_or_default();
        evidenced_connectors::reach(type_) == Some(Reach::Organization)
    };
    let asked = |cloud: &'static str| catalogue.controls().iter().filter(move |control| control.id.starts_with(cloud));
    for (cloud, scope, controls) in [
        (Cloud::Aws, scope(), asked("aws.").count()),
        (Cloud::Azure, scope(), asked("azure.").filter(|control| !of_tenant(control)).count()),
        (Cloud::Azure, tenant, asked("azure.").filter(of_tenant).count()),
        (Cloud::Gcp, scope(), asked("gcp.").filter(|control| !of_tenant(control)).count()),
        (Cloud::Org, "acme".parse().unwrap(), asked("org.").count()),
        (Cloud::Gcp, "organization-123".parse().unwrap(), asked("gcp.").filter(of_tenant).count()),
    ] {
        let findings = evaluate(&catalogue, cloud, &scope, as_of(), &[], &[]);
        let ids: BTreeSet<&str> = findings.iter().map(|finding| finding.control.as_str()).collect();
        assert_eq!((findings.len(), ids.len()), (controls, controls), "{cloud} {scope}");
        assert!(findings.iter().all(|finding| finding.verdict == Verdict::NotEvaluated && finding.resource.is_none()));
    }
}

#[test]
fn an_organisation_is_not_asked_what_only_its_accounts_can_answer() {
    let catalogue = Catalogue::built_in();
    let organization: ScopeId = "organization-o-exampleorg".parse().unwrap();
    let place = population("aws.organizations.account", 0);
    let judge = |rows: &[Population]| evaluate(&catalogue, Cloud::Aws, &organization, as_of(), &[], rows);
    assert!(judge(std::slice::from_ref(&place)).is_empty(), "an organisation without an account");
    let cut = Population { complete: false, reason: Some("denied".to_owned()), ..place };
    let found = judge(&[cut]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(
        (found[0].control.as_str(), found[0].verdict),
        ("aws.organizations.scp-guardrails", Verdict::NotEvaluated)
    );
}

#[test]
fn findings_come_sorted_whatever_the_order_of_the_documents() {
    let catalogue = Catalogue::built_in();
    let users: Vec<Resource> = ["b", "a", "c"].map(|name| resource("aws.iam.user", name, json!({}))).into();
    let reversed: Vec<Resource> = users.iter().rev().cloned().collect();
    let populations = [population("aws.iam.user", 3)];
    let judge = |resources: &[Resource]| evaluate(&catalogue, Cloud::Aws, &scope(), as_of(), resources, &populations);
    assert_eq!(judge(&users), judge(&reversed));
    assert!(judge(&users).is_sorted_by(|a, b| a.sort_key() <= b.sort_key()));
}

#[test]
fn a_bundle_of_a_loosened_control_is_judged_as_it_was() {
    let names = [("unused_days".to_owned(), json!(400))].into();
    let catalogue = Catalogue::built_in().with_parameters(&names, &BTreeMap::new()).unwrap();
    let report = json!({"credential_report": {"password_enabled": true, "password_last_used": "2026-02-28T00:00:00Z",
        "password_last_changed": null}});
    let user = [resource("aws.iam.user", "alice", report)];
    let populations = [population("aws.iam.user", 1)];
    let judge = |catalogue: &Catalogue| evaluate(catalogue, Cloud::Aws, &scope(), as_of(), &user, &populations);
    let again = Catalogue::from_bundle(catalogue.controls().to_vec()).unwrap();
    assert_eq!(judge(&catalogue), judge(&again));
    let findings = judge(&catalogue);
    let password = findings
        .iter()
        .find(|finding| finding.control == "aws.iam.user.unused-console-password" && finding.resource.is_some())
        .unwrap();
    assert_eq!(password.verdict, Verdict::NotEvaluated);
    assert!(password.reason.as_deref().unwrap().contains("looser than 90"), "{password:?}");
}

/// Every built-in control alone, with each of its cases as documents.
fn estates() -> Vec<(Control, Catalogue, Estate)> {
    let built_in = Catalogue::built_in();
    let mut estates = Vec::new();
    for entry in built_in.entries() {
        for case in entry.cases() {
            estates.push((entry.control().clone(), case.catalogue(entry).unwrap(), case.estate(entry.control())));
        }
    }
    estates
}

/// What a row is about: its resource, or the scope.
fn rows(findings: &[Finding]) -> BTreeSet<Option<String>> {
    findings.iter().map(|finding| finding.resource.as_ref().map(|resource| resource.id.clone())).collect()
}

/// The verdict may stay, or become `not_evaluated`; nothing else follows from knowing less.
fn only_falls(before: &[Finding], after: &[Finding], what: &str) {
    assert!(rows(before).is_subset(&rows(after)), "{what}: a row is lost");
    for old in before {
        let key = |finding: &Finding| finding.resource.as_ref().map(|resource| resource.id.clone());
        for new in after.iter().filter(|new| key(new) == key(old)) {
            assert!(
                new.verdict == old.verdict || new.verdict == Verdict::NotEvaluated,
                "{what}: {} became {}",
                old.verdict,
                new.verdict
            );
        }
    }
}

#[test]
fn taking_any_key_out_of_any_case_never_makes_a_pass_or_loses_a_row() {
    let mut tried = 0;
    for (control, catalogue, estate) in estates() {
        let before = estate.findings(&catalogue);
        for (path, smaller) in estate.pruned() {
            only_falls(&before, &smaller.findings(&catalogue), &format!("{} without {path}", control.id));
            tried += 1;
        }
    }
    assert!(tried > 500, "{tried} keys were tried");
}

#[test]
fn cutting_any_population_short_never_makes_a_pass_or_loses_a_row() {
    for (control, catalogue, estate) in estates() {
        let before = estate.findings(&catalogue);
        for n in 0..estate.populations.len() {
            let mut short = estate.clone();
            short.populations[n].complete = false;
            only_falls(&before, &short.findings(&catalogue), &format!("{} cut short", control.id));
            short.populations.remove(n);
            only_falls(&before, &short.findings(&catalogue), &format!("{} without a population", control.id));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn taking_several_keys_out_at_once_is_no_better(picks in prop::collection::vec(any::<prop::sample::Index>(), 1..6)) {
        static ESTATES: LazyLock<Vec<(Control, Catalogue, Estate)>> = LazyLock::new(estates);
        for (control, catalogue, estate) in ESTATES.iter() {
            let before = estate.findings(catalogue);
            let mut smaller = estate.clone();
            for pick in &picks {
                let pruned = smaller.pruned();
                if !pruned.is_empty() {
                    smaller = pick.get(&pruned).1.clone();
                }
            }
            only_falls(&before, &smaller.findings(catalogue), &control.id);
        }
    }
}
