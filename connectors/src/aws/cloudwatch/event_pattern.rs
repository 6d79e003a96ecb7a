//! Patterns of EventBridge rules: which events they match.
//!
//! It deliberately guesses nothing: a matcher that it does not know is unknown, and so are matchers that are never asked of
//! a record of CloudTrail (`numeric`, `cidr`).
//!
//! Documentation: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>.

use super::matching::{Match, all, any, unknown};
use crate::aws::s3::known::Known;
use evidenced_schemas::pattern::glob;
use serde_json::{Map, Value};

/// A pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct EventPattern(Option<Map<String, Value>>);

impl EventPattern {
    /// Reads any text; what is not understood matches unknown.
    pub fn read(text: &str) -> Self {
        Self(serde_json::from_str(text).ok())
    }

    /// Whether it matches this event.
    pub fn matches(&self, event: &Value) -> Match {
        self.0.as_ref().map_or_else(|| unknown("a pattern that is no JSON"), |pattern| object(pattern, Some(event)))
    }
}

/// Every member matches.
fn object(pattern: &Map<String, Value>, event: Option<&Value>) -> Match {
    all(pattern.iter().map(|(name, wanted)| match (name.as_str(), wanted) {
        ("$or", Value::Array(choices)) => any(choices.iter().map(|choice| match choice {
            Value::Object(choice) => object(choice, event),
            _ => unknown("$or of something else than patterns"),
        })),
        _ => member(wanted, event.and_then(|event| event.get(name))),
    }))
}

fn member(wanted: &Value, found: Option<&Value>) -> Match {
    match (wanted, found) {
        (Value::Object(_), Some(Value::Array(_))) => unknown("a pattern of structures in a list"),
        (Value::Object(inner), found) => object(inner, found),
        (Value::Array(choices), Some(Value::Array(_))) if choices.iter().any(Value::is_object) => {
            unknown("a matcher on a list")
        }
        (Value::Array(choices), Some(Value::Array(found))) => any(found.iter().map(|found| leaf(choices, Some(found)))),
        (Value::Array(choices), found) => leaf(choices, found),
        _ => unknown("a value outside a list"),
    }
}

/// One of the choices fits.
fn leaf(choices: &[Value], found: Option<&Value>) -> Match {
    any(choices.iter().map(|choice| match choice {
        Value::Object(matcher) => match matcher.iter().next() {
            Some((name, wanted)) if matcher.len() == 1 => by(name, wanted, found),
            _ => unknown("a matcher with more than one name"),
        },
        Value::Array(_) => unknown("a list in a list"),
        scalar => found.map_or(Known::Is(false), |found| equal(scalar, found)),
    }))
}

fn by(name: &str, wanted: &Value, found: Option<&Value>) -> Match {
    let Some(found) = found else {
        return match (name, wanted) {
            ("exists", Value::Bool(wanted)) => Known::Is(!wanted),
            ("exists", _) => unknown("a matcher that is not known"),
            _ => Known::Is(false),
        };
    };
    match (name, wanted) {
        ("exists", _) if found.is_object() => unknown("exists of a structure"),
        ("exists", Value::Bool(wanted)) => Known::Is(*wanted),
        ("anything-but", _) => one_of(wanted, found).negated(),
        _ => text(name, wanted, found),
    }
}

/// One of what `anything-but` names.
fn one_of(named: &Value, found: &Value) -> Match {
    match named {
        Value::Array(all) => any(all.iter().map(|one| equal(one, found))),
        Value::Object(matcher) if matcher.len() == 1 => any(matcher.iter().flat_map(|(name, wanted)| match wanted {
            Value::Array(all) => all.iter().map(|one| text(name, one, found)).collect::<Vec<_>>(),
            one => vec![text(name, one, found)],
        })),
        Value::Object(_) => unknown("a matcher with more than one name"),
        scalar => equal(scalar, found),
    }
}

/// Matchers of texts; what is no text does not fit them.
fn text(name: &str, wanted: &Value, found: &Value) -> Match {
    let (wanted, folds) = match (name, wanted) {
        ("prefix" | "suffix" | "equals-ignore-case" | "wildcard", Value::String(wanted)) => {
            (wanted, name == "equals-ignore-case")
        }
        ("prefix" | "suffix", Value::Object(inner)) if inner.len() == 1 => match inner.get("equals-ignore-case") {
            Some(Value::String(wanted)) => (wanted, true),
            _ => return unknown("a matcher that is not known"),
        },
        _ => return unknown("a matcher that is not known"),
    };
    let Value::String(found) = found else { return Known::Is(false) };
    let fold = |text: &str| if folds { text.to_lowercase() } else { text.to_owned() };
    let (wanted, found) = (fold(wanted), fold(found));
    match name {
        "prefix" => Known::Is(found.starts_with(&wanted)),
        "suffix" => Known::Is(found.ends_with(&wanted)),
        "wildcard" if wanted.contains('\\') => unknown("an escape"),
        "wildcard" => Known::Is(glob(&wanted, &found)),
        _ => Known::Is(wanted == found),
    }
}

fn equal(wanted: &Value, found: &Value) -> Match {
    match (wanted, found) {
        (Value::Number(wanted), Value::Number(found)) => Known::Is(wanted.as_f64() == found.as_f64()),
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_)) => unknown("a comparison of structures"),
        (wanted, found) => Known::Is(wanted == found),
    }
}

#[cfg(test)]
mod tests;
