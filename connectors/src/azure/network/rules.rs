//! What security rules let in from the internet.
//!
//! Rules are asked in the order of their priority, and the first that fits decides. A port is open to a family of addresses
//! where, towards one destination, the sources that are allowed before it is settled are the whole internet; a Deny settles it
//! where its sources are. Application security groups and service tags other than `Internet` are no internet, and no deny of it.
//!
//! Documentation: <https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works>.

use super::Reference;
use crate::ports::{Family, LAST, Ports, anywhere};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];
const PROTOCOLS: [&str; 2] = ["tcp", "udp"];
/// What stands for every address, and for every one of the internet.
const EVERY: [&str; 3] = ["*", "any", "internet"];

/// A security rule.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Rule {
    /// Its name.
    name: Option<String>,
    /// What it says.
    properties: RuleProperties,
}

/// What a security rule says. Each of addresses and ports stands alone or in a list.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
struct RuleProperties {
    /// Lower is asked first.
    priority: Option<i64>,
    /// `Inbound` or `Outbound`.
    direction: Option<String>,
    /// `Allow` or `Deny`.
    access: Option<String>,
    /// `Tcp`, `Udp`, `Icmp`, `Esp`, `Ah` or `*`.
    protocol: Option<String>,
    /// A range of addresses, a service tag or `*`.
    source_address_prefix: Option<String>,
    /// The same, several.
    source_address_prefixes: Option<Vec<String>>,
    /// Application security groups.
    source_application_security_groups: Option<Vec<Reference>>,
    /// A port, a range of ports or `*`.
    source_port_range: Option<String>,
    /// The same, several.
    source_port_ranges: Option<Vec<String>>,
    /// A range of addresses, a service tag or `*`.
    destination_address_prefix: Option<String>,
    /// The same, several.
    destination_address_prefixes: Option<Vec<String>>,
    /// Application security groups.
    destination_application_security_groups: Option<Vec<Reference>>,
    /// A port, a range of ports or `*`.
    destination_port_range: Option<String>,
    /// The same, several.
    destination_port_ranges: Option<Vec<String>>,
}

/// An inbound rule that was understood.
struct Inbound {
    priority: i64,
    allows: bool,
    protocols: Vec<&'static str>,
    sources: Vec<String>,
    any_source_port: bool,
    destinations: Vec<String>,
    ports: Vec<(i64, i64)>,
}

/// The ports of TCP and UDP that these rules let in from the whole internet.
///
/// # Errors
/// The rule that is not understood: what is open is not known then.
pub(super) fn open_from_internet<'a>(rules: impl Iterator<Item = &'a Rule>) -> Result<Vec<Ports>, String> {
    let mut inbound = Vec::new();
    for rule in rules {
        let understood =
            rule.inbound().map_err(|why| format!("rule {}: {why}", rule.name.as_deref().unwrap_or("?")))?;
        inbound.extend(understood);
    }
    inbound.sort_by_key(|rule| rule.priority);
    let allowed_to = inbound.iter().filter(|rule| rule.allows).flat_map(|rule| &rule.destinations);
    let destinations: BTreeSet<&str> = allowed_to.map(String::as_str).collect();
    let mut open: Vec<Ports> = Vec::new();
    for family in FAMILIES {
        for protocol in PROTOCOLS {
            for (from, to) in pieces(&inbound) {
                let about = |rule: &&Inbound| rule.is_about(protocol, from);
                let rules: Vec<&Inbound> = inbound.iter().filter(about).collect();
                if destinations.iter().any(|destination| is_open(&rules, family, destination)) {
                    add(&mut open, Ports { family, protocol: protocol.to_owned(), from_port: from, to_port: to });
                }
            }
        }
    }
    Ok(open)
}

/// Ranges of ports within which every rule says the same.
fn pieces(rules: &[Inbound]) -> Vec<(i64, i64)> {
    let ranges = rules.iter().flat_map(|rule| &rule.ports);
    let mut starts: BTreeSet<i64> = ranges.flat_map(|(from, to)| [*from, to + 1]).collect();
    starts.insert(0);
    let starts: Vec<i64> = starts.into_iter().filter(|start| *start <= LAST).collect();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([LAST]);
    starts.iter().copied().zip(ends).collect()
}

