//! The managed identities of a resource.
//!
//! Documentation: <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The managed identities of a resource.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct ManagedIdentity {
    /// `SystemAssigned`, `UserAssigned`, both with a comma between them, or `None`.
    #[serde(rename = "type")]
    type_: Option<String>,
    /// The id of its own identity in the directory.
    principal_id: Option<String>,
    /// Identities that it shares with other resources, by their resource ids.
    user_assigned_identities: Option<BTreeMap<String, Option<UserAssigned>>>,
}

/// An identity that is a resource of its own.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct UserAssigned {
    /// Its id in the directory.
    principal_id: Option<String>,
    /// Its id as an application.
    client_id: Option<String>,
}

impl ManagedIdentity {
    /// Ids of its identities in the directory, in small letters; none where one is not told.
    pub(super) fn principals(&self) -> Option<BTreeSet<String>> {
        let mut principals = BTreeSet::new();
        for word in self.type_.as_ref()?.split(',') {
            match word.trim().to_ascii_lowercase().as_str() {
                "none" => {}
                "systemassigned" => {
                    principals.insert(self.principal_id.as_ref()?.to_ascii_lowercase());
                }
                "userassigned" => {
                    for identity in self.user_assigned_identities.as_ref()?.values() {
                        principals.insert(identity.as_ref()?.principal_id.as_ref()?.to_ascii_lowercase());
                    }
                }
                _ => return None,
            }
        }
        Some(principals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn principals(identity: Value) -> Option<Vec<String>> {
        let identity: ManagedIdentity = serde_json::from_value(identity).unwrap();
        identity.principals().map(|all| all.into_iter().collect())
    }

    #[test]
    fn each_identity_is_known_or_none_is() {
        let shared = json!({"/b": {"principal_id": "B"}, "/a": {"principal_id": "a"}});
        let known = |ids: &[&str]| Some(ids.iter().map(|id| (*id).to_owned()).collect());
        for (identity, ids) in [
            (json!({"type": "None"}), known(&[])),
            (json!({"type": "SystemAssigned", "principal_id": "S"}), known(&["s"])),
            (json!({"type": "UserAssigned", "user_assigned_identities": shared}), known(&["a", "b"])),
            (
                json!({"type": "SystemAssigned, UserAssigned", "principal_id": "s", "user_assigned_identities": shared}),
                known(&["a", "b", "s"]),
            ),
            (json!({"type": "SystemAssigned"}), None),
            (json!({"type": "UserAssigned"}), None),
            (json!({"type": "UserAssigned", "user_assigned_identities": {"/a": null}}), None),
            (json!({"type": "AgentAssigned", "principal_id": "s"}), None),
            (json!({"principal_id": "s"}), None),
        ] {
            assert_eq!(principals(identity.clone()), ids, "{identity}");
        }
    }
}
