//! Google Cloud: every verdict over the estate of `fakes/gcp_estate`, by both ways of reading, against what was decided where each
//! thing is written down; what happens when calls fail; and that the printed role is all that reading needs. What a project or
//! the organisation has once is the other way round in `fakes/gcp_estate_reversed`, and cannot be read in `…_refused`; in `…_cut`
//! the inventory ends before its end.
//!
//! Which families there are is nothing to these tests: what may fail is what a clean run asked.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_connectors::gcp::{needs, resource_types};
use evidenced_tests::binary::Call;
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Bundle, assert_only_obscured, bundles, only_bundle};
use evidenced_tests::fakes::gcp_cloud::{GcpCloud, LEGACY, ORGANIZATION, PROJECT};
use evidenced_tests::fakes::scripts;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ONE: &str = "projects: [evidence-prod]";
/// Methods that fail at the same time, of services that lie far apart.
const TOGETHER: usize = 3;

/// How a run reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Inventory,
    Direct,
}

const WAYS: [Way; 2] = [Way::Inventory, Way::Direct];

impl Way {
    /// What goes wrong, and with it the inventory where it is off.
    fn rules(self, mut rules: Vec<Value>) -> Value {
        if self == Self::Direct {
            rules.insert(0, json!({"match": "^cloudasset\\.", "fault": "disabled"}));
        }
        json!(rules)
    }
}

/// One run of the project, which may have gaps.
fn run(gcp: &GcpCloud) -> (Desk, Bundle) {
    run_as(gcp, |call| gcp.on_a_machine(call))
}

fn run_as(gcp: &GcpCloud, credentials: impl Fn(Call) -> Call) -> (Desk, Bundle) {
    let desk = Desk::default();
    gcp.configure(&desk, ONE);
    let done = credentials(desk.call(["collect", "--json", "--config", "evidenced.yaml"])).run();
    assert!(matches!(done.code, Some(0 | 3)), "{done:?}");
    let bundle = only_bundle(&desk.store());
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
    (desk, bundle)
}

/// A run in which nothing goes wrong but what the estate declares, and the methods that it asked.
fn clean(gcp: &GcpCloud, way: Way) -> (Bundle, Vec<String>) {
    gcp.fail(&way.rules(vec![]));
    let _ = gcp.calls();
    let (_, bundle) = run(gcp);
    let methods: Vec<String> = gcp.calls().into_keys().filter(|name| name != "token" && name != "metadata").collect();
    assert!(methods.len() > 3 && !methods.iter().any(|name| name.starts_with("unknown")), "{methods:#?}");
    (bundle, methods)
}

#[test]
fn the_estate_is_judged_as_it_was_made_and_the_evidence_is_repeatable() {
    for way in WAYS {
        let gcp = GcpCloud::default();
        gcp.fail(&way.rules(vec![]));
        let desk = Desk::default();
        gcp.configure(&desk, &format!("organization: \"{ORGANIZATION}\""));
        let done = gcp.collect(&desk).run();
        assert!(matches!(done.code, Some(0 | 3)), "{way:?}: {done:?}");
        let all = bundles(&desk.store());
        // Those below the organisation, at any depth; one is being deleted and is none of them.
        let scopes: BTreeSet<&str> = all.iter().map(|bundle| bundle.run["scope"].as_str().unwrap()).collect();
        let organization = format!("organization-{ORGANIZATION}");
        assert_eq!(scopes, BTreeSet::from([organization.as_str(), LEGACY, PROJECT]), "{way:?}");
        for bundle in &all {
            bundle.assert_balanced();
            bundle.assert_one_verdict_each();
        }
        let key = if way == Way::Inventory { gcp.verdicts() } else { gcp.verdicts_direct() };
        key.assert_given_by_all(&all);
        key.assert_speaks_of_all(&all);
        let _ = desk.verify().expect_code(0, "verify");
        drop(gcp);
        let _ = desk.reperform().expect_code(0, "reperform");
    }
}

