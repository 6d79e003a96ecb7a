//! A run of a history once more, with every verdict: a history keeps only what changed, and some forms list them all. One run at a time
//! is in memory.

use super::{Run, bundles};
use crate::bundle::{FINDINGS, POPULATIONS};
use crate::store::Store;
use crate::verify::bundle::stored;
use crate::verify::problem::Problems;
use crate::verify::{Problem, ProblemKind as Kind, statement};
use evidenced_schemas::{Digest, Finding, Population, StreamId};

/// What a run found.
#[derive(Debug)]
pub struct Again {
    /// Its verdicts, in the bundle's order.
    pub findings: Vec<Finding>,
    /// Its balance.
    pub populations: Vec<Population>,
}

/// Reads the verdicts and the balance of a run that gives evidence. Its statement must still have the bytes that the history was read
/// from, and its files those that the statement says; otherwise there is none, and what is wrong is added.
pub async fn again(store: &dyn Store, stream: &StreamId, run: &Run, problems: &mut Vec<Problem>) -> Option<Again> {
    let mut found = Problems::of(&stream.to_string(), run.sequence);
    let read = read(store, &stream.statement_key(run.sequence), run, &mut found).await;
    problems.extend(found.into_list());
    read
}

async fn read(store: &dyn Store, file: &str, run: &Run, found: &mut Problems) -> Option<Again> {
    let bytes = stored(store, file, found).await?;
    if Digest::of(&bytes) != run.statement {
        found.add(Kind::DigestMismatch, file, "was replaced while it was read");
        return None;
    }
    // Who signed it was asked when the history was read.
    let mut subjects = statement::read(&bytes, file, &[], found).statement?.subject;
    subjects.retain(|subject| [FINDINGS, POPULATIONS].iter().any(|name| subject.name.ends_with(&format!("/{name}"))));
    let files = bundles::fetch(store, &subjects, &[FINDINGS, POPULATIONS], found).await?;
    Some(Again { findings: files.lines(FINDINGS, found)?, populations: files.document(POPULATIONS, found)? })
}
