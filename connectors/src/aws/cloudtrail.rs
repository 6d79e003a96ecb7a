//! CloudTrail: every trail in its home region, whether it logs, and what it records.

pub mod selectors;
pub mod trail;

use super::{Context, Family, Operation, Reach, ResourceType, door};
use crate::collection::{Collected, Tally};
use crate::declaration::Shape;
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use selectors::{AdvancedEventSelector, EventSelector};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use trail::{Trail, TrailConfig, TrailDerived, TrailStatus};

const TYPE: &str = "aws.cloudtrail.trail";
/// Trails that one `ListTags` call may name.
const TAGGED_AT_ONCE: usize = 20;
/// Regions and trails that are read at the same time. The transport bounds the calls.
const AT_ONCE: usize = 16;

/// Lists the trails of a region.
pub static DESCRIBE_TRAILS: Operation = Operation {
    service: "cloudtrail",
    name: "DescribeTrails",
    permission: "cloudtrail:DescribeTrails",
    docs: "https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html",
    ..Operation::PLAIN
};

/// Says whether a trail logs, and what became of its deliveries.
pub static GET_TRAIL_STATUS: Operation = Operation {
    service: "cloudtrail",
    name: "GetTrailStatus",
    permission: "cloudtrail:GetTrailStatus",
    docs: "https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html",
    ..Operation::PLAIN
};

/// Says which events a trail records.
pub static GET_EVENT_SELECTORS: Operation = Operation {
    service: "cloudtrail",
    name: "GetEventSelectors",
    permission: "cloudtrail:GetEventSelectors",
    docs: "https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html",
    ..Operation::PLAIN
};

/// Answers with the tags of trails.
pub static LIST_TAGS: Operation = Operation {
    service: "cloudtrail",
    name: "ListTags",
    permission: "cloudtrail:ListTags",
    paging: super::Paging::Token { input: "NextToken", output: "NextToken" },
    docs: "https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTags.html",
    ..Operation::PLAIN
};

/// CloudTrail's family.
pub const FAMILY: Family = Family {
    name: "cloudtrail",
    types: &[ResourceType {
        name: TYPE,
        about: "A trail, in its home region: its settings, its status and its event selectors.",
        reach: Reach::Regional,
        operations: &[&DESCRIBE_TRAILS, &GET_TRAIL_STATUS, &GET_EVENT_SELECTORS, &LIST_TAGS],
        config: Shape::of(TrailConfig::json_schema),
        derived: Shape::of(TrailDerived::json_schema),
        collect: None,
        instead: &[],
    }],
    collect: Some(|context| Box::pin(collect(context))),
};

async fn collect(context: &Context) -> Collected {
    let regions: Vec<_> = context.regions().iter().map(|region| in_region(context, region)).collect();
    let mut collected = Collected::default();
    for part in stream::iter(regions).buffered(AT_ONCE).collect::<Vec<_>>().await {
        collected.merge(part);
    }
    collected
}

async fn in_region(context: &Context, region: &str) -> Collected {
    let mut tally = Tally::new(TYPE, region);
    let trails = match list(context, region).await {
        Ok(trails) => trails,
        Err(error) => {
            tally.cut_short(error.sentence());
            return Collected { populations: vec![tally.close(&[])], ..Collected::default() };
        }
    };
    tally.page();
    let tags = tags(context, region, &trails.value).await;
    let (listed, tags) = (&trails, &tags);
    let read: Vec<_> = trails.value.iter().map(|trail| document(context, region, trail, listed, tags)).collect();
    let resources = stream::iter(read).buffered(AT_ONCE).collect::<Vec<_>>().await;
    Collected { populations: vec![tally.close(&resources)], resources, ..Collected::default() }
}

/// The trails whose home is this region. Copies of a multi-region trail that another region would show are not asked for.
async fn list(context: &Context, region: &str) -> Result<Read<Vec<Trail>>, CollectError> {
    #[derive(Deserialize)]
    struct Answer {
        trail_list: Vec<Trail>,
    }
    let answer = context.ask(&DESCRIBE_TRAILS, region, json!({"includeShadowTrails": false})).await?;
    let answer = door::typed::<Answer>(&DESCRIBE_TRAILS, region, answer.map(door::snake_case_keys))?;
    Ok(answer.map(|answer| answer.trail_list.into_iter().filter(|trail| trail.home_region == region).collect()))
}

type Tags = BTreeMap<String, String>;

/// Tags by trail, for each group of trails that one call may name.
async fn tags(
    context: &Context,
    region: &str,
    trails: &[Trail],
) -> Vec<Result<Read<BTreeMap<String, Tags>>, CollectError>> {
    let mut groups = Vec::new();
    for group in trails.chunks(TAGGED_AT_ONCE) {
        groups.push(tags_of(context, region, group).await);
    }
    groups
}

async fn tags_of(
    context: &Context,
    region: &str,
    trails: &[Trail],
) -> Result<Read<BTreeMap<String, Tags>>, CollectError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        resource_tag_list: Vec<Tagged>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Tagged {
        resource_id: String,
        #[serde(default)]
        tags_list: Vec<Tag>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Tag {
        key: String,
        #[serde(default)]
        value: String,
    }
    let names: Vec<&str> = trails.iter().map(|trail| trail.trail_arn.as_str()).collect();
    let pages = context.ask_all(&LIST_TAGS, region, json!({"ResourceIdList": names})).await;
    if let Some(error) = pages.error {
        return Err(error);
    }
    let mut all = Read { value: BTreeMap::<String, Tags>::new(), exchanges: vec![], at: None };
    for page in pages.pages {
        let page = door::typed::<Answer>(&LIST_TAGS, region, page)?;
        all.exchanges.extend(page.exchanges);
        all.at = all.at.max(page.at);
        for tagged in page.value.resource_tag_list {
            let tags = tagged.tags_list.into_iter().map(|tag| (tag.key, tag.value));
            all.value.entry(tagged.resource_id).or_default().extend(tags);
        }
    }
    Ok(all)
}

