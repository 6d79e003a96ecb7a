//! Which projects there are: below an organisation or folder, or within reach of the credentials.
//!
//! Only active ones: a project that is being deleted answers nothing.

use super::context::Context;
use super::operation::{Items, Operation, Request};
use super::{ancestry, assets, door, listing, project};
use crate::exchange::CollectError;
use evidenced_schemas::GapReason;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// The projects below an organisation or folder, at any depth, from Cloud Asset Inventory: it leaves none out.
pub static IN_INVENTORY: Operation = Operation {
    request: Request::Get(
        "v1/{parent}/assets?contentType=RESOURCE&assetTypes=cloudresourcemanager.googleapis.com/Project&pageSize=1000",
    ),
    ..assets::RESOURCES
};

/// The projects right below.
pub static PROJECTS: Operation = Operation {
    service: ancestry::SERVICE,
    name: "cloudresourcemanager.projects.list",
    permission: "resourcemanager.projects.list",
    request: Request::Get("v3/projects?parent={parent}&pageSize=500"),
    items: Items::In("projects"),
    docs: "https://cloud.google.com/resource-manager/reference/rest/v3/projects/list",
    ..Operation::PLAIN
};

/// The folders right below.
pub static FOLDERS: Operation = Operation {
    service: ancestry::SERVICE,
    name: "cloudresourcemanager.folders.list",
    permission: "resourcemanager.folders.list",
    request: Request::Get("v3/folders?parent={parent}&pageSize=500"),
    items: Items::In("folders"),
    docs: "https://cloud.google.com/resource-manager/reference/rest/v3/folders/list",
    ..Operation::PLAIN
};

#[derive(Deserialize)]
struct Project {
    project_id: String,
    /// Of version 3.
    state: Option<String>,
    /// Of version 1.
    lifecycle_state: Option<String>,
}

impl Project {
    fn is_active(&self) -> bool {
        self.state.as_deref().or(self.lifecycle_state.as_deref()) == Some("ACTIVE")
    }
}

/// The ids of the projects that the credentials reach. Google leaves out those that they do not.
///
/// # Errors
/// When they cannot be listed to the end.
pub async fn reached(context: &Context) -> Result<BTreeSet<String>, CollectError> {
    let all = listing::whole::<Project>(context, &project::SEARCH, &[], &Value::Null).await?;
    Ok(active(all.value))
}

/// The ids of the projects below `organizations/<number>` or `folders/<number>`, at any depth.
///
/// # Errors
/// When they cannot be listed to the end.
pub async fn under(context: &Context, parent: &str) -> Result<BTreeSet<String>, CollectError> {
    let pages = context.ask_all(&IN_INVENTORY, &[("parent", parent)], &Value::Null).await;
    match pages.error {
        Some(error) if matches!(error.kind, GapReason::Denied | GapReason::NotEnabled) && pages.pages.is_empty() => {
            context.progress("projects", &format!("{}; {}", error.sentence(), assets::REMEDY));
            return walk(context, parent).await;
        }
        Some(error) => return Err(error),
        None => {}
    }
    let mut ids = BTreeSet::new();
    for page in &pages.pages {
        for item in door::items(&IN_INVENTORY, page)? {
            let asset = door::typed::<assets::Asset>(&IN_INVENTORY, item)?;
            let data = asset.map(|asset| crate::words::snake_case_keys(asset.data().clone()));
            ids.extend(active(vec![door::typed::<Project>(&IN_INVENTORY, data)?.value]));
        }
    }
    Ok(ids)
}

/// Level by level.
async fn walk(context: &Context, parent: &str) -> Result<BTreeSet<String>, CollectError> {
    #[derive(Deserialize)]
    struct Folder {
        name: String,
    }
    let (mut ids, mut left, mut seen) = (BTreeSet::new(), vec![parent.to_owned()], BTreeSet::new());
    while let Some(parent) = left.pop() {
        if !seen.insert(parent.clone()) {
            continue;
        }
        let names = [("parent", parent.as_str())];
        let projects = listing::whole::<Project>(context, &PROJECTS, &names, &Value::Null).await?;
        ids.extend(active(projects.value));
        let folders = listing::whole::<Folder>(context, &FOLDERS, &names, &Value::Null).await?;
        left.extend(folders.value.into_iter().map(|folder| folder.name));
    }
    Ok(ids)
}

fn active(projects: Vec<Project>) -> BTreeSet<String> {
    projects.into_iter().filter(Project::is_active).map(|project| project.project_id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::scripted::Scripted;
    use crate::exchange::Transport;
    use crate::gcp::scripted::{DISABLED, assets, order};
    use serde_json::json;
    use std::sync::Arc;

    fn context(script: Scripted) -> Context {
        Context::new(order("unknown"), Arc::new(script) as Arc<dyn Transport>, None)
    }

    fn ids(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[tokio::test]
    async fn the_inventory_tells_all_projects_that_are_active() {
        let type_ = "cloudresourcemanager.googleapis.com/Project";
        let body = assets(&[
            ("//x/1", type_, json!({"projectId": "evidence-a", "lifecycleState": "ACTIVE"})),
            ("//x/2", type_, json!({"projectId": "evidence-b", "state": "DELETE_REQUESTED"})),
        ]);
        let script =
            Scripted::new().always("cloudasset.googleapis.com:cloudasset.assets.list", "organizations/1", 200, &body);
        assert_eq!(under(&context(script), "organizations/1").await.unwrap(), ids(&["evidence-a"]));
    }

    #[tokio::test]
    async fn without_the_inventory_folders_are_walked() {
        let projects = "cloudresourcemanager.googleapis.com:cloudresourcemanager.projects.list";
        let folders = "cloudresourcemanager.googleapis.com:cloudresourcemanager.folders.list";
        let script = || {
            Scripted::new()
                .always("cloudasset.googleapis.com:cloudasset.assets.list", "", 403, DISABLED)
                .always(
                    projects,
                    "organizations/1",
                    200,
                    r#"{"projects": [{"projectId": "evidence-a", "state": "ACTIVE"}]}"#,
                )
                .always(projects, "folders/2", 200, r#"{"projects": [{"projectId": "evidence-b", "state": "ACTIVE"}]}"#)
                .always(folders, "organizations/1", 200, r#"{"folders": [{"name": "folders/2"}]}"#)
        };
        let whole = script().always(folders, "folders/2", 200, "{}");
        assert_eq!(under(&context(whole), "organizations/1").await.unwrap(), ids(&["evidence-a", "evidence-b"]));
        let refused = script().always(folders, "folders/2", 403, DISABLED);
        assert!(under(&context(refused), "organizations/1").await.is_err(), "a part of the projects is not all");
    }
}
