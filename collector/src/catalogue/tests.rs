//! The built-in catalogue holds its own cases, and the loader refuses what it must.

use super::*;
use evidenced_schemas::control::Verdict;
use evidenced_schemas::criteria::Principle;
use serde_json::json;
use std::fmt::Write as _;

/// A control file that is right; each test of a refusal changes one thing in it.
const GOOD: &str = r#"
- id: aws.test.one
  title: One
  statement: One is one.
  resource: aws.test.thing
  pass: resource.config.one == params.one
  message: '"it is " + string(resource.config.one)'
  params:
    one: {about: the number, type: int, default: 1, loosest: {max: 2}}
  principle: least-privilege
  criteria: {primary: CC6.1, supporting: [CC6.3]}
  category: security
  layer: identity
  severity: low
  policy: Access Control Policy
  owner: Engineering / DevOps
  remediation: Make it one.
  cases:
    - {verdict: pass, config: {one: 1}}
    - {verdict: fail, config: {one: 2}}
    - {verdict: not_evaluated}
"#;

fn load(text: &str) -> Result<Catalogue, CatalogueError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("test.yaml"), text).unwrap();
    Catalogue::empty().with_dir(folder.path()).map_err(|mut error| {
        error.file = error.file.rsplit('/').next().unwrap_or_default().to_owned();
        error
    })
}

fn refusal(from: &str, to: &str) -> CatalogueError {
    let text = GOOD.replace(from, to);
    assert_ne!(text, GOOD, "`{from}` is not in the text");
    match load(&text) {
        Ok(_) => panic!("accepted: {to}"),
        Err(error) => error,
    }
}

