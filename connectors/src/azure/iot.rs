//! Azure IoT: hubs, and whether Defender for IoT watches them.

use super::context::Context;
use super::listing::{self, Envelope, Listed, Nothing, Place};
use super::operation::{Family, Operation, Request, ResourceType};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything of Azure IoT.
pub const FAMILY: Family = Family {
    name: "iot",
    types: &[ResourceType::listed::<Hub>("An IoT hub, with the security solutions that watch it")],
    collect: None,
};

static LIST: Operation = Operation::rows("resources", "microsoft.devices/iothubs", "Microsoft.Devices/iotHubs/read");

/// Security solutions of Defender for IoT in the subscription.
static SOLUTIONS: Operation = Operation {
    service: "Microsoft.Security",
    name: "IotSecuritySolution_ListBySubscription",
    permission: "Microsoft.Security/iotSecuritySolutions/read",
    request: Request::Get(
        "/subscriptions/{subscription}/providers/Microsoft.Security/iotSecuritySolutions?api-version=2019-08-01",
    ),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/defenderforcloud/iot-security-solution/list-by-subscription",
    ..Operation::PLAIN
};

/// An IoT hub.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Hub {
    /// Its settings.
    properties: HubProperties,
}

/// Settings of an IoT hub.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct HubProperties {
    /// `Active` and others.
    state: Option<String>,
}

/// A security solution.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Solution {
    properties: SolutionProperties,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct SolutionProperties {
    status: Option<String>,
    iot_hubs: Vec<String>,
}

/// What is known of a hub from elsewhere.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// Security solutions that are about it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    security_solutions: Field<Vec<Watching>>,
}

/// A security solution that is about a hub.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
struct Watching {
    /// Its id.
    id: String,
    /// `Enabled` or `Disabled`.
    status: Option<String>,
}

impl Listed for Solution {
    const TYPE: &'static str = "azure.defender.iot-solution";
    const LIST: &'static Operation = &SOLUTIONS;
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl Listed for Hub {
    const TYPE: &'static str = "azure.iot.hub";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[&LIST, &SOLUTIONS];
    type Around = Result<Read<Vec<(Envelope, Solution)>>, CollectError>;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Self::Around> {
        Box::pin(listing::every::<Solution>(context))
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        all: &'a Self::Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Derived> {
        let hub = &place.envelope.id;
        let watching = all.as_ref().map_err(Clone::clone).map(|all| {
            let about = |one: &Solution| one.properties.iot_hubs.iter().any(|id| id.eq_ignore_ascii_case(hub));
            let about = all.value.iter().filter(|(_, one)| about(one));
            let mut value: Vec<Watching> = about
                .map(|(envelope, one)| Watching { id: envelope.id.clone(), status: one.properties.status.clone() })
                .collect();
            value.sort();
            Read { value: Some(value), exchanges: all.exchanges.clone(), at: all.at }
        });
        let derived = Derived { security_solutions: draft.take("derived.security_solutions", watching) };
        Box::pin(std::future::ready(derived))
    }
}

#[cfg(test)]
mod tests;
