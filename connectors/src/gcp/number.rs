//! Whole numbers as Google's JSON writes them: those of 64 bits are texts (`"604800"`), shorter ones numbers, and in Cloud
//! Asset Inventory some are numbers with a fraction of nothing.
//!
//! Documentation: <https://protobuf.dev/programming-guides/json/>.

use serde::{Deserialize, Deserializer};

/// For `#[serde(default, deserialize_with = "number::whole")]`.
///
/// # Errors
/// For what is no whole number.
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Whole(i64),
        Fraction(f64),
        Text(String),
    }
    let wrong = |text: String| serde::de::Error::custom(format!("`{text}` is no whole number"));
    match Option::<Written>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Written::Whole(number)) => Ok(Some(number)),
        Some(Written::Text(text)) => text.parse().map(Some).map_err(|_| wrong(text)),
        Some(Written::Fraction(number)) => format!("{number}").parse().map(Some).map_err(|_| wrong(number.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_whole_number_is_read_in_each_of_its_forms() {
        let read = |value: Value| whole(value).map_err(|error: serde_json::Error| error.to_string());
        for form in [json!("604800"), json!(604_800), json!(604_800.0)] {
            assert_eq!(read(form), Ok(Some(604_800)));
        }
        assert_eq!(read(Value::Null), Ok(None));
        for wrong in [json!("x"), json!(1.5), json!("1.0")] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
        assert!(read(json!(true)).is_err());
    }
}
