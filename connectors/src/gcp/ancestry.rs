//! What is above a project: its folders and its organisation, whose IAM policies hold in it too.
//!
//! Documentation: <https://cloud.google.com/iam/docs/resource-hierarchy-access-control>.

use super::context::Context;
use super::door;
use super::iam_policy::IamPolicy;
use super::listing;
use super::operation::{Operation, Request};
use crate::document::Read;
use crate::exchange::CollectError;
use serde::Deserialize;
use serde_json::Value;

/// The service.
pub const SERVICE: &str = "cloudresourcemanager.googleapis.com";

/// `projects.getAncestry` of version 1: one call for the whole way up. Version 3 has none such.
pub static ANCESTRY: Operation = Operation {
    service: SERVICE,
    name: "cloudresourcemanager.projects.getAncestry",
    permission: "resourcemanager.projects.get",
    request: Request::Post("v1/projects/{project}:getAncestry", "{}"),
    docs: "https://cloud.google.com/resource-manager/reference/rest/v1/projects/getAncestry",
    ..Operation::PLAIN
};

/// `projects.getIamPolicy`.
pub static PROJECT_POLICY: Operation = Operation {
    service: SERVICE,
    name: "cloudresourcemanager.projects.getIamPolicy",
    permission: "resourcemanager.projects.getIamPolicy",
    request: Request::Post("v3/projects/{project}:getIamPolicy", Operation::POLICY_OF_ANY_VERSION),
    shared: true,
    docs: "https://cloud.google.com/resource-manager/reference/rest/v3/projects/getIamPolicy",
    ..Operation::PLAIN
};

/// `folders.getIamPolicy`.
pub static FOLDER_POLICY: Operation = Operation {
    service: SERVICE,
    name: "cloudresourcemanager.folders.getIamPolicy",
    permission: "resourcemanager.folders.getIamPolicy",
    request: Request::Post("v3/{ancestor}:getIamPolicy", Operation::POLICY_OF_ANY_VERSION),
    shared: true,
    docs: "https://cloud.google.com/resource-manager/reference/rest/v3/folders/getIamPolicy",
    ..Operation::PLAIN
};

/// `organizations.getIamPolicy`.
pub static ORGANIZATION_POLICY: Operation = Operation {
    service: SERVICE,
    name: "cloudresourcemanager.organizations.getIamPolicy",
    permission: "resourcemanager.organizations.getIamPolicy",
    request: Request::Post("v3/{ancestor}:getIamPolicy", Operation::POLICY_OF_ANY_VERSION),
    shared: true,
    docs: "https://cloud.google.com/resource-manager/reference/rest/v3/organizations/getIamPolicy",
    ..Operation::PLAIN
};

/// What is above a project, the nearest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ancestry {
    /// `folders/<number>` and last `organizations/<number>`; empty for a project without an organisation.
    pub above: Vec<String>,
}

impl Ancestry {
    /// The organisation's number; none for a project that is in none.
    pub fn organization(&self) -> Option<&str> {
        self.above.iter().find_map(|name| name.strip_prefix("organizations/"))
    }
}

/// `GetAncestryResponse`.
#[derive(Deserialize)]
struct Answer {
    ancestor: Vec<Ancestor>,
}

#[derive(Deserialize)]
struct Ancestor {
    resource_id: ResourceId,
}

#[derive(Deserialize)]
struct ResourceId {
    #[serde(rename = "type")]
    type_: String,
    id: String,
}

impl Context {
    /// What is above the project. It is asked once.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn ancestry(&self) -> Result<Read<Ancestry>, CollectError> {
        self.ancestry.get_or_init(|| self.ask_ancestry()).await.clone()
    }

    async fn ask_ancestry(&self) -> Result<Read<Ancestry>, CollectError> {
        let read = listing::one::<Answer>(self, &ANCESTRY, &[], &Value::Null).await?;
        let mut above = Vec::new();
        for ResourceId { type_, id } in read.value.ancestor.iter().map(|ancestor| &ancestor.resource_id) {
            match type_.as_str() {
                "project" => {}
                "folder" => above.push(format!("folders/{id}")),
                "organization" => above.push(format!("organizations/{id}")),
                other => {
                    let error = door::malformed(&ANCESTRY, format!("`{other}` is no kind of ancestor"), read.exchanges);
                    return Err(CollectError { at: read.at, ..error });
                }
            }
        }
        Ok(Read { value: Ancestry { above }, exchanges: read.exchanges, at: read.at })
    }

    /// The project's own IAM policy.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn project_policy(&self) -> Result<Read<IamPolicy>, CollectError> {
        IamPolicy::ask(self, &PROJECT_POLICY, &[], &Value::Null).await
    }

    /// The IAM policy of something above the project.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn ancestor_policy(&self, ancestor: &str) -> Result<Read<IamPolicy>, CollectError> {
        let operation = if ancestor.starts_with("folders/") { &FOLDER_POLICY } else { &ORGANIZATION_POLICY };
        IamPolicy::ask(self, operation, &[("ancestor", ancestor)], &Value::Null).await
    }
}
