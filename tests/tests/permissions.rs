//! The printed role: its forms are valid and say the same, it is all that a run needs, and each of its actions is needed.
//!
//! What must follow from a missing action is taken from the declarations of the resource types and from the controls, never from
//! what the collector says.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use evidenced::catalogue::Catalogue;
use evidenced_connectors::aws::{self, Operation, ResourceType, needs};
use evidenced_schemas::Control;
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Bundle, Rows, only_bundle};
use evidenced_tests::fakes::actions::asked_by_moto;
use evidenced_tests::fakes::reader::Reader;
use evidenced_tests::fakes::{self, Moto};
use evidenced_tests::process;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The only region that is asked.
const REGION: &str = "us-east-1";

fn printed(arguments: &[&str]) -> String {
    printed_for("aws", arguments)
}

fn printed_for(cloud: &str, arguments: &[&str]) -> String {
    let first = ["permissions", "--cloud", cloud];
    let all = first.iter().chain(arguments).copied();
    Desk::default().call(all).run().expect_code(0, "permissions").stdout
}

/// The actions of the JSON form.
fn actions(arguments: &[&str]) -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&printed(arguments)).unwrap();
    let documents = document.as_array().cloned().unwrap_or_else(|| vec![document]);
    let list = |document: &Value| document["Statement"][0]["Action"].as_array().unwrap().clone();
    documents.iter().flat_map(list).map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// Holds the three forms against what their readers take; the actions of each.
fn checked(arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = |format: &str, name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, printed(&[&["--format", format], arguments].concat())).unwrap();
        path
    };
    let files = [file("json", "policy.json"), file("terraform", "role.tf"), file("cloudformation", "role.yaml")];
    let venv = process::output(&mut Command::new(fakes::scripts().join("install_linters.sh")));
    let python = std::path::Path::new(venv.trim()).join("bin/python");
    let told = process::output(Command::new(python).arg(fakes::scripts().join("check_roles.py")).args(files));
    serde_json::from_str(&told).unwrap()
}

#[test]
fn the_forms_are_valid_and_allow_the_same() {
    for arguments in [&[][..], &["--control", "aws.s3.versioning"][..]] {
        let told = checked(arguments);
        let expected = Value::from(actions(arguments).into_iter().collect::<Vec<_>>());
        for format in ["json", "terraform", "cloudformation"] {
            assert_eq!(told[format], expected, "{format} {arguments:?}");
        }
    }
}

#[test]
fn the_forms_for_azure_are_valid_and_give_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for controls in [&[][..], &["--control", "azure.storage.soft-delete"][..]] {
        let file = |format: &str| {
            let path = folder.path().join(format);
            std::fs::write(&path, printed_for("azure", &[&["--format", format], controls].concat())).unwrap();
            path
        };
        let (json, terraform, bicep) = (file("json"), file("terraform"), file("bicep"));
        let venv = process::output(&mut Command::new(fakes::scripts().join("install_linters.sh")));
        let mut python = Command::new(std::path::Path::new(venv.trim()).join("bin/python"));
        python.arg(fakes::scripts().join("check_roles.py")).arg("azure").args([&json, &terraform, &bicep]);
        let told: Value = serde_json::from_str(&process::output(&mut python)).unwrap();
        for form in ["terraform", "bicep"] {
            assert_eq!(told["json"], told[form], "{form} {controls:?}");
        }
    }
}

#[test]
fn the_forms_for_google_cloud_are_valid_and_give_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut lengths = BTreeSet::new();
    for arguments in [&[][..], &["--without-inventory"][..], &["--control", "gcp.storage.not-public"][..]] {
        let files = ["json", "yaml", "terraform", "gcloud"].map(|format| {
            let path = folder.path().join(format);
            std::fs::write(&path, printed_for("gcp", &[&["--format", format], arguments].concat())).unwrap();
            path
        });
        let venv = process::output(&mut Command::new(fakes::scripts().join("install_linters.sh")));
        let mut python = Command::new(std::path::Path::new(venv.trim()).join("bin/python"));
        python.arg(fakes::scripts().join("check_roles.py")).arg("gcp").args(&files);
        let told: Value = serde_json::from_str(&process::output(&mut python)).unwrap();
        for format in ["terraform", "gcloud"] {
            assert_eq!(told["json"], told[format], "{format} {arguments:?}");
        }
        lengths.insert(told["json"].to_string());
    }
    assert_eq!(lengths.len(), 3, "each asks for something else");
}

