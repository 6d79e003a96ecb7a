//! Cloud Logging: log buckets, and the sinks that lead to them.

mod bucket;
pub(in crate::gcp) mod log_query;
pub(in crate::gcp) mod sink;

use super::operation::{Family, ResourceType};
use bucket::LogBucket;

/// The service.
const SERVICE: &str = "logging.googleapis.com";

/// Everything of Cloud Logging.
pub const FAMILY: Family =
    Family { name: "logging", types: &[ResourceType::listed::<LogBucket>("A log bucket")], collect: None };

#[cfg(test)]
mod tests;
