//! Approved exceptions: which of them a file may hold, and which finding each covers.
//!
//! An exception never changes a verdict. It is attached to what fails or could not be evaluated, by `policy.json` and the run's
//! instant alone, so that anyone can attach it again from the bundle.

use crate::catalogue::Catalogue;
use crate::policy::{CISO, PolicyError, text};
use evidenced_connectors::policy::Wrong;
use evidenced_connectors::policy::exceptions::{Written, parse};
use evidenced_schemas::finding::ExceptionRef;
use evidenced_schemas::policy::{Exception, Policy, Register};
use evidenced_schemas::{Control, Digest, Finding, Instant, Severity, Verdict};
use std::path::Path;

/// What the file is called among the registers of `policy.json`.
pub const REGISTER: &str = "exceptions";

/// Reads the file into the policy: its exceptions, and its digest under the name that the configuration has for it.
///
/// # Errors
/// The file cannot be read, or an exception in it may not stand: for each, the file and the line.
pub fn read(path: &Path, configured: &str, policy: &mut Policy, catalogue: &Catalogue) -> Result<(), PolicyError> {
    let text = text(path)?;
    let wrong = |wrong| PolicyError::in_file(&path.display().to_string(), wrong);
    let written = parse(&text).map_err(wrong)?;
    for one in &written {
        check(one, policy, catalogue).map_err(wrong)?;
    }
    policy.exceptions = written.into_iter().map(|one| one.exception).collect();
    let sha256 = Some(Digest::of(text.as_bytes()));
    policy.registers.push(Register { name: REGISTER.to_owned(), path: configured.to_owned(), sha256 });
    Ok(())
}

/// The control is there, and the approver has a role that may approve it.
fn check(written: &Written, policy: &Policy, catalogue: &Catalogue) -> Result<(), Wrong> {
    let Exception { id, control, approver, .. } = &written.exception;
    let meant = |one: &&Control| evidenced_schemas::pattern::glob(control, &one.id);
    let Some(worst) = catalogue.controls().iter().filter(meant).min_by_key(|one| one.severity) else {
        let what = format!("exception `{id}`: `{control}` is no control (`evidenced controls list` has them all)");
        return Err(Wrong { line: written.control_line, what });
    };
    let asked = policy.approvals.get(&worst.severity).cloned();
    let roles = match worst.severity {
        Severity::Critical => vec![CISO.to_owned()],
        _ => asked.unwrap_or_else(|| policy.roles.keys().cloned().collect()),
    };
    let people: Vec<&str> =
        roles.iter().filter_map(|role| policy.roles.get(role)).flatten().map(String::as_str).collect();
    // A policy without people at all (the built-in one) cannot say who has a role; it then holds back the critical ones alone.
    let nobody_is_known = policy.roles.is_empty() && worst.severity != Severity::Critical;
    if nobody_is_known || people.contains(&approver.as_str()) {
        return Ok(());
    }
    let who = if people.is_empty() {
        "nobody: add people under `roles` of the policy file".to_owned()
    } else {
        people.join(", ")
    };
    let what = format!(
        "exception `{id}`: `{approver}` may not approve an exception from {}, which is {}. The policy leaves that to {}, which is {who}",
        worst.id,
        worst.severity.as_str(),
        roles.join(" or "),
    );
    Err(Wrong { line: written.approver_line, what })
}

/// Attaches the exceptions in force at `as_of` to the findings that they cover.
pub fn attach(policy: &Policy, as_of: Instant, findings: &mut [Finding]) {
    let exceptions = in_force(policy, as_of);
    if !exceptions.is_empty() {
        for finding in findings {
            finding.exception = covering(&exceptions, finding);
        }
    }
}

/// The exceptions in force at this instant, in the order of the file.
pub fn in_force(policy: &Policy, as_of: Instant) -> Vec<&Exception> {
    policy.exceptions.iter().filter(|exception| exception.is_in_force(as_of)).collect()
}

