//! `aws.ec2.route-table`

use super::super::listing::{Listed, Name, Nothing, Place, Tags};
use super::{Operation, list};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists the route tables of a region.
pub static DESCRIBE_ROUTE_TABLES: Operation = list(
    "DescribeRouteTables",
    "ec2:DescribeRouteTables",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html",
);

/// A route table, as `ec2:DescribeRouteTables` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RouteTable {
    /// `rtb-…`
    pub route_table_id: String,
    /// VPC.
    pub vpc_id: Option<String>,
    /// Routes.
    #[serde(alias = "route_set")]
    pub routes: Option<Vec<Route>>,
    /// Subnets and gateways that use it.
    #[serde(alias = "association_set")]
    pub associations: Option<Vec<Association>>,
    #[serde(default, skip_serializing, alias = "tag_set")]
    #[schemars(skip)]
    tags: Tags,
}

/// A route.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Route {
    /// IPv4 destination.
    pub destination_cidr_block: Option<String>,
    /// IPv6 destination.
    pub destination_ipv6_cidr_block: Option<String>,
    /// Prefix list as destination.
    pub destination_prefix_list_id: Option<String>,
    /// `igw-…`, `vgw-…`, `local`, …
    pub gateway_id: Option<String>,
    /// `active` or `blackhole`.
    pub state: Option<String>,
}

/// A use of a route table.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Association {
    /// Subnet; null for a gateway, and for the VPC's main table.
    pub subnet_id: Option<String>,
    /// It is the main table of its VPC.
    pub main: Option<bool>,
}

impl Listed for RouteTable {
    const TYPE: &'static str = "aws.ec2.route-table";
    const LIST: &'static Operation = &DESCRIBE_ROUTE_TABLES;
    const ITEMS: &'static [&'static str] = &["route_table_set"];
    const ALWAYS: &'static [&'static str] = &["routes", "associations", "vpc_id"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = place.arn("ec2", &format!("route-table/{}", self.route_table_id));
        Name { id, name: self.tags.name_or(&self.route_table_id), tags: Some(self.tags.0.clone()) }
    }
}
