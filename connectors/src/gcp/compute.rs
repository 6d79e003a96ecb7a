//! Compute Engine: machines and their groups, disks, networks with what they let in and log, and the load balancers before them.
//!
//! Firewall rules are those of networks; hierarchical and network firewall policies are not read.

pub(super) mod backend_service;
pub(super) mod disk;
pub(super) mod firewall;
pub(super) mod instance;
pub(super) mod instance_group;
pub(super) mod metadata;
pub(super) mod network;
pub(super) mod subnetwork;
pub(super) mod target_proxy;

use super::operation::{Family, Operation, ResourceType};
use backend_service::BackendService;
use disk::Disk;
use firewall::Firewall;
use instance::Instance;
use instance_group::InstanceGroup;
use network::Network;
use subnetwork::Subnetwork;
use target_proxy::TargetProxy;

/// Everything of Compute Engine.
pub const FAMILY: Family = Family {
    name: "compute",
    types: &[
        ResourceType::listed::<Instance>("A virtual machine"),
        ResourceType::listed::<Disk>("A persistent disk, of a zone or a region"),
        ResourceType::listed::<InstanceGroup>("A managed instance group, of a zone or a region"),
        ResourceType::listed::<Network>("A VPC network"),
        ResourceType::listed::<Subnetwork>("A subnet"),
        ResourceType::listed::<Firewall>("A firewall rule of a network"),
        ResourceType::listed::<BackendService>("A backend service, global or of a region"),
        ResourceType::listed::<TargetProxy>("A target HTTPS proxy, global or of a region"),
    ],
    collect: None,
};

/// The service.
const SERVICE: &str = "compute.googleapis.com";
/// The full resource name of anything of Compute Engine.
const ID: &str = "//compute.googleapis.com/{.selfLink:projects/}";

/// An operation of this service.
const PLAIN: Operation = Operation { service: SERVICE, ..Operation::PLAIN };

/// A link from its project on: hosts and versions before it differ.
fn of_project(link: &str) -> &str {
    link.find("projects/").map_or(link, |at| &link[at..])
}

#[cfg(test)]
mod tests;
