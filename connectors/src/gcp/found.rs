//! A population while its items are found: in Cloud Asset Inventory, or where that may not be used by the type's own API.

use super::context::Context;
use super::door::{self, REGION};
use super::envelope::Envelope;
use super::listing::{AT_ONCE, Listed};
use super::operation::{Operation, Request};
use super::path::Filling;
use crate::collection::{Collected, Tally};
use crate::document::Read;
use crate::exchange::CollectError;
use crate::words::snake_case_keys;
use evidenced_schemas::{GapReason, Resource};
use futures::stream::{self, StreamExt};
use serde_json::Value;
use std::collections::BTreeSet;

/// One item.
#[derive(Debug)]
pub(super) struct Item<T> {
    /// Its shape, or why it could not be read whole though it is there.
    pub(super) shape: Result<Read<T>, CollectError>,
    /// As it came.
    pub(super) data: Value,
    /// What listed it.
    pub(super) source: &'static Operation,
}

/// A population while its items are found.
#[derive(Debug)]
pub(super) struct Found<T> {
    /// Pages that were read.
    pub(super) pages: u64,
    /// Exchanges of lists: they show an empty population too.
    pub(super) sources: Vec<u64>,
    /// Why it is not whole. The first reason stays.
    pub(super) trouble: Option<CollectError>,
    /// Why Cloud Asset Inventory may not be used, where each API is asked instead.
    refused: Option<CollectError>,
    /// What was found.
    pub(super) items: Vec<(Envelope, Item<T>)>,
}

impl<T: Listed> Found<T> {
    /// What the type's list holds.
    pub(super) async fn list(context: &Context) -> Self {
        let mut found = Self { pages: 0, sources: vec![], trouble: None, refused: None, items: vec![] };
        found.refused = match T::ASSET {
            Some(operation) => found.in_inventory(context, operation).await,
            None => None,
        };
        if T::ASSET.is_none() || found.refused.is_some() {
            found.direct(context).await;
        }
        found.items.sort_by(|(one, _), (other, _)| one.id.cmp(&other.id));
        if let Some(pair) = found.items.windows(2).find(|pair| pair[0].0.id == pair[1].0.id) {
            let what = format!("`{}` came twice, so that another may be missing", pair[0].0.id);
            found.cut_short(door::malformed(pair[0].1.source, what, vec![]));
        }
        found
    }

    /// Takes the inventory's assets; gives why it may not be used at all, if so.
    async fn in_inventory(&mut self, context: &Context, operation: &'static Operation) -> Option<CollectError> {
        let Request::Asset(type_) = operation.request else { return None };
        let assets = context.assets().await;
        if assets.refused {
            return assets.error.clone();
        }
        self.pages = assets.pages;
        self.trouble.clone_from(&assets.error);
        for asset in assets.of(type_) {
            let read = Read { value: (), exchanges: asset.exchanges.clone(), at: asset.at };
            let name = &asset.value.name;
            if asset.value.data().as_object().is_none_or(serde_json::Map::is_empty) {
                // Every API names its things: what says nothing at all is no default of every setting.
                let what = format!("`{name}` comes without data");
                self.cut_short(CollectError {
                    at: asset.at,
                    ..door::malformed(operation, what, asset.exchanges.clone())
                });
                continue;
            }
            self.add(operation, name.clone(), T::of_inventory(name, asset.value.data()), Ok(read));
        }
        None
    }

    /// Asks the type's own API.
    async fn direct(&mut self, context: &Context) {
        let mut level = vec![Read { value: Value::Null, exchanges: vec![], at: None }];
        for (at, operation) in T::DIRECT.iter().enumerate() {
            if let Some(above) = at.checked_sub(1).and_then(|at| T::DIRECT.get(at)) {
                level = self.named(above, level);
            }
            level = self.below(context, operation, level).await;
        }
        let Some(last) = T::DIRECT.last() else { return };
        let whole: Vec<_> = level.into_iter().map(|item| Box::pin(whole::<T>(context, item))).collect();
        for (data, outcome) in stream::iter(whole).buffered(AT_ONCE).collect::<Vec<_>>().await {
            let names = [("project", context.project()), ("organization", context.organization())];
            match (Filling { names: &names, item: &data }).name(T::ID) {
                Ok(id) => self.add(last, id, data, outcome),
                Err(missing) => self.cut_short(door::malformed(last, missing, vec![])),
            }
        }
    }

