//! `gcp.iam.service-account`: a service account of the project, who may act on it, and its roles on the project.

use super::member;
use super::ops::{self, REGION, SERVICE};
use super::policy;
use super::reading::{ACCOUNT_LISTS, AccountRead, Reading};
use crate::collection::Collected;
use crate::declaration::{Reach, Shape};
use crate::document::{Draft, Field};
use crate::gcp::context::Context;
use crate::gcp::iam_policy::IamPolicy;
use crate::gcp::listing::{Listed, Nothing};
use crate::gcp::operation::{Operation, ResourceType};
use evidenced_schemas::Resource;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const TYPE: &str = "gcp.iam.service-account";

/// The type.
pub(super) const RESOURCE_TYPE: ResourceType = ResourceType {
    name: TYPE,
    about: "A service account",
    reach: Reach::Global,
    operations: ops::SERVICE_ACCOUNTS,
    config: Shape::of(Config::json_schema),
    derived: Shape::of(Derived::json_schema),
    collect: None,
    instead: &[],
};

/// A service account, as the API gives it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Account {
    /// Its address.
    pub(super) email: String,
    /// The number that it keeps, and that another of the same address does not get.
    unique_id: Option<String>,
    /// Its name for people.
    display_name: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// It is disabled. Google leaves it out when it is not.
    #[serde(default)]
    pub(super) disabled: bool,
}

impl Account {
    /// True where its number is told.
    pub(super) fn has_number(&self) -> bool {
        self.unique_id.is_some()
    }

    /// What Cloud Asset Inventory names it by: its number. The API itself names it by its address.
    pub(super) fn number(&self) -> &str {
        self.unique_id.as_deref().unwrap_or(&self.email)
    }
}

impl Listed for Account {
    const TYPE: &'static str = TYPE;
    const ID: &'static str = "//iam.googleapis.com/{.name}";
    const ASSET: Option<&'static Operation> = Some(ACCOUNT_LISTS[0]);
    const DIRECT: &'static [&'static Operation] = &[ACCOUNT_LISTS[1]];
    const OPERATIONS: &'static [&'static Operation] = ops::SERVICE_ACCOUNTS;
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
struct Config {
    #[serde(flatten)]
    account: Account,
    /// Who may act on it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    iam_policy: Field<IamPolicy>,
}

/// `derived`
#[derive(Debug, Serialize, JsonSchema)]
struct Derived {
    /// It is the one that Compute Engine or App Engine makes for a project.
    is_default: bool,
    /// Its roles by the project's own policy, sorted. Roles whose time is over are left out.
    #[serde(skip_serializing_if = "Field::is_unread")]
    own_roles: Field<Vec<String>>,
    /// Its roles on the project, those that are inherited from folders and the organisation with them, sorted.
    #[serde(skip_serializing_if = "Field::is_unread")]
    roles: Field<Vec<String>>,
}

/// The service accounts, and their row of the balance.
pub(super) fn documents(context: &Context, mut reading: Reading) -> Collected {
    let accounts = std::mem::take(&mut reading.accounts);
    let resources = accounts.into_iter().map(|account| document(context, &reading, account)).collect();
    reading.found.balance(resources)
}

fn document(context: &Context, reading: &Reading, account: AccountRead) -> Resource {
    let item = match account.item {
        Ok(item) => item,
        Err(error) => {
            let mut draft = Draft::new(TYPE, account.envelope.id, account.envelope.name, REGION);
            draft.miss("config", &error);
            let nothing = serde_json::Map::new();
            return context.finish(draft, &nothing, &nothing);
        }
    };
    let email = item.value.email.clone();
    let id = format!("//{SERVICE}/projects/{}/serviceAccounts/{}", context.project(), item.value.number());
    let mut draft = Draft::new(TYPE, id, email.as_str(), REGION);
    draft.saw(&item);
    let own = match &reading.levels[0].policy {
        Ok(read) => Ok(read.clone().map(|_| Some(roles(context, reading, &email, 1)))),
        Err(error) => Err(error.clone()),
    };
    let all = match reading.levels_trouble() {
        None => Ok(reading.levels_read().map(|()| Some(roles(context, reading, &email, reading.levels.len())))),
        Some(error) => Err(error),
    };
    let derived = Derived {
        is_default: member::is_default_account(&email),
        own_roles: draft.take("derived.own_roles", own),
        roles: draft.take("derived.roles", all),
    };
    let iam_policy = draft.take("config.iam_policy", account.policy.map(|read| read.map(Some)));
    context.finish(draft, &Config { account: item.value, iam_policy }, &derived)
}

/// Roles of a service account by the policies of the first so many levels.
fn roles(context: &Context, reading: &Reading, email: &str, levels: usize) -> Vec<String> {
    let member = format!("serviceAccount:{email}");
    let read = reading.levels.iter().take(levels).filter_map(|level| level.policy.as_ref().ok());
    let bound = read.flat_map(|read| &read.value.bindings).filter(|binding| binding.members.contains(&member));
    let over = |condition| policy::is_over(condition, context.as_of());
    let bound = bound.filter(|binding| !binding.condition.as_ref().is_some_and(over));
    bound.map(|binding| binding.role.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}
