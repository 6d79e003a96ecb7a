//! EC2: machines and what they are made from, their disks, and the network around them.
//!
//! A file a resource type. What spans types (which instance is reached from the internet) is joined later
//! ([`super::join`]).

pub mod image;
pub mod instance;
pub mod launch_template;
pub mod network_acl;
pub mod network_interface;
pub mod region;
pub mod route_table;
pub mod security_group;
pub mod snapshot;
pub mod subnet;
pub mod volume;
pub mod vpc;

use super::listing::Nothing;
use super::{Context, Family, Operation, Paging, Reach, ResourceType};
use crate::declaration::Shape;
use schemars::JsonSchema;

/// How EC2's lists page.
const PAGES: Paging = Paging::Token { input: "NextToken", output: "nextToken" };

/// An operation of EC2 with one page.
const fn one(name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation { service: "ec2", name, permission, docs, ..Operation::PLAIN }
}

/// A list of EC2.
const fn list(name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    Operation { paging: PAGES, ..one(name, permission, docs) }
}

/// EC2's family.
pub const FAMILY: Family = Family {
    name: "ec2",
    types: &[
        ResourceType::regional::<image::Image>("A machine image (AMI) that the account owns."),
        ResourceType::regional::<instance::Instance>("An instance, with its metadata options and addresses."),
        ResourceType::regional::<launch_template::LaunchTemplateVersion>("The default version of a launch template."),
        ResourceType::regional::<network_acl::NetworkAcl>(
            "A network ACL, with the ports that it lets in from anywhere.",
        ),
        ResourceType::regional::<network_interface::NetworkInterface>(
            "A network interface: what uses a security group and a VPC.",
        ),
        ResourceType {
            name: "aws.ec2.region",
            about: "The settings that EC2 has for a whole region.",
            reach: Reach::Regional,
            operations: &[
                &region::GET_EBS_ENCRYPTION_BY_DEFAULT,
                &region::GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE,
                &region::GET_IMAGE_BLOCK_PUBLIC_ACCESS_STATE,
            ],
            config: Shape::of(region::RegionConfig::json_schema),
            derived: Shape::of(Nothing::json_schema),
            collect: Some(|context| Box::pin(region::collect(context))),
            instead: &[],
        },
        ResourceType::regional::<route_table::RouteTable>(
            "A route table: which subnets have a way to an internet gateway.",
        ),
        ResourceType::regional::<security_group::SecurityGroup>(
            "A security group, with what it lets in from anywhere and whether anything uses it.",
        ),
        ResourceType::regional::<snapshot::Snapshot>(
            "An EBS snapshot that the account owns, and whether anyone may restore it.",
        ),
        ResourceType::regional::<subnet::Subnet>("A subnet."),
        ResourceType::regional::<volume::Volume>("An EBS volume."),
        ResourceType::regional::<vpc::Vpc>("A VPC, with its flow logs."),
    ],
    collect: None,
};

#[cfg(test)]
mod tests;
