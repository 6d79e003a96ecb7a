//! A virtual machine.

use super::metadata::{self, Metadata};
use super::{ID, PLAIN};
use crate::document::{Draft, Field};
use crate::gcp::context::Context;
use crate::gcp::listing::{self, Listed, Place};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

static ASSET: Operation = Operation::asset("compute.googleapis.com/Instance");

/// `instances.aggregatedList`.
pub(super) static LIST: Operation = Operation {
    name: "compute.instances.aggregatedList",
    permission: "compute.instances.list",
    request: Request::Get("compute/v1/projects/{project}/aggregated/instances?maxResults=500"),
    items: Items::Aggregated("instances"),
    secrets: &[
        "items.*.instances[].metadata.items[key!=block-project-ssh-keys|enable-oslogin|enable-oslogin-2fa|serial-port-enable].value",
    ],
    docs: "https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList",
    ..PLAIN
};

/// A virtual machine.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Instance {
    /// `RUNNING`, `TERMINATED` (stopped) and the states between.
    status: Option<String>,
    /// The link of its machine type.
    machine_type: Option<String>,
    /// It may send and receive packets of other addresses than its own; null is false.
    can_ip_forward: Option<bool>,
    /// Its network interfaces.
    network_interfaces: Option<Vec<Interface>>,
    /// The service account it runs as, one or none.
    #[serde(default)]
    service_accounts: Vec<ServiceAccount>,
    /// What Shielded VM guards; null where it was never set.
    shielded_instance_config: Option<Shielded>,
    /// Confidential VM; null for none.
    confidential_instance_config: Option<Confidential>,
    /// Its own metadata; null for none.
    metadata: Option<Metadata>,
}

/// A network interface.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Interface {
    /// The link of its network.
    network: Option<String>,
    /// The link of its subnet.
    subnetwork: Option<String>,
    /// Its external IPv4 address; empty for none.
    #[serde(default)]
    access_configs: Vec<Access>,
    /// Its external IPv6 address; empty for none.
    #[serde(default)]
    ipv6_access_configs: Vec<Access>,
}

/// A way to an interface from outside.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Access {
    /// The external IPv4 address; null for IPv6, and while a stopped machine has none.
    nat_ip: Option<String>,
    /// The external IPv6 range's first address; null for IPv4.
    external_ipv6: Option<String>,
}

/// The service account of a machine.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ServiceAccount {
    /// Its address.
    email: Option<String>,
    /// The OAuth scopes of its tokens.
    #[serde(default)]
    scopes: Vec<String>,
}

/// What Shielded VM guards.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Shielded {
    /// Only signed software boots; null is false.
    enable_secure_boot: Option<bool>,
    /// It has a virtual TPM; null is false.
    enable_vtpm: Option<bool>,
    /// Each boot is measured and compared; null is false.
    enable_integrity_monitoring: Option<bool>,
}

/// Confidential VM.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Confidential {
    /// It is on; null is false.
    enable_confidential_compute: Option<bool>,
    /// `SEV`, `SEV_SNP`, `TDX`.
    confidential_instance_type: Option<String>,
}

/// `derived` of a machine.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::gcp) struct Derived {
    /// The serial console's port answers: the machine's metadata says so, or where it says nothing the project's.
    #[serde(skip_serializing_if = "Field::is_unread")]
    serial_port: Field<bool>,
    /// SSH keys of the project's metadata let in: neither blocked, nor out of force by OS Login.
    #[serde(skip_serializing_if = "Field::is_unread")]
    project_ssh_keys: Field<bool>,
}

impl Listed for Instance {
    const TYPE: &'static str = "gcp.compute.instance";
    const ID: &'static str = ID;
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LIST, &metadata::PROJECT];
    const ALWAYS: &'static [&'static str] = &["status", "network_interfaces"];
    type Around = metadata::Around;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, metadata::Around> {
        Box::pin(listing::one(context, &metadata::PROJECT, &[], &Value::Null))
    }

    fn complete<'a>(
        &'a mut self,
        _: Place<'a>,
        project: &'a metadata::Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Derived> {
        let own = self.metadata.as_ref();
        let derived = Derived {
            serial_port: draft.take("derived.serial_port", metadata::serial_port(own, project)),
            project_ssh_keys: draft.take("derived.project_ssh_keys", metadata::project_ssh_keys(own, project)),
        };
        Box::pin(std::future::ready(derived))
    }
}
