//! Documents of what a service has for a whole region: one for each region of the run, with lists inside.
//!
//! Nothing here knows a service.

use super::context::Context;
use super::listing::Place;
use crate::collection::Collected;
use crate::document::Draft;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};

/// Regions that are read at the same time. The transport bounds the calls.
const AT_ONCE: usize = 16;

/// The document of a region, without fields yet: its id is `<account>/<region>`.
pub(super) fn draft(place: Place<'_>, type_: &str) -> Draft {
    Draft::new(type_, format!("{}/{}", place.context.account(), place.region), place.region, place.region)
}

/// Reads every region of the run.
pub(super) async fn in_regions<'a>(
    context: &'a Context,
    read: impl Fn(Place<'a>) -> BoxFuture<'a, Collected>,
) -> Collected {
    let regions: Vec<_> = context.regions().iter().map(|region| read(Place { context, region })).collect();
    let mut collected = Collected::default();
    for part in stream::iter(regions).buffered(AT_ONCE).collect::<Vec<_>>().await {
        collected.merge(part);
    }
    collected
}
