//! `aws.ec2.vpc`

use super::super::listing::{Listed, Name, Place, Tags};
use super::{Operation, list};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Lists the VPCs of a region.
pub static DESCRIBE_VPCS: Operation = list(
    "DescribeVpcs",
    "ec2:DescribeVpcs",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html",
);

/// Lists the flow logs of a region.
pub static DESCRIBE_FLOW_LOGS: Operation = list(
    "DescribeFlowLogs",
    "ec2:DescribeFlowLogs",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFlowLogs.html",
);

/// A VPC, as `ec2:DescribeVpcs` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Vpc {
    /// `vpc-…`
    pub vpc_id: String,
    /// It came with the region.
    pub is_default: Option<bool>,
    /// IPv4 range.
    pub cidr_block: Option<String>,
    #[serde(default, skip_serializing, alias = "tag_set")]
    #[schemars(skip)]
    tags: Tags,
}

/// `derived` of `aws.ec2.vpc`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct VpcDerived {
    /// Flow logs of the VPC itself. Those of its subnets and interfaces record a part, and are not among them.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub flow_logs: Field<Vec<FlowLog>>,
    /// It has a network interface. Filled in once the interfaces are known.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub in_use: Field<bool>,
    /// Availability zones of its subnets without a route to an internet gateway. Filled in once the subnets are known.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub private_subnet_zones: Field<Vec<String>>,
}

/// A flow log.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FlowLog {
    /// `fl-…`
    pub flow_log_id: String,
    /// What it records.
    pub resource_id: Option<String>,
    /// `ACTIVE`
    pub flow_log_status: Option<String>,
    /// `ALL`, `ACCEPT` or `REJECT`; null for a transit gateway.
    pub traffic_type: Option<String>,
    /// `SUCCESS` or `FAILED`.
    pub deliver_logs_status: Option<String>,
    /// `cloud-watch-logs`, `s3` or `kinesis-data-firehose`.
    pub log_destination_type: Option<String>,
}

impl Listed for Vpc {
    const TYPE: &'static str = "aws.ec2.vpc";
    const LIST: &'static Operation = &DESCRIBE_VPCS;
    const OPERATIONS: &'static [&'static Operation] = &[&DESCRIBE_VPCS, &DESCRIBE_FLOW_LOGS];
    const ITEMS: &'static [&'static str] = &["vpc_set"];
    const ALWAYS: &'static [&'static str] = &["is_default"];
    /// The flow logs of the region.
    type Around = Result<Read<Vec<FlowLog>>, CollectError>;
    type Derived = VpcDerived;

    fn around(place: Place<'_>) -> BoxFuture<'_, Self::Around> {
        Box::pin(async move { place.whole(&DESCRIBE_FLOW_LOGS, &["flow_log_set"], json!({})).await })
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = place.arn("ec2", &format!("vpc/{}", self.vpc_id));
        Name { id, name: self.tags.name_or(&self.vpc_id), tags: Some(self.tags.0.clone()) }
    }

    fn complete<'a>(
        &'a mut self,
        _: Place<'a>,
        logs: &'a Self::Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, VpcDerived> {
        let own = |logs: Vec<FlowLog>| {
            Some(logs.into_iter().filter(|log| log.resource_id.as_ref() == Some(&self.vpc_id)).collect())
        };
        let logs = logs.clone().map(|read| read.map(own));
        Box::pin(std::future::ready(VpcDerived {
            flow_logs: draft.take("derived.flow_logs", logs),
            ..VpcDerived::default()
        }))
    }
}
