//! Services that are enabled in the project.

use crate::document::Read;
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::listing;
use crate::gcp::operation::{Items, Operation, Request};
use serde::Deserialize;
use serde_json::Value;

/// `services.list`, of those that are enabled.
pub(super) static LIST: Operation = Operation {
    service: "serviceusage.googleapis.com",
    name: "serviceusage.services.list",
    permission: "serviceusage.services.list",
    request: Request::Get("v1/projects/{project}/services?filter=state:ENABLED&pageSize=200"),
    items: Items::In("services"),
    shared: true,
    docs: "https://cloud.google.com/service-usage/docs/reference/rest/v1/services/list",
    ..Operation::PLAIN
};

#[derive(Deserialize)]
struct Service {
    name: String,
    state: Option<String>,
}

/// Names of the services that are enabled, sorted.
pub(super) async fn enabled(context: &Context) -> Result<Read<Option<Vec<String>>>, CollectError> {
    let read = listing::whole::<Service>(context, &LIST, &[], &Value::Null).await?;
    Ok(read.map(|services| {
        // Those that are enabled were asked for: a state that nobody knows is not taken for off.
        let enabled = services.into_iter().filter(|service| service.state.as_deref() != Some("DISABLED"));
        let name = |service: Service| service.name.rsplit('/').next().map(str::to_owned);
        let mut names: Vec<String> = enabled.filter_map(name).collect();
        names.sort();
        names.dedup();
        Some(names)
    }))
}
