//! Which permissions the credentials have on a project or organisation. Asking it needs no permission.
//!
//! No run asks it: only what is refused counts there. It is for people who set the collector up.

use super::ancestry::SERVICE;
use super::context::Context;
use super::door;
use super::operation::{Operation, Request};
use crate::exchange::CollectError;
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// `projects.testIamPermissions`.
static OF_PROJECT: Operation = Operation {
    service: SERVICE,
    name: "cloudresourcemanager.projects.testIamPermissions",
    request: Request::Post("v3/projects/{project}:testIamPermissions", "{}"),
    docs: "https://cloud.google.com/resource-manager/reference/rest/v3/projects/testIamPermissions",
    ..Operation::PLAIN
};

/// `organizations.testIamPermissions`.
static OF_ORGANIZATION: Operation = Operation {
    name: "cloudresourcemanager.organizations.testIamPermissions",
    request: Request::Post("v3/organizations/{organization}:testIamPermissions", "{}"),
    docs: "https://cloud.google.com/resource-manager/reference/rest/v3/organizations/testIamPermissions",
    ..OF_PROJECT
};

/// So many are asked for by one call.
const AT_ONCE: usize = 100;

/// What a call is refused with that names a permission which the resource cannot have.
const NO_SUCH: &str = "INVALID_ARGUMENT";

/// `TestIamPermissionsResponse`. The list is left out where it is empty.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    permissions: BTreeSet<String>,
}

/// For each of these permissions, whether the credentials have it on the project or organisation of the context; or why that
/// could not be told.
pub async fn held<'a>(
    context: &Context,
    permissions: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<&'a str, Result<bool, CollectError>> {
    let operation = if context.organization().is_empty() { &OF_PROJECT } else { &OF_ORGANIZATION };
    let all: Vec<&str> = permissions.into_iter().collect();
    let mut left: Vec<Vec<&str>> = all.chunks(AT_ONCE).map(<[&str]>::to_vec).collect();
    let mut told = BTreeMap::new();
    while let Some(mut chunk) = left.pop() {
        let answer = context.ask_with(operation, &json!({"permissions": chunk})).await;
        match answer.and_then(|read| door::typed::<Answer>(operation, read)) {
            Ok(answer) => {
                told.extend(chunk.into_iter().map(|name| (name, Ok(answer.value.permissions.contains(name)))));
            }
            // One of them cannot be asked for here: the others can.
            Err(error) if error.code == NO_SUCH && chunk.len() > 1 => {
                left.push(chunk.split_off(chunk.len() / 2));
                left.push(chunk);
            }
            Err(error) => told.extend(chunk.into_iter().map(|name| (name, Err(error.clone())))),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::scripted::Scripted;
    use crate::exchange::Transport;
    use crate::gcp::scripted::{DENIED, order};
    use std::sync::Arc;

    const TEST: &str = "cloudresourcemanager.googleapis.com:cloudresourcemanager.projects.testIamPermissions";
    const NONE_SUCH: &str =
        r#"{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "It is not valid here."}}"#;

    async fn told(script: Scripted) -> BTreeMap<&'static str, Result<bool, String>> {
        let context = Context::new(order("evidence-test"), Arc::new(script) as Arc<dyn Transport>, None);
        let told = held(&context, ["a.b.get", "c.d.list"]).await;
        told.into_iter().map(|(name, held)| (name, held.map_err(|error| error.code))).collect()
    }

    #[tokio::test]
    async fn what_is_not_answered_is_not_held() {
        let some = told(Scripted::new().always(TEST, "", 200, r#"{"permissions": ["a.b.get"]}"#)).await;
        assert_eq!(some, BTreeMap::from([("a.b.get", Ok(true)), ("c.d.list", Ok(false))]));
        let none = told(Scripted::new().always(TEST, "", 200, "{}")).await;
        assert_eq!(none, BTreeMap::from([("a.b.get", Ok(false)), ("c.d.list", Ok(false))]));
    }

    #[tokio::test]
    async fn a_failed_call_tells_nothing() {
        let refused = told(Scripted::new().always(TEST, "", 403, DENIED)).await;
        assert!(refused.values().all(Result::is_err), "{refused:?}");
        let invalid = told(Scripted::new().always(TEST, "", 400, NONE_SUCH)).await;
        assert_eq!(invalid.values().collect::<Vec<_>>(), [&Err(NO_SUCH.to_owned()), &Err(NO_SUCH.to_owned())]);
    }
}
