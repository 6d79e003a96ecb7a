//! A Cloud Storage bucket.

use crate::document::{Draft, Field};
use crate::gcp::ancestry::ANCESTRY;
use crate::gcp::assets;
use crate::gcp::context::Context;
use crate::gcp::iam_policy::IamPolicy;
use crate::gcp::listing::{Listed, Place};
use crate::gcp::logging::sink::{OF_FOLDER, OF_ORGANIZATION, OF_PROJECT, Sinks};
use crate::gcp::number;
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static ASSET: Operation = Operation::asset("storage.googleapis.com/Bucket");

static LIST: Operation = Operation {
    service: "storage.googleapis.com",
    name: "storage.buckets.list",
    permission: "storage.buckets.list",
    request: Request::Get("storage/v1/b?project={project}&maxResults=1000"),
    items: Items::In("items"),
    shared: true,
    docs: "https://cloud.google.com/storage/docs/json_api/v1/buckets/list",
    ..Operation::PLAIN
};

static POLICY: Operation = Operation {
    service: "storage.googleapis.com",
    name: "storage.buckets.getIamPolicy",
    permission: "storage.buckets.getIamPolicy",
    request: Request::Get("storage/v1/b/{.name}/iam?optionsRequestedPolicyVersion=3"),
    docs: "https://cloud.google.com/storage/docs/json_api/v1/buckets/getIamPolicy",
    ..Operation::PLAIN
};

/// A bucket.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Bucket {
    /// The default storage class of its objects.
    storage_class: Option<String>,
    /// Who may be let in at all, and by what.
    iam_configuration: Option<IamConfiguration>,
    /// Versions of objects; null is off.
    versioning: Option<Switch>,
    /// How long deleted objects are kept; null where that was never set.
    soft_delete_policy: Option<SoftDeletePolicy>,
    /// How long objects are held; null for not at all.
    retention_policy: Option<RetentionPolicy>,
    /// What happens to objects with time; null for nothing.
    lifecycle: Option<Lifecycle>,
    /// The default key; null for Google's own.
    encryption: Option<Encryption>,
    /// Who has which role on it.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    iam_policy: Field<IamPolicy>,
}

/// Who may be let in at all, and by what.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct IamConfiguration {
    /// `enforced`, or `inherited` from the organisation policy.
    public_access_prevention: Option<String>,
    /// IAM alone decides, and access control lists of objects do not.
    uniform_bucket_level_access: Option<Switch>,
}

/// Something that is on or off.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Switch {
    /// It is on.
    enabled: Option<bool>,
}

/// How long deleted objects are kept.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct SoftDeletePolicy {
    /// Seconds; 0 is off.
    #[serde(default, deserialize_with = "number::whole")]
    retention_duration_seconds: Option<i64>,
}

/// How long objects are held.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct RetentionPolicy {
    /// Seconds.
    #[serde(default, deserialize_with = "number::whole")]
    retention_period: Option<i64>,
    /// It cannot be shortened or removed; null is false.
    is_locked: Option<bool>,
}

/// What happens to objects with time.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Lifecycle {
    /// Its rules.
    rule: Option<Vec<Rule>>,
}

/// A rule of a lifecycle.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Rule {
    /// What it does.
    action: Option<Action>,
}

/// What a rule does.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Action {
    /// `Delete`, `SetStorageClass` or `AbortIncompleteMultipartUpload`.
    #[serde(rename = "type")]
    type_: Option<String>,
}

/// The default key.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Encryption {
    /// The Cloud KMS key's name.
    default_kms_key_name: Option<String>,
}

/// `derived` of a bucket.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::gcp) struct Derived {
    /// A log sink of the project, or an aggregated one above it, has it as its destination, be it on or off: entries that it
    /// wrote stay. Sinks of other projects are not seen.
    #[serde(skip_serializing_if = "Field::is_unread")]
    is_log_sink_target: Field<bool>,
}

impl Listed for Bucket {
    const TYPE: &'static str = "gcp.storage.bucket";
    const ID: &'static str = "//storage.googleapis.com/{.name}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] =
        &[&ASSET, &LIST, &assets::POLICIES, &POLICY, &OF_PROJECT, &OF_FOLDER, &OF_ORGANIZATION, &ANCESTRY];
    type Around = Sinks;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Sinks> {
        Box::pin(context.sinks())
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, sinks: &'a Sinks, draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        Box::pin(async move {
            self.iam_policy = draft.take("config.iam_policy", place.iam_policy(&POLICY).await);
            let path = place.envelope.id.trim_start_matches("//");
            let leading = sinks.found(|sink| sink.destination == path);
            let is_target = leading.map(|read| read.map(|leading| Some(!leading.is_empty())));
            Derived { is_log_sink_target: draft.take("derived.is_log_sink_target", is_target) }
        })
    }
}
