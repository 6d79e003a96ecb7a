//! The subscriptions of a job, and its tenant.
//!
//! `subscriptions: all` is every subscription that the credentials reach in their tenant, or every one under a management
//! group, and the tenant as a scope of its own.

use super::{Found, ScopesError};
use crate::collect::{self, Scope};
use evidenced_connectors::Order;
use evidenced_connectors::azure::context::{GRAPH, RESOURCE_MANAGER};
use evidenced_connectors::azure::credentials::Credentials;
use evidenced_connectors::azure::identity::Identity;
use evidenced_connectors::azure::{self, Api, Context, context, subscription};
use evidenced_connectors::exchange::Transport;
use evidenced_schemas::config::{AzureJob, Subscriptions};
use evidenced_schemas::run::{Asked, Regions};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// Finds scopes with the ambient credentials. Its calls are recorded nowhere.
#[derive(Debug)]
pub struct AzureScopes {
    transport: Arc<dyn Transport>,
    /// Credentials by authority: they hold the tokens.
    credentials: Mutex<BTreeMap<Option<Url>, Credentials>>,
}

impl AzureScopes {
    /// Asks over this transport, which records nothing.
    pub fn over(transport: Arc<dyn Transport>) -> Self {
        Self { transport, credentials: Mutex::default() }
    }

    /// The scopes of a job.
    ///
    /// # Errors
    /// When there are no credentials, or no subscription can be told.
    pub async fn of(&self, job: &AzureJob) -> Result<Found, ScopesError> {
        let credentials = self.credentials(job)?;
        let asked = asked(job);
        let audience = context::endpoint(&asked.endpoints, Api::ResourceManager);
        let token = credentials.token(&format!("{}/.default", audience.as_str().trim_end_matches('/'))).await?;
        let identity = Identity::of_token(&token).ok_or(ScopesError::NoIdentity)?;
        let reads = collect::Credentials::Azure {
            credentials: Some(credentials.clone()),
            identity: Some(identity.to_string()),
        };
        let scope = |id: String| {
            let named = id.parse().map_err(ScopesError::Name);
            (id, named.map(|id| Scope { id, asked: asked.clone(), credentials: reads.clone() }))
        };
        let ids = match &job.subscriptions {
            Some(Subscriptions::Ids(ids)) => ids.clone(),
            Some(Subscriptions::Word(_)) | None => self.listed(job, &asked, &credentials).await?,
        };
        let mut found = Found::default();
        if job.reads_tenant() {
            let id = azure::tenant_scope(&identity.tenant_id).map_err(ScopesError::Name)?;
            found.take([scope(id.to_string())]);
        }
        found.take(ids.into_iter().map(|id| scope(id.to_ascii_lowercase())));
        Ok(found)
    }

    fn credentials(&self, job: &AzureJob) -> Result<Credentials, ScopesError> {
        let mut held = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credentials) = held.get(&job.authority) {
            return Ok(credentials.clone());
        }
        let credentials = Credentials::ambient_at(Arc::clone(&self.transport), job.authority.as_ref())?;
        held.insert(job.authority.clone(), credentials.clone());
        Ok(credentials)
    }

    /// The ids of all subscriptions, sorted.
    async fn listed(
        &self,
        job: &AzureJob,
        asked: &Asked,
        credentials: &Credentials,
    ) -> Result<Vec<String>, ScopesError> {
        let scope = "unknown".parse().map_err(ScopesError::Name)?;
        let order = Order::new(scope, asked.clone(), collect::now());
        let context = Context::new(order, Arc::clone(&self.transport), Some(credentials.clone()));
        let ids = match &job.management_group {
            Some(group) => subscription::under(&context, group).await,
            None => subscription::reached(&context).await,
        };
        let mut ids = ids.map_err(ScopesError::Subscriptions)?;
        ids.sort();
        ids.dedup();
        if ids.is_empty() { Err(ScopesError::NoSubscription) } else { Ok(ids) }
    }
}

/// What is asked of a scope of this job.
fn asked(job: &AzureJob) -> Asked {
    let endpoints = [(RESOURCE_MANAGER, &job.resource_manager), (GRAPH, &job.graph)];
    Asked {
        regions: Regions::default(),
        home_region: "global".to_owned(),
        endpoints: endpoints.into_iter().filter_map(|(key, url)| Some((key.to_owned(), url.clone()?))).collect(),
        use_fips: false,
        use_dual_stack: false,
    }
}
