//! `exceptions.yaml`: approved exceptions from controls.
//!
//! Whether the approver may approve, and whether there is such a control, is checked where the policy and the catalogue are
//! known.

use super::{Wrong, line, text, yaml};
use evidenced_schemas::policy::Exception;
use evidenced_schemas::{Day, Instant};
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::collections::BTreeSet;

/// The least that a reason says, in characters.
const REASON: usize = 20;

/// An exception with the places of what is checked later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What it says.
    pub exception: Exception,
    /// The line of its control.
    pub control_line: Option<u64>,
    /// The line of its approver.
    pub approver_line: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    exceptions: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    control: Spanned<String>,
    resource: Spanned<String>,
    #[serde(default)]
    scope: Option<Spanned<String>>,
    reason: Spanned<String>,
    owner: Spanned<String>,
    approver: Spanned<String>,
    ticket: Spanned<String>,
    starts: Spanned<String>,
    expires: Spanned<String>,
}

/// Reads the text of the file.
///
/// # Errors
/// When it is no such file, or an exception breaks a rule that stands in it alone.
pub fn parse(text: &str) -> Result<Vec<Written>, Wrong> {
    let file: File = yaml(text)?;
    let mut ids = BTreeSet::new();
    let mut all = Vec::new();
    for entry in &file.exceptions {
        let written = written(entry)?;
        if !ids.insert(written.exception.id.clone()) {
            let what = format!("a second exception has the id `{}`: give it its own", written.exception.id);
            return Err(Wrong { line: line(&entry.id), what });
        }
        all.push(written);
    }
    Ok(all)
}

fn written(entry: &Entry) -> Result<Written, Wrong> {
    let id = text("id", &entry.id)?;
    let fail = |at: &Spanned<String>, what: String| Wrong { line: line(at), what: format!("exception `{id}`: {what}") };
    let reason = text("reason", &entry.reason)?;
    let said = reason.chars().count();
    if said < REASON {
        let what = format!("`reason` has {said} characters: say in {REASON} at least why the control is not met");
        return Err(fail(&entry.reason, what));
    }
    let (owner, approver) = (text("owner", &entry.owner)?, text("approver", &entry.approver)?);
    if owner.to_lowercase() == approver.to_lowercase() {
        let what = format!("`{approver}` approves what they own: name another approver");
        return Err(fail(&entry.approver, what));
    }
    let starts = instant(&entry.starts, Day::begins).map_err(|what| fail(&entry.starts, what))?;
    let expires = instant(&entry.expires, Day::ends).map_err(|what| fail(&entry.expires, what))?;
    if expires <= starts {
        let what = format!("it ends ({}) before it begins ({})", entry.expires.value, entry.starts.value);
        return Err(fail(&entry.expires, what));
    }
    let exception = Exception {
        control: text("control", &entry.control)?,
        resource: text("resource", &entry.resource)?,
        scope: entry.scope.as_ref().map(|scope| text("scope", scope)).transpose()?,
        ticket: text("ticket", &entry.ticket)?,
        id,
        reason,
        owner,
        approver,
        starts,
        expires,
    };
    Ok(Written { exception, control_line: line(&entry.control), approver_line: line(&entry.approver) })
}

/// A day, of which `of_day` takes an end, or an instant of RFC 3339.
fn instant(spanned: &Spanned<String>, of_day: fn(Day) -> Instant) -> Result<Instant, String> {
    let text = spanned.value.trim();
    let day = text.parse::<Day>().map(of_day);
    day.or_else(|_| Instant::try_from(text.to_owned()))
        .map_err(|_| format!("`{text}` is no day and no instant: write it like `2026-03-01` or `2026-03-01T12:00:00Z`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "exceptions:
  - id: EX-1
    control: aws.s3.*
    resource: arn:aws:s3:::logs-*
    reason: The bucket is retired in May, see the plan
    owner: Storage team
    approver: Dana Example
    ticket: SEC-12
    starts: 2026-03-01
    expires: 2026-05-31
";

    #[test]
    fn days_count_whole() {
        let all = parse(GOOD).unwrap();
        let Exception { starts, expires, scope, .. } = &all[0].exception;
        assert_eq!((starts.to_string(), scope), ("2026-03-01T00:00:00.000Z".to_owned(), &None));
        assert_eq!(expires.to_string(), "2026-05-31T23:59:59.999Z");
        assert_eq!((all[0].control_line, all[0].approver_line), (Some(3), Some(7)));
        let exact = GOOD.replace("2026-05-31", "2026-05-31T12:00:00+02:00\n    scope: \"1111*\"");
        let exact = &parse(&exact).unwrap()[0].exception;
        assert_eq!(exact.expires.to_string(), "2026-05-31T10:00:00.000Z");
        assert_eq!(exact.scope.as_deref(), Some("1111*"));
        assert_eq!(parse("exceptions: []\n"), Ok(Vec::new()));
    }

    #[test]
    fn each_rule_is_refused_with_its_line() {
        for (from, to, line, word) in [
            ("id: EX-1", "id: ''", 2, "`id` is empty"),
            ("control: aws.s3.*", "control: ' '", 3, "`control` is empty"),
            ("resource: arn:aws:s3:::logs-*", "resource: ''", 4, "`resource` is empty"),
            (
                "reason: The bucket is retired in May, see the plan",
                "reason: nineteen characters",
                5,
                "has 19 characters",
            ),
            ("owner: Storage team", "owner: dana example", 7, "approves what they own"),
            ("approver: Dana Example", "approver: ''", 7, "`approver` is empty"),
            ("ticket: SEC-12", "ticket: ''", 8, "`ticket` is empty"),
            ("starts: 2026-03-01", "starts: March", 9, "no day and no instant"),
            ("expires: 2026-05-31", "expires: 2026-02-30", 10, "no day and no instant"),
            ("expires: 2026-05-31", "expires: 2026-02-28", 10, "before it begins"),
            ("    expires: 2026-05-31", "    ends: 2026-05-31", 10, "ends"),
            ("    expires: 2026-05-31\n", "", 9, "expires"),
            ("    starts: 2026-03-01\n", "", 9, "starts"),
            ("    ticket: SEC-12\n", "", 9, "ticket"),
            ("    approver: Dana Example\n", "", 9, "approver"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let wrong = parse(&GOOD.replace(from, to)).unwrap_err();
            assert!(wrong.what.contains(word), "{to}: {wrong}");
            assert_eq!(wrong.line, Some(line), "{to}: {wrong}");
        }
        let twice = format!("{GOOD}{}", GOOD.strip_prefix("exceptions:\n").unwrap());
        let wrong = parse(&twice).unwrap_err();
        assert!(wrong.what.contains("second exception"), "{wrong}");
        assert_eq!(wrong.line, Some(11));
    }
}
