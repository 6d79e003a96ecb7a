//! Conditional access policies, and what each of them does.
//!
//! What is said of a policy is what it does alone; who the members of an excluded group are is deliberately not asked. Graph gets
//! new members as Entra ID learns new conditions and controls: what a policy does is not told where a member that nobody here knows
//! may change it, since it may as well narrow the policy as be what makes it hold.

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
/// Controls that a policy may ask for.
const CONTROLS: [&str; 8] = [
    "block",
    "mfa",
    "compliantDevice",
    "domainJoinedDevice",
    "approvedApplication",
    "compliantApplication",
    "passwordChange",
    "riskRemediation",
];
/// Every kind of client application.
const CLIENTS: [&str; 4] = ["browser", "exchangeActiveSync", "mobileAppsAndDesktopClients", "other"];
/// Conditions beside users, applications and kinds of clients, each of which leaves out sign-ins where it is set.
const CONDITIONS: [&str; 10] = [
    "agent_id_risk_levels",
    "authentication_flows",
    "client_applications",
    "devices",
    "insider_risk_levels",
    "locations",
    "platforms",
    "service_principal_risk_levels",
    "sign_in_risk_levels",
    "user_risk_levels",
];
/// What such a condition consists of, beside what it includes and excludes.
const PARTS: [&str; 4] =
    ["agent_id_service_principal_filter", "device_filter", "service_principal_filter", "transfer_methods"];

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
    /// Every other condition: [`CONDITIONS`], and what Graph adds to them.
    #[serde(flatten, skip_serializing)]
    #[schemars(skip)]
    others: Others,
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
    /// Guests that it is about are never all users.
    #[serde(flatten, skip_serializing)]
    #[schemars(skip)]
    others: Others,
}

/// Kinds of guests.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Guests {
    /// `internalGuest`, `b2bCollaborationGuest` and the like, with commas between them.
    guest_or_external_user_types: Option<String>,
    /// Of which tenants, which makes them fewer.
    #[serde(flatten, skip_serializing)]
    #[schemars(skip)]
    others: Others,
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
    /// Contexts that it is about are never an application.
    #[serde(flatten, skip_serializing)]
    #[schemars(skip)]
    others: Others,
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
    /// What Graph adds to them.
    #[serde(flatten, skip_serializing)]
    #[schemars(skip)]
    others: Others,
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
    /// What it consists of, and what Graph adds to it.
    #[serde(flatten, skip_serializing)]
    #[schemars(skip)]
    others: Others,
}

/// Members of an object beside those that are read.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Others(BTreeMap<String, Value>);

impl Others {
    /// True where a member that is none of the known ones says something.
    fn hide_something(&self, known: &[&str]) -> bool {
        self.0.iter().any(|(name, value)| !known.contains(&name.as_str()) && says(name, value))
    }
}

/// What a policy does. What it does not tell, or tells with members that nobody here knows, is null.
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
    narrowed_by: Option<Vec<String>>,
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
            all_users: users.map_or(Some(false), |users| has(users.known()?.include_users.as_ref(), "All")),
            roles: users.map_or_else(|| Some(vec![]), |users| users.known()?.include_roles.clone()),
            exclusions: users.map_or_else(|| Some(vec![]), Users::exclusions),
            all_applications: applications
                .map_or(Some(false), |to| has(to.known()?.include_applications.as_ref(), "All")),
            excluded_applications: applications.and_then(|to| to.known()?.exclude_applications.clone()),
            azure_management: applications.map_or(Some(false), |to| to.reaches(AZURE_MANAGEMENT)),
            admin_portals: applications.map_or(Some(false), |to| to.reaches(ADMIN_PORTALS)),
            narrowed_by: self.conditions.narrowed_by(),
            blocked_client_app_types: self.blocked_client_app_types(),
        }
    }

    fn blocked_client_app_types(&self) -> Option<Vec<String>> {
        let controls = self.grant_controls.as_ref().map_or(Some(&[][..]), GrantControls::known)?;
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
    /// Conditions that leave some sign-ins out; none where that cannot be told of one that is set.
    fn narrowed_by(&self) -> Option<Vec<String>> {
        if self.others.hide_something(&CONDITIONS) {
            return None;
        }
        let mut names = Vec::new();
        for (name, condition) in &self.others.0 {
            if narrows(condition)? {
                names.push(name.clone());
            }
        }
        let kinds = self.client_app_types.as_deref().unwrap_or_default();
        let is_every = CLIENTS.iter().all(|client| kinds.iter().any(|kind| kind == client));
        if !is_every && !kinds.iter().any(|kind| kind == "all") {
            names.push("client_app_types".to_owned());
        }
        if self.applications.as_ref().is_some_and(|to| to.application_filter.is_some()) {
            names.push("application_filter".to_owned());
        }
        names.sort();
        Some(names)
    }
}

