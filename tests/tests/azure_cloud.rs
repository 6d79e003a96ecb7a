//! Azure: every verdict over the estate of `fakes/azure_estate`, against what was decided where each thing is written down; and
//! what happens when calls fail. What a subscription or a tenant has once is the other way round in `fakes/azure_estate_reversed`,
//! cannot be read in `…_refused`, and was never set up in `…_bare`.

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Bundle, assert_only_obscured, bundles, only_bundle};
use evidenced_tests::fakes::azure_cloud::{AzureCloud, EMPTY, SUBSCRIPTION, TENANT};
use evidenced_tests::fakes::scripts;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const ONE: &str = "subscriptions: [\"aaaaaaaa-0000-4000-8000-000000000001\"]";

/// One run of the subscription, which may have gaps.
fn run(azure: &AzureCloud, identity: &str) -> (Desk, Bundle) {
    let desk = Desk::default();
    azure.configure(&desk, ONE);
    let done = azure.collect(&desk, identity).run();
    assert!(matches!(done.code, Some(0 | 3)), "{done:?}");
    let bundle = only_bundle(&desk.store());
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
    (desk, bundle)
}

#[test]
fn the_estate_is_judged_as_it_was_made_and_the_evidence_is_repeatable() {
    let azure = AzureCloud::default();
    let desk = Desk::default();
    azure.configure(&desk, "subscriptions: all");
    let _ = azure.collect(&desk, "collector").run().expect_code(3, "the estate has a call that fails");
    let all = bundles(&desk.store());
    let scopes: Vec<&str> = all.iter().map(|bundle| bundle.run["scope"].as_str().unwrap()).collect();
    assert_eq!(scopes, [SUBSCRIPTION, EMPTY, TENANT]);
    for bundle in &all {
        bundle.assert_balanced();
        bundle.assert_one_verdict_each();
    }
    azure.verdicts().assert_given_by_all(&all);
    let _ = desk.verify().expect_code(0, "verify");
    drop(azure);
    let _ = desk.reperform().expect_code(0, "reperform");
}

/// Controls that a document settles whatever it holds: what the provider leaves out has a meaning, and nothing else is read. Only
/// a list that is not whole leaves them open.
const SETTLED: [(&str, &str); 13] = [
    ("azure.keyvault.rbac", "a missing enableRbacAuthorization is false"),
    ("azure.keyvault.recoverable", "a missing enablePurgeProtection is false"),
    ("azure.network.public-ip-declared", "a missing ipConfiguration is none"),
    ("azure.network.subnet-nsg", "a missing networkSecurityGroup is none"),
    ("azure.network.watcher", "watchers and networks are rows of one table"),
    ("azure.rbac.no-custom-admin-role", "a role is listed with all that it gives"),
    ("azure.rbac.no-root-scope-assignment", "an assignment is listed with its scope"),
    ("azure.sql.min-tls", "a missing minimalTlsVersion is none"),
    ("azure.storage.cross-tenant-replication-off", "a missing allowCrossTenantReplication is true for older accounts"),
    ("azure.storage.no-anonymous-blob", "a missing allowBlobPublicAccess is true for older accounts"),
    ("azure.storage.shared-key-disabled", "a missing allowSharedKeyAccess is true"),
    ("azure.storage.tls12", "a missing minimumTlsVersion is TLS 1.0"),
    ("azure.tagging.data-classification", "every store is listed with its tags"),
];

/// Every run of an estate and, last, one of a reader who sees nothing of the first.
fn runs() -> Vec<Bundle> {
    let mut all = Vec::new();
    for estate in ["azure_estate", "azure_estate_reversed", "azure_estate_refused", "azure_estate_bare"] {
        let azure = AzureCloud::over(&scripts().join(estate));
        let desk = Desk::default();
        azure.configure(&desk, "subscriptions: all");
        desk.append("controls: {parameters: {vendor_tenant_ids: [dddddddd-0000-4000-8000-000000000002]}}\n");
        let _ = azure.collect(&desk, "collector").run().expect_code(3, estate);
        let of_estate = bundles(&desk.store());
        of_estate.iter().for_each(Bundle::assert_balanced);
        azure.verdicts().assert_given_by_all(&of_estate);
        all.extend(of_estate);
    }
    all.push(run(&AzureCloud::default(), "stranger").1);
    all
}

