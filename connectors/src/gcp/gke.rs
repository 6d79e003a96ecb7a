//! Google Kubernetes Engine: clusters with their node pools. What runs in them is never read.

pub(super) mod cluster;
mod derived;

use super::operation::{Family, ResourceType};
use cluster::Cluster;

/// Everything of Google Kubernetes Engine.
pub const FAMILY: Family = Family {
    name: "gke",
    types: &[ResourceType::listed::<Cluster>("A GKE cluster, of a zone or a region")],
    collect: None,
};

#[cfg(test)]
mod tests;
