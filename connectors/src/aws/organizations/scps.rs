//! The service control policies that act on an account, level by level, and their documents.

use super::account;
use super::answers::{self, Organization, PolicySummary};
use crate::aws::Context;
use crate::aws::policy_document::PolicyDocument;
use crate::document::Read;
use crate::exchange::CollectError;
use futures::future::join_all;

/// What is attached to one target of an account's path.
#[derive(Clone, Debug)]
pub struct Level {
    /// The account, an organisational unit or the root.
    pub target: String,
    /// The policies on it.
    pub policies: Vec<PolicySummary>,
}

/// True when service control policies may act on this account: never on the management account, and only in an
/// organisation with all features.
pub fn may_act_on(account: &str, organization: Option<&Organization>) -> bool {
    organization.is_some_and(|organization| organization.has_policies() && organization.master_account_id != account)
}

/// The levels from the account up to the root.
///
/// # Errors
/// When one of them could not be read.
pub async fn levels(context: &Context, account: &str) -> Result<Read<Vec<Level>>, CollectError> {
    let path = account::path(context, account).await?;
    let targets: Vec<String> =
        std::iter::once(account.to_owned()).chain(path.value.iter().map(|parent| parent.id.clone())).collect();
    let read = join_all(targets.iter().map(|target| answers::policies(context, target))).await;
    let mut levels = path.map(|_| Vec::new());
    for (target, policies) in targets.into_iter().zip(read) {
        let policies = policies?;
        levels.exchanges.extend(&policies.exchanges);
        levels.at = levels.at.max(policies.at);
        levels.value.push(Level { target, policies: policies.value });
    }
    Ok(levels)
}

/// What service control policies leave to the principals of an account.
#[derive(Clone, Debug)]
pub enum Guardrails {
    /// It is not known whether and which act on it.
    NotRead,
    /// None act on it.
    None(Read<()>),
    /// A call must be allowed on each of these levels, and denied on none.
    Levels(Read<Vec<Vec<PolicyDocument>>>),
}

/// Those of the run's own account. Where any part could not be read nothing is known: half of the policies would say that
/// something is denied, or allowed, which is not.
pub async fn guardrails(context: &Context) -> Guardrails {
    read(context).await.unwrap_or(Guardrails::NotRead)
}

async fn read(context: &Context) -> Result<Guardrails, CollectError> {
    let account = context.account();
    let organization = answers::organization(context).await?;
    if !may_act_on(account, organization.value.as_ref()) {
        return Ok(Guardrails::None(organization.map(drop)));
    }
    let levels = levels(context, account).await?;
    let mut source = Read { value: (), exchanges: organization.exchanges, at: organization.at.max(levels.at) };
    source.exchanges.extend(&levels.exchanges);
    // With the policy type off nothing is attached anywhere. With it on each target has at least one policy.
    let empty = levels.value.iter().filter(|level| level.policies.is_empty()).count();
    if empty == levels.value.len() {
        return Ok(Guardrails::None(source));
    }
    if empty > 0 {
        return Ok(Guardrails::NotRead);
    }
    let mut documents = source.map(|()| Vec::new());
    for level in levels.value {
        let read = join_all(level.policies.iter().map(|policy| answers::document(context, &policy.id))).await;
        let mut of_level = Vec::new();
        for document in read {
            let document = document?;
            documents.exchanges.extend(&document.exchanges);
            documents.at = documents.at.max(document.at);
            of_level.push(document.value);
        }
        documents.value.push(of_level);
    }
    Ok(Guardrails::Levels(documents))
}
