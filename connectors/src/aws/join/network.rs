//! What the network around a resource makes of it: which groups and VPCs are used, which subnets are private, and which
//! ports of an instance are reached from the internet.

use super::cause::{gap, lists_cut_short_in, missing};
use super::{Inputs, settle};
use crate::aws::ec2::instance::Instance;
use crate::aws::ec2::network_interface::NetworkInterface;
use crate::aws::ec2::route_table::{Route, RouteTable};
use crate::aws::ec2::subnet::Subnet;
use crate::aws::listing::Listed;
use crate::aws::s3::known::Known;
use crate::collection::Collected;
use crate::ports::{Family, Ports};
use evidenced_schemas::{Gap, GapReason, Population, Resource};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Security groups.
pub(super) const GROUP: &str = "aws.ec2.security-group";
/// VPCs.
pub(super) const VPC: &str = "aws.ec2.vpc";
/// Instances.
pub(super) const INSTANCE: &str = Instance::TYPE;
/// Network interfaces.
pub(super) const INTERFACE: &str = NetworkInterface::TYPE;
/// Subnets.
pub(super) const SUBNET: &str = Subnet::TYPE;
/// Route tables.
pub(super) const TABLE: &str = RouteTable::TYPE;

type Settled<T> = Result<T, Gap>;

/// A list of one region: its documents, and why it is not whole.
#[derive(Debug)]
struct List<T> {
    items: Vec<(T, Inputs)>,
    incomplete: Option<Gap>,
}

impl<T: DeserializeOwned> List<T> {
    /// Documents that do not read, or that say too little to be read, leave the list incomplete.
    fn of(resources: &[Resource], populations: &[Population], type_: &str, region: &str, operation: &str) -> Self {
        let mut incomplete = lists_cut_short_in(populations, type_, region, operation);
        let mut items = Vec::new();
        for resource in resources.iter().filter(|resource| resource.type_ == type_ && resource.region == region) {
            match serde_json::from_value(Value::Object(resource.config.clone())) {
                Ok(item) if resource.gaps.is_empty() => items.push((item, Inputs::of(resource))),
                _ => {
                    let own = resource.gaps.first().cloned();
                    incomplete.get_or_insert_with(|| own.unwrap_or_else(|| gap(operation, GapReason::Malformed, "-")));
                }
            }
        }
        Self { items, incomplete }
    }
}

impl<T> List<T> {
    fn whole(&self) -> Settled<&[(T, Inputs)]> {
        self.incomplete.as_ref().map_or(Ok(&self.items), |cause| Err(cause.clone()))
    }

    /// True as soon as one fits; false only when the list is whole.
    fn any(&self, fits: impl Fn(&T) -> bool) -> (Known<Gap>, Inputs) {
        if let Some((_, inputs)) = self.items.iter().find(|(item, _)| fits(item)) {
            return (Known::Is(true), inputs.clone());
        }
        let known = self.incomplete.clone().map_or(Known::Is(false), |cause| Known::Unknown(vec![cause]));
        (known, Inputs::default())
    }
}

/// The network of one region.
#[derive(Debug)]
struct Network {
    interfaces: List<NetworkInterface>,
    subnets: List<Subnet>,
    tables: List<RouteTable>,
    groups: BTreeMap<String, Resource>,
    groups_incomplete: Option<Gap>,
}

/// The networks of the account by region.
#[derive(Debug)]
pub(super) struct Facts {
    regions: BTreeMap<String, Network>,
}

impl Facts {
    pub(super) fn new(collected: &Collected) -> Self {
        let joined = [GROUP, VPC, INSTANCE];
        let documents = collected.resources.iter().filter(|resource| joined.contains(&resource.type_.as_str()));
        let regions: BTreeSet<&str> = documents.map(|resource| resource.region.as_str()).collect();
        let network = |region: &str| (region.to_owned(), Network::of(collected, region));
        Self { regions: regions.into_iter().map(network).collect() }
    }

    fn of(&self, document: &Resource) -> &Network {
        self.regions.get(&document.region).expect("every region with such a document has its network")
    }

