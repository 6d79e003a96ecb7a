//! `aws.sqs.queue`

use super::super::listing::{Listed, Name, Place, Tags};
use super::{GET_QUEUE_ATTRIBUTES, LIST_QUEUE_TAGS, LIST_QUEUES};
use crate::aws::resource_policy::{self, Exposure};
use crate::aws::{Context, Operation};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A queue, as `sqs:ListQueues` names it, with its attributes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Queue {
    /// `https://sqs.<region>.amazonaws.com/<account>/<name>`
    pub queue_url: String,
    /// What `sqs:GetQueueAttributes` says of it.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub attributes: Field<QueueAttributes>,
}

/// The list holds URLs and nothing else.
impl<'de> Deserialize<'de> for Queue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|queue_url| Self { queue_url, attributes: Field::Unread })
    }
}

/// Attributes of a queue.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct QueueAttributes {
    /// ARN.
    pub queue_arn: String,
    /// `true` or `false`: SQS encrypts messages at rest with its own key.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub sqs_managed_sse_enabled: Field<String>,
    /// The KMS key that encrypts messages at rest; null without one.
    pub kms_master_key_id: Option<String>,
}

/// `derived` of `aws.sqs.queue`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct QueueDerived {
    /// Whom its policy lets in; null without one.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub policy: Field<Exposure>,
}

/// What of an answer matters.
#[derive(Clone, Debug, Deserialize)]
struct Answered {
    queue_arn: String,
    sqs_managed_sse_enabled: Option<String>,
    kms_master_key_id: Option<String>,
    policy: Option<String>,
}

impl Listed for Queue {
    const TYPE: &'static str = "aws.sqs.queue";
    const LIST: &'static Operation = &LIST_QUEUES;
    const OPERATIONS: &'static [&'static Operation] = &[&LIST_QUEUES, &GET_QUEUE_ATTRIBUTES, &LIST_QUEUE_TAGS];
    const ITEMS: &'static [&'static str] = &["queue_urls"];
    const ALWAYS: &'static [&'static str] = &[];
    type Around = ();
    type Derived = QueueDerived;

    /// Without `MaxResults` the list ends at 1,000 queues and does not say so.
    fn input(_: &Context) -> Value {
        json!({"MaxResults": 1000})
    }

    /// Without queues SQS leaves the list out and answers with an empty structure.
    fn says_none(page: &Value) -> bool {
        page.as_object().is_some_and(serde_json::Map::is_empty)
    }

    fn belongs(&self, context: &Context) -> bool {
        self.account() == Some(context.account())
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        let name = self.queue_name();
        Name { id: place.arn("sqs", name), name: name.to_owned(), tags: None }
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, QueueDerived> {
        Box::pin(async move {
            let (attributes, tags) = futures::join!(self.attributes(place), self.tags(place));
            let tags = draft.take("tags", tags);
            draft.tags(tags);
            let policy = match &attributes {
                Ok(read) => {
                    let policy = read.clone().map(|answered| answered.policy);
                    resource_policy::of_answer(&GET_QUEUE_ATTRIBUTES, place, policy)
                }
                Err(error) => Err(error.clone()),
            };
            self.attributes = shown(place, draft, attributes);
            QueueDerived { policy: draft.take("derived.policy", policy) }
        })
    }
}

/// A queue always says whether SQS encrypts it; only the other attributes are left out where they are not set.
fn shown(
    place: Place<'_>,
    draft: &mut Draft,
    attributes: Result<Read<Answered>, CollectError>,
) -> Field<QueueAttributes> {
    let read = match attributes {
        Ok(read) => read,
        Err(error) => return draft.take("config.attributes", Err(error)),
    };
    draft.saw(&read);
    if read.value.sqs_managed_sse_enabled.is_none() {
        let error = place.malformed(&GET_QUEUE_ATTRIBUTES, "the setting is missing", &read);
        draft.miss("config.attributes.sqs_managed_sse_enabled", &error);
    }
    let Answered { queue_arn, sqs_managed_sse_enabled, kms_master_key_id, .. } = read.value;
    let sqs_managed_sse_enabled = sqs_managed_sse_enabled.map_or(Field::Unread, Field::Value);
    Field::Value(QueueAttributes { queue_arn, sqs_managed_sse_enabled, kms_master_key_id })
}

impl Queue {
    fn queue_name(&self) -> &str {
        self.queue_url.rsplit('/').next().unwrap_or_default()
    }

    fn account(&self) -> Option<&str> {
        self.queue_url.rsplit('/').nth(1)
    }

    async fn attributes(&self, place: Place<'_>) -> Result<Read<Answered>, CollectError> {
        #[derive(Deserialize)]
        struct Answer {
            attributes: Answered,
        }
        let input = json!({"QueueUrl": self.queue_url, "AttributeNames": ["All"]});
        let read = place.one::<Answer>(&GET_QUEUE_ATTRIBUTES, input).await?.map(|answer| answer.attributes);
        if read.value.queue_arn != place.arn("sqs", self.queue_name()) {
            return Err(place.malformed(&GET_QUEUE_ATTRIBUTES, "the answer is about another queue", &read));
        }
        Ok(read)
    }

    /// SQS answers with an empty structure where there are no tags; anything else in it is no answer about tags.
    async fn tags(&self, place: Place<'_>) -> Result<Read<Option<BTreeMap<String, String>>>, CollectError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Answer {
            #[serde(default)]
            tags: Tags,
        }
        let read = place.one::<Answer>(&LIST_QUEUE_TAGS, json!({"QueueUrl": self.queue_url})).await?;
        Ok(read.map(|answer| Some(answer.tags.0)))
    }
}
