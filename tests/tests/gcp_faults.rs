//! Google Cloud: everything that can go wrong with an answer, for every kind of call that a run over the estate makes, by both ways of
//! reading. It may obscure the verdicts that stand on that call, by name, and nothing else.
//!
//! The runs are made again from the recorded answers of runs of the binary; `gcp_cloud.rs` has some of them with the binary itself.
//! Where Cloud Asset Inventory is refused, each API is asked instead, and its answers come from the run that had no inventory.
#![expect(clippy::unwrap_used, reason = "tests")]

use evidenced_connectors::gcp::{Items, Operation};
use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Bundle, Rows, bundles};
use evidenced_tests::fakes::gcp_cloud::{GcpCloud, LEGACY, ORGANIZATION};
use evidenced_tests::replayed::{Instead, Kind, Recorded};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::runtime::{Builder, Runtime};

/// Services whose lists say their kind even where they are empty, or the time that they are of.
const NEVER_EMPTY: [&str; 5] = [
    "admin.googleapis.com",
    "bigquery.googleapis.com",
    "cloudasset.googleapis.com",
    "compute.googleapis.com",
    "storage.googleapis.com",
];

/// What single roles allow: where it decides nothing, because the role's name does or whoever has it is an administrator anyway,
/// no document has a gap.
const ROLES: &str = "iam.roles.get";

/// The runs of the estate, but those of one of two projects that are read by the same calls.
fn runs(gcp: &GcpCloud) -> Vec<Bundle> {
    let desk = Desk::default();
    gcp.configure(&desk, &format!("organization: \"{ORGANIZATION}\""));
    let done = gcp.collect(&desk).run();
    assert!(matches!(done.code, Some(0 | 3)), "{done:?}");
    bundles(&desk.store()).into_iter().filter(|bundle| bundle.run["scope"] != LEGACY).collect()
}

/// A run, and what an inventory that refuses leads to; none where it is not asked.
struct Read {
    recorded: Recorded,
    direct: Option<Rows>,
}

/// The project by both ways, and the organisation, read while nothing goes wrong.
fn recorded() -> Vec<Read> {
    let gcp = GcpCloud::default();
    let by_inventory = runs(&gcp);
    gcp.fail(&json!([{"match": "^cloudasset\\.", "fault": "disabled"}]));
    let directly = runs(&gcp);
    let is_project =
        |bundle: &Bundle| bundle.run["scope"].as_str().is_some_and(|scope| !scope.starts_with("organization-"));
    let direct = Recorded::of(directly.into_iter().find(is_project).unwrap());
    let mut all: Vec<Read> = by_inventory
        .into_iter()
        .map(|bundle| {
            let rows = is_project(&bundle).then(|| direct.rows());
            Read { recorded: Recorded::of(bundle).or(&direct), direct: rows }
        })
        .collect();
    all.push(Read { recorded: direct, direct: None });
    all
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// What must hold of a run in which calls of a kind went wrong.
struct Case<'a> {
    clean: &'a Bundle,
    rows: &'a Rows,
    /// What the APIs themselves lead to, where they may be asked instead.
    direct: Option<&'a Rows>,
    kind: &'a Kind,
    /// The clean run had an answer to such a call.
    was_answered: bool,
    /// One of several calls went wrong, and not all of them.
    is_one: bool,
}

