//! An application gateway, with the web application firewall policies in force on it.

use super::Reference;
use crate::azure::context::Context;
use crate::azure::door;
use crate::azure::listing::{self, Envelope, Listed, Nothing, Place};
use crate::azure::operation::Operation;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

static LIST: Operation =
    Operation::rows("resources", "microsoft.network/applicationgateways", "Microsoft.Network/applicationGateways/read");

static POLICIES: Operation = Operation::rows(
    "resources",
    "microsoft.network/applicationgatewaywebapplicationfirewallpolicies",
    "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/read",
);

/// An application gateway.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct ApplicationGateway {
    /// Its settings.
    properties: Properties,
}

/// Settings of an application gateway.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// The policy of its web application firewall; null for none.
    firewall_policy: Option<Reference>,
    /// The older form of such a firewall, without a policy; null for none.
    web_application_firewall_configuration: Option<FirewallConfiguration>,
    /// Where it listens.
    frontend_ip_configurations: Option<Vec<Frontend>>,
    /// Its listeners.
    http_listeners: Option<Vec<Part>>,
    /// Its maps of paths; null for none.
    url_path_maps: Option<Vec<PathMap>>,
}

/// A firewall without a policy.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct FirewallConfiguration {
    /// It is on.
    enabled: Option<bool>,
    /// `Prevention` or `Detection`.
    firewall_mode: Option<String>,
}

/// An address that a gateway listens on.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Frontend {
    /// The address.
    properties: FrontendProperties,
}

/// An address that a gateway listens on.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct FrontendProperties {
    /// The public IP address; null where it is a private one.
    public_ip_address: Option<Reference>,
}

/// A listener, or a rule of paths.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Part {
    /// Its policy.
    properties: PartProperties,
}

/// Of a listener, or of a rule of paths.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct PartProperties {
    /// The policy that stands for it in place of the gateway's own; null for none.
    firewall_policy: Option<Reference>,
}

/// A map of paths.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct PathMap {
    /// Its rules.
    properties: PathMapProperties,
}

/// Of a map of paths.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct PathMapProperties {
    /// Its rules.
    path_rules: Option<Vec<Part>>,
}

/// A policy of web application firewalls.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Policy {
    properties: PolicyProperties,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct PolicyProperties {
    policy_settings: Option<PolicySettings>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct PolicySettings {
    state: Option<String>,
    mode: Option<String>,
}

/// What is computed of an application gateway.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// The policies of the gateway, of its listeners and of its paths.
    #[serde(skip_serializing_if = "Field::is_unread")]
    firewall_policies: Field<Vec<InForce>>,
}

/// A policy that is in force on a gateway.
#[derive(Debug, Serialize, JsonSchema)]
struct InForce {
    /// Its id.
    id: String,
    /// `Enabled` or `Disabled`.
    state: Option<String>,
    /// `Prevention` or `Detection`.
    mode: Option<String>,
}

impl Listed for Policy {
    const TYPE: &'static str = "azure.network.web-application-firewall-policy";
    const LIST: &'static Operation = &POLICIES;
    type Around = ();
    type Derived = Nothing;

    fn around(context: &Context) -> BoxFuture<'_, ()> {
        super::nothing(context)
    }
}

impl Listed for ApplicationGateway {
    const TYPE: &'static str = "azure.network.application-gateway";
    const LIST: &'static Operation = &LIST;
    const OPERATIONS: &'static [&'static Operation] = &[&LIST, &POLICIES];
    const ALWAYS: &'static [&'static str] = &["properties.frontend_ip_configurations", "properties.http_listeners"];
    type Around = Result<Read<Vec<(Envelope, Policy)>>, CollectError>;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Self::Around> {
        Box::pin(listing::every::<Policy>(context))
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, all: &'a Self::Around, draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        let in_force = all.as_ref().map_err(Clone::clone).and_then(|all| self.properties.in_force(all));
        let derived = Derived { firewall_policies: draft.take("derived.firewall_policies", in_force) };
        Box::pin(std::future::ready(derived))
    }
}

impl Properties {
    /// Every policy that the gateway names.
    fn in_force(&self, all: &Read<Vec<(Envelope, Policy)>>) -> Result<Read<Option<Vec<InForce>>>, CollectError> {
        let rules = self.url_path_maps.iter().flatten().flat_map(|map| map.properties.path_rules.iter().flatten());
        let parts = self.http_listeners.iter().flatten().chain(rules);
        let own = self.firewall_policy.iter().chain(parts.filter_map(|part| part.properties.firewall_policy.as_ref()));
        let named: BTreeMap<String, &str> =
            own.map(|policy| (policy.id.to_ascii_lowercase(), policy.id.as_str())).collect();
        let mut in_force = Vec::new();
        for id in named.into_values() {
            let Some((_, policy)) = all.value.iter().find(|(envelope, _)| envelope.id.eq_ignore_ascii_case(id)) else {
                let unknown = format!("the policy {id} is not among the policies of the subscription");
                return Err(door::malformed(&POLICIES, unknown, all.exchanges.clone()));
            };
            let settings = policy.properties.policy_settings.as_ref();
            in_force.push(InForce {
                id: id.to_owned(),
                state: settings.and_then(|settings| settings.state.clone()),
                mode: settings.and_then(|settings| settings.mode.clone()),
            });
        }
        Ok(Read { value: Some(in_force), exchanges: all.exchanges.clone(), at: all.at })
    }
}
