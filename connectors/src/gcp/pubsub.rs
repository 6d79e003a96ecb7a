//! Pub/Sub: topics with their IAM policies. Messages are never read.

pub(super) mod topic;

use super::operation::{Family, ResourceType};
use topic::Topic;

/// Everything of Pub/Sub.
pub const FAMILY: Family =
    Family { name: "pubsub", types: &[ResourceType::listed::<Topic>("A topic of Pub/Sub")], collect: None };

#[cfg(test)]
mod tests;
