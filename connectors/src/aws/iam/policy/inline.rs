//! `aws.iam.inline-policy`: policies inside a user, group or role, those of service-linked roles among them.

use super::Text;
use super::document::{self, Kind, Owner};
use crate::aws::Context;
use crate::aws::iam::REGION;
use crate::aws::iam::details::Details;
use crate::document::{Draft, Field, Read};
use aws_sdk_iam::types::{GroupDetail, PolicyDetail, RoleDetail, UserDetail};
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// The resource type.
pub(in crate::aws::iam) const TYPE: &str = "aws.iam.inline-policy";

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::aws::iam) struct Config {
    policy_name: String,
    principal_arn: String,
    principal_type: PrincipalType,
    /// The document, decoded.
    #[serde(skip_serializing_if = "Field::is_unread")]
    document: Field<Value>,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum PrincipalType {
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
}

/// The inline policies of the stream, each with its policy document. A nameless one is left to the list of its principal,
/// which has a gap then.
pub(super) fn documents(context: &Context, details: &mut Details) -> Vec<Resource> {
    use PrincipalType as P;
    let mut all = Vec::new();
    let mut add = |type_: P, arn: &str, list: &[PolicyDetail], source: &Read<()>| {
        let mut seen = BTreeSet::new();
        for policy in list {
            if let Some(name) = policy.policy_name.as_deref().filter(|name| seen.insert((*name).to_owned())) {
                all.extend(pair(context, (type_, arn), name, policy, source));
            }
        }
    };
    details.each(
        "a user",
        |page| page.user_detail_list(),
        UserDetail::arn,
        |user, arn, source| {
            add(P::User, arn, user.user_policy_list(), source);
        },
    );
    details.each(
        "a group",
        |page| page.group_detail_list(),
        GroupDetail::arn,
        |group, arn, source| {
            add(P::Group, arn, group.group_policy_list(), source);
        },
    );
    details.each(
        "a role",
        |page| page.role_detail_list(),
        RoleDetail::arn,
        |role, arn, source| {
            add(P::Role, arn, role.role_policy_list(), source);
        },
    );
    all
}

fn pair(
    context: &Context,
    (principal_type, principal_arn): (PrincipalType, &str),
    name: &str,
    policy: &PolicyDetail,
    source: &Read<()>,
) -> [Resource; 2] {
    let id = format!("{principal_arn}#{name}");
    let text = Text::read(policy.policy_document(), source);
    let mut draft = Draft::new(TYPE, id.as_str(), name, REGION);
    draft.saw(source);
    let config = Config {
        policy_name: name.to_owned(),
        principal_arn: principal_arn.to_owned(),
        principal_type,
        document: text.document(&mut draft),
    };
    let derived = text.derived(&mut draft);
    let owner = Owner {
        id: &id,
        name,
        kind: Kind::Inline,
        attached: Some(true),
        principal_arn: Some(principal_arn),
        arn: None,
    };
    [context.finish(draft, &config, &derived), document::resource(context, &owner, &text, source)]
}
