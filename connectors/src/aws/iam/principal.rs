//! What users, groups and roles have in common, and what documents of the stream need to say that a field is not there.

use super::details;
use crate::document::{Draft, Field, Read};
use aws_sdk_iam::types::{AttachedPermissionsBoundary, AttachedPolicy, PolicyDetail, Tag};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// An inline policy, by name. Its document is a resource of type `aws.iam.inline-policy`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub(super) struct InlineName {
    policy_name: String,
}

/// An attached managed policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub(super) struct Attached {
    policy_name: Option<String>,
    policy_arn: String,
}

/// The permissions boundary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Boundary {
    permissions_boundary_type: Option<String>,
    permissions_boundary_arn: Option<String>,
}

/// A field that IAM always gives: the value, or a gap when it did not.
pub(super) fn always<T>(draft: &mut Draft, path: &str, value: Option<T>, source: &Read<()>) -> Field<T> {
    if value.is_none() {
        draft.miss(path, &details::malformed(format!("{path} is not in the answer"), source.exchanges.clone()));
    }
    value.map_or(Field::Unread, Field::Value)
}

/// Names of inline policies, sorted. A nameless one makes the list unread.
pub(super) fn inline_names(
    draft: &mut Draft,
    path: &str,
    list: &[PolicyDetail],
    source: &Read<()>,
) -> Field<Vec<InlineName>> {
    let names = list.iter().map(|policy| policy.policy_name.clone().map(|policy_name| InlineName { policy_name }));
    always(draft, path, sorted(names), source)
}

/// Attached managed policies, sorted. One without an ARN makes the list unread.
pub(super) fn attached(
    draft: &mut Draft,
    path: &str,
    list: &[AttachedPolicy],
    source: &Read<()>,
) -> Field<Vec<Attached>> {
    let attached = list.iter().map(|policy| {
        let policy_arn = policy.policy_arn.clone()?;
        Some(Attached { policy_name: policy.policy_name.clone(), policy_arn })
    });
    always(draft, path, sorted(attached), source)
}

fn sorted<T: Ord>(list: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let mut list: Vec<T> = list.collect::<Option<_>>()?;
    list.sort();
    Some(list)
}

/// The boundary; null when there is none.
pub(super) fn boundary(boundary: Option<&AttachedPermissionsBoundary>) -> Field<Boundary> {
    Field::from(boundary.map(|boundary| Boundary {
        permissions_boundary_type: boundary.permissions_boundary_type.as_ref().map(|kind| kind.as_str().to_owned()),
        permissions_boundary_arn: boundary.permissions_boundary_arn.clone(),
    }))
}

/// Tags of a user, role or policy; IAM leaves the list out where there are none.
pub(super) fn tags(tags: &[Tag]) -> Field<BTreeMap<String, String>> {
    Field::Value(tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect())
}