    /// Fills in a security group: `in_use`.
    pub(super) fn fill_group(&self, group: &mut Resource) {
        let id = group.config.get("group_id").cloned().unwrap_or_default();
        let uses = |interface: &NetworkInterface| {
            interface.groups.as_deref().unwrap_or_default().iter().any(|group| id == *group.group_id)
        };
        let (known, inputs) = self.of(group).interfaces.any(uses);
        inputs.note(group);
        settle(group, "in_use", known);
    }

    /// Fills in a VPC: `in_use` and `private_subnet_zones`.
    pub(super) fn fill_vpc(&self, vpc: &mut Resource) {
        let network = self.of(vpc);
        let id = vpc.config.get("vpc_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (known, inputs) = network.interfaces.any(|interface| interface.vpc_id.as_ref() == Some(&id));
        inputs.note(vpc);
        settle(vpc, "in_use", known);
        let mut inputs = Inputs::default();
        let zones = network.private_zones(&id, &mut inputs);
        inputs.note(vpc);
        write(vpc, "private_subnet_zones", zones);
    }

    /// Fills in an instance: `public_ipv6`, `open_ingress` and `internet_reachable`.
    pub(super) fn fill_instance(&self, document: &mut Resource) {
        let network = self.of(document);
        let Ok(instance) = serde_json::from_value::<Instance>(Value::Object(document.config.clone())) else {
            let cause = missing(document, "config");
            write::<bool>(document, "public_ipv6", Err(cause.clone()));
            write::<bool>(document, "open_ingress", Err(cause.clone()));
            return write::<bool>(document, "internet_reachable", Err(cause));
        };
        let mut inputs = Inputs::default();
        let public_ipv6 = network.is_public(&instance, Family::Ipv6, &mut inputs);
        let open = network.open_to(&instance, &mut inputs);
        let reachable = network.reachable(&instance, open.clone(), &mut inputs);
        inputs.note(document);
        write(document, "public_ipv6", public_ipv6);
        write(document, "open_ingress", open);
        write(document, "internet_reachable", reachable);
    }
}

impl Network {
    fn of(collected: &Collected, region: &str) -> Self {
        let (resources, rows) = (collected.resources.as_slice(), collected.populations.as_slice());
        let groups = resources.iter().filter(|resource| resource.type_ == GROUP && resource.region == region);
        let by_id = |group: &Resource| Some((group.config.get("group_id")?.as_str()?.to_owned(), group.clone()));
        let interfaces = "ec2:DescribeNetworkInterfaces";
        Self {
            interfaces: List::of(resources, rows, INTERFACE, region, interfaces),
            subnets: List::of(resources, rows, SUBNET, region, "ec2:DescribeSubnets"),
            tables: List::of(resources, rows, TABLE, region, "ec2:DescribeRouteTables"),
            groups: groups.filter_map(by_id).collect(),
            groups_incomplete: lists_cut_short_in(rows, GROUP, region, "ec2:DescribeSecurityGroups"),
        }
    }

    /// The table that a subnet uses: its own, else the main one of its VPC.
    fn table_of(&self, subnet: &str, vpc: &str) -> Settled<&(RouteTable, Inputs)> {
        let tables = self.tables.whole()?;
        let fits = |wanted: &dyn Fn(&RouteTable) -> bool| tables.iter().find(|(table, _)| wanted(table));
        let own = fits(&|table| associations(table).any(|link| link.subnet_id.as_deref() == Some(subnet)));
        let main = || {
            fits(&|table| {
                table.vpc_id.as_deref() == Some(vpc) && associations(table).any(|link| link.main == Some(true))
            })
        };
        own.or_else(main).ok_or_else(|| gap("ec2:DescribeRouteTables", GapReason::Malformed, "no table of the subnet"))
    }

    /// A subnet has a route to an internet gateway.
    fn has_gateway(&self, subnet: &str, vpc: &str, family: Family, inputs: &mut Inputs) -> Settled<bool> {
        let (table, own) = self.table_of(subnet, vpc)?;
        inputs.add(own);
        Ok(table.routes.as_deref().unwrap_or_default().iter().any(|route| leads_out(route, family)))
    }

