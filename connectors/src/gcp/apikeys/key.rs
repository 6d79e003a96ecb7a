//! An API key.

use crate::gcp::context::Context;
use crate::gcp::envelope::Envelope;
use crate::gcp::listing::{Listed, Nothing};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static ASSET: Operation = Operation::asset("apikeys.googleapis.com/Key");

static LIST: Operation = Operation {
    service: "apikeys.googleapis.com",
    name: "apikeys.projects.locations.keys.list",
    permission: "apikeys.keys.list",
    request: Request::Get("v2/projects/{project}/locations/global/keys?pageSize=300"),
    items: Items::In("keys"),
    secrets: &["keys[].keyString"],
    docs: "https://cloud.google.com/api-keys/docs/reference/rest/v2/projects.locations.keys/list",
    ..Operation::PLAIN
};

/// A key.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Key {
    /// When it was made.
    create_time: Option<String>,
    /// Null: keys that were deleted are no keys.
    delete_time: Option<String>,
    /// The service account in whose name its callers act; null for none.
    service_account_email: Option<String>,
    /// What it may be used for, and by whom; null for everything and everybody.
    restrictions: Option<Restrictions>,
}

/// What a key may be used for, and by whom.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Restrictions {
    /// APIs that it is for; empty for all.
    #[serde(default)]
    api_targets: Vec<Target>,
    /// Web sites that may use it.
    browser_key_restrictions: Option<Browser>,
    /// Addresses that may use it.
    server_key_restrictions: Option<Server>,
    /// Android apps that may use it.
    android_key_restrictions: Option<Android>,
    /// iOS apps that may use it.
    ios_key_restrictions: Option<Ios>,
}

/// An API that a key is for.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Target {
    /// `translate.googleapis.com`.
    service: Option<String>,
    /// Its methods; empty for all.
    #[serde(default)]
    methods: Vec<String>,
}

/// Web sites that may use a key.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Browser {
    /// Patterns of their addresses.
    #[serde(default)]
    allowed_referrers: Vec<String>,
}

/// Addresses that may use a key.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Server {
    /// Addresses and networks.
    #[serde(default)]
    allowed_ips: Vec<String>,
}

/// Android apps that may use a key.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Android {
    /// The apps.
    #[serde(default)]
    allowed_applications: Vec<App>,
}

/// An Android app.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct App {
    /// The package.
    package_name: Option<String>,
    /// The fingerprint of the certificate that signed it.
    sha1_fingerprint: Option<String>,
}

/// iOS apps that may use a key.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Ios {
    /// Their bundles.
    #[serde(default)]
    allowed_bundle_ids: Vec<String>,
}

impl Listed for Key {
    const TYPE: &'static str = "gcp.apikeys.key";
    // The API names the project by its number, the inventory by its id.
    const ID: &'static str = "//apikeys.googleapis.com/projects/{project}/{.name:locations/}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LIST];
    const ALWAYS: &'static [&'static str] = &["create_time"];
    type Around = ();
    type Derived = Nothing;

    fn belongs(&self, _: &Envelope) -> bool {
        self.delete_time.is_none()
    }

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
