//! A log bucket, and whether audit logs lie in it.

use super::SERVICE;
use super::log_query::{Entry, LogQuery, Match, all, any};
use super::sink::{OF_FOLDER, OF_ORGANIZATION, OF_PROJECT, Sink, Sinks};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use crate::gcp::ancestry::ANCESTRY;
use crate::gcp::context::Context;
use crate::gcp::door;
use crate::gcp::listing::{self, Listed, Place};
use crate::gcp::number;
use crate::gcp::operation::{Items, Operation, Request};
use crate::gcp::project;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

static LIST: Operation = Operation {
    service: SERVICE,
    name: "logging.projects.locations.buckets.list",
    permission: "logging.buckets.list",
    request: Request::Get("v2/projects/{project}/locations/-/buckets?pageSize=1000"),
    items: Items::In("buckets"),
    docs: "https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.locations.buckets/list",
    ..Operation::PLAIN
};

/// A log bucket.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct LogBucket {
    /// Days for which entries are kept.
    #[serde(default, deserialize_with = "number::whole")]
    retention_days: Option<i64>,
    /// Neither its retention can be changed nor it be deleted with entries in it; null is false.
    locked: Option<bool>,
    /// `ACTIVE`, `DELETE_REQUESTED`, `UPDATING`, `CREATING` or `FAILED`.
    lifecycle_state: Option<String>,
    /// Its key; null for Google's own.
    cmek_settings: Option<CmekSettings>,
}

/// A log bucket's key.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct CmekSettings {
    /// The key's name.
    kms_key_name: Option<String>,
}

/// `derived` of a log bucket.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::gcp) struct Derived {
    /// A sink of the project, or an aggregated one above it, leads entries of Cloud Audit Logs here. Sinks of other projects
    /// are not seen.
    #[serde(skip_serializing_if = "Field::is_unread")]
    holds_audit_logs: Field<bool>,
}

/// Where entries go, and the project's number, by which destinations may name it.
pub(in crate::gcp) struct Routes {
    sinks: Sinks,
    number: Result<Read<String>, CollectError>,
}

impl Listed for LogBucket {
    const TYPE: &'static str = "gcp.logging.bucket";
    const ID: &'static str = "//logging.googleapis.com/projects/{project}/{.name:locations/}";
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] =
        &[&LIST, &OF_PROJECT, &OF_FOLDER, &OF_ORGANIZATION, &ANCESTRY, &project::GET];
    type Around = Routes;
    type Derived = Derived;

    fn around(context: &Context) -> BoxFuture<'_, Routes> {
        Box::pin(async move {
            let (sinks, number) = futures::join!(context.sinks(), number_of(context));
            Routes { sinks, number }
        })
    }

    fn complete<'a>(
        &'a mut self,
        place: Place<'a>,
        routes: &'a Routes,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Derived> {
        let outcome = holds_audit_logs(place, routes);
        Box::pin(async move { Derived { holds_audit_logs: draft.take("derived.holds_audit_logs", outcome) } })
    }
}

async fn number_of(context: &Context) -> Result<Read<String>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        name: String,
    }
    let read = listing::one::<Answer>(context, &project::GET, &[], &Value::Null).await?;
    Ok(read.map(|project| project.name))
}

fn holds_audit_logs(place: Place<'_>, routes: &Routes) -> Result<Read<Option<bool>>, CollectError> {
    let path = place.envelope.id.trim_start_matches("//");
    let known = any(routes.sinks.known().map(|sink| {
        all([leads_to(sink, path, place.context.project(), routes.number.as_ref().ok()), leads_audit_logs(sink)])
    }));
    match known {
        Some(true) => Ok(routes.sinks.found(|_| true)?.map(|_| Some(true))),
        known => {
            let read = routes.sinks.whole()?;
            if known.is_none() {
                routes.number.clone()?;
                let what = "the filter of a sink is not understood";
                let error = door::malformed(&OF_PROJECT, what, read.exchanges);
                return Err(CollectError { at: read.at, ..error });
            }
            Ok(read.map(|_| Some(false)))
        }
    }
}

/// Whether the sink's destination is the log bucket with this name without `//`.
fn leads_to(sink: &Sink, path: &str, project: &str, number: Option<&Read<String>>) -> Match {
    if sink.destination == path {
        return Some(true);
    }
    let of_number = |number: &Read<String>| path.replacen(&format!("projects/{project}"), &number.value, 1);
    let may_be = |destination: &str| {
        let place = |path: &str| path.split_once("/locations/").map(|(_, place)| place.to_owned());
        let named =
            destination.strip_prefix("logging.googleapis.com/projects/").and_then(|rest| rest.split('/').next());
        named.is_some_and(|named| named.bytes().all(|byte| byte.is_ascii_digit())) && place(destination) == place(path)
    };
    match number {
        Some(number) => Some(sink.destination == of_number(number)),
        None if may_be(&sink.destination) => None,
        None => Some(false),
    }
}

/// Whether the sink leads any kind of audit log to its destination.
fn leads_audit_logs(sink: &Sink) -> Match {
    if !sink.is_on() {
        return Some(false);
    }
    let filter = LogQuery::read(sink.filter.as_deref().unwrap_or_default());
    let exclusions: Vec<LogQuery> = sink
        .exclusions
        .iter()
        .flatten()
        .filter(|one| one.disabled != Some(true))
        .map(|one| LogQuery::read(one.filter.as_deref().unwrap_or_default()))
        .collect();
    any(audit_entries().iter().map(|entry| {
        let left_out = any(exclusions.iter().map(|exclusion| exclusion.matches(entry)));
        all([filter.matches(entry), left_out.map(|out| !out)])
    }))
}

/// Entries of each kind of audit log, of which no more is said than that.
/// Documentation: <https://cloud.google.com/logging/docs/audit#types>.
fn audit_entries() -> [Entry; 4] {
    ["activity", "data_access", "system_event", "policy"].map(|kind| Entry {
        known: json!({
            "log_id": format!("cloudaudit.googleapis.com/{kind}"),
            "protoPayload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog"},
        }),
        whole: &["log_id", "textPayload", "jsonPayload"],
        every: false,
    })
}