async fn document(
    context: &Context,
    region: &str,
    trail: &Trail,
    listed: &Read<Vec<Trail>>,
    tags: &[Result<Read<BTreeMap<String, Tags>>, CollectError>],
) -> evidenced_schemas::Resource {
    let mut draft = Draft::new(TYPE, &trail.trail_arn, &trail.name, region);
    draft.saw(listed);
    flags_that_are_missing(&mut draft, trail, region, listed);
    let position = listed.value.iter().position(|other| other.trail_arn == trail.trail_arn).unwrap_or_default();
    let own_tags = match tags.get(position / TAGGED_AT_ONCE) {
        Some(Ok(read)) => match read.value.get(&trail.trail_arn) {
            Some(tags) => Ok(Read { value: Some(tags.clone()), exchanges: read.exchanges.clone(), at: read.at }),
            None => Err(malformed(&LIST_TAGS, region, "the trail is not in the answer", read)),
        },
        Some(Err(error)) => Err(error.clone()),
        None => Err(malformed(&LIST_TAGS, region, "was not asked", listed)),
    };
    let own_tags = draft.take("tags", own_tags);
    draft.tags(own_tags);
    let status = draft.take("config.status", status(context, region, trail).await);
    let (basic, advanced, derived) = recorded(&mut draft, selectors(context, region, trail).await);
    let config =
        TrailConfig { trail: trail.clone(), status, event_selectors: basic, advanced_event_selectors: advanced };
    context.finish(draft, &config, &derived)
}

fn malformed<T>(operation: &Operation, region: &str, message: &str, read: &Read<T>) -> CollectError {
    let exchanges = read.exchanges.clone();
    CollectError {
        at: read.at,
        ..CollectError::malformed(operation.service, operation.name, region, message, exchanges)
    }
}

/// Notes each setting that AWS always gives and this answer does not.
fn flags_that_are_missing<T>(draft: &mut Draft, trail: &Trail, region: &str, listed: &Read<T>) {
    let settings = [
        ("config.s3_bucket_name", trail.s3_bucket_name.is_none()),
        ("config.include_global_service_events", trail.include_global_service_events.is_none()),
        ("config.is_multi_region_trail", trail.is_multi_region_trail.is_none()),
        ("config.is_organization_trail", trail.is_organization_trail.is_none()),
        ("config.log_file_validation_enabled", trail.log_file_validation_enabled.is_none()),
    ];
    for (path, _) in settings.into_iter().filter(|(_, missing)| *missing) {
        draft.miss(path, &malformed(&DESCRIBE_TRAILS, region, "the setting is missing", listed));
    }
}

async fn status(context: &Context, region: &str, trail: &Trail) -> Result<Read<Option<TrailStatus>>, CollectError> {
    let answer = context.ask(&GET_TRAIL_STATUS, region, json!({"Name": trail.trail_arn})).await?;
    Ok(door::typed(&GET_TRAIL_STATUS, region, answer.map(door::snake_case_keys))?.map(Some))
}

/// Both kinds of selectors; a trail has one of them.
#[derive(Clone, Debug, Deserialize)]
struct Selectors {
    event_selectors: Option<Vec<EventSelector>>,
    advanced_event_selectors: Option<Vec<AdvancedEventSelector>>,
}

async fn selectors(context: &Context, region: &str, trail: &Trail) -> Result<Read<Selectors>, CollectError> {
    let answer = context.ask(&GET_EVENT_SELECTORS, region, json!({"TrailName": trail.trail_arn})).await?;
    let answer = door::typed::<Selectors>(&GET_EVENT_SELECTORS, region, answer.map(door::snake_case_keys))?;
    if answer.value.event_selectors.is_none() && answer.value.advanced_event_selectors.is_none() {
        return Err(malformed(&GET_EVENT_SELECTORS, region, "the answer has no selectors of either kind", &answer));
    }
    Ok(answer)
}

type Recorded = (Field<Vec<EventSelector>>, Field<Vec<AdvancedEventSelector>>, TrailDerived);

/// The selectors and what follows from them; all of it is unknown together.
fn recorded(draft: &mut Draft, outcome: Result<Read<Selectors>, CollectError>) -> Recorded {
    match outcome {
        Ok(read) => {
            draft.saw(&read);
            let Selectors { event_selectors, advanced_event_selectors } = read.value;
            let (basic, advanced) = (
                event_selectors.as_deref().unwrap_or_default(),
                advanced_event_selectors.as_deref().unwrap_or_default(),
            );
            let derived = TrailDerived {
                management_events: Field::Value(selectors::management_events(basic, advanced)),
                s3_data_events: Field::Value(selectors::s3_data_events(basic, advanced)),
                lambda_data_events: Field::Value(selectors::lambda_data_events(basic, advanced)),
                bedrock_events: Field::Value(selectors::bedrock_events(basic, advanced)),
                log_bucket: Field::Unread,
            };
            (Field::from(event_selectors), Field::from(advanced_event_selectors), derived)
        }
        Err(error) => {
            let unknown = ["config.event_selectors", "config.advanced_event_selectors"];
            let derived = [
                "derived.management_events",
                "derived.s3_data_events",
                "derived.lambda_data_events",
                "derived.bedrock_events",
            ];
            for path in unknown.into_iter().chain(derived) {
                draft.miss(path, &error);
            }
            (Field::Unread, Field::Unread, TrailDerived::default())
        }
    }
}

#[cfg(test)]
mod tests;
