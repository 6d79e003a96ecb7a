//! Canonical bytes: compact JSON with keys sorted by code point, UTF-8, no trailing newline.
//!
//! It deliberately does not normalise numbers or Unicode: documents hold the provider's own words. See "Canonical
//! bytes" in `docs/format.md`.

use serde::Serialize;
use serde_json::{Map, Value};

/// The canonical bytes of one JSON document.
///
/// # Errors
/// When the value cannot be expressed as JSON (a map whose keys are not strings, a number that is not finite).
pub fn to_canonical_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&sorted(serde_json::to_value(value)?))
}

/// The canonical bytes of one line of a `.jsonl` file, with its `\n`.
///
/// # Errors
/// As [`to_canonical_vec`].
pub fn to_canonical_line<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = to_canonical_vec(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Sorts the keys of every object. `serde_json` keeps them sorted already unless some crate in the build turns its
/// `preserve_order` feature on; signed bytes must not depend on that.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().map(|(k, v)| (k, sorted(v))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_at_every_depth_and_nothing_is_padded() {
        let value = json!({"b": [{"z": 1, "a": null}], "a": "é"});
        assert_eq!(to_canonical_vec(&value).unwrap(), "{\"a\":\"é\",\"b\":[{\"a\":null,\"z\":1}]}".as_bytes());
        assert!(to_canonical_line(&value).unwrap().ends_with(b"}\n"));
    }
}