    fn private_zones(&self, vpc: &str, inputs: &mut Inputs) -> Settled<Vec<String>> {
        let mut zones = BTreeSet::new();
        for (subnet, own) in self.subnets.whole()?.iter().filter(|(subnet, _)| subnet.vpc_id.as_deref() == Some(vpc)) {
            inputs.add(own);
            if !self.has_gateway(&subnet.subnet_id, vpc, Family::Ipv4, inputs)? {
                zones.extend(subnet.availability_zone.clone());
            }
        }
        Ok(zones.into_iter().collect())
    }

    /// The instance has an address of this family that the internet reaches.
    fn is_public(&self, instance: &Instance, family: Family, inputs: &mut Inputs) -> Settled<bool> {
        let vpc = instance.vpc_id.as_deref().unwrap_or_default();
        let subnets: BTreeSet<&str> = match family {
            Family::Ipv4 if instance.public_ip_address.is_none() => BTreeSet::new(),
            Family::Ipv4 => instance.subnet_id.as_deref().into_iter().collect(),
            Family::Ipv6 => {
                let with = instance.network_interfaces.iter().filter(|own| !own.ipv6_addresses.is_empty());
                with.filter_map(|own| own.subnet_id.as_deref()).collect()
            }
        };
        for subnet in subnets {
            if self.has_gateway(subnet, vpc, family, inputs)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What of the open ports is reached at a public address.
    fn reachable(&self, instance: &Instance, open: Settled<Vec<Ports>>, inputs: &mut Inputs) -> Settled<Vec<Ports>> {
        let mut families = Vec::new();
        for family in [Family::Ipv4, Family::Ipv6] {
            if self.is_public(instance, family, inputs)? {
                families.push(family);
            }
        }
        if families.is_empty() {
            return Ok(vec![]);
        }
        Ok(open?.into_iter().filter(|ports| families.contains(&ports.family)).collect())
    }

    /// What the instance's security groups together let in from anywhere.
    fn open_to(&self, instance: &Instance, inputs: &mut Inputs) -> Settled<Vec<Ports>> {
        let of_interfaces = instance.network_interfaces.iter().flat_map(|own| own.groups.iter());
        let ids: BTreeSet<&str> =
            instance.security_groups.iter().chain(of_interfaces).map(|group| group.group_id.as_str()).collect();
        let mut open = BTreeSet::new();
        for id in ids {
            let Some(group) = self.groups.get(id) else {
                let unknown = || gap("ec2:DescribeSecurityGroups", GapReason::NotFound, id);
                return Err(self.groups_incomplete.clone().unwrap_or_else(unknown));
            };
            inputs.add(&Inputs::of(group));
            let ports = group.derived.get("open_ingress").cloned().unwrap_or_default();
            let ports: Vec<Ports> =
                serde_json::from_value(ports).map_err(|_| missing(group, "derived.open_ingress"))?;
            open.extend(ports);
        }
        Ok(open.into_iter().collect())
    }
}

fn associations(table: &RouteTable) -> impl Iterator<Item = &crate::aws::ec2::route_table::Association> {
    table.associations.as_deref().unwrap_or_default().iter()
}

/// A route of this family through an internet gateway; an egress-only gateway (`eigw-`) lets nothing in.
fn leads_out(route: &Route, family: Family) -> bool {
    let destination = match family {
        Family::Ipv4 => route.destination_cidr_block.is_some(),
        Family::Ipv6 => route.destination_ipv6_cidr_block.is_some(),
    };
    let gateway = route.gateway_id.as_deref().is_some_and(|gateway| gateway.starts_with("igw-"));
    destination && gateway && route.state.as_deref() != Some("blackhole")
}

fn write<T: serde::Serialize>(document: &mut Resource, key: &str, value: Settled<T>) {
    match value {
        Ok(value) => {
            document.derived.insert(key.to_owned(), json!(value));
        }
        Err(cause) => document.gaps.push(Gap { field: format!("derived.{key}"), ..cause }),
    }
}

#[cfg(test)]
mod tests;