/// Controls that a document settles whatever it holds, by both ways unless it says one: what Google leaves out has a meaning, and
/// nothing else is read. Only a list that is not whole leaves them open.
const SETTLED: [(&str, Option<Way>, &str); 20] = [
    (
        "gcp.bigquery.dataset-cmek",
        Some(Way::Inventory),
        "the inventory has a dataset's key, and no key is Google's own",
    ),
    ("gcp.compute.confidential", None, "a missing confidentialInstanceConfig is none"),
    ("gcp.compute.disk-key", None, "a missing diskEncryptionKey is Google's own"),
    ("gcp.compute.no-default-network", None, "a network is listed with its name"),
    ("gcp.compute.no-default-service-account", None, "a machine is listed with its service accounts"),
    ("gcp.compute.subnet-flow-logs", None, "a missing logConfig is none"),
    ("gcp.compute.subnet-private-access", None, "a missing privateIpGoogleAccess is false"),
    ("gcp.dns.dnssec", None, "a missing dnssecConfig is off"),
    ("gcp.gke.private-control-plane", None, "a missing privateClusterConfig is none"),
    ("gcp.gke.workload-identity", None, "a missing workloadIdentityConfig is off"),
    ("gcp.iam.custom-role-no-wildcard-admin", None, "a role is listed with all that it gives"),
    ("gcp.iam.no-primitive-roles", None, "a binding has its role and its members"),
    ("gcp.iam.no-public-members", None, "a binding has its role and its members"),
    ("gcp.iam.no-sa-user-at-project", None, "a binding has its role and its members"),
    ("gcp.iam.sa-keys.none", None, "a key is listed with its times, and a missing `disabled` is false"),
    ("gcp.iam.sa-keys.rotation", None, "a key is listed with its times, and a missing `disabled` is false"),
    ("gcp.iam.workload-identity-condition", None, "a missing attributeCondition is none"),
    ("gcp.storage.lifecycle-disposal", None, "a missing lifecycle is none"),
    ("gcp.storage.uniform-access", None, "a missing uniformBucketLevelAccess is off"),
    ("gcp.storage.versioning-soft-delete", None, "missing versioning is off, and a missing softDeletePolicy none"),
];

/// Every run of an estate by one way and, last, one of a reader who sees nothing of the first.
fn runs(way: Way) -> Vec<Bundle> {
    let mut all = Vec::new();
    let collect = |gcp: &GcpCloud| {
        let desk = Desk::default();
        gcp.configure(&desk, &format!("organization: \"{ORGANIZATION}\""));
        let done = gcp.collect(&desk).run();
        assert!(matches!(done.code, Some(0 | 3)), "{way:?}: {done:?}");
        let of_estate = bundles(&desk.store());
        of_estate.iter().for_each(Bundle::assert_balanced);
        of_estate
    };
    for estate in ["gcp_estate", "gcp_estate_reversed", "gcp_estate_refused", "gcp_estate_cut"] {
        let gcp = GcpCloud::over(&scripts().join(estate));
        gcp.fail(&way.rules(vec![]));
        let of_estate = collect(&gcp);
        let key = if way == Way::Inventory { gcp.verdicts() } else { gcp.verdicts_direct() };
        key.assert_given_by_all(&of_estate);
        all.extend(of_estate);
    }
    let gcp = GcpCloud::default();
    gcp.be("stranger");
    all.push(run(&gcp).1);
    all
}

