//! Conditional access policies, and what each of them does.
//!
//! What is said of a policy is what it does alone; who the members of an excluded group are is deliberately not asked.

use crate::azure::operation::{Operation, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The policies.
pub(super) static LIST: Operation = Operation {
    name: "identity.conditionalAccess.ListPolicies",
    permission: "Graph:Policy.Read.All",
    request: Request::Get("/v1.0/identity/conditionalAccess/policies"),
    is_list: true,
    unlicensed: super::NO_PREMIUM,
    docs: "https://learn.microsoft.com/graph/api/conditionalaccessroot-list-policies",
    ..Operation::GRAPH
};

/// Azure Resource Manager, as an application.
const AZURE_MANAGEMENT: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
/// The portals for administrators, as an application.
const ADMIN_PORTALS: &str = "MicrosoftAdminPortals";
/// Authentication strengths that every tenant has, each of which takes several factors.
const STRENGTHS: [&str; 3] = [
    "00000000-0000-0000-0000-000000000002",
    "00000000-0000-0000-0000-000000000003",
    "00000000-0000-0000-0000-000000000004",
];
/// Every kind of client application.
const CLIENTS: [&str; 4] = ["browser", "exchangeActiveSync", "mobileAppsAndDesktopClients", "other"];

/// A conditional access policy.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Policy {
    /// Its id.
    id: String,
    /// Its name.
    display_name: Option<String>,
    /// `enabled`, `disabled`, or `enabledForReportingButNotEnforced`, which protects nothing.
    state: Option<String>,
    /// Which sign-ins it is about.
    conditions: Conditions,
    /// What it asks of them; null where it only limits sessions.
    grant_controls: Option<GrantControls>,
}

/// Which sign-ins a policy is about.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Conditions {
    /// Whose.
    users: Option<Users>,
    /// To what.
    applications: Option<Applications>,
    /// `all`, or kinds of client applications.
    client_app_types: Option<Vec<String>>,
    /// Every other condition: risk, platforms, locations, devices, and what Graph adds to them.
    #[serde(flatten, skip_serializing)]
    #[schemars(skip)]
    others: BTreeMap<String, Value>,
}

/// Whose sign-ins a policy is about.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Users {
    /// `All`, `None`, `GuestsOrExternalUsers` or ids.
    include_users: Option<Vec<String>>,
    /// `GuestsOrExternalUsers` or ids.
    exclude_users: Option<Vec<String>>,
    /// Ids of groups.
    include_groups: Option<Vec<String>>,
    /// Ids of groups.
    exclude_groups: Option<Vec<String>>,
    /// Templates of roles.
    include_roles: Option<Vec<String>>,
    /// Templates of roles.
    exclude_roles: Option<Vec<String>>,
    /// Kinds of guests that are left out; null for none.
    exclude_guests_or_external_users: Option<Guests>,
}

/// Kinds of guests.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Guests {
    /// `internalGuest`, `b2bCollaborationGuest` and the like, with commas between them.
    guest_or_external_user_types: Option<String>,
}

/// To what the sign-ins are.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Applications {
    /// `All`, `None`, `Office365`, `MicrosoftAdminPortals` or client ids.
    include_applications: Option<Vec<String>>,
    /// The same, left out.
    exclude_applications: Option<Vec<String>>,
    /// What a user does instead of an application (`urn:user:registersecurityinfo`).
    include_user_actions: Option<Vec<String>>,
    /// A filter on attributes of applications; null for none.
    application_filter: Option<ApplicationFilter>,
}

/// A filter on attributes of applications.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct ApplicationFilter {
    /// `include` or `exclude`.
    mode: Option<String>,
}

/// What a policy asks of sign-ins.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct GrantControls {
    /// `AND` or `OR` between the controls.
    operator: Option<String>,
    /// `block`, `mfa`, `compliantDevice` and the like.
    built_in_controls: Option<Vec<String>>,
    /// Controls of other providers.
    custom_authentication_factors: Option<Vec<String>>,
    /// Terms of use that must be accepted.
    terms_of_use: Option<Vec<String>>,
    /// An authentication strength; null for none.
    authentication_strength: Option<Strength>,
}

