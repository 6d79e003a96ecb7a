//! Resource types whose list gives their documents: a shape and a declaration ([`Listed`]) are all that one needs.
//!
//! A page that could not be read cuts the population short; an item that does not fit its shape does too, because nobody
//! knows what it is; and so does a reader who may not see all of a type ([`super::reader`]). Nothing here knows a service.
//! What reads a list as one fact, to join it or to put it into another document, is in `listing/whole.rs`.

mod whole;

pub use whole::{each_in_words, every, one, whole, whole_if_seen, whole_in_words};

use super::context::Context;
use super::door::{self, REGION};
use super::operation::{Api, Collect, Operation, Request, ResourceType};
use crate::collection::{Collected, Tally};
use crate::declaration::{Reach, Shape};
use crate::document::{Draft, Field, Pages, Read, keep_unless_null};
use crate::exchange::CollectError;
use crate::words::snake_case_keys;
use evidenced_schemas::Resource;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Items that are read at the same time. The transport bounds the calls.
const AT_ONCE: usize = 16;

/// A resource type that is listed. The value is one item without its id, name, location and tags, and becomes `config`:
/// members in snake_case, those that Azure left out are `null`.
pub trait Listed: DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static {
    /// The resource type, as its [`ResourceType`] names it.
    const TYPE: &'static str;
    /// What lists it: rows of Resource Graph, or a list of one of the APIs.
    const LIST: &'static Operation;
    /// Every operation that its documents are built from. A type that asks more than its list names it all here.
    const OPERATIONS: &'static [&'static Operation] = &[Self::LIST];
    /// Members that the provider documents as always there (`properties.minimum_tls_version`): missing, they are gaps.
    const ALWAYS: &'static [&'static str] = &[];
    /// What is read once for all of its items; `()` for nothing.
    type Around: Send + Sync;
    /// `derived`; [`Nothing`] where nothing is.
    type Derived: Serialize + JsonSchema + Default + Send;

    /// False for a row of the list that is no such resource (the `master` database among databases).
    fn belongs(&self, _envelope: &Envelope) -> bool {
        true
    }

    /// Reads what all items need.
    fn around(context: &Context) -> BoxFuture<'_, Self::Around>;

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

/// The item that is read.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The subscription or tenant.
    pub context: &'a Context,
    /// What names the item.
    pub envelope: &'a Envelope,
}

impl Place<'_> {
    /// One answer about this item, in a shape with members in snake_case. The operation's path begins with `{id}`.
    ///
    /// # Errors
    /// When it could not be read or does not fit; use [`door::absent`] where an error code is a fact.
    pub async fn one<T: DeserializeOwned>(&self, operation: &Operation) -> Result<Read<T>, CollectError> {
        one(self.context, operation, &[("id", &self.envelope.id)]).await
    }

    /// Every item of a list about this item, as [`whole`].
    ///
    /// # Errors
    /// As [`whole`].
    pub async fn whole<T: DeserializeOwned>(&self, operation: &Operation) -> Result<Read<Vec<T>>, CollectError> {
        whole_in_words(self.context, operation, &[("id", &self.envelope.id)]).await
    }
}

/// What every resource has: Resource Manager's envelope, or the id and name of a directory object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// The resource's id, as the provider writes it.
    pub id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    location: Option<String>,
    #[serde(default)]
    tags: Option<BTreeMap<String, Option<String>>>,
}

impl Envelope {
    /// Its name, for people.
    pub fn name(&self) -> &str {
        self.name.as_ref().or(self.display_name.as_ref()).unwrap_or(&self.id)
    }

    /// Its location as Resource Graph writes it (`westeurope`); `global` where it has none.
    pub fn region(&self) -> String {
        let location = self.location.as_deref().unwrap_or_default();
        let letters: String = location.chars().filter(|letter| !letter.is_whitespace()).collect();
        if letters.is_empty() { REGION.to_owned() } else { letters.to_ascii_lowercase() }
    }

