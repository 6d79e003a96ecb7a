//! Composite alarms: which of them have an alarm as a component, and which fire when it alone does.
//!
//! Documentation: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html>.
//! It deliberately does not weigh `AT_LEAST`, nor `AND` beside `OR` without brackets: such a rule is an error.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A composite alarm, as `cloudwatch:DescribeAlarms` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompositeAlarm {
    /// Name.
    pub alarm_name: String,
    /// ARN.
    pub alarm_arn: String,
    /// Its rule, `ALARM("a") OR ALARM("b")`.
    pub alarm_rule: String,
    /// It acts.
    pub actions_enabled: bool,
    /// ARNs of what it does when it fires.
    pub alarm_actions: Vec<String>,
}

/// A composite alarm that has the alarm as a component, itself or through another composite alarm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Above {
    /// ARN.
    pub alarm_arn: String,
    /// It fires when this component does and all others are at rest.
    pub fires_alone: bool,
    /// It acts.
    pub actions_enabled: bool,
    /// ARNs of what it does when it fires.
    pub alarm_actions: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Is(bool),
    /// A state of a component, told by name or ARN.
    State(State, String),
    Not(Box<Rule>),
    All(Vec<Rule>),
    Any(Vec<Rule>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Alarm,
    Ok,
    InsufficientData,
}

/// The composite alarms above an alarm, sorted by ARN.
///
/// # Errors
/// Says which rule is not understood: it may have any alarm as a component.
pub fn above(name: &str, arn: &str, composites: &[CompositeAlarm]) -> Result<Vec<Above>, String> {
    let mut rules = Vec::new();
    for composite in composites {
        let rule = parse(&composite.alarm_rule).map_err(|error| format!("{}: {error}", composite.alarm_name))?;
        rules.push((composite, rule));
    }
    let reached = |reaches: &dyn Fn(&Rule, &BTreeSet<&str>) -> bool| {
        let mut names = BTreeSet::from([name, arn]);
        loop {
            let before = names.len();
            for (composite, rule) in &rules {
                if reaches(rule, &names) {
                    names.extend([composite.alarm_name.as_str(), composite.alarm_arn.as_str()]);
                }
            }
            if names.len() == before {
                return names;
            }
        }
    };
    let related = reached(&|rule, names| rule.names(names));
    let firing = reached(&|rule, names| rule.holds(names));
    let of = |composite: &CompositeAlarm| Above {
        alarm_arn: composite.alarm_arn.clone(),
        fires_alone: firing.contains(composite.alarm_arn.as_str()),
        actions_enabled: composite.actions_enabled,
        alarm_actions: composite.alarm_actions.clone(),
    };
    let found = composites.iter().filter(|composite| related.contains(composite.alarm_arn.as_str()));
    Ok(found.map(of).collect::<BTreeSet<_>>().into_iter().collect())
}

impl Rule {
    /// One of these is a component.
    fn names(&self, wanted: &BTreeSet<&str>) -> bool {
        match self {
            Self::Is(_) => false,
            Self::State(_, name) => wanted.contains(name.as_str()),
            Self::Not(rule) => rule.names(wanted),
            Self::All(rules) | Self::Any(rules) => rules.iter().any(|rule| rule.names(wanted)),
        }
    }

    /// It holds when these are in alarm and all others are at rest.
    fn holds(&self, in_alarm: &BTreeSet<&str>) -> bool {
        match self {
            Self::Is(value) => *value,
            Self::State(State::Alarm, name) => in_alarm.contains(name.as_str()),
            Self::State(State::Ok, name) => !in_alarm.contains(name.as_str()),
            Self::State(State::InsufficientData, _) => false,
            Self::Not(rule) => !rule.holds(in_alarm),
            Self::All(rules) => rules.iter().all(|rule| rule.holds(in_alarm)),
            Self::Any(rules) => rules.iter().any(|rule| rule.holds(in_alarm)),
        }
    }
}

/// Brackets and negations inside each other.
const DEEPEST: usize = 32;

fn parse(text: &str) -> Result<Rule, &'static str> {
    let mut left = text;
    let rule = series(&mut left, 0)?;
    if left.trim().is_empty() { Ok(rule) } else { Err("a text after the rule") }
}

fn series(left: &mut &str, depth: usize) -> Result<Rule, &'static str> {
    let mut rules = vec![one(left, depth)?];
    let (mut and, mut or) = (false, false);
    loop {
        if word(left, "AND") {
            and = true;
        } else if word(left, "OR") {
            or = true;
        } else {
            break;
        }
        rules.push(one(left, depth)?);
    }
    match (and, or) {
        (true, true) => Err("AND beside OR without brackets"),
        (true, false) => Ok(Rule::All(rules)),
        (false, true) => Ok(Rule::Any(rules)),
        (false, false) => Ok(rules.remove(0)),
    }
}

