//! Calls of Google Cloud's APIs: an operation and what to fill into its path go in, JSON in the provider's own words comes out.
//!
//! The door deliberately knows no shapes, but one: an answer may say that a place could not be reached and its items are
//! missing. Such a list is not whole.
//!
//! Documentation: <https://google.aip.dev/158> (paging), <https://google.aip.dev/217> (unreachable).

use super::context::Context;
use super::credentials::CredentialsErrorKind;
use super::operation::{Items, Operation, Request};
use super::path::Filling;
use crate::document::{self, Pages, Read};
use crate::exchange::{ApiRequest, ApiResponse, CollectError, ErrorDialect};
use bytes::Bytes;
use evidenced_schemas::{Cloud, GapReason};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use url::Url;

/// A list that goes on after so many pages does not end.
const PAGES_AT_MOST: usize = 10_000;

/// Exchanges of Google Cloud are recorded under this region: its APIs are asked at one place.
pub(super) const REGION: &str = "global";

/// Members in which an answer says where it could not look.
const UNREACHABLE: [&str; 4] = ["unreachable", "unreachables", "missingZones", "warnings"];

impl Context {
    /// Makes one call about an item (null for none). `{project}` and `{organization}` are filled in here.
    ///
    /// # Errors
    /// Of every kind in [`crate::exchange::error::rule`].
    pub async fn ask(
        &self,
        operation: &Operation,
        names: &[(&str, &str)],
        item: &Value,
    ) -> Result<Read<Value>, CollectError> {
        let url = self.url(operation, names, item)?;
        if !operation.shared {
            return self.call(operation, url).await;
        }
        let answer = self.shared(format!("{} {url}", operation.name));
        answer.get_or_init(|| self.call(operation, url)).await.clone()
    }

    /// Makes a call whose body says what is asked.
    ///
    /// # Errors
    /// Of every kind in [`crate::exchange::error::rule`].
    pub(super) async fn ask_with(&self, operation: &Operation, body: &Value) -> Result<Read<Value>, CollectError> {
        let url = self.url(operation, &[], &Value::Null)?;
        self.send(operation, url, Bytes::from(body.to_string())).await
    }

    /// Makes the calls of a list until its last page. What was read stays when a later page fails.
    pub async fn ask_all(&self, operation: &Operation, names: &[(&str, &str)], item: &Value) -> Pages {
        let url = match self.url(operation, names, item) {
            Ok(url) => url,
            Err(error) => return Pages { error: Some(error), ..Pages::default() },
        };
        if !operation.shared {
            return self.all_pages(operation, &url).await;
        }
        let list = self.shared_list(format!("{} {url}", operation.name));
        list.get_or_init(|| self.all_pages(operation, &url)).await.clone()
    }

    /// Makes the calls of a list from this address on.
    pub(super) async fn all_pages(&self, operation: &Operation, first: &Url) -> Pages {
        let (mut url, mut pages, mut seen) = (first.clone(), Pages::default(), BTreeSet::new());
        loop {
            let page = match self.call(operation, url).await {
                Ok(page) => page,
                Err(error) => return Pages { error: Some(error), ..pages },
            };
            let next = page.value.get("nextPageToken").cloned();
            let unreached = unreached(&page.value);
            let (at, exchanges) = (page.at, page.exchanges.clone());
            pages.pages.push(page);
            let trouble = match (next, unreached) {
                (_, Some(trouble)) => trouble,
                (None | Some(Value::Null), None) => return pages,
                (Some(Value::String(token)), None) if token.is_empty() => return pages,
                (Some(Value::String(_)), None) if pages.pages.len() >= PAGES_AT_MOST => {
                    "the list does not end".to_owned()
                }
                (Some(Value::String(token)), None) if seen.insert(token.clone()) => {
                    url = first.clone();
                    url.query_pairs_mut().append_pair("pageToken", &token);
                    continue;
                }
                (Some(Value::String(_)), None) => {
                    "the answer gave a token of a next page for the second time".to_owned()
                }
                (Some(_), None) => "the token of the next page is no text".to_owned(),
            };
            return Pages { error: Some(CollectError { at, ..malformed(operation, trouble, exchanges) }), ..pages };
        }
    }

