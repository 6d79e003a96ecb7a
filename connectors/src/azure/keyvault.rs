//! Azure Key Vault: vaults, and what Resource Manager tells of their keys and secrets. No value is ever read: Resource Manager has
//! none, and the vaults themselves are not asked.

pub(super) mod vault;

mod key;
mod secret;

use super::context::Context;
use super::listing::Found;
use super::operation::{Family, ResourceType};
use crate::collection::Collected;
use key::Key;
use secret::Secret;
use vault::Vault;

/// Everything of Key Vault.
pub const FAMILY: Family = Family {
    name: "keyvault",
    types: &[
        ResourceType::listed::<Vault>("A key vault"),
        ResourceType::with_others::<Key>("A key in a vault"),
        ResourceType::with_others::<Secret>("A secret in a vault, without its value"),
    ],
    collect: Some(|context| Box::pin(collect(context))),
};

/// The keys and secrets of every vault.
async fn collect(context: &Context) -> Collected {
    let vaults = Found::<Vault>::list(context).await;
    let (mut keys, mut secrets) = (Found::<Key>::new(context), Found::<Secret>::new(context));
    let _ = futures::join!(keys.below(&vaults), secrets.below(&vaults));
    let (mut collected, secrets) = futures::join!(keys.documents(), secrets.documents());
    collected.merge(secrets);
    collected
}

#[cfg(test)]
mod tests;