/// An account of a moto server, and what reading it gave when the role allowed all that is printed.
struct Account {
    script: String,
    reader: Reader,
    _moto: Moto,
    /// With all printed actions.
    all: Bundle,
}

/// Estates that need more than one server or account, which the tests of their own give them.
const OF_THEIR_OWN: [&str; 4] = ["alarms_estate.py", "data_estate.py", "detection_estate.py", "organization_estate.py"];

/// Every other estate of `tests/fakes`, `estate.py` first.
fn scripts() -> Vec<String> {
    let names = std::fs::read_dir(fakes::scripts()).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.to_str().unwrap().to_owned());
    let mut names: Vec<String> =
        names.filter(|name| name.ends_with("estate.py") && !OF_THEIR_OWN.contains(&name.as_str())).collect();
    names.sort_by_key(|name| (name != "estate.py", name.clone()));
    names
}

/// Settings of the server that an estate's text asks for: `MOTO_…=true`.
fn settings(script: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(fakes::scripts().join(script)).unwrap();
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '=')).map(str::to_owned);
    let pairs = words.filter_map(|word| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())));
    pairs.filter(|(name, value)| name.starts_with("MOTO_") && !value.is_empty()).collect()
}

/// One run with the user's key.
fn run(reader: &Reader, regions: &[&str], what: &str) -> Bundle {
    let desk = Desk::default();
    let store = desk.store_url();
    let arguments = ["collect", "--json", "--store", &store, "--key", "key.pem"].into_iter();
    let call = desk.call(arguments.chain(regions.iter().flat_map(|region| ["--region", *region])));
    let _ = reader.calls(call).run().expect_code(3, what);
    only_bundle(&desk.store())
}

impl Account {
    /// Fills a server, and reads it as a user with the printed policy and no more: nothing may be refused that is answered
    /// to a user who may do everything.
    fn of(script: &str, permissions: &BTreeSet<String>) -> Self {
        let settings = settings(script);
        let settings: Vec<(&str, &str)> =
            settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let moto = Moto::start(&settings);
        fakes::python(script, &[&moto.url()]);
        let reader = Reader::new(&moto);
        reader.may(permissions.iter().map(String::as_str));
        let all = run(&reader, &[REGION], "the printed policy");
        reader.may_everything();
        let free = run(&reader, &[REGION], "everything is allowed");
        let unread = |bundle: &Bundle| bundle.unread().into_iter().collect::<BTreeSet<_>>();
        let refused: Vec<_> = unread(&all).difference(&unread(&free)).cloned().collect();
        assert!(
            refused.is_empty(),
            "{script}: the printed policy does not allow what a run asks. Where moto asks for another action than AWS, it is a row in \
             tests/src/fakes/actions.rs: {refused:#?}"
        );
        assert_eq!(all.rows(), free.rows(), "{script}: the printed policy changes verdicts");
        Self { script: script.to_owned(), reader, _moto: moto, all }
    }

    /// The operations that were answered.
    fn answered(&self) -> BTreeSet<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let good = |exchange: &&Value| exchange["response"]["status"].as_u64().is_some_and(|status| status < 300);
        let good = self.all.exchanges.iter().filter(good);
        good.map(|exchange| (text(&exchange["service"]), text(&exchange["operation"]))).collect()
    }

    /// What moto was asked for, and allowed, in its own words.
    fn asked(&self) -> BTreeSet<String> {
        let answered = self.answered();
        let there =
            |operation: &&Operation| answered.contains(&(operation.service.to_owned(), operation.name.to_owned()));
        operations().filter(there).map(|operation| asked_by_moto(operation.permission)).collect()
    }

    /// Takes an action away (in moto's words), and holds what becomes of the run against the declarations.
    fn without(&self, action: &str, permissions: &BTreeSet<String>) -> Vec<String> {
        let (lost, kept): (Vec<&String>, Vec<&String>) =
            permissions.iter().partition(|permission| asked_by_moto(permission) == action);
        self.reader.may(kept.into_iter().map(String::as_str));
        let without = run(&self.reader, &[REGION], action);
        without.assert_balanced();
        let told = Loss::of(&lost, &self.answered());
        let problems = told.problems(&self.all, &without);
        problems.into_iter().map(|problem| format!("{}, without {action}: {problem}", self.script)).collect()
    }
}

