//! `accounts: all`: an organisation with accounts that can be read and accounts that cannot, over the real binary.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced_tests::binary::Done;
use evidenced_tests::estate::{Desk, Verdicts};
use evidenced_tests::evidence::{Bundle, bundles, files};
use evidenced_tests::fakes::{self, Moto};
use evidenced_tests::proxy::{Call, Fault, Proxy, Rule};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ROLE: &str = "EvidenceReader";
const EXTERNAL_ID: &str = "agreed-with-the-collector";
const MANAGEMENT: &str = "123456789012";

/// An organisation in moto, and what `fakes/organization_estate.py` says of it.
struct Organization {
    moto: Moto,
    told: Value,
}

impl Organization {
    fn new() -> Self {
        let moto = Moto::empty();
        let told = fakes::python("organization_estate.py", &[&moto.url(), ROLE, EXTERNAL_ID]);
        Self { moto, told: serde_json::from_str(&told).unwrap() }
    }

    fn account(&self, name: &str) -> String {
        self.told["accounts"][name].as_str().unwrap().to_owned()
    }

    fn scope(&self) -> String {
        format!("organization-{}", self.told["organization"].as_str().unwrap())
    }

    /// Scopes that a run commits.
    fn read(&self) -> BTreeSet<String> {
        [self.scope(), MANAGEMENT.to_owned(), self.account("guarded"), self.account("beside")].into()
    }

    /// Accounts that a run cannot read, each with words that must be said of it.
    fn unread(&self) -> BTreeMap<String, &'static str> {
        [
            ("without-role", "could not be assumed"),
            ("other-external-id", "could not be assumed"),
            ("suspended", "SUSPENDED"),
        ]
        .map(|(name, words)| (self.account(name), words))
        .into()
    }
}

fn configured() -> Desk {
    let desk = Desk::default();
    let text = format!(
        "deployment: test\nstore: {{url: \"file://./evidence\"}}\nsigning: {{key: file://./key.pem}}\njobs:\n  - name: all\n    \
         schedule: \"0 * * * *\"\n    aws: {{accounts: all, role_name: {ROLE}, external_id: {EXTERNAL_ID}, regions: [us-east-1, eu-west-1]}}\n"
    );
    std::fs::write(desk.folder().join("evidenced.yaml"), text).unwrap();
    desk
}

fn collect(desk: &Desk, port: u16, arguments: &[&str]) -> Done {
    let all = ["collect", "--config", "evidenced.yaml"].iter().chain(arguments).copied();
    desk.call(all).aws(port).run()
}

fn scope(bundle: &Bundle) -> String {
    bundle.run["scope"].as_str().unwrap().to_owned()
}

fn of_scope<'a>(bundles: &'a [Bundle], id: &str) -> &'a Bundle {
    bundles.iter().rfind(|bundle| scope(bundle) == id).unwrap_or_else(|| panic!("no bundle of {id}"))
}

fn document<'a>(bundle: &'a Bundle, type_: &str, id: &str) -> &'a Value {
    let found = bundle.resources.iter().find(|document| document["type"] == type_ && document["id"] == id);
    found.unwrap_or_else(|| panic!("no {type_} {id}"))
}

/// Each scope that was read has its bundle; each that was not is named with its reason, in JSON and on standard error.
fn assert_all_are_told(organization: &Organization, done: &Done, sequence: u64) {
    let report = done.json();
    let runs = report["runs"].as_array().unwrap();
    let of = |keep: fn(&Value) -> bool| -> BTreeMap<String, Value> {
        let kept = runs.iter().filter(|run| keep(run));
        kept.map(|run| (run["scope"].as_str().unwrap().to_owned(), run.clone())).collect()
    };
    let committed = of(|run| run.get("error").is_none());
    assert_eq!(committed.keys().cloned().collect::<BTreeSet<_>>(), organization.read(), "{report:#}");
    assert!(committed.values().all(|run| run["sequence"] == sequence), "{report:#}");
    let failed = of(|run| run.get("error").is_some());
    let unread = organization.unread();
    assert_eq!(failed.keys().collect::<Vec<_>>(), unread.keys().collect::<Vec<_>>(), "{report:#}");
    for (account, words) in &unread {
        assert!(failed[account]["error"].as_str().unwrap().contains(words), "{}", failed[account]);
        let said = done.stderr.lines().any(|line| line.contains(account) && line.contains(words));
        assert!(said, "{account}: {}", done.stderr);
    }
}

