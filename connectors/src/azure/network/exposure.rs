//! Whether the internet reaches virtual machines over their network interfaces, and on which ports for their management.
//!
//! A way is a public IP address, or a load balancer that hands on to the interface. A port is open on it where each network
//! security group on the way, of the interface and of its subnet, opens it; without any it depends on the SKU of the address.
//! Rules of load balancers are not followed: what the groups leave open behind one is not known to be reached.

use super::Reference;
use super::group::{self, Group};
use super::virtual_network::{self, VirtualNetwork};
use crate::azure::context::Context;
use crate::azure::door;
use crate::azure::listing::{self, Envelope, Listed, Nothing};
use crate::azure::operation::Operation;
use crate::document::Read;
use crate::exchange::CollectError;
use crate::ports::Ports;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

static INTERFACES: Operation =
    Operation::rows("resources", "microsoft.network/networkinterfaces", "Microsoft.Network/networkInterfaces/read");

/// Everything that is asked for exposure.
pub(in crate::azure) static READS: [&Operation; 3] = [&INTERFACES, &group::LIST, &virtual_network::LIST];

/// Ports of SSH, Remote Desktop and Windows Remote Management.
const MANAGEMENT: [i64; 4] = [22, 3389, 5985, 5986];

/// A network interface.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Interface {
    properties: Properties,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    network_security_group: Option<Reference>,
    ip_configurations: Vec<Configuration>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Configuration {
    properties: ConfigurationProperties,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ConfigurationProperties {
    subnet: Option<Reference>,
    public_ip_address: Option<Reference>,
    load_balancer_inbound_nat_rules: Option<Vec<Reference>>,
    load_balancer_backend_address_pools: Option<Vec<Reference>>,
}

/// How a virtual machine is reached from the internet.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::azure) struct Exposure {
    /// It has a public IP address, or is behind a load balancer.
    has_public_path: bool,
    /// Ports of SSH, Remote Desktop and Windows Remote Management that are open to the whole internet on such a way.
    open_management_ports: BTreeSet<i64>,
}

/// What stands between the internet and network interfaces.
#[derive(Debug)]
pub(in crate::azure) struct Interfaces {
    all: Result<Read<BTreeMap<String, Interface>>, CollectError>,
    groups: Result<Read<Vec<(Envelope, Group)>>, CollectError>,
    networks: Result<Read<Vec<(Envelope, VirtualNetwork)>>, CollectError>,
}

impl Interfaces {
    /// Reads it.
    pub(in crate::azure) async fn read(context: &Context) -> Self {
        let (all, groups, networks) = futures::join!(
            listing::every::<Interface>(context),
            listing::every::<Group>(context),
            listing::every::<VirtualNetwork>(context),
        );
        let by_id = |all: Vec<(Envelope, Interface)>| {
            all.into_iter().map(|(envelope, one)| (envelope.id.to_ascii_lowercase(), one)).collect()
        };
        Self { all: all.map(|read| read.map(by_id)), groups, networks }
    }

    /// How a machine with these interfaces is reached.
    ///
    /// # Errors
    /// When one of them, or what stands before it, is not known.
    pub(in crate::azure) fn exposure(&self, ids: &[&str]) -> Result<Read<Option<Exposure>>, CollectError> {
        let all = self.all.as_ref().map_err(Clone::clone)?;
        let (mut exposure, mut exchanges) = (Exposure::default(), all.exchanges.clone());
        for id in ids {
            let Some(interface) = all.value.get(&id.to_ascii_lowercase()) else {
                return Err(unknown(&INTERFACES, format!("the interface {id} is not among the interfaces"), all));
            };
            let ways = interface.properties.ip_configurations.iter().map(|one| &one.properties);
            for way in ways.filter(|way| way.is_public()) {
                exposure.has_public_path = true;
                let open = self.open(interface, way, &mut exchanges)?;
                if way.public_ip_address.is_none() && !open.is_empty() {
                    let why = "what its load balancer hands on is not known".to_owned();
                    return Err(unknown(&INTERFACES, why, all));
                }
                exposure.open_management_ports.extend(open);
            }
        }
        exchanges.sort_unstable();
        exchanges.dedup();
        Ok(Read { value: Some(exposure), exchanges, at: all.at })
    }

    /// Management ports that are open on a way.
    fn open(
        &self,
        interface: &Interface,
        way: &ConfigurationProperties,
        exchanges: &mut Vec<u64>,
    ) -> Result<Vec<i64>, CollectError> {
        let mut open = MANAGEMENT.to_vec();
        if let Some(group) = &interface.properties.network_security_group {
            self.close(&mut open, &group.id, exchanges)?;
        }
        if open.is_empty() {
            return Ok(open);
        }
        let networks = self.networks.as_ref().map_err(Clone::clone)?;
        exchanges.extend(&networks.exchanges);
        let Some(subnet) = &way.subnet else {
            return Err(unknown(&INTERFACES, "the subnet of an interface is missing".to_owned(), networks));
        };
        let mut subnets = networks.value.iter().flat_map(|(_, network)| network.groups_of_subnets());
        match subnets.find(|(id, _)| id.eq_ignore_ascii_case(&subnet.id)) {
            None => Err(unknown(&virtual_network::LIST, format!("there is no subnet {}", subnet.id), networks)),
            Some((_, None)) if interface.properties.network_security_group.is_none() => Err(unknown(
                &group::LIST,
                "no network security group is on the way from the internet".to_owned(),
                networks,
            )),
            Some((_, None)) => Ok(open),
            Some((_, Some(group))) => self.close(&mut open, group, exchanges).map(|()| open),
        }
    }

    /// Takes the ports away that a group does not open.
    fn close(&self, open: &mut Vec<i64>, group: &str, exchanges: &mut Vec<u64>) -> Result<(), CollectError> {
        let groups = self.groups.as_ref().map_err(Clone::clone)?;
        exchanges.extend(&groups.exchanges);
        let Some((_, group)) = groups.value.iter().find(|(envelope, _)| envelope.id.eq_ignore_ascii_case(group)) else {
            return Err(unknown(&group::LIST, format!("there is no group {group}"), groups));
        };
        let lets_in = group.open().map_err(|why| unknown(&group::LIST, why, groups))?;
        let is_in = |port: i64, range: &Ports| {
            ["tcp", "all"].contains(&range.protocol.as_str()) && (range.from_port..=range.to_port).contains(&port)
        };
        open.retain(|port| lets_in.iter().any(|range| is_in(*port, range)));
        Ok(())
    }
}

impl ConfigurationProperties {
    fn is_public(&self) -> bool {
        let balanced = [&self.load_balancer_inbound_nat_rules, &self.load_balancer_backend_address_pools];
        self.public_ip_address.is_some() || balanced.into_iter().flatten().any(|some| !some.is_empty())
    }
}

fn unknown<T>(operation: &Operation, why: String, read: &Read<T>) -> CollectError {
    CollectError { at: read.at, ..door::malformed(operation, why, read.exchanges.clone()) }
}

impl Listed for Interface {
    const TYPE: &'static str = "azure.network.interface";
    const LIST: &'static Operation = &INTERFACES;
    type Around = ();
    type Derived = Nothing;

    fn around(context: &Context) -> BoxFuture<'_, ()> {
        super::nothing(context)
    }
}
