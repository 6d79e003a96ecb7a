//! The verdict of each control on each resource, run by run, kept as its changes.

use super::Names;
use crate::bundle::{Judged, gone};
use evidenced_schemas::change::ChangedResource;
use evidenced_schemas::summary::Counts;
use evidenced_schemas::{Change, ChangeKind, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// What a run saw of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// This verdict.
    Verdict(Verdict),
    /// The resource is gone from a population that was read to the end.
    Gone,
    /// There is no verdict, and no proof that the resource is gone.
    Unseen,
}

impl Seen {
    fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Verdict(verdict) => Some(verdict),
            Self::Gone | Self::Unseen => None,
        }
    }

    fn without_verdict(kind: ChangeKind) -> Self {
        if kind == ChangeKind::Obscured { Self::Unseen } else { Self::Gone }
    }
}

/// A control and what it judges; no resource for a scope control and for what could not be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemKey {
    /// Number of the control's name.
    pub control: u32,
    /// Number of the resource.
    pub resource: Option<u32>,
}

/// Verdicts by item.
#[derive(Debug, Default)]
pub struct Items {
    resources: BTreeMap<ChangedResource, u32>,
    names: Vec<ChangedResource>,
    /// What became of each item: the index of a run, and what was seen from it on.
    histories: BTreeMap<ItemKey, Vec<(usize, Seen)>>,
    /// Verdicts now, by control.
    counts: BTreeMap<u32, Counts>,
}

impl Items {
    /// The resource of a number that was given.
    pub fn resource(&self, number: u32) -> &ChangedResource {
        &self.names[number as usize]
    }

    /// Every item with what became of it: indices of runs, ascending, and what was seen from each on.
    pub fn histories(&self) -> impl Iterator<Item = (ItemKey, &[(usize, Seen)])> {
        self.histories.iter().map(|(key, history)| (*key, history.as_slice()))
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.histories.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.histories.is_empty()
    }

    fn number(&mut self, resource: ChangedResource) -> u32 {
        if let Some(number) = self.resources.get(&resource) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).expect("memory holds fewer resources");
        self.resources.insert(resource.clone(), number);
        self.names.push(resource);
        number
    }

    /// True when it is something else than before.
    fn set(&mut self, key: ItemKey, run: usize, seen: Seen) -> bool {
        let history = self.histories.entry(key).or_default();
        let last = history.last().map(|(_, seen)| *seen);
        if last == Some(seen) || (last.is_none() && seen.verdict().is_none()) {
            return false;
        }
        let counts = self.counts.entry(key.control).or_default();
        if let Some(last) = last.and_then(Seen::verdict) {
            *count_of(counts, last) = count_of(counts, last).saturating_sub(1);
        }
        if let Some(verdict) = seen.verdict() {
            counts.add(verdict);
        }
        history.push((run, seen));
        true
    }

    /// What a run's changes say, of a run that follows the one before.
    pub(super) fn change(&mut self, run: usize, changes: Vec<Change>, controls: &mut Names) {
        for change in changes {
            let control = controls.number(&change.control);
            let resource = change.resource.map(|resource| self.number(resource));
            let seen = change.to.map_or_else(|| Seen::without_verdict(change.change), Seen::Verdict);
            self.set(ItemKey { control, resource }, run, seen);
        }
    }

    /// What a run's verdicts say, whatever was known before. True when that is something else.
    pub(super) fn replace(&mut self, run: usize, judged: Judged<'_>, controls: &mut Names) -> bool {
        let (mut present, mut is_other) = (BTreeSet::new(), false);
        for finding in judged.findings {
            let control = controls.number(&finding.control);
            let resource = finding.resource.as_ref().map(|resource| {
                let (type_, region, id) = (resource.type_.clone(), resource.region.clone(), resource.id.clone());
                self.number(ChangedResource { type_, region, id })
            });
            let key = ItemKey { control, resource };
            present.insert(key);
            is_other |= self.set(key, run, Seen::Verdict(finding.verdict));
        }
        let catalogue: BTreeSet<&str> = judged.controls.iter().map(|control| control.id.as_str()).collect();
        let mut absent = Vec::new();
        for (key, history) in self.histories.iter().filter(|(key, _)| !present.contains(key)) {
            let Some(last) = history.last().and_then(|(_, seen)| seen.verdict()) else { continue };
            let resource = key.resource.map(|number| &self.names[number as usize]);
            let resource = resource.map(|name| (name.type_.as_str(), name.region.as_str(), name.id.as_str()));
            let kind = gone(last, (controls.name(key.control), resource), &catalogue, judged.populations);
            absent.push((*key, Seen::without_verdict(kind)));
        }
        for (key, seen) in absent {
            is_other |= self.set(key, run, seen);
        }
        is_other
    }

    /// True when what is known now counts to what a statement says.
    pub(super) fn agree_with(&self, summary: &[(u32, Counts)]) -> bool {
        let counted = |control: &u32| self.counts.get(control).copied().unwrap_or_default();
        let others: u64 = self.counts.values().map(Counts::total).sum();
        let told: u64 = summary.iter().map(|(_, counts)| counts.total()).sum();
        others == told && summary.iter().all(|(control, counts)| counted(control) == *counts)
    }
}

fn count_of(counts: &mut Counts, verdict: Verdict) -> &mut u64 {
    match verdict {
        Verdict::Pass => &mut counts.pass,
        Verdict::Fail => &mut counts.fail,
        Verdict::NotEvaluated => &mut counts.not_evaluated,
        Verdict::NotApplicable => &mut counts.not_applicable,
    }
}
