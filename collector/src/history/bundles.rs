//! The bundles of a period: each file against its digest, and what is needed of them.

use super::ledger::Read;
use super::{HistoryOptions, Items, Run, StreamHistory};
use crate::bundle::{CATALOGUE, CHANGES, FINDINGS, Judged, POPULATIONS, read_document, read_lines};
use crate::store::Store;
use crate::verify::ProblemKind as Kind;
use crate::verify::bundle::{is_as_signed, stored};
use crate::verify::problem::Problems;
use bytes::Bytes;
use evidenced_schemas::statement::Subject;
use evidenced_schemas::{Change, Control, Digest, Finding, Population, StreamId, Verdict};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reads the bundles of the runs that bear on the period.
pub(super) async fn read(
    store: &dyn Store,
    options: &HistoryOptions,
    stream: StreamId,
    ledger: Read,
    problems: &mut Vec<Problems>,
) -> StreamHistory {
    let mut reading = Reading {
        store,
        history: StreamHistory {
            stream,
            runs: Vec::new(),
            catalogues: BTreeMap::new(),
            controls: ledger.controls,
            items: Items::default(),
            start: None,
            end: None,
            standing: Vec::new(),
        },
        follows: false,
    };
    let mut last = None;
    for (index, (run, subjects)) in ledger.runs.into_iter().enumerate() {
        // The first run after the period only tells when the last one of it ends to speak.
        let speaks = run.as_of.utc() < options.period.to;
        let mut found = Problems::of(&reading.history.stream.to_string(), run.sequence);
        let run = if speaks {
            let is_in = options.period.holds(run.as_of.utc());
            let run = reading.bundle(index, run, &subjects, is_in, &mut found).await;
            if is_in && run.whole {
                last = subjects
                    .into_iter()
                    .find(|subject| subject.name.ends_with(&format!("/{FINDINGS}")))
                    .map(|file| (index, file));
            }
            run
        } else {
            run
        };
        problems.push(found);
        reading.history.runs.push(run);
    }
    if let Some((index, file)) = last {
        problems.push(reading.stand(index, file).await);
    }
    reading.history
}

/// What a period is told from.
const NEEDED: [&str; 4] = [CATALOGUE, CHANGES, FINDINGS, POPULATIONS];

/// The files of a bundle that are needed.
#[derive(Debug, Default)]
pub(crate) struct Files {
    files: BTreeMap<String, (String, Bytes)>,
}

impl Files {
    /// A file by its name, with its path.
    pub(crate) fn get(&self, name: &str) -> Option<(&str, &Bytes)> {
        self.files.get(name).map(|(path, bytes)| (path.as_str(), bytes))
    }

    /// A JSON document; none, with a problem, where it does not read.
    pub(crate) fn document<T: DeserializeOwned>(&self, name: &str, found: &mut Problems) -> Option<T> {
        let (path, bytes) = self.get(name)?;
        let read = read_document(path, bytes);
        read.map_err(|error| found.add(Kind::SchemaMismatch, path, error.to_string())).ok()
    }

    fn lines<T: DeserializeOwned>(&self, name: &str, found: &mut Problems) -> Option<Vec<T>> {
        let (path, bytes) = self.get(name)?;
        let read = read_lines(path, bytes);
        read.map_err(|error| found.add(Kind::DocumentMalformed, path, error.to_string())).ok()
    }
}

struct Reading<'a> {
    store: &'a dyn Store,
    history: StreamHistory,
    /// The verdicts of the run before are known, so that changes can be added to them.
    follows: bool,
}

impl Reading<'_> {
    /// Takes in one bundle, and says whether its run is whole.
    async fn bundle(
        &mut self,
        index: usize,
        mut run: Run,
        subjects: &[Subject],
        is_in: bool,
        found: &mut Problems,
    ) -> Run {
        let files = fetch(self.store, subjects, &NEEDED, found).await;
        let taken = match files {
            Some(files) if run.whole => self.take(index, &run, &files, is_in, found),
            _ => None,
        };
        run.whole = taken.is_some();
        self.follows = run.whole;
        run
    }

    fn take(&mut self, index: usize, run: &Run, files: &Files, is_in: bool, found: &mut Problems) -> Option<()> {
        let history = &mut self.history;
        let digest: &Digest = run.catalogue.as_ref()?;
        if !history.catalogues.contains_key(digest) {
            let controls: Vec<Control> = files.document(CATALOGUE, found)?;
            history.catalogues.insert(digest.clone(), Arc::new(controls));
        }
        let populations: Vec<Population> = files.document(POPULATIONS, found)?;
        if self.follows {
            let changes: Vec<Change> = files.lines(CHANGES, found)?;
            history.items.change(index, changes, &mut history.controls);
        }
        // Where the bundle before could not be read when this one was made, its changes are none.
        if !self.follows || !history.items.agree_with(&run.summary) {
            let findings: Vec<Finding> = files.lines(FINDINGS, found)?;
            let controls = &history.catalogues[digest];
            let judged = Judged { findings: &findings, populations: &populations, controls };
            history.items.replace(index, judged, &mut history.controls);
            if !history.items.agree_with(&run.summary) {
                let (path, _) = files.get(FINDINGS)?;
                found.add(Kind::PredicateMismatch, path, "does not count to what the statement says");
                return None;
            }
        }
        if is_in {
            history.start.get_or_insert_with(|| populations.clone());
            history.end = Some(populations);
        }
        Some(())
    }

    /// The verdicts that stand at the end, with their messages. What changes told must be what they say.
    async fn stand(&mut self, index: usize, file: Subject) -> Problems {
        let history = &mut self.history;
        let run = &history.runs[index];
        let mut found = Problems::of(&history.stream.to_string(), run.sequence);
        let Some(files) = fetch(self.store, std::slice::from_ref(&file), &NEEDED, &mut found).await else {
            return found;
        };
        let Some(mut findings) = files.lines::<Finding>(FINDINGS, &mut found) else { return found };
        let controls = run.catalogue.as_ref().map(|digest| &**history.catalogues[digest]).unwrap_or_default();
        let populations = history.end.as_deref().unwrap_or_default();
        let judged = Judged { findings: &findings, populations, controls };
        if history.items.replace(index, judged, &mut history.controls) {
            let what = "holds other verdicts than the changes up to it tell: see `evidenced verify`";
            found.add(Kind::ChangesMismatch, &file.name, what);
        }
        findings.retain(|finding| matches!(finding.verdict, Verdict::Fail | Verdict::NotEvaluated));
        history.standing = findings;
        found
    }
}

/// Every file that a statement names, held against its digest; none when one of them does not stand that. Those that are not
/// needed are not kept.
pub(super) async fn fetch(
    store: &dyn Store,
    subjects: &[Subject],
    needed: &[&str],
    found: &mut Problems,
) -> Option<Files> {
    let (mut files, mut whole) = (Files::default(), true);
    for subject in subjects {
        let path = &subject.name;
        let Some(bytes) = stored(store, path, found).await else {
            whole = false;
            continue;
        };
        whole &= is_as_signed(subject, &bytes, found);
        let name = path.rsplit('/').next().unwrap_or_default();
        if needed.contains(&name) {
            files.files.insert(name.to_owned(), (path.clone(), bytes));
        }
    }
    whole.then_some(files)
}
