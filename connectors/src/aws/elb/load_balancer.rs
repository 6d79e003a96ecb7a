//! `aws.elb.load-balancer`

use super::super::listing::{Listed, Name, Place};
use super::listener::{self, DESCRIBE_LISTENERS, DESCRIBE_RULES, DESCRIBE_SSL_POLICIES, Listener, Policies};
use super::{Operation, list, one};
use crate::aws::Context;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Lists the application, network and gateway load balancers of a region.
pub static DESCRIBE_LOAD_BALANCERS: Operation = list(
    "elbv2",
    "DescribeLoadBalancers",
    "elasticloadbalancing:DescribeLoadBalancers",
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html",
);

/// Gives the attributes of a load balancer.
pub static DESCRIBE_LOAD_BALANCER_ATTRIBUTES: Operation = one(
    "elbv2",
    "DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancerAttributes.html",
);

/// Gives the web ACL in front of a resource, whoever attached it. Asked of application load balancers that face the internet.
pub static GET_WEB_ACL_FOR_RESOURCE: Operation = Operation {
    // AWS answers with the whole web ACL, and wants the permission for the load balancer's side too.
    also: &["elasticloadbalancing:DescribeWebACLAssociation", "wafv2:GetWebACL"],
    secrets: crate::aws::wafv2::SECRETS,
    ..one(
        "wafv2",
        "GetWebACLForResource",
        "wafv2:GetWebACLForResource",
        "https://docs.aws.amazon.com/waf/latest/APIReference/API_GetWebACLForResource.html",
    )
};

/// A load balancer, as `elbv2:DescribeLoadBalancers` describes it, with its attributes and listeners.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LoadBalancer {
    /// ARN.
    pub load_balancer_arn: String,
    /// Name.
    pub load_balancer_name: String,
    /// `application`, `network` or `gateway`.
    #[serde(rename = "type")]
    pub type_: Option<String>,
    /// `internet-facing` or `internal`; null for a gateway load balancer, which has none.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Field::is_unread")]
    pub scheme: Field<String>,
    /// VPC.
    pub vpc_id: Option<String>,
    /// Name in the DNS.
    pub dns_name: Option<String>,
    /// Attributes by name, `access_logs.s3.enabled`.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub attributes: Field<BTreeMap<String, String>>,
    /// Listeners, by ARN.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub listeners: Field<Vec<Listener>>,
}

fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Field<String>, D::Error> {
    let told = Option::<String>::deserialize(deserializer)?;
    Ok(told.map_or(Field::Unread, Field::Value))
}

/// `derived` of `aws.elb.load-balancer`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct LoadBalancerDerived {
    /// Access logs go to a bucket; null for a gateway load balancer, which writes none.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub access_logs_enabled: Field<bool>,
    /// Web ACL in front of it; null where there is none, and for everything but application load balancers that face the internet.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub web_acl_arn: Field<String>,
}

impl Listed for LoadBalancer {
    const TYPE: &'static str = "aws.elb.load-balancer";
    const LIST: &'static Operation = &DESCRIBE_LOAD_BALANCERS;
    const OPERATIONS: &'static [&'static Operation] = &[
        &DESCRIBE_LOAD_BALANCERS,
        &DESCRIBE_LOAD_BALANCER_ATTRIBUTES,
        &DESCRIBE_LISTENERS,
        &DESCRIBE_RULES,
        &DESCRIBE_SSL_POLICIES,
        &GET_WEB_ACL_FOR_RESOURCE,
    ];
    const ITEMS: &'static [&'static str] = &["load_balancers"];
    const ALWAYS: &'static [&'static str] = &["type"];
    /// The security policies of the region.
    type Around = Policies;
    type Derived = LoadBalancerDerived;

    fn input(_: &Context) -> Value {
        json!({"PageSize": 400})
    }

    fn around(place: Place<'_>) -> BoxFuture<'_, Policies> {
        Box::pin(listener::policies(place))
    }

    fn name(&self, _: Place<'_>) -> Name {
        Name { id: self.load_balancer_arn.clone(), name: self.load_balancer_name.clone(), tags: None }
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        policies: &'a Policies,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, LoadBalancerDerived> {
        Box::pin(async move {
            self.settle_scheme(place, draft);
            self.attributes = draft.take("config.attributes", attributes(place, &self.load_balancer_arn).await);
            let listeners = listener::listeners(place, &self.load_balancer_arn).await;
            self.listeners = draft.take("config.listeners", listeners);
            if let Field::Value(listeners) = &mut self.listeners {
                for listener in listeners {
                    listener.complete(place, policies, draft).await;
                }
            }
            LoadBalancerDerived {
                access_logs_enabled: self.access_logs(place, draft),
                web_acl_arn: self.web_acl(place, draft).await,
            }
        })
    }
}

