//! A Pub/Sub topic, as far as its labels go.

use crate::gcp::context::Context;
use crate::gcp::listing::{Listed, Nothing};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static ASSET: Operation = Operation::asset("pubsub.googleapis.com/Topic");

static LIST: Operation = Operation {
    service: "pubsub.googleapis.com",
    name: "pubsub.projects.topics.list",
    permission: "pubsub.topics.list",
    request: Request::Get("v1/projects/{project}/topics?pageSize=1000"),
    items: Items::In("topics"),
    shared: true,
    docs: "https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/list",
    ..Operation::PLAIN
};

/// A topic.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Topic {}

impl Listed for Topic {
    const TYPE: &'static str = "gcp.pubsub.topic";
    const ID: &'static str = "//pubsub.googleapis.com/{.name}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LIST];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
