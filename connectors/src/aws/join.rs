//! Facts that span families: which buckets are log targets, which have their objects' events recorded, how the bucket of
//! each trail is protected, what of EC2 the internet reaches, which instances are managed, what there is to scan, and how
//! the stores of data are tagged, what is backed up, and which events somebody is told of.
//!
//! Joins are pure and work on finished documents. A fact is true as soon as one document proves it, and false only when
//! everything that could prove it was read to the end; otherwise the key is left out, with a gap that carries the first
//! cause. A document's `exchanges` grow by those of the documents that settled its facts: the one that proves it, or,
//! where nothing does, every trail. The other buckets that do not log to a bucket are not listed in each other.

mod alerts;
mod backup;
mod bucket;
mod cause;
mod managed;
mod network;
mod scanned;
mod tagging;
mod trail;

use super::s3::known::Known;
use crate::collection::Collected;
use cause::lists_cut_short;
use evidenced_schemas::{Gap, Instant, Resource};
use serde_json::Value;
use std::collections::BTreeMap;

const BUCKET: &str = super::s3::BUCKET;
const TRAIL: &str = "aws.cloudtrail.trail";

/// True, false, or unknown for these reasons.
type Fact = Known<Gap>;

/// One join. It sees the documents and populations of the types that it names, and no others: what it needs
/// ([`super::needs`]) follows from the declaration, and a type that is not declared counts as not read.
#[derive(Debug)]
pub struct Join {
    /// The type whose documents it fills in.
    pub fills: &'static str,
    /// The other types that it reads for that.
    pub reads: &'static [&'static str],
    /// Fills in.
    apply: fn(&mut Collected),
}

/// Every join, in the order in which they are made: a trail's tells what those of its bucket found.
pub static JOINS: &[Join] = &[
    Join { fills: BUCKET, reads: &[TRAIL], apply: buckets },
    Join { fills: TRAIL, reads: &[BUCKET], apply: trails },
    // Before the groups: an instance tells by which rules it is reached, not who uses its groups.
    Join {
        fills: network::INSTANCE,
        reads: &[network::GROUP, network::SUBNET, network::TABLE],
        apply: |collected| network(collected, network::INSTANCE, network::Facts::fill_instance),
    },
    Join {
        fills: network::GROUP,
        reads: &[network::INTERFACE],
        apply: |collected| network(collected, network::GROUP, network::Facts::fill_group),
    },
    Join {
        fills: network::VPC,
        reads: &[network::INTERFACE, network::SUBNET, network::TABLE],
        apply: |collected| network(collected, network::VPC, network::Facts::fill_vpc),
    },
    Join {
        fills: network::INSTANCE,
        reads: &[managed::NODE],
        apply: |collected| {
            let facts = managed::Facts::new(collected);
            each(&mut collected.resources, network::INSTANCE, |document| facts.fill(document));
        },
    },
    Join {
        fills: scanned::ACCOUNT,
        reads: &scanned::USED,
        apply: |collected| {
            let facts = scanned::Facts::new(collected);
            each(&mut collected.resources, scanned::ACCOUNT, |document| facts.fill(document));
        },
    },
    Join {
        fills: backup::VOLUME,
        reads: &[backup::ACCOUNT, backup::SNAPSHOT],
        apply: |collected| {
            let facts = backup::Facts::new(collected);
            each(&mut collected.resources, backup::VOLUME, |document| facts.fill_volume(document));
        },
    },
    Join {
        fills: backup::ACCOUNT,
        reads: &backup::REQUIRED,
        apply: |collected| {
            let facts = backup::Facts::new(collected);
            each(&mut collected.resources, backup::ACCOUNT, |document| facts.fill_account(document));
        },
    },
    Join {
        fills: alerts::COVERAGE,
        reads: &[alerts::ALARM, TRAIL],
        apply: |collected| {
            let facts = alerts::Facts::new(collected);
            each(&mut collected.resources, alerts::COVERAGE, |document| facts.fill(document));
        },
    },
    Join { fills: tagging::TYPE, reads: &tagging::STORES, apply: tagging::add },
];

