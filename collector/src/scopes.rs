//! Which accounts a job reads, and with which credentials.

use crate::collect::Scope;
use evidenced_connectors::aws::credentials::{self, Ambient, CredentialsError};
use evidenced_connectors::aws::partition;
use evidenced_connectors::exchange::Transport;
use evidenced_connectors::exchange::live::{Live, Wire, WireError};
use evidenced_schemas::config::{Accounts, AwsJob};
use std::sync::Arc;

/// The name that an assumed role's session carries: it is in the account's own CloudTrail.
const SESSION_NAME: &str = "evidenced";

/// Scopes that could not be found.
#[derive(Debug, thiserror::Error)]
pub enum ScopesError {
    /// No credentials, or they do not work.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// No HTTP client.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The job names another account than the credentials reach.
    #[error(
        "the credentials are of account {found}, and the job names {wanted}: use that account's credentials, or set `role_name`"
    )]
    OtherAccount {
        /// The account of the credentials.
        found: String,
        /// The account of the job.
        wanted: String,
    },
    /// A text that cannot be a scope.
    #[error("{0}")]
    Name(String),
    /// A form of the configuration that this version does not carry out.
    #[error("`accounts: all` is not carried out by this version: list the account ids")]
    Organisation,
}

/// The accounts of a job.
#[derive(Debug, Default)]
pub struct Found {
    /// Those that can be read.
    pub scopes: Vec<Scope>,
    /// Those that cannot, each with the reason.
    pub unreachable: Vec<(String, ScopesError)>,
}

/// Finds scopes with the ambient credentials. Its calls are recorded nowhere.
#[derive(Debug)]
pub struct AwsScopes {
    transport: Arc<dyn Transport>,
    ambient: Ambient,
}

impl AwsScopes {
    /// Finds the ambient credentials.
    ///
    /// # Errors
    /// When there are none.
    pub async fn new(wire: Wire) -> Result<Self, ScopesError> {
        Self::over(Arc::new(Live::unrecorded(wire))).await
    }

    /// Finds the ambient credentials, and asks over this transport, which records nothing.
    ///
    /// # Errors
    /// When there are none.
    pub async fn over(transport: Arc<dyn Transport>) -> Result<Self, ScopesError> {
        let ambient = credentials::ambient(Arc::clone(&transport)).await?;
        Ok(Self { transport, ambient })
    }

    /// The scopes of a job. An account whose role cannot be assumed stops no other.
    ///
    /// # Errors
    /// When no account can be told at all.
    pub async fn of(&self, job: &AwsJob) -> Result<Found, ScopesError> {
        let ids = match &job.accounts {
            None => Vec::new(),
            Some(Accounts::Ids(ids)) => ids.clone(),
            Some(Accounts::Word(_)) => return Err(ScopesError::Organisation),
        };
        let mut found = Found::default();
        let Some(role) = &job.role_name else {
            found.scopes.push(self.ambient_scope(job, ids.first()).await?);
            return Ok(found);
        };
        for id in ids {
            match self.assumed_scope(job, &id, role).await {
                Ok(scope) => found.scopes.push(scope),
                Err(error) => found.unreachable.push((id, error)),
            }
        }
        Ok(found)
    }

    /// The account of the ambient credentials, which must be the one that the job names, if it names one.
    async fn ambient_scope(&self, job: &AwsJob, wanted: Option<&String>) -> Result<Scope, ScopesError> {
        let asked = self.ambient.asked(job.regions.clone());
        let caller = credentials::caller(Arc::clone(&self.transport), &asked, &self.ambient.credentials).await?;
        if let Some(wanted) = wanted.filter(|wanted| **wanted != caller.account) {
            return Err(ScopesError::OtherAccount { found: caller.account, wanted: wanted.clone() });
        }
        let id = caller.account.parse().map_err(ScopesError::Name)?;
        Ok(Scope { id, asked, credentials: self.ambient.credentials.clone() })
    }

    async fn assumed_scope(&self, job: &AwsJob, id: &str, role: &str) -> Result<Scope, ScopesError> {
        let partition = partition::of_region(&self.ambient.region).name;
        let arn = format!("arn:{partition}:iam::{id}:role/{role}");
        let credentials =
            credentials::assume_role(&self.ambient, &arn, job.external_id.as_deref(), SESSION_NAME).await?;
        Ok(Scope {
            id: id.parse().map_err(ScopesError::Name)?,
            asked: self.ambient.asked(job.regions.clone()),
            credentials,
        })
    }
}
