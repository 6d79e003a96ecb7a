//! `aws.sns.topic`

use super::super::listing::{Listed, Name, Place, Tags};
use super::{GET_TOPIC_ATTRIBUTES, LIST_TAGS_FOR_RESOURCE, LIST_TOPICS};
use crate::aws::Operation;
use crate::aws::resource_policy::{self, Exposure};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// A topic, as `sns:ListTopics` names it, with its attributes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Topic {
    /// ARN.
    pub topic_arn: String,
    /// What `sns:GetTopicAttributes` says of it.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    pub attributes: Field<TopicAttributes>,
}

/// Attributes of a topic.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TopicAttributes {
    /// The KMS key that encrypts messages at rest; null without one.
    pub kms_master_key_id: Option<String>,
    /// Account that owns it.
    pub owner: Option<String>,
}

/// `derived` of `aws.sns.topic`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct TopicDerived {
    /// Whom its policy lets in; null without one.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub policy: Field<Exposure>,
}

impl Listed for Topic {
    const TYPE: &'static str = "aws.sns.topic";
    const LIST: &'static Operation = &LIST_TOPICS;
    const OPERATIONS: &'static [&'static Operation] = &[&LIST_TOPICS, &GET_TOPIC_ATTRIBUTES, &LIST_TAGS_FOR_RESOURCE];
    const ITEMS: &'static [&'static str] = &["topics"];
    const ALWAYS: &'static [&'static str] = &[];
    type Around = ();
    type Derived = TopicDerived;

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, _: Place<'_>) -> Name {
        let name = self.topic_arn.rsplit(':').next().unwrap_or_default().to_owned();
        Name { id: self.topic_arn.clone(), name, tags: None }
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, TopicDerived> {
        Box::pin(async move {
            let (attributes, tags) = futures::join!(self.attributes(place), self.tags(place));
            let tags = draft.take("tags", tags);
            draft.tags(tags);
            let policy = match &attributes {
                Ok(read) => {
                    let policy = read.clone().map(|attributes| attributes.get("Policy").cloned());
                    resource_policy::of_answer(&GET_TOPIC_ATTRIBUTES, place, policy)
                }
                Err(error) => Err(error.clone()),
            };
            let shown = |attributes: BTreeMap<String, String>| {
                let of = |name: &str| attributes.get(name).cloned();
                Some(TopicAttributes { kms_master_key_id: of("KmsMasterKeyId"), owner: of("Owner") })
            };
            self.attributes = draft.take("config.attributes", attributes.map(|read| read.map(shown)));
            TopicDerived { policy: draft.take("derived.policy", policy) }
        })
    }
}

impl Topic {
    /// Every attribute by its name. AWS leaves out those that are not set, so the answer must at least be about this topic.
    async fn attributes(&self, place: Place<'_>) -> Result<Read<BTreeMap<String, String>>, CollectError> {
        #[derive(Deserialize)]
        struct Answer {
            attributes: Vec<Entry>,
        }
        #[derive(Deserialize)]
        struct Entry {
            key: String,
            value: String,
        }
        let read = place.one::<Answer>(&GET_TOPIC_ATTRIBUTES, json!({"TopicArn": self.topic_arn})).await?;
        let read = read.map(|answer| -> BTreeMap<String, String> {
            answer.attributes.into_iter().map(|entry| (entry.key, entry.value)).collect()
        });
        if read.value.get("TopicArn") != Some(&self.topic_arn) {
            return Err(place.malformed(&GET_TOPIC_ATTRIBUTES, "the answer is about another topic", &read));
        }
        Ok(read)
    }

    async fn tags(&self, place: Place<'_>) -> Result<Read<Option<BTreeMap<String, String>>>, CollectError> {
        #[derive(Deserialize)]
        struct Answer {
            tags: Tags,
        }
        let read = place.one::<Answer>(&LIST_TAGS_FOR_RESOURCE, json!({"ResourceArn": self.topic_arn})).await?;
        Ok(read.map(|answer| Some(answer.tags.0)))
    }
}
