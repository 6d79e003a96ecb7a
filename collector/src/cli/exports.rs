//! The forms of `report` that list every verdict. They read the bundles once more, one run at a time.

use super::exit::CommandError;
use super::output;
use crate::history::{History, Period, Run, StreamHistory, again};
use crate::report::ocsf::Standing;
use crate::report::parquet::{self, FINDINGS, POPULATIONS};
use crate::report::problem;
use crate::store::Store;
use crate::verify::Problem;
use evidenced_schemas::report::Report;
use std::path::Path;

/// What a form is made of.
pub(super) struct Source<'a> {
    /// Where the bundles are.
    pub(super) store: &'a dyn Store,
    /// What was read of them.
    pub(super) history: &'a History,
    /// The period.
    pub(super) period: Period,
}

impl Source<'_> {
    /// The runs that give evidence.
    fn runs(&self) -> impl Iterator<Item = (&StreamHistory, &Run)> {
        let period = self.period;
        self.history.streams.iter().flat_map(move |stream| stream.evidence(period).map(move |run| (stream, run)))
    }
}

/// Writes the tables into a folder, a file a run. A run that cannot be read any more is left out and added to the report's
/// problems.
pub(super) async fn parquet(source: &Source<'_>, report: &mut Report, folder: &Path) -> Result<(), CommandError> {
    let of_runs = source
        .runs()
        .flat_map(|(stream, run)| [FINDINGS, POPULATIONS].map(|table| parquet::path_of_run(table, stream, run)));
    // Nothing is written where a part of it stands already.
    for file in of_runs.chain(parquet::paths(report)).map(|path| folder.join(path)) {
        if file.exists() {
            return Err(output::exists(&file, "report"));
        }
    }
    let mut found = Vec::new();
    for (stream, run) in source.runs() {
        let Some(again) = again(source.store, &stream.stream, run, &mut found).await else { continue };
        let tables = [
            (FINDINGS, parquet::findings(stream, run, &again)),
            (POPULATIONS, parquet::populations(stream, run, &again)),
        ];
        for (table, bytes) in tables {
            let bytes = bytes.map_err(|error| CommandError::failed(&error))?;
            write(folder, &parquet::path_of_run(table, stream, run), &bytes)?;
        }
    }
    add(report, &found);
    for (path, bytes) in parquet::report_tables(report).map_err(|error| CommandError::failed(&error))? {
        write(folder, &path, &bytes)?;
    }
    Ok(())
}

/// The events of the verdicts that stand at the end, one a line: those of the last run of each stream that gives evidence.
pub(super) async fn ocsf(source: &Source<'_>, report: &mut Report) -> Result<Vec<u8>, CommandError> {
    let (mut lines, mut found) = (Vec::new(), Vec::new());
    for stream in &source.history.streams {
        let Some(run) = stream.evidence(source.period).next_back() else { continue };
        let Some(again) = again(source.store, &stream.stream, run, &mut found).await else { continue };
        let standing = Standing::new(report, stream, run);
        for finding in &again.findings {
            serde_json::to_writer(&mut lines, &standing.event(finding))
                .map_err(|error| CommandError::failed(&error))?;
            lines.push(b'\n');
        }
    }
    add(report, &found);
    Ok(lines)
}

fn add(report: &mut Report, found: &[Problem]) {
    report.problems.extend(found.iter().map(problem));
}

fn write(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let file = folder.join(path);
    let parent = file.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).map_err(|error| output::unwritten(parent, &error))?;
    output::write_new(&file, bytes, "report")
}
