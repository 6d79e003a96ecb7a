//! Resource types whose list gives their documents: a shape and a declaration ([`Listed`]) are all that one needs.
//!
//! A type comes from Cloud Asset Inventory where that has it and may be used, and else from its own API, in the same shape
//! and under the same names. A page that could not be read cuts the population short; an item that does not fit its shape
//! does too, because nobody knows what it is. Nothing here knows a service.

use super::context::Context;
use super::door;
use super::envelope::Envelope;
use super::found::Found;
use super::iam_policy::IamPolicy;
use super::operation::{Collect, Operation, ResourceType};
use crate::collection::Collected;
use crate::declaration::{Reach, Shape};
use crate::document::{Draft, Field, Read, keep_unless_null};
use crate::exchange::CollectError;
use crate::words::snake_case_keys;
use evidenced_schemas::Resource;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Items that are read at the same time. The transport bounds the calls.
pub(super) const AT_ONCE: usize = 16;

/// A resource type that is listed. The value is what the API's `get` answers, with members in snake_case, and becomes
/// `config`; members that Google left out are `null`. Labels stand beside it, as tags.
pub trait Listed: DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static {
    /// The resource type, as its [`ResourceType`] names it.
    const TYPE: &'static str;
    /// Its full resource name, filled in from an item of its API (`//storage.googleapis.com/{.name}`), as Cloud Asset
    /// Inventory writes it. Documentation: <https://cloud.google.com/asset-inventory/docs/asset-names>.
    const ID: &'static str;
    /// The type in Cloud Asset Inventory ([`Operation::asset`]); none where it has none.
    const ASSET: Option<&'static Operation> = None;
    /// The lists of its own API: the last gives the items, and each one before it the items that the next is asked for
    /// (locations, key rings, keys); their names are `{parent}`.
    const DIRECT: &'static [&'static Operation];
    /// Where the direct list gives little more than names: what gives an item whole.
    const DETAIL: Option<&'static Operation> = None;
    /// Every operation that its documents are built from.
    const OPERATIONS: &'static [&'static Operation];
    /// Members that the provider documents as always there: missing, they are gaps.
    const ALWAYS: &'static [&'static str] = &[];
    /// The member with its labels, in dots.
    const LABELS: &'static str = "labels";
    /// What is read once for all of its items; `()` for nothing.
    type Around: Send + Sync;
    /// `derived`; [`Nothing`] where nothing is.
    type Derived: Serialize + JsonSchema + Default + Send;

    /// False for a row of the list that is no such resource.
    fn belongs(&self, _envelope: &Envelope) -> bool {
        true
    }

    /// The data of the asset of this full name in the words of the API's `get`, where the inventory has those of another
    /// version.
    fn of_inventory(_name: &str, data: &Value) -> Value {
        data.clone()
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
    /// The project or organisation.
    pub context: &'a Context,
    /// What names the item.
    pub envelope: &'a Envelope,
    /// The item as it came.
    pub item: &'a Value,
}

impl Place<'_> {
    /// One answer about this item, in a shape with members in snake_case.
    ///
    /// # Errors
    /// When it could not be read or does not fit; use [`door::absent`] where an error code is a fact.
    pub async fn one<T: DeserializeOwned>(&self, operation: &Operation) -> Result<Read<T>, CollectError> {
        one(self.context, operation, &[], self.item).await
    }

    /// Every item of a list about this item, with members in snake_case.
    ///
    /// # Errors
    /// When a page could not be read, or an item does not fit: a part of such a list proves nothing.
    pub async fn whole<T: DeserializeOwned>(&self, operation: &Operation) -> Result<Read<Vec<T>>, CollectError> {
        whole(self.context, operation, &[], self.item).await
    }

    /// Its IAM policy: from Cloud Asset Inventory, where a resource without any has none there, else by this operation.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn iam_policy(&self, operation: &Operation) -> Result<Read<Option<IamPolicy>>, CollectError> {
        let policies = self.context.policies().await;
        if policies.refused {
            return IamPolicy::ask(self.context, operation, &[], self.item).await.map(|read| read.map(Some));
        }
        if let Some(error) = &policies.error {
            return Err(error.clone());
        }
        match (policies.by_name.get(&self.envelope.id), &policies.whole) {
            (Some(read), _) => Ok(read.clone().map(|asset| Some(asset.iam_policy))),
            (None, Some(whole)) => Ok(whole.clone().map(|()| Some(IamPolicy::default()))),
            (None, None) => Err(door::malformed(&super::assets::POLICIES, "the policies were not read", vec![])),
        }
    }
}

/// One answer, in a shape with members in snake_case.
///
/// # Errors
/// When it could not be read or does not fit; use [`door::absent`] where an error code is a fact.
pub async fn one<T: DeserializeOwned>(
    context: &Context,
    operation: &Operation,
    names: &[(&str, &str)],
    item: &Value,
) -> Result<Read<T>, CollectError> {
    let answer = context.ask(operation, names, item).await?;
    door::typed(operation, answer.map(snake_case_keys))
}

