//! A managed zone of Cloud DNS.

use crate::document::Draft;
use crate::gcp::context::Context;
use crate::gcp::listing::{Listed, Nothing, Place};
use crate::gcp::number;
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static ASSET: Operation = Operation::asset("dns.googleapis.com/ManagedZone");

static LIST: Operation = Operation {
    service: "dns.googleapis.com",
    name: "dns.managedZones.list",
    permission: "dns.managedZones.list",
    request: Request::Get("dns/v1/projects/{project}/managedZones"),
    items: Items::In("managedZones"),
    docs: "https://cloud.google.com/dns/docs/reference/rest/v1/managedZones/list",
    ..Operation::PLAIN
};

/// A managed zone.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct ManagedZone {
    /// Its name in the project.
    name: Option<String>,
    /// Its name in the DNS, with the dot at its end.
    dns_name: Option<String>,
    /// `public` or `private`; null is public.
    visibility: Option<String>,
    /// Its signatures; null where they were never set.
    dnssec_config: Option<Dnssec>,
}

/// Signatures of a zone.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Dnssec {
    /// `on`, `off`, or `transfer` while the zone moves to or from another provider.
    state: Option<String>,
    /// How its keys are made.
    #[serde(default)]
    default_key_specs: Vec<KeySpec>,
}

/// How keys of a zone are made.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct KeySpec {
    /// `rsasha1`, `rsasha256`, `rsasha512`, `ecdsap256sha256`, `ecdsap384sha384`.
    algorithm: Option<String>,
    /// `keySigning` or `zoneSigning`.
    key_type: Option<String>,
    /// Bits.
    #[serde(default, deserialize_with = "number::whole")]
    key_length: Option<i64>,
}

impl Listed for ManagedZone {
    const TYPE: &'static str = "gcp.dns.managed-zone";
    /// The inventory names zones by their numbers.
    const ID: &'static str = "//dns.googleapis.com/projects/{project}/managedZones/{.id}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LIST];
    const ALWAYS: &'static [&'static str] = &["name", "dns_name"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        if let Some(name) = &self.name {
            draft.rename(name);
        }
        Box::pin(std::future::ready(Nothing::default()))
    }
}
