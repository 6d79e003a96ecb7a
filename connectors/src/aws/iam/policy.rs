//! `aws.iam.policy`, `aws.iam.inline-policy` and `aws.iam.policy-document`: what the customer's own policies grant.
//!
//! Every document is there twice on purpose: as the policy, with what IAM says of it, and as a `policy-document`, where
//! managed and inline ones look alike. Policies that AWS manages are not listed.

mod document;
mod inline;
mod managed;

pub(super) use document::{Config as DocumentConfig, Derived as DocumentDerived, TYPE as DOCUMENT_TYPE};
pub(super) use inline::{Config as InlineConfig, TYPE as INLINE_TYPE};
pub(super) use managed::{Config as ManagedConfig, TYPE as MANAGED_TYPE, default_version};

use super::details::Details;
use super::grants;
use crate::aws::Context;
use crate::aws::policy_document::{self, PolicyDocument};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// `derived` of a policy.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// It allows every action on every resource without a limiting condition.
    #[serde(skip_serializing_if = "Field::is_unread")]
    grants_admin: Field<bool>,
}

/// All documents of the three types.
pub(super) fn documents(context: &Context, details: &mut Details) -> Vec<Resource> {
    let mut resources = managed::documents(context, details);
    resources.extend(inline::documents(context, details));
    resources
}

/// A policy's text as far as it could be read.
struct Text {
    /// The JSON.
    json: Result<Value, CollectError>,
    /// Its meaning; the same error where there is no JSON.
    policy: Result<PolicyDocument, CollectError>,
}

impl Text {
    fn read(text: Option<&str>, source: &Read<()>) -> Self {
        let malformed = |message: String| super::details::malformed(message, source.exchanges.clone());
        let text = text.ok_or_else(|| "a policy without a document".to_owned());
        let json = text.and_then(policy_document::decode).map_err(malformed);
        let policy = match &json {
            Ok(value) => PolicyDocument::from_value(value).map_err(malformed),
            Err(error) => Err(error.clone()),
        };
        Self { json, policy }
    }

    /// The field `config.document`.
    fn document(&self, draft: &mut Draft) -> Field<Value> {
        field(draft, "config.document", &self.json, Value::clone)
    }

    /// The derived values of a policy.
    fn derived(&self, draft: &mut Draft) -> Derived {
        Derived { grants_admin: field(draft, "derived.grants_admin", &self.policy, grants::grants_admin) }
    }
}

fn field<T, U>(draft: &mut Draft, path: &str, outcome: &Result<T, CollectError>, read: impl Fn(&T) -> U) -> Field<U> {
    match outcome {
        Ok(value) => Field::Value(read(value)),
        Err(error) => {
            draft.miss(path, error);
            Field::Unread
        }
    }
}
