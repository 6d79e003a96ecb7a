//! Times of AWS answers as documents have them: RFC 3339 in UTC, to the second.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// Reads a time in seconds since 1970, as the JSON protocols write it, or a text; an empty text is no time. For
/// `#[serde(default, deserialize_with)]`.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    fn read(value: Value) -> Result<Option<String>, serde_json::Error> {
        super::text(value)
    }

    #[test]
    fn seconds_and_texts_are_the_same_time_and_nothing_else_is_one() {
        let written = Some("2026-01-02T03:04:05Z".to_owned());
        for same in [json!(1_767_323_045), json!(1_767_323_045.987), json!("2026-01-02T04:04:05.5+01:00")] {
            assert_eq!(read(same).unwrap(), written);
        }
        for none in [json!(null), json!("")] {
            assert_eq!(read(none).unwrap(), None);
        }
        for wrong in [json!("yesterday"), json!(true), json!(1e300)] {
            assert!(read(wrong).is_err());
        }
    }
}
