//! A key vault.

use crate::azure::context::Context;
use crate::azure::diagnostic_settings::{self, DiagnosticSetting};
use crate::azure::listing::{Listed, Nothing, Place};
use crate::azure::operation::Operation;
use crate::azure::private_endpoint::PrivateEndpointConnection;
use crate::document::{Draft, Field};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation = Operation::rows("resources", "microsoft.keyvault/vaults", "Microsoft.KeyVault/vaults/read");

/// A key vault.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::azure) struct Vault {
    /// Its settings.
    properties: Properties,
    /// Where its logs go.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    diagnostic_settings: Field<Vec<DiagnosticSetting>>,
}

/// Settings of a vault.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// What is deleted is kept. Vaults that were made without it have it too.
    enable_soft_delete: Option<bool>,
    /// Nobody can delete what is kept before its time; null is false.
    enable_purge_protection: Option<bool>,
    /// Days that what was deleted is kept.
    soft_delete_retention_in_days: Option<i64>,
    /// Roles decide who may use it, and not its own access policies; null is false.
    enable_rbac_authorization: Option<bool>,
    /// `Enabled`, `Disabled` or `SecuredByPerimeter`, in any case; null is `Enabled`.
    public_network_access: Option<String>,
    /// Who is let in over the network; null is everybody.
    network_acls: Option<NetworkAcls>,
    /// Private endpoints; null is none.
    private_endpoint_connections: Option<Vec<PrivateEndpointConnection>>,
}

/// Who is let in over the network.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct NetworkAcls {
    /// `Allow` or `Deny` for what no rule names.
    default_action: Option<String>,
    /// What goes past the rules.
    bypass: Option<String>,
}

impl Listed for Vault {
    const TYPE: &'static str = "azure.keyvault.vault";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[&LIST, &diagnostic_settings::LIST];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        Box::pin(async move {
            let settings = place.whole(&diagnostic_settings::LIST).await;
            self.diagnostic_settings = draft.take("config.diagnostic_settings", settings.map(|read| read.map(Some)));
            Nothing::default()
        })
    }
}
