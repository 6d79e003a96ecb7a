//! Just-in-time access: ports that Defender for Cloud keeps closed until somebody asks.
//!
//! Documentation: <https://learn.microsoft.com/azure/defender-for-cloud/just-in-time-access-overview>.

use crate::azure::context::Context;
use crate::azure::listing;
use crate::azure::operation::{Operation, Request};
use crate::document::Read;
use crate::exchange::CollectError;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

pub(super) static POLICIES: Operation = Operation {
    service: "Microsoft.Security",
    name: "JitNetworkAccessPolicies_List",
    permission: "Microsoft.Security/locations/jitNetworkAccessPolicies/read",
    request: Request::Get(
        "/subscriptions/{subscription}/providers/Microsoft.Security/jitNetworkAccessPolicies?api-version=2020-01-01",
    ),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/defenderforcloud/jit-network-access-policies/list",
    ..Operation::PLAIN
};

#[derive(Deserialize)]
struct Policy {
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    virtual_machines: Vec<Machine>,
}

#[derive(Deserialize)]
struct Machine {
    id: String,
    ports: Vec<Port>,
}

#[derive(Deserialize)]
struct Port {
    number: i64,
}

/// Ports that are open for a time only, by the machine's id in small letters.
pub(super) type Ports = BTreeMap<String, BTreeSet<i64>>;

/// Reads the policies of the subscription.
pub(super) async fn all(context: &Context) -> Result<Read<Ports>, CollectError> {
    let names = [("subscription", context.subscription())];
    let policies = listing::whole_if_seen::<Policy>(context, &POLICIES, &names).await?;
    Ok(policies.map(|policies| {
        let mut all = Ports::new();
        for machine in policies.into_iter().flat_map(|policy| policy.properties.virtual_machines) {
            let ports = machine.ports.iter().map(|port| port.number);
            all.entry(machine.id.to_ascii_lowercase()).or_default().extend(ports);
        }
        all
    }))
}