    /// Where an operation is asked.
    pub(super) fn url(&self, operation: &Operation, names: &[(&str, &str)], item: &Value) -> Result<Url, CollectError> {
        let (Request::Get(path) | Request::Post(path, _)) = operation.request else {
            return Err(malformed(operation, "the assets of all types are asked for by one list", vec![]));
        };
        let of_the_run = [("project", self.project()), ("organization", self.organization())];
        let names: Vec<(&str, &str)> = names.iter().copied().chain(of_the_run).collect();
        let filled = Filling { names: &names, item }.url(path);
        let filled = filled.map_err(|missing| malformed(operation, format!("{path}: {missing}"), vec![]))?;
        let wrong = |error: url::ParseError| malformed(operation, format!("{filled}: {error}"), vec![]);
        let base = self.endpoint(operation).map_err(wrong)?;
        Url::parse(&format!("{}/{filled}", base.as_str().trim_end_matches('/'))).map_err(wrong)
    }

    async fn call(&self, operation: &Operation, url: Url) -> Result<Read<Value>, CollectError> {
        let body = match operation.request {
            Request::Get(_) | Request::Asset(_) => Bytes::new(),
            Request::Post(_, body) => Bytes::from_static(body.as_bytes()),
        };
        self.send(operation, url, body).await
    }

    async fn send(&self, operation: &Operation, url: Url, body: Bytes) -> Result<Read<Value>, CollectError> {
        let method = match operation.request {
            Request::Get(_) | Request::Asset(_) => Method::GET,
            Request::Post(..) => Method::POST,
        };
        let request = ApiRequest {
            cloud: Cloud::Gcp,
            region: REGION.to_owned(),
            service: operation.service.to_owned(),
            operation: operation.name.to_owned(),
            method,
            url,
            headers: self.headers(operation).await?,
            body,
            dialect: ErrorDialect::Google,
            secrets: operation.secrets,
        };
        let response = self.transport().call(request.clone()).await?;
        read(operation, &request, &response)
    }

    async fn headers(&self, operation: &Operation) -> Result<HeaderMap, CollectError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let Some(credentials) = self.credentials() else { return Ok(headers) };
        let token = credentials.headers_for(operation.oauth_scope).await.map_err(|error| {
            let kind = match error.kind {
                CredentialsErrorKind::Unusable => GapReason::Unauthenticated,
                CredentialsErrorKind::Unavailable => GapReason::Unavailable,
            };
            CollectError { kind, ..malformed(operation, error.to_string(), vec![]) }
        })?;
        for (name, mut value) in token.iter().map(|(name, value)| (name.clone(), value.clone())) {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }
}

/// The items of a page.
///
/// # Errors
/// `malformed`, where a list is of another kind, or a part of it could not be reached.
pub(super) fn items(operation: &Operation, page: &Read<Value>) -> Result<Vec<Read<Value>>, CollectError> {
    let wrong = |what: String| CollectError { at: page.at, ..malformed(operation, what, page.exchanges.clone()) };
    let found = match operation.items {
        Items::None => return Err(wrong("the operation is declared as no list".to_owned())),
        Items::In(member) => list(operation, &page.value, member).map_err(wrong)?.to_vec(),
        Items::Aggregated(member) => aggregated(operation, &page.value, member).map_err(wrong)?,
    };
    Ok(found.into_iter().map(|value| Read { value, exchanges: page.exchanges.clone(), at: page.at }).collect())
}

/// Google's APIs leave out a list that is empty. An answer that has neither the list nor anything that such an answer has is
/// another answer.
fn list<'a>(operation: &Operation, page: &'a Value, member: &str) -> Result<&'a [Value], String> {
    match page.get(member) {
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(format!("`{member}` is no list")),
        None if is_empty_page(operation, page) => Ok(&[]),
        None => Err(format!("the answer has no list `{member}`")),
    }
}

