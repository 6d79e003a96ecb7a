//! `aws.ec2.security-group`

use super::super::listing::{Listed, Name, Place, Tags};
use super::ports::{Ports, anywhere};
use super::{Operation, list};
use crate::document::{Draft, Field};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Lists the security groups of a region.
pub static DESCRIBE_SECURITY_GROUPS: Operation = list(
    "DescribeSecurityGroups",
    "ec2:DescribeSecurityGroups",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html",
);

/// A security group, as `ec2:DescribeSecurityGroups` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SecurityGroup {
    /// `sg-…`
    pub group_id: String,
    /// Name.
    pub group_name: Option<String>,
    /// VPC.
    pub vpc_id: Option<String>,
    /// What may come in.
    pub ip_permissions: Option<Vec<Permission>>,
    /// What may go out.
    pub ip_permissions_egress: Option<Vec<Permission>>,
    #[serde(default, skip_serializing, alias = "tag_set")]
    #[schemars(skip)]
    tags: Tags,
}

/// A rule.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Permission {
    /// `-1` for all, `tcp`, `udp`, `icmp`, `icmpv6` or a number.
    pub ip_protocol: String,
    /// First port; null for all.
    pub from_port: Option<i64>,
    /// Last port; null for all.
    pub to_port: Option<i64>,
    /// IPv4 ranges.
    #[serde(default)]
    pub ip_ranges: Vec<Ipv4Range>,
    /// IPv6 ranges.
    #[serde(default)]
    pub ipv6_ranges: Vec<Ipv6Range>,
    /// Prefix lists.
    #[serde(default)]
    pub prefix_list_ids: Vec<PrefixList>,
    /// Other groups.
    #[serde(default, alias = "groups")]
    pub user_id_group_pairs: Vec<Pair>,
}

/// An IPv4 range.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Ipv4Range {
    /// CIDR.
    pub cidr_ip: String,
}

/// An IPv6 range.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Ipv6Range {
    /// CIDR.
    pub cidr_ipv6: String,
}

/// A prefix list.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PrefixList {
    /// `pl-…`
    pub prefix_list_id: String,
}

/// Another group.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Pair {
    /// `sg-…`
    pub group_id: Option<String>,
    /// Its account.
    pub user_id: Option<String>,
}

/// `derived` of `aws.ec2.security-group`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct SecurityGroupDerived {
    /// Ports that its rules let in from anywhere. Addresses of prefix lists are not among them.
    pub open_ingress: Vec<Ports>,
    /// A network interface uses it. Filled in once the interfaces are known.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub in_use: Field<bool>,
}

impl Listed for SecurityGroup {
    const TYPE: &'static str = "aws.ec2.security-group";
    const LIST: &'static Operation = &DESCRIBE_SECURITY_GROUPS;
    const ITEMS: &'static [&'static str] = &["security_group_info"];
    const ALWAYS: &'static [&'static str] = &["group_name", "ip_permissions", "ip_permissions_egress"];
    type Around = ();
    type Derived = SecurityGroupDerived;

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = place.arn("ec2", &format!("security-group/{}", self.group_id));
        let name = self.group_name.clone().unwrap_or(self.group_id.clone());
        Name { id, name, tags: Some(self.tags.0.clone()) }
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), _: &'a mut Draft) -> BoxFuture<'a, SecurityGroupDerived> {
        let open_ingress = open(self.ip_permissions.as_deref().unwrap_or_default());
        Box::pin(std::future::ready(SecurityGroupDerived { open_ingress, in_use: Field::Unread }))
    }
}

/// What the rules let in from anywhere. Rules for the same ports count together.
fn open(permissions: &[Permission]) -> Vec<Ports> {
    let same = |a: &Permission, b: &Permission| {
        (&a.ip_protocol, a.from_port, a.to_port) == (&b.ip_protocol, b.from_port, b.to_port)
    };
    let mut open = BTreeSet::new();
    for rule in permissions {
        let rules = || permissions.iter().filter(|other| same(rule, other));
        let v4 = rules().flat_map(|rule| rule.ip_ranges.iter().map(|range| range.cidr_ip.as_str()));
        let v6 = rules().flat_map(|rule| rule.ipv6_ranges.iter().map(|range| range.cidr_ipv6.as_str()));
        let families = anywhere(v4.chain(v6));
        open.extend(families.into_iter().map(|f| Ports::new(f, &rule.ip_protocol, rule.from_port, rule.to_port)));
    }
    open.into_iter().collect()
}