/// Every item of a list, in a shape with members in snake_case, in the order of its pages.
///
/// # Errors
/// When a page could not be read, or an item does not fit: a part of such a list proves nothing.
pub async fn whole<T: DeserializeOwned>(
    context: &Context,
    operation: &Operation,
    names: &[(&str, &str)],
    item: &Value,
) -> Result<Read<Vec<T>>, CollectError> {
    let pages = context.ask_all(operation, names, item).await;
    let mut all = Read { value: Vec::new(), exchanges: vec![], at: None };
    for page in &pages.pages {
        all.exchanges.extend(&page.exchanges);
        all.at = all.at.max(page.at);
        for item in door::items(operation, page)? {
            all.value.push(door::typed(operation, item.map(snake_case_keys))?.value);
        }
    }
    pages.error.map_or(Ok(all), Err)
}

/// Every item of a type's own list, with what names it, as its documents are built from.
///
/// # Errors
/// When the list is not whole: a part of it proves nothing.
pub async fn every<T: Listed>(context: &Context) -> Result<Read<Vec<(Envelope, T)>>, CollectError> {
    let found = Found::<T>::list(context).await;
    if let Some(error) = found.trouble {
        return Err(error);
    }
    let mut all = Read { value: Vec::new(), exchanges: found.sources, at: None };
    for (envelope, item) in found.items {
        let item = item.shape?;
        all.value.push((envelope, item.value));
        all.exchanges.extend(&item.exchanges);
        all.at = all.at.max(item.at);
    }
    all.exchanges.sort_unstable();
    all.exchanges.dedup();
    Ok(all)
}

impl ResourceType {
    /// A type that is listed in a project.
    pub const fn listed<T: Listed>(about: &'static str) -> Self {
        Self::of::<T>(about, Reach::Global, Some(|context| Box::pin(collect::<T>(context))))
    }

    /// A type of the organisation.
    pub const fn of_organization<T: Listed>(about: &'static str) -> Self {
        Self::of::<T>(about, Reach::Organization, Some(|context| Box::pin(collect::<T>(context))))
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
            instead: Ways::<T>::INSTEAD,
        }
    }
}

/// The ways to a type's items, as its declaration has them.
struct Ways<T>(std::marker::PhantomData<T>);

impl<T: Listed> Ways<T> {
    #[expect(clippy::ref_option_ref, reason = "the slice that is made of it must be static")]
    const DETAIL: &'static Option<&'static Operation> = &T::DETAIL;
    /// What is asked where the inventory may not be used; nothing of a type that it does not have.
    const INSTEAD: &'static [&'static [&'static Operation]] = match T::ASSET {
        Some(_) => &[T::DIRECT, Self::DETAIL.as_slice()],
        None => &[],
    };
}

async fn collect<T: Listed>(context: &Context) -> Collected {
    let mut found = Found::<T>::list(context).await;
    let items = std::mem::take(&mut found.items);
    let resources = documents(context, items).await;
    found.balance(resources)
}

async fn documents<T: Listed>(context: &Context, items: Vec<(Envelope, super::found::Item<T>)>) -> Vec<Resource> {
    if items.is_empty() {
        return vec![];
    }
    let around = T::around(context).await;
    let around = &around;
    let read: Vec<_> =
        items.into_iter().map(|(envelope, item)| Box::pin(document(context, around, envelope, item))).collect();
    stream::iter(read).buffered(AT_ONCE).collect().await
}

async fn document<T: Listed>(
    context: &Context,
    around: &T::Around,
    envelope: Envelope,
    item: super::found::Item<T>,
) -> Resource {
    let mut draft = Draft::new(T::TYPE, envelope.id.clone(), envelope.name.clone(), &envelope.region);
    draft.tags(Field::Value(envelope.labels.clone()));
    let shape = match item.shape {
        Ok(shape) => shape,
        Err(error) => {
            draft.miss("config", &error);
            return context.finish(draft, &Map::<String, Value>::new(), &Map::<String, Value>::new());
        }
    };
    let source = Read { value: (), exchanges: shape.exchanges, at: shape.at };
    let mut shape = shape.value;
    draft.saw(&source);
    let place = Place { context, envelope: &envelope, item: &item.data };
    let derived = shape.complete(place, around, &mut draft).await;
    let mut config = serde_json::to_value(&shape).unwrap_or_default();
    for path in T::ALWAYS {
        if !keep_unless_null(&mut config, path) {
            let error = door::malformed(item.source, "the setting is missing", source.exchanges.clone());
            draft.miss(&format!("config.{path}"), &CollectError { at: source.at, ..error });
        }
    }
    context.finish(draft, &config, &derived)
}

#[cfg(test)]
mod tests;
