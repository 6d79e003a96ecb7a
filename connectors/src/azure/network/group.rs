//! A network security group.

use super::Reference;
use super::rules::{Rule, open_from_internet};
use crate::azure::context::Context;
use crate::azure::door;
use crate::azure::listing::{Listed, Place};
use crate::azure::operation::Operation;
use crate::document::{Draft, Field, Read};
use crate::ports::Ports;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) static LIST: Operation = Operation::rows(
    "resources",
    "microsoft.network/networksecuritygroups",
    "Microsoft.Network/networkSecurityGroups/read",
);

/// A network security group.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Group {
    /// Its rules, and where it is used.
    properties: Properties,
}

/// Of a network security group.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// Its own rules.
    security_rules: Option<Vec<Rule>>,
    /// The rules that every group has, asked last.
    default_security_rules: Option<Vec<Rule>>,
    /// Subnets that it guards; null for none.
    subnets: Option<Vec<Reference>>,
    /// Network interfaces that it guards; null for none.
    network_interfaces: Option<Vec<Reference>>,
}

/// What is computed of a network security group.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// It guards a subnet or a network interface.
    in_use: bool,
    /// Ports of TCP and UDP that its rules together let in from the whole internet, to any destination.
    #[serde(skip_serializing_if = "Field::is_unread")]
    open_from_internet: Field<Vec<Ports>>,
}

impl Listed for Group {
    const TYPE: &'static str = "azure.network.nsg";
    const LIST: &'static Operation = &LIST;
    const ALWAYS: &'static [&'static str] = &["properties.security_rules"];
    type Around = ();
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, ()> {
        super::nothing(context)
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        let said = &self.properties;
        let in_use = [&said.subnets, &said.network_interfaces].into_iter().flatten().any(|some| !some.is_empty());
        let outcome = self
            .open()
            .map(|open| Read { value: Some(open), exchanges: vec![], at: None })
            .map_err(|why| door::malformed(&LIST, why, vec![]));
        let derived = Derived { in_use, open_from_internet: draft.take("derived.open_from_internet", outcome) };
        Box::pin(std::future::ready(derived))
    }
}

impl Group {
    /// What its rules together let in from the whole internet.
    ///
    /// # Errors
    /// The rule that is not understood.
    pub(super) fn open(&self) -> Result<Vec<Ports>, String> {
        let own = self.properties.security_rules.as_ref().ok_or("its rules are missing")?;
        open_from_internet(own.iter().chain(self.properties.default_security_rules.iter().flatten()))
    }
}
