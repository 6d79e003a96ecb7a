//! `aws.ec2.security-group`

use super::super::listing::{Listed, Name, Place, Tags};
use super::{Operation, list};
use crate::document::{Draft, Field, Read};
use crate::ports::{self, Ports, anywhere};
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
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub open_ingress: Field<Vec<Ports>>,
    /// Public IPv4 ranges wider than /24 and narrower than the whole internet that its rules let in or out to, sorted.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub wide_public_ranges: Field<Vec<String>>,
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

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        (): &'a (),
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, SecurityGroupDerived> {
        Box::pin(std::future::ready(SecurityGroupDerived {
            open_ingress: self.told(place, draft, "derived.open_ingress", |group| {
                Ok(open(group.ip_permissions.as_deref().ok_or(MISSING)?))
            }),
            wide_public_ranges: self.told(place, draft, "derived.wide_public_ranges", |group| {
                let ingress = group.ip_permissions.as_deref().ok_or(MISSING)?;
                wide_public(ingress.iter().chain(group.ip_permissions_egress.as_deref().ok_or(MISSING)?))
            }),
            in_use: Field::Unread,
        }))
    }
}

/// Why nothing follows from rules that the answer does not hold.
const MISSING: &str = "the rules are missing";

impl SecurityGroup {
    /// What follows from the rules, or a gap.
    fn told<T>(
        &self,
        place: Place<'_>,
        draft: &mut Draft,
        path: &str,
        derive: impl FnOnce(&Self) -> Result<T, &'static str>,
    ) -> Field<T> {
        match derive(self) {
            Ok(value) => Field::Value(value),
            Err(message) => {
                let answer = Read { value: (), exchanges: vec![], at: None };
                draft.miss(path, &place.malformed(Self::LIST, message, &answer));
                Field::Unread
            }
        }
    }
}

/// Wide public ranges of the rules. A range that is no CIDR makes all of it unknown.
fn wide_public<'a>(rules: impl Iterator<Item = &'a Permission>) -> Result<Vec<String>, &'static str> {
    let mut wide = BTreeSet::new();
    for range in rules.flat_map(|rule| &rule.ip_ranges) {
        if ports::is_wide_and_public(&range.cidr_ip).ok_or("a range that is no CIDR")? {
            wide.insert(range.cidr_ip.clone());
        }
    }
    Ok(wide.into_iter().collect())
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
