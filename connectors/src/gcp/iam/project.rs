//! `gcp.iam.project`: who has which roles on the project, member by member.

use super::effective::LevelKind;
use super::ops::{self, REGION};
use super::policy;
use super::reading::{LevelRead, Reading};
use crate::collection::Collected;
use crate::declaration::{Reach, Shape};
use crate::document::{Draft, Field, Read};
use crate::gcp::ancestry::SERVICE;
use crate::gcp::context::Context;
use crate::gcp::operation::ResourceType;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

const TYPE: &str = "gcp.iam.project";

/// The type.
pub(super) const RESOURCE_TYPE: ResourceType = ResourceType {
    name: TYPE,
    about: "Who has which roles on the project",
    reach: Reach::Global,
    operations: ops::BINDINGS,
    config: Shape::of(Config::json_schema),
    derived: Shape::of(Derived::json_schema),
    collect: None,
    instead: &[],
};

/// `config`
#[derive(Debug, Serialize, JsonSchema)]
struct Config {
    /// By the project's own policy. Roles whose time is over are left out.
    #[serde(skip_serializing_if = "Field::is_unread")]
    members: Field<Vec<Holder>>,
}

/// `derived`
#[derive(Debug, Serialize, JsonSchema)]
struct Derived {
    /// The same together with what is inherited from folders and the organisation.
    #[serde(skip_serializing_if = "Field::is_unread")]
    members: Field<Vec<Holder>>,
}

/// Somebody with roles.
#[derive(Debug, Serialize, JsonSchema)]
struct Holder {
    member: String,
    /// Its roles, sorted.
    roles: Vec<String>,
}

/// The document, and its row of the balance.
pub(super) fn document(context: &Context, reading: &Reading) -> Collected {
    let id = format!("//{SERVICE}/projects/{}", context.project());
    let mut draft = Draft::new(TYPE, id, context.project(), REGION);
    let own = reading.levels.iter().filter(|level| level.kind == LevelKind::Project);
    let own = match reading.levels[0].policy.as_ref() {
        Ok(read) => Ok(Read { value: Some(holders(context, own)), exchanges: read.exchanges.clone(), at: read.at }),
        Err(error) => Err(error.clone()),
    };
    let all = match reading.levels_trouble() {
        None => Ok(reading.levels_read().map(|()| Some(holders(context, reading.levels.iter())))),
        Some(error) => Err(error),
    };
    let config = Config { members: draft.take("config.members", own) };
    let derived = Derived { members: draft.take("derived.members", all) };
    Collected::of_one(context.finish(draft, &config, &derived))
}

fn holders<'a>(context: &Context, levels: impl Iterator<Item = &'a LevelRead>) -> Vec<Holder> {
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for binding in levels.filter_map(|level| level.policy.as_ref().ok()).flat_map(|read| &read.value.bindings) {
        let over = binding.condition.as_ref().is_some_and(|condition| policy::is_over(condition, context.as_of()));
        for member in binding.members.iter().filter(|_| !over) {
            all.entry(member).or_default().insert(&binding.role);
        }
    }
    let holder = |(member, roles): (&str, BTreeSet<&str>)| Holder {
        member: member.to_owned(),
        roles: roles.into_iter().map(str::to_owned).collect(),
    };
    all.into_iter().map(holder).collect()
}
