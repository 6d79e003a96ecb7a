//! How Google Cloud is read: tokens ([`credentials`]), calls ([`door`]), Cloud Asset Inventory ([`assets`]), and one file a
//! resource family.
//!
//! A project is a scope, and so is the organisation (`organization-<number>`) with what is set there alone.

pub mod ancestry;
pub mod apikeys;
pub mod artifactregistry;
pub mod assets;
pub mod bigquery;
pub mod compute;
pub mod context;
pub mod credentials;
pub mod dns;
pub mod door;
pub mod envelope;
mod found;
pub mod gke;
pub mod held;
pub mod iam;
pub mod iam_policy;
pub mod kms;
pub mod labels;
pub mod listing;
pub mod logging;
pub mod monitoring;
pub mod needs;
pub mod number;
pub mod operation;
pub mod organization;
pub mod path;
pub mod project;
pub mod projects;
pub mod pubsub;
pub mod run;
#[cfg(test)]
pub(crate) mod scripted;
pub mod secretmanager;
pub mod sql;
pub mod storage;
pub mod workspace;

pub use crate::declaration::Reach;
pub use context::Context;
pub use operation::{Collect, Family, Gcp, Items, Operation, Request, ResourceType};

use crate::collection::{Collected, Order};
use crate::exchange::Transport;
use credentials::Credentials;
use evidenced_schemas::ScopeId;
use futures::stream::{self, StreamExt};
use std::sync::Arc;

/// Every family of a project, in the order they are shown. A new family is one line here.
pub static FAMILIES: &[Family] = &[
    project::FAMILY,
    iam::FAMILY,
    logging::FAMILY,
    monitoring::FAMILY,
    storage::FAMILY,
    sql::FAMILY,
    bigquery::FAMILY,
    kms::FAMILY,
    secretmanager::FAMILY,
    apikeys::FAMILY,
    artifactregistry::FAMILY,
    compute::FAMILY,
    dns::FAMILY,
    gke::FAMILY,
    run::FAMILY,
    pubsub::FAMILY,
    labels::FAMILY,
];

/// Every family of the organisation.
pub static ORGANIZATION_FAMILIES: &[Family] = &[organization::FAMILY, workspace::FAMILY];

/// How the scope of an organisation begins.
const ORGANIZATION: &str = "organization-";
/// Families that are read at the same time. The transport bounds the calls.
const FAMILIES_AT_ONCE: usize = 4;

/// Every resource type of Google Cloud.
pub fn resource_types() -> impl Iterator<Item = &'static ResourceType> {
    FAMILIES.iter().chain(ORGANIZATION_FAMILIES).flat_map(|family| family.types.iter())
}

/// The scope of an organisation.
///
/// # Errors
/// When its number cannot be part of a path.
pub fn organization_scope(number: &str) -> Result<ScopeId, String> {
    format!("{ORGANIZATION}{number}").parse()
}

/// The number of the organisation whose scope this is. A project may be named `organization-` and words.
pub fn organization_of(scope: &ScopeId) -> Option<&str> {
    scope.above()?;
    scope.as_str().strip_prefix(ORGANIZATION)
}

/// Reads one project, or the organisation where the order's scope is one. The same answers give the same documents, in
/// whatever order they arrive. A replay has no credentials.
pub async fn collect(order: Order, transport: Arc<dyn Transport>, credentials: Option<Credentials>) -> Collected {
    let identity = order.identity.clone();
    let context = Context::new(order, transport, credentials);
    let families = match organization_of(&context.order().scope) {
        Some(_) => ORGANIZATION_FAMILIES,
        None => FAMILIES,
    };
    let mut collected = Collected { region_set: vec![door::REGION.to_owned()], identity, ..Collected::default() };
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
