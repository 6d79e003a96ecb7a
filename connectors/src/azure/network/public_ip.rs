//! A public IP address.

use super::Reference;
use crate::azure::context::Context;
use crate::azure::listing::{Listed, Place};
use crate::azure::operation::Operation;
use crate::document::Draft;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static LIST: Operation =
    Operation::rows("resources", "microsoft.network/publicipaddresses", "Microsoft.Network/publicIPAddresses/read");

/// A public IP address.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct PublicIp {
    /// Its address, and what holds it.
    properties: Properties,
}

/// Of a public IP address.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// The address; null while there is none.
    ip_address: Option<String>,
    /// The IP configuration that holds it; null for none.
    ip_configuration: Option<Reference>,
    /// The NAT gateway that holds it; null for none.
    nat_gateway: Option<Reference>,
}

/// What is computed of a public IP address.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// The type of what holds it, in small letters (`microsoft.network/loadbalancers`); null for nothing.
    attached_to: Option<String>,
}

impl Listed for PublicIp {
    const TYPE: &'static str = "azure.network.public-ip";
    const LIST: &'static Operation = &LIST;
    type Around = ();
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, ()> {
        super::nothing(context)
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), _: &'a mut Draft) -> BoxFuture<'a, Derived> {
        let said = &self.properties;
        let holder = said.nat_gateway.as_ref().or(said.ip_configuration.as_ref());
        let attached_to = holder.map(|holder| type_of(&holder.id));
        Box::pin(std::future::ready(Derived { attached_to }))
    }
}

/// The type that an id names: the provider and the word after it. An id of another form is given back as it is.
fn type_of(id: &str) -> String {
    let id = id.to_ascii_lowercase();
    let mut after = id.split("/providers/").nth(1).unwrap_or_default().split('/');
    match (after.next(), after.next()) {
        (Some(provider), Some(type_)) => format!("{provider}/{type_}"),
        _ => id,
    }
}