#[test]
fn every_control_passes_fails_and_is_left_open_somewhere() {
    let all = runs();
    let mut given: BTreeMap<&str, BTreeSet<(&str, bool)>> = BTreeMap::new();
    for finding in all.iter().flat_map(|bundle| &bundle.findings) {
        let (control, verdict) = (finding["control"].as_str().unwrap(), finding["verdict"].as_str().unwrap());
        given.entry(control).or_default().insert((verdict, !finding["resource"].is_null()));
    }
    let mut wrong = Vec::new();
    for (control, given) in &given {
        // One verdict on a whole scope has no resource.
        let of_scope = given.iter().all(|(_, has_resource)| !has_resource);
        let is_given = |verdict: &str| given.contains(&(verdict, !of_scope));
        for verdict in ["pass", "fail"] {
            if !is_given(verdict) {
                wrong.push(format!("{control}: never {verdict}: {given:?}"));
            }
        }
        let settled = SETTLED.iter().any(|(settled, _)| settled == control);
        if is_given("not_evaluated") == settled || !given.iter().any(|(verdict, _)| *verdict == "not_evaluated") {
            wrong.push(format!("{control}: not_evaluated, and a document always settles it is {settled}: {given:?}"));
        }
    }
    let unknown = SETTLED.iter().filter(|(control, _)| !given.contains_key(control));
    wrong.extend(unknown.map(|(control, _)| format!("{control}: no such control")));
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), given.len(), wrong.join("\n"));
}

#[test]
fn a_management_group_names_its_subscriptions() {
    let azure = AzureCloud::default();
    let desk = Desk::default();
    azure.configure(&desk, "subscriptions: all, management_group: production, tenant: false");
    let _ = azure.collect(&desk, "collector").run().expect_code(3, "the estate has a call that fails");
    assert_eq!(only_bundle(&desk.store()).run["scope"], SUBSCRIPTION);
}

#[test]
fn a_reader_who_may_not_see_everything_proves_nothing_about_the_rest() {
    let azure = AzureCloud::default();
    let (_, whole) = run(&azure, "collector");
    for identity in ["narrow", "stranger"] {
        let (desk, bundle) = run(&azure, identity);
        assert_only_obscured(&whole.rows(), &bundle.rows(), identity);
        // A reader of storage alone sees all of storage.
        let is_hidden =
            |type_: &str| bundle.populations.iter().any(|row| row["type"] == type_ && row["complete"] == false);
        assert_eq!(is_hidden("azure.storage.account"), identity == "stranger");
        let _ = desk.verify().expect_code(0, identity);
    }
}

#[test]
fn what_fails_for_ever_obscures_and_is_named() {
    let azure = AzureCloud::default();
    let (_, clean) = run(&azure, "collector");
    for (fault, reason) in [
        ("denied", "denied"),
        ("throttled", "throttled"),
        ("unavailable", "unavailable"),
        ("cut", "unavailable"),
        ("hangup", "unavailable"),
        ("html", "malformed"),
        ("empty", "malformed"),
        ("shape", "malformed"),
    ] {
        let all = ["ResourceGraph", "blobServices/default", "roleAssignments", "denyAssignments"];
        let calls = if fault == "denied" { &all[..] } else { &all[..1] };
        for call in calls {
            azure.fail(&json!([{"match": call, "fault": fault}]));
            let (desk, bundle) = run(&azure, "collector");
            let context = format!("{call} {fault}");
            assert_only_obscured(&clean.rows(), &bundle.rows(), &context);
            assert!(bundle.unread().iter().any(|line| line.contains(reason)), "{context}: {:#?}", bundle.unread());
            let _ = desk.verify().expect_code(0, &context);
            let _ = desk.reperform().expect_code(0, &context);
        }
    }
}

#[test]
fn trouble_that_passes_leaves_no_trace_in_the_verdicts() {
    let azure = AzureCloud::default();
    let (_, clean) = run(&azure, "collector");
    for fault in ["throttled", "unavailable", "cut", "hangup"] {
        azure.fail(&json!([{"match": "ResourceGraph", "fault": fault, "first": 1}, {"match": "blobServices", "fault": fault, "first": 2}]));
        let (_, bundle) = run(&azure, "collector");
        assert_eq!(bundle.rows(), clean.rows(), "{fault}");
    }
}

#[test]
fn the_doctor_names_what_a_reader_lacks() {
    let azure = AzureCloud::default();
    let doctor = |identity: &str| {
        let desk = Desk::default();
        azure.configure(&desk, "subscriptions: all");
        let call = desk.call(["doctor", "--config", "evidenced.yaml", "--json"]);
        azure.as_identity(call, identity).run().stdout
    };
    let whole = doctor("collector");
    assert!(whole.contains(EMPTY) && whole.contains(TENANT), "{whole}");
    let narrow = doctor("narrow");
    for named in
        ["gives Microsoft.KeyVault/vaults/read", "Pricings_List needs Microsoft.Security/pricings/read: denied"]
    {
        assert!(narrow.contains(named) && !whole.contains(named), "{named}: {narrow}");
    }
}
