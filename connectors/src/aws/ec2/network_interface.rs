//! `aws.ec2.network-interface`

use super::super::listing::{Listed, Name, Nothing, Place, Tags};
use super::{Context, Operation, list};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Lists the network interfaces of a region.
pub static DESCRIBE_NETWORK_INTERFACES: Operation = list(
    "DescribeNetworkInterfaces",
    "ec2:DescribeNetworkInterfaces",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html",
);

/// A network interface, as `ec2:DescribeNetworkInterfaces` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NetworkInterface {
    /// `eni-…`
    pub network_interface_id: String,
    /// VPC.
    pub vpc_id: Option<String>,
    /// Subnet.
    pub subnet_id: Option<String>,
    /// `interface`, `nat_gateway`, `network_load_balancer`, …
    pub interface_type: Option<String>,
    /// Security groups.
    #[serde(alias = "group_set")]
    pub groups: Option<Vec<super::instance::Group>>,
    #[serde(default, skip_serializing, alias = "tag_set")]
    #[schemars(skip)]
    tags: Tags,
}

impl Listed for NetworkInterface {
    const TYPE: &'static str = "aws.ec2.network-interface";
    const LIST: &'static Operation = &DESCRIBE_NETWORK_INTERFACES;
    const ITEMS: &'static [&'static str] = &["network_interface_set"];
    const ALWAYS: &'static [&'static str] = &["groups", "vpc_id"];
    type Around = ();
    type Derived = Nothing;

    fn input(_: &Context) -> Value {
        json!({"MaxResults": 1000})
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = place.arn("ec2", &format!("network-interface/{}", self.network_interface_id));
        Name { id, name: self.tags.name_or(&self.network_interface_id), tags: Some(self.tags.0.clone()) }
    }
}
