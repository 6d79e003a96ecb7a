//! Azure Container Registry: registries.

use super::context::Context;
use super::listing::{Listed, Nothing};
use super::operation::{Family, Operation, ResourceType};
use super::private_endpoint::PrivateEndpointConnection;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything of Azure Container Registry.
pub const FAMILY: Family =
    Family { name: "acr", types: &[ResourceType::listed::<Registry>("A container registry")], collect: None };

static LIST: Operation = Operation::rows(
    "resources",
    "microsoft.containerregistry/registries",
    "Microsoft.ContainerRegistry/registries/read",
);

/// A registry.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Registry {
    /// Its tier.
    sku: Option<Sku>,
    /// Its settings.
    properties: Properties,
}

/// The tier of a registry.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Sku {
    /// `Basic`, `Standard` or `Premium`.
    name: Option<String>,
}

/// Settings of a registry.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// There is a user with a password for everything in it.
    admin_user_enabled: Option<bool>,
    /// Whoever asks may pull; null is false.
    anonymous_pull_enabled: Option<bool>,
    /// `Enabled`, `Disabled` or `SecuredByPerimeter`; null is `Enabled`.
    public_network_access: Option<String>,
    /// Who is let in over the public network; null for everybody.
    network_rule_set: Option<NetworkRuleSet>,
    /// Private endpoints; null for none.
    private_endpoint_connections: Option<Vec<PrivateEndpointConnection>>,
}

/// Who is let in over the public network.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct NetworkRuleSet {
    /// `Allow` or `Deny` for what no rule names.
    default_action: Option<String>,
}

impl Listed for Registry {
    const TYPE: &'static str = "azure.acr.registry";
    const LIST: &'static Operation = &LIST;
    const ALWAYS: &'static [&'static str] = &["properties.admin_user_enabled"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