/// What is wrong with the verdicts that controls gave by one way.
fn never_given(way: Way, all: &[Bundle]) -> Vec<String> {
    let mut given: BTreeMap<&str, BTreeSet<(&str, bool)>> = BTreeMap::new();
    for finding in all.iter().flat_map(|bundle| &bundle.findings) {
        let (control, verdict) = (finding["control"].as_str().unwrap(), finding["verdict"].as_str().unwrap());
        given.entry(control).or_default().insert((verdict, !finding["resource"].is_null()));
    }
    let mut wrong = Vec::new();
    for (control, given) in &given {
        for verdict in ["pass", "fail"] {
            if !given.contains(&(verdict, true)) {
                wrong.push(format!("{way:?} {control}: never {verdict}: {given:?}"));
            }
        }
        let is_it = |(settled, of, _): &&(&str, Option<Way>, &str)| settled == control && of.is_none_or(|of| of == way);
        let settled = SETTLED.iter().any(|one| is_it(&one));
        let is_left_open = given.contains(&("not_evaluated", true));
        if is_left_open == settled || !given.iter().any(|(verdict, _)| *verdict == "not_evaluated") {
            wrong.push(format!(
                "{way:?} {control}: not_evaluated, and a document always settles it is {settled}: {given:?}"
            ));
        }
    }
    let all_of_google = all[0].catalogue.iter().filter_map(|control| control["id"].as_str());
    let unasked = all_of_google.filter(|id| id.starts_with("gcp.") && !given.contains_key(id));
    wrong.extend(unasked.map(|control| format!("{way:?} {control}: it gave no verdict")));
    let unknown = SETTLED.iter().filter(|(control, ..)| !given.contains_key(control));
    wrong.extend(unknown.map(|(control, ..)| format!("{control}: no such control")));
    wrong
}

