//! The organisation's policy: the built-in form of SOC2-SEC-POL-001, or a file of the organisation in the same form.
//!
//! It reads and checks. Which exception covers which finding is not decided here ([`crate::exceptions`]).

use evidenced_connectors::policy::{Wrong, operation, registers, yaml};
use evidenced_schemas::criteria::{Category, Principle};
use evidenced_schemas::policy::Policy;
use evidenced_schemas::{Digest, Severity};
use std::path::Path;

/// The role that alone approves exceptions from critical controls, and updates of the policy (its section 9).
pub const CISO: &str = "CISO";

/// The policy that comes with the program.
const BUILT_IN: (&str, &str) = ("policy/soc2-sec-pol-001.yaml", include_str!("../policy/soc2-sec-pol-001.yaml"));

/// What the organisation's own documents are read from where the configuration names no policy.
pub const BUILT_IN_FILES: &[(&str, &str)] = &[(operation::READ_BUILT_IN_POLICY.name, BUILT_IN.1)];

/// A policy that cannot be used: where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", .line.map_or_else(|| format!("{file}: "), |line| format!("{file}:{line}: ")))]
pub struct PolicyError {
    /// The file.
    pub file: String,
    /// The line in it, from 1, where there is one.
    pub line: Option<u64>,
    /// What is wrong and what to do.
    pub what: String,
}

/// The policy that comes with the program.
///
/// # Errors
/// Never in a build that passed its tests.
pub fn built_in() -> Result<Policy, PolicyError> {
    parse(BUILT_IN.0, BUILT_IN.1)
}

/// Reads a policy file, with the digests of the files that it names.
///
/// # Errors
/// The file cannot be read, has a key that is not known, lacks one, or leaves out a principle or a category.
pub fn read(path: &Path) -> Result<Policy, PolicyError> {
    let mut policy = parse(&path.display().to_string(), &text(path)?)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    for record in &mut policy.supporting_records {
        record.sha256 = digest(&folder.join(&record.path));
    }
    for register in &mut policy.registers {
        let path = folder.join(&register.path);
        register.sha256 = digest(&path);
        // One that is not there is a gap of the evidence, and one that is wrong is somebody's mistake.
        if register.sha256.is_some() {
            let checked = registers::check(&register.name, &text(&path)?);
            checked.map_err(|wrong| PolicyError::in_file(&path.display().to_string(), wrong))?;
        }
    }
    Ok(policy)
}

/// The text of a file of the organisation.
pub(crate) fn text(path: &Path) -> Result<String, PolicyError> {
    std::fs::read_to_string(path).map_err(|error| PolicyError {
        file: path.display().to_string(),
        line: None,
        what: format!("cannot be read: {error}"),
    })
}

/// None where the file cannot be read: `policy.json` then says `null`, and the controls that need it are not evaluated.
fn digest(path: &Path) -> Option<Digest> {
    std::fs::read(path).ok().map(|bytes| Digest::of(&bytes))
}

impl PolicyError {
    /// Something wrong in this file.
    pub(crate) fn in_file(file: &str, Wrong { line, what }: Wrong) -> Self {
        Self { file: file.to_owned(), line, what }
    }
}

fn parse(name: &str, text: &str) -> Result<Policy, PolicyError> {
    let policy: Policy = yaml(text).map_err(|wrong| PolicyError::in_file(name, wrong))?;
    check(&policy).map_err(|what| PolicyError { file: name.to_owned(), line: None, what })?;
    Ok(policy)
}

