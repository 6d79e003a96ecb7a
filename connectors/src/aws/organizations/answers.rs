//! What Organizations answered in this run. Two families and, in the organisation's own scope, thousands of accounts want the
//! same parents and policies: each is asked for once ([`Operation::shared`]).

use super::{DESCRIBE_ORGANIZATION, DESCRIBE_POLICY, LIST_PARENTS, LIST_POLICIES_FOR_TARGET, REGION};
use crate::aws::listing::Place;
use crate::aws::policy_document::{self, PolicyDocument};
use crate::aws::{Context, Operation, sdk};
use crate::document::Read;
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// An organisation as any of its accounts sees it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Organization {
    /// `o-exampleorgid`
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `ALL` or `CONSOLIDATED_BILLING`, where there are no policies.
    pub feature_set: String,
    /// The management account.
    pub master_account_id: String,
}

impl Organization {
    /// False where no service control policy can be in force.
    pub fn has_policies(&self) -> bool {
        self.feature_set != "CONSOLIDATED_BILLING"
    }
}

/// A root or an organisational unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Parent {
    /// `r-examplerootid` or `ou-…`
    pub id: String,
    /// `ROOT` or `ORGANIZATIONAL_UNIT`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A policy, without its document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PolicySummary {
    /// `p-FullAWSAccess`, `p-…`
    pub id: String,
    /// Its name.
    pub name: String,
    /// AWS wrote it.
    pub aws_managed: bool,
}

fn place(context: &Context) -> Place<'_> {
    Place { context, region: REGION }
}

/// An error about an answer that is not as documented.
pub(super) fn malformed<T>(operation: &Operation, message: &str, read: &Read<T>) -> CollectError {
    let exchanges = read.exchanges.clone();
    let error = CollectError::malformed(operation.service, operation.name, REGION, message, exchanges);
    CollectError { at: read.at, ..error }
}

/// The organisation of the caller's account; none when it is in none.
///
/// # Errors
/// When it could not be read.
pub async fn organization(context: &Context) -> Result<Read<Option<Organization>>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        organization: Organization,
    }
    let answer = place(context).one::<Answer>(&DESCRIBE_ORGANIZATION, json!({})).await;
    sdk::absent(&DESCRIBE_ORGANIZATION, answer.map(|read| read.map(|answer| answer.organization)))
}

/// The parent of an account or an organisational unit: each has exactly one.
///
/// # Errors
/// When it could not be read.
pub async fn parent(context: &Context, child: &str) -> Result<Read<Parent>, CollectError> {
    let read = place(context).whole::<Parent>(&LIST_PARENTS, &["parents"], json!({"ChildId": child})).await?;
    match read.value.as_slice() {
        [parent] => Ok(Read { value: parent.clone(), exchanges: read.exchanges, at: read.at }),
        _ => Err(malformed(&LIST_PARENTS, "not exactly one parent", &read)),
    }
}

/// The service control policies that are attached to a target itself, by id.
///
/// # Errors
/// When they could not all be read.
pub async fn policies(context: &Context, target: &str) -> Result<Read<Vec<PolicySummary>>, CollectError> {
    let input = json!({"TargetId": target, "Filter": "SERVICE_CONTROL_POLICY"});
    let read = place(context).whole::<PolicySummary>(&LIST_POLICIES_FOR_TARGET, &["policies"], input).await?;
    Ok(read.map(|mut policies| {
        policies.sort_by(|a, b| a.id.cmp(&b.id));
        policies
    }))
}

/// The document of a policy.
///
/// # Errors
/// When it could not be read, or does not follow the grammar.
pub async fn document(context: &Context, policy: &str) -> Result<Read<PolicyDocument>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        policy: Policy,
    }
    #[derive(Deserialize)]
    struct Policy {
        content: String,
    }
    let read = place(context).one::<Answer>(&DESCRIBE_POLICY, json!({"PolicyId": policy})).await?;
    match policy_document::parse(&read.value.policy.content) {
        Ok(document) => Ok(read.map(|_| document)),
        Err(message) => Err(malformed(&DESCRIBE_POLICY, &message, &read)),
    }
}
