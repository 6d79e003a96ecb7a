//! Cloud Storage: buckets with their IAM policies. Data is never read.

pub(super) mod bucket;

use super::operation::{Family, ResourceType};
use bucket::Bucket;

/// Everything of Cloud Storage.
pub const FAMILY: Family =
    Family { name: "storage", types: &[ResourceType::listed::<Bucket>("A Cloud Storage bucket")], collect: None };

#[cfg(test)]
mod tests;
