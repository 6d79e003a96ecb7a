//! Reasons in our own words. They stand in signed evidence, so they do not repeat a library's debug output, which may
//! change from one version to the next.

use crate::catalogue::{Compiled, Root};
use cel::ExecutionError;
use evidenced_schemas::{Gap, Population, Resource};
use std::collections::BTreeSet;

/// At most so many unread things are named in one reason; the rest are counted.
const NAMED: usize = 5;

/// What an evaluation error means to a reader.
pub(crate) fn of_error(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("there is no `{key}`"),
        ExecutionError::UndeclaredReference(name) => format!("`{name}` is not known"),
        ExecutionError::FunctionError { function, .. } => format!("`{function}` cannot take this value"),
        ExecutionError::IndexOutOfBounds(_) => "a list is shorter than expected".to_owned(),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "division by zero".to_owned(),
        ExecutionError::Overflow(..) => "a number is too large".to_owned(),
        _ => "a value is null or of another type than expected".to_owned(),
    }
}

/// Names the gaps of a document that the control's expressions look at.
pub(crate) fn unread_of_resource(compiled: &Compiled, resource: &Resource) -> Option<String> {
    let places: Vec<_> = compiled.places().filter(|place| place.root == Root::Resource).collect();
    let touched = |gap: &&Gap| places.iter().any(|place| place.touches(&gap.field));
    listed(resource.gaps.iter().filter(touched).map(of_gap).collect())
}

/// Names the gaps of all documents that a scope control's expressions look at, each with its document.
pub(crate) fn unread_of_scope(compiled: &Compiled, documents: &[&Resource]) -> Option<String> {
    let mut unread = BTreeSet::new();
    for document in documents {
        let touched = |gap: &&Gap| {
            compiled.places().any(|place| {
                matches!(&place.root, Root::All(type_) if *type_ == document.type_) && place.touches(&gap.field)
            })
        };
        for gap in document.gaps.iter().filter(touched) {
            unread.insert(format!("{} {}", document.name, of_gap(gap)));
        }
    }
    listed(unread)
}

fn of_gap(gap: &Gap) -> String {
    format!("{}: {} {} ({})", gap.field, gap.operation, gap.reason, gap.code)
}

fn listed(unread: BTreeSet<String>) -> Option<String> {
    let total = unread.len();
    if total == 0 {
        return None;
    }
    let mut named: Vec<String> = unread.into_iter().take(NAMED).collect();
    if total > NAMED {
        named.push(format!("and {} more", total - NAMED));
    }
    Some(named.join("; "))
}

/// Why the resources of a type are not all known, or `None` when they are.
pub(crate) fn unlisted(type_: &str, populations: &[Population]) -> Option<String> {
    let mut rows = populations.iter().filter(|row| row.type_ == type_).peekable();
    if rows.peek().is_none() {
        return Some(format!("{type_}: no population was collected"));
    }
    let reasons: Vec<String> = rows.flat_map(of_row).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

fn of_row(row: &Population) -> Vec<String> {
    let place = format!("{} in {}", row.type_, row.region);
    let mut reasons = Vec::new();
    if !row.complete {
        let reason = row.reason.as_deref().unwrap_or("the list was cut short");
        reasons.push(format!("{place}: {reason}"));
    }
    if let Some(check) = row.cross_check.as_ref().filter(|check| check.count != row.listed) {
        reasons.push(format!("{place}: {} listed, {} by {}", row.listed, check.count, check.source));
    }
    reasons
}
