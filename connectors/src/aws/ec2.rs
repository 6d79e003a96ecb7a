//! EC2: machines and what they are made from, their disks, and the network around them.
//!
//! A file a resource type. What spans types (which instance is reached from the internet) is joined later
//! ([`super::join`]).

pub mod image;
pub mod instance;
pub mod launch_template;
pub mod network_acl;
pub mod network_interface;
pub mod ports;
pub mod region;
pub mod route_table;
pub mod security_group;
pub mod snapshot;
pub mod subnet;
pub mod volume;
pub mod vpc;

use super::listing::{Nothing, regional};
use super::{Context, Family, Operation, Paging, Reach, ResourceType};
use crate::collection::Collected;
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
        ResourceType {
            name: "aws.ec2.image",
            about: "A machine image (AMI) that the account owns.",
            reach: Reach::Regional,
            operations: &[&image::DESCRIBE_IMAGES],
            config: image::Image::json_schema,
            derived: Nothing::json_schema,
        },
        ResourceType {
            name: "aws.ec2.instance",
            about: "An instance, with its metadata options and addresses.",
            reach: Reach::Regional,
            operations: &[&instance::DESCRIBE_INSTANCES],
            config: instance::Instance::json_schema,
            derived: instance::InstanceDerived::json_schema,
        },
        ResourceType {
            name: "aws.ec2.launch-template-version",
            about: "The default version of a launch template.",
            reach: Reach::Regional,
            operations: &[&launch_template::DESCRIBE_LAUNCH_TEMPLATE_VERSIONS],
            config: launch_template::LaunchTemplateVersion::json_schema,
            derived: Nothing::json_schema,
        },
        ResourceType {
            name: "aws.ec2.network-acl",
            about: "A network ACL, with the ports that it lets in from anywhere.",
            reach: Reach::Regional,
            operations: &[&network_acl::DESCRIBE_NETWORK_ACLS],
            config: network_acl::NetworkAcl::json_schema,
            derived: network_acl::NetworkAclDerived::json_schema,
        },
        ResourceType {
            name: "aws.ec2.network-interface",
            about: "A network interface: what uses a security group and a VPC.",
            reach: Reach::Regional,
            operations: &[&network_interface::DESCRIBE_NETWORK_INTERFACES],
            config: network_interface::NetworkInterface::json_schema,
            derived: Nothing::json_schema,
        },
        ResourceType {
            name: "aws.ec2.region",
            about: "The settings that EC2 has for a whole region.",
            reach: Reach::Regional,
            operations: &[
                &region::GET_EBS_ENCRYPTION_BY_DEFAULT,
                &region::GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE,
                &region::GET_IMAGE_BLOCK_PUBLIC_ACCESS_STATE,
            ],
            config: region::RegionConfig::json_schema,
            derived: Nothing::json_schema,
        },
        ResourceType {
            name: "aws.ec2.route-table",
            about: "A route table: which subnets have a way to an internet gateway.",
            reach: Reach::Regional,
            operations: &[&route_table::DESCRIBE_ROUTE_TABLES],
            config: route_table::RouteTable::json_schema,
            derived: Nothing::json_schema,
        },
        ResourceType {
            name: "aws.ec2.security-group",
            about: "A security group, with what it lets in from anywhere and whether anything uses it.",
            reach: Reach::Regional,
            operations: &[&security_group::DESCRIBE_SECURITY_GROUPS],
            config: security_group::SecurityGroup::json_schema,
            derived: security_group::SecurityGroupDerived::json_schema,
        },
        ResourceType {
            name: "aws.ec2.snapshot",
            about: "An EBS snapshot that the account owns, and whether anyone may restore it.",
            reach: Reach::Regional,
            operations: &[&snapshot::DESCRIBE_SNAPSHOTS, &snapshot::DESCRIBE_SNAPSHOT_ATTRIBUTE],
            config: snapshot::Snapshot::json_schema,
            derived: snapshot::SnapshotDerived::json_schema,
        },
        ResourceType {
            name: "aws.ec2.subnet",
            about: "A subnet.",
            reach: Reach::Regional,
            operations: &[&subnet::DESCRIBE_SUBNETS],
            config: subnet::Subnet::json_schema,
            derived: Nothing::json_schema,
        },
        ResourceType {
            name: "aws.ec2.volume",
            about: "An EBS volume.",
            reach: Reach::Regional,
            operations: &[&volume::DESCRIBE_VOLUMES],
            config: volume::Volume::json_schema,
            derived: Nothing::json_schema,
        },
        ResourceType {
            name: "aws.ec2.vpc",
            about: "A VPC, with its flow logs.",
            reach: Reach::Regional,
            operations: &[&vpc::DESCRIBE_VPCS, &vpc::DESCRIBE_FLOW_LOGS],
            config: vpc::Vpc::json_schema,
            derived: vpc::VpcDerived::json_schema,
        },
    ],
    collect: |context| Box::pin(collect(context)),
};

async fn collect(context: &Context) -> Collected {
    let (images, instances, templates, acls, groups, interfaces) = futures::join!(
        regional::<image::Image>(context),
        regional::<instance::Instance>(context),
        regional::<launch_template::LaunchTemplateVersion>(context),
        regional::<network_acl::NetworkAcl>(context),
        regional::<security_group::SecurityGroup>(context),
        regional::<network_interface::NetworkInterface>(context),
    );
    let (snapshots, subnets, volumes, vpcs, tables, regions) = futures::join!(
        regional::<snapshot::Snapshot>(context),
        regional::<subnet::Subnet>(context),
        regional::<volume::Volume>(context),
        regional::<vpc::Vpc>(context),
        regional::<route_table::RouteTable>(context),
        region::collect(context),
    );
    let mut collected = Collected::default();
    let network = [acls, groups, interfaces, subnets, vpcs, tables];
    for part in [images, instances, templates, snapshots, volumes, regions].into_iter().chain(network) {
        collected.merge(part);
    }
    collected
}

#[cfg(test)]
mod tests;