/// What the organisation's own bundle holds.
fn assert_the_list_is_evidence(organization: &Organization, bundle: &Bundle) {
    let every: BTreeSet<String> =
        organization.told["accounts"].as_object().unwrap().values().map(|id| id.as_str().unwrap().to_owned()).collect();
    for type_ in ["aws.organizations.member", "aws.organizations.account"] {
        assert_eq!(bundle.ids(type_), every, "{type_}");
    }
    assert!(bundle.complete(), "{:?}", bundle.unread());
    let state = |name: &str| {
        document(bundle, "aws.organizations.member", &organization.account(name))["config"]["state"].clone()
    };
    assert_eq!((state("suspended"), state("without-role")), (json!("SUSPENDED"), json!("ACTIVE")));
    let guarded = document(bundle, "aws.organizations.account", &organization.account("guarded"));
    let policies = guarded["derived"]["effective_scps"].as_array().unwrap();
    let guard = &organization.told["guard"];
    assert!(policies.iter().any(|p| p["id"] == guard["id"] && p["target_id"] == guard["target"]), "{guarded:#}");
    Verdicts::read(&organization.told["verdicts"].to_string()).assert_given_by(bundle);
    assert!(bundle.findings.iter().all(|finding| finding["control"] == "aws.organizations.scp-guardrails"));
}

#[test]
fn every_account_of_an_organisation_is_read_or_named() {
    let organization = Organization::new();
    let desk = configured();
    let done = collect(&desk, organization.moto.port, &["--json"]).expect_code(3, "some accounts cannot be read");
    assert_all_are_told(&organization, &done, 1);
    let found = bundles(&desk.store());
    assert_eq!(found.iter().map(scope).collect::<BTreeSet<_>>(), organization.read());
    for bundle in &found {
        bundle.assert_balanced();
        // An organisation is asked only what it can answer; that is held against the answer key.
        if scope(bundle) != organization.scope() {
            bundle.assert_one_verdict_each();
        }
    }
    assert_the_list_is_evidence(&organization, of_scope(&found, &organization.scope()));
    for name in ["guarded", "beside"] {
        let id = organization.account(name);
        let bundle = of_scope(&found, &id);
        let users = bundle.ids("aws.iam.user");
        assert_eq!(users, [format!("arn:aws:iam::{id}:user/user-of-{id}")].into(), "another account's users");
        let identity = bundle.statement["predicate"]["identity"].as_str().unwrap();
        assert!(identity.contains(&id) && identity.contains(&format!("assumed-role/{ROLE}")), "{identity}");
        // A member account may not ask for the policies on it.
        let rows = bundle.rows();
        let verdict = rows.get(&("aws.organizations.scp-guardrails".to_owned(), id.clone()));
        assert_eq!(verdict.map(String::as_str), Some("not_evaluated"));
        let user = document(bundle, "aws.iam.principal", users.first().unwrap());
        assert_eq!(user["derived"]["service_control_policies"], "not_read");
        assert!(!user["gaps"].to_string().contains("organizations:"), "{user:#}");
    }
    // The role does not exist in the account of the credentials: it is read with them, and the policies never act on it.
    let own = of_scope(&found, MANAGEMENT);
    let identity = own.statement["predicate"]["identity"].as_str().unwrap();
    assert!(identity.contains(MANAGEMENT) && !identity.contains(ROLE), "{identity}");
    let user = document(own, "aws.iam.principal", &format!("arn:aws:iam::{MANAGEMENT}:user/user-of-{MANAGEMENT}"));
    assert_eq!(user["derived"]["service_control_policies"], "none");
    let text = files(&desk.store()).join(" ");
    assert!(organization.unread().keys().all(|account| !text.contains(account)), "no stream of what was not read");

    // The same streams go on.
    let again = collect(&desk, organization.moto.port, &["--json"]).expect_code(3, "again");
    assert_all_are_told(&organization, &again, 2);
    let _ = collect(&desk, organization.moto.port, &[]).expect_code(3, "for people");
    let _ = desk.verify().expect_code(0, "verify");
    drop(organization);
    let _ = desk.reperform().expect_code(0, "reperform");
}

