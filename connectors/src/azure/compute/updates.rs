//! What Azure Update Manager finds missing on virtual machines. Resource Graph keeps an assessment for seven days.
//!
//! Documentation: <https://learn.microsoft.com/azure/update-manager/query-logs>.

use crate::azure::context::Context;
use crate::azure::listing::{Envelope, Listed, Nothing};
use crate::azure::operation::Operation;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) static LIST: Operation = Operation::rows(
    "patchassessmentresources",
    "microsoft.compute/virtualmachines/patchassessmentresults",
    "Microsoft.Compute/virtualMachines/patchAssessmentResults/latest/read",
);

/// The last assessment of a machine.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Assessed {
    properties: Found,
}

/// What an assessment found missing.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Found {
    /// `Succeeded`, `CompletedWithWarnings`, `Failed` or `Unknown`.
    status: Option<String>,
    /// When it was made.
    last_modified_date_time: Option<String>,
    /// Updates that are missing.
    available_patch_count_by_classification: Option<Counts>,
}

/// Updates that are missing.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Counts {
    /// Critical ones; Linux has none.
    critical: Option<i64>,
    /// Those for security.
    security: Option<i64>,
}

/// What was found on a machine; none where it was not assessed, or is being assessed now: what it counts then is not told.
pub(super) fn of(all: &[(Envelope, Assessed)], machine: &str) -> Option<Found> {
    let id = format!("{machine}/patchAssessmentResults/latest");
    let found = all.iter().find(|(envelope, _)| envelope.id.eq_ignore_ascii_case(&id)).map(|(_, one)| &one.properties);
    let runs = |found: &Found| found.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("InProgress"));
    found.filter(|found| !runs(found)).cloned()
}

impl Listed for Assessed {
    const TYPE: &'static str = "azure.compute.patch-assessment";
    const LIST: &'static Operation = &LIST;
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
