//! `aws.ecs.task-definition`
//!
//! No list gives these documents: the families of task definitions give the latest revisions, services and tasks name
//! the others. Any of those that cannot be read cuts the population short.

use super::super::listing::{Place, Tags};
use super::used::{Used, used};
use super::{Operation, list, one};
use crate::aws::Context;
use crate::collection::{Collected, Tally};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use evidenced_schemas::Resource;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// The type's name.
pub const TYPE: &str = "aws.ecs.task-definition";

/// Regions, and revisions of one, that are read at the same time. The transport bounds the calls.
const AT_ONCE: usize = 16;

/// Lists the families that have an active revision.
pub static LIST_TASK_DEFINITION_FAMILIES: Operation = list(
    "ListTaskDefinitionFamilies",
    "ecs:ListTaskDefinitionFamilies",
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTaskDefinitionFamilies.html",
);

/// Describes a revision; by the name of a family its latest active one.
pub static DESCRIBE_TASK_DEFINITION: Operation = Operation {
    secrets: &[
        "taskDefinition.containerDefinitions[].command",
        "taskDefinition.containerDefinitions[].entryPoint",
        "taskDefinition.containerDefinitions[].environment[].value",
        "taskDefinition.containerDefinitions[].dockerLabels.*",
        "taskDefinition.containerDefinitions[].firelensConfiguration.options.*",
        "taskDefinition.containerDefinitions[].healthCheck.command",
        "taskDefinition.containerDefinitions[].logConfiguration.options.*",
        "taskDefinition.proxyConfiguration.properties[].value",
        "taskDefinition.volumes[].dockerVolumeConfiguration.driverOpts.*",
    ],
    ..one(
        "DescribeTaskDefinition",
        "ecs:DescribeTaskDefinition",
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html",
    )
};

/// A revision, as `ecs:DescribeTaskDefinition` describes it. What its containers are told at their start is not among it.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct TaskDefinition {
    /// `ACTIVE`, `INACTIVE` or `DELETE_IN_PROGRESS`.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub status: Field<String>,
    /// `bridge`, `host`, `awsvpc` or `none`; null for the default.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub network_mode: Field<String>,
    /// Its containers.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub container_definitions: Field<Vec<Container>>,
}

/// A container.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Container {
    /// Name.
    pub name: String,
    /// Image.
    pub image: Option<String>,
    /// It has the host's privileges; null is no.
    pub privileged: Option<bool>,
    /// User that it runs as; null for the image's.
    pub user: Option<String>,
    /// It cannot write to its root file system; null is no.
    pub readonly_root_filesystem: Option<bool>,
    /// Where it logs; null leaves it to the host.
    pub log_configuration: Option<LogConfiguration>,
}

/// Where a container logs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LogConfiguration {
    /// `awslogs`, `awsfirelens`, `splunk`, …
    pub log_driver: String,
}

/// `derived` of `aws.ecs.task-definition`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct TaskDefinitionDerived {
    /// A service names it, or a task that runs or ended within about an hour.
    #[serde(skip_serializing_if = "Field::is_unread")]
    pub in_use: Field<bool>,
}

/// Reads every region of the run.
pub(super) async fn collect(context: &Context) -> Collected {
    let regions: Vec<_> =
        context.regions().iter().map(|region| Box::pin(read_region(Place { context, region }))).collect();
    let mut collected = Collected::default();
    for part in stream::iter(regions).buffered(AT_ONCE).collect::<Vec<_>>().await {
        collected.merge(part);
    }
    collected
}

