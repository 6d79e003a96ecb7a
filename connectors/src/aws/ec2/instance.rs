//! `aws.ec2.instance`

use super::super::listing::{Listed, Name, Place, Tags};
use super::{Context, Operation, list};
use crate::document::Field;
use crate::ports::Ports;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Lists the instances of a region.
pub static DESCRIBE_INSTANCES: Operation = list(
    "DescribeInstances",
    "ec2:DescribeInstances",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html",
);

/// An instance, as `ec2:DescribeInstances` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Instance {
    /// `i-…`
    pub instance_id: String,
    /// State.
    #[serde(alias = "instance_state")]
    pub state: Option<State>,
    /// How its metadata service is reached.
    pub metadata_options: Option<MetadataOptions>,
    /// Public IPv4 address; null without one.
    #[serde(alias = "ip_address")]
    pub public_ip_address: Option<String>,
    /// Whether it may hold Nitro Enclaves.
    pub enclave_options: Option<EnclaveOptions>,
    /// VPC.
    pub vpc_id: Option<String>,
    /// Subnet.
    pub subnet_id: Option<String>,
    /// Image.
    pub image_id: Option<String>,
    /// Security groups.
    #[serde(default, alias = "group_set")]
    pub security_groups: Vec<Group>,
    /// Network interfaces.
    #[serde(default, alias = "network_interface_set")]
    pub network_interfaces: Vec<Interface>,
    #[serde(default, skip_serializing, alias = "tag_set")]
    #[schemars(skip)]
    tags: Tags,
}

/// State of an instance.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct State {
    /// `pending`, `running`, `shutting-down`, `terminated`, `stopping` or `stopped`.
    pub name: Option<String>,
}

/// How an instance's metadata service is reached.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MetadataOptions {
    /// `required` (version 2 only) or `optional`.
    pub http_tokens: Option<String>,
    /// `enabled` or `disabled`.
    pub http_endpoint: Option<String>,
}

/// Whether an instance may hold Nitro Enclaves.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EnclaveOptions {
    /// It may.
    pub enabled: Option<bool>,
}

/// A security group of an instance.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// `sg-…`
    pub group_id: String,
}

/// A network interface of an instance.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Interface {
    /// Subnet.
    pub subnet_id: Option<String>,
    /// Security groups.
    #[serde(default, alias = "group_set")]
    pub groups: Vec<Group>,
    /// IPv6 addresses.
    #[serde(default, alias = "ipv6_addresses_set")]
    pub ipv6_addresses: Vec<Ipv6>,
}

/// An IPv6 address.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Ipv6 {
    /// The address.
    pub ipv6_address: String,
}

/// `derived` of `aws.ec2.instance`: filled in once the network around it and the managed nodes are known.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct InstanceDerived {
    /// It has an IPv6 address in a subnet with a route to an internet gateway.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub public_ipv6: Field<bool>,
    /// Ports that its security groups let in from anywhere, where it has a public address and a route to an internet
    /// gateway. Network ACLs are not counted.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub internet_reachable: Field<Vec<Ports>>,
    /// Ports that its security groups let in from anywhere, whatever its addresses and routes.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub open_ingress: Field<Vec<Ports>>,
    /// Its agent, as Systems Manager knows it; null when it knows none.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub ssm: Field<Agent>,
}

/// Systems Manager's agent on an instance.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Agent {
    /// `Online` or `ConnectionLost`.
    pub ping_status: String,
}

impl Listed for Instance {
    const TYPE: &'static str = "aws.ec2.instance";
    const LIST: &'static Operation = &DESCRIBE_INSTANCES;
    const ITEMS: &'static [&'static str] = &["reservation_set", "instances_set"];
    const ALWAYS: &'static [&'static str] =
        &["state.name", "metadata_options.http_tokens", "metadata_options.http_endpoint"];
    type Around = ();
    type Derived = InstanceDerived;

    fn input(_: &Context) -> Value {
        json!({"MaxResults": 1000})
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = place.arn("ec2", &format!("instance/{}", self.instance_id));
        Name { id, name: self.tags.name_or(&self.instance_id), tags: Some(self.tags.0.clone()) }
    }
}
