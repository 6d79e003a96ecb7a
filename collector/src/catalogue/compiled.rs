//! A control ready for evaluation: its expressions compiled, its parameters converted once, its bounds checked.

use super::expression::{Expression, Place, Root};
use crate::evaluate::value::{Keys, Object, from_json};
use evidenced_schemas::Control;
use evidenced_schemas::control::ParamType;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is wrong with a control, and at which of its keys.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The key of the entry, `pass`.
    pub(crate) key: &'static str,
    /// What is wrong, in a sentence that follows the key's name.
    pub(crate) what: String,
}

fn problem(key: &'static str, what: impl Into<String>) -> Problem {
    Problem { key, what: what.into() }
}

/// The three expressions of a control. They do not depend on the values of its parameters.
#[derive(Debug)]
pub(crate) struct Programs {
    /// Whether it applies.
    pub(crate) applies: Expression,
    /// Whether the statement holds.
    pub(crate) pass: Expression,
    /// What is shown on fail.
    pub(crate) message: Expression,
}

/// A control ready for evaluation.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    /// Its expressions.
    pub(crate) programs: Arc<Programs>,
    /// The variable `params`, with the values in force.
    pub(crate) params: Object,
    /// Why a pass cannot stand, where a parameter is looser than its bound.
    pub(crate) loosened: Option<String>,
}

impl Compiled {
    /// Checks and compiles a control whose parameters have their values.
    pub(crate) fn new(control: &Control) -> Result<Self, Problem> {
        check_shape(control)?;
        check_params(control)?;
        let compile =
            |key: &'static str, source: &str| Expression::compile(source, control).map_err(|what| problem(key, what));
        let programs = Programs {
            applies: compile("applies", &control.applies)?,
            pass: compile("pass", &control.pass)?,
            message: compile("message", &control.message)?,
        };
        check_populations(control, &programs)?;
        Ok(Self::with_programs(control, Arc::new(programs)))
    }

    /// The same expressions under other values of the parameters.
    pub(crate) fn with_programs(control: &Control, programs: Arc<Programs>) -> Self {
        let values = control.params.iter().map(|(name, param)| {
            let value = param.value.as_ref().unwrap_or(&param.default);
            (name.clone(), from_json(value, Keys::Open))
        });
        Self { programs, params: Object::new(values.collect(), Keys::Closed), loosened: loosened(control) }
    }

    /// The places of documents that decide the verdict (the message does not).
    pub(crate) fn places(&self) -> impl Iterator<Item = &Place> {
        self.programs.applies.places().iter().chain(self.programs.pass.places())
    }
}

/// Names each parameter in force that is looser than its bound.
fn loosened(control: &Control) -> Option<String> {
    let mut over = Vec::new();
    for (name, param) in &control.params {
        let value = param.value.as_ref().unwrap_or(&param.default);
        if let (Some(bound), Some(value)) = (param.loosest, value.as_i64())
            && bound.is_exceeded_by(value)
        {
            let (evidenced_schemas::control::Loosest::Max(limit) | evidenced_schemas::control::Loosest::Min(limit)) =
                bound;
            over.push(format!(
                "parameter `{name}` is {value}, looser than {limit}, the loosest that meets the statement"
            ));
        }
    }
    (!over.is_empty()).then(|| over.join("; "))
}

fn check_shape(control: &Control) -> Result<(), Problem> {
    if !is_control_id(&control.id) {
        return Err(problem(
            "id",
            "is not a control id: lower-case words with dots, from `aws.`, `azure.`, `gcp.` or `org.`",
        ));
    }
    let cloud = control.id.split('.').next().unwrap_or_default();
    let types = control.resource.iter().chain(&control.scope).chain(control.populations.keys());
    if let Some(foreign) = types.into_iter().find(|type_| type_.split('.').next() != Some(cloud)) {
        return Err(problem("id", format!("is a control of `{cloud}` over `{foreign}`, which is of another cloud")));
    }
    match (&control.resource, &control.scope) {
        (Some(_), Some(_)) => {
            return Err(problem("id", "sets both `resource` and `scope`: one verdict a resource, or one a scope"));
        }
        (None, None) => return Err(problem("id", "sets neither `resource` nor `scope`")),
        (Some(_), None) if !control.populations.is_empty() => {
            return Err(problem("populations", "is for scope controls alone"));
        }
        (None, Some(_)) if control.populations.is_empty() => {
            return Err(problem(
                "id",
                "is a scope control without `populations`: say for each type it reads `any` or `every`",
            ));
        }
        _ => {}
    }
    if control.applies.trim() != "true" && control.why_not.is_none() {
        return Err(problem("applies", "needs `why_not` beside it, to say why the control does not apply"));
    }
    if control.criteria.supporting.len() > 4 {
        return Err(problem("criteria", "names more than four supporting criteria"));
    }
    let all: Vec<_> = control.criteria.all().collect();
    if all.iter().collect::<BTreeSet<_>>().len() != all.len() {
        return Err(problem("criteria", "names a criterion twice"));
    }
    Ok(())
}

fn is_control_id(id: &str) -> bool {
    let mut parts = id.split('.');
    let cloud = parts.next().is_some_and(|cloud| ["aws", "azure", "gcp", "org"].contains(&cloud));
    let mut words = parts.peekable();
    cloud
        && words.peek().is_some()
        && words.all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}

fn check_params(control: &Control) -> Result<(), Problem> {
    for (name, param) in &control.params {
        for (what, value) in [("default", Some(&param.default)), ("value", param.value.as_ref())] {
            if let Some(value) = value
                && !fits(param.type_, value)
            {
                return Err(problem("params", format!("`{name}`: its {what} is not {}", describe(param.type_))));
            }
        }
        if let Some(bound) = param.loosest {
            match param.default.as_i64().filter(|_| param.type_ == ParamType::Int) {
                None => return Err(problem("params", format!("`{name}`: only a whole number has a `loosest` value"))),
                Some(default) if bound.is_exceeded_by(default) => {
                    return Err(problem("params", format!("`{name}`: its default is looser than `loosest`")));
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// True when a value is of a parameter's type.
pub(crate) fn fits(type_: ParamType, value: &Value) -> bool {
    match type_ {
        ParamType::Int => value.is_i64(),
        ParamType::String => value.is_string(),
        ParamType::StringList => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        ParamType::Map => value.as_object().is_some_and(|map| map.values().all(Value::is_object)),
    }
}

/// A parameter's type in words.
pub(crate) fn describe(type_: ParamType) -> &'static str {
    match type_ {
        ParamType::Int => "a whole number",
        ParamType::String => "a text",
        ParamType::StringList => "a list of texts (put account ids in quotes)",
        ParamType::Map => "a map from text to an object",
    }
}

fn check_populations(control: &Control, programs: &Programs) -> Result<(), Problem> {
    let expressions = [&programs.applies, &programs.pass, &programs.message];
    let read: BTreeSet<&str> = expressions
        .iter()
        .flat_map(|expression| expression.places())
        .filter_map(|place| match &place.root {
            Root::All(type_) => Some(type_.as_str()),
            _ => None,
        })
        .collect();
    match control.populations.keys().find(|type_| !read.contains(type_.as_str())) {
        Some(type_) => Err(problem("populations", format!("names `{type_}`, which no expression reads"))),
        None => Ok(()),
    }
}
