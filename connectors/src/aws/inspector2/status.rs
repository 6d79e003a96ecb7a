//! `aws.inspector2.account`

use super::super::listing::Place;
use super::{Operation, setting};
use crate::document::{Field, Read};
use crate::exchange::CollectError;
use evidenced_schemas::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The type's name.
pub const TYPE: &str = "aws.inspector2.account";

/// Says what Inspector scans in a region.
pub static BATCH_GET_ACCOUNT_STATUS: Operation = Operation {
    service: "inspector2",
    name: "BatchGetAccountStatus",
    permission: "inspector2:BatchGetAccountStatus",
    http: Some(("POST", "/status/batch/get")),
    docs: "https://docs.aws.amazon.com/inspector/v2/APIReference/API_BatchGetAccountStatus.html",
    ..Operation::PLAIN
};

/// `config` of `aws.inspector2.account`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct AccountConfig {
    /// Whether Inspector is on.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub state: Field<State>,
    /// What it scans.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub resource_state: Field<ResourceState>,
}

/// `derived` of `aws.inspector2.account`: filled in once what is used in the region is known.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct AccountDerived {
    /// The region has an instance that is not terminated.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub ec2_in_use: Field<bool>,
    /// The region has an image repository.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub ecr_in_use: Field<bool>,
    /// The region has a function.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub lambda_in_use: Field<bool>,
}

/// Inspector's status in an account and region.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    account_id: String,
    state: State,
    resource_state: ResourceState,
}

/// A status.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct State {
    /// `ENABLED`, `ENABLING`, `DISABLED`, `DISABLING`, `SUSPENDED` or `SUSPENDING`.
    pub status: String,
}

/// The status of each kind of scan.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ResourceState {
    /// Instances.
    pub ec2: State,
    /// Container images.
    pub ecr: State,
    /// Functions and what they are packed with; null where the region has no such scan.
    pub lambda: Option<State>,
    /// The code of functions; null where the region has no such scan.
    pub lambda_code: Option<State>,
}

impl Status {
    pub(super) fn is_off(&self) -> bool {
        self.state.status == "DISABLED"
    }
}

/// The status of the account; an account that the answer leaves out or calls failed is no status.
pub(super) async fn read(place: Place<'_>) -> Result<Read<Status>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        accounts: Vec<Status>,
    }
    let operation = &BATCH_GET_ACCOUNT_STATUS;
    let account = place.context.account();
    let mut read = place.one::<Answer>(operation, json!({"accountIds": [account]})).await?;
    match read.value.accounts.pop() {
        Some(status) if status.account_id == account && read.value.accounts.is_empty() => Ok(read.map(|_| status)),
        _ => {
            let message = "the answer has no status of the account";
            let (service, name) = (operation.service, operation.name);
            Err(CollectError {
                at: read.at,
                ..CollectError::malformed(service, name, place.region, message, read.exchanges)
            })
        }
    }
}

pub(super) fn document(place: Place<'_>, status: Result<Read<Status>, CollectError>) -> Resource {
    let mut draft = setting::draft(place, TYPE);
    let state = status.clone().map(|read| read.map(|status| Some(status.state)));
    let resource_state = status.map(|read| read.map(|status| Some(status.resource_state)));
    let config = AccountConfig {
        state: draft.take("config.state", state),
        resource_state: draft.take("config.resource_state", resource_state),
    };
    place.context.finish(draft, &config, &AccountDerived::default())
}
