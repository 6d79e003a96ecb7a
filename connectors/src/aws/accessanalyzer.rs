//! Access Analyzer: the analyzers of each region, and what those for external access found that nobody has settled.
//!
//! An analyzer of an organization lies in one account and is not listed in the others. Its findings on other accounts'
//! resources belong to those accounts, and are not asked for.

pub mod analyzer;
pub mod finding;

use super::listing::{Found, Nothing, Place};
use super::{Context, Family, Operation, Paging, Reach, ResourceType, setting};
use crate::collection::Collected;
use crate::declaration::Shape;
use analyzer::{LIST_ANALYZERS, RegionConfig};
use finding::Finding;
use schemars::JsonSchema;

/// How its lists page.
const PAGES: Paging = Paging::Token { input: "nextToken", output: "nextToken" };

/// Access Analyzer's family.
pub const FAMILY: Family = Family {
    name: "accessanalyzer",
    types: &[
        ResourceType {
            name: analyzer::TYPE,
            about: "The analyzers of a region.",
            reach: Reach::Regional,
            operations: &[&LIST_ANALYZERS],
            config: Shape::of(RegionConfig::json_schema),
            derived: Shape::of(Nothing::json_schema),
            collect: None,
            instead: &[],
        },
        ResourceType::regional_with_others::<Finding>(
            "An active finding of an analyzer for external access, on a resource of the account.",
        ),
    ],
    collect: Some(|context| Box::pin(collect(context))),
};

async fn collect(context: &Context) -> Collected {
    setting::in_regions(context, |place| Box::pin(region(place))).await
}

async fn region(place: Place<'_>) -> Collected {
    let analyzers = analyzer::list(place).await;
    let mut found = Found::<Finding>::new(place);
    match &analyzers {
        Ok(read) => {
            for analyzer in read.value.iter().filter(|analyzer| analyzer.is_external()) {
                found.list(finding::input(place, analyzer)).await;
            }
        }
        Err(error) => found.cut_short(error),
    }
    let mut collected = Collected::of_one(analyzer::document(place, analyzers));
    collected.merge(found.documents().await);
    collected
}

#[cfg(test)]
mod tests;
