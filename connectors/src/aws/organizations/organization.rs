//! `aws.organizations.organization`: the organisation itself, with the kinds of policies that are in force.

use super::answers::{self, Organization};
use super::{LIST_ROOTS, REGION};
use crate::aws::Context;
use crate::aws::listing::Place;
use crate::collection::{Collected, Tally};
use crate::document::{Draft, Field, Read};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The resource type.
pub const TYPE: &str = "aws.organizations.organization";

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
pub struct Config {
    /// `o-exampleorgid`
    id: String,
    /// Its ARN.
    arn: String,
    /// `ALL` or `CONSOLIDATED_BILLING`.
    feature_set: String,
    /// The management account.
    management_account_id: String,
    /// Its roots: today each organisation has one.
    #[serde(skip_serializing_if = "Field::is_unread")]
    roots: Field<Vec<Root>>,
}

/// A root.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Root {
    /// `r-examplerootid`
    id: String,
    /// Its name.
    name: String,
    /// Kinds of policies that are or become in force.
    policy_types: Vec<PolicyType>,
}

/// A kind of policies.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PolicyType {
    /// `SERVICE_CONTROL_POLICY`, …
    #[serde(rename = "type")]
    kind: String,
    /// `ENABLED`, `PENDING_ENABLE` or `PENDING_DISABLE`.
    status: String,
}

/// `derived`: nothing.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct Derived {}

/// Reads it.
pub(super) async fn collect(context: &Context) -> Collected {
    let mut tally = Tally::new(TYPE, REGION);
    let mut resources = Vec::new();
    match answers::organization(context).await {
        Err(error) => tally.cut_short(error.sentence()),
        Ok(Read { value: None, .. }) => tally.page(),
        Ok(Read { value: Some(organization), exchanges, at }) => {
            tally.page();
            let source = Read { value: (), exchanges, at };
            resources.push(document(context, organization, &source).await);
        }
    }
    Collected { populations: vec![tally.close(&resources)], resources, ..Collected::default() }
}

async fn document(context: &Context, organization: Organization, source: &Read<()>) -> evidenced_schemas::Resource {
    let mut draft = Draft::new(TYPE, organization.arn.as_str(), organization.id.as_str(), REGION);
    draft.saw(source);
    draft.tags(Field::Unread);
    let roots = Place { context, region: REGION }.whole::<Root>(&LIST_ROOTS, &["roots"], json!({})).await;
    let config = Config {
        id: organization.id,
        arn: organization.arn,
        feature_set: organization.feature_set,
        management_account_id: organization.master_account_id,
        roots: draft.take("config.roots", roots.map(|read| read.map(Some))),
    };
    context.finish(draft, &config, &Derived {})
}
