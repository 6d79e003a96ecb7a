//! A firewall rule of a network.

use super::{ID, PLAIN};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::door;
use crate::gcp::listing::{Listed, Place};
use crate::gcp::number;
use crate::gcp::operation::{Items, Operation, Request};
use crate::ports::{self, Ports};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

static ASSET: Operation = Operation::asset("compute.googleapis.com/Firewall");

static LIST: Operation = Operation {
    name: "compute.firewalls.list",
    permission: "compute.firewalls.list",
    request: Request::Get("compute/v1/projects/{project}/global/firewalls?maxResults=500"),
    items: Items::In("items"),
    docs: "https://cloud.google.com/compute/docs/reference/rest/v1/firewalls/list",
    ..PLAIN
};

/// A firewall rule. Documentation: <https://cloud.google.com/firewall/docs/firewalls>.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Firewall {
    /// The link of its network.
    network: Option<String>,
    /// `INGRESS` or `EGRESS`.
    direction: Option<String>,
    /// It is out of force; null is false.
    disabled: Option<bool>,
    /// Where several rules fit, that of the lowest number counts, and of equals one that denies.
    #[serde(default, deserialize_with = "number::whole")]
    priority: Option<i64>,
    /// What it lets through; empty for a rule that denies.
    #[serde(default)]
    allowed: Vec<Traffic>,
    /// What it denies.
    #[serde(default)]
    denied: Vec<Traffic>,
    /// From where, in ranges of addresses.
    #[serde(default)]
    source_ranges: Vec<String>,
    /// From machines with one of these tags.
    #[serde(default)]
    source_tags: Vec<String>,
    /// From machines that run as one of these.
    #[serde(default)]
    source_service_accounts: Vec<String>,
    /// To where, in ranges of addresses; empty for all.
    #[serde(default)]
    destination_ranges: Vec<String>,
    /// To machines with one of these tags; empty for all.
    #[serde(default)]
    target_tags: Vec<String>,
    /// To machines that run as one of these; empty for all.
    #[serde(default)]
    target_service_accounts: Vec<String>,
    /// What is logged of it.
    log_config: Option<Logging>,
}

/// Traffic that a rule is about.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Traffic {
    /// `all`, `tcp`, `udp`, `icmp`, `esp`, `ah`, `sctp`, `ipip`, or the protocol's number.
    ip_protocol: String,
    /// Ports (`22`) and ranges of them (`8000-8100`); empty for all.
    #[serde(default)]
    ports: Vec<String>,
}

/// What is logged of a rule.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Logging {
    /// Connections are logged; null is false.
    enable: Option<bool>,
}

/// `derived` of a firewall rule.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::gcp) struct Derived {
    /// What the rule, for itself, lets in from anywhere; empty for a rule that is disabled, denies or is about egress.
    #[serde(skip_serializing_if = "Field::is_unread")]
    open_ingress: Field<Vec<Ports>>,
}

impl Firewall {
    /// What the rule lets in from anywhere.
    fn open_ingress(&self) -> Result<Vec<Ports>, String> {
        let ingress = match self.direction.as_deref() {
            Some("EGRESS") => false,
            Some("INGRESS") => true,
            other => return Err(format!("the direction is {other:?}")),
        };
        if !ingress || self.disabled == Some(true) {
            return Ok(vec![]);
        }
        if self.allowed.is_empty() && self.denied.is_empty() {
            return Err("the rule neither allows nor denies".to_owned());
        }
        let mut open = BTreeSet::new();
        for family in self.anywhere() {
            for traffic in &self.allowed {
                for (from, to) in traffic.ranges()? {
                    open.insert(Ports::new(family, &traffic.ip_protocol.to_ascii_lowercase(), from, to));
                }
            }
        }
        Ok(open.into_iter().collect())
    }

    /// Families of addresses that it lets in as a whole. A rule without any source is about all of them, of the family of
    /// its destinations. Documentation: <https://cloud.google.com/firewall/docs/firewalls#sources>.
    fn anywhere(&self) -> Vec<ports::Family> {
        let sources = [&self.source_ranges, &self.source_tags, &self.source_service_accounts];
        if sources.into_iter().any(|sources| !sources.is_empty()) {
            return ports::anywhere(self.source_ranges.iter().map(String::as_str));
        }
        let v6 = self.destination_ranges.iter().any(|range| range.contains(':'));
        vec![if v6 { ports::Family::Ipv6 } else { ports::Family::Ipv4 }]
    }
}

/// First and last port; none for no limit.
type Limits = (Option<i64>, Option<i64>);

