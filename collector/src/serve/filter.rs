//! Which verdicts a query lets through.

use super::query::Query;
use super::snapshot::{Evidence, Held, Standing};
use super::table::word;
use evidenced_schemas::Control;
use evidenced_schemas::criteria::{Category, Criterion, Principle};
use evidenced_schemas::{Severity, Verdict};

/// A query over the evidence: what holds of streams and controls is asked once, and not of each verdict.
#[derive(Debug)]
pub(super) struct Filter<'a> {
    evidence: &'a Evidence,
    streams: Vec<bool>,
    controls: Vec<bool>,
    verdicts: Vec<Verdict>,
    query: &'a Query,
    resource: Option<String>,
    is_about_resources: bool,
    excepted: Option<bool>,
}

impl<'a> Filter<'a> {
    pub(super) fn of(query: &'a Query, evidence: &'a Evidence) -> Self {
        let verdicts =
            Verdict::ALL.into_iter().filter(|verdict| query.lets("verdict", |value| value == verdict.as_str()));
        let is_given = |name: &&str| !query.all(name).is_empty();
        Self {
            streams: evidence.standing.iter().map(|standing| lets_stream(query, standing)).collect(),
            controls: evidence.controls.iter().map(|control| Marks::of(control).are_let_by(query)).collect(),
            verdicts: verdicts.collect(),
            resource: query.one("resource").map(str::to_lowercase),
            is_about_resources: ["resource", "resource_type", "region"].iter().any(is_given),
            excepted: query.flag("excepted"),
            evidence,
            query,
        }
    }

    pub(super) fn lets(&self, held: &Held) -> bool {
        let is_excepted = || held.said.as_ref().is_some_and(|said| said.exception.is_some());
        self.streams[held.stream as usize]
            && self.controls[held.control as usize]
            && self.verdicts.contains(&held.verdict)
            && self.excepted.is_none_or(|wanted| wanted == is_excepted())
            && (!self.is_about_resources || self.lets_resource(held))
    }

    /// What is about no resource has no type, region or identifier.
    fn lets_resource(&self, held: &Held) -> bool {
        let Some(number) = held.resource else { return false };
        let resource = &self.evidence.resources[number as usize];
        self.query.lets("resource_type", |value| value == resource.type_)
            && self.query.lets("region", |value| value == resource.region)
            && self.resource.as_ref().is_none_or(|part| resource.id.to_lowercase().contains(part))
    }
}

fn lets_stream(query: &Query, Standing { stream, .. }: &Standing) -> bool {
    query.lets("stream", |value| value == stream.to_string())
        && query.lets("cloud", |value| value == stream.cloud.as_str())
        && query.lets("scope", |value| value == stream.scope.as_str())
        && query.lets("job", |value| value == stream.job.as_str())
}

/// What controls are chosen by.
#[derive(Debug)]
pub(super) struct Marks<'a> {
    pub(super) control: &'a str,
    pub(super) primary: &'a Criterion,
    pub(super) supporting: &'a [Criterion],
    pub(super) principle: Principle,
    pub(super) category: Category,
    pub(super) severity: Severity,
}

impl<'a> Marks<'a> {
    fn of(control: &'a Control) -> Self {
        Self {
            control: &control.id,
            primary: &control.criteria.primary,
            supporting: &control.criteria.supporting,
            principle: control.principle,
            category: control.category,
            severity: control.severity,
        }
    }

    pub(super) fn are_let_by(&self, query: &Query) -> bool {
        let bears_on = |value: &str| self.primary.id() == value || self.supporting.iter().any(|one| one.id() == value);
        query.lets("control", |value| value == self.control)
            && query.lets("criterion", bears_on)
            && query.lets("principle", |value| value == self.principle.as_str())
            && query.lets("category", |value| value == word(self.category))
            && query.lets("severity", |value| value == self.severity.as_str())
    }
}
