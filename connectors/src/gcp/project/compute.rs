//! What Compute Engine has set for all of a project: the switches in its metadata.
//!
//! Metadata holds what people write: keys of users, scripts, passwords. Only values of known switches are kept, in evidence too.
//! Documentation: <https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys>.

use crate::document::Read;
use crate::exchange::CollectError;
use crate::gcp::compute::metadata::PROJECT;
use crate::gcp::context::Context;
use crate::gcp::listing;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Switches in the project's metadata, each as it is written there; null where it is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Metadata {
    /// OS Login: machines ask IAM who may log in.
    enable_oslogin: Option<String>,
    /// OS Login asks for a second factor.
    enable_oslogin_2fa: Option<String>,
    /// Keys in the project's metadata let nobody in.
    block_project_ssh_keys: Option<String>,
    /// The serial console takes connections.
    serial_port_enable: Option<String>,
    /// Machines may publish guest attributes.
    enable_guest_attributes: Option<String>,
    /// Machines report to VM Manager.
    enable_osconfig: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    // An answer without a name is none.
    #[serde(rename = "name")]
    _name: String,
    common_instance_metadata: Option<Items>,
}

#[derive(Deserialize)]
struct Items {
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    key: String,
    value: Option<String>,
}

/// The switches of the project.
pub(super) async fn metadata(context: &Context) -> Result<Read<Option<Metadata>>, CollectError> {
    let read = listing::one::<Answer>(context, &PROJECT, &[], &Value::Null).await?;
    Ok(read.map(|answer| {
        let items = answer.common_instance_metadata.map(|metadata| metadata.items).unwrap_or_default();
        let value = |key: &str| items.iter().find(|item| item.key == key).and_then(|item| item.value.clone());
        Some(Metadata {
            enable_oslogin: value("enable-oslogin"),
            enable_oslogin_2fa: value("enable-oslogin-2fa"),
            block_project_ssh_keys: value("block-project-ssh-keys"),
            serial_port_enable: value("serial-port-enable"),
            enable_guest_attributes: value("enable-guest-attributes"),
            enable_osconfig: value("enable-osconfig"),
        })
    }))
}
