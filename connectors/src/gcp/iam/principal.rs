//! The documents of `gcp.iam.principal`; what they say is worked out in [`super::effective`].

use super::effective::{Config, Derived};
use super::ops::{self, REGION};
use super::reading::Reading;
use crate::collection::{Collected, Tally};
use crate::declaration::{Reach, Shape};
use crate::document::Draft;
use crate::gcp::ancestry::SERVICE;
use crate::gcp::context::Context;
use crate::gcp::operation::ResourceType;
use schemars::JsonSchema;

const TYPE: &str = "gcp.iam.principal";

/// The type.
pub(super) const RESOURCE_TYPE: ResourceType = ResourceType {
    name: TYPE,
    about: "Everybody who has a role on the project, above it or on one of its service accounts, with what they may do",
    reach: Reach::Global,
    operations: ops::PRINCIPALS,
    config: Shape::of(Config::json_schema),
    derived: Shape::of(Derived::json_schema),
    collect: None,
    instead: &[],
};

/// Everybody, and their row of the balance.
pub(super) fn documents(context: &Context, reading: &Reading) -> Collected {
    let world = reading.world(context);
    let everything = reading.everything_read();
    let documents = (0..world.count()).map(|at| {
        let member = world.member(at);
        let name = member.split_once(':').map_or(member, |(_, name)| name);
        let id = format!("//{SERVICE}/projects/{}#{member}", context.project());
        let mut draft = Draft::new(TYPE, id, name, REGION);
        draft.saw(&everything);
        let derived = world.derived(at, &mut draft);
        context.finish(draft, &world.config(at), &derived)
    });
    let resources: Vec<_> = documents.collect();
    let mut tally = Tally::new(TYPE, REGION);
    tally.page();
    // Who has a role only in what was not read is missing.
    let trouble = reading.levels_trouble().or_else(|| reading.found.trouble.clone());
    let policies = reading.accounts.iter().find_map(|account| account.policy.as_ref().err().cloned());
    if let Some(error) = trouble.or(policies) {
        tally.cut_short(error.sentence());
    }
    Collected { populations: vec![tally.close(&resources)], resources, ..Collected::default() }
}
