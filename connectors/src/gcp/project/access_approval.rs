//! Access Approval: whether people of Google must ask before they reach the project's data.

use crate::document::Read;
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::door;
use crate::gcp::listing;
use crate::gcp::operation::{Operation, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `projects.getAccessApprovalSettings`.
pub(super) static GET: Operation = Operation {
    service: "accessapproval.googleapis.com",
    name: "accessapproval.projects.getAccessApprovalSettings",
    permission: "accessapproval.settings.get",
    request: Request::Get("v1/projects/{project}/accessApprovalSettings"),
    absent: &["NOT_FOUND"],
    docs: "https://cloud.google.com/assured-workloads/access-approval/docs/reference/rest/v1/projects/getAccessApprovalSettings",
    ..Operation::PLAIN
};

/// The project's settings.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct AccessApproval {
    // An answer without a name is none.
    #[serde(rename = "name", skip_serializing)]
    #[schemars(skip)]
    _name: String,
    /// Services for which it is asked for; null for none.
    enrolled_services: Option<Vec<Enrolled>>,
    /// It is asked for by the settings of what is above the project; null is false.
    enrolled_ancestor: Option<bool>,
    /// Who is asked, by address; null for none.
    notification_emails: Option<Vec<String>>,
    /// The topic that is told of requests; null for none.
    notification_pubsub_topic: Option<String>,
}

/// A service that is enrolled.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Enrolled {
    /// `all`, `GA`, or a product.
    cloud_product: Option<String>,
    /// `BLOCK_ALL`.
    enrollment_level: Option<String>,
}

/// The settings; none where there never were any.
pub(super) async fn settings(context: &Context) -> Result<Read<Option<AccessApproval>>, CollectError> {
    door::absent(&GET, listing::one::<AccessApproval>(context, &GET, &[], &Value::Null).await)
}
