//! `aws.wafv2.web-acl`
//!
//! One type with two lists: the web ACLs of each region, and those for CloudFront, which the partition's global region
//! tells and which stand under `global`. Each list has its row in the balance.

use super::super::cloudfront::distribution::LIST_DISTRIBUTIONS;
use super::super::listing::{self, Listed, Name, Place};
use super::association::{self, Distributions};
use super::{Operation, PAGES, SECRETS, one};
use crate::aws::{Context, sdk};
use crate::collection::Collected;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Lists the web ACLs of a region, or those for CloudFront.
pub static LIST_WEB_ACLS: Operation = Operation {
    paging: PAGES,
    ..one(
        "ListWebACLs",
        "wafv2:ListWebACLs",
        "https://docs.aws.amazon.com/waf/latest/APIReference/API_ListWebACLs.html",
    )
};

/// Describes a web ACL with its rules.
pub static GET_WEB_ACL: Operation = Operation {
    secrets: SECRETS,
    ..one("GetWebACL", "wafv2:GetWebACL", "https://docs.aws.amazon.com/waf/latest/APIReference/API_GetWebACL.html")
};

/// Lists where the web ACLs of a region, or those for CloudFront, log.
pub static LIST_LOGGING_CONFIGURATIONS: Operation = Operation {
    paging: PAGES,
    ..one(
        "ListLoggingConfigurations",
        "wafv2:ListLoggingConfigurations",
        "https://docs.aws.amazon.com/waf/latest/APIReference/API_ListLoggingConfigurations.html",
    )
};

/// Says where a web ACL logs. Asked of those that no list names: one is called silent only when it says so itself.
pub static GET_LOGGING_CONFIGURATION: Operation = Operation {
    absent: &["WAFNonexistentItemException"],
    ..one(
        "GetLoggingConfiguration",
        "wafv2:GetLoggingConfiguration",
        "https://docs.aws.amazon.com/waf/latest/APIReference/API_GetLoggingConfiguration.html",
    )
};

/// Who may manage a logging configuration. A list tells those of one of them, and without a word those of the customer.
const LOG_SCOPES: [&str; 3] = ["CUSTOMER", "SECURITY_LAKE", "CLOUDWATCH_TELEMETRY_RULE_MANAGED"];

/// A web ACL, as `wafv2:GetWebACL` describes it, and where it logs. What its rules compare is not among it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WebAcl {
    /// ARN.
    pub arn: String,
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Its own rules, in the provider's order.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub rules: Field<Vec<Rule>>,
    /// Rule groups that Firewall Manager puts before them.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub pre_process_firewall_manager_rule_groups: Field<Vec<Rule>>,
    /// Rule groups that Firewall Manager puts after them.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub post_process_firewall_manager_rule_groups: Field<Vec<Rule>>,
    /// Firewall Manager made it.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub managed_by_firewall_manager: Field<bool>,
    /// Where it logs, sorted by who manages that; empty where it does not.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub logging_configurations: Field<Vec<LoggingConfiguration>>,
}

/// A rule, or a rule group of Firewall Manager's.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    /// Name.
    pub name: String,
    /// Rules are tried in this order.
    pub priority: i64,
    /// What is told of its matches.
    pub visibility_config: Visibility,
}

/// What is told of matches.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Visibility {
    /// They are counted in CloudWatch.
    pub cloud_watch_metrics_enabled: bool,
    /// Samples of them are kept.
    pub sampled_requests_enabled: Option<bool>,
}

/// Where a web ACL logs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct LoggingConfiguration {
    /// ARN of the web ACL.
    pub resource_arn: String,
    /// `CUSTOMER`, `SECURITY_LAKE` or `CLOUDWATCH_TELEMETRY_RULE_MANAGED`.
    pub log_scope: Option<String>,
    /// ARNs of log groups, buckets and streams.
    pub log_destination_configs: Vec<String>,
}

/// `derived` of `aws.wafv2.web-acl`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct WebAclDerived {
    /// Something uses it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub in_use: Field<bool>,
}

/// What web ACLs of one scope need.
#[derive(Debug)]
pub struct Around {
    logging: Result<Read<Vec<LoggingConfiguration>>, CollectError>,
    distributions: Option<Result<Read<Distributions>, CollectError>>,
}

/// A web ACL for CloudFront: the same with another list.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ForCloudFront(WebAcl);

/// Reads those of each region and, where the partition has CloudFront with WAF, those for CloudFront.
pub(super) async fn collect(context: &Context) -> Collected {
    let mut collected = listing::regional::<WebAcl>(context).await;
    if context.partition().name == "aws" {
        collected.merge(listing::global::<ForCloudFront>(context).await);
    }
    collected
}

impl Listed for WebAcl {
    const TYPE: &'static str = "aws.wafv2.web-acl";
    const LIST: &'static Operation = &LIST_WEB_ACLS;
    const OPERATIONS: &'static [&'static Operation] = &[
        &LIST_WEB_ACLS,
        &GET_WEB_ACL,
        &LIST_LOGGING_CONFIGURATIONS,
        &GET_LOGGING_CONFIGURATION,
        &LIST_DISTRIBUTIONS,
        &association::LIST_RESOURCES_FOR_WEB_ACL,
    ];
    const ITEMS: &'static [&'static str] = &["web_ac_ls"];
    const ALWAYS: &'static [&'static str] = &[];
    type Around = Around;
    type Derived = WebAclDerived;

    fn input(_: &Context) -> Value {
        json!({"Scope": "REGIONAL", "Limit": 100})
    }

    fn around(place: Place<'_>) -> BoxFuture<'_, Around> {
        Box::pin(async move { Around { logging: logging(place, "REGIONAL").await, distributions: None } })
    }

    fn name(&self, _: Place<'_>) -> Name {
        Name { id: self.arn.clone(), name: self.name.clone(), tags: None }
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        around: &'a Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, WebAclDerived> {
        Box::pin(async move {
            self.fill(place, "REGIONAL", around, draft).await;
            WebAclDerived { in_use: draft.take("derived.in_use", association::in_use(place, &self.arn).await) }
        })
    }
}

