//! `aws.iam.policy-document`: the statements of a policy in one form, and what they grant too widely.

use super::{Text, field};
use crate::aws::Context;
use crate::aws::iam::{REGION, grants};
use crate::aws::policy_document::{PolicyDocument, Statement};
use crate::document::{Draft, Field, Read};
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The resource type.
pub(in crate::aws::iam) const TYPE: &str = "aws.iam.policy-document";

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::aws::iam) struct Config {
    /// A customer-managed policy's default version, or an inline policy.
    pub(super) kind: Kind,
    /// It is in force for some principal. An inline policy always is.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub(super) attached: Field<bool>,
    /// The principal of an inline policy; null for a managed one.
    pub(super) principal_arn: Option<String>,
    /// The ARN of a managed policy; null for an inline one.
    pub(super) arn: Option<String>,
    /// The statements in order; what was a scalar is a list.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub(super) statements: Field<Vec<Said>>,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Customer-managed.
    Managed,
    /// Inline.
    Inline,
}

/// A statement.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Said {
    sid: Option<String>,
    effect: &'static str,
    action: Option<Vec<String>>,
    not_action: Option<Vec<String>>,
    resource: Option<Vec<String>>,
    not_resource: Option<Vec<String>>,
    /// Operator, key, values.
    condition: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// `derived`
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::aws::iam) struct Derived {
    /// It allows every action on every resource without a limiting condition.
    #[serde(skip_serializing_if = "Field::is_unread")]
    grants_admin: Field<bool>,
    /// Services whose every action on every resource it allows without a limiting condition.
    #[serde(skip_serializing_if = "Field::is_unread")]
    full_access_services: Field<Vec<String>>,
    /// It combines `Allow` with `NotAction` or `NotResource` and an open other side.
    #[serde(skip_serializing_if = "Field::is_unread")]
    allow_not_action: Field<bool>,
    /// It allows `iam:PassRole` of every role to every service.
    #[serde(skip_serializing_if = "Field::is_unread")]
    unbounded_pass_role: Field<bool>,
    /// It allows `sts:AssumeRole` of every role of every account.
    #[serde(skip_serializing_if = "Field::is_unread")]
    assume_any_role: Field<bool>,
    /// It allows `aws-marketplace:Subscribe` of every product.
    #[serde(skip_serializing_if = "Field::is_unread")]
    unbounded_marketplace_subscribe: Field<bool>,
}

/// Whose policy it is.
pub(super) struct Owner<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) kind: Kind,
    pub(super) attached: Option<bool>,
    pub(super) principal_arn: Option<&'a str>,
    pub(super) arn: Option<&'a str>,
}

/// The document of a policy's text.
pub(super) fn resource(context: &Context, owner: &Owner<'_>, text: &Text, source: &Read<()>) -> Resource {
    let mut draft = Draft::new(TYPE, owner.id, owner.name, REGION);
    draft.saw(source);
    let policy = &text.policy;
    let own = context.account();
    let attached = crate::aws::iam::principal::always(&mut draft, "config.attached", owner.attached, source);
    let config = Config {
        kind: owner.kind,
        attached,
        principal_arn: owner.principal_arn.map(str::to_owned),
        arn: owner.arn.map(str::to_owned),
        statements: field(&mut draft, "config.statements", policy, statements),
    };
    let derived = Derived {
        grants_admin: field(&mut draft, "derived.grants_admin", policy, grants::grants_admin),
        full_access_services: field(&mut draft, "derived.full_access_services", policy, grants::full_access_services),
        allow_not_action: field(&mut draft, "derived.allow_not_action", policy, grants::allow_not_action),
        unbounded_pass_role: field(&mut draft, "derived.unbounded_pass_role", policy, |policy| {
            grants::unbounded_pass_role(policy, own)
        }),
        assume_any_role: field(&mut draft, "derived.assume_any_role", policy, grants::assume_any_role),
        unbounded_marketplace_subscribe: field(
            &mut draft,
            "derived.unbounded_marketplace_subscribe",
            policy,
            grants::unbounded_marketplace_subscribe,
        ),
    };
    context.finish(draft, &config, &derived)
}

fn statements(policy: &PolicyDocument) -> Vec<Said> {
    policy.statements.iter().map(said).collect()
}

fn said(statement: &Statement) -> Said {
    let mut condition: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for one in &statement.conditions {
        condition.entry(one.operator.clone()).or_default().insert(one.key.clone(), one.values.clone());
    }
    let resource = statement.resource.as_ref();
    Said {
        sid: statement.sid.clone(),
        effect: statement.effect.as_str(),
        action: statement.action.only().cloned(),
        not_action: statement.action.all_but().cloned(),
        resource: resource.and_then(|resource| resource.only()).cloned(),
        not_resource: resource.and_then(|resource| resource.all_but()).cloned(),
        condition,
    }
}
