//! The tags of every store of data, from the stores' own documents.

use super::cause::gap;
use super::{Inputs, of_type};
use crate::aws::listing::Nothing;
use crate::aws::tagging::TaggedConfig;
pub(super) use crate::aws::tagging::{STORES, TYPE};
use crate::aws::{Reach, ResourceType, resource_types};
use crate::collection::{Collected, Tally};
use crate::document::{Draft, Field, Read};
use evidenced_schemas::{Gap, GapReason, Population, Resource};
use std::collections::BTreeSet;

/// Adds a document for each store, and says in the balance which lists of stores are not whole. Without a row of its own
/// the type was not asked for, and nothing is added.
pub(super) fn add(collected: &mut Collected) {
    let own: Vec<Population> = collected.populations.extract_if(.., |row| row.type_ == TYPE).collect();
    if own.is_empty() {
        return;
    }
    let stores: Vec<&ResourceType> = resource_types().filter(|kind| STORES.contains(&kind.name)).collect();
    let of_kind = |kind: &&ResourceType| -> Vec<Resource> {
        of_type(&collected.resources, kind.name).iter().map(|store| document(kind, store)).collect()
    };
    let documents: Vec<Resource> = stores.iter().flat_map(of_kind).collect();
    let regions: BTreeSet<&str> = own
        .iter()
        .chain(collected.populations.iter().filter(|row| STORES.contains(&row.type_.as_str())))
        .map(|row| row.region.as_str())
        .collect();
    let rows: Vec<Population> =
        regions.into_iter().map(|region| row(region, &own, &stores, collected, &documents)).collect();
    collected.populations.extend(rows);
    collected.resources.extend(documents);
}

/// The tags of a store, or why they are not known.
fn document(kind: &ResourceType, store: &Resource) -> Resource {
    let inputs = Inputs::of(store);
    let mut draft = Draft::new(TYPE, &store.id, &store.name, &store.region);
    draft.saw(&Read { value: (), exchanges: inputs.exchanges, at: inputs.at });
    draft.tags(store.tags.clone().map_or(Field::Unread, Field::Value));
    if store.tags.is_none() {
        let own = store.gaps.iter().find(|gap| gap.field == "tags").cloned();
        draft.gap(own.unwrap_or_else(|| not_told(kind)));
    }
    let config = TaggedConfig { resource_arn: store.id.clone(), resource_type: store.type_.clone() };
    draft.finish(store.cloud, &store.scope, store.observed_at, &config, &Nothing {})
}

/// The gap of a store whose family does not read its tags.
fn not_told(kind: &ResourceType) -> Gap {
    let list = kind.operations.first().expect("every type declares what it is read with");
    let gap = gap(&format!("{}:{}", list.service, list.name), GapReason::Malformed, "-");
    Gap { field: "tags".to_owned(), ..gap }
}

/// The balance of one region: it is whole when the list of every kind of store is.
fn row(
    region: &str,
    own: &[Population],
    stores: &[&ResourceType],
    collected: &Collected,
    documents: &[Resource],
) -> Population {
    let mut tally = Tally::new(TYPE, region);
    let before = own.iter().find(|row| row.region == region);
    if let Some(reason) = before.filter(|row| !row.complete).and_then(|row| row.reason.clone()) {
        tally.cut_short(reason);
    }
    let mut pages = before.map_or(0, |row| row.pages);
    for kind in stores {
        let list = collected.populations.iter().find(|row| row.type_ == kind.name && row.region == region);
        match list {
            Some(list) => {
                pages += list.pages;
                if !list.complete {
                    tally.cut_short(list.reason.clone().unwrap_or_default());
                }
            }
            None if kind.reach == Reach::Regional && before.is_some() => {
                tally.cut_short(format!("{} was not read", kind.name));
            }
            None => {}
        }
    }
    tally.pages(pages);
    tally.close(documents)
}

#[cfg(test)]
mod tests;
