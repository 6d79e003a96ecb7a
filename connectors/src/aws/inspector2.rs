//! Inspector: what it scans in each region, and its active findings.
//!
//! A delegated administrator also sees its members' findings. Those belong to the members' accounts, and are not asked for.

pub mod finding;
pub mod status;

use super::listing::{Found, Place};
use super::{Context, Family, Operation, Paging, Reach, ResourceType, setting};
use crate::collection::Collected;
use crate::declaration::Shape;
use finding::Finding;
use schemars::JsonSchema;
use status::{AccountConfig, AccountDerived, BATCH_GET_ACCOUNT_STATUS};

/// Inspector's family.
pub const FAMILY: Family = Family {
    name: "inspector2",
    types: &[
        ResourceType {
            name: status::TYPE,
            about: "What Inspector scans in a region, and which of that is used there.",
            reach: Reach::Regional,
            operations: &[&BATCH_GET_ACCOUNT_STATUS],
            config: Shape::of(AccountConfig::json_schema),
            derived: Shape::of(AccountDerived::json_schema),
            collect: None,
            instead: &[],
        },
        ResourceType::regional_with_others::<Finding>("An active finding on the account."),
    ],
    collect: Some(|context| Box::pin(collect(context))),
};

async fn collect(context: &Context) -> Collected {
    setting::in_regions(context, |place| Box::pin(region(place))).await
}

async fn region(place: Place<'_>) -> Collected {
    let status = status::read(place).await;
    let mut found = Found::<Finding>::new(place);
    // An account whose Inspector is off has no findings, and may not ask for any.
    if !status.as_ref().is_ok_and(|status| status.value.is_off()) {
        finding::list(place, &mut found).await;
    }
    let mut collected = Collected::of_one(status::document(place, status));
    collected.merge(found.documents().await);
    collected
}

#[cfg(test)]
mod tests;
