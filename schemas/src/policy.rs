//! The organisation's policy as a bundle holds it: `policy.json`.

use crate::criteria::{Category, Principle};
use crate::digest::Digest;
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
    /// Registers read from files, each with its digest.
    #[serde(default)]
    pub registers: Vec<Register>,
    /// Exceptions in force.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// A register: a dated input file of the organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// What it registers.
    pub name: String,
    /// Its path as configured.
    pub path: String,
    /// Digest of the file.
    pub sha256: Digest,
}

/// An approved exception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Its identifier.
    pub id: String,
    /// The control.
    pub control: String,
    /// Resource ids, `*` matches any run of characters.
    pub resource: String,
    /// Why.
    pub reason: String,
    /// Who approved it.
    pub approver: String,
    /// When it ends.
    pub expires: Instant,
}
