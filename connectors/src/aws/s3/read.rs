//! Reading one bucket: every getter, in the bucket's own region.
//!
//! A getter that fails leaves its own field unread and nothing else. A call is spared only where S3 documents that an
//! earlier answer settles it: no policy has no status, and a bucket without versioning has neither Object Lock nor
//! replication.

use super::document::{BucketConfig, Versioning};
use super::list::Listed;
use super::operations as ops;
use super::{BUCKET, answers};
use crate::aws::{Context, Operation, sdk};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use aws_sdk_s3::Client;
use evidenced_schemas::Resource;
use std::collections::BTreeMap;

/// The region of a bucket whose region could not be read.
const UNKNOWN_REGION: &str = "unknown";

/// Fields that are asked for in the bucket's region.
pub(super) const IN_REGION: [&str; 13] = [
    "config.acl",
    "config.public_access_block",
    "config.policy",
    "config.policy_status",
    "config.encryption",
    "config.versioning",
    "config.object_lock",
    "config.logging",
    "config.lifecycle",
    "config.ownership_controls",
    "config.replication",
    TAGS,
    "config.bucket_region",
];

/// The path of the tags.
pub(super) const TAGS: &str = "tags";

/// A bucket as read, before anything is derived.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) draft: Draft,
    pub(super) config: BucketConfig,
    pub(super) tags: Field<BTreeMap<String, String>>,
    /// ARN.
    pub(super) arn: String,
    /// Region, or `unknown`.
    pub(super) region: String,
}

impl Reading {
    /// The document, with what was derived.
    pub(super) fn finish(mut self, context: &Context, derived: &super::document::BucketDerived) -> Resource {
        self.draft.tags(self.tags);
        context.finish(self.draft, &self.config, derived)
    }
}

/// An answer in the words of the documents; the operation's absence codes are `None`, an answer that does not say what
/// it must is `malformed`.
pub(super) fn understood<T, U>(
    operation: &Operation,
    region: &str,
    answer: Result<Read<T>, CollectError>,
    understand: impl FnOnce(T) -> Result<Option<U>, String>,
) -> Result<Read<Option<U>>, CollectError> {
    let Read { value, exchanges, at } = sdk::absent(operation, answer)?;
    match value.map_or(Ok(None), understand) {
        Ok(value) => Ok(Read { value, exchanges, at }),
        Err(message) => {
            let error = CollectError::malformed(operation.service, operation.name, region, message, exchanges);
            Err(CollectError { at, ..error })
        }
    }
}

/// One getter: the SDK's call, the operation that declares it, and the function that understands its answer.
macro_rules! get {
    ($client:expr, $region:expr, $name:expr, $call:ident, $operation:expr, $understand:expr) => {{
        let answer = sdk::call(&$operation, $region, |trace| {
            Box::pin($client.$call().bucket($name).customize().interceptor(trace).send())
        });
        understood(&$operation, $region, answer.await, $understand)
    }};
}

/// Reads one bucket of the list.
pub(super) async fn bucket(context: &Context, listed: Read<Listed>) -> Reading {
    let name = listed.value.name.clone();
    let arn = format!("arn:{}:s3:::{name}", context.partition().name);
    let located = match &listed.value.region {
        Some(region) => Ok(Read { value: region.clone(), exchanges: vec![], at: None }),
        None => locate(context, &name).await,
    };
    let region = located.as_ref().map_or(UNKNOWN_REGION, |read| read.value.as_str()).to_owned();
    let mut draft = Draft::new(BUCKET, &arn, &name, &region);
    draft.saw(&listed);
    let config = BucketConfig { name, creation_date: listed.value.creation_date, ..BucketConfig::default() };
    let mut reading = Reading { draft, config, tags: Field::Unread, arn, region };
    match located {
        Ok(read) => {
            reading.draft.saw(&read);
            reading.config.bucket_region = Field::Value(read.value);
            let client = context.s3(&reading.region);
            access(&client, &mut reading).await;
            protection(&client, &mut reading).await;
            upkeep(&client, &mut reading).await;
        }
        Err(error) => IN_REGION.iter().for_each(|field| reading.draft.miss(field, &error)),
    }
    reading
}

