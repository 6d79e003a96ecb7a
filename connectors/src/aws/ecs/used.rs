//! Which revisions of task definitions services and tasks use.
//!
//! What could not be read never makes a revision unused: it is kept beside what was found.

use super::super::listing::Place;
use super::{Operation, list, one};
use crate::document::Read;
use crate::exchange::CollectError;
use futures::stream::{self, StreamExt};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Lists the clusters of a region.
pub static LIST_CLUSTERS: Operation = list(
    "ListClusters",
    "ecs:ListClusters",
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListClusters.html",
);

/// Lists the services of a cluster.
pub static LIST_SERVICES: Operation = list(
    "ListServices",
    "ecs:ListServices",
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServices.html",
);

/// Describes ten services.
pub static DESCRIBE_SERVICES: Operation = Operation {
    secrets: &["services[].deployments[].serviceConnectConfiguration.logConfiguration.options.*"],
    ..one(
        "DescribeServices",
        "ecs:DescribeServices",
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html",
    )
};

/// Lists the tasks of a cluster: those that run, and those that ended within about an hour.
pub static LIST_TASKS: Operation =
    list("ListTasks", "ecs:ListTasks", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html");

/// Describes a hundred tasks.
pub static DESCRIBE_TASKS: Operation = Operation {
    secrets: &[
        "tasks[].overrides.containerOverrides[].command",
        "tasks[].overrides.containerOverrides[].environment[].value",
    ],
    ..one(
        "DescribeTasks",
        "ecs:DescribeTasks",
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html",
    )
};

/// Clusters that are read at the same time. The transport bounds the calls.
const AT_ONCE: usize = 8;
/// Services that one call describes.
const SERVICES: usize = 10;
/// Tasks that one call describes, and items of a page.
const TASKS: usize = 100;

/// Revisions that something uses.
#[derive(Debug, Default)]
pub(super) struct Used {
    /// Their ARNs, each with the exchanges that told it.
    pub(super) revisions: BTreeMap<String, Read<()>>,
    /// Everything that was asked: what proves that no other is used.
    pub(super) seen: Option<Read<()>>,
    /// Why the others may be used too: the first cause.
    pub(super) unknown: Option<CollectError>,
}

impl Used {
    fn take(&mut self, read: Read<Vec<String>>) {
        let told = Read { value: (), exchanges: read.exchanges.clone(), at: read.at };
        for revision in read.value {
            self.revisions.entry(revision).or_insert_with(|| told.clone());
        }
        let seen = self.seen.get_or_insert(Read { value: (), exchanges: vec![], at: None });
        seen.exchanges.extend(read.exchanges);
        seen.at = seen.at.max(read.at);
    }

    fn merge(&mut self, other: Self) {
        for (revision, told) in other.revisions {
            self.revisions.entry(revision).or_insert(told);
        }
        if let Some(seen) = other.seen {
            self.take(seen.map(|()| vec![]));
        }
        self.unknown = self.unknown.take().or(other.unknown);
    }

    fn note(&mut self, outcome: Result<Read<Vec<String>>, CollectError>) {
        match outcome {
            Ok(read) => self.take(read),
            Err(error) => self.unknown = self.unknown.take().or(Some(error)),
        }
    }
}

/// Reads what the services and tasks of a region use.
pub(super) async fn used(place: Place<'_>) -> Used {
    let mut used = Used::default();
    let mut clusters =
        match place.whole::<String>(&LIST_CLUSTERS, &["cluster_arns"], json!({"maxResults": TASKS})).await {
            Ok(clusters) => {
                used.take(Read { value: vec![], exchanges: clusters.exchanges, at: clusters.at });
                clusters.value
            }
            Err(error) => return Used { unknown: Some(error), ..used },
        };
    clusters.sort();
    let each: Vec<_> = clusters.iter().map(|cluster| Box::pin(of_cluster(place, cluster))).collect();
    for part in stream::iter(each).buffered(AT_ONCE).collect::<Vec<_>>().await {
        used.merge(part);
    }
    used
}

async fn of_cluster(place: Place<'_>, cluster: &str) -> Used {
    let mut used = Used::default();
    used.note(services(place, cluster).await);
    for status in ["RUNNING", "STOPPED"] {
        used.note(tasks(place, cluster, status).await);
    }
    used
}

async fn services(place: Place<'_>, cluster: &str) -> Result<Read<Vec<String>>, CollectError> {
    #[derive(Deserialize)]
    struct Service {
        task_definition: Option<String>,
        #[serde(default)]
        deployments: Vec<Runs>,
        #[serde(default)]
        task_sets: Vec<Runs>,
    }
    #[derive(Deserialize)]
    struct Runs {
        task_definition: Option<String>,
    }
    let asked = json!({"cluster": cluster, "maxResults": TASKS});
    let listed = place.whole::<String>(&LIST_SERVICES, &["service_arns"], asked).await?;
    let told = described::<Service>(place, &DESCRIBE_SERVICES, "services", cluster, listed, SERVICES).await?;
    let of_service = |service: Service| {
        let runs = service.deployments.into_iter().chain(service.task_sets).map(|runs| runs.task_definition);
        runs.chain([service.task_definition]).flatten()
    };
    Ok(told.map(|services| services.into_iter().flat_map(of_service).collect()))
}

async fn tasks(place: Place<'_>, cluster: &str, status: &str) -> Result<Read<Vec<String>>, CollectError> {
    #[derive(Deserialize)]
    struct Task {
        task_definition_arn: String,
    }
    let asked = json!({"cluster": cluster, "desiredStatus": status, "maxResults": TASKS});
    let listed = place.whole::<String>(&LIST_TASKS, &["task_arns"], asked).await?;
    let told = described::<Task>(place, &DESCRIBE_TASKS, "tasks", cluster, listed, TASKS).await?;
    Ok(told.map(|tasks| tasks.into_iter().map(|task| task.task_definition_arn).collect()))
}

/// Describes what was listed. One that has gone since uses nothing; any other failure, and one that the answer leaves
/// out, is an error.
async fn described<T: DeserializeOwned>(
    place: Place<'_>,
    operation: &'static Operation,
    member: &str,
    cluster: &str,
    listed: Read<Vec<String>>,
    at_once: usize,
) -> Result<Read<Vec<T>>, CollectError> {
    #[derive(Deserialize)]
    struct Failure {
        reason: Option<String>,
    }
    let mut arns = listed.value;
    arns.sort();
    let mut all = Read { value: vec![], exchanges: listed.exchanges, at: listed.at };
    for some in arns.chunks(at_once) {
        let answer = place.one::<Value>(operation, json!({"cluster": cluster, member: some})).await?;
        let malformed = |message: String| {
            let exchanges = answer.exchanges.clone();
            let error = CollectError::malformed("ecs", operation.name, place.region, message, exchanges);
            CollectError { at: answer.at, ..error }
        };
        let part = |name: &str| answer.value.get(name).cloned();
        let failures = part("failures").unwrap_or(Value::Array(vec![]));
        let failures: Vec<Failure> = serde_json::from_value(failures).map_err(|error| malformed(error.to_string()))?;
        if let Some(failure) = failures.iter().find(|failure| failure.reason.as_deref() != Some("MISSING")) {
            return Err(malformed(format!("could not describe one of {member}: {:?}", failure.reason)));
        }
        let items = part(member).ok_or_else(|| malformed(format!("the answer has no list `{member}`")))?;
        let items: Vec<T> = serde_json::from_value(items).map_err(|error| malformed(error.to_string()))?;
        if items.len() + failures.len() != some.len() {
            return Err(malformed(format!("described {} of {} {member}", items.len(), some.len())));
        }
        all.value.extend(items);
        all.exchanges.extend(answer.exchanges);
        all.at = all.at.max(answer.at);
    }
    Ok(all)
}