/// The exception that belongs to a finding: the first that covers it. One that passes or does not apply needs none.
pub fn covering(exceptions: &[&Exception], finding: &Finding) -> Option<ExceptionRef> {
    if !matches!(finding.verdict, Verdict::Fail | Verdict::NotEvaluated) {
        return None;
    }
    let resource = finding.resource.as_ref().map(|resource| resource.id.as_str());
    let covers = |one: &&&Exception| one.covers(&finding.control, resource, finding.scope.as_str());
    exceptions.iter().find(covers).map(|one| ExceptionRef {
        id: one.id.clone(),
        approver: one.approver.clone(),
        expires: one.expires,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::built_in;

    fn file(control: &str, approver: &str) -> String {
        format!(
            "exceptions:\n  - id: EX-1\n    control: {control}\n    resource: \"*\"\n    reason: It is retired in May, see the plan\n    owner: Ed\n    approver: {approver}\n    ticket: T-1\n    starts: 2026-03-01\n    expires: 2026-05-31\n"
        )
    }

    fn read_text(text: &str, policy: &mut Policy) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("exceptions.yaml");
        std::fs::write(&path, text).unwrap();
        let read = read(&path, "exceptions.yaml", policy, &Catalogue::built_in());
        read.map_err(|error| error.to_string().replace(&format!("{}/", folder.path().display()), ""))
    }

    fn people() -> Policy {
        let mut policy = built_in().unwrap();
        policy.roles = [("CISO", "Dana"), ("HR", "Bo"), ("Legal", "Lee")]
            .map(|(role, person)| (role.to_owned(), vec![person.to_owned()]))
            .into();
        policy.approvals = [(Severity::High, vec!["CISO".to_owned(), "Legal".to_owned()])].into();
        policy
    }

    #[test]
    fn an_approver_has_a_role_that_may_approve_the_worst_of_what_is_meant() {
        let catalogue = Catalogue::built_in();
        let of = |severity| catalogue.controls().iter().find(|control| control.severity == severity).unwrap();
        let (critical, high, low) = (&of(Severity::Critical).id, &of(Severity::High).id, &of(Severity::Low).id);
        for (control, approver, word) in [
            (critical.as_str(), "Dana", None),
            (critical.as_str(), "Lee", Some("leaves that to CISO, which is Dana")),
            ("*", "Lee", Some("which is critical")),
            (high.as_str(), "Lee", None),
            (high.as_str(), "Bo", Some("leaves that to CISO or Legal, which is Dana, Lee")),
            (low.as_str(), "Bo", None),
            (low.as_str(), "Somebody", Some("`Somebody` may not approve")),
        ] {
            let done = read_text(&file(&format!("\"{control}\""), approver), &mut people());
            match (word, done) {
                (None, done) => assert_eq!(done, Ok(()), "{control} {approver}"),
                (Some(word), done) => {
                    let error = done.unwrap_err();
                    assert!(error.starts_with("exceptions.yaml:7: ") && error.contains(word), "{control}: {error}");
                }
            }
        }
        let without_people = read_text(&file(critical, "Dana"), &mut built_in().unwrap()).unwrap_err();
        assert!(without_people.contains("nobody: add people under `roles`"), "{without_people}");
        assert_eq!(read_text(&file(high, "Dana"), &mut built_in().unwrap()), Ok(()));
        let none = read_text(&file("aws.s3.no-such-control", "Dana"), &mut people()).unwrap_err();
        assert!(none.starts_with("exceptions.yaml:3: ") && none.contains("is no control"), "{none}");
    }

    #[test]
    fn what_passes_gets_none_and_what_is_over_is_given_to_nothing() {
        let mut policy = people();
        read_text(&file("aws.s3.*", "Dana"), &mut policy).unwrap();
        assert_eq!((policy.registers[0].name.as_str(), policy.exceptions.len()), ("exceptions", 1));
        let finding = |control: &str, verdict| Finding {
            control: control.to_owned(),
            resource: None,
            scope: "111122223333".parse().unwrap(),
            verdict,
            reason: None,
            message: None,
            exchanges: Vec::new(),
            exception: None,
        };
        let mut findings: Vec<Finding> =
            Verdict::ALL.into_iter().map(|verdict| finding("aws.s3.versioning", verdict)).collect();
        findings.push(finding("aws.iam.root-mfa", Verdict::Fail));
        let attached = |at: &str, findings: &mut [Finding]| -> Vec<bool> {
            attach(&policy, Instant::try_from(at.to_owned()).unwrap(), findings);
            findings.iter_mut().map(|finding| finding.exception.take().is_some()).collect()
        };
        assert_eq!(attached("2026-04-01T00:00:00Z", &mut findings), [false, true, true, false, false]);
        assert_eq!(attached("2026-02-28T00:00:00Z", &mut findings), [false; 5]);
        assert_eq!(attached("2026-06-01T00:00:00Z", &mut findings), [false; 5]);
        assert_eq!(findings[1].verdict, Verdict::Fail);
    }
}
