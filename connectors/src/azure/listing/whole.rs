//! Answers and lists that are one fact: whole, or an error.
//!
//! Azure leaves out of an answer what has no value, so that an answer with hardly a member may be true. But Resource Manager and
//! Microsoft Graph give each thing its id, always: what has none is no such thing, and says nothing about settings.

use super::{Envelope, Found, Listed};
use crate::azure::context::Context;
use crate::azure::door;
use crate::azure::operation::Operation;
use crate::document::{Pages, Read};
use crate::exchange::CollectError;
use crate::words::snake_case_keys;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// One answer, in a shape with members in snake_case.
///
/// # Errors
/// When it could not be read, has no id or does not fit; use [`door::absent`] where an error code is a fact.
pub async fn one<T: DeserializeOwned>(
    context: &Context,
    operation: &Operation,
    names: &[(&str, &str)],
) -> Result<Read<T>, CollectError> {
    let answer = identified(operation, context.ask(operation, names, None).await?)?;
    door::typed(operation, answer.map(snake_case_keys))
}

/// Every item of a list in the provider's own words, in the order of its pages.
///
/// # Errors
/// When a page could not be read, or an item has no id or does not fit: a part of such a list proves nothing.
pub async fn whole<T: DeserializeOwned>(
    context: &Context,
    operation: &Operation,
    names: &[(&str, &str)],
) -> Result<Read<Vec<T>>, CollectError> {
    gathered(operation, context.ask_all(operation, names).await, |item| item)
}

/// The same, with members in snake_case.
///
/// # Errors
/// As [`whole`].
pub async fn whole_in_words<T: DeserializeOwned>(
    context: &Context,
    operation: &Operation,
    names: &[(&str, &str)],
) -> Result<Read<Vec<T>>, CollectError> {
    gathered(operation, context.ask_all(operation, names).await, snake_case_keys)
}

/// The same for a list at the subscription that becomes a part of another document: Resource Manager leaves out of it what the
/// reader may not see.
///
/// # Errors
/// As [`whole`], and where the reader may not see everything.
pub async fn whole_if_seen<T: DeserializeOwned>(
    context: &Context,
    operation: &Operation,
    names: &[(&str, &str)],
) -> Result<Read<Vec<T>>, CollectError> {
    let all = whole_in_words(context, operation, names).await?;
    match context.reader().and_then(|reader| reader.hides(operation)) {
        Some(hidden) => Err(hidden.error),
        None => Ok(all),
    }
}

fn gathered<T: DeserializeOwned>(
    operation: &Operation,
    pages: Pages,
    words: fn(Value) -> Value,
) -> Result<Read<Vec<T>>, CollectError> {
    let exchanges = pages.pages.iter().flat_map(|page| page.exchanges.clone()).collect();
    let at = pages.pages.iter().filter_map(|page| page.at).max();
    let value = apart(operation, pages, words)?.into_iter().map(|item| item.value).collect();
    Ok(Read { value, exchanges, at })
}

/// The same as [`whole_in_words`], each item with the exchange of its own page: for lists as long as the population that
/// they are joined to.
///
/// # Errors
/// As [`whole`].
pub async fn each_in_words<T: DeserializeOwned>(
    context: &Context,
    operation: &Operation,
    names: &[(&str, &str)],
) -> Result<Vec<Read<T>>, CollectError> {
    apart(operation, context.ask_all(operation, names).await, snake_case_keys)
}

fn apart<T: DeserializeOwned>(
    operation: &Operation,
    pages: Pages,
    words: fn(Value) -> Value,
) -> Result<Vec<Read<T>>, CollectError> {
    let mut all = Vec::new();
    for page in &pages.pages {
        for item in items(operation, page)? {
            all.push(door::typed(operation, identified(operation, item)?.map(words))?);
        }
    }
    pages.error.map_or(Ok(all), Err)
}

/// A thing, which has an id.
///
/// # Errors
/// When it has none.
pub(super) fn identified(operation: &Operation, thing: Read<Value>) -> Result<Read<Value>, CollectError> {
    if thing.value.get("id").and_then(Value::as_str).is_some_and(|id| !id.is_empty()) {
        return Ok(thing);
    }
    let error = door::malformed(operation, "what was answered has no id", thing.exchanges);
    Err(CollectError { at: thing.at, ..error })
}

/// The items of a page.
pub(super) fn items(operation: &Operation, page: &Read<Value>) -> Result<Vec<Read<Value>>, CollectError> {
    let Some(Value::Array(items)) = page.value.get("value") else {
        let error = door::malformed(operation, "the answer has no list `value`", page.exchanges.clone());
        return Err(CollectError { at: page.at, ..error });
    };
    Ok(items.iter().map(|item| Read { value: item.clone(), exchanges: page.exchanges.clone(), at: page.at }).collect())
}

/// Every item of a type's own list, with what names it, as its documents are built from.
///
/// # Errors
/// When the list is not whole: a part of it proves nothing.
pub async fn every<T: Listed>(context: &Context) -> Result<Read<Vec<(Envelope, T)>>, CollectError> {
    let found = Found::<T>::list(context).await;
    if let Some((_, error)) = found.trouble {
        return Err(error);
    }
    let mut all = Read { value: Vec::new(), exchanges: vec![], at: None };
    for (envelope, item) in found.items {
        all.value.push((envelope, item.value));
        all.exchanges.extend(&item.exchanges);
        all.at = all.at.max(item.at);
    }
    all.exchanges.sort_unstable();
    all.exchanges.dedup();
    Ok(all)
}
