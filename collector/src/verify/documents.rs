//! Reading the documents of a bundle strictly: JSON that meets its schema, written canonically, in order.
//!
//! The types refuse unknown fields, so a document that they read and write back to the same bytes meets its
//! schema and is canonical.

use super::problem::{ProblemKind as Kind, Problems};
use crate::bundle::{Lines, ReadError, read_document};
use evidenced_schemas::{to_canonical_line, to_canonical_vec};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error as _;

/// Reads a `.json` file.
pub(super) fn document<T: DeserializeOwned + Serialize>(
    bytes: &[u8],
    file: &str,
    problems: &mut Problems,
) -> Option<T> {
    let value: T = read_document(file, bytes).map_err(|error| unreadable(&error, file, problems)).ok()?;
    if to_canonical_vec(&value).ok().as_deref() != Some(bytes) {
        problems.add(Kind::NotCanonical, file, "is not written canonically");
    }
    Some(value)
}

/// Reads a `.jsonl.zst` file line by line. Gives false, with a problem, when it could not be read to its end.
pub(super) fn lines<T: DeserializeOwned + Serialize>(
    bytes: &[u8],
    file: &str,
    problems: &mut Problems,
    mut each: impl FnMut(T, u64, &mut Problems),
) -> bool {
    let lines = match Lines::<T>::new(file, bytes) {
        Ok(lines) => lines,
        Err(error) => {
            unreadable(&error, file, problems);
            return false;
        }
    };
    for line in lines {
        match line {
            Ok(line) => {
                if to_canonical_line(&line.value).ok().as_ref() != Some(&line.raw) {
                    problems.add(Kind::NotCanonical, file, format!("line {}: is not written canonically", line.number));
                }
                each(line.value, line.number, problems);
            }
            Err(error) => {
                unreadable(&error, file, problems);
                return false;
            }
        }
    }
    true
}

/// Reads a sorted `.jsonl.zst` file into memory, and says where its order is broken.
pub(super) fn sorted_lines<T: DeserializeOwned + Serialize>(
    bytes: &[u8],
    file: &str,
    problems: &mut Problems,
    follows: impl Fn(&T, &T) -> bool,
) -> Option<Vec<T>> {
    let mut all: Vec<T> = Vec::new();
    let whole = lines(bytes, file, problems, |value: T, number, problems| {
        if all.last().is_some_and(|last| !follows(last, &value)) {
            let what = format!("line {number}: is not in the order of the format, or stands twice");
            problems.add(Kind::NotSorted, file, what);
        }
        all.push(value);
    });
    whole.then_some(all)
}

/// Tells a document of another schema from bytes that are no JSON, or no whole zstd frame.
fn unreadable(error: &ReadError, file: &str, problems: &mut Problems) {
    let json = error.source().and_then(|source| source.downcast_ref::<serde_json::Error>());
    let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    let line = error.line.map(|line| format!("line {line}: ")).unwrap_or_default();
    if json.is_some_and(|json| json.classify() != serde_json::error::Category::Data) {
        problems.add(Kind::DocumentMalformed, file, format!("{line}is not JSON{cause}"));
    } else {
        let kind = if json.is_some() { Kind::SchemaMismatch } else { Kind::DocumentMalformed };
        problems.add(kind, file, format!("{line}{}{cause}", error.what));
    }
}
