//! `aws.ec2.network-acl`

use super::super::listing::{Listed, Name, Place, Tags};
use super::{Operation, list};
use crate::document::Draft;
use crate::ports::{Family, LAST, Ports, anywhere};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists the network ACLs of a region.
pub static DESCRIBE_NETWORK_ACLS: Operation = list(
    "DescribeNetworkAcls",
    "ec2:DescribeNetworkAcls",
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkAcls.html",
);

/// A network ACL, as `ec2:DescribeNetworkAcls` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NetworkAcl {
    /// `acl-…`
    pub network_acl_id: String,
    /// VPC.
    pub vpc_id: Option<String>,
    /// It is the VPC's default one.
    #[serde(alias = "default")]
    pub is_default: Option<bool>,
    /// Rules.
    #[serde(alias = "entry_set")]
    pub entries: Option<Vec<Entry>>,
    /// Subnets that it guards.
    #[serde(default, alias = "association_set")]
    pub associations: Vec<Association>,
    #[serde(default, skip_serializing, alias = "tag_set")]
    #[schemars(skip)]
    tags: Tags,
}

/// A rule. The rule with the lowest number that fits decides.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Number.
    pub rule_number: i64,
    /// `-1` for all, else the IANA number.
    pub protocol: String,
    /// `allow` or `deny`.
    pub rule_action: String,
    /// It speaks of what leaves.
    pub egress: bool,
    /// IPv4 range.
    pub cidr_block: Option<String>,
    /// IPv6 range.
    pub ipv6_cidr_block: Option<String>,
    /// Ports; null for all.
    pub port_range: Option<PortRange>,
}

/// A range of ports.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PortRange {
    /// First.
    pub from: Option<i64>,
    /// Last.
    pub to: Option<i64>,
}

/// A subnet that the ACL guards.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Association {
    /// Subnet.
    pub subnet_id: Option<String>,
}

/// `derived` of `aws.ec2.network-acl`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct NetworkAclDerived {
    /// Ports that are let in from anywhere, after the rules that come before have denied theirs.
    pub open_ingress: Vec<Ports>,
}

impl Listed for NetworkAcl {
    const TYPE: &'static str = "aws.ec2.network-acl";
    const LIST: &'static Operation = &DESCRIBE_NETWORK_ACLS;
    const ITEMS: &'static [&'static str] = &["network_acl_set"];
    const ALWAYS: &'static [&'static str] = &["entries"];
    type Around = ();
    type Derived = NetworkAclDerived;

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = place.arn("ec2", &format!("network-acl/{}", self.network_acl_id));
        Name { id, name: self.tags.name_or(&self.network_acl_id), tags: Some(self.tags.0.clone()) }
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), _: &'a mut Draft) -> BoxFuture<'a, NetworkAclDerived> {
        let open_ingress = open(self.entries.as_deref().unwrap_or_default());
        Box::pin(std::future::ready(NetworkAclDerived { open_ingress }))
    }
}

/// What the inbound rules let in from anywhere, family by family: `allow` opens, and a `deny` from anywhere before it keeps
/// its ports closed. A `deny` for a part of the addresses closes nothing for the others.
fn open(entries: &[Entry]) -> Vec<Ports> {
    let mut rules: Vec<&Entry> = entries.iter().filter(|entry| !entry.egress).collect();
    rules.sort_by_key(|entry| entry.rule_number);
    let mut open = Vec::new();
    for family in [Family::Ipv4, Family::Ipv6] {
        let mut denied: Vec<Ports> = Vec::new();
        for rule in &rules {
            if !anywhere(rule.cidr_block.as_deref().into_iter().chain(rule.ipv6_cidr_block.as_deref()))
                .contains(&family)
            {
                continue;
            }
            let range = rule.port_range.as_ref();
            let ports = Ports::new(
                family,
                &rule.protocol,
                range.and_then(|range| range.from),
                range.and_then(|range| range.to),
            );
            if rule.rule_action == "allow" {
                open.extend(left(&ports, &denied));
            } else {
                denied.push(ports);
            }
        }
    }
    open.sort();
    open.dedup();
    open
}

