//! `gcp.iam.service-account-key`: a key that somebody outside Google holds, and when it was last used.
//!
//! Keys that Google manages and rotates itself are left out. When a key was last used comes from Policy Analyzer, which knows
//! about the last 90 days and is two days late (<https://cloud.google.com/iam/docs/service-account-recent-usage>).

use super::ops::{ACCOUNT_ASSET, ACCOUNTS, REGION, SERVICE};
use super::reading::Reading;
use crate::collection::Collected;
use crate::declaration::{Reach, Shape};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::door;
use crate::gcp::envelope::Envelope;
use crate::gcp::found::{Found, Item};
use crate::gcp::listing::{self, Listed, Nothing};
use crate::gcp::operation::{Items, Operation, Request, ResourceType};
use evidenced_schemas::Resource;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const TYPE: &str = "gcp.iam.service-account-key";

static ASSET: Operation = Operation::asset("iam.googleapis.com/ServiceAccountKey");

/// `projects.serviceAccounts.keys.list`.
static KEYS: Operation = Operation {
    service: SERVICE,
    name: "iam.projects.serviceAccounts.keys.list",
    permission: "iam.serviceAccountKeys.list",
    request: Request::Get("v1/{parent}/keys?keyTypes=USER_MANAGED"),
    items: Items::In("keys"),
    docs: "https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys/list",
    ..Operation::PLAIN
};

/// `activities.query`, of keys.
static ACTIVITIES: Operation = Operation {
    service: "policyanalyzer.googleapis.com",
    name: "policyanalyzer.projects.locations.activityTypes.activities.query",
    permission: "policyanalyzer.serviceAccountKeyLastAuthenticationActivities.query",
    request: Request::Get(
        "v1/projects/{project}/locations/global/activityTypes/serviceAccountKeyLastAuthentication/activities:query?pageSize=1000",
    ),
    items: Items::In("activities"),
    docs: "https://cloud.google.com/policy-intelligence/docs/reference/policyanalyzer/rest/v1/projects.locations.activityTypes.activities/query",
    ..Operation::PLAIN
};

static OPERATIONS: &[&Operation] = &[&ASSET, &ACCOUNT_ASSET, &ACCOUNTS, &KEYS, &ACTIVITIES];

/// The type.
pub(super) const RESOURCE_TYPE: ResourceType = ResourceType {
    name: TYPE,
    about: "A key of a service account that its holder manages",
    reach: Reach::Global,
    operations: OPERATIONS,
    config: Shape::of(Key::json_schema),
    derived: Shape::of(Derived::json_schema),
    collect: None,
    instead: &[],
};

/// A key, as the API gives it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Key {
    /// `projects/P/serviceAccounts/ADDRESS/keys/ID`.
    name: String,
    /// `USER_MANAGED`: somebody holds its private half.
    key_type: String,
    /// `KEY_ALG_RSA_2048` or `KEY_ALG_RSA_1024`.
    key_algorithm: Option<String>,
    /// `GOOGLE_PROVIDED`, or `USER_PROVIDED` for one that was uploaded.
    key_origin: Option<String>,
    /// It is disabled. Google leaves it out when it is not.
    #[serde(default)]
    disabled: bool,
    /// Since when it may be used: when it was made.
    valid_after_time: String,
    /// Until when it may be used; the end of the year 9999 for always.
    valid_before_time: String,
}

impl Listed for Key {
    const TYPE: &'static str = TYPE;
    const ID: &'static str = "//iam.googleapis.com/{.name}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&ACCOUNTS, &KEYS];
    const OPERATIONS: &'static [&'static Operation] = OPERATIONS;
    type Around = ();
    type Derived = Nothing;

    fn belongs(&self, _: &Envelope) -> bool {
        self.key_type != "SYSTEM_MANAGED"
    }

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// `derived`
#[derive(Debug, Serialize, JsonSchema)]
struct Derived {
    /// The address of its service account.
    service_account: String,
    /// The day on which it was last used; null where no use is known.
    #[serde(skip_serializing_if = "Field::is_unread")]
    last_authenticated_time: Field<String>,
}

/// An activity, as Policy Analyzer gives it.
#[derive(Debug, Deserialize)]
struct Activity {
    full_resource_name: String,
    activity: LastUse,
}

#[derive(Debug, Deserialize)]
struct LastUse {
    last_authenticated_time: Option<String>,
}

/// Times of last use by the ids of keys.
type Uses = Result<Read<BTreeMap<String, Option<String>>>, CollectError>;

/// The keys, and what is known of their use; none where there are no keys.
#[derive(Debug)]
pub(super) struct Keys {
    found: Found<Key>,
    uses: Option<Uses>,
}

/// Reads them.
pub(super) async fn read(context: &Context) -> Keys {
    let found = Found::<Key>::list(context).await;
    let uses = if found.items.is_empty() { None } else { Some(uses(context).await) };
    Keys { found, uses }
}

/// The documents, and their row of the balance.
pub(super) fn documents(context: &Context, reading: &Reading, keys: Keys) -> Collected {
    let Keys { mut found, uses } = keys;
    let accounts = reading.accounts.iter().filter_map(|account| account.item.as_ref().ok());
    let numbers = accounts.map(|account| (account.value.email.as_str(), account.value.number())).collect();
    let items = std::mem::take(&mut found.items);
    let document = |(envelope, item)| document(context, &numbers, uses.as_ref(), envelope, item);
    let resources = items.into_iter().map(document).collect();
    found.balance(resources)
}

/// The last uses of all keys. A list that is cut short proves of none that it was not used.
async fn uses(context: &Context) -> Uses {
    let all = listing::whole::<Activity>(context, &ACTIVITIES, &[], &Value::Null).await?;
    let by_id = |activity: Activity| {
        let id = last(&activity.full_resource_name).to_owned();
        (id, activity.activity.last_authenticated_time)
    };
    let mut uses: BTreeMap<String, Option<String>> = BTreeMap::new();
    let (exchanges, at) = (all.exchanges, all.at);
    for (id, time) in all.value.into_iter().map(by_id) {
        let latest = uses.entry(id).or_default();
        *latest = time.max(latest.take());
    }
    Ok(Read { value: uses, exchanges, at })
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn document(
    context: &Context,
    numbers: &BTreeMap<&str, &str>,
    uses: Option<&Uses>,
    envelope: Envelope,
    item: Item<Key>,
) -> Resource {
    let key = match item.shape {
        Ok(key) => key,
        Err(error) => {
            let mut draft = Draft::new(TYPE, envelope.id, envelope.name, REGION);
            draft.miss("config", &error);
            let nothing = Map::new();
            return context.finish(draft, &nothing, &nothing);
        }
    };
    let id = last(&key.value.name);
    let account = key.value.name.split('/').nth(3).unwrap_or_default().to_owned();
    // Cloud Asset Inventory names it by its account's number, the API by the address.
    let full = match numbers.get(account.as_str()) {
        Some(number) => format!("//{SERVICE}/projects/{}/serviceAccounts/{number}/keys/{id}", context.project()),
        None => envelope.id,
    };
    let mut draft = Draft::new(TYPE, full, id, REGION);
    draft.saw(&key);
    let last_use = match uses {
        Some(Ok(read)) => Ok(read.clone().map(|uses| uses.get(id).cloned().flatten())),
        Some(Err(error)) => Err(error.clone()),
        None => Err(door::malformed(&ACTIVITIES, "it was not asked", vec![])),
    };
    let derived = Derived {
        service_account: account,
        last_authenticated_time: draft.take("derived.last_authenticated_time", last_use),
    };
    context.finish(draft, &key.value, &derived)
}
