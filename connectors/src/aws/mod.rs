//! How AWS is read: one file a resource family, each with its declarations and its `collect`.
//!
//! IAM and S3 are read through their SDK crates ([`sdk`]); every other service goes through the signed door ([`door`]).

pub mod account;
pub mod cloudtrail;
pub mod context;
pub mod credentials;
pub mod door;
pub mod iam;
pub mod join;
pub mod operation;
pub mod partition;
pub mod policy_document;
pub mod regions;
pub mod s3;
pub mod sdk;

pub use context::Context;
pub use operation::{Family, Operation, Paging, Reach, ResourceType};

/// Every family, in the order they are shown. A new family is one line here.
pub static FAMILIES: &[Family] = &[account::FAMILY, iam::FAMILY, s3::FAMILY, cloudtrail::FAMILY];

/// Every resource type of AWS.
pub fn resource_types() -> impl Iterator<Item = &'static ResourceType> {
    FAMILIES.iter().flat_map(|family| family.types.iter())
}
