//! What several types of the family stand on, read once: the policies of the project and of what is above it, the roles that
//! they bind, deny policies, service accounts with their policies, and machines.
//!
//! Roles are asked for one by one, those alone that are bound: the list of all of Google's has thousands.

use super::effective::{self, Input, Level, LevelKind, Machine, World};
use super::ops::{self, ACCOUNT_ASSET, ACCOUNT_POLICY, ACCOUNTS, DENY_POLICIES, DENY_POLICY, MACHINE_ASSET, MACHINES};
use super::policy::{DenyPolicy, DenyRule, Role};
use super::service_account::Account;
use crate::document::Read;
use crate::exchange::CollectError;
use crate::gcp::ancestry::Ancestry;
use crate::gcp::context::Context;
use crate::gcp::envelope::Envelope;
use crate::gcp::found::Found;
use crate::gcp::iam_policy::IamPolicy;
use crate::gcp::listing::{self, Listed, Nothing, Place};
use crate::gcp::operation::Operation;
use crate::gcp::{door, project};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Reads at the same time. The transport bounds the calls.
const AT_ONCE: usize = 16;

/// A project, a folder or an organisation.
#[derive(Debug)]
pub(super) struct LevelRead {
    /// `projects/P`, `folders/N`, `organizations/N`.
    pub(super) resource: String,
    pub(super) kind: LevelKind,
    pub(super) policy: Result<Read<IamPolicy>, CollectError>,
    denies: Result<Read<Vec<DenyRule>>, CollectError>,
}

/// A role's permissions; nothing where it was deleted.
type Permissions = Result<Read<Arc<BTreeSet<String>>>, CollectError>;

/// A service account, and who may act on it.
#[derive(Debug)]
pub(super) struct AccountRead {
    pub(super) envelope: Envelope,
    pub(super) item: Result<Read<Account>, CollectError>,
    pub(super) policy: Result<Read<IamPolicy>, CollectError>,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Reading {
    /// The project first, then what is above it.
    pub(super) levels: Vec<LevelRead>,
    /// Why more may be above it.
    pub(super) ancestry: Result<Read<Ancestry>, CollectError>,
    pub(super) number: Result<Read<String>, CollectError>,
    pub(super) accounts: Vec<AccountRead>,
    /// The balance of the service accounts; its items were taken out.
    pub(super) found: Found<Account>,
    roles: BTreeMap<String, Permissions>,
    machines: Result<Read<Vec<Machine>>, CollectError>,
}

impl Reading {
    /// Reads it.
    pub(super) async fn of(context: &Context) -> Self {
        let own = format!("projects/{}", context.project());
        let (ancestry, number, policy, denies, (found, accounts), machines) = futures::join!(
            context.ancestry(),
            number(context),
            context.project_policy(),
            denies(context, &own),
            accounts(context),
            machines(context),
        );
        let mut levels = vec![LevelRead { resource: own, kind: LevelKind::Project, policy, denies }];
        let above = ancestry.as_ref().map(|read| read.value.above.clone()).unwrap_or_default();
        let above: Vec<_> = above.into_iter().map(|name| Box::pin(level(context, name))).collect();
        levels.extend(stream::iter(above).buffered(AT_ONCE).collect::<Vec<_>>().await);
        let roles = roles(context, &levels, &accounts).await;
        Self { levels, ancestry, number, accounts, found, roles, machines }
    }

    /// The permissions of a role that is bound.
    pub(super) fn role(&self, name: &str) -> Option<&Permissions> {
        self.roles.get(name)
    }

    /// Why the bindings in force may be more than are known.
    pub(super) fn levels_trouble(&self) -> Option<CollectError> {
        let ancestry = self.ancestry.as_ref().err().cloned();
        ancestry.or_else(|| self.levels.iter().find_map(|level| level.policy.as_ref().err().cloned()))
    }

    /// The exchanges of the policies in force and of what is above the project.
    pub(super) fn levels_read(&self) -> Read<()> {
        let mut all = Read { value: (), exchanges: vec![], at: None };
        add(&mut all, &self.ancestry);
        for level in &self.levels {
            add(&mut all, &level.policy);
        }
        tidy(all)
    }

