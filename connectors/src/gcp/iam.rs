//! Who may do what in a project: bindings, everybody who has a role, service accounts with their keys, custom roles and
//! workload identity pools.
//!
//! Policies of other resources (buckets, keys, secrets) stand in the documents of those.

mod binding;
mod custom_role;
mod effective;
mod member;
mod ops;
mod policy;
mod principal;
mod project;
mod provider;
mod reading;
mod service_account;
mod service_account_key;

use super::context::Context;
use super::operation::{Family, ResourceType};
use crate::collection::Collected;
use custom_role::CustomRole;
use provider::Provider;
use reading::Reading;

/// Everything of IAM.
pub const FAMILY: Family = Family {
    name: "iam",
    types: &[
        binding::RESOURCE_TYPE,
        principal::RESOURCE_TYPE,
        project::RESOURCE_TYPE,
        service_account::RESOURCE_TYPE,
        service_account_key::RESOURCE_TYPE,
        ResourceType::listed::<Provider>("A provider of a workload identity pool"),
        ResourceType::listed::<CustomRole>("A custom role of the project"),
    ],
    collect: Some(|context| Box::pin(collect(context))),
};

/// What stands on the same reading. It is read once for all of them.
async fn collect(context: &Context) -> Collected {
    let (reading, keys) = futures::join!(Reading::of(context), service_account_key::read(context));
    let mut collected = service_account_key::documents(context, &reading, keys);
    collected.merge(binding::documents(context, &reading));
    collected.merge(project::document(context, &reading));
    collected.merge(principal::documents(context, &reading));
    collected.merge(service_account::documents(context, reading));
    collected
}

#[cfg(test)]
mod tests;
