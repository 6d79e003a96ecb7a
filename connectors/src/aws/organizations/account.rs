//! `aws.organizations.account`: the place of an account in its organisation, and the service control policies on its path.

use super::answers::{self, Organization, Parent, malformed};
use super::scps::{self, Level};
use super::{LIST_PARENTS, REGION};
use crate::aws::Context;
use crate::collection::{Collected, Tally};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::Serialize;

/// The resource type.
pub const TYPE: &str = "aws.organizations.account";

/// More levels than Organizations allows (a root and five organisational units below each other).
const DEEPEST: usize = 16;

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
pub struct Config {
    /// The account.
    account_id: String,
    /// The organisation that it is in; null when it is in none.
    #[serde(skip_serializing_if = "Field::is_unread")]
    organization_id: Field<String>,
    /// The organisation's management account, on which service control policies never act; null without an organisation.
    #[serde(skip_serializing_if = "Field::is_unread")]
    management_account_id: Field<String>,
    /// `ALL`, or `CONSOLIDATED_BILLING`, where there are no policies; null without an organisation.
    #[serde(skip_serializing_if = "Field::is_unread")]
    feature_set: Field<String>,
    /// Its organisational units from the inmost one, and the root as the last; null without an organisation.
    #[serde(skip_serializing_if = "Field::is_unread")]
    parents: Field<Vec<Parent>>,
}

/// `derived`
#[derive(Debug, Serialize, JsonSchema)]
pub struct Derived {
    /// It is in an organisation.
    #[serde(skip_serializing_if = "Field::is_unread")]
    in_organization: Field<bool>,
    /// The service control policies on the account, its organisational units and the root. Empty without an
    /// organisation or its policies, and for the management account, on which they never act.
    #[serde(skip_serializing_if = "Field::is_unread")]
    effective_scps: Field<Vec<Attached>>,
}

/// A policy where it is attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attached {
    /// `p-FullAWSAccess` is the one that AWS attaches everywhere, and it allows everything.
    id: String,
    /// Its name.
    name: String,
    /// AWS wrote it.
    aws_managed: bool,
    /// The account, organisational unit or root that it is attached to.
    target_id: String,
}

/// Reads the place of the run's own account.
pub(super) async fn own(context: &Context) -> Collected {
    let resources = vec![document(context, context.account()).await];
    let mut tally = Tally::new(TYPE, REGION);
    tally.page();
    Collected { populations: vec![tally.close(&resources)], resources, ..Collected::default() }
}

/// Reads the place of an account.
pub(super) async fn document(context: &Context, account: &str) -> Resource {
    let mut draft = Draft::new(TYPE, account, account, REGION);
    let organization = answers::organization(context).await;
    let of = |tell: fn(&Organization) -> String| {
        organization.clone().map(|read| read.map(|organization| organization.as_ref().map(tell)))
    };
    let config = Config {
        account_id: account.to_owned(),
        organization_id: draft.take("config.organization_id", of(|organization| organization.id.clone())),
        management_account_id: draft
            .take("config.management_account_id", of(|organization| organization.master_account_id.clone())),
        feature_set: draft.take("config.feature_set", of(|organization| organization.feature_set.clone())),
        parents: draft.take("config.parents", parents(context, account, &organization).await),
    };
    let derived = Derived {
        in_organization: draft.take(
            "derived.in_organization",
            organization.clone().map(|read| read.map(|organization| Some(organization.is_some()))),
        ),
        effective_scps: draft.take("derived.effective_scps", attached(context, account, &organization).await),
    };
    context.finish(draft, &config, &derived)
}

type Outcome<T> = Result<Read<Option<T>>, CollectError>;

async fn parents(context: &Context, account: &str, organization: &Outcome<Organization>) -> Outcome<Vec<Parent>> {
    let organization = organization.clone()?;
    match organization.value {
        None => Ok(organization.map(|_| None)),
        Some(_) => path(context, account).await.map(|read| read.map(Some)),
    }
}

async fn attached(context: &Context, account: &str, organization: &Outcome<Organization>) -> Outcome<Vec<Attached>> {
    let organization = organization.clone()?;
    if !scps::may_act_on(account, organization.value.as_ref()) {
        return Ok(organization.map(|_| Some(vec![])));
    }
    let of_level = |level: Level| {
        let target_id = level.target;
        let policies = level.policies.into_iter();
        policies
            .map(|policy| Attached {
                id: policy.id,
                name: policy.name,
                aws_managed: policy.aws_managed,
                target_id: target_id.clone(),
            })
            .collect::<Vec<_>>()
    };
    let levels = scps::levels(context, account).await?;
    Ok(levels.map(|levels| Some(levels.into_iter().flat_map(of_level).collect())))
}

/// The parents of an account from the inmost one up to the root.
///
/// # Errors
/// When one of them could not be read, or they do not end at a root.
pub(super) async fn path(context: &Context, account: &str) -> Result<Read<Vec<Parent>>, CollectError> {
    let mut path: Read<Vec<Parent>> = Read { value: Vec::new(), exchanges: Vec::new(), at: None };
    let mut child = account.to_owned();
    while path.value.len() < DEEPEST {
        let read = answers::parent(context, &child).await?;
        path.exchanges.extend(&read.exchanges);
        path.at = path.at.max(read.at);
        child.clone_from(&read.value.id);
        let is_root = read.value.kind == "ROOT";
        path.value.push(read.value);
        if is_root {
            return Ok(path);
        }
    }
    Err(malformed(&LIST_PARENTS, "the parents do not end at a root", &path))
}
