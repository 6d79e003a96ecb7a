//! `aws.logs.log-group`

use super::list;
use crate::aws::listing::{Listed, Name, Place, Tags};
use crate::aws::s3::access::classification;
use crate::aws::{Context, Operation, Paging};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Lists the log groups of a region.
pub static DESCRIBE_LOG_GROUPS: Operation = list(
    "DescribeLogGroups",
    "logs:DescribeLogGroups",
    "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html",
);

/// Lists the tags of all log groups of a region; `DescribeLogGroups` tells none.
pub static GET_RESOURCES: Operation = Operation {
    service: "resourcegroupstaggingapi",
    name: "GetResources",
    permission: "tag:GetResources",
    paging: Paging::Token { input: "PaginationToken", output: "PaginationToken" },
    docs: "https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html",
    ..Operation::PLAIN
};

/// A log group, as `logs:DescribeLogGroups` describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LogGroup {
    /// Name.
    pub log_group_name: String,
    /// Days that log events are kept; null when they never expire.
    pub retention_in_days: Option<u32>,
    /// ARN of the KMS key that encrypts them; null when CloudWatch Logs does it with a key of its own.
    pub kms_key_id: Option<String>,
    /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY`.
    pub log_group_class: Option<String>,
}

/// `derived` of `aws.logs.log-group`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct LogGroupDerived {
    /// What the classifying tag says, in lower case; null without one.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub classification: Field<String>,
}

/// Tags by the ARN of the log group.
type TagsByArn = BTreeMap<String, BTreeMap<String, String>>;

impl Listed for LogGroup {
    const TYPE: &'static str = "aws.logs.log-group";
    const LIST: &'static Operation = &DESCRIBE_LOG_GROUPS;
    const OPERATIONS: &'static [&'static Operation] = &[&DESCRIBE_LOG_GROUPS, &GET_RESOURCES];
    const ITEMS: &'static [&'static str] = &["log_groups"];
    const ALWAYS: &'static [&'static str] = &[];
    type Around = Result<Read<TagsByArn>, CollectError>;
    type Derived = LogGroupDerived;

    fn input(_: &Context) -> Value {
        json!({"limit": 50})
    }

    fn around(place: Place<'_>) -> BoxFuture<'_, Self::Around> {
        Box::pin(tags(place))
    }

    fn name(&self, place: Place<'_>) -> Name {
        Name { id: self.arn(place), name: self.log_group_name.clone(), tags: None }
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        tags: &'a Self::Around,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, LogGroupDerived> {
        let own = |all: TagsByArn| Some(all.get(&self.arn(place)).cloned().unwrap_or_default());
        let tags = draft.take("tags", tags.clone().map(|read| read.map(own)));
        let classification = match tags.known() {
            Some(tags) => tags.and_then(classification).into(),
            None => Field::Unread,
        };
        if classification.is_unread() {
            draft.miss_with("derived.classification", &["tags"]);
        }
        draft.tags(tags);
        Box::pin(std::future::ready(LogGroupDerived { classification }))
    }
}

impl LogGroup {
    fn arn(&self, place: Place<'_>) -> String {
        place.arn("logs", &format!("log-group:{}", self.log_group_name))
    }
}

/// The tags of every log group of the region. A log group that is not among them has none.
async fn tags(place: Place<'_>) -> Result<Read<TagsByArn>, CollectError> {
    #[derive(Deserialize)]
    struct Tagged {
        resource_arn: String,
        #[serde(default)]
        tags: Tags,
    }
    let input = json!({"ResourceTypeFilters": ["logs:log-group"], "ResourcesPerPage": 100});
    let all = place.whole::<Tagged>(&GET_RESOURCES, &["resource_tag_mapping_list"], input).await?;
    let by_arn = |tagged: Tagged| (tagged.resource_arn.trim_end_matches(":*").to_owned(), tagged.tags.0);
    Ok(all.map(|all| all.into_iter().map(by_arn).collect()))
}