    fn tags(&self) -> BTreeMap<String, String> {
        let tags = self.tags.iter().flatten();
        tags.map(|(key, value)| (key.clone(), value.clone().unwrap_or_default())).collect()
    }
}

impl ResourceType {
    /// A type that is listed in a subscription.
    pub const fn listed<T: Listed>(about: &'static str) -> Self {
        Self::of::<T>(about, Reach::Global, Some(|context| Box::pin(collect::<T>(context))))
    }

    /// A type of the tenant.
    pub const fn of_tenant<T: Listed>(about: &'static str) -> Self {
        Self::of::<T>(about, Reach::Organization, Some(|context| Box::pin(collect::<T>(context))))
    }

    /// A type that its family finds itself ([`super::Family::collect`]), because its lists hang on other items.
    pub const fn with_others<T: Listed>(about: &'static str) -> Self {
        Self::of::<T>(about, Reach::Global, None)
    }

    const fn of<T: Listed>(about: &'static str, reach: Reach, collect: Option<Collect>) -> Self {
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

/// Reads a type.
async fn collect<T: Listed>(context: &Context) -> Collected {
    Found::<T>::list(context).await.documents().await
}

/// A population while its items are found.
#[derive(Debug)]
pub(super) struct Found<'a, T> {
    context: &'a Context,
    pages: u64,
    /// Why it is not whole: a sentence for its balance, and the error for whoever needs the whole list.
    trouble: Option<(String, CollectError)>,
    /// What was found so far.
    pub(super) items: Vec<(Envelope, Read<T>)>,
}

impl<'a, T: Listed> Found<'a, T> {
    /// Nothing found yet.
    pub(super) fn new(context: &'a Context) -> Self {
        Self { context, pages: 0, trouble: None, items: vec![] }
    }

    /// What the type's own list holds.
    pub(super) async fn list(context: &'a Context) -> Self {
        let mut found = Self::new(context);
        found.read(T::LIST).await;
        found
    }

    /// Adds what a list of the whole subscription or tenant holds.
    pub(super) async fn read(&mut self, list: &'static Operation) {
        match list.request {
            Request::Rows { table, type_ } => {
                let rows = self.context.rows(table).await;
                self.hidden(list);
                // The types of a table come in the same pages.
                self.pages = self.pages.max(rows.pages);
                if let Some(error) = &rows.error {
                    self.cut_short(error);
                }
                for row in rows.of(type_) {
                    self.add(row.clone());
                }
            }
            Request::Get(_) | Request::Post(_) => {
                let pages = self.context.ask_all(list, &[("subscription", self.context.subscription())]).await;
                self.hidden(list);
                self.pages(pages);
            }
        }
    }

    /// Adds what the type's list holds below each item of another (the keys of each vault). Its path begins with `{id}`.
    pub(super) async fn below<U: Listed>(&mut self, others: &Found<'_, U>) {
        self.hangs_on(others);
        let context = self.context;
        let asked: Vec<_> = others
            .items
            .iter()
            .map(|(envelope, _)| Box::pin(async move { context.ask_all(T::LIST, &[("id", &envelope.id)]).await }))
            .collect();
        for pages in stream::iter(asked).buffered(AT_ONCE).collect::<Vec<_>>().await {
            self.pages(pages);
        }
    }

    /// Adds the items of pages. A family whose lists hang on other items (the keys of each vault) asks for them itself.
    pub(super) fn pages(&mut self, pages: Pages) {
        if let Some(error) = &pages.error {
            self.cut_short(error);
        }
        self.pages += pages.pages.len() as u64;
        for page in pages.pages {
            match whole::items(T::LIST, &page) {
                Ok(items) => items.into_iter().for_each(|item| self.add(item)),
                Err(error) => self.cut_short(&error),
            }
        }
    }

    /// The list could not be read to its end. The first reason stays.
    pub(super) fn cut_short(&mut self, error: &CollectError) {
        self.trouble.get_or_insert_with(|| (error.sentence(), error.clone()));
    }

