//! The first promise, tried on every call of a whole recorded account: an answer that is refused, spoilt or lost never
//! turns a verdict into a pass, never into a false fail, and never takes a row away.
//!
//! The recording is the demo's. Each test spoils one call at a time and judges what the connectors make of it.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use evidenced::bundle::read_lines;
use evidenced::catalogue::Catalogue;
use evidenced::evaluate::evaluate;
use evidenced_connectors::aws::{self, credentials};
use evidenced_connectors::exchange::replay::Replay;
use evidenced_connectors::{Collected, Order};
use evidenced_schemas::{Cloud, Digest, Exchange, Finding, RunRecord, Verdict};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A finding's place: control, and resource type and id.
type Row = (String, Option<(String, String)>);

struct Recording {
    run: RunRecord,
    exchanges: Vec<Exchange>,
    catalogue: Catalogue,
}

impl Recording {
    fn of_the_demo() -> Self {
        Self {
            run: serde_json::from_slice(include_bytes!("../demo/run.json")).unwrap(),
            exchanges: read_lines("exchanges.jsonl.zst", include_bytes!("../demo/exchanges.jsonl.zst")).unwrap(),
            catalogue: Catalogue::built_in(),
        }
    }

    async fn judged(&self, exchanges: Vec<Exchange>) -> (Collected, Vec<Finding>) {
        let order = Order::new(self.run.scope.clone(), self.run.asked.clone(), self.run.as_of);
        let replay = Arc::new(Replay::from_exchanges(exchanges));
        let collected = aws::collect(order, replay, credentials::for_replay()).await;
        let Collected { resources, populations, .. } = &collected;
        let findings = evaluate(&self.catalogue, Cloud::Aws, &self.run.scope, self.run.as_of, resources, populations);
        (collected, findings)
    }
}

fn rows(findings: &[Finding]) -> BTreeMap<Row, Verdict> {
    findings
        .iter()
        .map(|finding| {
            let resource = finding.resource.as_ref().map(|resource| (resource.type_.clone(), resource.id.clone()));
            ((finding.control.clone(), resource), finding.verdict)
        })
        .collect()
}

/// Spoils each call in turn with `spoil` and holds the outcome against the clean one.
async fn each_call_spoilt(spoil: impl Fn(&mut Exchange) -> bool) {
    let recording = Recording::of_the_demo();
    let (_, clean) = recording.judged(recording.exchanges.clone()).await;
    let clean = rows(&clean);
    assert!(clean.len() > 150, "the clean account is judged");
    for index in 0..recording.exchanges.len() {
        let mut exchanges = recording.exchanges.clone();
        let call =
            format!("{}:{} {}", exchanges[index].service, exchanges[index].operation, exchanges[index].request.url);
        if !spoil(&mut exchanges[index]) {
            exchanges.remove(index);
        }
        let (collected, findings) = recording.judged(exchanges).await;
        assert!(collected.populations.iter().all(evidenced_schemas::Population::balances), "{call}: a balance is open");
        let spoilt = rows(&findings);
        for (row, verdict) in &spoilt {
            let before = clean.get(row);
            let allowed = *verdict == Verdict::NotEvaluated || before == Some(verdict);
            assert!(allowed, "{call}: {row:?} was {before:?} and is {verdict}");
        }
        for row in clean.keys().filter(|row| !spoilt.contains_key(row)) {
            let stands_for_it = spoilt.get(&(row.0.clone(), None));
            assert_eq!(stands_for_it, Some(&Verdict::NotEvaluated), "{call}: {row:?} was lost");
        }
    }
}

fn answer(exchange: &mut Exchange, status: u16, body: &str) -> bool {
    let response = exchange.response.as_mut().unwrap();
    response.status = status;
    response.body = Some(body.to_owned());
    response.body_base64 = None;
    response.sha256 = Digest::of(body.as_bytes());
    response.headers.clear();
    true
}

#[tokio::test]
async fn a_refused_call_is_a_gap() {
    each_call_spoilt(|exchange| {
        answer(
            exchange,
            403,
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
        )
    })
    .await;
}

#[tokio::test]
async fn a_page_of_html_is_a_gap() {
    each_call_spoilt(|exchange| answer(exchange, 200, "<!doctype html><html><body>welcome</body></html>")).await;
}

#[tokio::test]
async fn an_empty_answer_is_a_gap() {
    each_call_spoilt(|exchange| answer(exchange, 200, "")).await;
}

#[tokio::test]
async fn an_answer_cut_in_half_is_a_gap() {
    each_call_spoilt(|exchange| {
        let body = exchange.response.as_ref().unwrap().body.clone().unwrap();
        let half = body.char_indices().nth(body.chars().count() / 2).map_or(0, |(at, _)| at);
        answer(exchange, 200, &body[..half])
    })
    .await;
}

#[tokio::test]
async fn a_call_without_an_answer_is_a_gap() {
    each_call_spoilt(|_| false).await;
}

#[tokio::test]
async fn an_empty_object_is_a_gap() {
    // SQS alone says so that there are no queues and no tags: there an empty list is the gap.
    let nothing = |operation: &str| if matches!(operation, "ListQueues" | "ListQueueTags") { "[]" } else { "{}" };
    each_call_spoilt(|exchange| {
        let body = nothing(&exchange.operation);
        answer(exchange, 200, body)
    })
    .await;
}
