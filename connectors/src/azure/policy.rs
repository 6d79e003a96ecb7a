//! Azure Policy: what is assigned to the subscription.

use super::context::Context;
use super::listing;
use super::operation::{Operation, Request};
use crate::document::{Draft, Field, Read};
use crate::exchange::CollectError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Policy assignments that apply to the subscription: its own, and those of the management groups above it.
pub(super) static ASSIGNMENTS: Operation = Operation {
    service: "Microsoft.Authorization",
    name: "PolicyAssignments_List",
    permission: "Microsoft.Authorization/policyAssignments/read",
    request: Request::Get(
        "/subscriptions/{subscription}/providers/Microsoft.Authorization/policyAssignments\
         ?api-version=2022-06-01&$filter=atScope()",
    ),
    is_list: true,
    docs: "https://learn.microsoft.com/rest/api/policy/policy-assignments/list",
    ..Operation::PLAIN
};

/// A policy assignment.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Assignment {
    /// Its id.
    id: String,
    /// What it assigns.
    properties: Properties,
}

/// What a policy assignment assigns.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Properties {
    /// Its name, for people.
    display_name: Option<String>,
    /// The policy or the initiative.
    policy_definition_id: Option<String>,
    /// `Default` enforces it, `DoNotEnforce` does not; null is `Default`.
    enforcement_mode: Option<String>,
    /// Where it is assigned.
    scope: Option<String>,
    /// What it leaves out.
    not_scopes: Option<Vec<String>>,
}

/// A policy or an initiative that is in force.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct Assigned {
    /// The last part of its id, in small letters: the same for Azure's own in every tenant.
    definition: String,
    /// It is enforced.
    is_enforced: bool,
    /// The assignment does not leave out the subscription.
    #[serde(skip_serializing_if = "Field::is_unread")]
    applies: Field<bool>,
}

/// Reads the assignments.
///
/// # Errors
/// When they could not be listed to the end.
pub(super) async fn assignments(context: &Context) -> Result<Read<Option<Vec<Assignment>>>, CollectError> {
    let names = [("subscription", context.subscription())];
    let read = listing::whole_if_seen::<Assignment>(context, &ASSIGNMENTS, &names).await?;
    Ok(read.map(|mut all| {
        all.sort_by(|one, other| one.id.cmp(&other.id));
        Some(all)
    }))
}

/// What of them is in force; a gap for each that leaves out a management group, as the subscription may be in it.
pub(super) fn assigned(context: &Context, draft: &mut Draft, all: &Field<Vec<Assignment>>) -> Field<Vec<Assigned>> {
    let Some(all) = all.value() else {
        draft.miss_with("derived.policies", &["config.policy_assignments"]);
        return Field::Unread;
    };
    let own = context.subscription_path();
    let assigned = all.iter().map(|assignment| assignment.assigned(&own));
    let assigned: Vec<Assigned> = assigned.collect();
    if assigned.iter().any(|one| one.applies.is_unread()) {
        let why = "an assignment leaves out a management group, which the subscription may be in";
        draft.miss("derived.policies.applies", &super::door::malformed(&ASSIGNMENTS, why, vec![]));
    }
    Field::Value(assigned)
}

impl Assignment {
    fn assigned(&self, own: &str) -> Assigned {
        let left_out = self.properties.not_scopes.iter().flatten().map(|scope| scope.trim_end_matches('/'));
        let mut applies = Field::Value(true);
        for scope in left_out {
            if scope.eq_ignore_ascii_case(own) {
                applies = Field::Value(false);
                break;
            }
            let is_group = scope.to_ascii_lowercase().starts_with("/providers/microsoft.management/managementgroups/");
            if is_group {
                applies = Field::Unread;
            }
        }
        let definition = self.properties.policy_definition_id.as_deref().unwrap_or_default();
        Assigned {
            definition: definition.rsplit('/').next().unwrap_or_default().to_ascii_lowercase(),
            is_enforced: self.properties.enforcement_mode.as_deref().is_none_or(|mode| mode == "Default"),
            applies,
        }
    }
}

#[cfg(test)]
mod tests;
