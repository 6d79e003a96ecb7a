//! What every AWS family reads through: the order, the door, the credentials, and the SDK clients over them.
//!
//! It deliberately offers no way around the [`Transport`]: the SDK clients get it as their HTTP client, with their own
//! retries, time limits and checks turned off, because those live in the transport alone.

use super::clients;
use super::identity::{self, Caller};
use super::operation::Operation;
use super::partition::{self, Partition};
use super::regions::{self, Discovered, Region};
use crate::collection::Order;
use crate::document::{Draft, Read};
use crate::exchange::{CollectError, Transport};
use aws_credential_types::provider::SharedCredentialsProvider;
use evidenced_schemas::{Cloud, Instant, Resource};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use url::Url;

/// The answer of a request that several resource types make ([`Operation::shared`]).
pub(super) type Shared = Arc<OnceCell<Result<Read<Value>, CollectError>>>;

/// One account being read.
#[derive(Debug)]
pub struct Context {
    order: Order,
    transport: Arc<dyn Transport>,
    credentials: SharedCredentialsProvider,
    partition: &'static Partition,
    caller: OnceLock<Result<Read<Caller>, CollectError>>,
    regions: OnceLock<Discovered>,
    shared: Mutex<BTreeMap<String, Shared>>,
    iam: OnceLock<aws_sdk_iam::Client>,
    s3: Mutex<BTreeMap<String, aws_sdk_s3::Client>>,
}

impl Context {
    /// A context whose regions are not known yet.
    pub fn new(order: Order, transport: Arc<dyn Transport>, credentials: SharedCredentialsProvider) -> Self {
        let partition = partition::of_region(&order.asked.home_region);
        Self {
            order,
            transport,
            credentials,
            partition,
            caller: OnceLock::new(),
            regions: OnceLock::new(),
            shared: Mutex::default(),
            iam: OnceLock::new(),
            s3: Mutex::default(),
        }
    }

    /// What was asked.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// The account's id.
    pub fn account(&self) -> &str {
        self.order.scope.as_str()
    }

    /// The partition of the home region.
    pub fn partition(&self) -> &'static Partition {
        self.partition
    }

    /// The instant of the run.
    pub fn as_of(&self) -> Instant {
        self.order.as_of
    }

    /// The region that global calls and the region list are asked in.
    pub fn home_region(&self) -> &str {
        &self.order.asked.home_region
    }

    /// Regions of the run, sorted; the home region alone until they are known.
    pub fn regions(&self) -> &[String] {
        let home = std::slice::from_ref(&self.order.asked.home_region);
        self.regions.get().map_or(home, |regions| regions.to_read.as_slice())
    }

    /// Every region of the account.
    ///
    /// # Errors
    /// Why they could not be listed.
    pub fn listed_regions(&self) -> Result<Read<Vec<Region>>, CollectError> {
        self.regions.get().map_or_else(|| Err(not_asked(&regions::DESCRIBE_REGIONS)), |found| found.listed.clone())
    }

    /// The identity that reads.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn caller(&self) -> Result<Read<Caller>, CollectError> {
        self.caller.get().map_or_else(|| Err(not_asked(&identity::GET_CALLER_IDENTITY)), Clone::clone)
    }

    /// Notes the identity, once.
    pub(super) fn set_caller(&self, caller: Result<Read<Caller>, CollectError>) {
        let _ = self.caller.set(caller);
    }

    /// Notes the regions, once.
    pub(super) fn set_regions(&self, regions: Discovered) {
        let _ = self.regions.set(regions);
    }

    /// Waits for the provider to work on something; a replay does not wait.
    pub async fn pause(&self, time: Duration) {
        self.transport.pause(time).await;
    }

    /// Tells how the reading goes on.
    pub fn progress(&self, family: &str, text: &str) {
        self.order.progress.step(family, text);
    }

    /// Closes a document of this account.
    pub fn finish(&self, draft: Draft, config: &impl Serialize, derived: &impl Serialize) -> Resource {
        draft.finish(Cloud::Aws, &self.order.scope, self.order.as_of, config, derived)
    }

    /// The endpoint that stands in for a service's own, where one is set: the service's key (`s3_control`), else `*`.
    pub(super) fn endpoint(&self, key: &str) -> Option<&Url> {
        clients::endpoint(&self.order.asked, key)
    }

    /// The place of the answer to a request that is made once.
    pub(super) fn shared(&self, request: String) -> Shared {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shared.entry(request).or_default())
    }

    /// The door.
    pub(super) fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    /// The credentials.
    pub(super) fn credentials(&self) -> &SharedCredentialsProvider {
        &self.credentials
    }

    /// The client for IAM.
    pub fn iam(&self) -> aws_sdk_iam::Client {
        let build = || clients::iam(&self.transport, &self.credentials, &self.order.asked);
        self.iam.get_or_init(build).clone()
    }

    /// The client for S3 in a region.
    pub fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        let mut clients = self.s3.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .entry(region.to_owned())
            .or_insert_with(|| clients::s3(&self.transport, &self.credentials, &self.order.asked, region))
            .clone()
    }
}

/// The outcome of a call that this context never made.
fn not_asked(operation: &Operation) -> CollectError {
    CollectError::malformed(operation.service, operation.name, "global", "was not asked", vec![])
}
