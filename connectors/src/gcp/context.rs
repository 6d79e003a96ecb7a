//! What every Google Cloud family reads through: the order, the door, the tokens, and what was read once for all of them.
//!
//! It deliberately offers no way around the [`Transport`].

use super::ancestry::Ancestry;
use super::assets::{Assets, Policies};
use super::credentials::Credentials;
use super::operation::Operation;
use crate::collection::Order;
use crate::document::{Draft, Pages, Read};
use crate::exchange::{CollectError, Transport};
use evidenced_schemas::{Cloud, Instant, Resource};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;
use url::Url;

/// Key of [`evidenced_schemas::run::Asked::endpoints`] for every service that has none of its own: its address is this one's
/// and the service's short name (`http://127.0.0.1:8080/storage/`).
pub const EVERY_SERVICE: &str = "default";
/// Key of the same map for the universe, as `https://<universe domain>/`.
pub const UNIVERSE: &str = "universe_domain";

/// The universe of all but sovereign clouds.
pub const PUBLIC: &str = "googleapis.com";

/// The answer of a request that several resource types make ([`Operation::shared`]).
pub(super) type Shared = Arc<OnceCell<Result<Read<Value>, CollectError>>>;
/// The same for a list.
pub(super) type SharedList = Arc<OnceCell<Pages>>;

/// One project or organisation being read.
#[derive(Debug)]
pub struct Context {
    order: Order,
    transport: Arc<dyn Transport>,
    credentials: Option<Credentials>,
    shared: Mutex<BTreeMap<String, Shared>>,
    lists: Mutex<BTreeMap<String, SharedList>>,
    /// What Cloud Asset Inventory has of the project.
    pub(super) assets: OnceCell<Arc<Assets>>,
    /// The same of IAM policies.
    pub(super) policies: OnceCell<Arc<Policies>>,
    /// The project's number and what is above it.
    pub(super) ancestry: OnceCell<Result<Read<Ancestry>, CollectError>>,
}

impl Context {
    /// A context. A replay has no credentials: its requests carry no token.
    pub fn new(order: Order, transport: Arc<dyn Transport>, credentials: Option<Credentials>) -> Self {
        Self {
            order,
            transport,
            credentials,
            shared: Mutex::default(),
            lists: Mutex::default(),
            assets: OnceCell::new(),
            policies: OnceCell::new(),
            ancestry: OnceCell::new(),
        }
    }

    /// What was asked.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// The project's id; in a run of the organisation its scope.
    pub fn project(&self) -> &str {
        self.order.scope.as_str()
    }

    /// The organisation's number in a run of the organisation; else empty.
    pub fn organization(&self) -> &str {
        super::organization_of(&self.order.scope).unwrap_or_default()
    }

    /// The instant of the run.
    pub fn as_of(&self) -> Instant {
        self.order.as_of
    }

    /// Tells how the reading goes on.
    pub fn progress(&self, family: &str, text: &str) {
        self.order.progress.step(family, text);
    }

    /// Closes a document of this scope.
    pub fn finish(&self, draft: Draft, config: &impl Serialize, derived: &impl Serialize) -> Resource {
        draft.finish(Cloud::Gcp, &self.order.scope, self.order.as_of, config, derived)
    }

    /// Where a service is asked.
    pub fn endpoint(&self, operation: &Operation) -> Result<Url, url::ParseError> {
        endpoint(&self.order.asked.endpoints, operation.service)
    }

    /// The door.
    pub(super) fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    /// The tokens; none in a replay.
    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// The place of the answer to a request that is made once.
    pub(super) fn shared(&self, request: String) -> Shared {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shared.entry(request).or_default())
    }

    /// The place of the pages of a list that is asked once.
    pub(super) fn shared_list(&self, request: String) -> SharedList {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lists.entry(request).or_default())
    }
}

/// A service's short name, by which configuration names its endpoint: `cloudasset`.
pub fn short_name(service: &str) -> &str {
    service.strip_suffix(".googleapis.com").unwrap_or(service)
}

/// Where a service is asked: its own endpoint, else the one for every service, else its address in the universe.
///
/// # Errors
/// When the universe makes no address.
pub fn endpoint(endpoints: &BTreeMap<String, Url>, service: &str) -> Result<Url, url::ParseError> {
    let short = short_name(service);
    if let Some(own) = endpoints.get(short) {
        return Ok(own.clone());
    }
    if let Some(every) = endpoints.get(EVERY_SERVICE) {
        return Url::parse(&format!("{}/{short}/", every.as_str().trim_end_matches('/')));
    }
    let universe = endpoints.get(UNIVERSE).and_then(Url::host_str).unwrap_or(PUBLIC);
    Url::parse(&format!("https://{short}.{universe}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_asked_where_the_order_says() {
        let asked = |pairs: &[(&str, &str)]| {
            let endpoints = pairs.iter().map(|(key, url)| ((*key).to_owned(), url.parse().unwrap())).collect();
            endpoint(&endpoints, "storage.googleapis.com").unwrap().to_string()
        };
        assert_eq!(asked(&[]), "https://storage.googleapis.com/");
        assert_eq!(asked(&[("universe_domain", "https://example.goog/")]), "https://storage.example.goog/");
        assert_eq!(asked(&[("default", "http://127.0.0.1:1")]), "http://127.0.0.1:1/storage/");
        let own = [("default", "http://127.0.0.1:1"), ("storage", "http://127.0.0.1:2/x/")];
        assert_eq!(asked(&own), "http://127.0.0.1:2/x/");
    }
}
