//! `aws.dynamodb.table`

use crate::aws::door;
use crate::aws::listing::{Listed, Name, Nothing, Place, Tags};
use crate::aws::{Context, Operation, Paging};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Lists the names of the tables of a region.
pub static LIST_TABLES: Operation = Operation {
    service: "dynamodb",
    name: "ListTables",
    permission: "dynamodb:ListTables",
    paging: Paging::Token { input: "ExclusiveStartTableName", output: "LastEvaluatedTableName" },
    docs: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html",
    ..Operation::PLAIN
};

/// Describes a table.
pub static DESCRIBE_TABLE: Operation = Operation {
    service: "dynamodb",
    name: "DescribeTable",
    permission: "dynamodb:DescribeTable",
    docs: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html",
    ..Operation::PLAIN
};

/// Says whether a table can be restored to any moment.
pub static DESCRIBE_CONTINUOUS_BACKUPS: Operation = Operation {
    service: "dynamodb",
    name: "DescribeContinuousBackups",
    permission: "dynamodb:DescribeContinuousBackups",
    docs: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html",
    ..Operation::PLAIN
};

/// Lists the tags of a table.
pub static LIST_TAGS_OF_RESOURCE: Operation = Operation {
    service: "dynamodb",
    name: "ListTagsOfResource",
    permission: "dynamodb:ListTagsOfResource",
    paging: Paging::Token { input: "NextToken", output: "NextToken" },
    docs: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTagsOfResource.html",
    ..Operation::PLAIN
};

/// A table: its name, as `dynamodb:ListTables` gives it, and what the further calls say.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String")]
#[schemars(!from)]
pub struct Table {
    /// Name.
    pub table_name: String,
    /// `ACTIVE`, `CREATING`, …
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub table_status: Field<String>,
    /// It cannot be deleted until this is turned off; AWS leaves it out where it never was turned on.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub deletion_protection_enabled: Field<bool>,
    /// Encryption with a key of KMS; null with the key that DynamoDB owns.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub sse_description: Field<SseDescription>,
    /// `dynamodb:DescribeContinuousBackups`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub continuous_backups: Field<ContinuousBackups>,
}

impl From<String> for Table {
    fn from(table_name: String) -> Self {
        Self {
            table_name,
            table_status: Field::Unread,
            deletion_protection_enabled: Field::Unread,
            sse_description: Field::Unread,
            continuous_backups: Field::Unread,
        }
    }
}

/// How a table is encrypted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SseDescription {
    /// `ENABLED`, `UPDATING`, …
    pub status: Option<String>,
    /// `KMS`
    pub sse_type: Option<String>,
    /// The key: AWS managed or customer managed.
    pub kms_master_key_arn: Option<String>,
}

/// Continuous backups of a table.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ContinuousBackups {
    /// `ENABLED` or `DISABLED`.
    pub continuous_backups_status: String,
    /// Point-in-time recovery.
    pub point_in_time_recovery_description: PointInTimeRecovery,
}

/// Point-in-time recovery of a table.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PointInTimeRecovery {
    /// `ENABLED` or `DISABLED`.
    pub point_in_time_recovery_status: String,
    /// Days back that it can be restored to.
    pub recovery_period_in_days: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
struct Described {
    table_status: String,
    deletion_protection_enabled: Option<bool>,
    sse_description: Option<SseDescription>,
}

impl Listed for Table {
    const TYPE: &'static str = "aws.dynamodb.table";
    const LIST: &'static Operation = &LIST_TABLES;
    const OPERATIONS: &'static [&'static Operation] =
        &[&LIST_TABLES, &DESCRIBE_TABLE, &DESCRIBE_CONTINUOUS_BACKUPS, &LIST_TAGS_OF_RESOURCE];
    const ITEMS: &'static [&'static str] = &["table_names"];
    const ALWAYS: &'static [&'static str] = &[];
    type Around = ();
    type Derived = Nothing;

    fn input(_: &Context) -> Value {
        json!({"Limit": 100})
    }

    fn around(_: Place<'_>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn name(&self, place: Place<'_>) -> Name {
        Name { id: arn(place, &self.table_name), name: self.table_name.clone(), tags: None }
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        Box::pin(async move {
            let (description, backups, tags) = futures::join!(
                description(place, &self.table_name),
                backups(place, &self.table_name),
                tags(place, &self.table_name)
            );
            let part = description.clone().map(|read| read.map(|told| Some(told.table_status)));
            self.table_status = draft.take("config.table_status", part);
            let part = description.clone().map(|read| read.map(|told| told.deletion_protection_enabled));
            self.deletion_protection_enabled = draft.take("config.deletion_protection_enabled", part);
            let part = description.map(|read| read.map(|told| told.sse_description));
            self.sse_description = draft.take("config.sse_description", part);
            self.continuous_backups = draft.take("config.continuous_backups", backups.map(|read| read.map(Some)));
            let tags = draft.take("tags", tags.map(|read| read.map(Some)));
            draft.tags(tags);
            Nothing {}
        })
    }
}

fn arn(place: Place<'_>, table: &str) -> String {
    place.arn("dynamodb", &format!("table/{table}"))
}

async fn description(place: Place<'_>, table: &str) -> Result<Read<Described>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        table: Described,
    }
    let read = place.one::<Answer>(&DESCRIBE_TABLE, json!({"TableName": table})).await?;
    Ok(read.map(|answer| answer.table))
}

async fn backups(place: Place<'_>, table: &str) -> Result<Read<ContinuousBackups>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        continuous_backups_description: ContinuousBackups,
    }
    let read = place.one::<Answer>(&DESCRIBE_CONTINUOUS_BACKUPS, json!({"TableName": table})).await?;
    Ok(read.map(|answer| answer.continuous_backups_description))
}

async fn tags(place: Place<'_>, table: &str) -> Result<Read<BTreeMap<String, String>>, CollectError> {
    #[derive(Deserialize)]
    struct All {
        tags: Tags,
    }
    let input = json!({"ResourceArn": arn(place, table)});
    let read = place.whole::<Value>(&LIST_TAGS_OF_RESOURCE, &["tags"], input).await?;
    let list = read.map(|tags| json!({"tags": tags}));
    Ok(door::typed::<All>(&LIST_TAGS_OF_RESOURCE, place.region, list)?.map(|all| all.tags.0))
}