#[test]
fn every_control_passes_fails_and_is_left_open_somewhere() {
    let wrong: Vec<String> = WAYS.into_iter().flat_map(|way| never_given(way, &runs(way))).collect();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn projects_are_found_in_folders_and_by_what_the_credentials_reach() {
    let gcp = GcpCloud::default();
    for way in WAYS {
        gcp.fail(&way.rules(vec![]));
        for (chosen, expected) in [("folders: [\"200000000000\"]", &[PROJECT][..]), ("", &[LEGACY, PROJECT][..])] {
            let desk = Desk::default();
            gcp.configure(&desk, chosen);
            let done = gcp.collect(&desk).run();
            assert!(matches!(done.code, Some(0 | 3)), "`{chosen}`: {done:?}");
            let all = bundles(&desk.store());
            let scopes: BTreeSet<&str> = all.iter().map(|bundle| bundle.run["scope"].as_str().unwrap()).collect();
            assert_eq!(scopes, expected.iter().copied().collect(), "{chosen} {way:?}");
        }
    }
}

#[test]
fn a_reader_who_may_not_see_everything_proves_nothing_about_the_rest() {
    let gcp = GcpCloud::default();
    // Neither may use the inventory.
    let (whole, _) = clean(&gcp, Way::Direct);
    gcp.recover();
    for identity in ["narrow", "stranger"] {
        gcp.be(identity);
        let (desk, bundle) = run(&gcp);
        assert_only_obscured(&whole.rows(), &bundle.rows(), identity);
        let buckets = bundle.populations.iter().find(|row| row["type"] == "gcp.storage.bucket").unwrap();
        assert_eq!(buckets["complete"], identity == "narrow", "{identity}");
        let _ = desk.verify().expect_code(0, identity);
        let _ = desk.reperform().expect_code(0, identity);
    }
}

/// Every method that a run asks fails: once by a refusal, and once by another fault, which go round.
/// True for a method whose declaration takes an error code for a fact.
fn tells_absence(method: &str) -> bool {
    let operations = needs::operations(resource_types().map(|type_| type_.name));
    operations.values().any(|operation| operation.name == method && !operation.absent.is_empty())
}

#[test]
fn what_fails_for_ever_obscures_whichever_method_it_is() {
    let faults = ["throttled", "html", "shape", "empty", "partial", "cut", "disabled", "missing"];
    let gcp = GcpCloud::default();
    let (direct, _) = clean(&gcp, Way::Direct);
    for way in WAYS {
        let (bundle, methods) = clean(&gcp, way);
        let step = methods.len().div_ceil(TOGETHER);
        for is_denied in [true, false] {
            for first in 0..step {
                let of = |at: usize| match faults[at % faults.len()] {
                    _ if is_denied => "denied",
                    // That there is none is an answer of this method.
                    "missing" if tells_absence(&methods[at]) => "throttled",
                    fault => fault,
                };
                let hit: Vec<(&String, &str)> =
                    (first..methods.len()).step_by(step).map(|at| (&methods[at], of(at))).collect();
                let rule = |(method, fault): &(&String, &str)| json!({"match": format!("^{} ", method.replace('.', "\\.")), "fault": fault});
                gcp.fail(&way.rules(hit.iter().map(rule).collect()));
                let (desk, worse) = run(&gcp);
                // Without the inventory the APIs are read, which may know better.
                let refused = ["denied", "disabled", "missing"];
                let is_off = hit.iter().any(|(name, fault)| name.starts_with("cloudasset.") && refused.contains(fault));
                let better = if is_off { &direct } else { &bundle };
                let context = format!("{way:?} {hit:?}");
                assert_only_obscured(&better.rows(), &worse.rows(), &context);
                if worse.rows() != better.rows() {
                    assert!(!worse.unread().is_empty(), "{context}: nothing says why verdicts are others");
                }
                if first == 0 {
                    let _ = desk.verify().expect_code(0, &context);
                    let _ = desk.reperform().expect_code(0, &context);
                }
            }
        }
    }
}

/// Faults of the two calls that most stands on, each named by its own word.
#[test]
fn what_fails_for_ever_is_named() {
    let gcp = GcpCloud::default();
    for (fault, reason) in [
        ("throttled", "throttled"),
        ("unavailable", "unavailable"),
        ("internal", "unavailable"),
        ("cut", "unavailable"),
        ("hangup", "unavailable"),
        ("html", "malformed"),
        ("empty", "malformed"),
        ("shape", "malformed"),
    ] {
        let (clean, _) = clean(&gcp, Way::Inventory);
        gcp.fail(&json!([{"match": "^cloudasset\\.", "fault": fault}]));
        let (_, bundle) = run(&gcp);
        assert_only_obscured(&clean.rows(), &bundle.rows(), fault);
        let unread = bundle.unread();
        assert!(
            unread.iter().any(|line| line.contains(reason) && line.contains("gcp.storage.bucket")),
            "{fault}: {unread:#?}"
        );
    }
    for (fault, reason) in [
        ("denied", "denied"),
        ("perimeter", "denied"),
        ("disabled", "not_enabled"),
        ("partial", "not reached"),
        // As the older services say it.
        ("rate_limited", "throttled"),
    ] {
        let (clean, _) = clean(&gcp, Way::Direct);
        gcp.fail(&Way::Direct.rules(vec![json!({"match": "^storage\\.buckets\\.list ", "fault": fault})]));
        let (_, bundle) = run(&gcp);
        assert_only_obscured(&clean.rows(), &bundle.rows(), fault);
        let unread = bundle.unread();
        assert!(
            unread.iter().any(|line| line.contains(reason) && line.contains("gcp.storage.bucket")),
            "{fault}: {unread:#?}"
        );
    }
}

#[test]
fn trouble_that_passes_leaves_no_trace_in_the_verdicts() {
    let gcp = GcpCloud::default();
    for way in WAYS {
        let (clean, methods) = clean(&gcp, way);
        for fault in ["throttled", "unavailable", "cut", "hangup"] {
            let rule = |method: &String| json!({"match": format!("^{} ", method.replace('.', "\\.")), "fault": fault, "first": 1});
            let off = |method: &&String| way == Way::Inventory || !method.starts_with("cloudasset.");
            gcp.fail(&way.rules(methods.iter().filter(off).map(rule).collect()));
            let (_, bundle) = run(&gcp);
            assert_eq!(bundle.rows(), clean.rows(), "{way:?} {fault}");
        }
    }
}

/// The permissions that are printed.
fn printed(arguments: &[&str]) -> BTreeSet<String> {
    let first = ["permissions", "--cloud", "gcp"];
    let desk = Desk::default();
    let call = desk.call(first.iter().chain(arguments).copied());
    let document: Value = serde_json::from_str(&call.run().expect_code(0, "permissions").stdout).unwrap();
    let list = document["role"]["includedPermissions"].as_array().unwrap();
    list.iter().map(|permission| permission.as_str().unwrap().to_owned()).collect()
}

/// Refuses every method but those whose permissions are all among these, by what is declared.
fn allowing(permissions: &BTreeSet<String>) -> Value {
    let mut declared = needs::operations(resource_types().map(|type_| type_.name));
    for way in [needs::Way::Inventory, needs::Way::Direct] {
        declared.extend(needs::asked(resource_types().map(|type_| type_.name), way));
    }
    let mut allowed: BTreeSet<&str> = BTreeSet::new();
    let mut refused: BTreeSet<&str> = BTreeSet::new();
    for operation in declared.values() {
        let mut needed = std::iter::once(&operation.permission).chain(operation.also).filter(|name| !name.is_empty());
        let is_allowed = needed.all(|name| permissions.contains(*name));
        let _ = if is_allowed { allowed.insert(operation.name) } else { refused.insert(operation.name) };
    }
    let names: Vec<String> = allowed.difference(&refused).map(|name| name.replace('.', "\\.")).collect();
    json!([{"match": format!("^(?!(?:{}|token|metadata) )", names.join("|")), "fault": "denied"}])
}

#[test]
fn with_the_printed_role_nothing_of_it_is_refused() {
    let gcp = GcpCloud::default();
    for (way, arguments) in [(Way::Inventory, &[][..]), (Way::Direct, &["--without-inventory"][..])] {
        // Who lists with single APIs alone may not use the inventory, whether it is enabled or not.
        let off = json!([{"match": "^cloudasset\\.", "fault": "denied"}]);
        gcp.fail(&if way == Way::Direct { off } else { json!([]) });
        let (_, free) = run(&gcp);
        gcp.fail(&allowing(&printed(arguments)));
        let (_, bundle) = run(&gcp);
        let unread = |bundle: &Bundle| bundle.unread().into_iter().collect::<BTreeSet<_>>();
        let (free_unread, role_unread) = (unread(&free), unread(&bundle));
        let refused: Vec<&String> = role_unread.difference(&free_unread).collect();
        assert!(refused.is_empty(), "{way:?}: the printed role does not allow what a run asks: {refused:#?}");
        assert_eq!(bundle.rows(), free.rows(), "{way:?}");
    }
    // The other way's role is not enough: the test would see it.
    let (free, _) = clean(&gcp, Way::Direct);
    let mut role = printed(&[]);
    role.retain(|permission| !permission.starts_with("cloudasset."));
    gcp.fail(&allowing(&role));
    let (_, bundle) = run(&gcp);
    assert_ne!(bundle.rows(), free.rows());
    assert_only_obscured(&free.rows(), &bundle.rows(), "the inventory's role without the inventory");
}

/// A credentials file of this text.
fn with_file(text: &str, folder: &tempfile::TempDir) -> impl Fn(Call) -> Call {
    let path = folder.path().join("credentials.json");
    std::fs::write(&path, text).unwrap();
    move |call| call.env("GOOGLE_APPLICATION_CREDENTIALS", &path)
}

#[test]
fn each_kind_of_credentials_reads_the_same() {
    let gcp = GcpCloud::default();
    let (clean, _) = clean(&gcp, Way::Inventory);
    gcp.be("stranger");
    let folder = tempfile::tempdir().unwrap();
    let subject = folder.path().join("subject");
    std::fs::write(&subject, "collector").unwrap();
    let key = gcp.key_file("collector");
    let external = json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/idp",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": format!("{}/sts/v1/token", gcp.url()),
        "credential_source": {"file": subject},
    });
    let lent = "projects/-/serviceAccounts/collector@evidence-audit.iam.gserviceaccount.com:generateAccessToken";
    let impersonation = json!({
        "type": "impersonated_service_account",
        "source_credentials": serde_json::from_str::<Value>(&gcp.key_file("owner")).unwrap(),
        "service_account_impersonation_url": format!("{}/iamcredentials/v1/{lent}", gcp.url()),
        "delegates": [],
    });
    for (kind, text) in
        [("key", key), ("external_account", external.to_string()), ("impersonation", impersonation.to_string())]
    {
        let _ = gcp.calls();
        let (desk, bundle) = run_as(&gcp, with_file(&text, &folder));
        assert_eq!(bundle.rows(), clean.rows(), "{kind}");
        let calls = gcp.calls();
        let asked = |name: &str| calls.contains_key(name);
        assert!(!asked("metadata"), "{kind}: {calls:?}");
        assert_eq!(asked("token"), kind == "external_account", "{kind}: {calls:?}");
        assert_eq!(
            asked("iamcredentials.projects.serviceAccounts.generateAccessToken"),
            kind == "impersonation",
            "{kind}: {calls:?}"
        );
        assert!(evidenced_tests::evidence::find(&desk.store(), "PRIVATE KEY").is_empty(), "{kind}");
    }
}

