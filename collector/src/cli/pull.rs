//! `pull`: the auditor's package of a period. It opens stores for reading only.

use super::exit::{CommandError, Exit, chain};
use super::{PullArgs, output, progress, report};
use crate::history;
use crate::pull::{Archive, Content, Selected, Unfinished, Wish, write};
use crate::report::build;
use crate::store::{self, Access};
use evidenced_schemas::criteria::{Criterion, Principle};
use evidenced_schemas::manifest::{FileKind, Manifest, OmissionKind, PackedFile};
use evidenced_schemas::{Digest, Report};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Makes a package.
///
/// # Errors
/// When the period is none, the store cannot be read, or the package cannot be written.
pub async fn pull(args: PullArgs, json: bool) -> Result<Exit, CommandError> {
    let options = report::options(&args.period)?;
    let wish = Wish {
        criteria: args.criteria.iter().map(|text| criterion(text)).collect::<Result<_, _>>()?,
        principles: args.principles.iter().map(|text| principle(text)).collect::<Result<_, _>>()?,
        streams: args.period.streams.clone(),
    };
    let (unfinished, file) = Unfinished::begin(&args.out).map_err(|error| refused(&args.out, &error))?;
    let store = store::open(&args.store, Access::Read).await.map_err(|error| super::workshop::store_error(&error))?;
    let progress = progress::listener(json);
    progress.step("period", "reading");
    let history = history::read(&*store, &options).await.map_err(|error| CommandError::failed(&error))?;
    let report = build(store.url(), &history, &options);
    let selected = Selected::of(wish, &report);
    if report.runs == 0 || selected.is_empty() {
        return Ok(nothing(&report));
    }
    let content =
        Content { store: &*store, history: &history, options: &options, report: &report, selected: &selected };
    let mut archive = Archive::new(file);
    let written = write(&content, &mut archive, &*progress).await;
    let manifest = written.map_err(|error| CommandError::failed(&error))?;
    let file = archive.finish().map_err(|error| CommandError::failed(&error))?;
    unfinished.finish(file).map_err(|error| refused(&args.out, &error))?;
    drop(progress);
    told(&manifest, &args.out, json)
}

/// There is nothing to put into a package, and none is made.
fn nothing(report: &Report) -> Exit {
    for problem in &report.problems {
        output::say(&format!("warning: {}: {}: {}", problem.file, problem.kind, problem.what));
    }
    let (from, to) = (report.from, report.to);
    if report.runs == 0 {
        output::say(&format!("evidenced: no evidence from {from} to {to}: no package was made"));
    } else {
        output::say(&format!(
            "evidenced: no control of the period from {from} to {to} is selected: no package was made; `evidenced controls coverage` shows which \
             controls bear on what"
        ));
    }
    if report.problems.is_empty() { Exit::Gaps } else { Exit::Unverified }
}

fn criterion(text: &str) -> Result<Criterion, CommandError> {
    Criterion::try_from(text.to_owned()).map_err(|error| CommandError::usage(format!("--criterion {text}: {error}")))
}

fn principle(text: &str) -> Result<Principle, CommandError> {
    Principle::ALL.into_iter().find(|principle| principle.as_str() == text).ok_or_else(|| {
        let all = Principle::ALL.map(Principle::as_str).join(", ");
        CommandError::usage(format!("--principle {text}: there is {all}"))
    })
}

fn refused(out: &Path, error: &std::io::Error) -> CommandError {
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => CommandError::usage(format!(
            "--out {}: exists already, and a package is never overwritten: name another file",
            out.display()
        )),
        _ => CommandError::usage(format!("--out {}: cannot be written: {}", out.display(), chain(error))),
    }
}

/// What was made.
fn told(manifest: &Manifest, out: &Path, json: bool) -> Result<Exit, CommandError> {
    let mut omitted: BTreeMap<OmissionKind, u64> = BTreeMap::new();
    for omission in &manifest.omissions {
        *omitted.entry(omission.kind).or_default() += 1;
    }
    let is_damaged = |omission: &&evidenced_schemas::manifest::Omission| omission.kind == OmissionKind::Damaged;
    for omission in manifest.omissions.iter().filter(is_damaged) {
        let file = omission.file.as_deref().unwrap_or_default();
        output::say(&format!("warning: {file}: {}", omission.what));
    }
    let text = serde_json::to_string_pretty(manifest).map_err(|error| CommandError::failed(&error))? + "\n";
    let sha256 = Digest::of(text.as_bytes());
    let bundles: usize = manifest.streams.iter().map(|stream| stream.bundles.len()).sum();
    if json {
        output::print_json(&json!({
            "package": out,
            "manifest_sha256": sha256,
            "files": manifest.files.len(),
            "streams": manifest.streams.len(),
            "bundles": bundles,
            "controls": manifest.selection.controls.len(),
            "omissions": manifest.omissions,
        }))?;
    } else {
        let bytes = manifest.files.iter().map(|file| file.bytes).sum();
        let is_sheet = |file: &&PackedFile| {
            let is_workbook = Path::new(&file.path).extension().is_some_and(|extension| extension == "xlsx");
            file.kind == FileKind::Worksheet && !is_workbook
        };
        let sheets = manifest.files.iter().filter(is_sheet).count();
        let mut table = output::table(&["not in it", "entries"]);
        for (kind, count) in &omitted {
            let word = serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned));
            table.add_row([word.unwrap_or_default().replace('_', " "), count.to_string()]);
        }
        output::print(&format!(
            "{}\n{} files ({}): {bundles} bundles of {} streams, {sheets} worksheets, {} controls\n\n{table}\n\nSHA-256 of its manifest.json, for whom \
             you give it to: {sha256}\n",
            out.display(),
            manifest.files.len(),
            output::size(bytes),
            manifest.streams.len(),
            manifest.selection.controls.len(),
        ))?;
    }
    let damaged = omitted.contains_key(&OmissionKind::Damaged);
    Ok(if damaged { Exit::Unverified } else { Exit::Fine })
}