#[test]
fn every_case_of_the_built_in_catalogue_holds() {
    let catalogue = Catalogue::built_in();
    let results = test_cases(&catalogue);
    let mut wrong = String::new();
    for result in results.iter().filter(|result| result.problem.is_some()) {
        writeln!(
            wrong,
            "{} case {} ({:?}): {:?}, said {:?}",
            result.control, result.number, result.about, result.problem, result.said
        )
        .unwrap();
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(catalogue.controls().len(), 369);
    assert!(results.len() > 200, "{} cases", results.len());
}

#[test]
fn the_built_in_messages_can_be_made() {
    let results = test_cases(&Catalogue::built_in());
    let lost: Vec<_> = results
        .iter()
        .filter(|result| result.got == Verdict::Fail)
        .filter(|result| result.said.as_deref().is_none_or(|said| said.contains("could not be evaluated")))
        .map(|result| (&result.control, result.number, &result.about))
        .collect();
    // Fails that stand although a field is unread may lack their message; there are three cases that show it.
    assert_eq!(lost.len(), 3, "{lost:?}");
}

#[test]
fn a_good_file_is_accepted_and_its_cases_hold() {
    let catalogue = load(GOOD).unwrap();
    assert!(test_cases(&catalogue).iter().all(|result| result.problem.is_none()));
    assert_eq!(catalogue.controls()[0].params["one"].value, Some(json!(1)));
}

#[test]
fn cases_of_another_cloud_are_run_as_well() {
    let text = GOOD.replace("aws.test", "azure.test");
    assert!(test_cases(&load(&text).unwrap()).iter().all(|result| result.problem.is_none()));
}

#[test]
fn a_case_that_does_not_hold_is_named() {
    let catalogue = load(&GOOD.replace("fail, config: {one: 2}", "fail, config: {one: 1}")).unwrap();
    let results = test_cases(&catalogue);
    assert_eq!(results[1].problem.as_deref(), Some("expected fail, got pass"));
}

#[test]
fn a_control_that_profits_from_a_missing_key_is_found_by_its_cases() {
    // `exists` over a list is blind to what is missing only if an error elsewhere is swallowed; a tag map is open.
    let text = GOOD.replace(
        "pass: resource.config.one == params.one",
        "pass: '!(\"bad\" in resource.config.condition) && params.one == 1'",
    );
    let text = text
        .replace("{verdict: pass, config: {one: 1}}", "{verdict: pass, config: {condition: {}}}")
        .replace("{verdict: fail, config: {one: 2}}", "{verdict: fail, config: {condition: {bad: 1}}}");
    let results = test_cases(&load(&text).unwrap());
    assert!(results.iter().all(|result| result.problem.is_none()), "an open map's keys are facts: {results:?}");
    // The same on a document's own keys cannot even be evaluated.
    let text = text.replace("in resource.config.condition", "in resource.config");
    let results = test_cases(&load(&text).unwrap());
    assert_eq!(results[1].got, Verdict::NotEvaluated, "{results:?}");
}

#[test]
fn refusals_name_file_and_line() {
    let rows = [
        ("title: One\n", "title: One\n  colour: red\n", 4, "colour"),
        ("primary: CC6.1", "primary: CC6.99", 11, "CC6.99"),
        ("principle: least-privilege", "principle: most-privilege", 10, "most-privilege"),
        ("pass: resource.config.one ==", "pass: resource.config.one == ==", 6, "does not parse"),
        ("pass: resource", "pass: resourse", 6, "resourse"),
        ("pass: resource.config.one ==", "pass: resource.confg.one ==", 6, "confg"),
        ("== params.one", "== params.two", 6, "two"),
        ("pass: resource.config.one ==", "pass: has(resource.config.one) && 1 ==", 6, "== null"),
        ("pass: resource.config.one ==", "pass: all[\"x\"].size() ==", 6, "only a scope control"),
        ("string(resource.config.one)", "math.greatest(1, 2)", 7, "greatest"),
        ("string(resource.config.one)", "string(resource.config.one).lowerAscii()", 7, "lowerAscii"),
        ("pass: resource.config.one ==", "pass: '{\"a\": 1}.a == 1' #", 6, "map"),
        ("supporting: [CC6.3]", "supporting: [CC6.3, CC1.3, CC1.1, CC1.2, CC1.4]", 11, "more than four"),
        ("supporting: [CC6.3]", "supporting: [CC6.1]", 11, "twice"),
        ("resource: aws.test.thing", "resource: aws.test.thing\n  scope: aws.account", 2, "both"),
        ("  resource: aws.test.thing\n", "", 2, "neither"),
        ("resource: aws.test.thing", "scope: aws.account", 2, "populations"),
        ("  pass:", "  applies: resource.config.one > 0\n  pass:", 6, "why_not"),
        ("    - {verdict: fail, config: {one: 2}}\n", "", 19, "no case that is `fail`"),
        ("    - {verdict: not_evaluated}\n", "", 19, "no case that is `not_evaluated`"),
        ("default: 1", "default: one", 9, "a whole number"),
        ("default: 1", "default: 3", 9, "looser"),
        ("default: 1", "default: 1, value: 3", 9, "value"),
        ("id: aws.test.one", "id: one", 2, "control id"),
        ("id: aws.test.one", "id: gcp.test.one", 2, "another cloud"),
        ("config: {one: 2}}", "config: {one: 2}, verdit: pass}", 20, "verdit"),
        ("severity: low", "severity: low\n  severity: high", 15, "severity"),
    ];
    for (from, to, line, word) in rows {
        let error = refusal(from, to);
        assert!(error.what.contains(word), "{to}: {error}");
        let found = error.line.unwrap_or_default();
        assert!(found.abs_diff(line) <= 1, "{to}: expected line {line}: {error}");
        assert!(error.to_string().starts_with(&format!("test.yaml:{found}: ")), "{error}");
    }
}

#[test]
fn has_is_allowed_on_open_maps_alone() {
    for good in [
        "has(resource.tags.a) && resource.tags.a == \"b\"",
        "has(resource.config.condition.x)",
        "resource.config.list.exists(s, has(s.condition.x))",
    ] {
        assert!(load(&GOOD.replace("resource.config.one == params.one", good)).is_ok(), "{good}");
    }
    for bad in ["has(resource.config)", "has(resource.derived.a.b)", "has(resource.tags)", "has(params.one)"] {
        assert!(load(&GOOD.replace("resource.config.one == params.one", bad)).is_err(), "{bad}");
    }
}

#[test]
fn an_id_is_defined_once() {
    let error = load(&format!("{GOOD}{GOOD}")).unwrap_err();
    assert!(error.what.contains("defined already, in"), "{error}");
    let built_in = GOOD.replace("aws.test.one", "aws.s3.versioning");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.yml"), built_in).unwrap();
    assert!(Catalogue::built_in().with_dir(folder.path()).unwrap_err().what.contains("defined already"));
}

#[test]
fn a_folder_without_controls_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Catalogue::empty().with_dir(folder.path()).unwrap_err().what.contains("no control file"));
    assert!(Catalogue::empty().with_dir(&folder.path().join("none")).unwrap_err().what.contains("cannot read"));
}

