//! What a job reads: the scopes of its cloud, and with which credentials each is read.

pub mod aws;
pub mod azure;
pub mod gcp;
pub mod org;

use crate::collect::Scope;
use crate::shard::Shard;
use aws::AwsScopes;
use azure::AzureScopes;
use evidenced_connectors::aws::credentials::CredentialsError;
use evidenced_connectors::azure::credentials::CredentialsError as AzureCredentialsError;
use evidenced_connectors::exchange::live::{Live, Wire, WireError};
use evidenced_connectors::exchange::{CollectError, Transport};
use evidenced_connectors::gcp::credentials::CredentialsError as GcpCredentialsError;
use evidenced_schemas::Cloud;
use evidenced_schemas::config::{AwsJob, AzureJob, GcpJob, JobConfig, OrgJob};
use gcp::GcpScopes;
use org::Documents;
use std::sync::Arc;

/// What a job reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// AWS accounts.
    Aws(AwsJob),
    /// Azure subscriptions.
    Azure(Box<AzureJob>),
    /// GCP projects.
    Gcp(Box<GcpJob>),
    /// The organisation's own documents.
    Org(OrgJob),
}

impl Target {
    /// What a configured job reads. A job that names no cloud was refused when the configuration was read.
    pub fn of(job: &JobConfig) -> Self {
        match (&job.azure, &job.gcp, &job.org) {
            (Some(azure), ..) => Self::Azure(Box::new(azure.clone())),
            (None, Some(gcp), _) => Self::Gcp(Box::new(gcp.clone())),
            (None, None, Some(org)) => Self::Org(org.clone()),
            (None, None, None) => Self::Aws(job.aws.clone().unwrap_or_default()),
        }
    }

    /// Its cloud.
    pub fn cloud(&self) -> Cloud {
        match self {
            Self::Aws(_) => Cloud::Aws,
            Self::Azure(_) => Cloud::Azure,
            Self::Gcp(_) => Cloud::Gcp,
            Self::Org(_) => Cloud::Org,
        }
    }
}

/// Scopes that could not be found.
#[derive(Debug, thiserror::Error)]
pub enum ScopesError {
    /// No credentials, or they do not work.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// No Azure credentials, or they do not work.
    #[error(transparent)]
    AzureCredentials(#[from] AzureCredentialsError),
    /// No Google Cloud credentials, or they do not work.
    #[error(transparent)]
    GcpCredentials(#[from] GcpCredentialsError),
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
    /// The accounts of the organisation cannot be told.
    #[error(
        "`accounts: all`: the accounts of the organisation cannot be listed; use credentials of its management account or of a \
         delegated administrator, which may call organizations:DescribeOrganization and organizations:ListAccounts"
    )]
    Unlisted(#[source] CollectError),
    /// There is no organisation.
    #[error("`accounts: all`: the account of the credentials is in no organisation: list the account ids")]
    NoOrganisation,
    /// The account cannot be read in the state that it is in.
    #[error("the organisation lists the account as {state}: its resources were not read")]
    NotActive {
        /// The organisation's word.
        state: String,
    },
    /// The token does not tell whose it is.
    #[error(
        "the token of Azure Resource Manager names neither a tenant nor an object: nobody could say whose roles read"
    )]
    NoIdentity,
    /// The subscriptions cannot be listed.
    #[error(
        "the subscriptions cannot be listed; the collector needs the Reader role on each, or on a management group above"
    )]
    Subscriptions(#[source] CollectError),
    /// There are none.
    #[error(
        "the credentials reach no subscription: give the collector the Reader role on each, or on a management group above"
    )]
    NoSubscription,
    /// The projects cannot be listed.
    #[error(
        "the projects cannot be listed; give the collector roles/cloudasset.viewer on the organisation or folder, or name the projects"
    )]
    Projects(#[source] CollectError),
    /// There are none.
    #[error(
        "no active project was found: give the collector its role on the projects, or name the organisation (`organization`)"
    )]
    NoProject,
}

/// The scopes of a job.
#[derive(Debug, Default)]
pub struct Found {
    /// Those that can be read.
    pub scopes: Vec<Scope>,
    /// Those that cannot, each with the reason.
    pub unreachable: Vec<(String, ScopesError)>,
    /// How many more there are, which fell to other workers.
    pub elsewhere: usize,
}

