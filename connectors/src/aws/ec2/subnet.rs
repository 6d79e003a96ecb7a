//! `aws.ec2.subnet`

use super::super::listing::{Listed, Name, Nothing, Place, Tags};
use super::{Operation, list};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists the subnets of a region.
pub static DESCRIBE_SUBNETS: Operation = list(
    "DescribeSubnets",
    "ec2:DescribeSubnets",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html",
);

/// A subnet, as `ec2:DescribeSubnets` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Subnet {
    /// `subnet-…`
    pub subnet_id: String,
    /// VPC.
    pub vpc_id: Option<String>,
    /// Availability zone.
    pub availability_zone: Option<String>,
    /// Instances launched here get a public IPv4 address.
    pub map_public_ip_on_launch: Option<bool>,
    #[serde(default, skip_serializing, alias = "tag_set")]
    #[schemars(skip)]
    tags: Tags,
}

impl Listed for Subnet {
    const TYPE: &'static str = "aws.ec2.subnet";
    const LIST: &'static Operation = &DESCRIBE_SUBNETS;
    const ITEMS: &'static [&'static str] = &["subnet_set"];
    const ALWAYS: &'static [&'static str] = &["map_public_ip_on_launch"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = place.arn("ec2", &format!("subnet/{}", self.subnet_id));
        Name { id, name: self.tags.name_or(&self.subnet_id), tags: Some(self.tags.0.clone()) }
    }
}