fn operations() -> impl Iterator<Item = &'static Operation> {
    aws::resource_types()
        .flat_map(|type_| type_.operations)
        .copied()
        .filter(|operation| !operation.permission.is_empty())
}

/// Types that a control reads: its own, those of its populations, and those that are joined into them.
fn read_by(control: &Control) -> BTreeSet<&str> {
    needs::with_joined(control.resource.iter().chain(control.populations.keys()).map(String::as_str))
}

/// What follows from actions that are not allowed, by the declarations.
struct Loss {
    /// `service:Operation` that were answered and now are not.
    operations: BTreeSet<String>,
    /// Types that have such an operation.
    types: BTreeSet<&'static str>,
    /// Types of which nothing at all can be read.
    blind: BTreeSet<&'static str>,
}

impl Loss {
    fn of(lost: &[&String], answered: &BTreeSet<(String, String)>) -> Self {
        let is_lost = |operation: &Operation| lost.iter().any(|lost| **lost == operation.permission);
        let was_answered =
            |operation: &&Operation| answered.contains(&(operation.service.to_owned(), operation.name.to_owned()));
        let named = |operation: &Operation| format!("{}:{}", operation.service, operation.name);
        let types = |fits: &dyn Fn(&ResourceType) -> bool| {
            aws::resource_types().filter(|type_| fits(type_)).map(|type_| type_.name).collect()
        };
        Self {
            operations: operations().filter(|op| is_lost(op)).filter(was_answered).map(named).collect(),
            types: types(&|type_| type_.operations.iter().any(|operation| is_lost(operation))),
            blind: types(&|type_| type_.operations.iter().all(|operation| is_lost(operation))),
        }
    }

    fn problems(&self, before: &Bundle, after: &Bundle) -> Vec<String> {
        let mut problems = Vec::new();
        let unread = after.unread();
        for operation in &self.operations {
            if !unread.iter().any(|line| line.starts_with(&format!("{operation} denied"))) {
                problems.push(format!("the evidence does not say that {operation} was denied"));
            }
        }
        for control in Catalogue::built_in().controls().iter().filter(|control| control.id.starts_with("aws.")) {
            let stands = read_by(control).iter().any(|type_| self.types.contains(type_));
            let (before, after) = (rows_of(&before.rows(), &control.id), rows_of(&after.rows(), &control.id));
            if !stands && before != after {
                problems.push(format!("{} does not stand on it and changed: {before:?} to {after:?}", control.id));
            }
            let unlisted = after.get("") == Some(&"not_evaluated".to_owned());
            for (id, verdict) in &before {
                match after.get(id) {
                    Some(now) if now == verdict || now == "not_evaluated" => {}
                    None if unlisted => {}
                    now => problems.push(format!("{} {id} was {verdict} and is {now:?}", control.id)),
                }
            }
            let blind = control.resource.as_deref().is_some_and(|type_| self.blind.contains(type_));
            if blind && after.values().any(|verdict| verdict != "not_evaluated") {
                problems.push(format!("{} was judged on what could not be read: {after:?}", control.id));
            }
        }
        problems.extend(self.unexplained(before, after));
        problems
    }

    /// Verdicts that were lost and do not say that one of the operations was denied.
    fn unexplained(&self, before: &Bundle, after: &Bundle) -> Vec<String> {
        let rows = before.rows();
        let mut problems = Vec::new();
        for finding in after.findings.iter().filter(|finding| finding["verdict"] == "not_evaluated") {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let row = (text(&finding["control"]), text(&finding["resource"]["id"]));
            let reason = text(&finding["reason"]);
            let said = self.operations.iter().any(|operation| reason.contains(&format!("{operation} denied")));
            if rows.get(&row).is_none_or(|verdict| verdict != "not_evaluated") && !said {
                problems.push(format!("{row:?} became not_evaluated for another reason: {reason}"));
            }
        }
        problems
    }
}

