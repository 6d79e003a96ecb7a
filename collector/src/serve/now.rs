//! Bodies that follow from a reading alone: the summary, controls, runs, timelines, coverage and the list of findings.

use super::filter::{Filter, Marks};
use super::query::Query;
use super::reader::View;
use super::refusal::Refuse;
use super::snapshot::{Evidence, Held};
use chrono::{DateTime, Utc};
use evidenced_schemas::api::{
    BundleLine, BundlesPage, ControlLineNow, ControlNow, ControlStream, ControlsList, CoverageNow, CriterionNow,
    FindingLine, FindingsPage, Newest, Overview, Posture, PrincipleNow, StatementRef, StreamPosture, StreamTimeline,
    Timeline,
};
use evidenced_schemas::report::{ControlLine, ControlSection, Interval, State, StreamSection, Why};
use evidenced_schemas::summary::Counts;
use evidenced_schemas::{Control, Instant, StreamId};
use std::collections::BTreeMap;

/// `/v1/summary`
pub(super) fn summary(view: &View, query: &Query) -> Overview {
    let (report, evidence) = (&view.snapshot.report, &view.snapshot.evidence);
    let chosen = |stream: &&StreamSection| query.lets("stream", |value| value == stream.stream);
    let mut total = Posture::default();
    for standing in evidence.standing.iter().filter(|one| query.lets("stream", |value| value == one.stream.to_string()))
    {
        total.add(&standing.summary, standing.excepted);
    }
    Overview {
        about: view.about.clone(),
        store: report.store.clone(),
        from: report.from,
        to: report.to,
        evidence_age_seconds: view.about.as_of.map(|as_of| age(as_of, report.to)),
        total,
        streams: report.streams.iter().filter(chosen).map(|stream| posture(stream, evidence, report.to)).collect(),
        problems: report.problems.clone(),
    }
}

fn age(of: Instant, at: Instant) -> u64 {
    u64::try_from((at.utc() - of.utc()).num_seconds()).unwrap_or_default()
}

fn posture(stream: &StreamSection, evidence: &Evidence, to: Instant) -> StreamPosture {
    let standing = evidence.standing_of(&stream.stream);
    let newest = standing.and_then(|standing| {
        let run = stream.runs.iter().find(|run| run.run.as_ref() == Some(&standing.run))?;
        Some(Newest {
            run: standing.run.clone(),
            sequence: run.sequence,
            as_of: run.as_of,
            age_seconds: age(run.as_of, to),
            complete: run.complete,
            gaps: run.gaps,
        })
    });
    let mut posture = Posture::default();
    if let Some(standing) = standing {
        posture.add(&standing.summary, standing.excepted);
    }
    StreamPosture {
        stream: stream.stream.clone(),
        cloud: stream.cloud,
        scope: stream.scope.clone(),
        newest,
        no_evidence: stream.no_evidence.last().filter(|last| last.to >= to).and_then(|last| last.why),
        missed: stream.missed,
        damaged: stream.runs.iter().filter(|run| !run.whole).count() as u64,
        posture,
    }
}

/// `/v1/findings`
pub(super) fn findings(view: &View, query: &Query) -> Result<FindingsPage, Refuse> {
    let evidence = &view.snapshot.evidence;
    let filter = Filter::of(query, evidence);
    let chosen: Vec<&Held> = evidence.held.iter().filter(|held| filter.lets(held)).collect();
    let (range, next) = query.page(&evidence.id, chosen.len())?;
    let findings = chosen[range].iter().map(|held| line(evidence, held)).collect();
    Ok(FindingsPage { about: view.about.clone(), total: chosen.len() as u64, findings, next })
}

fn line(evidence: &Evidence, held: &Held) -> FindingLine {
    let standing = &evidence.standing[held.stream as usize];
    let control = &evidence.controls[held.control as usize];
    let said = held.said.as_deref();
    FindingLine {
        resource: held.resource.map(|number| evidence.resources[number as usize].clone()),
        verdict: held.verdict,
        reason: said.and_then(|said| said.reason.clone()),
        message: said.and_then(|said| said.message.clone()),
        exchanges: evidence.exchanges[held.exchanges as usize].clone(),
        exception: said.and_then(|said| said.exception.clone()),
        ..blank(&standing.stream, (&standing.run, standing.as_of), held.line.into(), control)
    }
}