/// The region of a bucket whose region the list does not say.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>, permission `s3:GetBucketLocation`.
async fn locate(context: &Context, name: &str) -> Result<Read<String>, CollectError> {
    let client = context.s3(context.home_region());
    let answer = sdk::call(&ops::GET_BUCKET_LOCATION, context.home_region(), |trace| {
        Box::pin(client.get_bucket_location().bucket(name).customize().interceptor(trace).send())
    });
    answer.await.map(|read| read.map(|location| answers::region(&location)))
}

/// Who can reach it: ACL, blocks, policy, ownership.
async fn access(client: &Client, reading: &mut Reading) {
    let Reading { draft, config, region, .. } = reading;
    let name = config.name.as_str();
    let acl = get!(client, region, name, get_bucket_acl, ops::GET_BUCKET_ACL, answers::acl);
    config.acl = draft.take("config.acl", acl);
    let block =
        get!(client, region, name, get_public_access_block, ops::GET_PUBLIC_ACCESS_BLOCK, answers::public_access_block);
    config.public_access_block = draft.take("config.public_access_block", block);
    let policy = get!(client, region, name, get_bucket_policy, ops::GET_BUCKET_POLICY, answers::policy);
    config.policy = draft.take("config.policy", policy);
    config.policy_status = if config.policy == Field::Absent {
        Field::Absent
    } else {
        let operation = &ops::GET_BUCKET_POLICY_STATUS;
        let status = get!(client, region, name, get_bucket_policy_status, *operation, answers::policy_status);
        draft.take("config.policy_status", status)
    };
    let ownership = get!(
        client,
        region,
        name,
        get_bucket_ownership_controls,
        ops::GET_BUCKET_OWNERSHIP_CONTROLS,
        answers::ownership_controls
    );
    config.ownership_controls = draft.take("config.ownership_controls", ownership);
}

/// What keeps its objects: encryption, versioning, Object Lock, replication.
async fn protection(client: &Client, reading: &mut Reading) {
    let Reading { draft, config, region, .. } = reading;
    let name = config.name.as_str();
    let encryption = get!(client, region, name, get_bucket_encryption, ops::GET_BUCKET_ENCRYPTION, answers::encryption);
    config.encryption = draft.take("config.encryption", encryption);
    let versioning = get!(client, region, name, get_bucket_versioning, ops::GET_BUCKET_VERSIONING, answers::versioning);
    config.versioning = draft.take("config.versioning", versioning);
    if config.versioning.value().is_some_and(never_locked) {
        config.object_lock = Field::Absent;
        config.replication = Field::Absent;
        return;
    }
    let lock = get!(
        client,
        region,
        name,
        get_object_lock_configuration,
        ops::GET_OBJECT_LOCK_CONFIGURATION,
        answers::object_lock
    );
    config.object_lock = draft.take("config.object_lock", lock);
    let replication =
        get!(client, region, name, get_bucket_replication, ops::GET_BUCKET_REPLICATION, answers::replication);
    config.replication = draft.take("config.replication", replication);
}

/// True when versioning was never set: Object Lock turns it on and keeps it on, and replication demands it.
/// Sources: S3 User Guide, "Object Lock considerations" and "Requirements and considerations for replication".
fn never_locked(versioning: &Versioning) -> bool {
    versioning.status.is_none()
}

/// What is kept of it and how it is labelled: logging, lifecycle, tags.
async fn upkeep(client: &Client, reading: &mut Reading) {
    let Reading { draft, config, region, tags, .. } = reading;
    let name = config.name.as_str();
    let logging = get!(client, region, name, get_bucket_logging, ops::GET_BUCKET_LOGGING, answers::logging);
    config.logging = draft.take("config.logging", logging);
    let lifecycle = get!(
        client,
        region,
        name,
        get_bucket_lifecycle_configuration,
        ops::GET_BUCKET_LIFECYCLE_CONFIGURATION,
        answers::lifecycle
    );
    config.lifecycle = draft.take("config.lifecycle", lifecycle);
    let labels = get!(client, region, name, get_bucket_tagging, ops::GET_BUCKET_TAGGING, answers::tags);
    *tags = draft.take(TAGS, labels);
}
