//! The organisation's policy: the built-in form of SOC2-SEC-POL-001, or a file of the organisation in the same form.
//!
//! It reads and checks. Which exception covers which finding is not decided here.

use evidenced_schemas::criteria::{Category, Principle};
use evidenced_schemas::policy::Policy;
use std::path::Path;

/// The policy that comes with the program.
const BUILT_IN: (&str, &str) = ("policy/soc2-sec-pol-001.yaml", include_str!("../policy/soc2-sec-pol-001.yaml"));

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

/// Reads a policy file.
///
/// # Errors
/// The file cannot be read, has a key that is not known, lacks one, or leaves out a principle or a category.
pub fn read(path: &Path) -> Result<Policy, PolicyError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| PolicyError {
        file: name.clone(),
        line: None,
        what: format!("cannot read the policy: {error}"),
    })?;
    parse(&name, &text)
}

fn parse(name: &str, text: &str) -> Result<Policy, PolicyError> {
    let refuse = |line: Option<u64>, what: String| PolicyError { file: name.to_owned(), line, what };
    let policy: Policy = serde_saphyr::from_str(text).map_err(|error| {
        let message = error.without_snippet().to_string();
        refuse(error.location().map(|at| at.line()), message.lines().next().unwrap_or_default().to_owned())
    })?;
    if let Some(missing) = Principle::ALL.into_iter().find(|principle| !policy.principles.contains_key(principle)) {
        return Err(refuse(None, format!("`principles` leaves out {}: name all five", missing.title())));
    }
    if let Some(missing) = Category::ALL.into_iter().find(|category| !policy.categories.contains_key(category)) {
        return Err(refuse(None, format!("`categories` leaves out {missing:?}: say for each whether it is in scope")));
    }
    if !policy.exceptions.is_empty() || !policy.registers.is_empty() {
        return Err(refuse(
            None,
            "`exceptions` and `registers` are not carried out by this version: remove them".to_owned(),
        ));
    }
    Ok(policy)
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
}