fn is_open(rules: &[&Inbound], family: Family, destination: &str) -> bool {
    let (mut allowed, mut denied): (Vec<&str>, Vec<&str>) = (vec![], vec![]);
    let is_whole = |sources: &[&str]| {
        sources.iter().any(|source| is_every(source)) || anywhere(sources.iter().copied()).contains(&family)
    };
    for rule in rules.iter().filter(|rule| rule.destinations.iter().any(|all| covers(all, destination, family))) {
        let sources = rule.sources.iter().map(String::as_str);
        if rule.allows {
            allowed.extend(sources);
            if is_whole(&allowed) {
                return true;
            }
        } else if rule.any_source_port {
            denied.extend(sources);
            if is_whole(&denied) {
                return false;
            }
        }
    }
    false
}

/// Adds a range, to the last one where it goes on from there.
fn add(open: &mut Vec<Ports>, next: Ports) {
    match open.last_mut() {
        Some(last)
            if last.family == next.family && last.protocol == next.protocol && last.to_port + 1 == next.from_port =>
        {
            last.to_port = next.to_port;
        }
        _ => open.push(next),
    }
}

impl Rule {
    /// What it says; none for an outbound rule.
    fn inbound(&self) -> Result<Option<Inbound>, String> {
        let said = &self.properties;
        match word(said.direction.as_ref(), "direction")?.as_str() {
            "inbound" => {}
            "outbound" => return Ok(None),
            other => return Err(format!("the direction {other}")),
        }
        let allows = match word(said.access.as_ref(), "access")?.as_str() {
            "allow" => true,
            "deny" => false,
            other => return Err(format!("the access {other}")),
        };
        let protocols = match word(said.protocol.as_ref(), "protocol")?.as_str() {
            "*" => PROTOCOLS.to_vec(),
            "tcp" => vec!["tcp"],
            "udp" => vec!["udp"],
            "icmp" | "icmpv6" | "esp" | "ah" => vec![],
            other => return Err(format!("the protocol {other}")),
        };
        let sources = all(
            said.source_address_prefix.as_ref(),
            said.source_address_prefixes.as_ref(),
            said.source_application_security_groups.as_ref(),
        );
        let destinations = all(
            said.destination_address_prefix.as_ref(),
            said.destination_address_prefixes.as_ref(),
            said.destination_application_security_groups.as_ref(),
        );
        if sources.is_empty() || destinations.is_empty() {
            return Err("no source or no destination".to_owned());
        }
        let source_ports = ports(said.source_port_range.as_ref(), said.source_port_ranges.as_ref())?;
        Ok(Some(Inbound {
            priority: said.priority.ok_or("no priority")?,
            allows,
            protocols,
            sources,
            any_source_port: source_ports.contains(&(0, LAST)),
            destinations,
            ports: ports(said.destination_port_range.as_ref(), said.destination_port_ranges.as_ref())?,
        }))
    }
}

impl Inbound {
    fn is_about(&self, protocol: &str, port: i64) -> bool {
        self.protocols.contains(&protocol) && self.ports.iter().any(|(from, to)| *from <= port && port <= *to)
    }
}

fn word(text: Option<&String>, what: &str) -> Result<String, String> {
    text.map(|text| text.to_ascii_lowercase()).ok_or_else(|| format!("no {what}"))
}

/// One, a list and application security groups, in small letters.
fn all(one: Option<&String>, more: Option<&Vec<String>>, groups: Option<&Vec<Reference>>) -> Vec<String> {
    let groups = groups.into_iter().flatten().map(|group| &group.id);
    let texts = one.into_iter().chain(more.into_iter().flatten()).chain(groups);
    texts.filter(|text| !text.is_empty()).map(|text| text.to_ascii_lowercase()).collect()
}

fn ports(one: Option<&String>, more: Option<&Vec<String>>) -> Result<Vec<(i64, i64)>, String> {
    let ranges = one.into_iter().chain(more.into_iter().flatten()).filter(|range| !range.is_empty());
    let ranges: Vec<(i64, i64)> = ranges.map(|range| port_range(range)).collect::<Result<_, _>>()?;
    if ranges.is_empty() { Err("no ports".to_owned()) } else { Ok(ranges) }
}

fn port_range(range: &str) -> Result<(i64, i64), String> {
    if range == "*" || range.eq_ignore_ascii_case("any") {
        return Ok((0, LAST));
    }
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    match (from.trim().parse(), to.trim().parse()) {
        (Ok(from), Ok(to)) if 0 <= from && from <= to && to <= LAST => Ok((from, to)),
        _ => Err(format!("the ports {range}")),
    }
}

