//! A Cloud Run service, in the words of version 2 of its API. Cloud Asset Inventory has those of version 1, the ones of
//! Knative, which are put into the others.

use crate::document::{Draft, Field};
use crate::gcp::assets;
use crate::gcp::context::Context;
use crate::gcp::iam_policy::IamPolicy;
use crate::gcp::listing::{Listed, Nothing, Place};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

static ASSET: Operation = Operation::asset("run.googleapis.com/Service");

/// Services are listed of one region alone, so that the regions are listed first: a method of version 1.
static LOCATIONS: Operation = Operation {
    service: "run.googleapis.com",
    name: "run.projects.locations.list",
    permission: "run.locations.list",
    request: Request::Get("v1/projects/{project}/locations?pageSize=100"),
    items: Items::In("locations"),
    docs: "https://cloud.google.com/run/docs/reference/rest/v1/projects.locations/list",
    ..Operation::PLAIN
};

static LIST: Operation = Operation {
    service: "run.googleapis.com",
    name: "run.projects.locations.services.list",
    permission: "run.services.list",
    request: Request::Get("v2/{parent}/services?pageSize=100"),
    items: Items::In("services"),
    secrets: &["services[].template.containers[].env[].value"],
    docs: "https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/list",
    ..Operation::PLAIN
};

static POLICY: Operation = Operation {
    service: "run.googleapis.com",
    name: "run.projects.locations.services.getIamPolicy",
    permission: "run.services.getIamPolicy",
    request: Request::Get("v2/{.name}:getIamPolicy?options.requestedPolicyVersion=3"),
    docs: "https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/getIamPolicy",
    ..Operation::PLAIN
};

/// A service.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Service {
    /// From where it is reached: `INGRESS_TRAFFIC_ALL`, `INGRESS_TRAFFIC_INTERNAL_ONLY`,
    /// `INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER` (from inside and through a load balancer), `INGRESS_TRAFFIC_NONE`.
    ingress: Option<String>,
    /// Callers are not checked at all, whatever the IAM policy says; null is false.
    invoker_iam_disabled: Option<bool>,
    /// Its `run.app` address does not answer; null is false.
    default_uri_disabled: Option<bool>,
    /// Identity-Aware Proxy stands before every way to it; null is false.
    iap_enabled: Option<bool>,
    /// Who has which role on it.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    iam_policy: Field<IamPolicy>,
}

/// Namespaces of labels that version 2 does not tell.
const OF_GOOGLE: [&str; 4] =
    ["run.googleapis.com/", "cloud.googleapis.com/", "serving.knative.dev/", "autoscaling.knative.dev/"];

/// A service of version 1, of this full name, in the words of version 2. Annotations:
/// <https://cloud.google.com/run/docs/reference/rest/v1/ObjectMeta>.
fn second(name: &str, first: &Value) -> Value {
    let metadata = first.get("metadata").unwrap_or(&Value::Null);
    let annotation = |name: &str| metadata.get("annotations")?.get(format!("run.googleapis.com/{name}"))?.as_str();
    // What is in force, which is what version 2 tells; else what was asked for.
    let ingress = annotation("ingress-status").or_else(|| annotation("ingress")).map(|word| match word {
        "all" => "INGRESS_TRAFFIC_ALL",
        "internal" => "INGRESS_TRAFFIC_INTERNAL_ONLY",
        "internal-and-cloud-load-balancing" => "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
        "none" => "INGRESS_TRAFFIC_NONE",
        other => other,
    });
    let is_on = |name: &str| annotation(name).is_some_and(|word| word.eq_ignore_ascii_case("true")).then_some(true);
    let labels = metadata.get("labels").and_then(Value::as_object).into_iter().flatten();
    let labels = labels.filter(|(key, _)| !OF_GOOGLE.iter().any(|google| key.starts_with(google)));
    let labels: serde_json::Map<String, Value> = labels.map(|(key, value)| (key.clone(), value.clone())).collect();
    json!({
        "name": name.trim_start_matches("//run.googleapis.com/"),
        "ingress": ingress,
        "invokerIamDisabled": is_on("invoker-iam-disabled"),
        "defaultUriDisabled": is_on("default-url-disabled"),
        "iapEnabled": is_on("iap-enabled"),
        "labels": labels,
    })
}

impl Listed for Service {
    const TYPE: &'static str = "gcp.run.service";
    const ID: &'static str = "//run.googleapis.com/{.name}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LOCATIONS, &LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LOCATIONS, &LIST, &assets::POLICIES, &POLICY];
    const ALWAYS: &'static [&'static str] = &["ingress"];
    type Around = ();
    type Derived = Nothing;

    fn of_inventory(name: &str, data: &Value) -> Value {
        if data.get("metadata").is_some_and(Value::is_object) { second(name, data) } else { data.clone() }
    }

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        Box::pin(async move {
            self.iam_policy = draft.take("config.iam_policy", place.iam_policy(&POLICY).await);
            Nothing::default()
        })
    }
}
