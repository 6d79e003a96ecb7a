//! Azure networks: security groups with what they let in, subnets, flow logs and public addresses.

mod application_gateway;
pub(super) mod exposure;
mod group;
mod public_ip;
mod rules;
mod virtual_network;

use super::context::Context;
use super::operation::{Family, ResourceType};
use application_gateway::ApplicationGateway;
use futures::future::BoxFuture;
use group::Group;
use public_ip::PublicIp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use virtual_network::{Subnet, VirtualNetwork};

/// Everything of Azure networks.
pub const FAMILY: Family = Family {
    name: "network",
    types: &[
        ResourceType::listed::<Group>("A network security group, with what its rules let in from the internet"),
        ResourceType::listed::<VirtualNetwork>("A virtual network, with the flow logs of its subnets"),
        ResourceType::with_others::<Subnet>("A subnet of a virtual network"),
        ResourceType::listed::<PublicIp>("A public IP address, with what it is attached to"),
        ResourceType::listed::<ApplicationGateway>(
            "An application gateway, with the web application firewall policies in force on it",
        ),
    ],
    collect: Some(|context| Box::pin(virtual_network::subnets(context))),
};

/// Another resource.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Reference {
    /// Its id.
    id: String,
}

/// What a type that needs nothing beside its items reads around them.
fn nothing(_: &Context) -> BoxFuture<'_, ()> {
    Box::pin(std::future::ready(()))
}

#[cfg(test)]
mod tests;