#[test]
fn the_doctor_names_what_a_reader_lacks() {
    let gcp = GcpCloud::default();
    let doctor = |rules: &Value| {
        gcp.fail(rules);
        let desk = Desk::default();
        gcp.configure(&desk, &format!("organization: \"{ORGANIZATION}\""));
        let done = gcp.on_a_machine(desk.call(["doctor", "--config", "evidenced.yaml", "--json"])).run();
        let document: Value = serde_json::from_str(&done.stdout).unwrap();
        document["checks"].as_array().unwrap().clone()
    };
    let about = |checks: &[Value], what: &str| {
        let found = checks.iter().find(|check| check["what"].as_str().unwrap().ends_with(what));
        found.unwrap_or_else(|| panic!("{what}: {checks:#?}")).clone()
    };
    let whole = doctor(&json!([]));
    for scope in [PROJECT, LEGACY, &format!("organization-{ORGANIZATION}")] {
        let permissions = about(&whole, &format!("{scope}, permissions"));
        assert_eq!(permissions["outcome"], "ok", "{permissions:#}");
        let actions = permissions["actions"].as_array().unwrap();
        assert!(actions.iter().any(|action| action["action"] == "cloudasset.assets.listResource"), "{permissions:#}");
    }
    assert_eq!(about(&whole, &format!("{PROJECT}, Cloud Asset Inventory"))["outcome"], "ok");

    let without = doctor(
        &json!([{"match": "testIamPermissions", "fault": "without", "permissions": ["cloudasset.assets.listIamPolicy"]}]),
    );
    let permissions = about(&without, &format!("{PROJECT}, permissions"));
    assert_eq!(permissions["outcome"], "warning");
    assert!(
        permissions["found"].as_str().unwrap().contains("; missing: cloudasset.assets.listIamPolicy"),
        "{permissions:#}"
    );
    let missing = |action: &&Value| !action["refused"].as_object().unwrap().is_empty();
    let named: Vec<Value> = permissions["actions"].as_array().unwrap().iter().filter(missing).cloned().collect();
    assert_eq!(named.len(), 1);
    assert!(named[0]["controls"].as_array().unwrap().contains(&json!("gcp.storage.not-public")), "{named:#?}");

    let off = doctor(&json!([{"match": "^cloudasset\\.", "fault": "disabled"}]));
    let inventory = about(&off, &format!("{PROJECT}, Cloud Asset Inventory"));
    assert_eq!(inventory["outcome"], "warning");
    assert!(
        inventory["advice"].as_str().unwrap().contains("gcloud services enable cloudasset.googleapis.com"),
        "{inventory:#}"
    );
    let services = about(&off, &format!("{PROJECT}, services"));
    assert!(services["found"].as_str().unwrap().contains("cloudasset.googleapis.com"), "{services:#}");
    let permissions = about(&off, &format!("{PROJECT}, permissions"));
    let asks_lists = |action: &Value| action["action"] == "storage.buckets.list";
    assert!(permissions["actions"].as_array().unwrap().iter().any(asks_lists), "{permissions:#}");
}
