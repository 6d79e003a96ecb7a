//! Systems Manager: the nodes that its agent manages, and how they are patched.

pub mod patch_state;

use super::listing::Found;
use super::{Context, Family, Operation, Paging, ResourceType, setting};
use crate::collection::Collected;
use patch_state::ManagedNode;

/// How its lists page.
const PAGES: Paging = Paging::Token { input: "NextToken", output: "NextToken" };

/// Systems Manager's family.
pub const FAMILY: Family = Family {
    name: "ssm",
    types: &[ResourceType::regional_with_others::<ManagedNode>(
        "A managed node, and the state of its patches when it was last scanned.",
    )],
    collect: Some(|context| Box::pin(collect(context))),
};

async fn collect(context: &Context) -> Collected {
    setting::in_regions(context, |place| {
        Box::pin(async move {
            let mut found = Found::<ManagedNode>::new(place);
            patch_state::list(place, &mut found).await;
            found.documents().await
        })
    })
    .await
}

#[cfg(test)]
mod tests;