/// An authentication strength.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Strength {
    /// Its id.
    id: Option<String>,
    /// Its name.
    display_name: Option<String>,
    /// `mfa`, or `none` where one factor is enough.
    requirements_satisfied: Option<String>,
}

/// What a policy does. What it does not tell is null.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Effect {
    /// The policy's id.
    id: String,
    /// Its name.
    display_name: Option<String>,
    /// It is enforced, not only reported.
    is_enforced: Option<bool>,
    /// No sign-in gets past it without several factors.
    requires_mfa: Option<bool>,
    /// It is about all users but for `exclusions`.
    all_users: Option<bool>,
    /// Roles that it is about.
    roles: Option<Vec<String>>,
    /// Ids of users, groups and roles that are left out, and kinds of guests (`guests:serviceProvider`).
    exclusions: Option<Vec<String>>,
    /// It is about all applications but for `excluded_applications`.
    all_applications: Option<bool>,
    /// Applications that are left out.
    excluded_applications: Option<Vec<String>>,
    /// It is about the management of Azure.
    azure_management: Option<bool>,
    /// It is about the portals for administrators.
    admin_portals: Option<bool>,
    /// Conditions that leave some sign-ins out: `locations`, `client_app_types` and the like.
    narrowed_by: Vec<String>,
    /// Kinds of client applications that it blocks.
    blocked_client_app_types: Option<Vec<String>>,
}

impl Policy {
    /// What it does.
    pub(super) fn effect(&self) -> Effect {
        let (users, applications) = (self.conditions.users.as_ref(), self.conditions.applications.as_ref());
        Effect {
            id: self.id.clone(),
            display_name: self.display_name.clone(),
            is_enforced: self.state.as_ref().map(|state| state == "enabled"),
            requires_mfa: self.grant_controls.as_ref().map_or(Some(false), GrantControls::requires_mfa),
            all_users: users.map_or(Some(false), |users| has(users.include_users.as_ref(), "All")),
            roles: users.map_or_else(|| Some(vec![]), |users| users.include_roles.clone()),
            exclusions: users.map_or_else(|| Some(vec![]), Users::exclusions),
            all_applications: applications.map_or(Some(false), |to| has(to.include_applications.as_ref(), "All")),
            excluded_applications: applications.and_then(|to| to.exclude_applications.clone()),
            azure_management: applications.map_or(Some(false), |to| to.reaches(AZURE_MANAGEMENT)),
            admin_portals: applications.map_or(Some(false), |to| to.reaches(ADMIN_PORTALS)),
            narrowed_by: self.conditions.narrowed_by(),
            blocked_client_app_types: self.blocked_client_app_types(),
        }
    }

    fn blocked_client_app_types(&self) -> Option<Vec<String>> {
        let controls =
            self.grant_controls.as_ref().map_or(Some(&[][..]), |grant| grant.built_in_controls.as_deref())?;
        if !controls.iter().any(|control| control == "block") {
            return Some(vec![]);
        }
        let types = self.conditions.client_app_types.as_ref()?;
        if types.iter().any(|kind| kind == "all") {
            return Some(CLIENTS.map(str::to_owned).to_vec());
        }
        Some(types.clone())
    }
}

impl Conditions {
    /// Conditions that leave some sign-ins out. One that nobody here knows is one of them.
    fn narrowed_by(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.others.iter().filter(|(_, value)| narrows(value)).map(|(name, _)| name.clone()).collect();
        let kinds = self.client_app_types.as_deref().unwrap_or_default();
        let is_every = CLIENTS.iter().all(|client| kinds.iter().any(|kind| kind == client));
        if !is_every && !kinds.iter().any(|kind| kind == "all") {
            names.push("client_app_types".to_owned());
        }
        if self.applications.as_ref().is_some_and(|to| to.application_filter.is_some()) {
            names.push("application_filter".to_owned());
        }
        names.sort();
        names
    }
}

