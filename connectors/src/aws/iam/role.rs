//! `aws.iam.role`: roles, and who may assume them.

use super::details::{self, Details};
use super::principal::{self, Attached, Boundary, InlineName};
use super::time::rfc3339;
use super::trust::{self, Trust};
use crate::aws::Context;
use crate::aws::policy_document::{self, PolicyDocument};
use crate::document::{Draft, Field, Read};
use aws_sdk_iam::types::RoleDetail;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The resource type.
pub(super) const TYPE: &str = "aws.iam.role";

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Config {
    #[serde(skip_serializing_if = "Field::is_unread")]
    role_name: Field<String>,
    #[serde(skip_serializing_if = "Field::is_unread")]
    role_id: Field<String>,
    arn: String,
    #[serde(skip_serializing_if = "Field::is_unread")]
    path: Field<String>,
    #[serde(skip_serializing_if = "Field::is_unread")]
    create_date: Field<String>,
    /// Inline policies.
    #[serde(skip_serializing_if = "Field::is_unread")]
    role_policy_list: Field<Vec<InlineName>>,
    #[serde(skip_serializing_if = "Field::is_unread")]
    attached_managed_policies: Field<Vec<Attached>>,
    permissions_boundary: Field<Boundary>,
    /// When and where it was last used in the period that IAM tracks (400 days); nulls when it was not.
    role_last_used: LastUsed,
    /// The trust policy, decoded.
    #[serde(skip_serializing_if = "Field::is_unread")]
    assume_role_policy_document: Field<Value>,
    instance_profile_list: Vec<InstanceProfile>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct LastUsed {
    last_used_date: Option<String>,
    region: Option<String>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
struct InstanceProfile {
    instance_profile_name: String,
    arn: String,
}

/// `derived`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// The role is bound to an AWS service, which alone can change its trust.
    #[serde(skip_serializing_if = "Field::is_unread")]
    service_linked: Field<bool>,
    /// Who may assume it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    trust: Field<Trust>,
}

/// The roles of the stream.
pub(super) fn documents(context: &Context, details: &mut Details) -> Vec<Resource> {
    let mut resources = Vec::new();
    details.each(
        "a role",
        |page| page.role_detail_list(),
        RoleDetail::arn,
        |role, arn, source| {
            resources.push(document(context, role, arn, source));
        },
    );
    resources
}

fn document(context: &Context, role: &RoleDetail, arn: &str, source: &Read<()>) -> Resource {
    let name = role.role_name.clone().unwrap_or_else(|| arn.to_owned());
    let mut draft = Draft::new(TYPE, arn, name, super::REGION);
    draft.saw(source);
    draft.tags(principal::tags(role.tags()));
    let (assume_role_policy_document, trust) = trust_policy(&mut draft, context, role, source);
    let draft_ = &mut draft;
    let config = Config {
        role_name: principal::always(draft_, "config.role_name", role.role_name.clone(), source),
        role_id: principal::always(draft_, "config.role_id", role.role_id.clone(), source),
        arn: arn.to_owned(),
        path: principal::always(draft_, "config.path", role.path.clone(), source),
        create_date: principal::always(draft_, "config.create_date", role.create_date().and_then(rfc3339), source),
        role_policy_list: principal::inline_names(draft_, "config.role_policy_list", role.role_policy_list(), source),
        attached_managed_policies: principal::attached(
            draft_,
            "config.attached_managed_policies",
            role.attached_managed_policies(),
            source,
        ),
        permissions_boundary: principal::boundary(role.permissions_boundary()),
        role_last_used: last_used(role),
        assume_role_policy_document,
        instance_profile_list: instance_profiles(role),
    };
    let service_linked = config.path.value().map(|path| path.starts_with("/aws-service-role/"));
    if service_linked.is_none() {
        draft.miss_with("derived.service_linked", &["config.path"]);
    }
    let service_linked = service_linked.map_or(Field::Unread, Field::Value);
    context.finish(draft, &config, &Derived { service_linked, trust })
}

/// The trust policy as it stands, and what it says. A document that cannot be read leaves both unknown, one that does
/// not follow the grammar leaves the second.
fn trust_policy(
    draft: &mut Draft,
    context: &Context,
    role: &RoleDetail,
    source: &Read<()>,
) -> (Field<Value>, Field<Trust>) {
    let text = role.assume_role_policy_document().ok_or_else(|| "a role without a trust policy".to_owned());
    let value = match text.and_then(policy_document::decode) {
        Ok(value) => value,
        Err(message) => {
            draft.miss("config.assume_role_policy_document", &details::malformed(message, source.exchanges.clone()));
            draft.miss_with("derived.trust", &["config.assume_role_policy_document"]);
            return (Field::Unread, Field::Unread);
        }
    };
    let analysed = PolicyDocument::from_value(&value).and_then(|policy| trust::analyse(&policy, context.account()));
    let trust = match analysed {
        Ok(trust) => Field::Value(trust),
        Err(message) => {
            draft.miss("derived.trust", &details::malformed(message, source.exchanges.clone()));
            Field::Unread
        }
    };
    (Field::Value(value), trust)
}

fn last_used(role: &RoleDetail) -> LastUsed {
    let used = role.role_last_used();
    LastUsed {
        last_used_date: used.and_then(|used| used.last_used_date()).and_then(rfc3339),
        region: used.and_then(|used| used.region.clone()),
    }
}

fn instance_profiles(role: &RoleDetail) -> Vec<InstanceProfile> {
    let mut profiles: Vec<_> = role
        .instance_profile_list()
        .iter()
        .map(|profile| InstanceProfile {
            instance_profile_name: profile.instance_profile_name.clone(),
            arn: profile.arn.clone(),
        })
        .collect();
    profiles.sort();
    profiles
}
