//! Re-performance: documents again from the recorded answers, verdicts again from the documents, byte for byte.
//!
//! It uses the same connectors and the same judging as collecting does, with a door to the network that can only replay.
//! It needs the store alone; it neither checks signatures nor the chain of statements, which is
//! [`crate::verify`]. A bundle of another version of the program may differ honestly: the report names the version.

mod compare;
mod report;

#[cfg(test)]
mod tests;

pub use compare::Difference;
pub use report::{Outcome, ReperformReport, RunReport};

use crate::bundle::{
    CATALOGUE, EXCHANGES, FINDINGS, POLICY, POPULATIONS, RESOURCES, RUN, ReadError, read_document, read_lines, read_raw,
};
use crate::catalogue::{Catalogue, CatalogueError};
use crate::collect::Credentials;
use crate::evaluate::evaluate;
use crate::exceptions;
use crate::ledger;
use crate::store::{Store, StoreError};
use bytes::Bytes;
use evidenced_connectors::exchange::replay::Replay;
use evidenced_connectors::{Collected, Order};
use evidenced_schemas::policy::Policy;
use evidenced_schemas::{
    Digest, Exchange, Population, Resource, RunId, RunRecord, Statement, StreamId, to_canonical_line, to_canonical_vec,
};
use serde::Serialize;
use std::sync::Arc;

/// A re-performance that could not be carried out at all.
#[derive(Debug, thiserror::Error)]
pub enum ReperformError {
    /// The store would not list what it holds.
    #[error("the store could not be listed")]
    Store(#[from] StoreError),
    /// There is no such run.
    #[error("no statement names the run {0}: `evidenced verify` lists what is there")]
    NoSuchRun(RunId),
    /// There is nothing to re-perform.
    #[error("no statement found: this is no evidence store, or it is empty")]
    NoStatement,
}

/// A bundle that cannot be re-performed.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0} is not there")]
    Missing(String),
    #[error("{0} is not what the statement names: `evidenced verify` says more")]
    Changed(String),
    #[error("the statement does not name {0}")]
    Unnamed(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Read(#[from] ReadError),
    #[error("{0}")]
    Catalogue(#[from] CatalogueError),
    #[error("a document cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Re-performs every run of the store, or one, and compares what comes out with what was recorded.
///
/// # Errors
/// When nothing could be re-performed. What differs, or cannot be read, is in the report.
pub async fn reperform(store: &dyn Store, run: Option<RunId>) -> Result<ReperformReport, ReperformError> {
    let mut report = ReperformReport { store: store.url().to_owned(), runs: Vec::new() };
    let mut statements = 0_u64;
    for stream in ledger::list_streams(store).await? {
        for key in store.list(&stream.ledger_prefix()).await? {
            let Some(sequence) = ledger::sequence_of(&stream, &key) else { continue };
            statements += 1;
            let mut of_run = RunReport::new(&stream, sequence);
            match statement(store, &key).await {
                Ok(statement) => {
                    of_run.names(&statement);
                    if run.as_ref().is_some_and(|run| of_run.run.as_deref() != Some(run.as_str())) {
                        continue;
                    }
                    if let Err(trouble) = again(store, &stream, &statement, &mut of_run).await {
                        of_run.fails(trouble.to_string());
                    }
                }
                Err(_) if run.is_some() => continue,
                Err(trouble) => of_run.fails(trouble),
            }
            report.runs.push(of_run);
        }
    }
    match run {
        Some(run) if report.runs.is_empty() => Err(ReperformError::NoSuchRun(run)),
        None if statements == 0 => Err(ReperformError::NoStatement),
        _ => Ok(report),
    }
}

async fn statement(store: &dyn Store, key: &str) -> Result<Statement, String> {
    let bytes = store.get(key).await.map_err(|error| error.to_string())?.ok_or_else(|| format!("{key} is gone"))?;
    ledger::read_statement(&bytes).map(|(_, statement)| statement).map_err(|error| format!("{key}: {error}"))
}

/// Re-performs one bundle.
async fn again(
    store: &dyn Store,
    stream: &StreamId,
    statement: &Statement,
    report: &mut RunReport,
) -> Result<(), Trouble> {
    let identity = statement.predicate.identity.clone();
    let credentials = Credentials::for_replay(stream.cloud, identity);
    let files = Files { store, statement };
    let run: RunRecord = read_document(RUN, &files.get(RUN).await?)?;
    let exchanges: Vec<Exchange> = read_lines(EXCHANGES, &files.get(EXCHANGES).await?)?;
    let resources = files.get(RESOURCES).await?;
    let populations = files.get(POPULATIONS).await?;
    report.exchanges = exchanges.len() as u64;
    let collected = collect_again(&run, &credentials, exchanges, report).await;
    report.compared(compare::lines(RESOURCES, &read_raw(RESOURCES, &resources)?, &joined(&collected.resources)?));
    report.compared(compare::lines(POPULATIONS, &populations, &to_canonical_vec(&collected.populations)?));

    // Verdicts are repeated from the recorded documents, so that each stage is shown by itself.
    let resources: Vec<Resource> = read_lines(RESOURCES, &resources)?;
    let populations: Vec<Population> = read_document(POPULATIONS, &populations)?;
    let catalogue = Catalogue::from_bundle(read_document(CATALOGUE, &files.get(CATALOGUE).await?)?)?;
    let policy: Policy = read_document(POLICY, &files.get(POLICY).await?)?;
    let mut findings = evaluate(&catalogue, run.cloud, &run.scope, run.as_of, &resources, &populations);
    exceptions::attach(&policy, run.as_of, &mut findings);
    report.resources = resources.len() as u64;
    report.findings = findings.len() as u64;
    let recorded = read_raw(FINDINGS, &files.get(FINDINGS).await?)?;
    report.compared(compare::lines(FINDINGS, &recorded, &joined(&findings)?));
    Ok(())
}

/// Asks the connector again, with the recorded answers.
async fn collect_again(
    run: &RunRecord,
    credentials: &Credentials,
    exchanges: Vec<Exchange>,
    report: &mut RunReport,
) -> Collected {
    let order =
        Order { identity: credentials.identity(), ..Order::new(run.scope.clone(), run.asked.clone(), run.as_of) };
    let replay = Arc::new(Replay::from_exchanges(exchanges));
    let collected = credentials.collect(order, Arc::clone(&replay) as Arc<_>).await;
    report.unanswered = replay.unanswered();
    report.unasked = replay.unasked();
    collected
}

fn joined<T: Serialize>(values: &[T]) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    for value in values {
        bytes.extend(to_canonical_line(value)?);
    }
    Ok(bytes)
}

/// The files that a statement names.
struct Files<'a> {
    store: &'a dyn Store,
    statement: &'a Statement,
}

impl Files<'_> {
    /// A file's bytes, when they are the ones that the statement names.
    async fn get(&self, name: &'static str) -> Result<Bytes, Trouble> {
        let subject = self
            .statement
            .subject
            .iter()
            .find(|subject| subject.name.rsplit('/').next() == Some(name))
            .ok_or(Trouble::Unnamed(name))?;
        let bytes = self.store.get(&subject.name).await?.ok_or_else(|| Trouble::Missing(subject.name.clone()))?;
        if Digest::of(&bytes) != subject.digest.sha256 {
            return Err(Trouble::Changed(subject.name.clone()));
        }
        Ok(bytes)
    }
}
