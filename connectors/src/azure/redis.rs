//! Azure Cache for Redis.

use super::context::Context;
use super::listing::{Listed, Nothing};
use super::operation::{Family, Operation, ResourceType};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation = Operation::rows("resources", "microsoft.cache/redis", "Microsoft.Cache/redis/read");

/// Caches of Azure Cache for Redis.
pub const FAMILY: Family = Family {
    name: "redis",
    types: &[ResourceType::listed::<Cache>("A cache of Azure Cache for Redis")],
    collect: None,
};

/// A cache.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Cache {
    /// Its settings.
    properties: Properties,
}

/// Settings of a cache.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// The port without TLS is open.
    enable_non_ssl_port: Option<bool>,
    /// `1.0` to `1.2`; null is every version that the service still takes.
    minimum_tls_version: Option<String>,
    /// `Enabled` or `Disabled`; null is `Enabled`.
    public_network_access: Option<String>,
}

impl Listed for Cache {
    const TYPE: &'static str = "azure.redis.cache";
    const ALWAYS: &'static [&'static str] = &["properties.enable_non_ssl_port"];
    const LIST: &'static Operation = &LIST;
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