impl LoadBalancer {
    fn is(&self, type_: &str) -> bool {
        self.type_.as_deref() == Some(type_)
    }

    /// Only a gateway load balancer has no scheme.
    fn settle_scheme(&mut self, place: Place<'_>, draft: &mut Draft) {
        if !self.scheme.is_unread() {
            return;
        }
        if self.is("gateway") {
            self.scheme = Field::Absent;
        } else {
            let message = "the setting is missing";
            draft.miss(
                "config.scheme",
                &CollectError::malformed("elbv2", "DescribeLoadBalancers", place.region, message, vec![]),
            );
        }
    }

    fn access_logs(&self, place: Place<'_>, draft: &mut Draft) -> Field<bool> {
        const PATH: &str = "derived.access_logs_enabled";
        if self.is("gateway") {
            return Field::Absent;
        }
        let Some(attributes) = self.attributes.value() else {
            draft.miss_with(PATH, &["config.attributes"]);
            return Field::Unread;
        };
        match attributes.get("access_logs.s3.enabled").map(String::as_str) {
            Some("true") => Field::Value(true),
            Some("false") => Field::Value(false),
            other => {
                let message = format!("access_logs.s3.enabled is {other:?}");
                let operation = "DescribeLoadBalancerAttributes";
                draft.miss(PATH, &CollectError::malformed("elbv2", operation, place.region, message, vec![]));
                Field::Unread
            }
        }
    }

    async fn web_acl(&self, place: Place<'_>, draft: &mut Draft) -> Field<String> {
        const PATH: &str = "derived.web_acl_arn";
        match (self.type_.as_deref(), self.scheme.value().map(String::as_str)) {
            (Some("network" | "gateway"), _) | (_, Some("internal")) => Field::Absent,
            (Some("application"), Some("internet-facing")) => {
                draft.take(PATH, web_acl(place, &self.load_balancer_arn).await)
            }
            _ => {
                let message = "neither type nor scheme says whether it faces the internet";
                draft.miss(
                    PATH,
                    &CollectError::malformed("elbv2", "DescribeLoadBalancers", place.region, message, vec![]),
                );
                Field::Unread
            }
        }
    }
}

async fn attributes(
    place: Place<'_>,
    load_balancer: &str,
) -> Result<Read<Option<BTreeMap<String, String>>>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        attributes: Vec<Attribute>,
    }
    #[derive(Deserialize)]
    struct Attribute {
        key: String,
        #[serde(default)]
        value: String,
    }
    let asked = json!({"LoadBalancerArn": load_balancer});
    let answer = place.one::<Answer>(&DESCRIBE_LOAD_BALANCER_ATTRIBUTES, asked).await?;
    Ok(answer.map(|answer| Some(answer.attributes.into_iter().map(|a| (a.key, a.value)).collect())))
}

/// An answer without a web ACL says that there is none.
async fn web_acl(place: Place<'_>, load_balancer: &str) -> Result<Read<Option<String>>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        web_acl: Option<WebAcl>,
    }
    #[derive(Deserialize)]
    struct WebAcl {
        arn: String,
    }
    let answer = place.one::<Answer>(&GET_WEB_ACL_FOR_RESOURCE, json!({"ResourceArn": load_balancer})).await?;
    Ok(answer.map(|answer| answer.web_acl.map(|web_acl| web_acl.arn)))
}
