//! Roles, deny policies and conditions as the engine takes them: no I/O, no judgement.
//!
//! Sources: <https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles>,
//! <https://cloud.google.com/iam/docs/reference/rest/v2/policies>, <https://cloud.google.com/iam/docs/conditions-overview>.

use crate::gcp::iam_policy::Condition;
use chrono::DateTime;
use evidenced_schemas::Instant;
use serde::Deserialize;
use std::collections::BTreeSet;

/// The condition was for a time that is over: it can hold no more. Only the form that the console writes is understood,
/// `request.time < timestamp("…")`, alone or joined to others by `&&`.
pub(super) fn is_over(condition: &Condition, as_of: Instant) -> bool {
    let expression = condition.expression.as_deref().unwrap_or_default();
    if expression.contains("||") || expression.contains(['!', '?']) {
        return false;
    }
    expression.split("&&").any(|part| {
        let part: String = part.chars().filter(|letter| !letter.is_whitespace()).collect();
        let part = part.trim_matches(['(', ')']);
        let Some(rest) = part.strip_prefix("request.time<") else { return false };
        let rest = rest.strip_prefix('=').unwrap_or(rest);
        let Some(time) = rest.strip_prefix("timestamp(") else { return false };
        let time = time.trim_matches(['"', '\'']);
        DateTime::parse_from_rfc3339(time).is_ok_and(|end| end < as_of.utc())
    })
}

/// What a role grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Role {
    /// Its name, as it was asked for.
    pub(super) name: String,
    /// Its permissions; a role without any has no such member.
    #[serde(default)]
    pub(super) included_permissions: BTreeSet<String>,
    /// It was deleted: bindings remain and grant nothing.
    #[serde(default)]
    pub(super) deleted: bool,
    /// `DISABLED` grants nothing.
    #[serde(default)]
    pub(super) stage: Option<String>,
}

impl Role {
    /// The permissions that it grants now.
    pub(super) fn granted(self) -> BTreeSet<String> {
        let off = self.deleted || self.stage.as_deref() == Some("DISABLED");
        if off { BTreeSet::new() } else { self.included_permissions }
    }
}

/// A deny policy with its rules. `policies.listPolicies` leaves the rules out; `policies.get` has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct DenyPolicy {
    /// Its rules.
    pub(super) rules: Vec<PolicyRule>,
}

/// A rule of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct PolicyRule {
    /// What it denies; a rule of another kind has none.
    #[serde(default)]
    pub(super) deny_rule: Option<DenyRule>,
}

/// What is denied to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct DenyRule {
    /// Who is denied.
    #[serde(default)]
    pub(super) denied_principals: Vec<String>,
    /// Who of them is not.
    #[serde(default)]
    pub(super) exception_principals: Vec<String>,
    /// What is denied, `iam.googleapis.com/roles.list`; a `*` may stand for a resource, a verb or both.
    #[serde(default)]
    pub(super) denied_permissions: Vec<String>,
    /// What of it is not.
    #[serde(default)]
    pub(super) exception_permissions: Vec<String>,
    /// The condition on tags under which it denies; none for always.
    #[serde(default)]
    pub(super) denial_condition: Option<Condition>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_condition_is_over_when_its_time_is() {
        let over = |expression: &str| {
            let condition = Condition { title: None, expression: Some(expression.to_owned()) };
            is_over(&condition, at("2026-12-01T00:00:00.000Z"))
        };
        assert!(over("request.time < timestamp(\"2026-11-30T00:00:00Z\")"));
        assert!(over("resource.name.startsWith('x') && request.time < timestamp('2020-01-01T00:00:00.000Z')"));
        assert!(!over("request.time < timestamp(\"2027-01-01T00:00:00Z\")"));
        assert!(!over("request.time > timestamp(\"2020-01-01T00:00:00Z\")"));
        assert!(!over("request.time < timestamp(\"2020-01-01T00:00:00Z\") || true"));
        assert!(!over("!(request.time < timestamp(\"2020-01-01T00:00:00Z\"))"));
        assert!(!over("request.time < timestamp(\"soon\")"));
    }

    #[test]
    fn a_role_that_is_off_grants_nothing() {
        let role = |deleted, stage: Option<&str>| {
            let included_permissions = BTreeSet::from(["a.b.c".to_owned()]);
            Role { name: String::new(), included_permissions, deleted, stage: stage.map(str::to_owned) }.granted().len()
        };
        assert_eq!(role(false, Some("GA")), 1);
        assert_eq!(role(false, None), 1);
        assert_eq!(role(true, Some("GA")), 0);
        assert_eq!(role(false, Some("DISABLED")), 0);
    }
}