/// What the file's form does not say already.
fn check(policy: &Policy) -> Result<(), String> {
    if let Some(missing) = Principle::ALL.into_iter().find(|principle| !policy.principles.contains_key(principle)) {
        return Err(format!("`principles` leaves out {}: name all five", missing.title()));
    }
    if let Some(missing) = Category::ALL.into_iter().find(|category| !policy.categories.contains_key(category)) {
        return Err(format!("`categories` leaves out {missing:?}: say for each whether it is in scope"));
    }
    if !policy.exceptions.is_empty() {
        return Err("`exceptions` have a file of their own: name it as `exceptions` in evidenced.yaml".to_owned());
    }
    let given = policy.supporting_records.iter().any(|record| record.sha256.is_some());
    if given || policy.registers.iter().any(|register| register.sha256.is_some()) {
        return Err("`sha256` is computed from the file: leave it out".to_owned());
    }
    check_approvals(policy)?;
    let mut known = std::collections::BTreeSet::new();
    for record in &policy.supporting_records {
        let name = &record.name;
        if !policy.supporting.contains(name) {
            return Err(format!("`supporting_records`: `{name}` is none of the policies under `supporting`"));
        }
        if !known.insert(name) {
            return Err(format!("`supporting_records` names `{name}` twice"));
        }
    }
    for register in &policy.registers {
        let name = &register.name;
        if !registers::ALL.contains(&name.as_str()) {
            let there = registers::ALL.join(", ");
            return Err(format!("`registers`: no register is named `{name}`; there are {there}"));
        }
        if !known.insert(name) {
            return Err(format!("`registers` names `{name}` twice"));
        }
    }
    Ok(())
}

/// Roles that are asked for are there, and a critical control is the CISO's.
fn check_approvals(policy: &Policy) -> Result<(), String> {
    for (severity, roles) in &policy.approvals {
        if let Some(unknown) = roles.iter().find(|role| !policy.roles.contains_key(*role)) {
            let severity = severity.as_str();
            return Err(format!(
                "`approvals.{severity}`: `{unknown}` is no role under `roles`: add it with its people"
            ));
        }
        if roles.is_empty() {
            return Err(format!("`approvals.{}` is empty: name a role, or leave the key out", severity.as_str()));
        }
    }
    match policy.approvals.get(&Severity::Critical) {
        Some(roles) if roles.iter().any(|role| role != CISO) => Err(format!(
            "`approvals.critical` may name {CISO} alone: the policy leaves critical exceptions to that role"
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn the_built_in_policy_names_every_supporting_policy_that_a_control_carries_out() {
        let policy = built_in().unwrap();
        assert_eq!((policy.id.as_str(), policy.version.as_str()), ("SOC2-SEC-POL-001", "1.0"));
        assert_eq!(policy.supporting.len(), 8);
        assert!(policy.categories[&Category::Security] && !policy.categories[&Category::Privacy]);
        for control in Catalogue::built_in().controls() {
            assert!(policy.supporting.contains(&control.policy), "{}: {}", control.id, control.policy);
        }
    }

    #[test]
    fn a_policy_that_leaves_something_out_is_refused() {
        let without = |from: &str, to: &str| parse("policy.yaml", &BUILT_IN.1.replace(from, to)).unwrap_err();
        assert_eq!(without("classification: Internal", "classified: Internal").line, Some(5));
        assert!(without("  privacy: false\n", "").to_string().contains("Privacy"));
        let error = parse("policy.yaml", &BUILT_IN.1.replace("  accountability: All access", "  x: All access"));
        assert_eq!(error.unwrap_err().line, Some(17));
    }

    #[test]
    fn what_a_policy_names_must_be_there() {
        let with = |more: &str| parse("policy.yaml", &format!("{}{more}", BUILT_IN.1));
        let people = "roles: {CISO: [Dana], HR: [Bo]}\n";
        assert!(with(&format!("{people}approvals: {{critical: [CISO], high: [CISO, HR]}}\n")).is_ok());
        for (more, word) in [
            (format!("{people}approvals: {{critical: [HR]}}\n"), "may name CISO alone"),
            (format!("{people}approvals: {{high: [Board]}}\n"), "`Board` is no role"),
            (format!("{people}approvals: {{high: []}}\n"), "`approvals.high` is empty"),
            ("registers: [{name: suppliers, path: x}]\n".to_owned(), "no register is named `suppliers`"),
            ("registers: [{name: vendors, path: x}, {name: vendors, path: y}]\n".to_owned(), "`vendors` twice"),
            (
                "supporting_records: [{name: X, path: x, owner: o, last_reviewed: 2026-01-01}]\n".to_owned(),
                "`X` is none",
            ),
            (
                "supporting_records: [{name: X, path: x, owner: o, last_reviewed: soon}]\n".to_owned(),
                "`soon` is no day",
            ),
        ] {
            let error = with(&more).unwrap_err().to_string();
            assert!(error.starts_with("policy.yaml") && error.contains(word), "{more}: {error}");
        }
    }
}
