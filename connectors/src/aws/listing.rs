//! Resource types whose list gives their documents: a shape and a declaration ([`Listed`]) are all that one needs.
//!
//! A page that could not be read cuts the population short; an item that does not fit its shape does too, because nobody
//! knows what it is. A member that the provider documents as always there and that is missing is a gap of that document.
//! Nothing here knows a service.

use super::context::Context;
use super::door;
use super::operation::{Collect, Operation, ResourceType};
use crate::collection::{Collected, Tally};
use crate::declaration::{Reach, Shape};
use crate::document::{Draft, Field, Read, keep_unless_null};
use crate::exchange::CollectError;
use evidenced_schemas::Resource;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Regions and items that are read at the same time. The transport bounds the calls.
const AT_ONCE: usize = 16;

/// A resource type that is listed. The value is one item and becomes `config`: members in snake_case, those that AWS left
/// out are `null`.
pub trait Listed: DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static {
    /// The resource type, as its [`super::ResourceType`] names it.
    const TYPE: &'static str;
    /// What lists it.
    const LIST: &'static Operation;
    /// Every operation that its documents are built from. A type that asks more than its list names it all here.
    const OPERATIONS: &'static [&'static Operation] = &[Self::LIST];
    /// Members of the answer that lead to the items, in snake_case: structures and lists, the last of them a list.
    const ITEMS: &'static [&'static str];
    /// Members that the provider documents as always there (`metadata_options.http_tokens`): missing, they are gaps.
    const ALWAYS: &'static [&'static str];
    /// What is read once for a region, for all of its items; `()` for nothing.
    type Around: Send + Sync;
    /// `derived`; [`Nothing`] where nothing is.
    type Derived: Serialize + JsonSchema + Default + Send;

    /// The request.
    fn input(_context: &Context) -> Value {
        Value::Object(Map::new())
    }

    /// True for a page without its list that says by another member that the list is empty, where the provider documents so.
    fn says_none(_page: &Value) -> bool {
        false
    }

    /// False for an item that was not asked for: the server did not honour the request, and its list proves nothing.
    fn belongs(&self, _context: &Context) -> bool {
        true
    }

    /// Reads what all items of a region need.
    fn around(place: Place<'_>) -> BoxFuture<'_, Self::Around>;

    /// Its id, name and tags.
    fn name(&self, place: Place<'_>) -> Name;

    /// Reads what the list does not say into the item's own fields, and derives.
    fn complete<'a>(
        &'a mut self,
        _place: Place<'a>,
        _around: &'a Self::Around,
        _draft: &'a mut Draft,
    ) -> BoxFuture<'a, Self::Derived> {
        Box::pin(std::future::ready(Self::Derived::default()))
    }
}

/// `derived` of a type that derives nothing.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct Nothing {}

/// Where a list is read.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The account.
    pub context: &'a Context,
    /// The region; `global` for a type without one.
    pub region: &'a str,
}

impl Place<'_> {
    /// `arn:<partition>:<service>:<region>:<account>:<resource>`
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let (partition, account) = (self.context.partition().name, self.context.account());
        format!("arn:{partition}:{service}:{}:{account}:{resource}", self.region)
    }

    /// One answer, in a shape with members in snake_case.
    ///
    /// # Errors
    /// When it could not be read or does not fit; use [`super::sdk::absent`] where an error code is a fact.
    pub async fn one<T: DeserializeOwned>(&self, operation: &Operation, input: Value) -> Result<Read<T>, CollectError> {
        let answer = self.context.ask(operation, self.region, input).await?.map(door::snake_case_keys);
        door::item(operation, self.region, answer)
    }

    /// The error of an answer that was read and cannot be right.
    pub fn malformed<T>(&self, operation: &Operation, message: impl Into<String>, read: &Read<T>) -> CollectError {
        let exchanges = read.exchanges.clone();
        let error = CollectError::malformed(operation.service, operation.name, self.region, message, exchanges);
        CollectError { at: read.at, ..error }
    }

    /// Every item of a list, in the order of its pages.
    ///
    /// # Errors
    /// When a page could not be read, or an item does not fit: a part of such a list proves nothing.
    pub async fn whole<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        path: &[&str],
        input: Value,
    ) -> Result<Read<Vec<T>>, CollectError> {
        self.gathered(operation, path, input, |_| false).await
    }

    /// Every item of another type's own list, as [`Place::whole`].
    ///
    /// # Errors
    /// As [`Place::whole`].
    pub async fn every<T: Listed>(&self) -> Result<Read<Vec<T>>, CollectError> {
        self.gathered(T::LIST, T::ITEMS, T::input(self.context), T::says_none).await
    }

    async fn gathered<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        path: &[&str],
        input: Value,
        says_none: fn(&Value) -> bool,
    ) -> Result<Read<Vec<T>>, CollectError> {
        let pages = self.context.ask_all(operation, self.region, input).await;
        let mut all = Read { value: Vec::new(), exchanges: vec![], at: None };
        for page in pages.pages {
            let page = page.map(door::snake_case_keys);
            let found = if says_none(&page.value) { vec![] } else { items(operation, self.region, path, &page)? };
            for item in found {
                all.value.push(door::item(operation, self.region, beside(&page, item))?.value);
            }
            all.exchanges.extend(&page.exchanges);
            all.at = all.at.max(page.at);
        }
        pages.error.map_or(Ok(all), Err)
    }
}

