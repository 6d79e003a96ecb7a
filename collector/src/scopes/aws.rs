//! Which accounts a job reads, and with which credentials.
//!
//! `accounts: all` is every account that AWS Organizations lists, each read through the role, and the organisation as a
//! scope of its own, read with the ambient credentials. In the account of the ambient credentials the role may not exist
//! (StackSets leave the management account out): where AWS refuses it there, that account is read with them as they are.

use super::{Found, ScopesError};
use crate::collect::{Credentials, Scope};
use crate::shard::Shard;
use evidenced_connectors::Order;
use evidenced_connectors::aws::credentials::{self, Ambient};
use evidenced_connectors::aws::organizations::answers::Organization;
use evidenced_connectors::aws::organizations::member::Member;
use evidenced_connectors::aws::organizations::whole;
use evidenced_connectors::aws::{Context, partition};
use evidenced_connectors::exchange::Transport;
use evidenced_schemas::config::{Accounts, AwsJob};
use evidenced_schemas::run::Asked;
use futures::stream::{self, StreamExt as _};
use std::sync::Arc;

/// The name that an assumed role's session carries: it is in the account's own CloudTrail.
const SESSION_NAME: &str = "evidenced";
/// Roles that are assumed at the same time.
const ROLES_AT_ONCE: usize = 8;
/// The state of an account that can be read.
const ACTIVE: &str = "ACTIVE";

/// Finds scopes with the ambient credentials. Its calls are recorded nowhere.
#[derive(Debug)]
pub struct AwsScopes {
    transport: Arc<dyn Transport>,
    ambient: Ambient,
}

impl AwsScopes {
    /// Finds the ambient credentials, and asks over this transport, which records nothing.
    ///
    /// # Errors
    /// When there are none.
    pub async fn over(transport: Arc<dyn Transport>) -> Result<Self, ScopesError> {
        let ambient = credentials::ambient(Arc::clone(&transport)).await?;
        Ok(Self { transport, ambient })
    }

    /// The scopes of a job that fall to this share. An account whose role cannot be assumed stops no other.
    ///
    /// # Errors
    /// When no account can be told at all.
    pub async fn of(&self, job: &AwsJob, shard: Option<Shard>) -> Result<Found, ScopesError> {
        let mut ids = match &job.accounts {
            None => Vec::new(),
            Some(Accounts::Ids(ids)) => ids.clone(),
            Some(Accounts::Word(_)) => return self.organisation(job, shard).await,
        };
        let mut found = Found::default();
        let Some(role) = &job.role_name else {
            found.scopes.push(self.ambient_scope(job, ids.first()).await?);
            return Ok(found);
        };
        found.elsewhere = drop_others(&mut ids, shard, String::as_str);
        let assumed: Vec<_> = ids.iter().map(|id| Box::pin(self.assumed_scope(job, id, role))).collect();
        let assumed: Vec<_> = stream::iter(assumed).buffered(ROLES_AT_ONCE).collect().await;
        found.take(ids.into_iter().zip(assumed));
        Ok(found)
    }

    /// The organisation, and each of its accounts.
    async fn organisation(&self, job: &AwsJob, shard: Option<Shard>) -> Result<Found, ScopesError> {
        let asked = self.ambient.asked(job.regions.clone());
        let own = credentials::caller(Arc::clone(&self.transport), &asked, &self.ambient.credentials).await?.account;
        let (organization, mut members) = self.directory(&asked).await?;
        let id = whole::scope(&organization).map_err(ScopesError::Name)?;
        let elsewhere = drop_others(&mut members, shard, Member::id);
        let mut found = Found { elsewhere, ..Found::default() };
        found.scopes.push(Scope { id, asked, credentials: Credentials::Aws(self.ambient.credentials.clone()) });
        let read: Vec<_> = members.iter().map(|member| Box::pin(self.member_scope(job, member, &own))).collect();
        let read: Vec<_> = stream::iter(read).buffered(ROLES_AT_ONCE).collect().await;
        found.take(members.iter().map(|member| member.id().to_owned()).zip(read));
        Ok(found)
    }

    async fn directory(&self, asked: &Asked) -> Result<(Organization, Vec<Member>), ScopesError> {
        let scope = "unknown".parse().map_err(ScopesError::Name)?;
        let order = Order::new(scope, asked.clone(), crate::collect::now());
        let context = Context::new(order, Arc::clone(&self.transport), self.ambient.credentials.clone());
        whole::directory(&context).await.map_err(ScopesError::Unlisted)?.ok_or(ScopesError::NoOrganisation)
    }

    /// An account that the organisation lists.
    async fn member_scope(&self, job: &AwsJob, member: &Member, own: &str) -> Result<Scope, ScopesError> {
        if let Some(state) = member.state().filter(|state| *state != ACTIVE) {
            return Err(ScopesError::NotActive { state: state.to_owned() });
        }
        let id = member.id();
        let assumed = match &job.role_name {
            Some(role) => self.assumed_scope(job, id, role).await,
            None => return Err(ScopesError::Name("`accounts: all` needs `role_name`".to_owned())),
        };
        match assumed {
            Err(ScopesError::Credentials(error)) if id == own && error.is_denied() => {
                tracing::warn!(account = id, "read with the ambient credentials: {error}");
                let (asked, credentials) = (self.ambient.asked(job.regions.clone()), self.ambient.credentials.clone());
                Ok(Scope {
                    id: id.parse().map_err(ScopesError::Name)?,
                    asked,
                    credentials: Credentials::Aws(credentials),
                })
            }
            other => other,
        }
    }

    /// The account of the ambient credentials, which must be the one that the job names, if it names one.
    async fn ambient_scope(&self, job: &AwsJob, wanted: Option<&String>) -> Result<Scope, ScopesError> {
        let asked = self.ambient.asked(job.regions.clone());
        let caller = credentials::caller(Arc::clone(&self.transport), &asked, &self.ambient.credentials).await?;
        if let Some(wanted) = wanted.filter(|wanted| **wanted != caller.account) {
            return Err(ScopesError::OtherAccount { found: caller.account, wanted: wanted.clone() });
        }
        let id = caller.account.parse().map_err(ScopesError::Name)?;
        Ok(Scope { id, asked, credentials: Credentials::Aws(self.ambient.credentials.clone()) })
    }

    async fn assumed_scope(&self, job: &AwsJob, id: &str, role: &str) -> Result<Scope, ScopesError> {
        let partition = partition::of_region(&self.ambient.region).name;
        let arn = format!("arn:{partition}:iam::{id}:role/{role}");
        let credentials =
            credentials::assume_role(&self.ambient, &arn, job.external_id.as_deref(), SESSION_NAME).await?;
        Ok(Scope {
            id: id.parse().map_err(ScopesError::Name)?,
            asked: self.ambient.asked(job.regions.clone()),
            credentials: Credentials::Aws(credentials),
        })
    }
}

/// Leaves the accounts of this share, before a role is assumed in any other; how many were others'.
fn drop_others<T>(accounts: &mut Vec<T>, shard: Option<Shard>, id: impl Fn(&T) -> &str) -> usize {
    let Some(shard) = shard else { return 0 };
    let before = accounts.len();
    accounts.retain(|account| shard.holds(id(account)));
    before - accounts.len()
}
