//! Virtual networks, their subnets, and the flow logs that record them.

use super::Reference;
use crate::azure::context::Context;
use crate::azure::door;
use crate::azure::listing::{self, Envelope, Found, Listed, Nothing, Place};
use crate::azure::operation::Operation;
use crate::collection::Collected;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(super) static LIST: Operation =
    Operation::rows("resources", "microsoft.network/virtualnetworks", "Microsoft.Network/virtualNetworks/read");

static FLOW_LOGS: Operation = Operation::rows(
    "resources",
    "microsoft.network/networkwatchers/flowlogs",
    "Microsoft.Network/networkWatchers/flowLogs/read",
);

static WATCHERS: Operation =
    Operation::rows("resources", "microsoft.network/networkwatchers", "Microsoft.Network/networkWatchers/read");

/// A virtual network.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct VirtualNetwork {
    /// Its subnets.
    properties: Properties,
}

/// Of a virtual network.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// Its subnets.
    subnets: Option<Vec<InNetwork>>,
}

/// A subnet where its network shows it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct InNetwork {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// Its settings.
    properties: SubnetProperties,
}

/// A subnet.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Subnet {
    /// Its settings.
    properties: SubnetProperties,
}

/// Settings of a subnet.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct SubnetProperties {
    /// Its addresses; null where it has several ranges.
    address_prefix: Option<String>,
    /// The network security group that guards it; null for none.
    network_security_group: Option<Reference>,
    /// Services that it is given to; null for none.
    delegations: Option<Vec<Delegation>>,
}

/// A service that a subnet is given to.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Delegation {
    /// Which.
    properties: DelegationProperties,
}

/// Of a delegation.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct DelegationProperties {
    /// `Microsoft.Web/serverFarms` and the like.
    service_name: Option<String>,
}

/// A Network Watcher.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Watcher {}

/// A flow log.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct FlowLog {
    properties: FlowLogProperties,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct FlowLogProperties {
    target_resource_id: String,
    enabled: Option<bool>,
    storage_id: Option<String>,
    retention_policy: Option<RetentionPolicy>,
}

/// How long the storage account keeps a flow log.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct RetentionPolicy {
    /// Older records are deleted.
    enabled: Option<bool>,
    /// Days; 0 is for ever.
    days: Option<i64>,
}

/// What is computed of a virtual network.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// Its subnets, each with the flow logs that record it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    subnets: Field<Vec<Recorded>>,
    /// The subscription has a Network Watcher in its location.
    #[serde(skip_serializing_if = "Field::is_unread")]
    is_watched: Field<bool>,
}

/// What is read once for all virtual networks.
#[derive(Debug)]
pub(super) struct Around {
    flow_logs: Result<Read<Vec<(Envelope, FlowLog)>>, CollectError>,
    watchers: Result<Read<Vec<(Envelope, Watcher)>>, CollectError>,
}

/// A subnet, with the flow logs of its network, of itself and of its network security group.
#[derive(Debug, Serialize, JsonSchema)]
struct Recorded {
    /// Its name.
    name: String,
    /// Flow logs that record it.
    flow_logs: Vec<Log>,
}

/// A flow log that records a subnet.
#[derive(Debug, Serialize, JsonSchema)]
struct Log {
    /// Its id.
    id: String,
    /// It records.
    enabled: Option<bool>,
    /// The storage account that it writes to.
    storage_id: Option<String>,
    /// How long records are kept.
    retention_policy: Option<RetentionPolicy>,
}

impl Listed for FlowLog {
    const TYPE: &'static str = "azure.network.flow-log";
    const LIST: &'static Operation = &FLOW_LOGS;
    type Around = ();
    type Derived = Nothing;

    fn around(context: &Context) -> BoxFuture<'_, ()> {
        super::nothing(context)
    }
}

impl Listed for Watcher {
    const TYPE: &'static str = "azure.network.watcher";
    const LIST: &'static Operation = &WATCHERS;
    type Around = ();
    type Derived = Nothing;

    fn around(context: &Context) -> BoxFuture<'_, ()> {
        super::nothing(context)
    }
}