/// How a document is named.
#[derive(Clone, Debug)]
pub struct Name {
    /// ARN, or the provider's id where there is none.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Tags; none where the list does not tell them.
    pub tags: Option<BTreeMap<String, String>>,
}

/// Tags, as a list of keys and values or as a map. In a list's item give it `#[serde(default, skip_serializing)]` and
/// `#[schemars(skip)]`: tags stand beside `config`.
#[derive(Clone, Debug, Default)]
pub struct Tags(pub BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Tag {
            #[serde(alias = "tag_key")]
            key: String,
            #[serde(default, alias = "tag_value")]
            value: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            List(Vec<Tag>),
            Map(BTreeMap<String, Option<String>>),
            Text(String),
            Null(()),
        }
        // Not an `Option`: serde would take a member that is missing for null.
        let tags = match Form::deserialize(deserializer)? {
            Form::Null(()) => BTreeMap::new(),
            // An empty element of XML.
            Form::Text(text) if text.trim().is_empty() => BTreeMap::new(),
            Form::Text(_) => return Err(serde::de::Error::custom("a text where tags are documented")),
            Form::List(tags) => tags.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())).collect(),
            Form::Map(tags) => tags.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect(),
        };
        Ok(Self(tags))
    }
}

impl Tags {
    /// The tag `Name`, else this.
    pub fn name_or(&self, other: &str) -> String {
        self.0.get("Name").filter(|name| !name.is_empty()).map_or(other, String::as_str).to_owned()
    }
}

impl ResourceType {
    /// A type that is listed in every region of the run.
    pub const fn regional<T: Listed>(about: &'static str) -> Self {
        Self::listed::<T>(about, Reach::Regional, Some(|context| Box::pin(regional::<T>(context))))
    }

    /// A type that lies in no region.
    pub const fn global<T: Listed>(about: &'static str) -> Self {
        Self::listed::<T>(about, Reach::Global, Some(|context| Box::pin(global::<T>(context))))
    }

    /// A type of every region that its family reads together with others ([`super::Family::collect`]).
    pub const fn regional_with_others<T: Listed>(about: &'static str) -> Self {
        Self::listed::<T>(about, Reach::Regional, None)
    }

    const fn listed<T: Listed>(about: &'static str, reach: Reach, collect: Option<Collect>) -> Self {
        Self {
            name: T::TYPE,
            about,
            reach,
            operations: T::OPERATIONS,
            config: Shape::of(T::json_schema),
            derived: Shape::of(T::Derived::json_schema),
            collect,
            instead: &[],
        }
    }
}

/// Reads a type in every region of the run.
pub async fn regional<T: Listed>(context: &Context) -> Collected {
    let regions: Vec<_> =
        context.regions().iter().map(|region| Box::pin(listed::<T>(Place { context, region }))).collect();
    let mut collected = Collected::default();
    for part in stream::iter(regions).buffered(AT_ONCE).collect::<Vec<_>>().await {
        collected.merge(part);
    }
    collected
}

/// Reads a type that lies in no region.
pub async fn global<T: Listed>(context: &Context) -> Collected {
    listed::<T>(Place { context, region: "global" }).await
}

async fn listed<T: Listed>(place: Place<'_>) -> Collected {
    let mut found = Found::<T>::new(place);
    found.list(T::input(place.context)).await;
    found.documents().await
}

/// A population while its items are found. A family whose lists hang on each other (the findings of each detector) finds
/// them itself, and lets this count them and write their documents.
#[derive(Debug)]
pub(super) struct Found<'a, T> {
    place: Place<'a>,
    tally: Tally,
    pages: u64,
    /// What was found so far.
    pub(super) items: Vec<Read<T>>,
}

impl<'a, T: Listed> Found<'a, T> {
    /// Nothing found yet.
    pub(super) fn new(place: Place<'a>) -> Self {
        Self { place, tally: Tally::new(T::TYPE, place.region), pages: 0, items: vec![] }
    }

    /// The list could not be read to its end.
    pub(super) fn cut_short(&mut self, error: &CollectError) {
        self.tally.cut_short(error.sentence());
    }

