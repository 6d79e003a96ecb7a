//! A custom role. Azure's own roles are not the tenant's to change, and are no documents.

use super::assignment::Level;
use super::role::{self, Grant};
use crate::azure::context::Context;
use crate::azure::listing::{Envelope, Listed, Place};
use crate::azure::operation::Operation;
use crate::document::Draft;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A custom role.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Definition {
    /// What it is.
    properties: Properties,
}

/// What a custom role is.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// Its name.
    role_name: Option<String>,
    /// `CustomRole`.
    #[serde(rename = "type")]
    type_: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// What it gives.
    permissions: Vec<Grant>,
    /// Where it can be assigned.
    assignable_scopes: Vec<String>,
}

/// `derived` of a custom role.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Derived {
    /// The levels of `assignable_scopes`.
    assignable_levels: Vec<Level>,
    /// Those of its actions that cover writing of every resource provider (`*`, `*/write`), whatever `not_actions` takes away.
    wildcards: Vec<String>,
    /// Those that it gives, after `not_actions`, of the actions by which its holder can give itself any role.
    gives_access: Vec<&'static str>,
    /// It changes resource locks, and gives nothing else but reading.
    changes_only_locks: bool,
}

impl Listed for Definition {
    const TYPE: &'static str = "azure.role-definition";
    const LIST: &'static Operation = &role::LIST;
    type Around = ();
    type Derived = Derived;

    fn belongs(&self, _: &Envelope) -> bool {
        !role::is_built_in(self.properties.type_.as_deref())
    }

    fn around(_: &Context) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn complete<'a>(&'a mut self, place: Place<'a>, (): &'a (), draft: &'a mut Draft) -> BoxFuture<'a, Derived> {
        if let Some(name) = &self.properties.role_name {
            draft.rename(name);
        }
        let subscription = place.context.subscription();
        Box::pin(std::future::ready(self.properties.derived(subscription)))
    }
}

impl Properties {
    fn derived(&self, subscription: &str) -> Derived {
        let actions: BTreeSet<String> =
            self.permissions.iter().flat_map(Grant::actions).map(|action| action.to_ascii_lowercase()).collect();
        let changes_locks = |action: &str| {
            action == "microsoft.authorization/locks/*"
                || action == "microsoft.authorization/locks/write"
                || action == "microsoft.authorization/locks/delete"
        };
        let levels: BTreeSet<Level> =
            self.assignable_scopes.iter().map(|scope| Level::of(scope, subscription)).collect();
        Derived {
            assignable_levels: levels.into_iter().collect(),
            wildcards: actions.iter().filter(|action| role::writes_everything(action)).cloned().collect(),
            gives_access: role::gives_access(&self.permissions),
            changes_only_locks: actions.iter().any(|action| changes_locks(action))
                && actions.iter().all(|action| changes_locks(action) || action.ends_with("/read")),
        }
    }
}