/// Verdicts of one control by resource.
fn rows_of(rows: &Rows, control: &str) -> BTreeMap<String, String> {
    let own = rows.iter().filter(|((id, _), _)| id == control);
    own.map(|((_, resource), verdict)| (resource.clone(), verdict.clone())).collect()
}

/// Takes each action away where it was answered first, and gives what does not follow from the declarations.
fn without_each(accounts: &[Account], permissions: &BTreeSet<String>) -> Vec<String> {
    let mut left: BTreeSet<String> = permissions.iter().map(|action| asked_by_moto(action)).collect();
    let mut turns = Vec::new();
    for account in accounts {
        let asked = account.asked();
        turns.push((account, left.extract_if(.., |action| asked.contains(action)).collect::<Vec<_>>()));
    }
    let tried: usize = turns.iter().map(|(_, actions)| actions.len()).sum();
    assert!(
        tried > left.len(),
        "most actions are tried; these are not, since no estate has what they are for: {left:?}"
    );
    std::thread::scope(|scope| {
        let turns = turns.into_iter().map(|(account, actions)| {
            scope.spawn(move || {
                actions.iter().flat_map(|action| account.without(action, permissions)).collect::<Vec<_>>()
            })
        });
        let turns: Vec<_> = turns.collect();
        turns.into_iter().flat_map(|turn| turn.join().unwrap()).collect()
    })
}

#[test]
fn the_printed_policy_is_enough_and_each_action_of_it_is_needed() {
    let permissions = actions(&[]);
    let accounts: Vec<Account> = scripts().iter().map(|script| Account::of(script, &permissions)).collect();
    let problems = without_each(&accounts, &permissions);
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// Without names of regions, each control on a regional type says that nobody knows where its resources are.
#[test]
fn without_the_names_of_regions_nothing_regional_is_judged() {
    let permissions = actions(&[]);
    let account = Account::of("estate.py", &permissions);
    account.reader.may(permissions.iter().map(String::as_str).filter(|action| *action != "ec2:DescribeRegions"));
    let rows = run(&account.reader, &[], "no regions").rows();
    for control in Catalogue::built_in().controls() {
        let Some(type_) = aws::resource_types().find(|type_| Some(type_.name) == control.resource.as_deref()) else {
            continue;
        };
        if type_.reach == aws::Reach::Regional {
            let row = rows.get(&(control.id.clone(), String::new())).map(String::as_str);
            assert_eq!(row, Some("not_evaluated"), "{}", control.id);
        }
    }
}

/// A role made for the controls of one type is enough for them: their verdicts are those of a role that may all.
#[test]
fn a_role_made_for_some_controls_is_enough_for_them() {
    let permissions = actions(&[]);
    let catalogue = Catalogue::built_in();
    let mut by_types: BTreeMap<BTreeSet<&str>, Vec<&Control>> = BTreeMap::new();
    for control in catalogue.controls().iter().filter(|control| control.id.starts_with("aws.")) {
        let types = control.resource.iter().chain(control.populations.keys()).map(String::as_str).collect();
        by_types.entry(types).or_default().push(control);
    }
    let all = by_types.len();
    for script in scripts() {
        let account = Account::of(&script, &permissions);
        let rows = account.all.rows();
        by_types.retain(|types, controls| {
            if !types.iter().any(|type_| !account.all.ids(type_).is_empty()) {
                return true;
            }
            let ids: Vec<&str> = controls.iter().flat_map(|control| ["--control", control.id.as_str()]).collect();
            let smaller = actions(&ids);
            assert!(smaller.is_subset(&permissions) && smaller.len() < permissions.len(), "{types:?}: {smaller:?}");
            account.reader.may(smaller.iter().map(String::as_str));
            let now = run(&account.reader, &[REGION], &format!("{types:?}")).rows();
            for control in controls {
                assert_eq!(rows_of(&now, &control.id), rows_of(&rows, &control.id), "{script}: {}", control.id);
            }
            false
        });
    }
    assert!(by_types.len() < all / 2, "no estate has resources of these types: {:?}", by_types.keys());
}
