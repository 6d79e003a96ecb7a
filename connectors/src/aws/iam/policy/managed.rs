//! `aws.iam.policy`: customer-managed policies, with the document of the default version.

use super::Text;
use super::document::{self, Kind, Owner};
use crate::aws::Context;
use crate::aws::iam::REGION;
use crate::aws::iam::details::Details;
use crate::aws::iam::principal::always;
use crate::aws::iam::time::rfc3339;
use crate::document::{Draft, Field, Read};
use aws_sdk_iam::types::ManagedPolicyDetail;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The resource type.
pub(in crate::aws::iam) const TYPE: &str = "aws.iam.policy";

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::aws::iam) struct Config {
    #[serde(skip_serializing_if = "Field::is_unread")]
    policy_name: Field<String>,
    #[serde(skip_serializing_if = "Field::is_unread")]
    policy_id: Field<String>,
    arn: String,
    #[serde(skip_serializing_if = "Field::is_unread")]
    path: Field<String>,
    #[serde(skip_serializing_if = "Field::is_unread")]
    default_version_id: Field<String>,
    /// Users, groups and roles that it is attached to.
    #[serde(skip_serializing_if = "Field::is_unread")]
    attachment_count: Field<i32>,
    /// Users and roles that have it as their boundary.
    #[serde(skip_serializing_if = "Field::is_unread")]
    permissions_boundary_usage_count: Field<i32>,
    is_attachable: bool,
    #[serde(skip_serializing_if = "Field::is_unread")]
    create_date: Field<String>,
    #[serde(skip_serializing_if = "Field::is_unread")]
    update_date: Field<String>,
    /// The document of the default version, decoded.
    #[serde(skip_serializing_if = "Field::is_unread")]
    document: Field<Value>,
}

/// The customer's managed policies, each with its policy document.
pub(super) fn documents(context: &Context, details: &mut Details) -> Vec<Resource> {
    let mut all = Vec::new();
    details.each(
        "a policy",
        |page| page.policies(),
        ManagedPolicyDetail::arn,
        |policy, arn, source| {
            // What AWS manages, arn:aws:iam::aws:policy/…, is there for what its holders may do.
            if arn.split(':').nth(4) != Some("aws") {
                all.extend(pair(context, policy, arn, source));
            }
        },
    );
    all
}

fn pair(context: &Context, policy: &ManagedPolicyDetail, arn: &str, source: &Read<()>) -> [Resource; 2] {
    let text = Text::read(default_version(policy), source);
    let name = name_of(policy, arn);
    let owner = Owner {
        id: arn,
        name,
        kind: Kind::Managed,
        attached: policy.attachment_count.map(|count| count > 0),
        principal_arn: None,
        arn: Some(arn),
    };
    [resource(context, policy, arn, &text, source), document::resource(context, &owner, &text, source)]
}

fn resource(context: &Context, policy: &ManagedPolicyDetail, arn: &str, text: &Text, source: &Read<()>) -> Resource {
    let name = name_of(policy, arn);
    let mut draft = Draft::new(TYPE, arn, name, REGION);
    draft.saw(source);
    draft.tags(Field::Unread); // the stream does not tell the tags of policies, and nothing else is asked for them
    let document = text.document(&mut draft);
    let derived = text.derived(&mut draft);
    let draft_ = &mut draft;
    let boundaries = policy.permissions_boundary_usage_count;
    let config = Config {
        policy_name: always(draft_, "config.policy_name", policy.policy_name.clone(), source),
        policy_id: always(draft_, "config.policy_id", policy.policy_id.clone(), source),
        arn: arn.to_owned(),
        path: always(draft_, "config.path", policy.path.clone(), source),
        default_version_id: always(draft_, "config.default_version_id", policy.default_version_id.clone(), source),
        attachment_count: always(draft_, "config.attachment_count", policy.attachment_count, source),
        permissions_boundary_usage_count: always(draft_, "config.permissions_boundary_usage_count", boundaries, source),
        is_attachable: policy.is_attachable,
        create_date: always(draft_, "config.create_date", policy.create_date().and_then(rfc3339), source),
        update_date: always(draft_, "config.update_date", policy.update_date().and_then(rfc3339), source),
        document,
    };
    context.finish(draft, &config, &derived)
}

/// The name, which is also the end of the ARN.
fn name_of<'a>(policy: &'a ManagedPolicyDetail, arn: &'a str) -> &'a str {
    policy.policy_name.as_deref().or_else(|| arn.rsplit('/').next()).unwrap_or(arn)
}

/// The text of the default version.
pub(in crate::aws::iam) fn default_version(policy: &ManagedPolicyDetail) -> Option<&str> {
    let versions = policy.policy_version_list();
    let named =
        versions.iter().find(|version| version.version_id.is_some() && version.version_id == policy.default_version_id);
    named.or_else(|| versions.iter().find(|version| version.is_default_version))?.document()
}