/// What a line says of its run and its control, before its verdict is filled in.
pub(super) fn blank(
    stream: &StreamId,
    (run, as_of): (&evidenced_schemas::RunId, Instant),
    line: u64,
    control: &Control,
) -> FindingLine {
    FindingLine {
        stream: stream.to_string(),
        job: stream.job.clone(),
        cloud: stream.cloud,
        scope: stream.scope.clone(),
        run: run.clone(),
        line,
        as_of,
        control: control.id.clone(),
        title: control.title.clone(),
        principle: control.principle,
        category: control.category,
        criterion: control.criteria.primary.clone(),
        severity: control.severity,
        resource: None,
        verdict: evidenced_schemas::Verdict::NotEvaluated,
        reason: None,
        message: None,
        exchanges: Vec::new(),
        exception: None,
        evidence: format!("/v1/findings/{run}/{line}"),
    }
}

/// `/v1/controls`
pub(super) fn controls(view: &View, query: &Query) -> ControlsList {
    let part = query.one("text").map(str::to_lowercase);
    let chosen = |section: &&ControlSection| {
        let marks = Marks {
            control: &section.control,
            primary: &section.primary,
            supporting: &section.supporting,
            principle: section.principle,
            category: section.category,
            severity: section.severity,
        };
        let text = || format!("{} {}", section.control, section.title).to_lowercase();
        marks.are_let_by(query)
            && query.lets("cloud", |value| section.control.split('.').next() == Some(value))
            && part.as_ref().is_none_or(|part| text().contains(part))
    };
    let lines = view.snapshot.report.controls.iter().filter(chosen).map(control_now);
    let in_state =
        |line: &ControlLineNow| query.lets("state", |value| line.states.keys().any(|state| state.as_str() == value));
    ControlsList { about: view.about.clone(), controls: lines.filter(in_state).collect() }
}

/// What a line is at its end; none where the control is in no catalogue then.
fn last(line: &ControlLine) -> Option<&Interval> {
    line.intervals.last().filter(|last| last.why != Some(Why::NotInCatalogue))
}

fn control_now(section: &ControlSection) -> ControlLineNow {
    let (mut states, mut counts) = (BTreeMap::new(), Counts::default());
    for line in &section.lines {
        if let Some(last) = last(line) {
            *states.entry(last.state).or_insert(0_u64) += 1;
        }
        line.end.into_iter().for_each(|end| counts.add_all(end));
    }
    ControlLineNow {
        control: section.control.clone(),
        title: section.title.clone(),
        statement: section.statement.clone(),
        principle: section.principle,
        primary: section.primary.clone(),
        supporting: section.supporting.clone(),
        category: section.category,
        layer: section.layer,
        severity: section.severity,
        // The order of states is that of what matters.
        state: states.keys().next().copied().unwrap_or(State::NoEvidence),
        states,
        counts,
    }
}

/// `/v1/controls/{control}`
pub(super) fn control(view: &View, id: &str) -> Result<ControlNow, Refuse> {
    let section = section(view, id)?;
    let mut known: Vec<(Instant, &Control)> = Vec::new();
    for stream in &view.snapshot.evidence.history.streams {
        let of = |run: &crate::history::Run| {
            let controls = stream.catalogues.get(run.catalogue.as_ref()?)?;
            Some((run.as_of, controls.iter().find(|control| control.id == id)?))
        };
        known.extend(stream.runs.iter().filter_map(of));
    }
    known.sort_by_key(|(as_of, _)| *as_of);
    let (_, definition) = known.pop().ok_or_else(|| no_control(id))?;
    let stream = |line: &ControlLine| {
        let last = last(line)?;
        Some(ControlStream { stream: line.stream.clone(), state: last.state, why: last.why, counts: line.end })
    };
    Ok(ControlNow {
        about: view.about.clone(),
        now: control_now(section),
        definition: definition.clone(),
        streams: section.lines.iter().filter_map(stream).collect(),
    })
}

