//! Tags of data stores: one document for each store that its own family has listed, with the tags that the store's own
//! service told.
//!
//! The tagging API is deliberately not asked. Its `GetResources` lists only what has a tag or once had one, and not every
//! service: a store that it leaves out may be untagged, may be too new, or may be of a kind that it does not know.

use super::listing::Nothing;
use super::{Context, Family, Reach, ResourceType, s3, sns, sqs};
use crate::collection::{Collected, Tally};
use crate::declaration::Shape;
use schemars::JsonSchema;
use serde::Serialize;

/// The resource type.
pub const TYPE: &str = "aws.tagging.resource";

/// The types that hold data: buckets, databases, file systems, tables, queues and topics. Those that no family declares are
/// passed over.
pub const STORES: [&str; 6] =
    ["aws.s3.bucket", "aws.rds.instance", "aws.rds.cluster", "aws.dynamodb.table", "aws.sqs.queue", "aws.sns.topic"];

/// `config` of `aws.tagging.resource`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TaggedConfig {
    /// ARN of the store.
    pub resource_arn: String,
    /// Its resource type here, `aws.sqs.queue`.
    pub resource_type: String,
}

/// The family of tags.
pub const FAMILY: Family = Family {
    name: "tagging",
    types: &[ResourceType {
        name: TYPE,
        about: "A store of data (a bucket, a database, a file system, a table, a queue, a topic), with its tags.",
        reach: Reach::Regional,
        operations: &[&s3::GET_BUCKET_TAGGING, &sns::LIST_TAGS_FOR_RESOURCE, &sqs::LIST_QUEUE_TAGS],
        config: Shape::of(TaggedConfig::json_schema),
        derived: Shape::of(Nothing::json_schema),
        collect: Some(|context| Box::pin(std::future::ready(rows(context)))),
        instead: &[],
    }],
    collect: None,
};

/// A row for each region of the run; the stores come in once their families have read them ([`super::join`]).
fn rows(context: &Context) -> Collected {
    let rows = context.regions().iter().map(|region| Tally::new(TYPE, region).close(&[]));
    Collected { populations: rows.collect(), ..Collected::default() }
}