impl Traffic {
    /// First and last port of each range; one range without limits for all ports.
    fn ranges(&self) -> Result<Vec<Limits>, String> {
        if self.ports.is_empty() {
            return Ok(vec![(None, None)]);
        }
        let number = |text: &str| text.trim().parse::<u16>().map(i64::from);
        let range = |text: &String| {
            let (from, to) = text.split_once('-').unwrap_or((text, text));
            match (number(from), number(to)) {
                (Ok(from), Ok(to)) => Ok((Some(from), Some(to))),
                _ => Err(format!("`{text}` is no range of ports")),
            }
        };
        self.ports.iter().map(range).collect()
    }
}

impl Listed for Firewall {
    const TYPE: &'static str = "gcp.compute.firewall";
    const ID: &'static str = ID;
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LIST];
    const ALWAYS: &'static [&'static str] = &["direction", "network"];
    type Around = ();
    type Derived = Derived;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        let open: Result<_, CollectError> = self
            .open_ingress()
            .map(|open| Read { value: Some(open), exchanges: vec![], at: None })
            .map_err(|what| door::malformed(&LIST, what, vec![]));
        Box::pin(std::future::ready(Derived { open_ingress: draft.take("derived.open_ingress", open) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn open(rule: Value) -> Result<Value, String> {
        let rule: Firewall = serde_json::from_value(rule).unwrap();
        rule.open_ingress().map(|open| serde_json::to_value(open).unwrap())
    }

    #[test]
    fn what_is_open_to_anywhere_is_what_an_ingress_rule_allows_from_all_addresses() {
        let ssh = json!({"direction": "INGRESS", "source_ranges": ["0.0.0.0/0"], "allowed": [{"ip_protocol": "tcp", "ports": ["22", "8000-8100"]}]});
        let tcp = |from, to| json!({"family": "ipv4", "protocol": "tcp", "from_port": from, "to_port": to});
        assert_eq!(open(ssh.clone()), Ok(json!([tcp(22, 22), tcp(8000, 8100)])));
        let with = |member: &str, value: Value| {
            let mut rule = ssh.clone();
            rule[member] = value;
            open(rule)
        };
        assert_eq!(with("disabled", json!(true)), Ok(json!([])));
        assert_eq!(with("direction", json!("EGRESS")), Ok(json!([])));
        assert_eq!(with("source_ranges", json!(["10.0.0.0/8"])), Ok(json!([])));
        assert_eq!(
            with("source_ranges", json!(["0.0.0.0/1", "128.0.0.0/1"])),
            Ok(json!([tcp(22, 22), tcp(8000, 8100)]))
        );
        assert_eq!(
            with("source_tags", json!(["web"])).unwrap().as_array().unwrap().len(),
            2,
            "a tag or an address is enough"
        );
        assert_eq!(with("source_ranges", json!([])).unwrap().as_array().unwrap().len(), 2, "no source is every source");
        assert_eq!(with("allowed", json!([{"ip_protocol": "all"}])).unwrap()[0]["to_port"], 65_535);
        assert_eq!(with("allowed", json!([{"ip_protocol": "6"}])), Ok(json!([tcp(0, 65_535)])));
    }

    #[test]
    fn tags_alone_are_not_anywhere_and_destinations_tell_the_family() {
        let rule = |more: Value| {
            let mut rule = json!({"direction": "INGRESS", "allowed": [{"ip_protocol": "tcp"}]});
            rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            open(rule).unwrap()
        };
        assert_eq!(rule(json!({"source_tags": ["web"]})), json!([]));
        assert_eq!(rule(json!({"source_service_accounts": ["a@b"]})), json!([]));
        assert_eq!(rule(json!({"destination_ranges": ["2001:db8::/32"]}))[0]["family"], "ipv6");
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_closed() {
        for ports in [json!(["x"]), json!(["1-"]), json!(["70000"])] {
            let rule = json!({"direction": "INGRESS", "source_ranges": ["::/0"], "allowed": [{"ip_protocol": "tcp", "ports": ports}]});
            assert!(open(rule).unwrap_err().contains("no range of ports"));
        }
        let denies =
            json!({"direction": "INGRESS", "source_ranges": ["0.0.0.0/0"], "denied": [{"ip_protocol": "all"}]});
        assert_eq!(open(denies), Ok(json!([])));
        assert!(
            open(json!({"direction": "INGRESS", "source_ranges": ["0.0.0.0/0"]})).is_err(),
            "neither allows nor denies"
        );
        assert!(open(json!({"direction": "SIDEWAYS"})).is_err());
        assert!(open(json!({})).is_err());
    }
}