#[test]
fn parameters_are_set_by_name_and_by_control() {
    let names = BTreeMap::from([("unused_days".to_owned(), json!(30))]);
    let one = BTreeMap::from([("unused_days".to_owned(), json!(60))]);
    let overrides = BTreeMap::from([("aws.iam.user.unused-access-key".to_owned(), one)]);
    let catalogue = Catalogue::built_in().with_parameters(&names, &overrides).unwrap();
    let value = |id: &str| catalogue.control(id).unwrap().params["unused_days"].value.clone();
    assert_eq!(value("aws.iam.user.unused-console-password"), Some(json!(30)));
    assert_eq!(value("aws.iam.user.unused-access-key"), Some(json!(60)));
}

#[test]
fn parameters_that_do_not_exist_or_fit_are_refused_with_what_exists() {
    let none = BTreeMap::new();
    let set = |name: &str, value| BTreeMap::from([(name.to_owned(), value)]);
    let wrong = |names: BTreeMap<String, Value>, overrides: BTreeMap<String, BTreeMap<String, Value>>| {
        Catalogue::built_in().with_parameters(&names, &overrides).unwrap_err().to_string()
    };
    let error = wrong(set("unsued_days", json!(30)), none.clone());
    assert!(error.starts_with("parameters.unsued_days: ") && error.contains("unused_days"), "{error}");
    let error = wrong(set("unused_days", json!("30")), none.clone());
    assert!(error.contains("a whole number"), "{error}");
    let error = wrong(set("own_account_ids", json!([123_456_789_012_i64])), none.clone());
    assert!(error.contains("in quotes"), "{error}");
    let error = wrong(BTreeMap::new(), BTreeMap::from([("aws.iam.nothing".to_owned(), BTreeMap::new())]));
    assert!(error.contains("aws.iam.role.unused"), "{error}");
    let error =
        wrong(BTreeMap::new(), BTreeMap::from([("aws.iam.role.unused".to_owned(), set("unused_days", json!(1)))]));
    assert!(error.contains("role_unused_days"), "{error}");
}

#[test]
fn a_bundle_gives_back_the_catalogue_it_was_made_with() {
    let names = BTreeMap::from([("unused_days".to_owned(), json!(30))]);
    let catalogue = Catalogue::built_in().with_parameters(&names, &BTreeMap::new()).unwrap();
    let text = serde_json::to_string(catalogue.controls()).unwrap();
    let again = Catalogue::from_bundle(serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(again.controls(), catalogue.controls());
    let mut controls = catalogue.controls().to_vec();
    controls[0].pass = "true ==".to_owned();
    assert!(Catalogue::from_bundle(controls).unwrap_err().to_string().contains("does not parse"));
}

#[test]
fn coverage_lists_all_criteria_and_principles() {
    let coverage = Catalogue::built_in().coverage();
    assert_eq!((coverage.criteria.len(), coverage.principles.len()), (61, 5));
    let cc61 = coverage.criteria.iter().find(|row| row.criterion.id() == "CC6.1").unwrap();
    assert!(cc61.primary.contains(&"aws.iam.root-mfa".to_owned()));
    let primaries: usize = coverage.criteria.iter().map(|row| row.primary.len()).sum();
    assert_eq!(primaries, 369, "each control has one primary criterion");
    assert!(coverage.principles.iter().all(|row| !row.controls.is_empty() && row.principle.title() == row.title));
    assert_eq!(coverage.principles[0].principle, Principle::LeastPrivilege);
    // Automated, partial, supporting, manual.
    assert_eq!(coverage.modes.values().copied().collect::<Vec<_>>(), [6, 15, 14, 26]);
    for row in &coverage.criteria {
        let is_bare = row.primary.is_empty() && row.supporting.is_empty();
        assert_eq!(coverage.without_control.contains(&row.criterion), is_bare, "{}", row.criterion.id());
    }
    for row in &coverage.principles {
        assert_eq!((row.modes.len(), row.modes.values().sum::<u64>()), (4, row.controls.len() as u64), "{}", row.title);
    }
}

#[test]
fn a_catalogue_without_controls_drops_no_criterion() {
    let coverage = Catalogue::empty().coverage();
    assert_eq!((coverage.criteria.len(), coverage.without_control.len(), coverage.principles.len()), (61, 61, 5));
}
