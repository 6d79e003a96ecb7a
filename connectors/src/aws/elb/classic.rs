//! `aws.elb.classic-load-balancer`

use super::super::listing::{Listed, Name, Place};
use super::{Operation, list, one};
use crate::aws::Context;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Lists the classic load balancers of a region.
pub static DESCRIBE_LOAD_BALANCERS: Operation = list(
    "elb",
    "DescribeLoadBalancers",
    "elasticloadbalancing:DescribeLoadBalancers",
    "https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancers.html",
);

/// Gives the attributes of a classic load balancer.
pub static DESCRIBE_LOAD_BALANCER_ATTRIBUTES: Operation = one(
    "elb",
    "DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancerAttributes.html",
);

/// Gives the policies of a classic load balancer; without a name those that AWS brings.
pub static DESCRIBE_LOAD_BALANCER_POLICIES: Operation = one(
    "elb",
    "DescribeLoadBalancerPolicies",
    "elasticloadbalancing:DescribeLoadBalancerPolicies",
    "https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancerPolicies.html",
);

/// A classic load balancer, as `elb:DescribeLoadBalancers` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClassicLoadBalancer {
    /// Name.
    pub load_balancer_name: String,
    /// `internet-facing` or `internal`.
    pub scheme: Option<String>,
    /// Name in the DNS.
    pub dns_name: Option<String>,
    /// VPC.
    pub vpc_id: Option<String>,
    /// Listeners.
    pub listener_descriptions: Option<Vec<Listener>>,
    /// Where its access logs go.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub access_log: Field<AccessLog>,
}

/// A listener of a classic load balancer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Listener {
    /// What it listens to.
    pub listener: Front,
    /// Its policies.
    #[serde(default)]
    pub policy_names: Vec<String>,
    /// Protocols that its policy lets in (`TLSv1.2`), sorted; null without TLS.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub ssl_protocols: Field<Vec<String>>,
}

/// What a listener listens to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Front {
    /// `HTTP`, `HTTPS`, `TCP` or `SSL`.
    pub protocol: String,
    /// Port.
    pub load_balancer_port: i64,
}

/// Where access logs go.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AccessLog {
    /// They are written.
    pub enabled: bool,
    /// Bucket.
    pub s3_bucket_name: Option<String>,
}

/// `derived` of `aws.elb.classic-load-balancer`.
pub type ClassicDerived = super::super::listing::Nothing;

/// Protocols of each policy, sorted.
type Protocols = BTreeMap<String, Vec<String>>;

impl Listed for ClassicLoadBalancer {
    const TYPE: &'static str = "aws.elb.classic-load-balancer";
    const LIST: &'static Operation = &DESCRIBE_LOAD_BALANCERS;
    const OPERATIONS: &'static [&'static Operation] =
        &[&DESCRIBE_LOAD_BALANCERS, &DESCRIBE_LOAD_BALANCER_ATTRIBUTES, &DESCRIBE_LOAD_BALANCER_POLICIES];
    const ITEMS: &'static [&'static str] = &["load_balancer_descriptions"];
    const ALWAYS: &'static [&'static str] = &["scheme", "listener_descriptions"];
    /// The policies that AWS brings.
    type Around = Result<Read<Protocols>, CollectError>;
    type Derived = ClassicDerived;

    fn input(_: &Context) -> Value {
        json!({"PageSize": 400})
    }

    fn around(place: Place<'_>) -> BoxFuture<'_, Self::Around> {
        Box::pin(policies(place, json!({})))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let id = place.arn("elasticloadbalancing", &format!("loadbalancer/{}", self.load_balancer_name));
        Name { id, name: self.load_balancer_name.clone(), tags: None }
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        brought: &'a Self::Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, ClassicDerived> {
        Box::pin(async move {
            self.access_log = draft.take("config.access_log", access_log(place, &self.load_balancer_name).await);
            let listeners = self.listener_descriptions.as_deref_mut().unwrap_or_default();
            listeners.sort_by_key(|listener| listener.listener.load_balancer_port);
            let own = if listeners.iter().any(Listener::speaks_tls) {
                Some(policies(place, json!({"LoadBalancerName": self.load_balancer_name})).await)
            } else {
                None
            };
            for listener in listeners {
                listener.complete(place, own.as_ref(), brought, draft);
            }
            ClassicDerived {}
        })
    }
}

