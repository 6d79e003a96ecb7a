//! Exchanges, documents and populations: what was asked, what came of it, and that nothing was lost between.

use super::bundle::{At, Contents};
use super::problem::{ProblemKind as Kind, Problems};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidenced_schemas::{Digest, Exchange, Population, Resource};
use std::collections::BTreeMap;

/// Checks one exchange: its number, its place, the digest of its body.
pub(super) fn exchange(exchange: &Exchange, line: u64, at: &At<'_>, file: &str, problems: &mut Problems) {
    if exchange.seq != line {
        problems.add(Kind::ExchangeNumbering, file, format!("line {line}: seq is {}, not {line}", exchange.seq));
    }
    if exchange.cloud != at.stream.cloud || exchange.scope != at.stream.scope {
        let what = format!("line {line}: belongs to {}/{}", exchange.cloud, exchange.scope);
        problems.add(Kind::ForeignDocument, file, what);
    }
    let Some(response) = &exchange.response else {
        if exchange.error.is_none() {
            let what = format!("line {line}: has neither a response nor an error");
            problems.add(Kind::SchemaMismatch, file, what);
        }
        return;
    };
    let body = match (&response.body, &response.body_base64) {
        (Some(text), None) => Ok(text.as_bytes().to_vec()),
        (None, Some(encoded)) => STANDARD.decode(encoded).map_err(|_| "body_base64 is not base64"),
        _ => Err("needs exactly one of body and body_base64"),
    };
    match body {
        Err(what) => problems.add(Kind::SchemaMismatch, file, format!("line {line}: {what}")),
        Ok(body) if Digest::of(&body) != response.sha256 => {
            let call = format!("{}:{}", exchange.service, exchange.operation);
            let what = format!("line {line}: the body of {call} does not have the recorded digest");
            problems.add(Kind::ExchangeDigestMismatch, file, what);
        }
        Ok(_) => {}
    }
}

/// Checks one document: its own digest, its place, the exchanges that it refers to.
pub(super) fn resource(resource: &Resource, line: u64, at: &At<'_>, file: &str, problems: &mut Problems) {
    if resource.digest() != resource.sha256 {
        let what = format!("line {line}: sha256 is not the digest of {} {}", resource.type_, resource.id);
        problems.add(Kind::ResourceDigestMismatch, file, what);
    }
    let prefix = format!("{}.", at.stream.cloud);
    if resource.cloud != at.stream.cloud || resource.scope != at.stream.scope || !resource.type_.starts_with(&prefix) {
        let what =
            format!("line {line}: {} {} belongs to {}/{}", resource.type_, resource.id, resource.cloud, resource.scope);
        problems.add(Kind::ForeignDocument, file, what);
    }
    if !resource.exchanges.is_sorted_by(|a, b| a < b) || !resource.gaps.is_sorted_by(|a, b| a < b) {
        let what = format!("line {line}: exchanges or gaps are not in order, or one stands twice");
        problems.add(Kind::NotSorted, file, what);
    }
}

/// Names references to exchanges that are not there.
pub(super) fn references(exchanges: &[u64], last: u64, whose: &str, file: &str, problems: &mut Problems) {
    if let Some(unknown) = exchanges.iter().find(|seq| **seq == 0 || **seq > last) {
        let what = format!("{whose} refers to exchange {unknown}; there are {last}");
        problems.add(Kind::UnknownExchange, file, what);
    }
}

/// Checks that populations balance, with the documents that are there.
pub(super) fn close(contents: &Contents, at: &At<'_>, problems: &mut Problems) {
    let Some(populations) = &contents.populations else { return };
    let file = &at.path(crate::bundle::POPULATIONS);
    if !populations.is_sorted_by(|a, b| a.sort_key() < b.sort_key()) {
        problems.add(Kind::NotSorted, file, "rows are not sorted by type and region, or one stands twice");
    }
    for row in populations.iter().filter(|row| !row.balances()) {
        let Population { listed, evaluated, not_evaluated, excluded, .. } = row;
        let what = format!(
            "{} in {}: listed {listed}, but evaluated {evaluated} + not_evaluated {not_evaluated} + excluded {excluded}",
            row.type_, row.region
        );
        problems.add(Kind::BalanceBroken, file, what);
    }
    let Some(resources) = &contents.resources else { return };
    let mut documents: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for resource in resources {
        let (whole, with_gaps) = documents.entry((&resource.type_, &resource.region)).or_default();
        *(if resource.gaps.is_empty() { whole } else { with_gaps }) += 1;
    }
    for row in populations {
        let (whole, with_gaps) = documents.remove(&row.sort_key()).unwrap_or_default();
        if (row.evaluated, row.not_evaluated) != (whole, with_gaps) {
            let what = format!(
                "{} in {}: says evaluated {} and not_evaluated {}, but there are {whole} whole documents and {with_gaps} with gaps",
                row.type_, row.region, row.evaluated, row.not_evaluated
            );
            problems.add(Kind::BalanceBroken, file, what);
        }
    }
    for ((type_, region), (whole, with_gaps)) in documents {
        let what = format!("{type_} in {region}: {} documents and no row", whole + with_gaps);
        problems.add(Kind::BalanceBroken, file, what);
    }
}