impl Listed for VirtualNetwork {
    const TYPE: &'static str = "azure.network.virtual-network";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[&LIST, &FLOW_LOGS, &WATCHERS];
    const ALWAYS: &'static [&'static str] = &["properties.subnets"];
    type Around = Around;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Around> {
        Box::pin(async move {
            let (flow_logs, watchers) =
                futures::join!(listing::every::<FlowLog>(context), listing::every::<Watcher>(context));
            Around { flow_logs, watchers }
        })
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        around: &'a Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Derived> {
        let network = place.envelope.id.as_str();
        let recorded = around.flow_logs.as_ref().map_err(Clone::clone).and_then(|logs| {
            let Some(subnets) = &self.properties.subnets else {
                return Err(door::malformed(&LIST, "its subnets are missing", vec![]));
            };
            let subnets = subnets.iter().map(|subnet| subnet.recorded(network, &logs.value)).collect();
            Ok(Read { value: Some(subnets), exchanges: logs.exchanges.clone(), at: logs.at })
        });
        let location = place.envelope.region();
        let is_watched = around.watchers.as_ref().map_err(Clone::clone).map(|watchers| Read {
            value: Some(watchers.value.iter().any(|(watcher, _)| watcher.region() == location)),
            exchanges: watchers.exchanges.clone(),
            at: watchers.at,
        });
        let derived = Derived {
            subnets: draft.take("derived.subnets", recorded),
            is_watched: draft.take("derived.is_watched", is_watched),
        };
        Box::pin(std::future::ready(derived))
    }
}

impl VirtualNetwork {
    /// Its subnets, each with the network security group that guards it.
    pub(super) fn groups_of_subnets(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let subnets = self.properties.subnets.iter().flatten();
        subnets.map(|subnet| {
            let group = subnet.properties.network_security_group.as_ref();
            (subnet.id.as_str(), group.map(|group| group.id.as_str()))
        })
    }
}

impl InNetwork {
    fn recorded(&self, network: &str, logs: &[(Envelope, FlowLog)]) -> Recorded {
        let group = self.properties.network_security_group.as_ref().map(|group| group.id.as_str());
        let targets = [Some(network), Some(self.id.as_str()), group];
        let records = |log: &FlowLog| {
            targets.iter().flatten().any(|target| target.eq_ignore_ascii_case(&log.properties.target_resource_id))
        };
        let mut flow_logs: Vec<Log> = logs.iter().filter(|(_, log)| records(log)).map(Log::of).collect();
        flow_logs.sort_by(|one, other| one.id.cmp(&other.id));
        Recorded { name: self.name.clone(), flow_logs }
    }
}

impl Log {
    fn of((envelope, log): &(Envelope, FlowLog)) -> Self {
        let said = &log.properties;
        Self {
            id: envelope.id.clone(),
            enabled: said.enabled,
            storage_id: said.storage_id.clone(),
            retention_policy: said.retention_policy.clone(),
        }
    }
}

impl Listed for Subnet {
    const TYPE: &'static str = "azure.network.subnet";
    const LIST: &'static Operation = &LIST;
    type Around = ();
    type Derived = Nothing;

    fn around(context: &Context) -> BoxFuture<'_, ()> {
        super::nothing(context)
    }
}

/// The subnets of every virtual network: Resource Graph shows them inside their networks.
pub(super) async fn subnets(context: &Context) -> Collected {
    let networks = Found::<VirtualNetwork>::list(context).await;
    let mut subnets = Found::<Subnet>::new(context);
    subnets.hangs_on(&networks);
    for (envelope, network) in &networks.items {
        let exchanges = || network.exchanges.clone();
        let Some(inside) = &network.value.properties.subnets else {
            subnets.cut_short(&door::malformed(
                &LIST,
                format!("{} does not say its subnets", envelope.id),
                exchanges(),
            ));
            continue;
        };
        for subnet in inside {
            let named = json!({"id": subnet.id, "name": subnet.name, "location": envelope.region()});
            let named = door::typed::<Envelope>(&LIST, Read { value: named, exchanges: exchanges(), at: network.at });
            let item = Subnet { properties: subnet.properties.clone() };
            match named {
                Ok(named) => {
                    subnets.items.push((named.value, Read { value: item, exchanges: exchanges(), at: network.at }));
                }
                Err(error) => subnets.cut_short(&error),
            }
        }
    }
    subnets.documents().await
}
