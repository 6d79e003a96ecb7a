//! `aws.iam.user`: users, each with its row of the credential report.

use super::credential_report::{self, Credentials, Outcome};
use super::details::Details;
use super::principal::{self, Attached, Boundary, InlineName};
use super::time::{rfc3339, utc};
use crate::aws::Context;
use crate::document::{Draft, Field, Read};
use aws_sdk_iam::types::UserDetail;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::Serialize;

/// The resource type.
pub(super) const TYPE: &str = "aws.iam.user";

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Config {
    #[serde(skip_serializing_if = "Field::is_unread")]
    user_name: Field<String>,
    #[serde(skip_serializing_if = "Field::is_unread")]
    user_id: Field<String>,
    arn: String,
    #[serde(skip_serializing_if = "Field::is_unread")]
    path: Field<String>,
    #[serde(skip_serializing_if = "Field::is_unread")]
    create_date: Field<String>,
    /// Inline policies.
    #[serde(skip_serializing_if = "Field::is_unread")]
    user_policy_list: Field<Vec<InlineName>>,
    /// Managed policies attached to the user itself.
    #[serde(skip_serializing_if = "Field::is_unread")]
    attached_managed_policies: Field<Vec<Attached>>,
    /// Names of the groups that the user is in.
    group_list: Vec<String>,
    permissions_boundary: Field<Boundary>,
    /// The user's row of the credential report; null when the report is older than the user.
    #[serde(skip_serializing_if = "Field::is_unread")]
    credential_report: Field<Credentials>,
}

/// `derived`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Derived {}

/// The users of the stream.
pub(super) fn documents(context: &Context, details: &mut Details, report: &Outcome) -> Vec<Resource> {
    let mut resources = Vec::new();
    details.each(
        "a user",
        |page| page.user_detail_list(),
        UserDetail::arn,
        |user, arn, source| {
            resources.push(document(context, user, arn, source, report));
        },
    );
    resources
}

fn document(context: &Context, user: &UserDetail, arn: &str, source: &Read<()>, report: &Outcome) -> Resource {
    let name = user.user_name.clone().unwrap_or_else(|| arn.to_owned());
    let mut draft = Draft::new(TYPE, arn, name, super::REGION);
    draft.saw(source);
    draft.tags(principal::tags(user.tags()));
    let mut group_list = user.group_list().to_vec();
    group_list.sort();
    let draft_ = &mut draft;
    let config = Config {
        user_name: principal::always(draft_, "config.user_name", user.user_name.clone(), source),
        user_id: principal::always(draft_, "config.user_id", user.user_id.clone(), source),
        arn: arn.to_owned(),
        path: principal::always(draft_, "config.path", user.path.clone(), source),
        create_date: principal::always(draft_, "config.create_date", user.create_date().and_then(rfc3339), source),
        user_policy_list: principal::inline_names(draft_, "config.user_policy_list", user.user_policy_list(), source),
        attached_managed_policies: principal::attached(
            draft_,
            "config.attached_managed_policies",
            user.attached_managed_policies(),
            source,
        ),
        group_list,
        permissions_boundary: principal::boundary(user.permissions_boundary()),
        credential_report: credential_report::of_user(draft_, report, arn, user.create_date().and_then(utc)),
    };
    context.finish(draft, &config, &Derived {})
}
