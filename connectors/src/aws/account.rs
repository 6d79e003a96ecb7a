//! The account itself: whom AWS would call about security, and which regions are enabled.

use super::identity::{self, Caller};
use super::regions::{self, Region};
use super::{Context, Family, Operation, Reach, ResourceType, door, sdk};
use crate::collection::{Collected, Tally};
use crate::declaration::Shape;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Answers with one alternate contact of the account.
pub static GET_ALTERNATE_CONTACT: Operation = Operation {
    service: "account",
    name: "GetAlternateContact",
    permission: "account:GetAlternateContact",
    absent: &["ResourceNotFoundException"],
    http: Some(("POST", "/getAlternateContact")),
    docs: "https://docs.aws.amazon.com/accounts/latest/reference/API_GetAlternateContact.html",
    ..Operation::PLAIN
};

/// The account's family.
pub const FAMILY: Family = Family {
    name: "account",
    types: &[ResourceType {
        name: "aws.account",
        about: "The account: its alternate contact for security, and its regions.",
        reach: Reach::Global,
        operations: &[&identity::GET_CALLER_IDENTITY, &regions::DESCRIBE_REGIONS, &GET_ALTERNATE_CONTACT],
        config: Shape::of(AccountConfig::json_schema),
        derived: Shape::of(AccountDerived::json_schema),
        collect: None,
        instead: &[],
    }],
    collect: Some(|context| Box::pin(collect(context))),
};

/// `config` of `aws.account`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct AccountConfig {
    /// Account id, as `sts:GetCallerIdentity` says it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub account_id: Field<String>,
    /// The alternate contact of type `SECURITY`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub alternate_contact_security: Field<AlternateContact>,
    /// Every region, enabled or not.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub regions: Field<Vec<Region>>,
}

/// An alternate contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlternateContact {
    /// Name.
    pub name: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// E-mail address.
    pub email_address: Option<String>,
    /// Telephone number.
    pub phone_number: Option<String>,
}

/// `derived` of `aws.account`: nothing.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct AccountDerived {}

async fn collect(context: &Context) -> Collected {
    let account = context.account();
    let mut draft = Draft::new("aws.account", account, account, "global");
    let caller = context.caller().map(|read| read.map(|caller: Caller| Some(caller.account)));
    let config = AccountConfig {
        account_id: draft.take("config.account_id", caller),
        regions: draft.take("config.regions", context.listed_regions().map(|read| read.map(Some))),
        alternate_contact_security: draft.take("config.alternate_contact_security", security_contact(context).await),
    };
    let resources = vec![context.finish(draft, &config, &AccountDerived {})];
    let mut tally = Tally::new("aws.account", "global");
    tally.page();
    Collected { populations: vec![tally.close(&resources)], resources, ..Collected::default() }
}

async fn security_contact(context: &Context) -> Result<Read<Option<AlternateContact>>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        alternate_contact: AlternateContact,
    }
    let asked = json!({"AlternateContactType": "SECURITY"});
    let answer = context.ask(&GET_ALTERNATE_CONTACT, "global", asked).await;
    let answer = answer
        .and_then(|read| door::typed::<Answer>(&GET_ALTERNATE_CONTACT, "global", read.map(door::snake_case_keys)));
    sdk::absent(&GET_ALTERNATE_CONTACT, answer.map(|read| read.map(|answer| answer.alternate_contact)))
}
