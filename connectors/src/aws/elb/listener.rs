//! Listeners of application and network load balancers: which versions of TLS they accept, and whether they only redirect.
//!
//! Whether a security policy is weak is never told from its name: the provider says which protocols are in it.

use super::super::listing::Place;
use super::{Operation, list};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// Parameters of a sign-in, a list of keys and values inside an action.
const LISTS: &[&str] = &["AuthenticationRequestExtraParams/entry"];

/// Lists the listeners of a load balancer.
pub static DESCRIBE_LISTENERS: Operation = Operation {
    lists: LISTS,
    ..list(
        "elbv2",
        "DescribeListeners",
        "elasticloadbalancing:DescribeListeners",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListeners.html",
    )
};

/// Lists the rules of a listener. Asked of those whose default is to redirect: another rule may do otherwise.
pub static DESCRIBE_RULES: Operation = Operation {
    lists: LISTS,
    ..list(
        "elbv2",
        "DescribeRules",
        "elasticloadbalancing:DescribeRules",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeRules.html",
    )
};

/// Lists the security policies of a region with their protocols.
pub static DESCRIBE_SSL_POLICIES: Operation = list(
    "elbv2",
    "DescribeSSLPolicies",
    "elasticloadbalancing:DescribeSSLPolicies",
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeSSLPolicies.html",
);

/// A listener.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Listener {
    /// ARN.
    pub listener_arn: String,
    /// Port; null for a gateway load balancer.
    pub port: Option<i64>,
    /// `HTTP`, `HTTPS`, `TCP`, `TLS`, `UDP`, …
    pub protocol: Option<String>,
    /// Security policy; null without TLS.
    pub ssl_policy: Option<String>,
    /// What it does with a request that no rule is for.
    #[serde(default)]
    pub default_actions: Vec<Action>,
    /// Protocols of its security policy (`TLSv1.2`), sorted; null without TLS.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub ssl_protocols: Field<Vec<String>>,
    /// Its default and all of its rules redirect to HTTPS, and nothing else.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub redirects_to_https: Field<bool>,
}

/// What is done with a request.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Action {
    /// `forward`, `redirect`, `fixed-response`, …
    #[serde(rename = "type")]
    pub type_: String,
    /// Where to.
    pub redirect_config: Option<Redirect>,
}

/// Where a request is sent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Redirect {
    /// `HTTPS`, `HTTP` or `#{protocol}`, which is that of the request.
    pub protocol: Option<String>,
}

impl Action {
    fn redirects_to_https(&self) -> bool {
        let protocol = self.redirect_config.as_ref().and_then(|redirect| redirect.protocol.as_deref());
        self.type_ == "redirect" && protocol == Some("HTTPS")
    }
}

/// Protocols of each security policy of a region, sorted.
pub type Policies = Result<Read<BTreeMap<String, Vec<String>>>, CollectError>;

/// Reads the security policies of a region.
pub async fn policies(place: Place<'_>) -> Policies {
    #[derive(Deserialize)]
    struct Policy {
        name: String,
        ssl_protocols: Vec<String>,
    }
    let read = place.whole::<Policy>(&DESCRIBE_SSL_POLICIES, &["ssl_policies"], json!({"PageSize": 400})).await?;
    Ok(read.map(|policies| {
        let sorted = |mut policy: Policy| {
            policy.ssl_protocols.sort();
            (policy.name, policy.ssl_protocols)
        };
        // A policy without protocols says nothing of what a listener accepts.
        policies.into_iter().filter(|policy| !policy.ssl_protocols.is_empty()).map(sorted).collect()
    }))
}

/// Reads the listeners of a load balancer.
pub(super) async fn listeners(
    place: Place<'_>,
    load_balancer: &str,
) -> Result<Read<Option<Vec<Listener>>>, CollectError> {
    let asked = json!({"LoadBalancerArn": load_balancer, "PageSize": 400});
    let mut read = place.whole::<Listener>(&DESCRIBE_LISTENERS, &["listeners"], asked).await?;
    read.value.sort_by(|a, b| a.listener_arn.cmp(&b.listener_arn));
    Ok(read.map(Some))
}

impl Listener {
    /// Adds what its security policy and its rules say.
    pub(super) async fn complete(&mut self, place: Place<'_>, policies: &Policies, draft: &mut Draft) {
        self.ssl_protocols = match &self.ssl_policy {
            None => Field::Absent,
            Some(policy) => draft.take(&self.path("ssl_protocols"), protocols(place, policy, policies)),
        };
        let redirects = match self.protocol.as_deref() {
            Some("HTTP") if !self.default_actions.is_empty() && all_redirect(&self.default_actions) => {
                rules_redirect(place, &self.listener_arn).await
            }
            _ => Ok(Read { value: Some(false), exchanges: vec![], at: None }),
        };
        self.redirects_to_https = draft.take(&self.path("redirects_to_https"), redirects);
    }

    fn path(&self, field: &str) -> String {
        format!("config.listeners[{}].{field}", self.listener_arn)
    }
}

/// A policy that the region does not list is unknown, and never a strong one.
fn protocols(place: Place<'_>, policy: &str, policies: &Policies) -> Result<Read<Option<Vec<String>>>, CollectError> {
    let read = policies.clone()?;
    if let Some(protocols) = read.value.get(policy) {
        return Ok(Read { value: Some(protocols.clone()), exchanges: read.exchanges, at: read.at });
    }
    let message = format!("the list has no policy {policy}");
    let error = CollectError::malformed("elbv2", "DescribeSSLPolicies", place.region, message, read.exchanges);
    Err(CollectError { at: read.at, ..error })
}

fn all_redirect(actions: &[Action]) -> bool {
    actions.iter().all(Action::redirects_to_https)
}

async fn rules_redirect(place: Place<'_>, listener: &str) -> Result<Read<Option<bool>>, CollectError> {
    #[derive(Deserialize)]
    struct Rule {
        actions: Vec<Action>,
    }
    let asked = json!({"ListenerArn": listener, "PageSize": 400});
    let read = place.whole::<Rule>(&DESCRIBE_RULES, &["rules"], asked).await?;
    Ok(read.map(|rules| Some(rules.iter().all(|rule| all_redirect(&rule.actions)))))
}
