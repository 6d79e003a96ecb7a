//! Who reads: `sts:GetCallerIdentity`. It is recorded first in every run, because it shows which account all other
//! answers are about.

use super::{Context, Operation, door};
use crate::document::Read;
use crate::exchange::CollectError;
use serde::Deserialize;
use serde_json::json;

/// Needs no permission: AWS answers it even where a policy denies it.
pub static GET_CALLER_IDENTITY: Operation = Operation {
    service: "sts",
    name: "GetCallerIdentity",
    docs: "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html",
    ..Operation::PLAIN
};

/// The identity that reads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Caller {
    /// Account id.
    pub account: String,
    /// ARN of the user or of the assumed role's session.
    pub arn: String,
}

/// Asks, in the home region.
///
/// # Errors
/// As [`Context::ask`].
pub async fn caller(context: &Context) -> Result<Read<Caller>, CollectError> {
    let region = context.home_region();
    let answer = context.ask(&GET_CALLER_IDENTITY, region, json!({})).await?;
    door::typed(&GET_CALLER_IDENTITY, region, answer)
}