    /// The exchanges of everything.
    pub(super) fn everything_read(&self) -> Read<()> {
        let mut all = self.levels_read();
        add(&mut all, &self.number);
        add(&mut all, &self.machines);
        all.exchanges.extend(&self.found.sources);
        for level in &self.levels {
            add(&mut all, &level.denies);
        }
        for account in &self.accounts {
            add(&mut all, &account.item);
            add(&mut all, &account.policy);
        }
        for role in self.roles.values() {
            add(&mut all, role);
        }
        tidy(all)
    }

    /// The project as the engine sees it.
    pub(super) fn world(&self, context: &Context) -> World {
        let bindings = |policy: &Result<Read<IamPolicy>, CollectError>| {
            policy.as_ref().map(|read| read.value.bindings.clone()).map_err(Clone::clone)
        };
        let levels = self.levels.iter().map(|level| Level {
            resource: level.resource.clone(),
            kind: level.kind,
            policy: bindings(&level.policy),
            denies: level.denies.as_ref().map(|read| read.value.clone()).map_err(Clone::clone),
        });
        let unread = self.accounts.iter().find_map(|account| account.item.as_ref().err().cloned());
        let hierarchy = self.ancestry.as_ref().err().or(self.number.as_ref().err()).cloned();
        let accounts = self.accounts.iter().filter_map(|account| {
            let item = &account.item.as_ref().ok()?.value;
            Some(effective::Account {
                email: item.email.clone(),
                disabled: item.disabled,
                policy: bindings(&account.policy),
            })
        });
        let permissions = |role: &Permissions| role.as_ref().map(|read| Arc::clone(&read.value)).map_err(Clone::clone);
        World::new(Input {
            project: context.project().to_owned(),
            number: self.number.as_ref().map(|read| read.value.clone()).unwrap_or_default(),
            levels: levels.collect(),
            accounts: accounts.collect(),
            roles: self.roles.iter().map(|(name, role)| (name.clone(), permissions(role))).collect(),
            machines: self.machines.as_ref().map(|read| read.value.clone()).map_err(Clone::clone),
            hierarchy,
            doubt: self.found.trouble.clone().or(unread),
            as_of: context.as_of(),
        })
    }
}

fn add<T>(all: &mut Read<()>, outcome: &Result<Read<T>, CollectError>) {
    if let Ok(read) = outcome {
        all.exchanges.extend(&read.exchanges);
        all.at = all.at.max(read.at);
    }
}

fn tidy(mut all: Read<()>) -> Read<()> {
    all.exchanges.sort_unstable();
    all.exchanges.dedup();
    all
}

/// The project's number.
async fn number(context: &Context) -> Result<Read<String>, CollectError> {
    #[derive(Deserialize)]
    struct Project {
        name: String,
    }
    let read = listing::one::<Project>(context, &project::GET, &[], &Value::Null).await?;
    match read.value.name.strip_prefix("projects/").map(str::to_owned) {
        Some(number) => Ok(read.map(|_| number)),
        None => Err(door::malformed(&project::GET, "the project's name has no number", read.exchanges)),
    }
}

async fn level(context: &Context, resource: String) -> LevelRead {
    let kind = if resource.starts_with("folders/") { LevelKind::Folder } else { LevelKind::Organization };
    let (policy, denies) = futures::join!(context.ancestor_policy(&resource), denies(context, &resource));
    LevelRead { resource, kind, policy, denies }
}

/// The rules of the deny policies of a project, folder or organisation.
async fn denies(context: &Context, resource: &str) -> Result<Read<Vec<DenyRule>>, CollectError> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let (kind, id) = resource.split_once('/').unwrap_or_default();
    let of = [("kind", kind), ("id", id)];
    let list = listing::whole::<Named>(context, &DENY_POLICIES, &of, &Value::Null).await?;
    let mut all = Read { value: vec![], exchanges: list.exchanges, at: list.at };
    for policy in list.value {
        let short = policy.name.rsplit('/').next().unwrap_or_default();
        let names = [("kind", kind), ("id", id), ("policy", short)];
        let read = listing::one::<DenyPolicy>(context, &DENY_POLICY, &names, &Value::Null).await?;
        all.exchanges.extend(&read.exchanges);
        all.at = all.at.max(read.at);
        all.value.extend(read.value.rules.into_iter().filter_map(|rule| rule.deny_rule));
    }
    Ok(all)
}

