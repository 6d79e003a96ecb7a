//! Security Hub: whether each region has a hub, and the standards that it checks.
//!
//! What AWS calls Security Hub CSPM since 2025; its API keeps the old name.

use super::listing::{Nothing, Place};
use super::{Context, Family, Operation, Paging, Reach, ResourceType, door, setting};
use crate::collection::Collected;
use crate::declaration::Shape;
use crate::document::{Field, Read};
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

const TYPE: &str = "aws.securityhub.region";

/// The code of an account without a hub, and of other troubles: the message tells them apart.
const INVALID_ACCESS: &str = "InvalidAccessException";
/// Source: the answer of `DescribeHub` in an account without a hub, "Account 123456789012 is not subscribed to AWS Security
/// Hub". The API reference says of the code only that the caller has no permission.
const NOT_SUBSCRIBED: &str = "is not subscribed to AWS Security Hub";

/// Describes the hub of a region.
pub static DESCRIBE_HUB: Operation = Operation {
    service: "securityhub",
    name: "DescribeHub",
    permission: "securityhub:DescribeHub",
    http: Some(("GET", "/accounts")),
    docs: "https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_DescribeHub.html",
    ..Operation::PLAIN
};

/// Lists the standards that are enabled in a region. Not asked where there is no hub.
pub static GET_ENABLED_STANDARDS: Operation = Operation {
    service: "securityhub",
    name: "GetEnabledStandards",
    permission: "securityhub:GetEnabledStandards",
    http: Some(("POST", "/standards/get")),
    paging: Paging::Token { input: "NextToken", output: "NextToken" },
    docs: "https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_GetEnabledStandards.html",
    ..Operation::PLAIN
};

/// Security Hub's family.
pub const FAMILY: Family = Family {
    name: "securityhub",
    types: &[ResourceType {
        name: TYPE,
        about: "The hub of a region and its standards.",
        reach: Reach::Regional,
        operations: &[&DESCRIBE_HUB, &GET_ENABLED_STANDARDS],
        config: Shape::of(RegionConfig::json_schema),
        derived: Shape::of(Nothing::json_schema),
        collect: None,
        instead: &[],
    }],
    collect: Some(|context| Box::pin(collect(context))),
};

/// `config` of `aws.securityhub.region`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct RegionConfig {
    /// The hub; null without one.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub hub: Field<Hub>,
    /// Standards that are enabled, by ARN; null without a hub.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub standards: Field<Vec<Standard>>,
}

/// A hub.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Hub {
    /// ARN.
    pub hub_arn: String,
    /// When Security Hub was turned on.
    pub subscribed_at: Option<String>,
    /// New checks of enabled standards are turned on by themselves.
    pub auto_enable_controls: Option<bool>,
}

/// An enabled standard.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Standard {
    /// The standard.
    pub standards_arn: String,
    /// Its subscription in this account.
    pub standards_subscription_arn: String,
    /// `READY`, `PENDING`, `FAILED`, `DELETING` or `INCOMPLETE`.
    pub standards_status: String,
}

async fn collect(context: &Context) -> Collected {
    setting::in_regions(context, |place| Box::pin(region(place))).await
}

async fn region(place: Place<'_>) -> Collected {
    let hub = hub(place).await;
    let standards = match &hub {
        Ok(Read { value: None, exchanges, at }) => Ok(Read { value: None, exchanges: exchanges.clone(), at: *at }),
        _ => standards(place).await,
    };
    let mut draft = setting::draft(place, TYPE);
    let config =
        RegionConfig { hub: draft.take("config.hub", hub), standards: draft.take("config.standards", standards) };
    Collected::of_one(place.context.finish(draft, &config, &Nothing {}))
}

async fn hub(place: Place<'_>) -> Result<Read<Option<Hub>>, CollectError> {
    match place.context.ask(&DESCRIBE_HUB, place.region, json!({})).await {
        Ok(read) => Ok(door::item::<Hub>(&DESCRIBE_HUB, place.region, read.map(door::snake_case_keys))?.map(Some)),
        Err(error) if error.code == INVALID_ACCESS && error.message.contains(NOT_SUBSCRIBED) => {
            Ok(Read { value: None, exchanges: error.exchanges, at: error.at })
        }
        Err(error) => Err(error),
    }
}

async fn standards(place: Place<'_>) -> Result<Read<Option<Vec<Standard>>>, CollectError> {
    let input = json!({"MaxResults": 100});
    let mut read = place.whole::<Standard>(&GET_ENABLED_STANDARDS, &["standards_subscriptions"], input).await?;
    read.value.sort_by(|a, b| a.standards_subscription_arn.cmp(&b.standards_subscription_arn));
    Ok(read.map(Some))
}

#[cfg(test)]
mod tests;
