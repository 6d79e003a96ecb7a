//! From a verdict down to what the provider said, out of the bundle itself.

use super::bundle::{Opened, Unreliable};
use super::now::blank;
use super::reader::{Reader, View};
use super::refusal::Refuse;
use crate::bundle::{CATALOGUE, EXCHANGES, FINDINGS, Lines, RESOURCES, read_document};
use crate::history::Run;
use evidenced_schemas::api::{ExchangeHead, ExchangeWhole, FileRef, FindingEvidence, FindingLine};
use evidenced_schemas::{Control, Exchange, Finding, Resource, RunId, StreamId};
use serde::de::DeserializeOwned;

/// A run that somebody names, and its bundle.
struct Named<'a> {
    reader: &'a Reader,
    view: &'a View,
    stream: &'a StreamId,
    run: &'a Run,
    id: RunId,
    opened: Opened,
}

impl<'a> Named<'a> {
    async fn open(reader: &'a Reader, view: &'a View, id: &str) -> Result<Self, Refuse> {
        let none = || Refuse::not_found(format!("no run `{id}` was read: /v1/bundles lists them"));
        let id: RunId = id.parse().map_err(|_| none())?;
        let (stream, run) = view.snapshot.evidence.run(&id).ok_or_else(none)?;
        if !run.whole {
            let statement = stream.statement_key(run.sequence);
            let what = format!(
                "the bundle of {statement} is not what was signed, so nothing is told from it: see the summary's problems"
            );
            return Err(Refuse::damaged(what));
        }
        let opened = Opened::open(&*reader.store, stream, run).await?;
        Ok(Self { reader, view, stream, run, id, opened })
    }

    /// What `take` finds in the lines of a file, read beside what else is answered.
    async fn lines<T, F>(
        &self,
        name: &str,
        take: impl FnOnce(Lines<'_, T>) -> Result<F, Unreliable> + Send + 'static,
    ) -> Result<(FileRef, F), Refuse>
    where
        T: DeserializeOwned + 'static,
        F: Send + 'static,
    {
        let place = self.reader.opening.clone().acquire_owned().await;
        let place = place.map_err(|_| Refuse::not_now("the server stops".to_owned()))?;
        let (file, bytes) = self.opened.file(&*self.reader.store, name).await?;
        let path = file.path.clone();
        let read = tokio::task::spawn_blocking(move || {
            // An asker that went away leaves this running: it keeps its place until it ends.
            let _place = place;
            take(Lines::new(&path, &bytes)?)
        });
        let found = read.await.map_err(|error| Refuse::not_now(error.to_string()))??;
        Ok((file, found))
    }
}

/// `/v1/findings/{run}/{line}`
pub(super) async fn finding(reader: &Reader, view: &View, run: &str, line: u64) -> Result<FindingEvidence, Refuse> {
    let named = Named::open(reader, view, run).await?;
    let at = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let (findings, found) =
        named.lines(FINDINGS, move |mut all: Lines<'_, Finding>| Ok(all.nth(at).transpose()?)).await?;
    let none = || Refuse::not_found(format!("{} has no line {line}", findings.path));
    let finding = found.ok_or_else(none)?.value;
    let (catalogue, bytes) = named.opened.file(&*reader.store, CATALOGUE).await?;
    let controls: Vec<Control> = read_document(&catalogue.path, &bytes).map_err(Unreliable::from)?;
    let control = controls.into_iter().find(|control| control.id == finding.control);
    let control = control.ok_or_else(|| Refuse::damaged(format!("{} has no {}", catalogue.path, finding.control)))?;
    let mut files = vec![findings, catalogue];
    let resource = match finding.resource.clone() {
        None => None,
        Some(wanted) => {
            let is_it =
                move |one: &Resource| (&one.type_, &one.id, &one.region) == (&wanted.type_, &wanted.id, &wanted.region);
            let (file, found) = named.lines(RESOURCES, move |all: Lines<'_, Resource>| first(all, is_it)).await?;
            files.push(file);
            found
        }
    };
    let wanted = finding.exchanges.clone();
    let (file, heads) = named.lines(EXCHANGES, move |all| heads(all, &wanted)).await?;
    files.push(file);
    Ok(FindingEvidence {
        about: view.about.clone(),
        finding: whole_line(&named, finding, line, &control),
        control,
        resource,
        exchanges: heads
            .into_iter()
            .map(|head| ExchangeHead { whole: format!("/v1/exchanges/{}/{}", named.id, head.seq), ..head })
            .collect(),
        statement: named.opened.statement,
        files,
    })
}

fn whole_line(named: &Named<'_>, finding: Finding, line: u64, control: &Control) -> FindingLine {
    FindingLine {
        resource: finding.resource,
        verdict: finding.verdict,
        reason: finding.reason,
        message: finding.message,
        exchanges: finding.exchanges,
        exception: finding.exception,
        ..blank(named.stream, (&named.id, named.run.as_of), line, control)
    }
}

/// `/v1/exchanges/{run}/{seq}`
pub(super) async fn exchange(reader: &Reader, view: &View, run: &str, seq: u64) -> Result<ExchangeWhole, Refuse> {
    let named = Named::open(reader, view, run).await?;
    let (file, found) = named.lines(EXCHANGES, move |all| first(all, move |one: &Exchange| one.seq == seq)).await?;
    let exchange = found.ok_or_else(|| Refuse::not_found(format!("{} has no exchange {seq}", file.path)))?;
    Ok(ExchangeWhole {
        about: named.view.about.clone(),
        run: named.id,
        exchange,
        statement: named.opened.statement,
        file,
    })
}

fn first<T: DeserializeOwned>(lines: Lines<'_, T>, is_it: impl Fn(&T) -> bool) -> Result<Option<T>, Unreliable> {
    for line in lines {
        let value = line?.value;
        if is_it(&value) {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// The exchanges with these numbers, without bodies. Numbers ascend in the file.
fn heads(lines: Lines<'_, Exchange>, wanted: &[u64]) -> Result<Vec<ExchangeHead>, Unreliable> {
    let mut heads = Vec::new();
    let Some(last) = wanted.iter().max() else { return Ok(heads) };
    for line in lines {
        let one = line?.value;
        if one.seq > *last {
            break;
        }
        if wanted.contains(&one.seq) {
            heads.push(ExchangeHead {
                seq: one.seq,
                service: one.service,
                operation: one.operation,
                region: one.region,
                method: one.request.method,
                url: one.request.url,
                status: one.response.map(|response| response.status),
                started_at: one.started_at,
                whole: String::new(),
            });
        }
    }
    Ok(heads)
}
