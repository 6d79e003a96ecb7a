//! The projects of a job, and its organisation.
//!
//! Without `projects` it is every active project below the organisation or the folders, or without either every one that the
//! credentials reach. The organisation is a scope of its own.

use super::{Found, ScopesError};
use crate::collect::{self, Scope};
use evidenced_connectors::Order;
use evidenced_connectors::exchange::Transport;
use evidenced_connectors::gcp::context::UNIVERSE;
use evidenced_connectors::gcp::credentials::Credentials;
use evidenced_connectors::gcp::{self, Context, projects};
use evidenced_schemas::config::GcpJob;
use evidenced_schemas::run::{Asked, Regions};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// Finds scopes with the ambient credentials. Its calls are recorded nowhere.
#[derive(Debug)]
pub struct GcpScopes {
    transport: Arc<dyn Transport>,
    credentials: Mutex<Option<Credentials>>,
}

impl GcpScopes {
    /// Asks over this transport, which records nothing.
    pub fn over(transport: Arc<dyn Transport>) -> Self {
        Self { transport, credentials: Mutex::default() }
    }

    /// The scopes of a job.
    ///
    /// # Errors
    /// When there are no credentials, or no project can be told.
    pub async fn of(&self, job: &GcpJob) -> Result<Found, ScopesError> {
        let credentials = self.credentials()?;
        credentials.headers().await?;
        let asked = asked(job, &credentials).await;
        let identity = credentials.identity(&self.transport).await;
        let reads = collect::Credentials::Gcp { credentials: Some(credentials.clone()), identity };
        let scope = |id: String| {
            let named = id.parse().map_err(ScopesError::Name);
            (id, named.map(|id| Scope { id, asked: asked.clone(), credentials: reads.clone() }))
        };
        let ids = match &job.projects {
            Some(ids) => ids.iter().cloned().collect(),
            None => self.listed(job, &asked, &credentials).await?,
        };
        let mut found = Found::default();
        if let Some(number) = &job.organization {
            let id = gcp::organization_scope(number).map_err(ScopesError::Name)?;
            found.take([scope(id.to_string())]);
        }
        found.take(ids.into_iter().map(scope));
        Ok(found)
    }

    fn credentials(&self) -> Result<Credentials, ScopesError> {
        let mut held = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credentials) = &*held {
            return Ok(credentials.clone());
        }
        Ok(held.insert(Credentials::ambient()?).clone())
    }

    /// The ids of all projects.
    async fn listed(
        &self,
        job: &GcpJob,
        asked: &Asked,
        credentials: &Credentials,
    ) -> Result<BTreeSet<String>, ScopesError> {
        let scope = "unknown".parse().map_err(ScopesError::Name)?;
        let order = Order::new(scope, asked.clone(), collect::now());
        let context = Context::new(order, Arc::clone(&self.transport), Some(credentials.clone()));
        let parents: Vec<String> = match (&job.folders, &job.organization) {
            (Some(folders), _) => folders.iter().map(|number| format!("folders/{number}")).collect(),
            (None, Some(number)) => vec![format!("organizations/{number}")],
            (None, None) => {
                let ids = projects::reached(&context).await.map_err(ScopesError::Projects)?;
                return if ids.is_empty() { Err(ScopesError::NoProject) } else { Ok(ids) };
            }
        };
        let mut ids = BTreeSet::new();
        for parent in parents {
            ids.extend(projects::under(&context, &parent).await.map_err(ScopesError::Projects)?);
        }
        if ids.is_empty() && job.organization.is_none() { Err(ScopesError::NoProject) } else { Ok(ids) }
    }
}

/// What is asked of a scope of this job.
async fn asked(job: &GcpJob, credentials: &Credentials) -> Asked {
    let mut endpoints = job.endpoints.clone();
    let universe = match &job.universe_domain {
        Some(domain) => domain.clone(),
        None => credentials.universe_domain().await,
    };
    // What is not a domain was refused with the configuration; one of the credentials that is none is asked as it is.
    if universe != gcp::context::PUBLIC
        && let Ok(url) = Url::parse(&format!("https://{universe}/"))
    {
        endpoints.insert(UNIVERSE.to_owned(), url);
    }
    Asked {
        regions: Regions::default(),
        home_region: "global".to_owned(),
        endpoints,
        use_fips: false,
        use_dual_stack: false,
    }
}
