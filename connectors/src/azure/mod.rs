//! How Azure is read: tokens ([`credentials`]), calls ([`door`]), Resource Graph ([`tables`]), and one file a resource family.
//!
//! A subscription is a scope, and so is the tenant (`tenant-<id>`) with what Entra ID holds.

pub mod acr;
pub mod actions;
mod addresses;
pub mod aks;
pub mod app;
pub mod authorization;
pub mod compute;
pub mod context;
pub mod cosmosdb;
pub mod credentials;
pub mod defender;
mod diagnostic_settings;
pub mod door;
pub mod entra;
pub mod http_client;
pub mod identity;
pub mod iot;
pub mod keyvault;
pub mod lighthouse;
pub mod listing;
mod locks;
mod managed_identity;
pub mod monitor;
pub mod mysql;
pub mod needs;
pub mod network;
pub mod operation;
pub mod policy;
pub mod postgresql;
mod private_endpoint;
pub mod reader;
pub mod recovery;
pub mod redis;
#[cfg(test)]
pub(crate) mod scripted;
mod server_parameter;
pub mod sql;
pub mod storage;
pub mod subscription;
pub mod tables;
pub mod tagging;

pub use crate::declaration::Reach;
pub use context::Context;
pub use operation::{Api, Azure, Collect, Family, Operation, Request, ResourceType};

use crate::collection::{Collected, Order, Tally};
use crate::exchange::Transport;
use credentials::Credentials;
use evidenced_schemas::ScopeId;
use futures::stream::{self, StreamExt};
use identity::Identity;
use reader::Reader;
use std::sync::Arc;

/// Every family of a subscription, in the order they are shown. A new family is one line here.
pub static FAMILIES: &[Family] = &[
    subscription::FAMILY,
    storage::FAMILY,
    keyvault::FAMILY,
    sql::FAMILY,
    postgresql::FAMILY,
    mysql::FAMILY,
    cosmosdb::FAMILY,
    redis::FAMILY,
    recovery::FAMILY,
    tagging::FAMILY,
    authorization::FAMILY,
    monitor::FAMILY,
    network::FAMILY,
    compute::FAMILY,
    aks::FAMILY,
    acr::FAMILY,
    app::FAMILY,
    defender::FAMILY,
    lighthouse::FAMILY,
    iot::FAMILY,
];

/// Every family of the tenant.
pub static TENANT_FAMILIES: &[Family] = &[entra::FAMILY];

/// How the scope of a tenant begins.
const TENANT: &str = "tenant-";
/// Families that are read at the same time. The transport bounds the calls.
const FAMILIES_AT_ONCE: usize = 4;

/// Every resource type of Azure.
pub fn resource_types() -> impl Iterator<Item = &'static ResourceType> {
    FAMILIES.iter().chain(TENANT_FAMILIES).flat_map(|family| family.types.iter())
}

/// The scope of a tenant.
///
/// # Errors
/// When its id cannot be part of a path.
pub fn tenant_scope(tenant_id: &str) -> Result<ScopeId, String> {
    format!("{TENANT}{tenant_id}").parse()
}

/// The tenant whose scope this is.
pub fn tenant_of(scope: &ScopeId) -> Option<&str> {
    scope.as_str().strip_prefix(TENANT)
}

/// Reads one subscription, or the tenant where the order's scope is one. The same answers give the same documents, in
/// whatever order they arrive. A replay has no credentials.
pub async fn collect(order: Order, transport: Arc<dyn Transport>, credentials: Option<Credentials>) -> Collected {
    let identity: Option<Identity> = order.identity.as_deref().and_then(|text| text.parse().ok());
    let context = Context::new(order, transport, credentials);
    let families = match (tenant_of(&context.order().scope), &identity) {
        (Some(tenant), Some(identity)) if tenant != identity.tenant_id => return another_tenant(identity, tenant),
        (Some(_), _) => TENANT_FAMILIES,
        (None, _) => {
            let principal = identity.as_ref().map(|identity| identity.object_id.as_str());
            context.set_reader(Reader::find(&context, principal).await);
            FAMILIES
        }
    };
    let mut collected = Collected {
        region_set: vec![door::REGION.to_owned()],
        identity: identity.map(|identity| identity.to_string()),
        ..Collected::default()
    };
    let parts = stream::iter(families).map(|family| read(&context, family)).buffered(FAMILIES_AT_ONCE);
    for part in parts.collect::<Vec<_>>().await {
        collected.merge(part);
    }
    collected.region_set.extend(collected.resources.iter().map(|resource| resource.region.clone()));
    collected.ordered()
}

async fn read(context: &Context, family: &Family) -> Collected {
    context.progress(family.name, "reading");
    let part = family.read(context).await;
    let gaps = part.resources.iter().filter(|resource| !resource.gaps.is_empty()).count();
    context.progress(family.name, &format!("{} documents, {gaps} with gaps", part.resources.len()));
    part
}

/// Every type of the tenant as an incomplete population: answers about one tenant are no evidence about another.
fn another_tenant(identity: &Identity, tenant: &str) -> Collected {
    let reason = format!("the credentials belong to tenant {}, not to {tenant}", identity.tenant_id);
    let rows = TENANT_FAMILIES.iter().flat_map(|family| family.types.iter()).map(|type_| {
        let mut tally = Tally::new(type_.name, door::REGION);
        tally.cut_short(reason.clone());
        tally.close(&[])
    });
    Collected { populations: rows.collect(), identity: Some(identity.to_string()), ..Collected::default() }.ordered()
}

#[cfg(test)]
mod tests;
