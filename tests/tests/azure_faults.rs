//! Azure: everything that can go wrong with an answer, for every kind of call that a run over the estate makes. It may obscure
//! the verdicts that stand on that call, by name, and nothing else.
//!
//! The runs are made again from the recorded answers of one run of the binary; `azure_cloud.rs` has some of them with the binary
//! itself.
#![expect(clippy::unwrap_used, reason = "tests")]

use evidenced_tests::estate::Desk;
use evidenced_tests::evidence::{Bundle, Rows, bundles};
use evidenced_tests::fakes::azure_cloud::{AzureCloud, EMPTY};
use evidenced_tests::replayed::{Instead, Kind, Recorded};
use std::collections::BTreeSet;
use tokio::runtime::{Builder, Runtime};

/// The subscription and the tenant, read while nothing goes wrong.
fn recorded() -> Vec<Recorded> {
    let azure = AzureCloud::default();
    let desk = Desk::default();
    azure.configure(&desk, "subscriptions: all");
    let _ = azure.collect(&desk, "collector").run().expect_code(3, "the estate has a call that fails");
    bundles(&desk.store()).into_iter().filter(|bundle| bundle.run["scope"] != EMPTY).map(Recorded::of).collect()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// What must hold of a run in which calls of a kind went wrong.
struct Case<'a> {
    clean: &'a Bundle,
    rows: &'a Rows,
    kind: &'a Kind,
    /// The clean run had an answer to such a call.
    was_answered: bool,
}

impl Case<'_> {
    /// What is wrong with it.
    fn troubles(&self, now: &Bundle) -> Vec<String> {
        now.assert_balanced();
        now.assert_one_verdict_each();
        let unread: BTreeSet<String> = self.clean.unread().into_iter().collect();
        let mut troubles = Vec::new();
        let is_new = |line: &String| !self.was_answered || !unread.contains(line);
        if !now.unread().iter().any(|line| line.contains(&self.kind.name()) && is_new(line)) {
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
}

/// What an answer is replaced by: how it is called, and for each kind of call what it is.
type Body<'a> = (&'a str, &'a dyn Fn(&Kind) -> Instead);

/// Every kind of call meets these, one after another: all of its calls, and where there are several the first of these also in
/// place of the last answer alone.
fn every_kind_meets(bodies: &[Body<'_>]) {
    let runtime = runtime();
    let mut wrong = Vec::new();
    for recorded in recorded() {
        let rows = recorded.rows();
        for (kind, calls) in recorded.kinds() {
            let last = calls.answered.last().copied().filter(|_| calls.number > 1);
            let everywhere = bodies.iter().map(|body| (None, body));
            for (only, (what, instead)) in everywhere.chain(last.map(|last| (Some(last), &bodies[0]))) {
                let now = recorded.again(&runtime, |of, number, _| {
                    (*of == kind && only.is_none_or(|only| only == number)).then(|| instead(of))
                });
                let context = format!("{kind} {what}{}", only.map_or("", |_| ", the last call alone"));
                let was_answered = !calls.answered.is_empty();
                let case = Case { clean: recorded.bundle(), rows: &rows, kind: &kind, was_answered };
                wrong.extend(case.troubles(&now).into_iter().map(|trouble| format!("{context}: {trouble}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} troubles:\n{}", wrong.len(), wrong.join("\n"));
}

fn body(text: &str) -> impl Fn(&Kind) -> Instead {
    move |_| Instead::Answer(200, text.to_owned())
}

#[test]
fn the_same_answers_give_the_same_verdicts() {
    let runtime = runtime();
    for recorded in recorded() {
        let again = recorded.again(&runtime, |_, _, _| None);
        assert_eq!(again.rows(), recorded.rows());
        assert_eq!(again.unread(), recorded.bundle().unread());
        assert!(recorded.kinds().len() > 10, "{:?}", recorded.kinds());
    }
}

#[test]
fn every_call_may_be_refused() {
    let refused = |kind: &Kind| {
        let code = if kind.is_graph() { "Authorization_RequestDenied" } else { "AuthorizationFailed" };
        Instead::Answer(403, format!(r#"{{"error": {{"code": "{code}", "message": "no"}}}}"#))
    };
    every_kind_meets(&[("refused", &refused)]);
}

#[test]
fn every_call_may_be_throttled_for_ever_or_cut() {
    let throttled =
        |_: &Kind| Instead::Answer(429, r#"{"error": {"code": "TooManyRequests", "message": "wait"}}"#.to_owned());
    every_kind_meets(&[("throttled", &throttled), ("cut", &|_| Instead::Cut)]);
}

#[test]
fn every_call_may_be_answered_by_what_is_no_answer() {
    let page = body("<!doctype html><title>Sign in</title>");
    every_kind_meets(&[
        ("HTML", &page),
        ("nothing", &body("")),
        ("an empty object", &body("{}")),
        ("numbers", &body("[1, 2]")),
    ]);
}

#[test]
fn every_call_may_be_answered_in_another_shape() {
    let bodies = [
        r#"{"value": [{}], "data": [{}]}"#,
        r#"{"value": [1, 2]}"#,
        r#"{"value": {"a": 1}, "data": 7, "properties": 7}"#,
        r#"{"value": null, "properties": null}"#,
        r#"{"properties": {}}"#,
        r#"{"value": [{"properties": {}}], "data": [{"properties": {}}]}"#,
    ];
    let answers = bodies.map(body);
    let all: Vec<Body<'_>> =
        bodies.into_iter().zip(&answers).map(|(text, answer)| (text, answer as &dyn Fn(&Kind) -> Instead)).collect();
    every_kind_meets(&all);
}