impl Found {
    /// Leaves what falls to this share. What another worker reads is not tried here, so each scope that cannot be read is
    /// reported once.
    fn keep(mut self, shard: Option<Shard>) -> Self {
        let Some(shard) = shard else { return self };
        let before = self.scopes.len() + self.unreachable.len();
        self.scopes.retain(|scope| shard.holds(scope.id.as_str()));
        self.unreachable.retain(|(id, _)| shard.holds(id));
        self.elsewhere += before - self.scopes.len() - self.unreachable.len();
        self
    }

    fn take(&mut self, tried: impl IntoIterator<Item = (String, Result<Scope, ScopesError>)>) {
        for (id, outcome) in tried {
            match outcome {
                Ok(scope) => self.scopes.push(scope),
                Err(error) => self.unreachable.push((id, error)),
            }
        }
    }
}

/// Finds the scopes of jobs with the ambient credentials of their clouds. Its calls are recorded nowhere.
#[derive(Debug)]
pub struct Clouds {
    aws: Option<AwsScopes>,
    azure: AzureScopes,
    gcp: GcpScopes,
    documents: Documents,
    shard: Option<Shard>,
}

impl Clouds {
    /// Finds the credentials that these targets need.
    ///
    /// # Errors
    /// When AWS is among them and has none. Those of Azure and GCP are asked for when they are used.
    pub async fn open(wire: Wire, targets: impl IntoIterator<Item = &Target>) -> Result<Self, ScopesError> {
        Self::over(Arc::new(Live::unrecorded(wire)), targets).await
    }

    /// The same, over this transport, which records nothing.
    ///
    /// # Errors
    /// As [`Clouds::open`].
    pub async fn over(
        transport: Arc<dyn Transport>,
        targets: impl IntoIterator<Item = &Target>,
    ) -> Result<Self, ScopesError> {
        let needs_aws = targets.into_iter().any(|target| target.cloud() == Cloud::Aws);
        let aws = if needs_aws { Some(AwsScopes::over(Arc::clone(&transport)).await?) } else { None };
        let (azure, gcp) = (AzureScopes::over(Arc::clone(&transport)), GcpScopes::over(transport));
        Ok(Self { aws, azure, gcp, documents: Documents::default(), shard: None })
    }

    /// Finds this share of all scopes only.
    #[must_use]
    pub fn of_shard(mut self, shard: Option<Shard>) -> Self {
        self.shard = shard;
        self
    }

    /// Finds the organisation's own documents there.
    #[must_use]
    pub fn with_documents(mut self, documents: Documents) -> Self {
        self.documents = documents;
        self
    }

    /// The scopes of a job. A scope that cannot be reached stops no other.
    ///
    /// # Errors
    /// When no scope can be told at all.
    ///
    /// # Panics
    /// For a target that was not among those that this was opened for.
    pub async fn of(&self, target: &Target) -> Result<Found, ScopesError> {
        let found = match target {
            Target::Aws(job) => self.aws.as_ref().expect("it was opened for AWS").of(job, self.shard).await,
            Target::Azure(job) => self.azure.of(job).await,
            Target::Gcp(job) => self.gcp.of(job).await,
            Target::Org(job) => self.documents.of(job),
        };
        Ok(found?.keep(self.shard))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_scope_that_cannot_be_read_is_one_workers() {
        let ids: Vec<String> = (0..40).map(|number| format!("project-{number}")).collect();
        let all = || Found {
            unreachable: ids.iter().map(|id| (id.clone(), ScopesError::NoProject)).collect(),
            ..Found::default()
        };
        let shares: Vec<Found> = (1..=4).map(|index| all().keep(Some(Shard::new(index, 4).unwrap()))).collect();
        let reported: Vec<&String> =
            shares.iter().flat_map(|found| found.unreachable.iter().map(|(id, _)| id)).collect();
        assert_eq!((reported.len(), reported.iter().collect::<BTreeSet<_>>().len()), (40, 40));
        assert!(shares.iter().all(|found| found.elsewhere + found.unreachable.len() == 40));
        assert_eq!((all().keep(None).unreachable.len(), all().keep(None).elsewhere), (40, 0));
    }
}