/// The service accounts, each with its policy.
async fn accounts(context: &Context) -> (Found<Account>, Vec<AccountRead>) {
    let mut found = Found::<Account>::list(context).await;
    let items = std::mem::take(&mut found.items);
    let read: Vec<_> = items
        .into_iter()
        .map(|(envelope, item)| {
            Box::pin(async move {
                // The inventory has its policy under its number, also where its list is of the API, which names it by its address.
                let id = match &item.shape {
                    Ok(account) => inventory_name(context, &account.value),
                    Err(_) => envelope.id.clone(),
                };
                let named = Envelope { id, ..Envelope::default() };
                let place = Place { context, envelope: &named, item: &item.data };
                let policy = match &item.shape {
                    Ok(account) if !account.value.has_number() && !context.policies().await.refused => {
                        let error =
                            door::malformed(item.source, "the account has no number", account.exchanges.clone());
                        Err(CollectError { at: account.at, ..error })
                    }
                    _ => place.iam_policy(&ACCOUNT_POLICY).await.map(|read| read.map(Option::unwrap_or_default)),
                };
                AccountRead { envelope, item: item.shape, policy }
            })
        })
        .collect();
    (found, stream::iter(read).buffered(AT_ONCE).collect().await)
}

/// The full name of a service account in Cloud Asset Inventory.
fn inventory_name(context: &Context, account: &Account) -> String {
    format!("//{}/projects/{}/serviceAccounts/{}", ops::SERVICE, context.project(), account.number())
}

/// Every role that is bound somewhere.
async fn roles(context: &Context, levels: &[LevelRead], accounts: &[AccountRead]) -> BTreeMap<String, Permissions> {
    let policies = levels.iter().map(|level| &level.policy).chain(accounts.iter().map(|account| &account.policy));
    let bindings = policies.flatten().flat_map(|read| &read.value.bindings);
    let names: BTreeSet<String> = bindings.map(|binding| binding.role.clone()).collect();
    let asked: Vec<_> = names
        .into_iter()
        .map(|name| {
            Box::pin(async move {
                let outcome = role(context, &name).await;
                (name, outcome)
            })
        })
        .collect();
    stream::iter(asked).buffered(AT_ONCE).collect().await
}

async fn role(context: &Context, name: &str) -> Permissions {
    let operation = ops::gets(name);
    let outcome = listing::one::<Role>(context, operation, &[("role", name)], &Value::Null).await;
    let read = door::absent(operation, outcome)?;
    match &read.value {
        Some(role) if role.name != name => {
            let what = format!("asked for {name}, answered with {}", role.name);
            Err(CollectError { at: read.at, ..door::malformed(operation, what, read.exchanges) })
        }
        _ => Ok(read.map(|role| Arc::new(role.map(Role::granted).unwrap_or_default()))),
    }
}

/// A machine, as far as it matters here.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Instance {
    name: String,
    #[serde(default)]
    service_accounts: Vec<Attached>,
}

/// The service account of a machine.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Attached {
    email: String,
}

impl Listed for Instance {
    const TYPE: &'static str = "gcp.compute.instance";
    const ID: &'static str = "//compute.googleapis.com/{.selfLink:projects/}";
    const ASSET: Option<&'static Operation> = Some(&MACHINE_ASSET);
    const DIRECT: &'static [&'static Operation] = &[&MACHINES];
    const OPERATIONS: &'static [&'static Operation] = &[&MACHINE_ASSET, &MACHINES];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

async fn machines(context: &Context) -> Result<Read<Vec<Machine>>, CollectError> {
    let all = listing::every::<Instance>(context).await?;
    let with_account = |(envelope, instance): (Envelope, Instance)| {
        let accounts = instance.service_accounts.into_iter();
        accounts.map(move |account| Machine { name: envelope.id.clone(), account: account.email }).collect::<Vec<_>>()
    };
    Ok(all.map(|items| items.into_iter().flat_map(with_account).collect()))
}

/// Names of the account operations, for declarations.
pub(super) const ACCOUNT_LISTS: [&Operation; 2] = [&ACCOUNT_ASSET, &ACCOUNTS];