/// Members that a page without items may have.
const BESIDE: [&str; 10] =
    ["kind", "etag", "id", "selfLink", "nextPageToken", "header", "readTime", "totalItems", "totalSize", "pageInfo"];

/// Services whose lists always have a `kind`, as their references say: an answer without it is none of theirs, be it empty.
const OF_A_KIND: [&str; 4] =
    ["admin.googleapis.com", "bigquery.googleapis.com", "compute.googleapis.com", "storage.googleapis.com"];

fn is_empty_page(operation: &Operation, page: &Value) -> bool {
    let Some(members) = page.as_object() else { return false };
    let has_kind = members.get("kind").is_some_and(Value::is_string) || !OF_A_KIND.contains(&operation.service);
    has_kind && members.keys().all(|name| BESIDE.contains(&name.as_str()))
}

fn aggregated(operation: &Operation, page: &Value, member: &str) -> Result<Vec<Value>, String> {
    let places = match page.get("items") {
        Some(Value::Object(places)) => places,
        Some(_) => return Err("`items` is no map of places".to_owned()),
        None if is_empty_page(operation, page) => return Ok(vec![]),
        None => return Err("the answer has no map `items`".to_owned()),
    };
    let mut all = Vec::new();
    for (place, held) in places {
        match held.get(member) {
            Some(Value::Array(items)) => all.extend(items.iter().cloned()),
            Some(_) => return Err(format!("`{member}` of {place} is no list")),
            // A place without items says so in a warning; any other warning is about items that are missing.
            None => match held.pointer("/warning/code").and_then(Value::as_str) {
                Some("NO_RESULTS_ON_PAGE") | None => {}
                Some(code) => return Err(format!("{place} was not read: {code}")),
            },
        }
    }
    Ok(all)
}

/// Where a page says that it could not look.
fn unreached(page: &Value) -> Option<String> {
    let places = UNREACHABLE.iter().filter_map(|member| page.get(*member)?.as_array()).flatten();
    let named: Vec<String> =
        places.map(|place| place.as_str().map_or_else(|| place.to_string(), str::to_owned)).collect();
    (!named.is_empty()).then(|| format!("the list is not whole, not reached: {}", named.join(", ")))
}

/// Reads an answer into a shape. What does not fit is `malformed`.
///
/// # Errors
/// `malformed`, with the member that does not fit.
pub fn typed<T: DeserializeOwned>(operation: &Operation, read: Read<Value>) -> Result<Read<T>, CollectError> {
    match serde_json::from_value(read.value) {
        Ok(value) => Ok(Read { value, exchanges: read.exchanges, at: read.at }),
        Err(error) => Err(CollectError { at: read.at, ..malformed(operation, error.to_string(), read.exchanges) }),
    }
}

/// A call's outcome where the operation's declared absence codes are a fact.
///
/// # Errors
/// Every other failure.
pub fn absent<T>(
    operation: &Operation,
    outcome: Result<Read<T>, CollectError>,
) -> Result<Read<Option<T>>, CollectError> {
    document::absent(operation.absent, outcome)
}

/// An answer that cannot be right, or a call that was not sent.
pub(super) fn malformed(operation: &Operation, message: impl Into<String>, exchanges: Vec<u64>) -> CollectError {
    CollectError::malformed(operation.service, operation.name, REGION, message, exchanges)
}

fn read(operation: &Operation, request: &ApiRequest, response: &ApiResponse) -> Result<Read<Value>, CollectError> {
    if let Some(error) = CollectError::from_response(request, response) {
        return Err(error);
    }
    let exchanges = if response.seq == 0 { vec![] } else { vec![response.seq] };
    let at = Some(response.finished_at);
    match serde_json::from_slice::<Value>(&response.body) {
        Ok(value @ Value::Object(_)) => Ok(Read { value, exchanges, at }),
        Ok(_) => Err(CollectError { at, ..malformed(operation, "the answer is no JSON object", exchanges) }),
        Err(error) => Err(CollectError { at, ..malformed(operation, format!("no JSON: {error}"), exchanges) }),
    }
}

#[cfg(test)]
mod tests;
