//! The organisation's own documents: files that people write, read with the place of everything that is wrong.
//!
//! What they mean for a control is not decided here, and which controls there are is not known here.

pub mod exceptions;

use serde::de::DeserializeOwned;
use serde_saphyr::Spanned;

/// Something wrong in a file: where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", .line.map_or_else(String::new, |line| format!("line {line}: ")))]
pub struct Wrong {
    /// The line in the file, from 1, where there is one.
    pub line: Option<u64>,
    /// What is wrong and what to do.
    pub what: String,
}

/// Reads a YAML file.
///
/// # Errors
/// When it is no YAML, has a key that is not known, or lacks one.
pub fn yaml<T: DeserializeOwned>(text: &str) -> Result<T, Wrong> {
    serde_saphyr::from_str(text).map_err(|error| {
        let message = error.without_snippet().to_string();
        let what = message.lines().next().unwrap_or_default().to_owned();
        Wrong { line: error.location().map(|at| at.line()), what }
    })
}

/// The line of a value, from 1.
fn line<T>(spanned: &Spanned<T>) -> Option<u64> {
    Some(spanned.referenced.line()).filter(|line| *line > 0)
}

/// A text that says something.
fn text(key: &str, spanned: &Spanned<String>) -> Result<String, Wrong> {
    let text = spanned.value.trim();
    if text.is_empty() {
        return Err(Wrong { line: line(spanned), what: format!("`{key}` is empty") });
    }
    Ok(text.to_owned())
}
