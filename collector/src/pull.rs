//! The auditor's package: one zip with the evidence of a period, its report, worksheets by criterion, how to verify by hand, and a manifest
//! that names every file and everything that is not there.
//!
//! Evidence goes in byte for byte under the path that it has in the store, so that the unpacked folder is a store. Bundles are signed as whole
//! files, so a selection leaves out whole bundles and never a part of one. What is damaged goes in as it was found and is named: leaving it out
//! would hide it. One file at a time is held in memory. The public key is deliberately not in it: a key that lies beside what it signed proves
//! nothing.

mod archive;
mod evidence;
mod index;
mod omissions;
mod selection;
mod worksheet;

pub use archive::{Archive, Unfinished};
pub use selection::{Selected, Wish};

use crate::history::{History, HistoryOptions};
use crate::ledger::list_streams;
use crate::report::html::html;
use crate::report::xlsx;
use crate::store::{Store, StoreError};
use evidenced_connectors::Progress;
use evidenced_schemas::manifest::{FileKind, MANIFEST_VERSION, Manifest};
use evidenced_schemas::{Report, StreamId};
use std::io::{Seek, Write};

/// How to verify the package, for people: the commands in it are run by the tests.
const HOW_TO_VERIFY: &str = include_str!("pull/how-to-verify.md");

/// A package that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The store did not do what was asked.
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    /// The package cannot be written.
    #[error("the package cannot be written")]
    Zip(#[from] zip::result::ZipError),
    /// The same, below the zip.
    #[error("the package cannot be written")]
    Write(#[from] std::io::Error),
    /// A workbook cannot be made.
    #[error("a workbook cannot be made")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// A document cannot be written as JSON.
    #[error("a document cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// What a package is made of.
#[derive(Debug)]
pub struct Content<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// The period, as it was read.
    pub history: &'a History,
    /// How it was read.
    pub options: &'a HistoryOptions,
    /// Its report.
    pub report: &'a Report,
    /// What is selected of it.
    pub selected: &'a Selected,
}

/// Writes the package and gives its manifest.
///
/// # Errors
/// When the store cannot be read or the package cannot be written. Files that are missing or damaged are in the manifest.
pub async fn write<W: Write + Seek>(
    content: &Content<'_>,
    archive: &mut Archive<W>,
    progress: &dyn Progress,
) -> Result<Manifest, PullError> {
    let Content { store, history, report, selected, .. } = *content;
    let mut omissions = omissions::of_report(report, selected);
    let mut streams = Vec::new();
    for stream in history.streams.iter().filter(|stream| selected.holds(stream)) {
        let packed = evidence::stream(content, stream, archive, &mut omissions, progress).await?;
        streams.push(packed);
    }
    let read: Vec<StreamId> = history.streams.iter().map(|stream| stream.stream.clone()).collect();
    let all = list_streams(store).await?;
    omissions.extend(all.iter().filter(|stream| !read.contains(stream)).map(omissions::stream_not_read));
    omissions.extend(history.streams.iter().filter(|stream| !selected.holds(stream)).flat_map(omissions::not_selected));
    omissions.sort_by(|a, b| omissions::order(a).cmp(&omissions::order(b)));
    reports(content, archive)?;
    let manifest = Manifest {
        format: MANIFEST_VERSION,
        store: report.store.clone(),
        from: report.from,
        to: report.to,
        cut_at: report.cut_at,
        unscheduled_hours: report.unscheduled_hours,
        signatures: report.signatures,
        selection: selected.selection.clone(),
        streams,
        files: Vec::new(),
        omissions,
    };
    archive.add("index.html", index::html(&manifest, report, selected).as_bytes(), FileKind::Guide, None)?;
    archive.add("HOW-TO-VERIFY.md", HOW_TO_VERIFY.as_bytes(), FileKind::Guide, None)?;
    let manifest = Manifest { files: archive.files().to_vec(), ..manifest };
    archive.last("manifest.json", (serde_json::to_string_pretty(&manifest)? + "\n").as_bytes())?;
    Ok(manifest)
}

/// The report of the period and the worksheets.
fn reports<W: Write + Seek>(content: &Content<'_>, archive: &mut Archive<W>) -> Result<(), PullError> {
    let Content { report, selected, .. } = *content;
    let json = serde_json::to_string_pretty(report)? + "\n";
    archive.add("report/report.html", html(report).as_bytes(), FileKind::Report, None)?;
    archive.add("report/report.json", json.as_bytes(), FileKind::Report, None)?;
    archive.add("report/report.xlsx", &xlsx::xlsx(report)?, FileKind::Report, None)?;
    let sheets = worksheet::all(content);
    for sheet in &sheets {
        archive.add(&worksheet::path(sheet.name), &sheet.csv(), FileKind::Worksheet, None)?;
    }
    let book = xlsx::workbook(&sheets, report.to, "Worksheets by criterion")?;
    archive.add("worksheets/worksheets.xlsx", &book, FileKind::Worksheet, None)?;
    debug_assert_eq!(sheets.len(), selected.criteria(report).count());
    Ok(())
}
