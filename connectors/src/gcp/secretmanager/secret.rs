//! A secret of Secret Manager.

use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::iam_policy::IamPolicy;
use crate::gcp::listing::{Listed, Place};
use crate::gcp::operation::{Items, Operation, Request};
use crate::gcp::{assets, door};
use crate::words::snake_case_keys;
use evidenced_schemas::Instant;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const SERVICE: &str = "secretmanager.googleapis.com";

static ASSET: Operation = Operation::asset("secretmanager.googleapis.com/Secret");
static VERSION_ASSET: Operation = Operation::asset(VERSION);
const VERSION: &str = "secretmanager.googleapis.com/SecretVersion";

static LIST: Operation = Operation {
    service: SERVICE,
    name: "secretmanager.projects.secrets.list",
    permission: "secretmanager.secrets.list",
    request: Request::Get("v1/projects/{project}/secrets?pageSize=1000"),
    items: Items::In("secrets"),
    shared: true,
    docs: "https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/list",
    ..Operation::PLAIN
};

static VERSIONS: Operation = Operation {
    service: SERVICE,
    name: "secretmanager.projects.secrets.versions.list",
    permission: "secretmanager.versions.list",
    request: Request::Get("v1/{.name}/versions?pageSize=1000"),
    items: Items::In("versions"),
    docs: "https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/list",
    ..Operation::PLAIN
};

static POLICY: Operation = Operation {
    service: SERVICE,
    name: "secretmanager.projects.secrets.getIamPolicy",
    permission: "secretmanager.secrets.getIamPolicy",
    request: Request::Get("v1/{.name}:getIamPolicy?options.requestedPolicyVersion=3"),
    docs: "https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/getIamPolicy",
    ..Operation::PLAIN
};

/// A secret.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Secret {
    /// When it was made.
    create_time: Option<String>,
    /// When it and its versions are deleted; null for never.
    expire_time: Option<String>,
    /// When its owners are told to put a new value in; null for never.
    rotation: Option<Rotation>,
    /// Who has which role on it.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    iam_policy: Field<IamPolicy>,
}

/// When a secret's owners are told to put a new value in.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Rotation {
    /// The next time.
    next_rotation_time: Option<String>,
    /// Seconds between the times, `2592000s`; null for that one time.
    rotation_period: Option<String>,
}

/// A version of a secret, without what it holds.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::gcp) struct Version {
    create_time: Instant,
    state: State,
}

/// Whether a version is in use. What is none of these says nothing about the secret, and is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum State {
    Enabled,
    Disabled,
    Destroyed,
}

/// `derived` of a secret.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::gcp) struct Derived {
    /// When the newest of its enabled versions was made; null where none is enabled.
    #[serde(skip_serializing_if = "Field::is_unread")]
    newest_version_time: Field<Instant>,
}

/// Versions in the inventory, by the full name of their secret; none where the inventory may not be used.
type Versions = Option<Result<BTreeMap<String, Read<Vec<Version>>>, CollectError>>;

impl Listed for Secret {
    const TYPE: &'static str = "gcp.secretmanager.secret";
    const ID: &'static str = "//secretmanager.googleapis.com/{.name}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] =
        &[&ASSET, &VERSION_ASSET, &LIST, &VERSIONS, &assets::POLICIES, &POLICY];
    type Around = Versions;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Versions> {
        Box::pin(in_inventory(context))
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        around: &'a Versions,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Derived> {
        Box::pin(async move {
            self.iam_policy = draft.take("config.iam_policy", place.iam_policy(&POLICY).await);
            let versions = match around {
                None => place.whole::<Version>(&VERSIONS).await,
                Some(Err(error)) => Err(error.clone()),
                // A secret whose versions the whole inventory does not hold has none.
                Some(Ok(all)) => {
                    let own = all.get(&place.envelope.id).cloned();
                    Ok(own.unwrap_or(Read { value: vec![], exchanges: vec![], at: None }))
                }
            };
            let newest = versions.map(|read| read.map(|versions| newest(&versions)));
            Derived { newest_version_time: draft.take("derived.newest_version_time", newest) }
        })
    }
}

/// When the newest of the enabled versions was made.
fn newest(versions: &[Version]) -> Option<Instant> {
    let enabled = versions.iter().filter(|version| version.state == State::Enabled);
    enabled.map(|version| version.create_time).max()
}

async fn in_inventory(context: &Context) -> Versions {
    let assets = context.assets().await;
    if assets.refused {
        return None;
    }
    if let Some(error) = &assets.error {
        return Some(Err(error.clone()));
    }
    let mut all: BTreeMap<String, Read<Vec<Version>>> = BTreeMap::new();
    for asset in assets.of(VERSION) {
        let Some((secret, _)) = asset.value.name.split_once("/versions/") else {
            let what = format!("`{}` is no version of a secret", asset.value.name);
            return Some(Err(door::malformed(&VERSION_ASSET, what, asset.exchanges.clone())));
        };
        let data = asset.clone().map(|asset| snake_case_keys(asset.data().clone()));
        let version = match door::typed::<Version>(&VERSION_ASSET, data) {
            Ok(version) => version,
            Err(error) => return Some(Err(error)),
        };
        let own = all.entry(secret.to_owned()).or_insert(Read { value: vec![], exchanges: vec![], at: None });
        own.value.push(version.value);
        own.exchanges.extend(version.exchanges);
        own.at = own.at.max(version.at);
    }
    Some(Ok(all))
}
