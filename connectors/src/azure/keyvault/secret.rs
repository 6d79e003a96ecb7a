//! A secret in a vault: what Resource Manager tells of it, which is never its value.

use super::vault::Vault;
use crate::azure::context::Context;
use crate::azure::listing::{Listed, Nothing};
use crate::azure::operation::{Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The secrets of a vault. Documents of keys need them too.
pub(super) static LIST: Operation = Operation {
    service: "Microsoft.KeyVault",
    name: "Secrets_List",
    permission: "Microsoft.KeyVault/vaults/secrets/read",
    also: &["Microsoft.KeyVault/vaults/read"],
    request: Request::Get("{id}/secrets?api-version=2023-07-01"),
    is_list: true,
    shared: true,
    docs: "https://learn.microsoft.com/rest/api/keyvault/keyvault/secrets/list",
    ..Operation::PLAIN
};

/// A secret.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Secret {
    /// What is told of it.
    pub(super) properties: Properties,
}

/// What is told of a secret.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Properties {
    /// What its owner says that it is.
    pub(super) content_type: Option<String>,
    /// When it may be used.
    pub(super) attributes: Option<Attributes>,
}

/// When a secret may be used.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Attributes {
    /// It may be used; null is true.
    pub(super) enabled: Option<bool>,
    /// When it ends, in seconds since 1970; null is never.
    pub(super) exp: Option<i64>,
    /// When it was made, in seconds since 1970.
    created: Option<i64>,
    /// When it was changed, in seconds since 1970.
    updated: Option<i64>,
}

impl Listed for Secret {
    const TYPE: &'static str = "azure.keyvault.secret";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[Vault::LIST, &LIST];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
