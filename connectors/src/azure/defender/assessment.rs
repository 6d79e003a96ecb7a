//! What Defender for Cloud says of a resource: read for those that other types' controls ask about.
//!
//! Documentation: <https://learn.microsoft.com/azure/defender-for-cloud/recommendations-reference-compute>.

use crate::azure::context::Context;
use crate::azure::listing::{Envelope, Listed, Nothing};
use crate::azure::operation::Operation;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The list of assessments.
pub(in crate::azure) static LIST: Operation =
    Operation::rows("securityresources", "microsoft.security/assessments", "Microsoft.Security/assessments/read");

/// "EDR solution should be installed on Virtual Machines".
pub(in crate::azure) const ENDPOINT_PROTECTION: &str = "06e3a6db-6c0c-4ad9-943f-31d9d73ecf6c";

const BETWEEN: &str = "/providers/microsoft.security/assessments/";

/// An assessment.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::azure) struct Assessment {
    properties: Properties,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    status: Status,
}

/// What an assessment says.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::azure) struct Status {
    /// `Healthy`, `Unhealthy` or `NotApplicable`.
    code: String,
    /// Why, as a word; null for none.
    cause: Option<String>,
    /// Since when it says so.
    status_change_date: Option<String>,
}

impl Assessment {
    /// What a kind of assessment says of a resource; none where there is no such assessment.
    pub(in crate::azure) fn of(all: &[(Envelope, Self)], resource: &str, kind: &str) -> Option<Status> {
        let id = format!("{resource}{BETWEEN}{kind}");
        all.iter()
            .find(|(envelope, _)| envelope.id.eq_ignore_ascii_case(&id))
            .map(|(_, one)| one.properties.status.clone())
    }
}

impl Listed for Assessment {
    const TYPE: &'static str = "azure.defender.assessment";
    const LIST: &'static Operation = &LIST;
    type Around = ();
    type Derived = Nothing;

    fn belongs(&self, envelope: &Envelope) -> bool {
        envelope.id.to_ascii_lowercase().ends_with(&format!("{BETWEEN}{ENDPOINT_PROTECTION}"))
    }

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