impl Users {
    fn exclusions(&self) -> Option<Vec<String>> {
        let mut all = [self.exclude_users.as_ref()?, self.exclude_groups.as_ref()?, self.exclude_roles.as_ref()?]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>();
        if let Some(guests) = &self.exclude_guests_or_external_users {
            let kinds = guests.guest_or_external_user_types.as_ref()?;
            all.extend(kinds.split(',').map(|kind| format!("guests:{}", kind.trim())));
        }
        all.sort();
        Some(all)
    }
}

impl Applications {
    /// Whether this application is among those that the policy is about.
    fn reaches(&self, application: &str) -> Option<bool> {
        let includes =
            has(self.include_applications.as_ref(), "All")? || has(self.include_applications.as_ref(), application)?;
        if includes {
            has(self.exclude_applications.as_ref(), application).map(|excluded| !excluded)
        } else {
            Some(false)
        }
    }
}

impl GrantControls {
    /// Whether no sign-in gets past without several factors: one of the controls asks for them and all must be met, or
    /// each does and one must be met. Several factors or a known device are not several factors.
    fn requires_mfa(&self) -> Option<bool> {
        let built_in = self.built_in_controls.as_ref()?;
        let mut asks: Vec<Option<bool>> = built_in.iter().map(|control| Some(control == "mfa")).collect();
        let other = self.custom_authentication_factors.iter().chain(&self.terms_of_use).flatten();
        asks.extend(other.map(|_| Some(false)));
        asks.extend(self.authentication_strength.as_ref().map(Strength::is_mfa));
        let is_each = !asks.is_empty() && asks.iter().all(|ask| *ask == Some(true));
        let is_some = asks.contains(&Some(true));
        match self.operator.as_deref() {
            _ if is_each => Some(true),
            Some("AND") if is_some => Some(true),
            _ if !is_some && !asks.contains(&None) => Some(false),
            Some("OR") if asks.contains(&Some(false)) => Some(false),
            _ => None,
        }
    }
}

impl Strength {
    fn is_mfa(&self) -> Option<bool> {
        match self.requirements_satisfied.as_deref() {
            Some("mfa") => Some(true),
            Some("none") => Some(false),
            _ => self.id.as_deref().filter(|id| STRENGTHS.contains(id)).map(|_| true),
        }
    }
}

/// Whether a list holds a word; none where there is no list.
fn has(list: Option<&Vec<String>>, word: &str) -> Option<bool> {
    list.map(|list| list.iter().any(|item| item.eq_ignore_ascii_case(word)))
}

