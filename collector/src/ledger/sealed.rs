//! A sealed run: everything of a bundle and its statement that does not depend on the bundle before.
//!
//! It is committed by the same code from memory and from the spool. It deliberately holds no resource documents: they are
//! in its files, and nothing after sealing asks for them.

use super::{LedgerError, RunOutcome, Turn, gaps, is_complete};
use crate::bundle::{self, BundleFile, Judged};
use evidenced_schemas::statement::Cost;
use evidenced_schemas::{Control, Finding, Instant, Population, Resource, RunRecord, StreamId, Summary};

/// The files that depend on nothing but the run.
pub const FIXED: [&str; 7] = [
    bundle::CATALOGUE,
    bundle::EXCHANGES,
    bundle::FINDINGS,
    bundle::POLICY,
    bundle::POPULATIONS,
    bundle::RESOURCES,
    bundle::SUMMARY,
];

/// A finished run in the order of the format.
#[derive(Debug)]
pub struct Sealed {
    /// What was asked. The commit gives it another run id when its bundle must be written anew.
    pub run: RunRecord,
    /// Verdicts.
    pub findings: Vec<Finding>,
    /// The balance.
    pub populations: Vec<Population>,
    /// The controls as evaluated.
    pub catalogue: Vec<Control>,
    /// Counts of the verdicts.
    pub summary: Summary,
    /// Regions that were to be read, sorted.
    pub region_set: Vec<String>,
    /// The cloud identity that read.
    pub identity: Option<String>,
    /// When collecting began.
    pub started_at: Instant,
    /// When it ended.
    pub finished_at: Instant,
    /// What it cost.
    pub cost: Cost,
    /// True exactly when the balance closes with no gap.
    pub complete: bool,
    /// Number of gaps.
    pub gaps: u64,
    /// The files named in [`FIXED`], in that order.
    pub files: Vec<BundleFile>,
    /// The time for which one run is enough; none for a run that counts in any case. It is not kept in the spool: what waited
    /// there is evidence that was kept, and is committed whatever came after it.
    pub turn: Option<Turn>,
}

impl Sealed {
    /// Its stream.
    pub fn stream(&self) -> StreamId {
        StreamId { job: self.run.job.clone(), cloud: self.run.cloud, scope: self.run.scope.clone() }
    }

    /// What changes are told of.
    pub fn judged(&self) -> Judged<'_> {
        Judged { findings: &self.findings, populations: &self.populations, controls: &self.catalogue }
    }
}

/// Brings a finished run into the order of the format, and gives its documents back.
///
/// # Errors
/// When its exchanges were not all kept, or a document cannot be written as JSON.
pub fn seal(mut outcome: RunOutcome) -> Result<(Sealed, Vec<Resource>), LedgerError> {
    let stream = StreamId { job: outcome.run.job.clone(), cloud: outcome.run.cloud, scope: outcome.run.scope.clone() };
    let json = |error| LedgerError::json(&stream, error);
    outcome.resources.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    outcome.populations.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    outcome.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    outcome.region_set.sort();
    outcome.region_set.dedup();
    let exchanges = outcome.exchanges.finish().map_err(|error| LedgerError::file(&stream, error))?;
    let catalogue = BundleFile::document(bundle::CATALOGUE, &outcome.catalogue).map_err(json)?;
    outcome.run.catalogue_sha256 = catalogue.sha256().clone();
    let files = vec![
        catalogue,
        BundleFile::scratch(exchanges),
        BundleFile::lines(bundle::FINDINGS, &outcome.findings).map_err(json)?,
        BundleFile::document(bundle::POLICY, &outcome.policy).map_err(json)?,
        BundleFile::document(bundle::POPULATIONS, &outcome.populations).map_err(json)?,
        BundleFile::lines(bundle::RESOURCES, &outcome.resources).map_err(json)?,
        BundleFile::document(bundle::SUMMARY, &outcome.summary).map_err(json)?,
    ];
    let sealed = Sealed {
        complete: is_complete(&outcome.resources, &outcome.populations),
        gaps: gaps(&outcome.resources, &outcome.populations),
        run: outcome.run,
        findings: outcome.findings,
        populations: outcome.populations,
        catalogue: outcome.catalogue,
        summary: outcome.summary,
        region_set: outcome.region_set,
        identity: outcome.identity,
        started_at: outcome.started_at,
        finished_at: outcome.finished_at,
        cost: outcome.cost,
        files,
        turn: None,
    };
    Ok((sealed, outcome.resources))
}