    /// Those of a list's items that have a name, by which the next list is asked for what is below them.
    fn named(&mut self, operation: &'static Operation, items: Vec<Read<Value>>) -> Vec<Read<Value>> {
        let (named, nameless): (Vec<_>, Vec<_>) =
            items.into_iter().partition(|item| item.value.get("name").is_some_and(Value::is_string));
        if let Some(item) = nameless.into_iter().next() {
            let error = door::malformed(operation, "an item has no name", item.exchanges);
            self.cut_short(CollectError { at: item.at, ..error });
        }
        named
    }

    /// The items of a list for each of these parents.
    async fn below(
        &mut self,
        context: &Context,
        operation: &'static Operation,
        parents: Vec<Read<Value>>,
    ) -> Vec<Read<Value>> {
        let asked: Vec<_> = parents
            .into_iter()
            .map(|parent| {
                Box::pin(async move {
                    let name = parent.value.get("name").and_then(Value::as_str).unwrap_or_default();
                    context.ask_all(operation, &[("parent", name)], &parent.value).await
                })
            })
            .collect();
        let mut all = Vec::new();
        for pages in stream::iter(asked).buffered(AT_ONCE).collect::<Vec<_>>().await {
            self.pages += pages.pages.len() as u64;
            for page in &pages.pages {
                self.sources.extend(&page.exchanges);
                match door::items(operation, page) {
                    Ok(items) => all.extend(items),
                    Err(error) => self.cut_short(error),
                }
            }
            if let Some(error) = pages.error {
                self.cut_short(error);
            }
        }
        all
    }

    fn cut_short(&mut self, error: CollectError) {
        self.trouble.get_or_insert(error);
    }

    fn add(&mut self, source: &'static Operation, id: String, data: Value, outcome: Result<Read<()>, CollectError>) {
        let envelope = Envelope::of(id, &data, T::LABELS);
        let shape = match outcome {
            Ok(read) => match door::typed::<T>(source, read.map(|()| snake_case_keys(data.clone()))) {
                Ok(shape) if !shape.value.belongs(&envelope) => return,
                Ok(shape) => Ok(shape),
                Err(error) => return self.cut_short(error),
            },
            Err(error) => Err(error),
        };
        self.items.push((envelope, Item { shape, data, source }));
    }

    /// The rows of the balance: one a region, and `global` for the list itself, which says also where no region has an item
    /// whether it was read to the end.
    pub(super) fn balance(self, resources: Vec<Resource>) -> Collected {
        let mut regions: BTreeSet<&str> = resources.iter().map(|resource| resource.region.as_str()).collect();
        regions.insert(REGION);
        let row = |region: &str| {
            let mut tally = Tally::new(T::TYPE, region);
            tally.pages(self.pages);
            if let Some(error) = &self.trouble {
                tally.cut_short(self.reason(error));
            }
            tally.close(&resources)
        };
        let populations = regions.into_iter().map(row).collect();
        Collected { resources, populations, ..Collected::default() }
    }

    /// Why a population is not whole, in words that are the same each time.
    pub(super) fn reason(&self, error: &CollectError) -> String {
        // What a provider says may differ from time to time; what is said here of an answer does not.
        let what = if error.kind == GapReason::Malformed { format!(": {}", error.message) } else { String::new() };
        let refused = self.refused.as_ref().map(CollectError::sentence);
        let inventory = refused.map(|why| format!("; nor could Cloud Asset Inventory be used: {why}"));
        format!("{}{what}{}", error.sentence(), inventory.unwrap_or_default())
    }
}

/// An item as its `get` gives it, where the list gives little more than its name.
async fn whole<T: Listed>(context: &Context, item: Read<Value>) -> (Value, Result<Read<()>, CollectError>) {
    let Some(detail) = T::DETAIL else {
        return (item.value, Ok(Read { value: (), exchanges: item.exchanges, at: item.at }));
    };
    match context.ask(detail, &[], &item.value).await {
        // Whose it is, an answer must say.
        Ok(answer) if is_nameless::<T>(context, &answer.value) => {
            let error = door::malformed(detail, "the answer names nothing", answer.exchanges);
            (item.value, Err(CollectError { at: answer.at, ..error }))
        }
        Ok(answer) => {
            let exchanges = item.exchanges.into_iter().chain(answer.exchanges).collect();
            (answer.value, Ok(Read { value: (), exchanges, at: answer.at }))
        }
        Err(error) => (item.value, Err(error)),
    }
}

/// True for an item whose full name its data does not tell.
fn is_nameless<T: Listed>(context: &Context, data: &Value) -> bool {
    let names = [("project", context.project()), ("organization", context.organization())];
    (Filling { names: &names, item: data }).name(T::ID).is_err()
}