/// What of a range is not denied. A denial of one protocol leaves the others of an `all` open: those of TCP and UDP are
/// then told apart.
fn left(allowed: &Ports, denied: &[Ports]) -> Vec<Ports> {
    let of_own = |protocol: &str| denied.iter().any(|ports| ports.protocol == protocol);
    if allowed.protocol == "all" && !of_own("all") && (of_own("tcp") || of_own("udp")) {
        let each = ["tcp", "udp"].map(|protocol| Ports::new(allowed.family, protocol, Some(0), Some(LAST)));
        return each.iter().flat_map(|ports| left(ports, denied)).collect();
    }
    let mut rest = vec![(allowed.from_port, allowed.to_port)];
    for ports in denied.iter().filter(|ports| ports.protocol == "all" || ports.protocol == allowed.protocol) {
        rest = rest
            .into_iter()
            .flat_map(|(from, to)| [(from, to.min(ports.from_port - 1)), (from.max(ports.to_port + 1), to)])
            .filter(|(from, to)| from <= to)
            .collect();
    }
    let of = |(from_port, to_port)| Ports { from_port, to_port, ..allowed.clone() };
    rest.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(number: i64, protocol: &str, action: &str, cidr: &str, ports: Option<(i64, i64)>) -> Entry {
        let v6 = cidr.contains(':');
        Entry {
            rule_number: number,
            protocol: protocol.into(),
            rule_action: action.into(),
            egress: false,
            cidr_block: (!v6).then(|| cidr.to_owned()),
            ipv6_cidr_block: v6.then(|| cidr.to_owned()),
            port_range: ports.map(|(from, to)| PortRange { from: Some(from), to: Some(to) }),
        }
    }

    fn told(entries: &[Entry]) -> Vec<(String, i64, i64)> {
        open(entries).into_iter().map(|ports| (ports.protocol, ports.from_port, ports.to_port)).collect()
    }

    #[test]
    fn the_rule_with_the_lowest_number_decides() {
        let deny_all = rule(32_767, "-1", "deny", "0.0.0.0/0", None);
        assert_eq!(told(&[rule(100, "-1", "allow", "0.0.0.0/0", None), deny_all.clone()]), [("all".into(), 0, LAST)]);
        assert_eq!(told(std::slice::from_ref(&deny_all)), []);
        let ssh_first = [
            rule(200, "6", "allow", "0.0.0.0/0", Some((0, 1024))),
            rule(100, "6", "deny", "0.0.0.0/0", Some((22, 22))),
            deny_all,
        ];
        assert_eq!(told(&ssh_first), [("tcp".into(), 0, 21), ("tcp".into(), 23, 1024)]);
        let too_late =
            [rule(100, "6", "allow", "::/0", Some((22, 22))), rule(200, "6", "deny", "::/0", Some((22, 22)))];
        assert_eq!(told(&too_late), [("tcp".into(), 22, 22)]);
    }

    #[test]
    fn a_denial_counts_for_its_own_family_protocol_and_addresses() {
        let allow = rule(100, "-1", "allow", "0.0.0.0/0", None);
        for (deny, rest) in [
            (rule(50, "-1", "deny", "::/0", None), vec![("all".to_owned(), 0, LAST)]),
            (rule(50, "-1", "deny", "10.0.0.0/8", None), vec![("all".to_owned(), 0, LAST)]),
            (rule(50, "17", "deny", "0.0.0.0/0", None), vec![("tcp".to_owned(), 0, LAST)]),
            (rule(50, "-1", "deny", "0.0.0.0/0", None), vec![]),
        ] {
            assert_eq!(told(&[allow.clone(), deny.clone()]), rest, "{deny:?}");
        }
        let outward = Entry { egress: true, ..allow };
        assert_eq!(told(&[outward]), []);
    }
}