impl Case<'_> {
    /// What is wrong with it.
    fn troubles(&self, now: &Bundle) -> Vec<String> {
        now.assert_balanced();
        now.assert_one_verdict_each();
        if let Some(direct) = self.direct {
            return self.apart(&now.rows(), direct);
        }
        let unread: BTreeSet<String> = self.clean.unread().into_iter().collect();
        let mut troubles = Vec::new();
        let is_new = |line: &String| !self.was_answered || !unread.contains(line);
        let is_named = now.unread().iter().any(|line| line.contains(&self.kind.name()) && is_new(line));
        let changes_nothing = self.is_one && self.kind.operation == ROLES && now.rows() == *self.rows;
        if !is_named && !changes_nothing {
            troubles.push("nothing that was not read is named".to_owned());
        }
        let after = now.rows();
        for (row, verdict) in self.rows {
            match after.get(row) {
                Some(same) if same == verdict => {}
                Some(other) if other == "not_evaluated" => troubles.extend(self.kind.unexplained(self.clean, now, row)),
                Some(other) => troubles.push(format!("{row:?} was {verdict} and is {other}")),
                None => troubles.extend(self.kind.unexplained(self.clean, now, row)),
            }
        }
        for (row, verdict) in after.iter().filter(|(row, _)| !self.rows.contains_key(*row)) {
            if verdict != "not_evaluated" || !row.1.is_empty() {
                troubles.push(format!("{row:?} is new and {verdict}"));
            }
        }
        troubles
    }

    /// Verdicts that neither way leads to, where one way was taken in place of the other.
    fn apart(&self, after: &Rows, direct: &Rows) -> Vec<String> {
        let all = self.rows.keys().chain(direct.keys()).chain(after.keys()).collect::<BTreeSet<_>>();
        let is_apart = |row: &&&(String, String)| {
            let now = after.get(**row);
            let known = [self.rows.get(**row), direct.get(**row)];
            !known.contains(&now) && now.is_none_or(|now| now != "not_evaluated")
        };
        let apart = all.iter().filter(is_apart);
        apart.map(|row| format!("{row:?} is {:?}, as neither way says", after.get(*row))).collect()
    }
}

/// What an answer is replaced by: how it is called, and for each kind of call what it is; none where a kind of call does not
/// meet it.
type Body<'a> = (&'a str, &'a dyn Fn(&Kind) -> Option<Instead>);