fn one(left: &mut &str, depth: usize) -> Result<Rule, &'static str> {
    if depth > DEEPEST {
        return Err("too many brackets");
    }
    if word(left, "NOT") {
        return Ok(Rule::Not(Box::new(one(left, depth + 1)?)));
    }
    if word(left, "TRUE") {
        return Ok(Rule::Is(true));
    }
    if word(left, "FALSE") {
        return Ok(Rule::Is(false));
    }
    for (name, state) in [("ALARM", State::Alarm), ("OK", State::Ok), ("INSUFFICIENT_DATA", State::InsufficientData)] {
        if word(left, name) {
            return Ok(Rule::State(state, component(left)?));
        }
    }
    sign(left, "(").then_some(()).ok_or("a word that is not known")?;
    let inner = series(left, depth + 1)?;
    sign(left, ")").then_some(inner).ok_or("a bracket that does not close")
}

/// `("name")` or `(name)`.
fn component(left: &mut &str) -> Result<String, &'static str> {
    sign(left, "(").then_some(()).ok_or("a state without a name")?;
    *left = left.trim_start();
    let (name, after) = match left.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or("a quotation that does not end")?,
        None => left.split_at(left.find(')').ok_or("a bracket that does not close")?),
    };
    if name.trim().is_empty() || name.contains('\\') {
        return Err("a name that is not understood");
    }
    *left = after;
    sign(left, ")").then(|| name.trim().to_owned()).ok_or("a bracket that does not close")
}

fn sign(left: &mut &str, sign: &str) -> bool {
    let after = left.trim_start().strip_prefix(sign);
    *left = after.unwrap_or(left);
    after.is_some()
}

/// Takes a word that does not go on.
fn word(left: &mut &str, word: &str) -> bool {
    let Some(after) = left.trim_start().strip_prefix(word) else { return false };
    let ends = !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    if ends {
        *left = after;
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn composite(name: &str, rule: &str) -> CompositeAlarm {
        CompositeAlarm {
            alarm_name: name.to_owned(),
            alarm_arn: format!("arn:{name}"),
            alarm_rule: rule.to_owned(),
            actions_enabled: true,
            alarm_actions: vec!["arn:topic".to_owned()],
        }
    }

    /// Names of the composite alarms above `a`, with whether they fire alone.
    fn told(composites: &[CompositeAlarm]) -> Vec<(String, bool)> {
        let found = above("a", "arn:a", composites).unwrap();
        found.into_iter().map(|above| (above.alarm_arn.replace("arn:", ""), above.fires_alone)).collect()
    }

    #[test]
    fn a_component_may_fire_its_composite_alone_or_not() {
        for (rule, expected) in [
            ("ALARM(a)", Some(true)),
            ("ALARM(\"a\") OR ALARM(b)", Some(true)),
            ("ALARM(arn:a)", Some(true)),
            ("ALARM(a) AND ALARM(b)", Some(false)),
            ("ALARM(a) AND NOT ALARM(b)", Some(true)),
            ("ALARM(a) AND (OK(b) OR ALARM(c))", Some(true)),
            ("OK(a)", Some(false)),
            ("ALARM(b)", None),
            ("TRUE OR ALARM(ab)", None),
            ("FALSE OR INSUFFICIENT_DATA(a)", Some(false)),
        ] {
            let expected: Vec<_> = expected.map(|fires| ("c".to_owned(), fires)).into_iter().collect();
            assert_eq!(told(&[composite("c", rule)]), expected, "{rule}");
        }
    }

    #[test]
    fn a_composite_may_be_the_component_of_another() {
        let upper =
            [composite("top", "ALARM(middle)"), composite("middle", "ALARM(a)"), composite("other", "ALARM(b)")];
        assert_eq!(told(&upper), [("middle".to_owned(), true), ("top".to_owned(), true)]);
        let upper = [composite("top", "ALARM(middle)"), composite("middle", "ALARM(a) AND ALARM(b)")];
        assert_eq!(told(&upper), [("middle".to_owned(), false), ("top".to_owned(), false)]);
        assert_eq!(told(&[composite("x", "ALARM(y) OR ALARM(a)"), composite("y", "ALARM(x)")]).len(), 2);
    }

    #[test]
    fn a_rule_that_is_not_understood_is_an_error() {
        for rule in [
            "",
            "a",
            "ALARM",
            "ALARM()",
            "ALARM(a",
            "ALARM(a) ALARM(b)",
            "ALARM(a) XOR ALARM(b)",
            "(ALARM(a)",
            "ALARM(a) AND ALARM(b) OR ALARM(c)",
            "AT_LEAST(1, ALARM, (a, b))",
            "ALARM(\"a\\\"b\")",
        ] {
            assert!(above("a", "arn:a", &[composite("c", rule)]).is_err(), "{rule}");
        }
        assert!(parse(&"(".repeat(100_000)).is_err());
        assert!(parse(&"NOT ".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in any::<String>(), pieces in proptest::collection::vec(
            proptest::sample::select(vec!["(", ")", "\"", "ALARM", "OK(", "é", " AND ", "NOT ", "TRUE", "a", "\\"]), 0..16)) {
            let _ = parse(&text);
            let _ = parse(&pieces.concat());
        }
    }
}
