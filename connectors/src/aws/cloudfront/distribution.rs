//! `aws.cloudfront.distribution`

use super::super::listing::{Listed, Name, Place};
use super::one;
use crate::aws::{Context, Operation, Paging};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Lists the distributions.
pub static LIST_DISTRIBUTIONS: Operation = Operation {
    paging: Paging::Token { input: "Marker", output: "NextMarker" },
    lists: &["Items/*", "AliasICPRecordal"],
    shared: true,
    ..one(
        "ListDistributions",
        "cloudfront:ListDistributions",
        "/2020-05-31/distribution",
        "DistributionList",
        "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListDistributions.html",
    )
};

/// Gives the configuration of a distribution, which alone tells its standard logging in the old form.
pub static GET_DISTRIBUTION_CONFIG: Operation = one(
    "GetDistributionConfig",
    "cloudfront:GetDistributionConfig",
    "/2020-05-31/distribution/{Id}/config",
    "DistributionConfig",
    "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_GetDistributionConfig.html",
);

/// Lists what hands its logs to CloudWatch Logs for delivery: standard logging in the new form, in the partition's global region.
pub static DESCRIBE_DELIVERY_SOURCES: Operation = logs(
    "DescribeDeliverySources",
    "logs:DescribeDeliverySources",
    "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeDeliverySources.html",
);

/// Lists the deliveries of such logs. A source without one goes nowhere.
pub static DESCRIBE_DELIVERIES: Operation = logs(
    "DescribeDeliveries",
    "logs:DescribeDeliveries",
    "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeDeliveries.html",
);

const fn logs(name: &'static str, permission: &'static str, docs: &'static str) -> Operation {
    let paging = Paging::Token { input: "nextToken", output: "nextToken" };
    Operation { service: "logs", name, permission, paging, docs, ..Operation::PLAIN }
}

/// A distribution, as `cloudfront:ListDistributions` describes it, and its logging.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Distribution {
    /// Id.
    pub id: String,
    /// ARN.
    pub arn: String,
    /// Name in the DNS.
    pub domain_name: Option<String>,
    /// It answers.
    pub enabled: Option<bool>,
    /// `direct`, or `tenant-only` for one that only serves its tenants.
    pub connection_mode: Option<String>,
    /// What holds for a request that no other behaviour is for.
    pub default_cache_behavior: Behavior,
    /// What holds for requests to some paths, in the order in which they are tried.
    #[serde(deserialize_with = "items")]
    pub cache_behaviors: Vec<Behavior>,
    /// What it shows to its viewers.
    pub viewer_certificate: Option<ViewerCertificate>,
    /// ARN of its web ACL (the id of one of WAF Classic); empty where there is none.
    pub web_acl_id: Option<String>,
    /// Standard logging in the old form.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub logging: Field<Logging>,
}

/// What holds for a request.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Behavior {
    /// Paths; null for the default.
    pub path_pattern: Option<String>,
    /// `allow-all`, `redirect-to-https` or `https-only`.
    pub viewer_protocol_policy: String,
    /// Configuration of field-level encryption; empty where there is none.
    pub field_level_encryption_id: Option<String>,
    /// Where its requests are logged in real time; null where they are not.
    pub realtime_log_config_arn: Option<String>,
}

/// What a distribution shows to its viewers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ViewerCertificate {
    /// It is CloudFront's own, which always allows `TLSv1`.
    pub cloud_front_default_certificate: Option<bool>,
    /// `TLSv1.2_2021`, …
    pub minimum_protocol_version: Option<String>,
}

/// Standard logging in the old form.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Logging {
    /// It is on.
    pub enabled: bool,
    /// Bucket; empty where it is off.
    pub bucket: Option<String>,
}

/// `derived` of `aws.cloudfront.distribution`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct DistributionDerived {
    /// Its requests are logged: by standard logging in the old or the new form, or in real time by all of its behaviours.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub logging_enabled: Field<bool>,
}

/// A list of CloudFront's: an empty one has no `Items`.
fn items<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(bound = "T: Deserialize<'de>")]
    struct List<T> {
        quantity: u64,
        items: Option<Vec<T>>,
    }
    let list = List::<T>::deserialize(deserializer)?;
    let items = list.items.unwrap_or_default();
    if items.len() as u64 == list.quantity {
        Ok(items)
    } else {
        Err(D::Error::custom(format!("{} items where Quantity is {}", items.len(), list.quantity)))
    }
}

