//! Verdicts: one for each control and resource, and everything that is counted from them.

use super::balance::references;
use super::bundle::{At, Before, Contents};
use super::problem::{ProblemKind as Kind, Problems};
use crate::bundle::{self, Judged, changes};
use crate::evaluate::concerns;
use crate::exceptions::{covering, in_force};
use evidenced_schemas::finding::ExceptionRef;
use evidenced_schemas::policy::Exception;
use evidenced_schemas::{Control, Finding, Population, Resource, Summary, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// A verdict's place: control, and type, region and id of the resource.
type Key<'a> = (&'a str, Option<(&'a str, &'a str, &'a str)>);

/// Checks findings against controls and documents, and summary and changes against findings.
pub(super) fn check(contents: &Contents, before: &Before, at: &At<'_>, problems: &mut Problems) {
    let (Some(findings), Some(controls)) = (&contents.findings, &contents.catalogue) else { return };
    let file = &at.path(bundle::FINDINGS);
    if let (Some(resources), Some(populations)) = (&contents.resources, &contents.populations) {
        rows(findings, &expected(controls, resources, populations, at), file, problems);
        each(contents, findings, resources, at, file, problems);
    }
    if let Some(summary) = &contents.summary
        && *summary != Summary::of(controls, findings)
    {
        let what = "does not follow from the findings";
        problems.add(Kind::SummaryMismatch, &at.path(bundle::SUMMARY), what);
    }
    if let (Some(recorded), Some(populations)) = (&contents.changes, &contents.populations) {
        let previous = match before {
            Before::Nothing => None,
            Before::Findings(findings) => Some(findings.as_slice()),
            Before::Unreadable => return,
        };
        if *recorded != changes(previous, Judged { findings, populations, controls }) {
            let what = "does not follow from this bundle and the one before it";
            problems.add(Kind::ChangesMismatch, &at.path(bundle::CHANGES), what);
        }
    }
}

/// Every place that must have a verdict.
fn expected<'a>(
    controls: &'a [Control],
    resources: &'a [Resource],
    populations: &[Population],
    at: &At<'_>,
) -> BTreeSet<Key<'a>> {
    let prefix = format!("{}.", at.stream.cloud);
    let mut of_type: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
    for resource in resources {
        of_type.entry(&resource.type_).or_default().push(resource);
    }
    let asked = |type_: &str| type_.starts_with(&prefix) && concerns(&at.stream.scope, type_, populations);
    let mut keys = BTreeSet::new();
    for control in controls {
        match (&control.resource, &control.scope) {
            (Some(type_), _) if asked(type_) => {
                let documents = of_type.get(type_.as_str()).map(Vec::as_slice).unwrap_or_default();
                keys.extend(documents.iter().map(|document| (control.id.as_str(), Some(document.sort_key()))));
                let mut rows = populations.iter().filter(|row| row.type_ == *type_).peekable();
                if rows.peek().is_none() || !rows.all(Population::is_whole) {
                    keys.insert((&control.id, None));
                }
            }
            (_, Some(type_)) if asked(type_) => {
                keys.insert((&control.id, None));
            }
            _ => {}
        }
    }
    keys
}

/// Names verdicts that are missing, doubled, or belong nowhere.
fn rows(findings: &[Finding], expected: &BTreeSet<Key<'_>>, file: &str, problems: &mut Problems) {
    let mut found: BTreeMap<Key<'_>, u64> = BTreeMap::new();
    for finding in findings {
        *found.entry(finding.sort_key()).or_default() += 1;
    }
    for key in expected.iter().filter(|key| !found.contains_key(*key)) {
        problems.add(Kind::FindingMissing, file, format!("{} has no verdict", place(*key)));
    }
    for (key, count) in found {
        if !expected.contains(&key) {
            let what = format!("{}: no such control, no such resource, or no verdict belongs there", place(key));
            problems.add(Kind::FindingUnexpected, file, what);
        }
        if count > 1 {
            problems.add(Kind::FindingDuplicated, file, format!("{} has {count} verdicts", place(key)));
        }
    }
}

fn place(key: Key<'_>) -> String {
    match key {
        (control, Some((type_, region, id))) => format!("{control} on {type_} {id} in {region}"),
        (control, None) => format!("{control} on the scope or the unlisted resources"),
    }
}

/// Checks what each verdict says besides its place.
fn each(
    contents: &Contents,
    findings: &[Finding],
    resources: &[Resource],
    at: &At<'_>,
    file: &str,
    problems: &mut Problems,
) {
    let as_of = at.statement.predicate.as_of;
    let exceptions = contents.policy.as_ref().map(|policy| in_force(policy, as_of));
    let documents: BTreeMap<_, _> = resources.iter().map(|document| (document.sort_key(), document)).collect();
    for finding in findings {
        let key = finding.sort_key();
        if let Some(last) = contents.exchanges {
            references(&finding.exchanges, last, &place(key), file, problems);
        }
        for what in odd(finding, key.1.and_then(|key| documents.get(&key).copied()), at) {
            problems.add(Kind::FindingMismatch, file, format!("{}: {what}", place(key)));
        }
        if let Some(what) = exceptions.as_deref().and_then(|exceptions| unlike(exceptions, finding)) {
            problems.add(Kind::UnknownException, file, format!("{}: {what}", place(key)));
        }
    }
}

/// How a verdict's exception differs from the one that `policy.json` has for it.
fn unlike(exceptions: &[&Exception], finding: &Finding) -> Option<String> {
    let due = covering(exceptions, finding);
    if finding.exception == due {
        return None;
    }
    let name = |exception: &Option<ExceptionRef>| {
        exception.as_ref().map_or_else(
            || "no exception".to_owned(),
            |one| format!("exception `{}` by {} until {}", one.id, one.approver, one.expires),
        )
    };
    Some(format!("carries {}, and by policy.json has {}", name(&finding.exception), name(&due)))
}

/// What is wrong with one verdict.
fn odd(finding: &Finding, document: Option<&Resource>, at: &At<'_>) -> Vec<&'static str> {
    let mut odd = Vec::new();
    if finding.scope != at.stream.scope {
        odd.push("is of another scope");
    }
    let excused = matches!(finding.verdict, Verdict::NotEvaluated | Verdict::NotApplicable);
    if excused != finding.reason.is_some() {
        odd.push("a reason belongs to not_evaluated and not_applicable, and only to them");
    }
    if (finding.verdict == Verdict::Fail) != finding.message.is_some() {
        odd.push("a message belongs to fail, and only to it");
    }
    if let (Some(reference), Some(document)) = (&finding.resource, document) {
        if reference.sha256 != document.sha256 {
            odd.push("judges another version of the document than the bundle holds");
        }
        if finding.exchanges != document.exchanges {
            odd.push("names other exchanges than its document");
        }
    }
    odd
}