impl Users {
    /// Itself, where all of it is known.
    fn known(&self) -> Option<&Self> {
        (!self.others.hide_something(&["include_guests_or_external_users"])).then_some(self)
    }

    fn exclusions(&self) -> Option<Vec<String>> {
        self.known()?;
        let mut all = [self.exclude_users.as_ref()?, self.exclude_groups.as_ref()?, self.exclude_roles.as_ref()?]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>();
        if let Some(guests) = &self.exclude_guests_or_external_users {
            if guests.others.hide_something(&["external_tenants"]) {
                return None;
            }
            let kinds = guests.guest_or_external_user_types.as_ref()?;
            all.extend(kinds.split(',').map(|kind| format!("guests:{}", kind.trim())));
        }
        all.sort();
        Some(all)
    }
}

impl Applications {
    /// Itself, where all of it is known.
    fn known(&self) -> Option<&Self> {
        (!self.others.hide_something(&["include_authentication_context_class_references"])).then_some(self)
    }

    /// Whether this application is among those that the policy is about.
    fn reaches(&self, application: &str) -> Option<bool> {
        self.known()?;
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
    /// Its controls, where all of it is known.
    fn known(&self) -> Option<&[String]> {
        let controls = self.built_in_controls.as_deref()?;
        let is_known = controls.iter().all(|control| CONTROLS.contains(&control.as_str()));
        (is_known && !self.others.hide_something(&[])).then_some(controls)
    }

    /// Whether no sign-in gets past without several factors: one of the controls asks for them and all must be met, or
    /// each does and one must be met. Several factors or a known device are not several factors.
    fn requires_mfa(&self) -> Option<bool> {
        let built_in = self.built_in_controls.as_ref()?;
        let is_mfa = |control: &String| CONTROLS.contains(&control.as_str()).then_some(control == "mfa");
        let mut asks: Vec<Option<bool>> = built_in.iter().map(is_mfa).collect();
        let other = self.custom_authentication_factors.iter().chain(&self.terms_of_use).flatten();
        asks.extend(other.map(|_| Some(false)));
        asks.extend(self.authentication_strength.as_ref().map(Strength::is_mfa));
        let is_whole = !self.others.hide_something(&[]);
        asks.extend((!is_whole).then_some(None));
        let is_each = !asks.is_empty() && asks.iter().all(|ask| *ask == Some(true));
        let is_some = asks.contains(&Some(true));
        match self.operator.as_deref() {
            _ if is_each => Some(true),
            Some("AND") if is_some && is_whole => Some(true),
            _ if !is_some && !asks.contains(&None) => Some(false),
            Some("OR") if asks.contains(&Some(false)) => Some(false),
            _ => None,
        }
    }
}

impl Strength {
    /// Members that say what it consists of, or when and by whom it was made.
    const KNOWN: [&str; 6] = [
        "allowed_combinations",
        "combination_configurations",
        "created_date_time",
        "description",
        "modified_date_time",
        "policy_type",
    ];

    fn is_mfa(&self) -> Option<bool> {
        if self.others.hide_something(&Self::KNOWN) {
            return None;
        }
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

/// Whether a condition is set to something else than everything; none where a part that nobody here knows may decide it.
fn narrows(condition: &Value) -> Option<bool> {
    let Value::Object(parts) = condition else { return Some(says("", condition)) };
    let set: Vec<_> = parts.iter().filter(|(name, part)| says(name, part) && !is_everything(name, part)).collect();
    let is_known = |name: &str| name.starts_with("include_") || name.starts_with("exclude_") || PARTS.contains(&name);
    let known = set.iter().any(|(name, _)| is_known(name));
    (known || set.is_empty()).then_some(known)
}

/// True for a part that includes all there is.
fn is_everything(name: &str, part: &Value) -> bool {
    let is_all = |item: &Value| item.as_str().is_some_and(|item| item.eq_ignore_ascii_case("all"));
    name.starts_with("include_") && part.as_array().is_some_and(|items| items.len() == 1 && is_all(&items[0]))
}

/// True for a member with a value in it. What Graph says of the shape itself is none.
fn says(name: &str, value: &Value) -> bool {
    !name.contains("odata")
        && match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => items.iter().any(|item| says("", item)),
            Value::Object(members) => members.iter().any(|(name, value)| says(name, value)),
            Value::Bool(_) | Value::Number(_) => true,
        }
}

#[cfg(test)]
mod tests;
