//! Patterns of metric filters: which log events they match.
//!
//! It reads the form for JSON log events, `{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed != "Yes" }`, and
//! the empty pattern, which matches everything. It deliberately guesses nothing: a pattern in another form (terms, columns, a
//! regular expression), and a comparison that AWS does not document (`!=` on a field that is not there), are unknown.
//!
//! Documentation: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html>.

mod parse;

use super::matching::{Match, all, any, unknown};
use crate::aws::s3::known::Known;
use evidenced_schemas::pattern::glob;
use serde_json::Value;

/// A pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterPattern(Form);

#[derive(Clone, Debug, PartialEq)]
enum Form {
    /// The empty pattern.
    Everything,
    /// A condition on JSON log events.
    Json(Expression),
    /// Another form, or a mistake.
    NotUnderstood(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Any(Vec<Expression>),
    All(Vec<Expression>),
    Condition(Selector, Test),
}

/// The way to a property: `$.users[0].email`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Selector(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Index(usize),
    /// `[*]`
    Each,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    NotExists,
    IsNull,
    IsTrue,
    IsFalse,
    Compare(Operator, Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    /// A text, in which `*` is a wildcard.
    Text(String),
    Number(f64),
    /// A regular expression, an escape, or another thing that is not weighed here.
    NotUnderstood(&'static str),
}

impl FilterPattern {
    /// Reads any text; what is not understood matches unknown.
    pub fn read(text: &str) -> Self {
        Self(parse::form(text))
    }

    /// Whether it matches this log event.
    pub fn matches(&self, event: &Value) -> Match {
        match &self.0 {
            Form::Everything => Known::Is(true),
            Form::Json(expression) => expression.holds(event),
            Form::NotUnderstood(what) => unknown(what),
        }
    }
}

impl Expression {
    fn holds(&self, event: &Value) -> Match {
        match self {
            Self::Any(parts) => any(parts.iter().map(|part| part.holds(event))),
            Self::All(parts) => all(parts.iter().map(|part| part.holds(event))),
            Self::Condition(selector, test) => selector.holds(event, test),
        }
    }
}

impl Selector {
    fn holds(&self, event: &Value, test: &Test) -> Match {
        let found = self.find(event);
        if !self.0.contains(&Step::Each) {
            return test.holds(found.first().copied());
        }
        match test {
            Test::Compare(Operator::Equal, _) => any(found.into_iter().map(|value| test.holds(Some(value)))),
            _ => unknown("a test on every element of a list"),
        }
    }

    fn find<'a>(&self, event: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![event];
        for step in &self.0 {
            found = match step {
                Step::Member(name) => found.into_iter().filter_map(|value| value.get(name)).collect(),
                Step::Index(index) => found.into_iter().filter_map(|value| value.get(index)).collect(),
                Step::Each => found.into_iter().filter_map(Value::as_array).flatten().collect(),
            };
        }
        found
    }
}

impl Test {
    fn holds(&self, value: Option<&Value>) -> Match {
        match (self, value) {
            (Self::NotExists, None) => Known::Is(true),
            (Self::NotExists, Some(Value::Null)) => unknown("NOT EXISTS on a property that is null"),
            (Self::IsNull, None) => unknown("IS NULL on a property that is not there"),
            (Self::IsNull, Some(value)) => Known::Is(value.is_null()),
            (Self::IsTrue, value) => Known::Is(value == Some(&Value::Bool(true))),
            (Self::IsFalse, value) => Known::Is(value == Some(&Value::Bool(false))),
            (Self::Compare(Operator::NotEqual, _), None) => unknown("!= on a property that is not there"),
            (Self::NotExists, Some(_)) | (Self::Compare(..), None) => Known::Is(false),
            (Self::Compare(operator, operand), Some(value)) => operand.compares(*operator, value),
        }
    }
}

impl Operand {
    fn compares(&self, operator: Operator, value: &Value) -> Match {
        match (self, value) {
            (Self::NotUnderstood(what), _) => unknown(what),
            (Self::Text(pattern), Value::String(text)) => match operator {
                Operator::Equal => Known::Is(glob(pattern, text)),
                Operator::NotEqual => Known::Is(!glob(pattern, text)),
                _ => unknown("an order of texts"),
            },
            (Self::Number(wanted), Value::Number(number)) => match number.as_f64() {
                Some(number) => Known::Is(operator.orders(number, *wanted)),
                None => unknown("a number that is too large"),
            },
            _ => unknown("a comparison of different kinds"),
        }
    }
}

impl Operator {
    #[expect(clippy::float_cmp, reason = "the pattern asks for this very number")]
    fn orders(self, value: f64, wanted: f64) -> bool {
        match self {
            Self::Equal => value == wanted,
            Self::NotEqual => value != wanted,
            Self::Less => value < wanted,
            Self::LessOrEqual => value <= wanted,
            Self::Greater => value > wanted,
            Self::GreaterOrEqual => value >= wanted,
        }
    }
}

#[cfg(test)]
mod tests;
