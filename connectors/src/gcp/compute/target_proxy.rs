//! A target HTTPS proxy, where a load balancer ends TLS, with its SSL policy and the kinds of load balancer before it. Read
//! from Compute Engine itself, global ones and those of regions by one list. Target SSL proxies are not read.

use super::{ID, PLAIN, of_project};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::door;
use crate::gcp::listing::{self, Listed, Place};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

static LIST: Operation = Operation {
    name: "compute.targetHttpsProxies.aggregatedList",
    permission: "compute.targetHttpsProxies.list",
    request: Request::Get("compute/v1/projects/{project}/aggregated/targetHttpsProxies?maxResults=500"),
    items: Items::Aggregated("targetHttpsProxies"),
    docs: "https://cloud.google.com/compute/docs/reference/rest/v1/targetHttpsProxies/aggregatedList",
    ..PLAIN
};

static SSL_POLICIES: Operation = Operation {
    name: "compute.sslPolicies.aggregatedList",
    permission: "compute.sslPolicies.list",
    request: Request::Get("compute/v1/projects/{project}/aggregated/sslPolicies?maxResults=500"),
    items: Items::Aggregated("sslPolicies"),
    docs: "https://cloud.google.com/compute/docs/reference/rest/v1/sslPolicies/aggregatedList",
    ..PLAIN
};

static FORWARDING_RULES: Operation = Operation {
    name: "compute.forwardingRules.aggregatedList",
    permission: "compute.forwardingRules.list",
    request: Request::Get("compute/v1/projects/{project}/aggregated/forwardingRules?maxResults=500"),
    items: Items::Aggregated("forwardingRules"),
    docs: "https://cloud.google.com/compute/docs/reference/rest/v1/forwardingRules/aggregatedList",
    ..PLAIN
};

/// A target HTTPS proxy.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct TargetProxy {
    /// Its link.
    self_link: Option<String>,
    /// The link of its URL map.
    url_map: Option<String>,
    /// The link of its SSL policy; null for none, which is Google's default: profile `COMPATIBLE` from TLS 1.0 on.
    ssl_policy: Option<String>,
}

/// An SSL policy.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct SslPolicy {
    /// Its name.
    name: Option<String>,
    /// Its link.
    self_link: Option<String>,
    /// The oldest version that is spoken: `TLS_1_0`, `TLS_1_1`, `TLS_1_2`, `TLS_1_3`.
    min_tls_version: Option<String>,
    /// Which ciphers are spoken: `COMPATIBLE`, `MODERN`, `RESTRICTED`, `FIPS_202205`, or `CUSTOM`.
    profile: Option<String>,
    /// The ciphers of a custom profile.
    #[serde(default)]
    custom_features: Vec<String>,
}

/// Where a load balancer listens.
#[derive(Clone, Debug, Deserialize)]
struct ForwardingRule {
    /// Each has one: what has none is no rule, and a list that holds it proves nothing.
    #[serde(rename = "name")]
    _name: String,
    target: Option<String>,
    load_balancing_scheme: Option<String>,
}

/// `derived` of a target proxy.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::gcp) struct Derived {
    /// Its SSL policy; null for none.
    #[serde(skip_serializing_if = "Field::is_unread")]
    ssl_policy: Field<SslPolicy>,
    /// The schemes of the forwarding rules before it (`EXTERNAL`, `EXTERNAL_MANAGED`, `INTERNAL_MANAGED`,
    /// `INTERNAL_SELF_MANAGED`), each once; empty where nothing leads to it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    load_balancing_schemes: Field<BTreeSet<String>>,
}

/// What is read once for all proxies.
#[derive(Debug)]
pub(in crate::gcp) struct Around {
    policies: Result<Read<Vec<SslPolicy>>, CollectError>,
    rules: Result<Read<Vec<ForwardingRule>>, CollectError>,
}

impl TargetProxy {
    fn policy(&self, around: &Around) -> Result<Read<Option<SslPolicy>>, CollectError> {
        let Some(link) = self.ssl_policy.as_deref() else {
            return Ok(Read { value: None, exchanges: vec![], at: None });
        };
        let read = around.policies.clone()?;
        let found =
            read.value.iter().find(|policy| policy.self_link.as_deref().map(of_project) == Some(of_project(link)));
        match found.cloned() {
            Some(policy) => Ok(read.map(|_| Some(policy))),
            None => Err(door::malformed(&SSL_POLICIES, format!("it does not have `{link}`"), read.exchanges)),
        }
    }

    fn schemes(&self, around: &Around) -> Result<Read<Option<BTreeSet<String>>>, CollectError> {
        let own = self.self_link.as_deref().map(of_project);
        let read = around.rules.clone()?;
        let mut schemes = BTreeSet::new();
        for rule in read.value.iter().filter(|rule| own.is_some() && rule.target.as_deref().map(of_project) == own) {
            // The API's default. Documentation: https://cloud.google.com/compute/docs/reference/rest/v1/forwardingRules.
            schemes.insert(rule.load_balancing_scheme.clone().unwrap_or_else(|| "EXTERNAL".to_owned()));
        }
        Ok(read.map(|_| Some(schemes)))
    }
}

impl Listed for TargetProxy {
    const TYPE: &'static str = "gcp.compute.target-proxy";
    const ID: &'static str = ID;
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&LIST, &SSL_POLICIES, &FORWARDING_RULES];
    const ALWAYS: &'static [&'static str] = &["self_link"];
    type Around = Around;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Around> {
        Box::pin(async move {
            let (policies, rules) = futures::join!(
                listing::whole(context, &SSL_POLICIES, &[], &Value::Null),
                listing::whole(context, &FORWARDING_RULES, &[], &Value::Null),
            );
            Around { policies, rules }
        })
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, around: &'a Around, draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        let derived = Derived {
            ssl_policy: draft.take("derived.ssl_policy", self.policy(around)),
            load_balancing_schemes: draft.take("derived.load_balancing_schemes", self.schemes(around)),
        };
        Box::pin(std::future::ready(derived))
    }
}