/// Every kind of call meets these, one after another: all of its calls, and where there are several the first of these also in
/// place of the last answer alone. Where `is_refusal`, the APIs are asked in place of the inventory.
fn every_kind_meets(bodies: &[Body<'_>], is_refusal: bool) {
    let runtime = runtime();
    let mut wrong = Vec::new();
    for Read { recorded, direct } in recorded() {
        let rows = recorded.rows();
        for (kind, calls) in recorded.kinds() {
            let last = calls.answered.last().copied().filter(|_| calls.number > 1);
            let everywhere = bodies.iter().map(|body| (None, body));
            for (only, (what, instead)) in everywhere.chain(last.map(|last| (Some(last), &bodies[0]))) {
                if instead(&kind).is_none() {
                    continue;
                }
                let now = recorded.again(&runtime, |of, number, _| {
                    (*of == kind && only.is_none_or(|only| only == number)).then(|| instead(of))?
                });
                let context = format!("{kind} {what}{}", only.map_or("", |_| ", the last call alone"));
                let was_answered = !calls.answered.is_empty();
                // A page after the first that is refused is no refusal of the inventory.
                // Where the run had none, nothing else is asked.
                let direct =
                    direct.as_ref().or(Some(&rows)).filter(|_| is_refusal && kind.is_inventory() && only.is_none());
                let case = Case {
                    clean: recorded.bundle(),
                    rows: &rows,
                    direct,
                    kind: &kind,
                    was_answered,
                    is_one: only.is_some(),
                };
                wrong.extend(case.troubles(&now).into_iter().map(|trouble| format!("{context}: {trouble}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} troubles:\n{}", wrong.len(), wrong.join("\n"));
}

#[expect(clippy::unnecessary_wraps, reason = "a body is for some kinds of calls; this one is for all")]
fn answer(status: u16, body: &Value) -> Option<Instead> {
    Some(Instead::Answer(status, body.to_string()))
}

fn text(text: &str) -> impl Fn(&Kind) -> Option<Instead> {
    move |_| Some(Instead::Answer(200, text.to_owned()))
}

/// The operation of a kind. Those that share its name read the same answer.
fn operation(kind: &Kind) -> &'static Operation {
    kind.google().first().copied().unwrap_or_else(|| panic!("{kind} is declared by no resource type"))
}

#[test]
fn the_same_answers_give_the_same_verdicts() {
    let runtime = runtime();
    for Read { recorded, .. } in recorded() {
        let again = recorded.again(&runtime, |_, _, _| None);
        assert_eq!(again.rows(), recorded.rows());
        assert_eq!(again.unread(), recorded.bundle().unread());
        assert!(recorded.kinds().len() > 4, "{:?}", recorded.kinds());
    }
}

#[test]
fn every_call_may_be_refused() {
    let error = |code: u16, status: &str, details: Value| {
        answer(code, &json!({"error": {"code": code, "status": status, "message": "no", "details": details}}))
    };
    let info = |reason: &str| json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}]);
    let refused = |_: &Kind| error(403, "PERMISSION_DENIED", info("IAM_PERMISSION_DENIED"));
    let disabled = |_: &Kind| error(403, "PERMISSION_DENIED", info("SERVICE_DISABLED"));
    // For some calls that there is none is an answer.
    let missing = |kind: &Kind| operation(kind).absent.is_empty().then(|| error(404, "NOT_FOUND", json!([])))?;
    every_kind_meets(&[("refused", &refused), ("disabled", &disabled), ("missing", &missing)], true);
}

#[test]
fn every_call_may_be_throttled_for_ever_or_cut() {
    let of =
        |code: u16, status: &str| answer(code, &json!({"error": {"code": code, "status": status, "message": "wait"}}));
    let throttled = |_: &Kind| of(429, "RESOURCE_EXHAUSTED");
    let unavailable = |_: &Kind| of(503, "UNAVAILABLE");
    let cut = |_: &Kind| Some(Instead::Cut);
    every_kind_meets(&[("throttled", &throttled), ("unavailable", &unavailable), ("cut", &cut)], false);
}

#[test]
fn every_call_may_be_answered_by_what_is_no_answer() {
    let bodies = ["<!doctype html><title>Sign in</title>", "", "[1, 2]", "7"];
    let answers = bodies.map(text);
    let all: Vec<Body<'_>> = bodies
        .into_iter()
        .zip(&answers)
        .map(|(text, answer)| (text, answer as &dyn Fn(&Kind) -> Option<Instead>))
        .collect();
    every_kind_meets(&all, false);
}

#[test]
fn every_call_may_be_answered_in_another_shape() {
    // In the place of a list's items, something else.
    let items = |kind: &Kind, items: &Value| {
        let beside = json!({"kind": "x#list", "readTime": "2026-01-01T00:00:00Z"});
        let mut body = beside.as_object().unwrap().clone();
        match operation(kind).items {
            _ if kind.is_inventory() => drop(body.insert("assets".to_owned(), items.clone())),
            Items::In(member) => drop(body.insert(member.to_owned(), items.clone())),
            Items::Aggregated(member) => drop(body.insert("items".to_owned(), json!({"zones/z": {member: items}}))),
            Items::None => return None,
        }
        answer(200, &Value::Object(body))
    };
    let of = |list: Value| move |kind: &Kind| items(kind, &list);
    let (nameless, numbers, object, null) = (of(json!([{}])), of(json!([1, 2])), of(json!({"a": 1})), of(Value::Null));
    let unnamed = of(json!([{"labels": {"a": "b"}, "etag": "x"}]));
    // Of what is no list, members of the wrong kind.
    let wrong = |kind: &Kind| {
        let body = json!({"name": 7, "etag": 7, "bindings": {"a": 1}, "ancestor": 7, "rules": 7, "spec": 7, "access": 7,
            "includedPermissions": 7, "displayName": 7});
        if operation(kind).items == Items::None && !kind.is_inventory() { answer(200, &body) } else { None }
    };
    every_kind_meets(
        &[
            ("items without anything", &nameless),
            ("numbers for items", &numbers),
            ("an object for items", &object),
            ("null for items", &null),
            ("items without names", &unnamed),
            ("members of the wrong kind", &wrong),
        ],
        false,
    );
}

#[test]
fn an_empty_answer_is_a_fact_of_lists_alone() {
    let is_fact = |kind: &Kind| operation(kind).items != Items::None && !NEVER_EMPTY.contains(&kind.service.as_str());
    let nothing = |kind: &Kind| if is_fact(kind) { None } else { answer(200, &json!({})) };
    every_kind_meets(&[("an empty object", &nothing)], false);
    // A list without items is left out by Google: it is read to its end, and nothing is named.
    let runtime = runtime();
    for Read { recorded, .. } in recorded() {
        for (kind, _) in recorded.kinds().into_iter().filter(|(kind, _)| is_fact(kind)) {
            let now = recorded.again(&runtime, |of, _, _| if *of == kind { answer(200, &json!({})) } else { None });
            now.assert_balanced();
            now.assert_one_verdict_each();
            let named: Vec<String> = now.unread().into_iter().filter(|line| line.contains(&kind.name())).collect();
            assert_eq!(named, Vec::<String>::new(), "{kind}");
        }
    }
}