impl Listed for Distribution {
    const TYPE: &'static str = "aws.cloudfront.distribution";
    const LIST: &'static Operation = &LIST_DISTRIBUTIONS;
    const OPERATIONS: &'static [&'static Operation] =
        &[&LIST_DISTRIBUTIONS, &GET_DISTRIBUTION_CONFIG, &DESCRIBE_DELIVERY_SOURCES, &DESCRIBE_DELIVERIES];
    const ITEMS: &'static [&'static str] = &["items"];
    const ALWAYS: &'static [&'static str] = &["enabled", "viewer_certificate.minimum_protocol_version"];
    /// ARNs of what has its access logs delivered.
    type Around = Result<Read<BTreeSet<String>>, CollectError>;
    type Derived = DistributionDerived;

    fn input(_: &Context) -> Value {
        json!({"MaxItems": 100})
    }

    fn says_none(page: &Value) -> bool {
        says_none(page)
    }

    fn around(place: Place<'_>) -> BoxFuture<'_, Self::Around> {
        Box::pin(delivered(Place { region: place.context.partition().global_region, ..place }))
    }

    fn name(&self, _: Place<'_>) -> Name {
        Name { id: self.arn.clone(), name: self.id.clone(), tags: None }
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        delivered: &'a Self::Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, DistributionDerived> {
        Box::pin(async move {
            self.logging = draft.take("config.logging", logging(place, &self.id).await);
            DistributionDerived { logging_enabled: self.logged(delivered, draft) }
        })
    }
}

/// A page of distributions without any.
pub fn says_none(page: &Value) -> bool {
    page.get("items").is_none() && page.get("quantity").and_then(Value::as_str) == Some("0")
}

impl Distribution {
    /// True as soon as one way of logging is known to be on; false once all are known to be off.
    fn logged(&self, delivered: &Result<Read<BTreeSet<String>>, CollectError>, draft: &mut Draft) -> Field<bool> {
        const PATH: &str = "derived.logging_enabled";
        let behaviors = || std::iter::once(&self.default_cache_behavior).chain(&self.cache_behaviors);
        let in_real_time =
            |behavior: &Behavior| behavior.realtime_log_config_arn.as_ref().is_some_and(|arn| !arn.is_empty());
        let standard = self.logging.value().is_some_and(|logging| logging.enabled);
        if standard || behaviors().all(in_real_time) {
            return Field::Value(true);
        }
        match delivered {
            Ok(read) if read.value.contains(&self.arn) => {
                draft.saw(read);
                Field::Value(true)
            }
            Ok(read) if !self.logging.is_unread() => {
                draft.saw(read);
                Field::Value(false)
            }
            Ok(_) => {
                draft.miss_with(PATH, &["config.logging"]);
                Field::Unread
            }
            Err(error) => {
                draft.miss(PATH, error);
                Field::Unread
            }
        }
    }
}

async fn logging(place: Place<'_>, id: &str) -> Result<Read<Option<Logging>>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        logging: Option<Logging>,
        // Every configuration has it: an answer without it is another one.
        #[serde(rename = "default_cache_behavior")]
        _default_cache_behavior: Behavior,
    }
    let answer = place.one::<Answer>(&GET_DISTRIBUTION_CONFIG, json!({"Id": id})).await?;
    Ok(answer.map(|answer| answer.logging))
}

/// ARNs of everything whose access logs a delivery takes somewhere.
async fn delivered(place: Place<'_>) -> Result<Read<BTreeSet<String>>, CollectError> {
    #[derive(Deserialize)]
    struct Source {
        name: String,
        resource_arns: Vec<String>,
        log_type: String,
        status: Option<String>,
    }
    #[derive(Deserialize)]
    struct Delivery {
        delivery_source_name: String,
    }
    let asked = json!({"limit": 50});
    let sources = place.whole::<Source>(&DESCRIBE_DELIVERY_SOURCES, &["delivery_sources"], asked.clone()).await?;
    let deliveries = place.whole::<Delivery>(&DESCRIBE_DELIVERIES, &["deliveries"], asked).await?;
    let taken: BTreeSet<String> = deliveries.value.into_iter().map(|delivery| delivery.delivery_source_name).collect();
    let logs = |source: &Source| {
        source.log_type == "ACCESS_LOGS" && source.status.as_deref() != Some("INACTIVE") && taken.contains(&source.name)
    };
    let arns = sources.value.into_iter().filter(logs).flat_map(|source| source.resource_arns).collect();
    let exchanges = [sources.exchanges, deliveries.exchanges].concat();
    Ok(Read { value: arns, exchanges, at: sources.at.max(deliveries.at) })
}
