//! Repositories of Artifact Registry that hold container images.

use crate::document::Read;
use crate::exchange::CollectError;
use crate::gcp::context::Context;
use crate::gcp::envelope::Envelope;
use crate::gcp::listing::{self, Listed, Nothing};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) static ASSET: Operation = Operation::asset("artifactregistry.googleapis.com/Repository");

pub(super) static LOCATIONS: Operation = Operation {
    service: "artifactregistry.googleapis.com",
    name: "artifactregistry.projects.locations.list",
    permission: "artifactregistry.locations.list",
    request: Request::Get("v1/projects/{project}/locations?pageSize=1000"),
    items: Items::In("locations"),
    docs: "https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations/list",
    ..Operation::PLAIN
};

pub(super) static LIST: Operation = Operation {
    service: "artifactregistry.googleapis.com",
    name: "artifactregistry.projects.locations.repositories.list",
    permission: "artifactregistry.repositories.list",
    request: Request::Get("v1/{parent}/repositories?pageSize=1000"),
    items: Items::In("repositories"),
    docs: "https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories/list",
    ..Operation::PLAIN
};

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub(super) struct Repository {
    /// `projects/<id>/locations/<place>/repositories/<name>`.
    name: String,
    /// `DOCKER`, `MAVEN`, `NPM` and the like.
    format: Option<String>,
    /// How images in it are scanned; null as the project is.
    vulnerability_scanning_config: Option<Scanning>,
}

/// How images are scanned.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
struct Scanning {
    /// `INHERITED` as the project is, or `DISABLED`; null is `INHERITED`.
    enablement_config: Option<String>,
}

impl Listed for Repository {
    const TYPE: &'static str = super::TYPE;
    const ID: &'static str = "//artifactregistry.googleapis.com/{.name}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LOCATIONS, &LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LOCATIONS, &LIST];
    type Around = ();
    type Derived = Nothing;

    // A format that is not said may be one with images.
    fn belongs(&self, _envelope: &Envelope) -> bool {
        self.format.as_deref().is_none_or(|format| format == "DOCKER" || format == "FORMAT_UNSPECIFIED")
    }

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// The project's repositories with container images, by name.
pub(super) async fn of_images(context: &Context) -> Result<Read<Option<Vec<Repository>>>, CollectError> {
    let read = listing::every::<Repository>(context).await?;
    Ok(read.map(|repositories| Some(repositories.into_iter().map(|(_, repository)| repository).collect())))
}