fn section<'a>(view: &'a View, id: &str) -> Result<&'a ControlSection, Refuse> {
    view.snapshot.report.controls.iter().find(|section| section.control == id).ok_or_else(|| no_control(id))
}

fn no_control(id: &str) -> Refuse {
    Refuse::not_found(format!("no bundle that was read has a control `{id}`: /v1/controls lists them"))
}

/// `/v1/bundles`
pub(super) fn bundles(view: &View, query: &Query) -> Result<BundlesPage, Refuse> {
    let (report, evidence) = (&view.snapshot.report, &view.snapshot.evidence);
    let streams = evidence.history.streams.iter().filter(|history| {
        query.lets("stream", |value| value == history.stream.to_string())
            && query.lets("cloud", |value| value == history.stream.cloud.as_str())
    });
    let runs = streams.flat_map(|history| history.runs.iter().rev().map(move |run| (&history.stream, run)));
    let is_in = |as_of: Instant| report.from <= as_of && as_of < report.to;
    let whole = query.flag("whole");
    let chosen: Vec<_> = runs
        .filter(|(_, run)| is_in(run.as_of) && whole.is_none_or(|wanted| wanted == run.whole))
        .map(|(stream, run)| BundleLine {
            stream: stream.to_string(),
            sequence: run.sequence,
            run: run.run.clone(),
            as_of: run.as_of,
            whole: run.whole,
            complete: run.complete,
            gaps: run.gaps,
            counts: run.counts,
            identity: run.identity.clone(),
            statement: StatementRef { path: stream.statement_key(run.sequence), sha256: run.statement.clone() },
        })
        .collect();
    let (range, next) = query.page(&evidence.id, chosen.len())?;
    let total = chosen.len() as u64;
    Ok(BundlesPage { about: view.about.clone(), total, bundles: chosen[range].to_vec(), next })
}

/// `/v1/timeline`
pub(super) fn timeline(view: &View, query: &Query) -> Result<Timeline, Refuse> {
    let section = section(view, query.one("control").unwrap_or_default())?;
    let report = &view.snapshot.report;
    let from = query.instant("from").map_or(report.from.utc(), |from| from.max(report.from.utc()));
    let to = query.instant("to").map_or(report.to.utc(), |to| to.min(report.to.utc()));
    if from >= to {
        let what =
            format!("there is no time between them that was read: it goes from {} to {}", report.from, report.to);
        return Err(Refuse::parameter("from", what));
    }
    let lines = section.lines.iter().filter(|line| query.lets("stream", |value| value == line.stream));
    let stream = |line: &ControlLine| StreamTimeline {
        stream: line.stream.clone(),
        intervals: clipped(&line.intervals, from, to),
    };
    Ok(Timeline {
        about: view.about.clone(),
        control: section.control.clone(),
        title: section.title.clone(),
        from: Instant::new(from),
        to: Instant::new(to),
        streams: lines.map(stream).collect(),
    })
}

fn clipped(intervals: &[Interval], from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Interval> {
    let (from, to) = (Instant::new(from), Instant::new(to));
    let within = intervals.iter().filter(|interval| interval.from < to && interval.to > from);
    within.map(|interval| Interval { from: interval.from.max(from), to: interval.to.min(to), ..*interval }).collect()
}

/// `/v1/coverage`
pub(super) fn coverage(view: &View) -> CoverageNow {
    let report = &view.snapshot.report;
    let mut modes = BTreeMap::new();
    for criterion in &report.criteria {
        *modes.entry(criterion.mode).or_insert(0_u64) += 1;
    }
    let criteria = report.criteria.iter().map(|section| CriterionNow {
        criterion: section.criterion.clone(),
        subject: section.subject.clone(),
        category: section.category,
        mode: section.mode,
        besides: section.besides.clone(),
        primary: section.primary.clone(),
        supporting: section.supporting.clone(),
        counts: section.end,
    });
    let principles = report.principles.iter().map(|section| PrincipleNow {
        principle: section.principle,
        title: section.title.clone(),
        controls: section.controls.clone(),
        counts: section.end,
    });
    CoverageNow { about: view.about.clone(), modes, criteria: criteria.collect(), principles: principles.collect() }
}
