//! GuardDuty: the detector of each region, and its high findings that nobody has archived.
//!
//! The detector of an administrator account also holds its members' findings. Those belong to the members' accounts, and
//! are not asked for.

pub mod detector;
pub mod finding;

use super::listing::{Found, Nothing, Place};
use super::{Context, Family, Operation, Paging, Reach, ResourceType, setting};
use crate::collection::Collected;
use crate::declaration::Shape;
use detector::{GET_DETECTOR, LIST_DETECTORS, RegionConfig};
use finding::Finding;
use schemars::JsonSchema;

/// How its lists page.
const PAGES: Paging = Paging::Token { input: "nextToken", output: "nextToken" };

/// GuardDuty's family.
pub const FAMILY: Family = Family {
    name: "guardduty",
    types: &[
        ResourceType::regional_with_others::<Finding>(
            "A finding of severity 7 or more on the account, that is not archived.",
        ),
        ResourceType {
            name: detector::TYPE,
            about: "The detector of a region, with its protection plans.",
            reach: Reach::Regional,
            operations: &[&LIST_DETECTORS, &GET_DETECTOR],
            config: Shape::of(RegionConfig::json_schema),
            derived: Shape::of(Nothing::json_schema),
            collect: None,
            instead: &[],
        },
    ],
    collect: Some(|context| Box::pin(collect(context))),
};

async fn collect(context: &Context) -> Collected {
    setting::in_regions(context, |place| Box::pin(region(place))).await
}

async fn region(place: Place<'_>) -> Collected {
    let ids = detector::list(place).await;
    let mut found = Found::<Finding>::new(place);
    match &ids {
        Ok(read) => {
            for detector in &read.value {
                finding::list(place, detector, &mut found).await;
            }
        }
        Err(error) => found.cut_short(error),
    }
    let mut collected = Collected::of_one(detector::document(place, ids).await);
    collected.merge(found.documents().await);
    collected
}

#[cfg(test)]
mod tests;
