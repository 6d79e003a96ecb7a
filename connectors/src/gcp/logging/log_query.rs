//! The Logging query language: what a filter makes of a log entry.
//!
//! A filter is judged by its meaning, so that blanks, quotes, brackets and the order of terms do not matter. Nothing is
//! guessed: what is not understood (a regular expression, a function, a field that the entry here does not tell of) is
//! unknown, and an unknown never counts as a match.
//!
//! `OR` binds closer than `AND`, and `NOT` closer than both. Texts are compared without regard to case.
//! Documentation: <https://cloud.google.com/logging/docs/view/logging-query-language>. The filters of Cloud Monitoring have
//! the same form: <https://cloud.google.com/monitoring/api/v3/filters>.

mod parse;

use serde_json::Value;

/// What a filter makes of an entry; none for unknown.
pub(in crate::gcp) type Match = Option<bool>;

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::gcp) struct LogQuery(Option<Expression>);

#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Everything,
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Compare {
        field: Vec<String>,
        operator: Operator,
        value: Operand,
    },
    /// A text that stands alone: some field holds it.
    Somewhere(String),
    NotUnderstood,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Has,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `=~`
    Fits,
    /// `!~`
    FitsNot,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Text(String),
    /// `*` without quotes: the field is there.
    Anything,
    All(Vec<Operand>),
    Any(Vec<Operand>),
    Not(Box<Operand>),
}

/// An entry of which not everything is known.
#[derive(Clone, Debug)]
pub(in crate::gcp) struct Entry {
    /// What is known of it.
    pub(in crate::gcp) known: Value,
    /// Fields below which nothing else is there than what is known, in dots.
    pub(in crate::gcp) whole: &'static [&'static str],
    /// It stands for every entry of its kind, and a filter must match all of them: one that asks for a text which is not in
    /// what is known of them does not.
    pub(in crate::gcp) every: bool,
}

impl LogQuery {
    /// Reads any text.
    pub(in crate::gcp) fn read(text: &str) -> Self {
        Self(parse::expression(text))
    }

    /// Whether it matches this entry.
    pub(in crate::gcp) fn matches(&self, entry: &Entry) -> Match {
        self.0.as_ref()?.holds(entry, entry.every)
    }
}

/// All hold.
pub(in crate::gcp) fn all(matches: impl IntoIterator<Item = Match>) -> Match {
    any(matches.into_iter().map(|one| one.map(|holds| !holds))).map(|holds| !holds)
}

/// At least one holds.
pub(in crate::gcp) fn any(matches: impl IntoIterator<Item = Match>) -> Match {
    let mut found = Some(false);
    for one in matches {
        match one {
            Some(true) => return one,
            None => found = None,
            Some(false) => {}
        }
    }
    found
}

impl Expression {
    fn holds(&self, entry: &Entry, every: bool) -> Match {
        match self {
            Self::Everything => Some(true),
            Self::All(parts) => all(parts.iter().map(|part| part.holds(entry, every))),
            Self::Any(parts) => any(parts.iter().map(|part| part.holds(entry, every))),
            // That a text is not in some of them does not mean that it is in none.
            Self::Not(inner) => inner.holds(entry, false).map(|holds| !holds),
            Self::Compare { field, operator, value } => compare(entry, field, *operator, value),
            // The entry here is not whole: a text that it does not hold may be in what is not known of it.
            Self::Somewhere(text) if holds_text(&entry.known, &text.to_lowercase()) => Some(true),
            Self::Somewhere(_) => every.then_some(false),
            Self::NotUnderstood => None,
        }
    }
}

fn compare(entry: &Entry, field: &[String], operator: Operator, value: &Operand) -> Match {
    match value {
        Operand::All(parts) => return all(parts.iter().map(|part| compare(entry, field, operator, part))),
        Operand::Any(parts) => return any(parts.iter().map(|part| compare(entry, field, operator, part))),
        Operand::Not(inner) => return compare(entry, field, operator, inner).map(|holds| !holds),
        Operand::Text(_) | Operand::Anything => {}
    }
    let mut found = Vec::new();
    find(&entry.known, field, &mut found);
    if found.is_empty() {
        // A comparison with a field that is not there does not hold. Of a negated one that is not said.
        let is_whole = entry.whole.iter().any(|whole| is_below(field, whole));
        return (is_whole && !matches!(operator, Operator::NotEqual | Operator::FitsNot)).then_some(false);
    }
    let texts = || found.iter().map(|value| scalar(value));
    match (operator, value) {
        (Operator::Has, Operand::Anything) => Some(true),
        (Operator::Equal, Operand::Text(text)) => any(texts().map(|found| Some(same(&found?, text)))),
        (Operator::Has, Operand::Text(text)) => {
            any(texts().map(|found| Some(found?.to_lowercase().contains(&text.to_lowercase()))))
        }
        (_, Operand::Text(text)) if field == ["severity"] && found.len() == 1 => {
            let (found, wanted) = (severity(&scalar(found[0])?)?, severity(text)?);
            match operator {
                Operator::Less => Some(found < wanted),
                Operator::LessOrEqual => Some(found <= wanted),
                Operator::Greater => Some(found > wanted),
                Operator::GreaterOrEqual => Some(found >= wanted),
                Operator::NotEqual => Some(found != wanted),
                _ => None,
            }
        }
        // On a list it is not said whether one or all must differ.
        (Operator::NotEqual, Operand::Text(text)) if found.len() == 1 => {
            scalar(found[0]).map(|found| !same(&found, text))
        }
        _ => None,
    }
}

/// The words for how severe an entry is, in their order.
/// Source: <https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity>.
fn severity(word: &str) -> Option<usize> {
    const WORDS: [&str; 9] =
        ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"];
    WORDS.iter().position(|known| known.eq_ignore_ascii_case(word))
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// A field's values; through a list, those of each of its elements.
fn find<'a>(value: &'a Value, path: &[String], found: &mut Vec<&'a Value>) {
    match (value, path.split_first()) {
        (Value::Array(items), _) => items.iter().for_each(|item| find(item, path, found)),
        (value, None) => found.push(value),
        (value, Some((first, rest))) => {
            if let Some(inner) = value.get(first) {
                find(inner, rest, found);
            }
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        _ => None,
    }
}

fn holds_text(value: &Value, text: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| holds_text(item, text)),
        Value::Object(members) => members.values().any(|member| holds_text(member, text)),
        other => scalar(other).is_some_and(|found| found.to_lowercase().contains(text)),
    }
}

/// True when the field is this one or below it.
fn is_below(field: &[String], whole: &str) -> bool {
    let whole: Vec<&str> = whole.split('.').collect();
    field.len() >= whole.len() && whole.iter().zip(field).all(|(one, other)| one == other)
}

#[cfg(test)]
mod tests;
