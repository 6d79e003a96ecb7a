//! A BigQuery dataset.

use crate::document::Draft;
use crate::gcp::context::Context;
use crate::gcp::iam_policy::Condition;
use crate::gcp::listing::{Listed, Nothing, Place};
use crate::gcp::number;
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const SERVICE: &str = "bigquery.googleapis.com";

static ASSET: Operation = Operation::asset("bigquery.googleapis.com/Dataset");

/// Lists those datasets of which the caller has `bigquery.datasets.get`, and leaves the others out without a word: given on
/// the project, that is all of them.
static LIST: Operation = Operation {
    service: SERVICE,
    name: "bigquery.datasets.list",
    permission: "bigquery.datasets.get",
    request: Request::Get("bigquery/v2/projects/{project}/datasets?maxResults=1000"),
    items: Items::In("datasets"),
    shared: true,
    docs: "https://cloud.google.com/bigquery/docs/reference/rest/v2/datasets/list",
    ..Operation::PLAIN
};

static GET: Operation = Operation {
    service: SERVICE,
    name: "bigquery.datasets.get",
    permission: "bigquery.datasets.get",
    request: Request::Get(
        "bigquery/v2/projects/{project}/datasets/{.datasetReference.datasetId}?accessPolicyVersion=3&datasetView=FULL",
    ),
    also: &["bigquery.datasets.getIamPolicy"],
    shared: true,
    docs: "https://cloud.google.com/bigquery/docs/reference/rest/v2/datasets/get",
    ..Operation::PLAIN
};

/// A dataset.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Dataset {
    /// `DEFAULT`, `LINKED`, `EXTERNAL` or `PUBLIC`.
    #[serde(rename = "type")]
    type_: Option<String>,
    /// When it was made, in milliseconds since 1970.
    #[serde(default, deserialize_with = "number::whole")]
    creation_time: Option<i64>,
    /// How long tables stay, in milliseconds; null for as long as nobody deletes them.
    #[serde(default, deserialize_with = "number::whole")]
    default_table_expiration_ms: Option<i64>,
    /// The default key of its tables; null for Google's own.
    default_encryption_configuration: Option<Encryption>,
    /// Who is let in.
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<Vec<Access>>,
}

/// The default key of a dataset's tables.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Encryption {
    /// The Cloud KMS key's name.
    kms_key_name: Option<String>,
}

/// What a dataset says of its access. Each has an owner, so that an answer without any is none.
#[derive(Debug, Deserialize)]
struct Granted {
    access: Vec<Access>,
}

/// Somebody who is let in. One of its members says who; the others are null.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Access {
    /// `READER`, `WRITER`, `OWNER` or a role; null of views, routines and datasets.
    role: Option<String>,
    /// `projectOwners`, `projectReaders`, `projectWriters` or `allAuthenticatedUsers`.
    special_group: Option<String>,
    /// Another member of an IAM policy: `allUsers`, `principalSet://…`.
    iam_member: Option<String>,
    /// Everybody of a domain.
    domain: Option<String>,
    /// A group.
    group_by_email: Option<String>,
    /// A person or a service account.
    user_by_email: Option<String>,
    /// When it holds; null for always.
    condition: Option<Condition>,
}

impl Listed for Dataset {
    const TYPE: &'static str = "gcp.bigquery.dataset";
    const ID: &'static str = "//bigquery.googleapis.com/projects/{project}/datasets/{.datasetReference.datasetId}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const DETAIL: Option<&'static Operation> = Some(&GET);
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LIST, &GET];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    /// A dataset in which nobody has a part is next to none: where the inventory does not tell of access, the API is asked.
    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        Box::pin(async move {
            if self.access.is_none() {
                match place.one::<Granted>(&GET).await {
                    Ok(granted) => {
                        draft.saw(&granted);
                        self.access = Some(granted.value.access);
                    }
                    Err(error) => draft.miss("config.access", &error),
                }
            }
            Nothing::default()
        })
    }
}