impl Listener {
    fn speaks_tls(&self) -> bool {
        matches!(self.listener.protocol.as_str(), "HTTPS" | "SSL")
    }

    fn complete(
        &mut self,
        place: Place<'_>,
        own: Option<&Result<Read<Protocols>, CollectError>>,
        brought: &Result<Read<Protocols>, CollectError>,
        draft: &mut Draft,
    ) {
        let path = format!("config.listener_descriptions[{}].ssl_protocols", self.listener.load_balancer_port);
        self.ssl_protocols = match own {
            Some(own) if self.speaks_tls() => draft.take(&path, self.protocols(place, own, brought)),
            _ => Field::Absent,
        };
    }

    /// The protocols of its policy for TLS: one of the load balancer's own, else one that AWS brings.
    fn protocols(
        &self,
        place: Place<'_>,
        own: &Result<Read<Protocols>, CollectError>,
        brought: &Result<Read<Protocols>, CollectError>,
    ) -> Result<Read<Option<Vec<String>>>, CollectError> {
        let own = own.clone()?;
        let find = |known: &Protocols| self.policy_names.iter().find_map(|name| known.get(name)).cloned();
        if let Some(found) = find(&own.value) {
            return Ok(own.map(|_| Some(found)));
        }
        let brought = brought.clone()?;
        if let Some(found) = find(&brought.value) {
            return Ok(brought.map(|_| Some(found)));
        }
        let message = format!("no policy says what the listener on port {} accepts", self.listener.load_balancer_port);
        let operation = "DescribeLoadBalancerPolicies";
        let error = CollectError::malformed("elb", operation, place.region, message, own.exchanges);
        Err(CollectError { at: own.at, ..error })
    }
}

/// Reads policies for TLS: names and the protocols that they let in.
async fn policies(place: Place<'_>, asked: Value) -> Result<Read<Protocols>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        policy_descriptions: Vec<Policy>,
    }
    #[derive(Deserialize)]
    struct Policy {
        #[serde(rename = "policy_name")]
        name: String,
        #[serde(rename = "policy_type_name")]
        type_: String,
        #[serde(default, rename = "policy_attribute_descriptions")]
        attributes: Vec<Attribute>,
    }
    #[derive(Deserialize)]
    struct Attribute {
        attribute_name: String,
        #[serde(default)]
        attribute_value: String,
    }
    let lets_in = |policy: Policy| {
        let on = policy.attributes.iter().filter(|attribute| attribute.attribute_value == "true");
        let mut protocols: Vec<String> =
            on.filter_map(|attribute| attribute.attribute_name.strip_prefix("Protocol-").map(str::to_owned)).collect();
        protocols.sort();
        (policy.name, protocols)
    };
    let read = place.one::<Answer>(&DESCRIBE_LOAD_BALANCER_POLICIES, asked).await?;
    Ok(read.map(|answer| {
        let for_tls = answer.policy_descriptions.into_iter();
        // A policy for TLS that lets no protocol in does not exist: one without attributes says nothing.
        for_tls
            .filter(|policy| policy.type_ == "SSLNegotiationPolicyType")
            .map(lets_in)
            .filter(|(_, protocols)| !protocols.is_empty())
            .collect()
    }))
}

async fn access_log(place: Place<'_>, load_balancer: &str) -> Result<Read<Option<AccessLog>>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        load_balancer_attributes: Attributes,
    }
    #[derive(Deserialize)]
    struct Attributes {
        access_log: AccessLog,
    }
    let asked = json!({"LoadBalancerName": load_balancer});
    let answer = place.one::<Answer>(&DESCRIBE_LOAD_BALANCER_ATTRIBUTES, asked).await?;
    Ok(answer.map(|answer| Some(answer.load_balancer_attributes.access_log)))
}
