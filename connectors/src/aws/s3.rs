//! S3: the account's public access block, and every bucket with what its controls need.
//!
//! Buckets are listed once for the account and read in their own regions, several at a time. What follows from other
//! families (trails, other buckets' logging) is left to [`super::join`]. Objects are never read.

pub(super) mod access;
mod account;
mod answers;
mod derive;
pub mod document;
mod keys;
pub mod known;
mod list;
mod operations;
mod read;

use super::operation::{Family, ResourceType};
use super::{Context, kms};
use crate::collection::{Collected, Tally};
use crate::declaration::{Reach, Shape};
use document::{AccountConfig, AccountDerived, BucketConfig, BucketDerived};
use evidenced_schemas::{Population, Resource};
use futures::{StreamExt, stream};
use list::Listing;
use operations as ops;
pub use operations::GET_BUCKET_TAGGING;
use schemars::JsonSchema;
use std::collections::BTreeSet;

/// The account's own settings.
const ACCOUNT: &str = "aws.s3.account";
/// A bucket.
pub(super) const BUCKET: &str = "aws.s3.bucket";

/// Buckets that are read at a time.
const AT_ONCE: usize = 16;

/// Everything of S3.
pub const FAMILY: Family = Family { name: "s3", types: TYPES, collect: Some(|context| Box::pin(collect(context))) };

const TYPES: &[ResourceType] = &[
    ResourceType {
        name: ACCOUNT,
        about: "The account's settings for all its buckets",
        reach: Reach::Global,
        operations: &[&ops::GET_ACCOUNT_PUBLIC_ACCESS_BLOCK],
        config: Shape::of(AccountConfig::json_schema),
        derived: Shape::of(AccountDerived::json_schema),
        collect: None,
        instead: &[],
    },
    ResourceType {
        name: BUCKET,
        about: "A general-purpose bucket",
        reach: Reach::Global,
        operations: &[
            &ops::LIST_BUCKETS,
            &ops::GET_BUCKET_LOCATION,
            &ops::GET_BUCKET_ACL,
            &ops::GET_PUBLIC_ACCESS_BLOCK,
            &ops::GET_ACCOUNT_PUBLIC_ACCESS_BLOCK,
            &ops::GET_BUCKET_POLICY_STATUS,
            &ops::GET_BUCKET_POLICY,
            &ops::GET_BUCKET_ENCRYPTION,
            &ops::GET_BUCKET_VERSIONING,
            &ops::GET_OBJECT_LOCK_CONFIGURATION,
            &ops::GET_BUCKET_LOGGING,
            &ops::GET_BUCKET_LIFECYCLE_CONFIGURATION,
            &ops::GET_BUCKET_OWNERSHIP_CONTROLS,
            &ops::GET_BUCKET_REPLICATION,
            &GET_BUCKET_TAGGING,
            &kms::DESCRIBE_KEY,
        ],
        config: Shape::of(BucketConfig::json_schema),
        derived: Shape::of(BucketDerived::json_schema),
        collect: None,
        instead: &[],
    },
];

async fn collect(context: &Context) -> Collected {
    let (block, mut listing) = futures::join!(account::block(context), list::buckets(context));
    let buckets = std::mem::take(&mut listing.buckets);
    let total = buckets.len();
    context.progress("s3", &format!("{BUCKET}: {total} listed"));
    let reads: Vec<_> = buckets.into_iter().map(|bucket| read::bucket(context, bucket)).collect();
    let mut running = stream::iter(reads).buffer_unordered(AT_ONCE);
    let mut readings = Vec::with_capacity(total);
    while let Some(reading) = running.next().await {
        readings.push(reading);
        context.progress("s3", &format!("{BUCKET}: {} of {total}", readings.len()));
    }
    let keys = keys::managers(context, &readings).await;
    let mut resources: Vec<Resource> =
        readings.into_iter().map(|reading| derive::document(context, reading, &block, &keys)).collect();
    resources.push(account::document(context, &block));
    let populations = populations(&listing, &resources);
    Collected { resources, populations, ..Collected::default() }
}

/// The balance. The list is one for all regions, so a list that was cut short leaves every region's row incomplete. The
/// row `global` stands for the list itself: it says whether it was read to the end also where a region has no bucket left.
fn populations(listing: &Listing, resources: &[Resource]) -> Vec<Population> {
    let mut regions: BTreeSet<&str> =
        resources.iter().filter(|resource| resource.type_ == BUCKET).map(|resource| resource.region.as_str()).collect();
    regions.insert("global");
    let row = |region: &str| {
        let mut tally = Tally::new(BUCKET, region);
        tally.pages(listing.pages);
        if let Some(error) = &listing.error {
            tally.cut_short(error.sentence());
        }
        tally.close(resources)
    };
    let mut account = Tally::new(ACCOUNT, "global");
    account.page();
    let mut rows = vec![account.close(resources)];
    rows.extend(regions.into_iter().map(row));
    rows
}

#[cfg(test)]
mod tests;
