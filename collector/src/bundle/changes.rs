//! Which verdicts differ from the stream's previous bundle.
//!
//! A pure function of what two bundles hold, so that a verifier gets the same lines. It deliberately never calls a
//! failure resolved because its resource is out of sight: only a population that was read to the end proves a deletion.

use evidenced_schemas::change::ChangedResource;
use evidenced_schemas::{Change, ChangeKind, Control, Finding, Population, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// What the present run judged.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// Its verdicts.
    pub findings: &'a [Finding],
    /// Its balance.
    pub populations: &'a [Population],
    /// The controls it evaluated.
    pub controls: &'a [Control],
}

/// What a verdict belongs to, in the order of findings.
pub(crate) type Key<'a> = (&'a str, Option<(&'a str, &'a str, &'a str)>);

/// The changes since the previous bundle's findings, in the order of findings. The first bundle of a stream has none:
/// there is nothing that it could differ from.
pub fn changes(previous: Option<&[Finding]>, current: Judged<'_>) -> Vec<Change> {
    let Some(previous) = previous else { return Vec::new() };
    let (before, now) = (verdicts(previous), verdicts(current.findings));
    let controls: BTreeSet<&str> = current.controls.iter().map(|control| control.id.as_str()).collect();
    let keys: BTreeSet<Key<'_>> = before.keys().chain(now.keys()).copied().collect();
    keys.into_iter()
        .filter_map(|key| {
            let (from, to) = (before.get(&key).copied(), now.get(&key).copied());
            let change = match (from, to) {
                (None, None) => return None,
                (None, Some(to)) => appeared(to),
                (Some(from), Some(to)) => altered(from, to)?,
                (Some(from), None) => gone(from, key, &controls, current.populations),
            };
            let resource = key.1.map(|(type_, region, id)| ChangedResource {
                type_: type_.to_owned(),
                region: region.to_owned(),
                id: id.to_owned(),
            });
            Some(Change { change, control: key.0.to_owned(), resource, from, to })
        })
        .collect()
}

fn verdicts(findings: &[Finding]) -> BTreeMap<Key<'_>, Verdict> {
    findings.iter().map(|finding| (finding.sort_key(), finding.verdict)).collect()
}

fn appeared(to: Verdict) -> ChangeKind {
    if to == Verdict::Fail { ChangeKind::Opened } else { ChangeKind::Appeared }
}

fn altered(from: Verdict, to: Verdict) -> Option<ChangeKind> {
    use Verdict as V;
    Some(match (from, to) {
        _ if from == to => return None,
        (_, V::Fail) => ChangeKind::Opened,
        (_, V::NotEvaluated) => ChangeKind::Obscured,
        (V::Fail, V::Pass | V::NotApplicable) => ChangeKind::Resolved,
        (V::NotEvaluated, V::Pass | V::NotApplicable) => ChangeKind::Revealed,
        (V::Pass | V::NotApplicable, V::Pass | V::NotApplicable) => ChangeKind::Altered,
    })
}

/// What it means that there is no verdict any more.
pub(crate) fn gone(from: Verdict, key: Key<'_>, controls: &BTreeSet<&str>, populations: &[Population]) -> ChangeKind {
    let (control, resource) = key;
    let failed = from == Verdict::Fail;
    match resource {
        // The control was taken out of the catalogue. What failed is not known to be better.
        _ if !controls.contains(control) && failed => ChangeKind::Obscured,
        Some((type_, region, _)) if controls.contains(control) && !is_whole(type_, region, populations) => {
            ChangeKind::Obscured
        }
        Some(_) if failed => ChangeKind::ResolvedByDeletion,
        // A scope control always has its verdict: without a resource it is the line for what could not be listed.
        _ => ChangeKind::Disappeared,
    }
}

/// True when the population was read to the end. A region without a row of its own was covered by the row `global` of a
/// type that is listed globally, and otherwise not read at all.
fn is_whole(type_: &str, region: &str, populations: &[Population]) -> bool {
    let row = |region: &str| populations.iter().find(|row| row.type_ == type_ && row.region == region);
    row(region).or_else(|| row("global")).is_some_and(Population::is_whole)
}
