//! A repository of Artifact Registry.

use crate::document::{Draft, Field};
use crate::gcp::assets;
use crate::gcp::context::Context;
use crate::gcp::iam_policy::IamPolicy;
use crate::gcp::listing::{Listed, Nothing, Place};
use crate::gcp::operation::{Items, Operation, Request};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const SERVICE: &str = "artifactregistry.googleapis.com";

static ASSET: Operation = Operation::asset("artifactregistry.googleapis.com/Repository");

static LOCATIONS: Operation = Operation {
    service: SERVICE,
    name: "artifactregistry.projects.locations.list",
    permission: "artifactregistry.locations.list",
    request: Request::Get("v1/projects/{project}/locations?pageSize=500"),
    items: Items::In("locations"),
    docs: "https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations/list",
    ..Operation::PLAIN
};

static LIST: Operation = Operation {
    service: SERVICE,
    name: "artifactregistry.projects.locations.repositories.list",
    permission: "artifactregistry.repositories.list",
    request: Request::Get("v1/{parent}/repositories?pageSize=1000"),
    items: Items::In("repositories"),
    docs: "https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories/list",
    ..Operation::PLAIN
};

static POLICY: Operation = Operation {
    service: SERVICE,
    name: "artifactregistry.projects.locations.repositories.getIamPolicy",
    permission: "artifactregistry.repositories.getIamPolicy",
    request: Request::Get("v1/{.name}:getIamPolicy?options.requestedPolicyVersion=3"),
    docs: "https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories/getIamPolicy",
    ..Operation::PLAIN
};

/// A repository.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(in crate::gcp) struct Repository {
    /// `DOCKER`, `MAVEN`, `NPM`, `PYTHON` and the like.
    format: Option<String>,
    /// `STANDARD_REPOSITORY`, `REMOTE_REPOSITORY` (a copy of another), `VIRTUAL_REPOSITORY` (one name for others) and the like.
    mode: Option<String>,
    /// When it was made.
    create_time: Option<String>,
    /// The Cloud KMS key's name; null for Google's own.
    kms_key_name: Option<String>,
    /// What is set on one of images; null for nothing.
    docker_config: Option<DockerConfig>,
    /// Who has which role on it.
    #[serde(skip_deserializing, skip_serializing_if = "Field::is_unread")]
    #[schemars(!skip_deserializing)]
    iam_policy: Field<IamPolicy>,
}

/// What is set on a repository of images.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct DockerConfig {
    /// A tag stays with its image; null is false.
    immutable_tags: Option<bool>,
}

impl Listed for Repository {
    const TYPE: &'static str = "gcp.artifactregistry.repository";
    const ID: &'static str = "//artifactregistry.googleapis.com/{.name}";
    const ASSET: Option<&'static Operation> = Some(&ASSET);
    const DIRECT: &'static [&'static Operation] = &[&LOCATIONS, &LIST];
    const OPERATIONS: &'static [&'static Operation] = &[&ASSET, &LOCATIONS, &LIST, &assets::POLICIES, &POLICY];
    const ALWAYS: &'static [&'static str] = &["format"];
    type Around = ();
    type Derived = Nothing;

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Nothing> {
        Box::pin(async move {
            self.iam_policy = draft.take("config.iam_policy", place.iam_policy(&POLICY).await);
            Nothing::default()
        })
    }
}