    /// This list is asked for each item of another: where that is not whole, neither is this.
    pub(super) fn hangs_on<U: Listed>(&mut self, other: &Found<'_, U>) {
        self.trouble = self.trouble.take().or_else(|| other.trouble.clone());
    }

    /// Lists of Resource Manager leave out what the reader may not see.
    fn hidden(&mut self, list: &Operation) {
        let Some(reader) = self.context.reader().filter(|_| list.api == Api::ResourceManager) else { return };
        if let Some(hidden) = reader.hides(list) {
            self.trouble.get_or_insert((hidden.reason, hidden.error));
        }
    }

    fn add(&mut self, item: Read<Value>) {
        let envelope = whole::identified(T::LIST, item.clone()).and_then(|item| door::typed::<Envelope>(T::LIST, item));
        let item = envelope.and_then(|envelope| {
            let item = door::typed::<T>(T::LIST, item.map(|value| snake_case_keys(without_envelope(value))))?;
            Ok((envelope.value, item))
        });
        match item {
            Ok((envelope, item)) if item.value.belongs(&envelope) => self.items.push((envelope, item)),
            Ok(_) => {}
            Err(error) => self.cut_short(&error),
        }
    }

    /// The documents of what was found, and the rows of the balance: one a location, and `global` for the list itself, which
    /// says also where no location has an item whether it was read to the end.
    pub(super) async fn documents(self) -> Collected {
        let (context, pages, trouble) = (self.context, self.pages, self.trouble);
        let resources = documents(context, self.items).await;
        let mut regions: BTreeSet<&str> = resources.iter().map(|resource| resource.region.as_str()).collect();
        regions.insert(REGION);
        let row = |region: &str| {
            let mut tally = Tally::new(T::TYPE, region);
            tally.pages(pages);
            if let Some((reason, _)) = &trouble {
                tally.cut_short(reason.clone());
            }
            tally.close(&resources)
        };
        let populations = regions.into_iter().map(row).collect();
        Collected { resources, populations, ..Collected::default() }
    }
}

async fn documents<T: Listed>(context: &Context, found: Vec<(Envelope, Read<T>)>) -> Vec<Resource> {
    if found.is_empty() {
        return vec![];
    }
    let around = T::around(context).await;
    let around = &around;
    let read: Vec<_> =
        found.into_iter().map(|(envelope, item)| Box::pin(document(context, around, envelope, item))).collect();
    stream::iter(read).buffered(AT_ONCE).collect().await
}

async fn document<T: Listed>(context: &Context, around: &T::Around, envelope: Envelope, item: Read<T>) -> Resource {
    let mut draft = Draft::new(T::TYPE, envelope.id.clone(), envelope.name(), &envelope.region());
    let source = Read { value: (), exchanges: item.exchanges, at: item.at };
    let mut item = item.value;
    draft.saw(&source);
    draft.tags(Field::Value(envelope.tags()));
    let derived = item.complete(Place { context, envelope: &envelope }, around, &mut draft).await;
    let mut config = serde_json::to_value(&item).unwrap_or_default();
    for path in T::ALWAYS {
        if !keep_unless_null(&mut config, path) {
            let error = door::malformed(T::LIST, "the setting is missing", source.exchanges.clone());
            draft.miss(&format!("config.{path}"), &CollectError { at: source.at, ..error });
        }
    }
    context.finish(draft, &config, &derived)
}

/// An item without what stands beside `config`, and without the columns that Resource Graph adds to every row.
fn without_envelope(value: Value) -> Value {
    const BESIDE: [&str; 11] = [
        "id",
        "name",
        "type",
        "location",
        "tags",
        "subscriptionId",
        "resourceGroup",
        "tenantId",
        "apiVersion",
        "etag",
        "systemData",
    ];
    match value {
        Value::Object(members) => Value::Object(
            members.into_iter().filter(|(name, _)| !BESIDE.contains(&name.as_str())).collect::<Map<_, _>>(),
        ),
        other => other,
    }
}

#[cfg(test)]
mod tests;