/// Makes every join, seals the documents that it filled in again and closes the balance again.
pub fn apply(collected: &mut Collected) {
    for join in JOINS {
        let mut seen = join.sees(collected);
        (join.apply)(&mut seen);
        each(&mut seen.resources, join.fills, |document| *document = document.clone().sealed());
        collected.merge(seen);
    }
    recount(collected);
}

impl Join {
    /// Takes out what it may see.
    fn sees(&self, collected: &mut Collected) -> Collected {
        let named = |type_: &str| type_ == self.fills || self.reads.contains(&type_);
        Collected {
            resources: collected.resources.extract_if(.., |resource| named(&resource.type_)).collect(),
            populations: collected.populations.extract_if(.., |row| named(&row.type_)).collect(),
            ..Collected::default()
        }
    }
}

/// `derived.is_trail_target`, `derived.is_log_target` and `derived.covered_by_data_events` of buckets.
fn buckets(collected: &mut Collected) {
    let trails_cut_short = lists_cut_short(&collected.populations, TRAIL, "cloudtrail:DescribeTrails");
    let buckets_cut_short = lists_cut_short(&collected.populations, BUCKET, "s3:ListBuckets");
    let trails: Vec<Resource> = of_type(&collected.resources, TRAIL);
    let facts = bucket::Facts::new(&trails, &collected.resources, trails_cut_short, buckets_cut_short);
    each(&mut collected.resources, BUCKET, |document| facts.fill(document));
}

/// `derived.log_bucket` of trails.
fn trails(collected: &mut Collected) {
    let buckets_cut_short = lists_cut_short(&collected.populations, BUCKET, "s3:ListBuckets");
    let buckets = of_type(&collected.resources, BUCKET);
    let facts = trail::Facts::new(&buckets, buckets_cut_short);
    each(&mut collected.resources, TRAIL, |document| facts.fill(document));
}

/// What [`network`] says of one type.
fn network(collected: &mut Collected, type_: &str, fill: fn(&network::Facts, &mut Resource)) {
    let facts = network::Facts::new(collected);
    each(&mut collected.resources, type_, |document| fill(&facts, document));
}

/// In the order of the format, so that the first cause does not depend on the order of answers.
fn of_type(resources: &[Resource], type_: &str) -> Vec<Resource> {
    let mut documents: Vec<Resource> = resources.iter().filter(|resource| resource.type_ == type_).cloned().collect();
    documents.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    documents
}

fn each(resources: &mut [Resource], type_: &str, fill: impl Fn(&mut Resource)) {
    for resource in resources.iter_mut().filter(|resource| resource.type_ == type_) {
        fill(resource);
    }
}

/// Documents may have gained gaps: counts again which are whole.
fn recount(collected: &mut Collected) {
    let mut counts: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for document in &collected.resources {
        let (whole, partial) = counts.entry((&document.type_, &document.region)).or_default();
        *if document.gaps.is_empty() { whole } else { partial } += 1;
    }
    for row in &mut collected.populations {
        if let Some((whole, partial)) = counts.get(&(row.type_.as_str(), row.region.as_str())) {
            (row.evaluated, row.not_evaluated) = (*whole, *partial);
        }
    }
}

/// Exchanges and time of the documents that settled something.
#[derive(Clone, Debug, Default)]
struct Inputs {
    exchanges: Vec<u64>,
    at: Option<Instant>,
}

impl Inputs {
    fn of(resource: &Resource) -> Self {
        Self { exchanges: resource.exchanges.clone(), at: Some(resource.observed_at) }
    }

    fn add(&mut self, other: &Self) {
        self.exchanges.extend(&other.exchanges);
        self.at = self.at.max(other.at);
    }

    /// Notes them in a document.
    fn note(&self, document: &mut Resource) {
        document.exchanges.extend(&self.exchanges);
        document.observed_at = self.at.map_or(document.observed_at, |at| at.max(document.observed_at));
    }
}

/// Writes a settled fact under `derived`, or leaves it out with the first cause.
fn settle(document: &mut Resource, key: &str, fact: Fact) {
    match fact {
        Known::Is(value) => {
            document.derived.insert(key.to_owned(), Value::Bool(value));
        }
        Known::Unknown(causes) => {
            let first = causes.into_iter().next().expect("an unknown fact has a cause");
            document.gaps.push(Gap { field: format!("derived.{key}"), ..first });
        }
    }
}

#[cfg(test)]
mod tests;