async fn read_region(place: Place<'_>) -> Collected {
    let asked = json!({"status": "ACTIVE", "maxResults": 100});
    let (pages, used) =
        futures::join!(place.whole::<String>(&LIST_TASK_DEFINITION_FAMILIES, &["families"], asked), used(place));
    let mut tally = Tally::new(TYPE, place.region);
    let families = match pages {
        Ok(read) => {
            tally.pages(read.exchanges.len() as u64);
            read.value
        }
        Err(error) => {
            tally.cut_short(error.sentence());
            vec![]
        }
    };
    if let Some(error) = &used.unknown {
        tally.cut_short(error.sentence());
    }
    let mut told: BTreeMap<String, Result<Read<Told>, CollectError>> = BTreeMap::new();
    for latest in describe_all(place, families).await {
        match latest {
            Ok(read) => {
                told.insert(read.value.task_definition_arn.clone(), Ok(read));
            }
            Err(error) => tally.cut_short(error.sentence()),
        }
    }
    let others: Vec<String> = used.revisions.keys().filter(|arn| !told.contains_key(*arn)).cloned().collect();
    let described = describe_all(place, others.clone()).await;
    told.extend(others.into_iter().zip(described));
    let resources: Vec<Resource> = told.into_iter().map(|(arn, told)| document(place, &arn, told, &used)).collect();
    Collected { populations: vec![tally.close(&resources)], resources, ..Collected::default() }
}

/// What a description tells.
#[derive(Clone, Deserialize)]
struct Told {
    task_definition_arn: String,
    status: Option<String>,
    network_mode: Option<String>,
    container_definitions: Vec<Container>,
    #[serde(skip)]
    tags: Tags,
}

async fn describe_all(place: Place<'_>, mut names: Vec<String>) -> Vec<Result<Read<Told>, CollectError>> {
    names.sort();
    let each: Vec<_> = names.iter().map(|name| Box::pin(describe(place, name))).collect();
    stream::iter(each).buffered(AT_ONCE).collect().await
}

/// By ARN, or by the name of a family.
async fn describe(place: Place<'_>, name: &str) -> Result<Read<Told>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        task_definition: Told,
        #[serde(default)]
        tags: Tags,
    }
    let asked = json!({"taskDefinition": name, "include": ["TAGS"]});
    let read = place.one::<Answer>(&DESCRIBE_TASK_DEFINITION, asked).await?;
    let told = read.map(|answer| Told { tags: answer.tags, ..answer.task_definition });
    if told.value.is_what_was_asked_for(name) {
        return Ok(told);
    }
    let message = "the answer describes another task definition";
    let error = CollectError::malformed("ecs", "DescribeTaskDefinition", place.region, message, told.exchanges);
    Err(CollectError { at: told.at, ..error })
}

impl Told {
    fn is_what_was_asked_for(&self, name: &str) -> bool {
        let arn = &self.task_definition_arn;
        let of_family = || arn.rsplit_once('/').and_then(|(_, revision)| revision.rsplit_once(':')).map(|(f, _)| f);
        arn == name || of_family() == Some(name)
    }
}

fn document(place: Place<'_>, arn: &str, told: Result<Read<Told>, CollectError>, used: &Used) -> Resource {
    let name = arn.rsplit_once('/').map_or(arn, |(_, name)| name);
    let mut draft = Draft::new(TYPE, arn, name, place.region);
    if told.is_err() {
        draft.tags(Field::Unread);
    }
    let mut config = TaskDefinition::default();
    match told {
        Ok(read) => {
            draft.saw(&read);
            draft.tags(Field::Value(read.value.tags.0));
            config.status = Field::from(read.value.status);
            config.network_mode = Field::from(read.value.network_mode);
            config.container_definitions = Field::Value(read.value.container_definitions);
        }
        Err(error) => {
            for field in ["config.status", "config.network_mode", "config.container_definitions"] {
                draft.miss(field, &error);
            }
        }
    }
    let in_use = match (used.revisions.get(arn), &used.unknown) {
        (Some(told), _) => {
            draft.saw(told);
            Field::Value(true)
        }
        (None, None) => {
            used.seen.iter().for_each(|seen| draft.saw(seen));
            Field::Value(false)
        }
        (None, Some(error)) => {
            draft.miss("derived.in_use", error);
            Field::Unread
        }
    };
    place.context.finish(draft, &config, &TaskDefinitionDerived { in_use })
}
