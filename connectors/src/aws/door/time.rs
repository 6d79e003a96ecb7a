//! Times in JSON answers.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// Reads a time in seconds since 1970, as awsJson writes it, or a text, as RFC 3339 to the second; an empty text is no time.
/// Give it to `#[serde(default, deserialize_with = "door::time")]`.
///
/// # Errors
/// Where the value is neither.
pub fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    let parsed = match &value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc)),
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a date, checked by `from_timestamp`")]
        Some(Value::Number(number)) => {
            number.as_f64().and_then(|seconds| DateTime::from_timestamp(seconds.floor() as i64, 0))
        }
        Some(_) => None,
    };
    let written = parsed.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
    written.map(Some).ok_or_else(|| de::Error::custom(format!("{} is not a time", value.unwrap_or_default())))
}
