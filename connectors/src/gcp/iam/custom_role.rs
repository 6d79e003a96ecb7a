//! `gcp.iam.custom-role`: a role that the project made for itself. Those of the organisation are not read.

use super::ops::SERVICE;
use crate::gcp::context::Context;
use crate::gcp::listing::{Listed, Nothing};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

static ASSET: Operation = Operation::asset("iam.googleapis.com/Role");

/// `projects.roles.list`.
static ROLES: Operation = Operation {
    service: SERVICE,
    name: "iam.projects.roles.list",
    permission: "iam.roles.list",
    request: Request::Get("v1/projects/{project}/roles?view=FULL&pageSize=300"),
    items: Items::In("roles"),
    docs: "https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles/list",
    ..Operation::PLAIN
};

/// A custom role.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct CustomRole {
    /// `projects/P/roles/R`.
    name: Option<String>,
    /// Its name for people.
    title: Option<String>,
    /// How far it is: `GA`, `BETA`, `DISABLED`; null is `ALPHA`.
    stage: Option<String>,
    /// It was deleted.
    #[serde(default)]
    deleted: bool,
    /// What it allows, sorted. Google leaves it out when it is nothing.
    #[serde(default)]
    included_permissions: BTreeSet<String>,
}

impl Listed for CustomRole {
    const TYPE: &'static str = "gcp.iam.custom-role";
    const ID: &'static str = "//iam.googleapis.com/{.name}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&ROLES];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &ROLES];
    const ALWAYS: &'static [&'static str] = &["name"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