    /// This list is asked for each item of another: where that was cut short, so is this.
    pub(super) fn hangs_on<U: Listed>(&mut self, other: &Found<'_, U>) {
        let row = other.tally.clone().close(&[]);
        if let Some(reason) = row.reason {
            self.tally.cut_short(reason);
        }
    }

    /// Counts pages of names, which the items are then asked by.
    pub(super) fn pages(&mut self, pages: usize) {
        self.pages += pages as u64;
    }

    /// Adds what [`Listed::LIST`] lists for this request.
    pub(super) async fn list(&mut self, input: Value) {
        let place = self.place;
        let pages = place.context.ask_all(T::LIST, place.region, input).await;
        if let Some(error) = &pages.error {
            self.cut_short(error);
        }
        self.pages(pages.pages.len());
        for page in pages.pages {
            let page = page.map(door::snake_case_keys);
            if T::says_none(&page.value) {
                continue;
            }
            let items = items(T::LIST, place.region, T::ITEMS, &page).unwrap_or_else(|error| {
                self.cut_short(&error);
                vec![]
            });
            for item in items {
                match door::item::<T>(T::LIST, place.region, beside(&page, item)) {
                    Ok(item) if item.value.belongs(place.context) => self.items.push(item),
                    Ok(item) => self.cut_short(&not_asked_for(T::LIST, place.region, &item)),
                    Err(error) => self.cut_short(&error),
                }
            }
        }
    }

    /// The documents of what was found, and the row of the balance.
    pub(super) async fn documents(mut self) -> Collected {
        self.tally.pages(self.pages);
        let resources = documents(self.place, self.items).await;
        Collected { populations: vec![self.tally.close(&resources)], resources, ..Collected::default() }
    }
}

/// The documents of items.
async fn documents<T: Listed>(place: Place<'_>, found: Vec<Read<T>>) -> Vec<Resource> {
    if found.is_empty() {
        return vec![];
    }
    let around = T::around(place).await;
    let around = &around;
    let read: Vec<_> = found.into_iter().map(|item| Box::pin(document(place, around, item))).collect();
    stream::iter(read).buffered(AT_ONCE).collect().await
}

async fn document<T: Listed>(place: Place<'_>, around: &T::Around, item: Read<T>) -> Resource {
    let name = item.value.name(place);
    let mut draft = Draft::new(T::TYPE, name.id, name.name, place.region);
    let source = Read { value: (), exchanges: item.exchanges, at: item.at };
    let mut item = item.value;
    draft.saw(&source);
    draft.tags(name.tags.map_or(Field::Unread, Field::Value));
    let derived = item.complete(place, around, &mut draft).await;
    let mut config = serde_json::to_value(&item).unwrap_or_default();
    for path in T::ALWAYS {
        if !keep_unless_null(&mut config, path) {
            let message = "the setting is missing";
            let error =
                CollectError::malformed(T::LIST.service, T::LIST.name, place.region, message, source.exchanges.clone());
            draft.miss(&format!("config.{path}"), &CollectError { at: source.at, ..error });
        }
    }
    place.context.finish(draft, &config, &derived)
}

/// The error of a list that holds what was not asked for.
pub(super) fn not_asked_for<T>(operation: &Operation, region: &str, read: &Read<T>) -> CollectError {
    let message = "the list holds what was not asked for";
    let exchanges = read.exchanges.clone();
    CollectError {
        at: read.at,
        ..CollectError::malformed(operation.service, operation.name, region, message, exchanges)
    }
}

/// Another value from the same exchanges.
fn beside<T, U>(read: &Read<T>, value: U) -> Read<U> {
    Read { value, exchanges: read.exchanges.clone(), at: read.at }
}

/// The items of a page. A page without the list is malformed: it is never an empty list. A single structure where a list
/// is documented becomes an item of it, and must fit the item's shape like any other.
fn items(operation: &Operation, region: &str, path: &[&str], page: &Read<Value>) -> Result<Vec<Value>, CollectError> {
    let mut found = vec![page.value.clone()];
    for member in path {
        let mut inner = Vec::new();
        for mut value in found {
            match value.get_mut(*member).map(Value::take) {
                Some(Value::Array(items)) => inner.extend(items),
                Some(structure @ Value::Object(_)) => inner.push(structure),
                // An empty element of XML, or a JSON null that some services give for an empty list.
                Some(Value::String(text)) if text.trim().is_empty() => {}
                Some(Value::Null) => {}
                _ => {
                    let message = format!("the answer has no list `{member}`");
                    let exchanges = page.exchanges.clone();
                    let error = CollectError::malformed(operation.service, operation.name, region, message, exchanges);
                    return Err(CollectError { at: page.at, ..error });
                }
            }
        }
        found = inner;
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
