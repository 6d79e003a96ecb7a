//! A finding of Security Command Center. Where that is not active for the organisation, the list is refused, and nothing is
//! known of findings.

use crate::document::Draft;
use crate::gcp::context::Context;
use crate::gcp::listing::{Listed, Nothing, Place};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `organizations.sources.findings.list`, of all sources: those that are active, and high or critical.
static LIST: Operation = Operation {
    service: "securitycenter.googleapis.com",
    name: "securitycenter.organizations.sources.findings.list",
    permission: "securitycenter.findings.list",
    request: Request::Get(
        "v1/organizations/{organization}/sources/-/findings?pageSize=1000\
         &filter=state%3D%22ACTIVE%22%20AND%20(severity%3D%22HIGH%22%20OR%20severity%3D%22CRITICAL%22)",
    ),
    items: Items::In("listFindingsResults"),
    docs: "https://cloud.google.com/security-command-center/docs/reference/rest/v1/organizations.sources.findings/list",
    ..Operation::PLAIN
};

/// A finding, as the list has it.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Finding {
    /// The finding itself.
    finding: Told,
}

/// A finding.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Told {
    /// What was found: `PUBLIC_BUCKET_ACL` and the like.
    category: Option<String>,
    /// The full name of what it is about.
    resource_name: Option<String>,
    /// `ACTIVE` or `INACTIVE`.
    state: Option<String>,
    /// `CRITICAL`, `HIGH`, `MEDIUM` or `LOW`.
    severity: Option<String>,
    /// `MUTED` where somebody set it aside, `UNMUTED` or `UNDEFINED`.
    mute: Option<String>,
    /// `THREAT`, `VULNERABILITY`, `MISCONFIGURATION` and the like.
    finding_class: Option<String>,
    /// When Security Command Center got it.
    create_time: Option<String>,
    /// When it was found, or changed since.
    event_time: Option<String>,
}

impl Listed for Finding {
    const TYPE: &'static str = "gcp.scc.finding";
    const ID: &'static str = "//securitycenter.googleapis.com/{.finding.name}";
    const DIRECT: &'static [&'static Operation] = &[&LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&LIST];
    const ALWAYS: &'static [&'static str] = &["finding.state", "finding.severity", "finding.create_time"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, _: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        if let Some(category) = &self.finding.category {
            draft.rename(category);
        }
        Box::pin(std::future::ready(Nothing::default()))
    }
}
