//! `aws.iam.group`: groups.

use super::details::Details;
use super::principal::{self, Attached, InlineName};
use super::time::rfc3339;
use crate::aws::Context;
use crate::document::{Draft, Field, Read};
use aws_sdk_iam::types::GroupDetail;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::Serialize;

/// The resource type.
pub(super) const TYPE: &str = "aws.iam.group";

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Config {
    #[serde(skip_serializing_if = "Field::is_unread")]
    group_name: Field<String>,
    #[serde(skip_serializing_if = "Field::is_unread")]
    group_id: Field<String>,
    arn: String,
    #[serde(skip_serializing_if = "Field::is_unread")]
    path: Field<String>,
    #[serde(skip_serializing_if = "Field::is_unread")]
    create_date: Field<String>,
    /// Inline policies.
    #[serde(skip_serializing_if = "Field::is_unread")]
    group_policy_list: Field<Vec<InlineName>>,
    #[serde(skip_serializing_if = "Field::is_unread")]
    attached_managed_policies: Field<Vec<Attached>>,
}

/// `derived`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Derived {}

/// The groups of the stream.
pub(super) fn documents(context: &Context, details: &mut Details) -> Vec<Resource> {
    let mut resources = Vec::new();
    details.each(
        "a group",
        |page| page.group_detail_list(),
        GroupDetail::arn,
        |group, arn, source| {
            resources.push(document(context, group, arn, source));
        },
    );
    resources
}

fn document(context: &Context, group: &GroupDetail, arn: &str, source: &Read<()>) -> Resource {
    let name = group.group_name.clone().unwrap_or_else(|| arn.to_owned());
    let mut draft = Draft::new(TYPE, arn, name, super::REGION);
    draft.saw(source);
    let draft_ = &mut draft;
    let config = Config {
        group_name: principal::always(draft_, "config.group_name", group.group_name.clone(), source),
        group_id: principal::always(draft_, "config.group_id", group.group_id.clone(), source),
        arn: arn.to_owned(),
        path: principal::always(draft_, "config.path", group.path.clone(), source),
        create_date: principal::always(draft_, "config.create_date", group.create_date().and_then(rfc3339), source),
        group_policy_list: principal::inline_names(
            draft_,
            "config.group_policy_list",
            group.group_policy_list(),
            source,
        ),
        attached_managed_policies: principal::attached(
            draft_,
            "config.attached_managed_policies",
            group.attached_managed_policies(),
            source,
        ),
    };
    context.finish(draft, &config, &Derived {})
}
