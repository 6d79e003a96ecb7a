//! What every Azure family reads through: the order, the door, the tokens, and what was read once for all of them.
//!
//! It deliberately offers no way around the [`Transport`].

use super::credentials::Credentials;
use super::operation::Api;
use super::reader::Reader;
use super::tables::Rows;
use crate::collection::Order;
use crate::document::{Draft, Read};
use crate::exchange::{CollectError, Transport};
use evidenced_schemas::{Cloud, Instant, Resource};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::OnceCell;
use url::Url;

/// Keys of [`evidenced_schemas::run::Asked::endpoints`].
pub const RESOURCE_MANAGER: &str = "resource_manager";
/// The same, for Microsoft Graph.
pub const GRAPH: &str = "graph";

/// The answer of a request that several resource types make ([`super::Operation::shared`]).
pub(super) type Shared = Arc<OnceCell<Result<Read<Value>, CollectError>>>;
/// The same for a list.
pub(super) type SharedList = Arc<OnceCell<crate::document::Pages>>;

/// One subscription or tenant being read.
#[derive(Debug)]
pub struct Context {
    order: Order,
    transport: Arc<dyn Transport>,
    credentials: Option<Credentials>,
    reader: OnceLock<Reader>,
    shared: Mutex<BTreeMap<String, Shared>>,
    lists: Mutex<BTreeMap<String, SharedList>>,
    tables: Mutex<BTreeMap<&'static str, Arc<OnceCell<Arc<Rows>>>>>,
}

impl Context {
    /// A context. A replay has no credentials: its requests carry no token.
    pub fn new(order: Order, transport: Arc<dyn Transport>, credentials: Option<Credentials>) -> Self {
        Self {
            order,
            transport,
            credentials,
            reader: OnceLock::new(),
            shared: Mutex::default(),
            lists: Mutex::default(),
            tables: Mutex::default(),
        }
    }

    /// What was asked.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// The subscription's id; the tenant's scope in a run of the tenant.
    pub fn subscription(&self) -> &str {
        self.order.scope.as_str()
    }

    /// `/subscriptions/<id>`
    pub fn subscription_path(&self) -> String {
        format!("/subscriptions/{}", self.subscription())
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
        draft.finish(Cloud::Azure, &self.order.scope, self.order.as_of, config, derived)
    }

    /// Where an API is asked: the endpoint of the order, else that of the public cloud.
    pub fn endpoint(&self, api: Api) -> Url {
        endpoint(&self.order.asked.endpoints, api)
    }

    /// What the reader may see of the subscription; none until it was asked, and in a run of the tenant.
    pub(super) fn reader(&self) -> Option<&Reader> {
        self.reader.get()
    }

    /// Notes what the reader may see, once.
    pub(super) fn set_reader(&self, reader: Reader) {
        let _ = self.reader.set(reader);
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

    /// The place of the rows of a table of Resource Graph.
    pub(super) fn table(&self, table: &'static str) -> Arc<OnceCell<Arc<Rows>>> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tables.entry(table).or_default())
    }
}

/// Where an API is asked: one of these endpoints, else that of the public cloud.
///
/// # Panics
/// Never: the constants are URLs.
pub fn endpoint(endpoints: &BTreeMap<String, Url>, api: Api) -> Url {
    let (key, public) = match api {
        Api::ResourceManager => (RESOURCE_MANAGER, "https://management.azure.com/"),
        Api::Graph => (GRAPH, "https://graph.microsoft.com/"),
    };
    endpoints.get(key).cloned().unwrap_or_else(|| Url::parse(public).expect("the constant is a URL"))
}
