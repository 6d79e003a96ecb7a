//! Calls of Resource Manager and of Microsoft Graph: an operation and what to fill into its path go in, JSON in the
//! provider's own words comes out.
//!
//! The door deliberately knows no shapes. A link to a next page is followed only to where the API itself is asked: the
//! token must not go anywhere else.
//!
//! Documentation: <https://learn.microsoft.com/azure/azure-resource-manager/management/overview>,
//! <https://learn.microsoft.com/graph/paging>.

use super::context::Context;
use super::operation::{Operation, Request};
use crate::document::{self, Pages, Read};
use crate::exchange::{ApiRequest, ApiResponse, CollectError, ErrorDialect};
use bytes::Bytes;
use evidenced_schemas::{Cloud, GapReason};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use url::Url;

/// What a path's value may not hold as it is. Slashes stay: resource ids are paths.
const IN_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');

/// A list that goes on after so many pages does not end.
const PAGES_AT_MOST: usize = 10_000;

/// Exchanges of Azure are recorded under this region: its APIs are asked at one place.
pub(super) const REGION: &str = "global";

impl Context {
    /// Makes one call. `names` are filled into the operation's path, `{id}` by `("id", …)`.
    ///
    /// # Errors
    /// Of every kind in [`crate::exchange::error::rule`].
    pub async fn ask(
        &self,
        operation: &Operation,
        names: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Read<Value>, CollectError> {
        let url = self.url(operation, names)?;
        if !operation.shared {
            return self.call(operation, url, body).await;
        }
        let told = body.map(ToString::to_string).unwrap_or_default();
        let answer = self.shared(format!("{url} {told}"));
        answer.get_or_init(|| self.call(operation, url, body)).await.clone()
    }

    /// Makes the calls of a list until its last page. What was read stays when a later page fails.
    pub async fn ask_all(&self, operation: &Operation, names: &[(&str, &str)]) -> Pages {
        let url = match self.url(operation, names) {
            Ok(url) => url,
            Err(error) => return Pages { error: Some(error), ..Pages::default() },
        };
        if !operation.shared {
            return self.all_pages(operation, url).await;
        }
        let list = self.shared_list(url.to_string());
        list.get_or_init(|| self.all_pages(operation, url)).await.clone()
    }

    async fn all_pages(&self, operation: &Operation, first: Url) -> Pages {
        let (mut url, mut pages, mut seen) = (first.clone(), Pages::default(), BTreeSet::new());
        loop {
            let page = match self.call(operation, url, None).await {
                Ok(page) => page,
                Err(error) => return Pages { error: Some(error), ..pages },
            };
            let next = next_link(&page.value, &first);
            let (at, exchanges) = (page.at, page.exchanges.clone());
            pages.pages.push(page);
            let trouble = match next {
                Ok(None) => return pages,
                Ok(Some(_)) if pages.pages.len() >= PAGES_AT_MOST => "the list does not end".to_owned(),
                Ok(Some(next)) if seen.insert(next.clone()) => {
                    url = next;
                    continue;
                }
                Ok(Some(_)) => "the answer gave a link to a next page for the second time".to_owned(),
                Err(trouble) => trouble,
            };
            return Pages { error: Some(CollectError { at, ..malformed(operation, trouble, exchanges) }), ..pages };
        }
    }

    fn url(&self, operation: &Operation, names: &[(&str, &str)]) -> Result<Url, CollectError> {
        let (Request::Get(path) | Request::Post(path)) = operation.request else {
            return Err(malformed(operation, "rows of Resource Graph are asked for by its query", vec![]));
        };
        let mut filled = path.to_owned();
        for (name, value) in names {
            filled = filled.replace(&format!("{{{name}}}"), &utf8_percent_encode(value, IN_PATH).to_string());
        }
        let base = self.endpoint(operation.api);
        let whole = format!("{}{filled}", base.as_str().trim_end_matches('/'));
        Url::parse(&whole).map_err(|error| malformed(operation, format!("{whole}: {error}"), vec![]))
    }

    async fn call(&self, operation: &Operation, url: Url, body: Option<&Value>) -> Result<Read<Value>, CollectError> {
        let request = ApiRequest {
            cloud: Cloud::Azure,
            region: REGION.to_owned(),
            service: operation.service.to_owned(),
            operation: operation.name.to_owned(),
            method: if body.is_some() { Method::POST } else { Method::GET },
            url,
            headers: self.headers(operation).await?,
            body: body.map(|body| Bytes::from(body.to_string())).unwrap_or_default(),
            dialect: ErrorDialect::Azure,
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
        let audience = self.endpoint(operation.api);
        let scope = format!("{}/.default", audience.as_str().trim_end_matches('/'));
        let refused = |kind, message| CollectError { kind, ..malformed(operation, message, vec![]) };
        let token = credentials.token(&scope).await.map_err(|error| {
            let kind = if error.passing() { GapReason::Unavailable } else { GapReason::Unauthenticated };
            refused(kind, error.to_string())
        })?;
        let mut value = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| refused(GapReason::Unauthenticated, "the token is no text for a header".to_owned()))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
        Ok(headers)
    }
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
        let is_unlicensed = operation.unlicensed.contains(&error.code.as_str());
        let kind = if is_unlicensed { GapReason::NotEnabled } else { error.kind };
        return Err(CollectError { kind, ..error });
    }
    let exchanges = if response.seq == 0 { vec![] } else { vec![response.seq] };
    let at = Some(response.finished_at);
    match serde_json::from_slice::<Value>(&response.body) {
        Ok(value @ Value::Object(_)) => Ok(Read { value, exchanges, at }),
        Ok(_) => Err(CollectError { at, ..malformed(operation, "the answer is no JSON object", exchanges) }),
        Err(error) => Err(CollectError { at, ..malformed(operation, format!("no JSON: {error}"), exchanges) }),
    }
}

/// The next page; none at the last.
fn next_link(page: &Value, asked: &Url) -> Result<Option<Url>, String> {
    let link = ["nextLink", "@odata.nextLink"].iter().find_map(|member| page.get(member));
    match link {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(link)) if link.is_empty() => Ok(None),
        Some(Value::String(link)) => match Url::parse(link) {
            Ok(next) if next.origin() == asked.origin() => Ok(Some(next)),
            Ok(next) => Err(format!("the next page is at another place, {}", next.origin().ascii_serialization())),
            Err(error) => Err(format!("the link to the next page is no URL: {error}")),
        },
        Some(_) => Err("the link to the next page is no text".to_owned()),
    }
}

#[cfg(test)]
mod tests;
