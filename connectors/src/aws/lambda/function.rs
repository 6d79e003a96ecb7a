//! `aws.lambda.function`

use super::super::listing::{Listed, Name, Place};
use super::{GET_POLICY, LIST_ALIASES, LIST_FUNCTION_URL_CONFIGS, LIST_FUNCTIONS};
use crate::aws::resource_policy::{self, Exposure};
use crate::aws::{Context, Operation, sdk};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A function, as `lambda:ListFunctions` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Function {
    /// Name.
    pub function_name: String,
    /// ARN.
    pub function_arn: String,
    /// `python3.13`, `provided.al2023`, …; null for a container image.
    #[serde(default = "absent", deserialize_with = "told", skip_serializing_if = "Field::is_unread")]
    pub runtime: Field<String>,
    /// `Zip` or `Image`.
    pub package_type: Option<String>,
    /// ARN of the role that it runs as.
    pub role: Option<String>,
    /// When it was last changed, ISO 8601.
    pub last_modified: Option<String>,
    /// Names of its aliases, sorted.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub aliases: Field<Vec<String>>,
    /// Its URLs and those of its aliases, sorted.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub function_urls: Field<Vec<FunctionUrl>>,
}

/// An address that calls a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct FunctionUrl {
    /// The address.
    pub function_url: String,
    /// ARN of the function or of the alias that it calls.
    pub function_arn: String,
    /// `NONE` or `AWS_IAM`: who may call it.
    pub auth_type: String,
}

/// `derived` of `aws.lambda.function`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct FunctionDerived {
    /// Whom the policies of the function and of its aliases let in; null where there is none.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub policy: Field<Exposure>,
}

impl Listed for Function {
    const TYPE: &'static str = "aws.lambda.function";
    const LIST: &'static Operation = &LIST_FUNCTIONS;
    const OPERATIONS: &'static [&'static Operation] =
        &[&LIST_FUNCTIONS, &LIST_ALIASES, &GET_POLICY, &LIST_FUNCTION_URL_CONFIGS];
    const ITEMS: &'static [&'static str] = &["functions"];
    const ALWAYS: &'static [&'static str] = &["package_type"];
    type Around = ();
    type Derived = FunctionDerived;

    /// Lambda gives at most 50 functions a page, whatever is asked for.
    fn input(_: &Context) -> Value {
        json!({"MaxItems": 50})
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, _: Place<'_>) -> Name {
        Name { id: self.function_arn.clone(), name: self.function_name.clone(), tags: None }
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        (): &'a (),
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, FunctionDerived> {
        Box::pin(async move {
            if self.runtime == Field::Absent && self.package_type.as_deref() != Some("Image") {
                let message = "the runtime is missing";
                let error =
                    CollectError::malformed(LIST_FUNCTIONS.service, LIST_FUNCTIONS.name, place.region, message, vec![]);
                draft.miss("config.runtime", &error);
                self.runtime = Field::Unread;
            }
            let (aliases, urls) = futures::join!(self.aliases(place), self.urls(place));
            self.function_urls = draft.take("config.function_urls", urls);
            self.aliases = draft.take("config.aliases", aliases);
            let Some(aliases) = self.aliases.value() else {
                draft.miss_with("derived.policy", &["config.aliases"]);
                return FunctionDerived::default();
            };
            FunctionDerived { policy: draft.take("derived.policy", self.policies(place, aliases).await) }
        })
    }
}

impl Function {
    async fn aliases(&self, place: Place<'_>) -> Result<Read<Option<Vec<String>>>, CollectError> {
        #[derive(Deserialize)]
        struct Alias {
            name: String,
        }
        let input = json!({"FunctionName": self.function_name, "MaxItems": 50});
        let read = place.whole::<Alias>(&LIST_ALIASES, &["aliases"], input).await?;
        let names = |aliases: Vec<Alias>| aliases.into_iter().map(|alias| alias.name).collect::<BTreeSet<_>>();
        Ok(read.map(|aliases| Some(names(aliases).into_iter().collect())))
    }

    async fn urls(&self, place: Place<'_>) -> Result<Read<Option<Vec<FunctionUrl>>>, CollectError> {
        let input = json!({"FunctionName": self.function_name, "MaxItems": 50});
        let read = place.whole::<FunctionUrl>(&LIST_FUNCTION_URL_CONFIGS, &["function_url_configs"], input).await?;
        Ok(read.map(|mut urls| {
            urls.sort();
            Some(urls)
        }))
    }

    /// The policies of the function and of each alias together; unknown as soon as one of them is.
    async fn policies(&self, place: Place<'_>, aliases: &[String]) -> Result<Read<Option<Exposure>>, CollectError> {
        let mut all = self.policy(place, None).await?;
        for alias in aliases {
            let one = self.policy(place, Some(alias)).await?;
            all.exchanges.extend(one.exchanges);
            all.at = all.at.max(one.at);
            all.value = match (all.value, one.value) {
                (Some(all), Some(one)) => Some(both(all, one)),
                (all, one) => all.or(one),
            };
        }
        Ok(all)
    }

    async fn policy(&self, place: Place<'_>, qualifier: Option<&str>) -> Result<Read<Option<Exposure>>, CollectError> {
        #[derive(Deserialize)]
        struct Answer {
            policy: String,
        }
        let input = json!({"FunctionName": self.function_name, "Qualifier": qualifier});
        let read = sdk::absent(&GET_POLICY, place.one::<Answer>(&GET_POLICY, input).await)?;
        resource_policy::of_answer(&GET_POLICY, place, read.map(|answer| answer.map(|answer| answer.policy)))
    }
}

/// A member that AWS leaves out where there is none.
fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Field<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Field::from)
}

fn absent() -> Field<String> {
    Field::Absent
}

/// What two policies let in together.
fn both(one: Exposure, other: Exposure) -> Exposure {
    let accounts: BTreeSet<String> = one.external_accounts.into_iter().chain(other.external_accounts).collect();
    Exposure {
        allows_any_principal: one.allows_any_principal || other.allows_any_principal,
        external_accounts: accounts.into_iter().collect(),
    }
}