impl Listed for ForCloudFront {
    const TYPE: &'static str = WebAcl::TYPE;
    const LIST: &'static Operation = WebAcl::LIST;
    const ITEMS: &'static [&'static str] = WebAcl::ITEMS;
    const ALWAYS: &'static [&'static str] = WebAcl::ALWAYS;
    type Around = Around;
    type Derived = WebAclDerived;

    fn input(_: &Context) -> Value {
        json!({"Scope": "CLOUDFRONT", "Limit": 100})
    }

    fn around(place: Place<'_>) -> BoxFuture<'_, Around> {
        Box::pin(async move {
            let (logging, distributions) =
                futures::join!(logging(place, "CLOUDFRONT"), association::distributions(place));
            Around { logging, distributions: Some(distributions) }
        })
    }

    fn name(&self, place: Place<'_>) -> Name {
        self.0.name(place)
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        around: &'a Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, WebAclDerived> {
        Box::pin(async move {
            self.0.fill(place, "CLOUDFRONT", around, draft).await;
            let distributions = around.distributions.as_ref().expect("read for this scope");
            let in_use = association::in_use_by_cloudfront(&self.0.arn, distributions);
            WebAclDerived { in_use: draft.take("derived.in_use", in_use) }
        })
    }
}

/// Where the web ACLs of a scope log, whoever manages that.
async fn logging(place: Place<'_>, scope: &str) -> Result<Read<Vec<LoggingConfiguration>>, CollectError> {
    let mut all = Read { value: vec![], exchanges: vec![], at: None };
    for log_scope in LOG_SCOPES {
        let asked = json!({"Scope": scope, "LogScope": log_scope, "Limit": 100});
        let path = &["logging_configurations"];
        let read = place.whole::<LoggingConfiguration>(&LIST_LOGGING_CONFIGURATIONS, path, asked).await?;
        all.value.extend(read.value);
        all.exchanges.extend(read.exchanges);
        all.at = all.at.max(read.at);
    }
    all.value.sort();
    all.value.dedup();
    Ok(all)
}

/// What a description tells.
#[derive(Clone, Deserialize)]
struct Told {
    arn: String,
    rules: Vec<Rule>,
    #[serde(default)]
    pre_process_firewall_manager_rule_groups: Vec<Rule>,
    #[serde(default)]
    post_process_firewall_manager_rule_groups: Vec<Rule>,
    managed_by_firewall_manager: Option<bool>,
}

impl WebAcl {
    async fn fill(&mut self, place: Place<'_>, scope: &str, around: &Around, draft: &mut Draft) {
        fn part<T>(
            told: &Result<Read<Told>, CollectError>,
            of: impl Fn(Told) -> Option<T>,
        ) -> Result<Read<Option<T>>, CollectError> {
            told.clone().map(|read| read.map(of))
        }
        let told = self.describe(place, scope).await;
        self.rules = draft.take("config.rules", part(&told, |told| Some(told.rules)));
        self.pre_process_firewall_manager_rule_groups = draft.take(
            "config.pre_process_firewall_manager_rule_groups",
            part(&told, |told| Some(told.pre_process_firewall_manager_rule_groups)),
        );
        self.post_process_firewall_manager_rule_groups = draft.take(
            "config.post_process_firewall_manager_rule_groups",
            part(&told, |told| Some(told.post_process_firewall_manager_rule_groups)),
        );
        self.managed_by_firewall_manager =
            draft.take("config.managed_by_firewall_manager", part(&told, |told| told.managed_by_firewall_manager));
        let logging = self.logging(place, around).await;
        self.logging_configurations = draft.take("config.logging_configurations", logging);
    }

    async fn logging(
        &self,
        place: Place<'_>,
        around: &Around,
    ) -> Result<Read<Option<Vec<LoggingConfiguration>>>, CollectError> {
        #[derive(Deserialize)]
        struct Answer {
            logging_configuration: LoggingConfiguration,
        }
        let mut read = around.logging.clone()?;
        read.value.retain(|configuration| configuration.resource_arn == self.arn);
        if read.value.is_empty() {
            let asked = json!({"ResourceArn": self.arn});
            let told = place.one::<Answer>(&GET_LOGGING_CONFIGURATION, asked).await;
            let told = sdk::absent(&GET_LOGGING_CONFIGURATION, told)?;
            read.value.extend(told.value.map(|answer| answer.logging_configuration));
            read.exchanges.extend(told.exchanges);
            read.at = read.at.max(told.at);
        }
        Ok(read.map(Some))
    }

    async fn describe(&self, place: Place<'_>, scope: &str) -> Result<Read<Told>, CollectError> {
        #[derive(Deserialize)]
        struct Answer {
            web_acl: Told,
        }
        let asked = json!({"Name": self.name, "Id": self.id, "Scope": scope});
        let told = place.one::<Answer>(&GET_WEB_ACL, asked).await?.map(|answer| answer.web_acl);
        if told.value.arn == self.arn {
            return Ok(told);
        }
        let message = "the answer describes another web ACL";
        let error = CollectError::malformed("wafv2", "GetWebACL", place.region, message, told.exchanges);
        Err(CollectError { at: told.at, ..error })
    }
}
