//! The organisation's policy as a bundle holds it: `policy.json`.

use crate::control::Severity;
use crate::criteria::{Category, Principle};
use crate::day::Day;
use crate::digest::Digest;
use crate::pattern::glob;
use crate::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The policy, the categories in scope, and the registers and exceptions in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Document id, `SOC2-SEC-POL-001`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its date, as precise as the document says it.
    pub date: String,
    /// Its classification.
    pub classification: String,
    /// Its owner.
    pub owner: String,
    /// Trust Services Categories and whether each is in scope.
    pub categories: BTreeMap<Category, bool>,
    /// The governing principles with what each requires.
    pub principles: BTreeMap<Principle, String>,
    /// Supporting policies by name.
    pub supporting: Vec<String>,
    /// Who approved it and when; absent where nobody is on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Approval>,
    /// Who has which role, by the policy's own names of roles.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, Vec<String>>,
    /// The roles that may approve an exception from a control of a severity. For a critical one it is the CISO alone; a
    /// severity that is not named here is left to anybody who has a role.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub approvals: BTreeMap<Severity, Vec<String>>,
    /// When it was reviewed, and by whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<Review>,
    /// Where the supporting policies are, and when each was last reviewed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supporting_records: Vec<SupportingRecord>,
    /// Registers read from files, each with its digest.
    #[serde(default)]
    pub registers: Vec<Register>,
    /// Approved exceptions, also those that are over or are still to begin.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// The approval of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The person.
    pub by: String,
    /// The role in which they approved it.
    pub role: String,
    /// The day.
    pub on: Day,
}

/// A review of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// The day.
    pub on: Day,
    /// The person.
    pub by: String,
}

/// A supporting policy on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportingRecord {
    /// Its name, one of `supporting`.
    pub name: String,
    /// Its file, from the folder of the policy file.
    pub path: String,
    /// Who is accountable for it.
    pub owner: String,
    /// The day of its last review.
    pub last_reviewed: Day,
    /// Digest of the file, computed; null when the file was not there.
    #[serde(default)]
    pub sha256: Option<Digest>,
}

/// A register: a dated input file of the organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// What it registers: `vendors`, `events`, or `exceptions`.
    pub name: String,
    /// Its path as configured: from the folder of the policy file, or of the configuration for `exceptions`.
    pub path: String,
    /// Digest of the file, computed; null when the file was not there.
    #[serde(default)]
    pub sha256: Option<Digest>,
}

/// An approved exception.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Its identifier.
    pub id: String,
    /// The control, or a pattern of controls in which `*` matches any run of characters.
    pub control: String,
    /// Resource ids, `*` matches any run of characters. Only `*` alone covers verdicts that are about no single resource.
    pub resource: String,
    /// Scopes, `*` matches any run of characters; every scope when absent.
    #[serde(default)]
    pub scope: Option<String>,
    /// Why.
    pub reason: String,
    /// Who is accountable for what is excepted.
    pub owner: String,
    /// Who approved it.
    pub approver: String,
    /// Where the approval is on record.
    pub ticket: String,
    /// When it begins.
    pub starts: Instant,
    /// Its last instant.
    pub expires: Instant,
}

impl Exception {
    /// True from its begin to its last instant.
    pub fn is_in_force(&self, at: Instant) -> bool {
        self.starts <= at && at <= self.expires
    }

    /// True when it is meant for a control on a resource of a scope, at whatever time. None is a verdict that is about no
    /// single resource.
    pub fn covers(&self, control: &str, resource: Option<&str>, scope: &str) -> bool {
        let of_resource = resource.map_or(self.resource == "*", |id| glob(&self.resource, id));
        let of_scope = self.scope.as_ref().is_none_or(|pattern| glob(pattern, scope));
        of_resource && of_scope && glob(&self.control, control)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exception(control: &str, resource: &str, scope: Option<&str>) -> Exception {
        let at = |text: &str| Instant::try_from(text.to_owned()).unwrap();
        Exception {
            id: "EX-1".into(),
            control: control.into(),
            resource: resource.into(),
            scope: scope.map(str::to_owned),
            reason: "it is retired in May".into(),
            owner: "a".into(),
            approver: "b".into(),
            ticket: "T-1".into(),
            starts: at("2026-03-01T00:00:00Z"),
            expires: at("2026-03-31T23:59:59.999Z"),
        }
    }

    #[test]
    fn an_exception_covers_what_all_of_its_patterns_match() {
        let (bucket, scope) = ("arn:aws:s3:::logs-1", "111122223333");
        for (control, resource, in_scope, covers) in [
            ("aws.s3.versioning", "*", None, true),
            ("aws.s3.*", "arn:aws:s3:::logs-*", Some("1111*"), true),
            ("aws.s3", "*", None, false),
            ("aws.s3.versioning", "logs-1", None, false),
            ("aws.s3.versioning", "arn:aws:s3:::logs", None, false),
            ("aws.s3.versioning", "*", Some("2222*"), false),
        ] {
            let one = exception(control, resource, in_scope);
            assert_eq!(
                one.covers("aws.s3.versioning", Some(bucket), scope),
                covers,
                "{control} {resource} {in_scope:?}"
            );
        }
        assert!(exception("*", "*", None).covers("aws.iam.root-mfa", None, scope));
        assert!(!exception("*", "arn:*", None).covers("aws.iam.root-mfa", None, scope));
        assert!(!exception("*", "**", None).covers("aws.iam.root-mfa", None, scope));
    }

    #[test]
    fn an_exception_is_in_force_on_its_first_and_its_last_day() {
        let one = exception("*", "*", None);
        for (at, is) in [
            ("2026-02-28T23:59:59.999Z", false),
            ("2026-03-01T00:00:00Z", true),
            ("2026-03-31T23:59:59.999Z", true),
            ("2026-04-01T00:00:00Z", false),
        ] {
            assert_eq!(one.is_in_force(Instant::try_from(at.to_owned()).unwrap()), is, "{at}");
        }
    }
}
