//! A topic of Pub/Sub.

use crate::document::{Draft, Field};
use crate::gcp::assets;
use crate::gcp::context::Context;
use crate::gcp::iam_policy::IamPolicy;
use crate::gcp::listing::{Listed, Nothing, Place};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const SERVICE: &str = "pubsub.googleapis.com";

static ASSET: Operation = Operation::asset("pubsub.googleapis.com/Topic");

static LIST: Operation = Operation {
    service: SERVICE,
    name: "pubsub.projects.topics.list",
    permission: "pubsub.topics.list",
    request: Request::Get("v1/projects/{project}/topics?pageSize=1000"),
    items: Items::In("topics"),
    shared: true,
    docs: "https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/list",
    ..Operation::PLAIN
};

static POLICY: Operation = Operation {
    service: SERVICE,
    name: "pubsub.projects.topics.getIamPolicy",
    permission: "pubsub.topics.getIamPolicy",
    request: Request::Get("v1/{.name}:getIamPolicy?options.requestedPolicyVersion=3"),
    docs: "https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/getIamPolicy",
    ..Operation::PLAIN
};

/// A topic.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Topic {
    /// The Cloud KMS key's name; null for Google's own.
    kms_key_name: Option<String>,
    /// How long messages are kept that were acknowledged, in seconds: `86400s`; null for not at all.
    message_retention_duration: Option<String>,
    /// Who has which role on it.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    iam_policy: Field<IamPolicy>,
}

impl Listed for Topic {
    const TYPE: &'static str = "gcp.pubsub.topic";
    const ID: &'static str = "//pubsub.googleapis.com/{.name}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LIST, &assets::POLICIES, &POLICY];
    type Around = ();
    type Derived = Nothing;

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
