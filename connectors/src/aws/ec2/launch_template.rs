//! `aws.ec2.launch-template-version`

use super::super::listing::{Listed, Name, Nothing, Place};
use super::{Context, Operation, list};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Lists the default version of every launch template.
pub static DESCRIBE_LAUNCH_TEMPLATE_VERSIONS: Operation = Operation {
    lists: &["groupSet/groupId"],
    ..list(
        "DescribeLaunchTemplateVersions",
        "ec2:DescribeLaunchTemplateVersions",
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html",
    )
};

/// A version, as `ec2:DescribeLaunchTemplateVersions` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LaunchTemplateVersion {
    /// `lt-…`
    pub launch_template_id: String,
    /// Name of the template.
    pub launch_template_name: Option<String>,
    /// Number of the version.
    pub version_number: i64,
    /// It is the default one.
    pub default_version: Option<bool>,
    /// What is launched.
    pub launch_template_data: Option<Data>,
}

/// What a launch template launches. What it leaves out is decided at launch.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Data {
    /// How the metadata service is reached; null where the account's default decides.
    pub metadata_options: Option<Metadata>,
    /// Network interfaces.
    #[serde(default, alias = "network_interface_set")]
    pub network_interfaces: Vec<Interface>,
}

/// Metadata options of a launch template.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Metadata {
    /// `required` or `optional`; null where the default decides.
    pub http_tokens: Option<String>,
    /// `enabled` or `disabled`; null where the default decides.
    pub http_endpoint: Option<String>,
}

/// A network interface of a launch template.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Interface {
    /// It gets a public IPv4 address; null where the subnet decides.
    pub associate_public_ip_address: Option<bool>,
}

impl Listed for LaunchTemplateVersion {
    const TYPE: &'static str = "aws.ec2.launch-template-version";
    const LIST: &'static Operation = &DESCRIBE_LAUNCH_TEMPLATE_VERSIONS;
    const ITEMS: &'static [&'static str] = &["launch_template_version_set"];
    const ALWAYS: &'static [&'static str] = &["launch_template_data"];
    type Around = ();
    type Derived = Nothing;

    fn input(_: &Context) -> Value {
        json!({"LaunchTemplateVersion": ["$Default"]})
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let (template, version) = (&self.launch_template_id, self.version_number);
        let name = self.launch_template_name.as_ref().unwrap_or(template);
        let id = format!("{}/{version}", place.arn("ec2", &format!("launch-template/{template}")));
        Name { id, name: format!("{name} version {version}"), tags: None }
    }
}
