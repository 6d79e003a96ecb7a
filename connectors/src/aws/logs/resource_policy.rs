//! `aws.logs.resource-policy`

use super::list;
use crate::aws::listing::{Listed, Name, Place};
use crate::aws::{Context, Operation, resource_policy};
use crate::document::{Draft, Field};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Lists the resource policies of a region that hold for the account.
pub static DESCRIBE_RESOURCE_POLICIES: Operation = list(
    "DescribeResourcePolicies",
    "logs:DescribeResourcePolicies",
    "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeResourcePolicies.html",
);

/// A policy, as `logs:DescribeResourcePolicies` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ResourcePolicy {
    /// Name.
    pub policy_name: String,
    /// The policy's text.
    pub policy_document: Option<String>,
}

/// `derived` of `aws.logs.resource-policy`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct ResourcePolicyDerived {
    /// It lets anyone in, and no condition keeps strangers out.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub allows_any_principal: Field<bool>,
    /// Account ids other than the own that it lets in, sorted.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub external_accounts: Field<Vec<String>>,
}

impl Listed for ResourcePolicy {
    const TYPE: &'static str = "aws.logs.resource-policy";
    const LIST: &'static Operation = &DESCRIBE_RESOURCE_POLICIES;
    const ITEMS: &'static [&'static str] = &["resource_policies"];
    const ALWAYS: &'static [&'static str] = &["policy_document"];
    type Around = ();
    type Derived = ResourcePolicyDerived;

    fn input(_: &Context) -> Value {
        json!({"limit": 50})
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = place.arn("logs", &format!("resource-policy:{}", self.policy_name));
        Name { id, name: self.policy_name.clone(), tags: None }
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        (): &'a (),
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, ResourcePolicyDerived> {
        let derived = match self.exposure(place) {
            Ok(exposure) => ResourcePolicyDerived {
                allows_any_principal: Field::Value(exposure.allows_any_principal),
                external_accounts: Field::Value(exposure.external_accounts),
            },
            Err(error) => {
                for key in ["allows_any_principal", "external_accounts"] {
                    draft.miss(&format!("derived.{key}"), &error);
                }
                ResourcePolicyDerived::default()
            }
        };
        Box::pin(std::future::ready(derived))
    }
}

impl ResourcePolicy {
    fn exposure(&self, place: Place<'_>) -> Result<resource_policy::Exposure, CollectError> {
        let malformed = |message: String| {
            let operation = &DESCRIBE_RESOURCE_POLICIES;
            CollectError::malformed(operation.service, operation.name, place.region, message, vec![])
        };
        let text = self.policy_document.as_deref().ok_or_else(|| malformed("the policy is missing".to_owned()))?;
        resource_policy::exposure(Some(text), place.context.account()).map_err(malformed)
    }
}