#[test]
fn a_region_that_is_refused_is_a_gap_of_that_region_alone() {
    let organization = Organization::new();
    let proxy = Proxy::start(organization.moto.port, None);
    proxy.set(vec![Rule::in_region("eu-west-1", Fault::Denied)]);
    let desk = configured();
    let done = collect(&desk, proxy.port, &["--json"]).expect_code(3, "a region is refused");
    assert_all_are_told(&organization, &done, 1);
    let found = bundles(&desk.store());
    let bundle = of_scope(&found, &organization.account("guarded"));
    bundle.assert_balanced();
    bundle.assert_one_verdict_each();
    let row = |type_: &str, region: &str| {
        let found = bundle.populations.iter().find(|row| row["type"] == type_ && row["region"] == region);
        found.unwrap_or_else(|| panic!("no row of {type_} in {region}"))
    };
    assert_eq!(row("aws.ec2.volume", "us-east-1")["complete"], true);
    let disks = |region: &str| {
        bundle
            .resources
            .iter()
            .filter(|document| document["type"] == "aws.ec2.volume" && document["region"] == region)
            .count()
    };
    assert!(disks("us-east-1") > 0);
    assert_eq!(disks("eu-west-1"), 0);
    let refused = row("aws.ec2.volume", "eu-west-1");
    assert_eq!((&refused["complete"], &refused["listed"]), (&json!(false), &json!(0)));
    assert!(refused["reason"].as_str().unwrap().contains("denied"), "{refused}");
    assert_eq!(row("aws.iam.user", "global")["complete"], true, "what has no region is read all the same");
    // What has no region is asked once, whatever the number of regions: each of the four scopes is an account or the organisation.
    let once = |operation: &str| {
        let asked = bundle.exchanges.iter().filter(|exchange| exchange["operation"] == operation);
        asked.map(|exchange| exchange["region"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for operation in ["GetAccountAuthorizationDetails", "GetAccountSummary", "DescribeOrganization", "ListBuckets"] {
        assert_eq!(once(operation).len(), 1, "{operation}: {:?}", once(operation));
    }
    assert!(once("DescribeVolumes").contains(&"eu-west-1".to_owned()));
    let _ = desk.verify().expect_code(0, "verify");
    let _ = desk.reperform().expect_code(0, "reperform");
}

#[test]
fn an_organisation_that_cannot_be_listed_ends_the_run_before_anything_is_made() {
    let organization = Organization::new();
    let proxy = Proxy::start(organization.moto.port, None);
    for (operation, fault) in [
        ("organizations:DescribeOrganization", Fault::Denied),
        ("organizations:ListAccounts", Fault::Denied),
        ("organizations:ListAccounts", Fault::Html),
    ] {
        proxy.set(vec![Rule::always(operation, fault)]);
        let desk = configured();
        let done = collect(&desk, proxy.port, &["--json"]).expect_code(1, operation);
        assert!(
            done.stderr.contains("accounts: all") && done.stderr.contains("organizations:ListAccounts"),
            "{done:?}"
        );
        assert!(!desk.store().exists() && !desk.folder().join("key.pem").exists(), "{:?}", files(desk.folder()));
        let told = desk.call(["doctor", "--json", "--config", "evidenced.yaml"]).aws(proxy.port).run();
        assert!(told.expect_code(1, "doctor").stdout.contains("accounts: all"));
    }
    // No organisation at all.
    let moto = Moto::empty();
    let desk = configured();
    let done = collect(&desk, moto.port, &["--json"]).expect_code(1, "no organisation");
    assert!(done.stderr.contains("in no organisation"), "{done:?}");
}

#[test]
fn a_list_is_read_to_its_end_and_a_role_that_is_not_answered_is_named() {
    let organization = Organization::new();
    let proxy = Proxy::start(organization.moto.port, None);
    proxy.set(vec![Rule::always("sts:AssumeRole", Fault::Internal)]);
    let desk = configured();
    let done = collect(&desk, proxy.port, &["--json"]).expect_code(3, "the organisation itself is read");
    let report = done.json();
    let committed: Vec<&Value> =
        report["runs"].as_array().unwrap().iter().filter(|run| run.get("error").is_none()).collect();
    assert_eq!(
        committed.len(),
        1,
        "a failure of STS is no refusal: not even the own account is read with other credentials"
    );
    assert_eq!(committed[0]["scope"], organization.scope());
    let is_list = |call: &Call| call.operation == "organizations:ListAccounts";
    assert_eq!(
        proxy.attempts().iter().filter(|(call, _)| is_list(call)).map(|(_, count)| count).sum::<u32>(),
        2,
        "to find, and as evidence"
    );
    let doctor = desk.call(["doctor", "--json", "--config", "evidenced.yaml"]).aws(organization.moto.port).run();
    let checks = doctor.json()["checks"].as_array().unwrap().clone();
    let outcome = |what: &str| {
        let check = checks.iter().find(|check| check["what"].as_str().unwrap().ends_with(what));
        check.unwrap_or_else(|| panic!("nothing is said of {what}: {checks:#?}"))["outcome"].clone()
    };
    assert_eq!(outcome(&organization.scope()), "ok");
    assert_eq!(outcome(&organization.account("suspended")), "warning");
    assert_eq!(outcome(&organization.account("without-role")), "failed");
    assert_eq!(outcome(&organization.account("guarded")), "ok");
}