/// True for a condition that is set to something else than everything.
fn narrows(condition: &Value) -> bool {
    match condition {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => members.iter().any(|(name, value)| {
            let is_everything = value.as_array().is_some_and(|items| {
                items.len() == 1 && items[0].as_str().is_some_and(|item| item.eq_ignore_ascii_case("all"))
            });
            let is_said = name.contains("odata") || name.starts_with("include_") && is_everything;
            !is_said && narrows(value)
        }),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "callers write them with json!")]
    fn effect(conditions: Value, grant: Value) -> Effect {
        let policy = json!({"id": "p", "display_name": "P", "state": "enabled", "conditions": conditions, "grant_controls": grant});
        serde_json::from_value::<Policy>(policy).unwrap().effect()
    }

    fn everywhere() -> Value {
        json!({
            "users": {"include_users": ["All"], "exclude_users": [], "include_groups": [], "exclude_groups": [], "include_roles": [], "exclude_roles": []},
            "applications": {"include_applications": ["All"], "exclude_applications": []},
            "client_app_types": ["all"], "sign_in_risk_levels": [], "platforms": null,
        })
    }

    #[test]
    fn only_what_cannot_be_got_past_requires_mfa() {
        let strength = |satisfied: Value, id: &str| json!({"id": id, "requirements_satisfied": satisfied});
        let rows = [
            (json!({"operator": "OR", "built_in_controls": ["mfa"]}), Some(true)),
            (json!({"operator": "AND", "built_in_controls": ["mfa", "compliantDevice"]}), Some(true)),
            (json!({"operator": "OR", "built_in_controls": ["mfa", "compliantDevice"]}), Some(false)),
            (json!({"operator": "OR", "built_in_controls": ["mfa"], "terms_of_use": ["t"]}), Some(false)),
            (json!({"operator": "OR", "built_in_controls": ["compliantDevice"]}), Some(false)),
            (json!({"operator": "OR", "built_in_controls": []}), Some(false)),
            (json!({"operator": null, "built_in_controls": ["mfa", "compliantDevice"]}), None),
            (json!({"operator": "AND", "built_in_controls": null}), None),
            (
                json!({"operator": "OR", "built_in_controls": [], "authentication_strength": strength(json!("mfa"), "x")}),
                Some(true),
            ),
            (
                json!({"operator": "OR", "built_in_controls": [], "authentication_strength": strength(json!("none"), "x")}),
                Some(false),
            ),
            (
                json!({"operator": "OR", "built_in_controls": [], "authentication_strength": strength(Value::Null, STRENGTHS[2])}),
                Some(true),
            ),
            (
                json!({"operator": "OR", "built_in_controls": [], "authentication_strength": strength(Value::Null, "x")}),
                None,
            ),
            (json!({"operator": "OR", "built_in_controls": ["block"]}), Some(false)),
            (Value::Null, Some(false)),
        ];
        for (grant, expected) in rows {
            assert_eq!(effect(everywhere(), grant.clone()).requires_mfa, expected, "{grant}");
        }
    }

    #[test]
    fn a_condition_leaves_sign_ins_out_unless_it_is_everything() {
        let rows = [
            ("locations", json!({"include_locations": ["All"], "exclude_locations": []}), false),
            ("locations", json!({"include_locations": ["All"], "exclude_locations": ["AllTrusted"]}), true),
            ("platforms", json!({"include_platforms": ["all"], "exclude_platforms": []}), false),
            ("platforms", json!({"include_platforms": ["android"], "exclude_platforms": []}), true),
            ("sign_in_risk_levels", json!(["high"]), true),
            ("client_app_types", json!(["browser", "mobileAppsAndDesktopClients"]), true),
            ("client_app_types", json!(CLIENTS), false),
            ("devices", json!({"device_filter": {"mode": "exclude", "rule": "x"}}), true),
            ("agent_risk_in_a_year_to_come", json!({"levels": ["high"]}), true),
            ("insider_risk_levels", json!(null), false),
        ];
        for (name, value, expected) in rows {
            let mut conditions = everywhere();
            conditions[name] = value.clone();
            let expected = if expected { vec![name.to_owned()] } else { vec![] };
            assert_eq!(effect(conditions, Value::Null).narrowed_by, expected, "{name} {value}");
        }
    }

    #[test]
    fn whom_and_what_it_leaves_out_is_told() {
        let mut conditions = everywhere();
        conditions["users"]["exclude_groups"] = json!(["g"]);
        conditions["users"]["exclude_guests_or_external_users"] =
            json!({"guest_or_external_user_types": "serviceProvider,internalGuest"});
        conditions["applications"]["exclude_applications"] = json!([AZURE_MANAGEMENT]);
        let told = effect(conditions.clone(), Value::Null);
        assert_eq!(told.exclusions.unwrap(), ["g", "guests:internalGuest", "guests:serviceProvider"]);
        assert_eq!((told.azure_management, told.admin_portals), (Some(false), Some(true)));
        conditions["users"]["exclude_roles"] = Value::Null;
        assert_eq!(effect(conditions, Value::Null).exclusions, None, "what is not told is not nobody");
    }
}
