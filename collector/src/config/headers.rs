//! Files with secrets that a configuration names: a text, or headers, `Name: value` a line.

use http::{HeaderMap, HeaderName, HeaderValue};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The text of a file with a secret. One that others than its owner may read is used with a warning.
pub(crate) fn secret_text(file: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: cannot be read: {error}", file.display()))?;
    let mode = std::fs::metadata(file).map_or(0, |found| found.permissions().mode() & 0o7777);
    if mode & 0o077 != 0 {
        let mode = format!("{mode:04o}");
        tracing::warn!(file = %file.display(), mode, "a file with a secret can be read by others: chmod 600 it");
    }
    Ok(text)
}

/// The headers in a file; blank lines and those that begin with `#` are left out. None of them is ever shown.
pub(crate) fn headers(file: &Path) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (number, line) in secret_text(file)?.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = || format!("{}:{}: is no header: write `Name: value`", file.display(), number + 1);
        let (name, value) = line.split_once(':').ok_or_else(wrong)?;
        let name: HeaderName = name.trim().parse().map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value.trim()).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_a_line_and_what_is_none_is_named_without_its_value() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("headers");
        std::fs::write(&file, "# for the collector\n\nAuthorization: Bearer canary\nX-Scope-OrgID:7\n").unwrap();
        let read = headers(&file).unwrap();
        assert_eq!(
            (read["authorization"].to_str().unwrap(), read["x-scope-orgid"].to_str().unwrap()),
            ("Bearer canary", "7")
        );
        assert!(!format!("{read:?}").contains("canary"), "a value is never shown");
        std::fs::write(&file, "X: y\ncanary\n").unwrap();
        let wrong = headers(&file).unwrap_err();
        assert!(wrong.contains("headers:2: is no header") && !wrong.contains("canary"), "{wrong}");
    }
}
