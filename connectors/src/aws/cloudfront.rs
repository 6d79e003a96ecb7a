//! CloudFront: distributions, whom they talk to without TLS, and where they log.
//!
//! What a list has is told by `Quantity`, and an empty list has no `Items`: both are read, and must agree. The secrets that
//! distributions send to their origins in headers are taken out before anything is written.

pub mod distribution;

use super::{Family, Operation, ResourceType};

/// Names of list elements: everything in `Items`.
const LISTS: &[&str] = &["Items/*"];

/// Values of the headers that a distribution adds for its origins.
const SECRETS: &[&str] = &["HeaderValue"];

/// An operation of CloudFront with one page. `path` begins with the version of the API.
const fn one(
    name: &'static str,
    permission: &'static str,
    path: &'static str,
    root: &'static str,
    docs: &'static str,
) -> Operation {
    Operation {
        service: "cloudfront",
        name,
        permission,
        http: Some(("GET", path)),
        root: Some(root),
        lists: LISTS,
        secrets: SECRETS,
        docs,
        ..Operation::PLAIN
    }
}

/// CloudFront's family.
pub const FAMILY: Family = Family {
    name: "cloudfront",
    types: &[ResourceType::global::<distribution::Distribution>(
        "A distribution: what its viewers may speak, and whether its requests are logged.",
    )],
    collect: None,
};

#[cfg(test)]
mod tests;
