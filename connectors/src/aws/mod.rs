//! How AWS is read: one file a resource family, each with its declarations and its `collect`.
//!
//! IAM and S3 are read through their SDK crates ([`sdk`]); every other service goes through the signed door ([`door`]).

pub mod accessanalyzer;
pub mod account;
pub mod acm;
pub mod backup;
pub mod clients;
pub mod cloudfront;
pub mod cloudtrail;
pub mod cloudwatch;
pub mod config;
pub mod context;
pub mod credentials;
pub mod door;
pub mod dynamodb;
pub mod ec2;
pub mod ecr;
pub mod ecs;
pub mod eks;
pub mod elb;
pub mod guardduty;
pub mod iam;
pub mod identity;
pub mod inspector2;
pub mod join;
pub mod kms;
pub mod lambda;
pub mod listing;
pub mod logs;
pub mod needs;
pub mod operation;
pub mod organizations;
pub mod partition;
pub mod policy_document;
pub mod rds;
pub mod regions;
pub mod resource_policy;
pub mod s3;
#[cfg(test)]
pub(crate) mod scripted;
pub mod sdk;
pub mod secretsmanager;
pub mod securityhub;
mod setting;
pub mod sns;
pub mod sqs;
pub mod ssm;
pub mod tagging;
mod time;
pub mod wafv2;

pub use crate::declaration::Reach;
pub use context::Context;
pub use operation::{Aws, Collect, Family, Operation, Paging, ResourceType};

use crate::collection::{Collected, Order, Tally};
use crate::exchange::Transport;
use aws_credential_types::provider::SharedCredentialsProvider;
use futures::stream::{self, StreamExt};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Every family, in the order they are shown. A new family is one line here.
pub static FAMILIES: &[Family] = &[
    account::FAMILY,
    organizations::FAMILY,
    iam::FAMILY,
    s3::FAMILY,
    cloudtrail::FAMILY,
    ec2::FAMILY,
    accessanalyzer::FAMILY,
    config::FAMILY,
    guardduty::FAMILY,
    inspector2::FAMILY,
    securityhub::FAMILY,
    ssm::FAMILY,
    ecr::FAMILY,
    ecs::FAMILY,
    eks::FAMILY,
    elb::FAMILY,
    cloudfront::FAMILY,
    wafv2::FAMILY,
    kms::FAMILY,
    secretsmanager::FAMILY,
    acm::FAMILY,
    lambda::FAMILY,
    sns::FAMILY,
    sqs::FAMILY,
    tagging::FAMILY,
    rds::FAMILY,
    dynamodb::FAMILY,
    backup::FAMILY,
    cloudwatch::FAMILY,
    logs::FAMILY,
];

/// Every resource type of AWS.
pub fn resource_types() -> impl Iterator<Item = &'static ResourceType> {
    account_types().chain(organizations::WHOLE.types)
}

/// The resource types that a run of an account reads.
pub fn account_types() -> impl Iterator<Item = &'static ResourceType> {
    FAMILIES.iter().flat_map(|family| family.types.iter())
}

/// Families that are read at the same time. The transport bounds the calls.
const FAMILIES_AT_ONCE: usize = 4;

/// Every IAM action that reading AWS needs.
pub fn permissions() -> BTreeSet<&'static str> {
    needs::permissions(resource_types().map(|type_| type_.name))
}

/// Reads one account, or an organisation where the order's scope is one. The same answers give the same documents, in whatever order they arrive.
///
/// The identity is asked first. Where it belongs to another account than the order says, nothing else is read: answers
/// about one account are no evidence about another. Where it cannot be read the account's document has a gap.
pub async fn collect(order: Order, transport: Arc<dyn Transport>, credentials: SharedCredentialsProvider) -> Collected {
    let context = Context::new(order, transport, credentials);
    if organizations::whole::is_scope(&context.order().scope) {
        return organizations::whole::collect(&context).await;
    }
    let caller = identity::caller(&context).await;
    if let Ok(read) = &caller
        && read.value.account != context.account()
    {
        return another_account(&context, &read.value);
    }
    let identity = caller.as_ref().ok().map(|read| read.value.arn.clone());
    context.set_caller(caller);
    let regions = regions::discover(&context).await;
    let asked_for = regions.unread.iter().map(|(region, _)| region).filter(|region| *region != "unknown");
    let mut collected = Collected {
        populations: regions.populations(),
        region_set: regions.to_read.iter().chain(asked_for).cloned().collect(),
        identity,
        ..Collected::default()
    };
    context.set_regions(regions);
    let parts = stream::iter(FAMILIES).map(|family| read(&context, family)).buffered(FAMILIES_AT_ONCE);
    for part in parts.collect::<Vec<_>>().await {
        collected.merge(part);
    }
    join::apply(&mut collected);
    collected.ordered()
}

async fn read(context: &Context, family: &Family) -> Collected {
    context.progress(family.name, "reading");
    let part = family.read(context).await;
    let gaps = part.resources.iter().filter(|resource| !resource.gaps.is_empty()).count();
    context.progress(family.name, &format!("{} documents, {gaps} with gaps", part.resources.len()));
    part
}

/// Every resource type as an incomplete population, with the reason.
fn another_account(context: &Context, caller: &identity::Caller) -> Collected {
    let reason = format!("the credentials belong to account {}, not to {}", caller.account, context.account());
    let rows = account_types().map(|type_| {
        let region = if type_.reach == Reach::Global { "global" } else { "unknown" };
        let mut tally = Tally::new(type_.name, region);
        tally.cut_short(reason.clone());
        tally.close(&[])
    });
    Collected { populations: rows.collect(), identity: Some(caller.arn.clone()), ..Collected::default() }.ordered()
}

#[cfg(test)]
mod tests;