fn is_every(address: &str) -> bool {
    EVERY.contains(&address)
}

/// True when one destination of a rule holds another. What is no range of addresses holds itself alone.
fn covers(outer: &str, inner: &str, family: Family) -> bool {
    if outer == inner || outer == "*" || outer == "any" {
        return true;
    }
    if inner == "*" || inner == "any" {
        return anywhere([outer]).contains(&family);
    }
    match (range(outer), range(inner)) {
        (Some((outer, first, last)), Some((inner, from, to))) => outer == inner && first <= from && to <= last,
        _ => false,
    }
}

/// Whether it is IPv4, and the first and last address of a CIDR or of one address.
fn range(text: &str) -> Option<(bool, u128, u128)> {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let (is_v4, bits, address) = match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => (true, 32, u128::from(u32::from(address))),
        IpAddr::V6(address) => (false, 128, u128::from(address)),
    };
    let length: u32 = length.map_or(Some(bits), |length| length.parse().ok())?;
    let hosts = bits.checked_sub(length)?;
    let mask = if hosts == 128 { u128::MAX } else { (1_u128 << hosts) - 1 };
    Some((is_v4, address & !mask, address | mask))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rule(priority: i64, access: &str, source: &str, ports: &str) -> Value {
        json!({"name": format!("r{priority}"), "properties": {
            "priority": priority, "direction": "Inbound", "access": access, "protocol": "Tcp",
            "source_address_prefix": source, "source_port_range": "*",
            "destination_address_prefix": "*", "destination_port_range": ports}})
    }

    /// The same rule with one member set.
    fn with(mut rule: Value, member: &str, value: Value) -> Value {
        rule["properties"][member] = value;
        rule
    }

    fn open(rules: &[Value]) -> Vec<(Family, String, i64, i64)> {
        let rules: Vec<Rule> = rules.iter().map(|rule| serde_json::from_value(rule.clone()).unwrap()).collect();
        let open = open_from_internet(rules.iter()).unwrap();
        open.into_iter().map(|ports| (ports.family, ports.protocol, ports.from_port, ports.to_port)).collect()
    }

    fn tcp(family: Family, from: i64, to: i64) -> (Family, String, i64, i64) {
        (family, "tcp".to_owned(), from, to)
    }

    fn both(from: i64, to: i64) -> Vec<(Family, String, i64, i64)> {
        FAMILIES.map(|family| tcp(family, from, to)).to_vec()
    }

    #[test]
    fn every_word_for_the_internet_is_the_internet() {
        for source in ["*", "Any", "Internet", "INTERNET"] {
            assert_eq!(open(&[rule(100, "Allow", source, "22")]), both(22, 22), "{source}");
        }
        assert_eq!(open(&[rule(100, "Allow", "0.0.0.0/0", "22")]), [tcp(Family::Ipv4, 22, 22)]);
        assert_eq!(open(&[rule(100, "Allow", "::/0", "20-30")]), [tcp(Family::Ipv6, 20, 30)]);
        for source in ["VirtualNetwork", "AzureCloud", "203.0.113.0/24", "10.0.0.0/8", "0.0.0.0/1"] {
            assert_eq!(open(&[rule(100, "Allow", source, "*")]), [], "{source}");
        }
    }

    #[test]
    fn halves_are_the_whole_together() {
        let halves = json!(["0.0.0.0/1", "128.0.0.0/1"]);
        let in_one = with(rule(100, "Allow", "", "22"), "source_address_prefixes", halves);
        let in_two = [rule(100, "Allow", "0.0.0.0/1", "22"), rule(200, "Allow", "128.0.0.0/1", "22")];
        assert_eq!(open(&[in_one]), [tcp(Family::Ipv4, 22, 22)]);
        assert_eq!(open(&in_two), [tcp(Family::Ipv4, 22, 22)]);
        let denied = [
            rule(100, "Deny", "0.0.0.0/1", "*"),
            rule(110, "Deny", "128.0.0.0/1", "*"),
            rule(200, "Allow", "0.0.0.0/0", "22"),
        ];
        assert_eq!(open(&denied), []);
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let (deny, allow) = (|at| rule(at, "Deny", "*", "22"), rule(200, "Allow", "*", "22"));
        assert_eq!(open(&[allow.clone(), deny(100)]), [], "whatever their order in the answer");
        assert_eq!(open(&[allow.clone(), deny(300)]), both(22, 22));
        assert_eq!(open(&[rule(100, "Deny", "Internet", "22"), allow.clone()]), []);
        assert_eq!(open(&[rule(100, "Deny", "0.0.0.0/0", "22"), allow.clone()]), [tcp(Family::Ipv6, 22, 22)]);
        assert_eq!(
            open(&[rule(100, "Deny", "203.0.113.0/24", "22"), allow.clone()]),
            both(22, 22),
            "a part of the internet"
        );
        let other = with(deny(100), "protocol", json!("Udp"));
        assert_eq!(open(&[other, allow.clone()]), both(22, 22), "UDP is no TCP");
        let from_port = with(deny(100), "source_port_range", json!("1024-65535"));
        assert_eq!(
            open(&[from_port, allow]),
            both(22, 22),
            "who chooses the port that a packet comes from is not stopped"
        );
    }

    #[test]
    fn a_deny_takes_its_ports_out_of_a_range() {
        let rules = [
            rule(100, "Deny", "*", "22"),
            rule(200, "Allow", "0.0.0.0/0", "20-25"),
            rule(300, "Allow", "0.0.0.0/0", "26"),
        ];
        assert_eq!(open(&rules), [tcp(Family::Ipv4, 20, 21), tcp(Family::Ipv4, 23, 26)]);
        let list = with(rule(100, "Allow", "0.0.0.0/0", ""), "destination_port_ranges", json!(["443", "20-22"]));
        assert_eq!(open(&[list]), [tcp(Family::Ipv4, 20, 22), tcp(Family::Ipv4, 443, 443)]);
    }

    #[test]
    fn a_deny_to_another_destination_settles_nothing() {
        let to = |rule: Value, destination: &str| with(rule, "destination_address_prefix", json!(destination));
        let allow = to(rule(200, "Allow", "0.0.0.0/0", "22"), "10.0.0.4");
        let deny = |destination| to(rule(100, "Deny", "*", "22"), destination);
        assert_eq!(open(&[deny("10.0.1.0/24"), allow.clone()]), [tcp(Family::Ipv4, 22, 22)]);
        assert_eq!(open(&[deny("10.0.0.0/24"), allow.clone()]), [], "the destination is in what is denied");
        assert_eq!(open(&[deny("0.0.0.0/0"), allow.clone()]), []);
        assert_eq!(open(&[deny("10.0.0.0/24"), rule(200, "Allow", "0.0.0.0/0", "22")]), [tcp(Family::Ipv4, 22, 22)]);
        let group = with(
            to(rule(200, "Allow", "0.0.0.0/0", "22"), ""),
            "destination_application_security_groups",
            json!([{"id": "/asg"}]),
        );
        assert_eq!(open(&[deny("10.0.0.0/24"), group]), [tcp(Family::Ipv4, 22, 22)]);
    }

    #[test]
    fn protocols_and_directions() {
        let every = with(rule(100, "Allow", "0.0.0.0/0", "*"), "protocol", json!("*"));
        let udp = (Family::Ipv4, "udp".to_owned(), 0, LAST);
        assert_eq!(open(&[every]), [tcp(Family::Ipv4, 0, LAST), udp]);
        assert_eq!(open(&[with(rule(100, "Allow", "*", "*"), "protocol", json!("Icmp"))]), []);
        assert_eq!(open(&[with(rule(100, "Allow", "*", "*"), "direction", json!("Outbound"))]), []);
        let groups = with(rule(100, "Allow", "", "22"), "source_application_security_groups", json!([{"id": "/asg"}]));
        assert_eq!(open(&[groups]), []);
    }

    #[test]
    fn a_rule_that_is_not_understood_leaves_all_unknown() {
        let good = rule(100, "Allow", "*", "22");
        for (member, value) in [
            ("access", json!("Perhaps")),
            ("access", Value::Null),
            ("direction", json!("Sideways")),
            ("protocol", json!("Quic")),
            ("priority", Value::Null),
            ("source_address_prefix", Value::Null),
            ("destination_address_prefix", json!("")),
            ("destination_port_range", json!("22-")),
            ("destination_port_range", json!("30-20")),
            ("destination_port_range", json!("70000")),
            ("source_port_range", Value::Null),
        ] {
            let rule: Rule = serde_json::from_value(with(good.clone(), member, value.clone())).unwrap();
            let told = open_from_internet([&rule].into_iter()).unwrap_err();
            assert!(told.starts_with("rule r100: "), "{member} {value}: {told}");
        }
    }
}
