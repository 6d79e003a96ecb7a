//! The evidence of one stream: its chain of statements from the first on, and the bundles that bear on the period, byte for byte.

use super::archive::Archive;
use super::omissions::omission;
use super::{Content, PullError};
use crate::bundle::FILES;
use crate::history::{Run, StreamHistory};
use crate::ledger::{read_statement, sequence_of};
use crate::store::Store;
use evidenced_connectors::Progress;
use evidenced_schemas::manifest::{FileKind, Omission, OmissionKind, PackedBundle, PackedStream};
use evidenced_schemas::{Digest, StreamId};
use std::collections::BTreeMap;
use std::io::{Seek, Write};

/// Packs a stream.
pub(super) async fn stream<W: Write + Seek>(
    content: &Content<'_>,
    stream: &StreamHistory,
    archive: &mut Archive<W>,
    omissions: &mut Vec<Omission>,
    progress: &dyn Progress,
) -> Result<PackedStream, PullError> {
    let name = stream.stream.to_string();
    let speaks = |run: &&Run| run.as_of.utc() < content.options.period.to;
    let runs: Vec<&Run> = stream.runs.iter().filter(speaks).collect();
    // The first run after the period tells when the last one in it ends to speak: the chain goes as far.
    let newest = stream.runs.iter().map(|run| run.sequence).max().unwrap_or_default();
    progress.step(&name, "statements");
    let signed = ledger(content.store, &stream.stream, newest, &runs, archive, omissions).await?;
    let mut bundles = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        progress.step(&name, &format!("bundle {} of {}", index + 1, runs.len()));
        bundle(content, &stream.stream, run, signed.get(&run.sequence), archive, omissions).await?;
        bundles.push(PackedBundle {
            sequence: run.sequence,
            run: run.run.clone(),
            as_of: run.as_of,
            in_period: content.options.period.holds(run.as_of.utc()),
            whole: run.whole,
        });
    }
    let statements = archive
        .files()
        .iter()
        .filter(|file| file.kind == FileKind::Statement && file.path.starts_with(&stream.stream.ledger_prefix()));
    Ok(PackedStream { statements: statements.count() as u64, stream: name, bundles })
}

/// Digests that a statement names, by path.
type Signed = BTreeMap<String, Digest>;

/// Packs the statements up to a number with their time stamps. Gives what those of the runs name.
async fn ledger<W: Write + Seek>(
    store: &dyn Store,
    stream: &StreamId,
    newest: u64,
    runs: &[&Run],
    archive: &mut Archive<W>,
    omissions: &mut Vec<Omission>,
) -> Result<BTreeMap<u64, Signed>, PullError> {
    let keys = store.list(&stream.ledger_prefix()).await?;
    let mut signed = BTreeMap::new();
    let (mut unstamped, mut later, mut outside) = (Vec::new(), 0, 0);
    for key in &keys {
        let Some(sequence) = sequence_of(stream, key) else { continue };
        if sequence > newest {
            later += 1;
            continue;
        }
        let Some(bytes) = store.get(key).await? else { continue };
        archive.add(key, &bytes, FileKind::Statement, None)?;
        if runs.iter().any(|run| run.sequence == sequence) {
            let named = read_statement(&bytes).map(|(_, statement)| statement.subject).unwrap_or_default();
            signed.insert(sequence, named.into_iter().map(|file| (file.name, file.digest.sha256)).collect());
        } else {
            outside += 1;
        }
        let stamp = key.replace(".dsse.json", ".tsr");
        if keys.binary_search(&stamp).is_err() {
            unstamped.push(sequence);
        } else if let Some(bytes) = store.get(&stamp).await? {
            archive.add(&stamp, &bytes, FileKind::TimeStamp, None)?;
        }
    }
    let mut note = |kind, count: u64, what: &str| {
        if count > 0 {
            omissions.push(Omission { stream: Some(stream.to_string()), count: Some(count), ..omission(kind, what) });
        }
    };
    note(
        OmissionKind::OutsidePeriod,
        outside,
        "statements of the chain are here without their bundles, which do not bear on the period",
    );
    note(OmissionKind::OutsidePeriod, later, "statements after the period are not here");
    note(
        OmissionKind::NoTimeStamp,
        unstamped.len() as u64,
        "statements have no time stamp: nothing but the collector's clock says when they were made",
    );
    Ok(signed)
}

/// Packs the nine files of a bundle, as they are.
async fn bundle<W: Write + Seek>(
    content: &Content<'_>,
    stream: &StreamId,
    run: &Run,
    signed: Option<&Signed>,
    archive: &mut Archive<W>,
    omissions: &mut Vec<Omission>,
) -> Result<(), PullError> {
    // Only a statement that names the nine files of one folder of its stream has a run: its paths lead nowhere else.
    let Some(id) = &run.run else { return Ok(()) };
    let folder = stream.bundle_prefix(run.as_of, id);
    for name in FILES {
        let path = format!("{folder}{name}");
        // Two statements that name one bundle are a problem that the report names.
        if archive.holds(&path) {
            continue;
        }
        let why = match content.store.get(&path).await {
            Ok(Some(bytes)) => {
                let named = signed.and_then(|signed| signed.get(&path));
                archive.add(&path, &bytes, FileKind::Bundle, Some(named == Some(&Digest::of(&bytes))))?;
                continue;
            }
            Ok(None) => "is named by the statement and not there".to_owned(),
            Err(error) => format!("cannot be read: {}", error.what),
        };
        if !content.report.problems.iter().any(|problem| problem.file == path) {
            omissions.push(Omission {
                stream: Some(stream.to_string()),
                sequence: Some(run.sequence),
                file: Some(path),
                ..omission(OmissionKind::Damaged, why)
            });
        }
    }
    Ok(())
}
