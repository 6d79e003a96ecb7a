//! The registers that a policy file names: vendors, and dated events that ask for a review.

use super::{Wrong, line, text, yaml};
use evidenced_schemas::Day;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;
use std::collections::BTreeSet;

/// The register of vendors.
pub const VENDORS: &str = "vendors";
/// The register of events.
pub const EVENTS: &str = "events";
/// What a policy file may register.
pub const ALL: [&str; 2] = [VENDORS, EVENTS];

/// A vendor on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Vendor {
    /// Its name.
    pub name: String,
    /// What it does for the organisation.
    pub service: String,
    /// Who is accountable for it.
    pub owner: String,
    /// The day of the last review of it; null when there was none.
    pub last_reviewed: Option<Day>,
    /// What the review rests on, like `SOC 2 Type II report of 2025`; null when nothing is named.
    pub assurance: Option<String>,
}

/// Something that asks for a review of the policy (its section 9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// What it was.
    pub kind: EventKind,
    /// The day.
    pub on: Day,
    /// In words.
    pub title: String,
}

/// The kinds that the policy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A material security incident.
    Incident,
    /// A significant change of systems.
    SignificantChange,
    /// A finding of an audit.
    AuditFinding,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VendorFile {
    vendors: Vec<VendorEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VendorEntry {
    name: Spanned<String>,
    service: Spanned<String>,
    owner: Spanned<String>,
    #[serde(default)]
    last_reviewed: Option<Day>,
    #[serde(default)]
    assurance: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventFile {
    events: Vec<EventEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventEntry {
    id: Spanned<String>,
    kind: EventKind,
    on: Day,
    title: Spanned<String>,
}

/// Reads the text of a register of vendors.
///
/// # Errors
/// When it is no such file, or a name stands in it twice.
pub fn vendors(file: &str) -> Result<Vec<Vendor>, Wrong> {
    let file: VendorFile = yaml(file)?;
    once(file.vendors.iter().map(|entry| &entry.name), "vendor")?;
    let vendor = |entry: VendorEntry| {
        Ok(Vendor {
            name: text("name", &entry.name)?,
            service: text("service", &entry.service)?,
            owner: text("owner", &entry.owner)?,
            last_reviewed: entry.last_reviewed,
            assurance: entry.assurance,
        })
    };
    file.vendors.into_iter().map(vendor).collect()
}

/// Reads the text of a register of events.
///
/// # Errors
/// When it is no such file, or an id stands in it twice.
pub fn events(file: &str) -> Result<Vec<Event>, Wrong> {
    let file: EventFile = yaml(file)?;
    once(file.events.iter().map(|entry| &entry.id), "event")?;
    let event = |entry: EventEntry| {
        Ok(Event { id: text("id", &entry.id)?, kind: entry.kind, on: entry.on, title: text("title", &entry.title)? })
    };
    file.events.into_iter().map(event).collect()
}

fn once<'a>(names: impl Iterator<Item = &'a Spanned<String>>, what: &str) -> Result<(), Wrong> {
    let mut known = BTreeSet::new();
    for name in names {
        if !known.insert(name.value.trim()) {
            let what = format!("a second {what} is called `{}`", name.value);
            return Err(Wrong { line: line(name), what });
        }
    }
    Ok(())
}

/// Reads a register by its name, to see whether it can be.
///
/// # Errors
/// As the reader of that register.
pub fn check(name: &str, file: &str) -> Result<(), Wrong> {
    match name {
        VENDORS => vendors(file).map(|_| ()),
        EVENTS => events(file).map(|_| ()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VENDOR_FILE: &str =
        "vendors:\n  - name: Mailer\n    service: Sends mail\n    owner: Lee\n    last_reviewed: 2026-01-05\n";
    const EVENT_FILE: &str =
        "events:\n  - id: INC-1\n    kind: incident\n    on: 2026-01-05\n    title: A key was published\n";

    #[test]
    fn registers_read_and_refuse_with_the_line() {
        let read = vendors(VENDOR_FILE).unwrap();
        assert_eq!((read[0].name.as_str(), read[0].assurance.as_ref()), ("Mailer", None));
        assert_eq!(events(EVENT_FILE).unwrap()[0].kind, EventKind::Incident);
        for (name, file, from, to, line, word) in [
            (VENDORS, VENDOR_FILE, "owner: Lee", "owner: ''", 4, "`owner` is empty"),
            (VENDORS, VENDOR_FILE, "owner: Lee", "holder: Lee", 4, "holder"),
            (VENDORS, VENDOR_FILE, "2026-01-05", "January", 5, "no day"),
            (EVENTS, EVENT_FILE, "kind: incident", "kind: storm", 3, "storm"),
            (EVENTS, EVENT_FILE, "on: 2026-01-05", "on: 2026-13-05", 4, "no day"),
        ] {
            let wrong = check(name, &file.replace(from, to)).unwrap_err();
            assert!(wrong.what.contains(word), "{to}: {wrong}");
            assert_eq!(wrong.line, Some(line), "{to}: {wrong}");
        }
        let twice = format!("{VENDOR_FILE}{}", VENDOR_FILE.strip_prefix("vendors:\n").unwrap());
        assert_eq!(vendors(&twice).unwrap_err().line, Some(6));
    }
}
