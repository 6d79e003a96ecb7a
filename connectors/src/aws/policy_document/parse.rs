//! From JSON to a policy document, refusing what the grammar does not have.

use super::{Condition, Effect, PolicyDocument, Principals, Selection, Statement};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// The JSON of a document, from JSON text or from JSON text in URL encoding (RFC 3986), as IAM hands it out.
///
/// # Errors
/// When it is neither.
pub fn decode(text: &str) -> Result<Value, String> {
    let plain = if text.trim_start().starts_with('{') {
        text.into()
    } else {
        percent_decode_str(text).decode_utf8().map_err(|error| format!("not URL-encoded UTF-8: {error}"))?
    };
    match serde_json::from_str(&plain) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("a policy document is a JSON object".to_owned()),
        Err(error) => Err(format!("not JSON: {error}")),
    }
}

pub(super) fn document(value: &Value) -> Result<PolicyDocument, String> {
    let map = value.as_object().ok_or("a policy document is a JSON object")?;
    known(map, &["Version", "Id", "Statement"])?;
    let statements = match map.get("Statement") {
        Some(Value::Array(list)) => list.iter().map(statement).collect::<Result<_, _>>()?,
        Some(one @ Value::Object(_)) => vec![statement(one)?],
        _ => return Err("Statement is missing, or neither an object nor a list".to_owned()),
    };
    Ok(PolicyDocument { statements })
}

const STATEMENT: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

fn statement(value: &Value) -> Result<Statement, String> {
    let map = value.as_object().ok_or("a statement is a JSON object")?;
    known(map, STATEMENT)?;
    let effect = match map.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err("Effect is neither Allow nor Deny".to_owned()),
    };
    let sid = match map.get("Sid") {
        None => None,
        Some(Value::String(sid)) => Some(sid.clone()),
        Some(_) => return Err("Sid is not a text".to_owned()),
    };
    Ok(Statement {
        sid,
        effect,
        principal: either(map, "Principal", "NotPrincipal", principals)?,
        action: either(map, "Action", "NotAction", texts)?.ok_or("neither Action nor NotAction")?,
        resource: either(map, "Resource", "NotResource", texts)?,
        conditions: map.get("Condition").map_or(Ok(Vec::new()), conditions)?,
    })
}

fn known(map: &Map<String, Value>, names: &[&str]) -> Result<(), String> {
    match map.keys().find(|key| !names.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown element {key}")),
        None => Ok(()),
    }
}

fn either<T>(
    map: &Map<String, Value>,
    plain: &str,
    not: &str,
    read: fn(&Value) -> Result<T, String>,
) -> Result<Option<Selection<T>>, String> {
    match (map.get(plain), map.get(not)) {
        (Some(_), Some(_)) => Err(format!("both {plain} and {not}")),
        (Some(value), None) => read(value).map(Selection::Only).map(Some).map_err(|e| format!("{plain}: {e}")),
        (None, Some(value)) => read(value).map(Selection::AllBut).map(Some).map_err(|e| format!("{not}: {e}")),
        (None, None) => Ok(None),
    }
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(list) => {
            list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(|| "not a text".to_owned())).collect()
        }
        _ => Err("neither a text nor a list of texts".to_owned()),
    }
}

fn principals(value: &Value) -> Result<Principals, String> {
    let map = match value {
        Value::String(text) if text == "*" => return Ok(Principals { anyone: true, ..Principals::default() }),
        Value::Object(map) => map,
        _ => return Err("neither \"*\" nor an object".to_owned()),
    };
    let mut principals = Principals::default();
    for (kind, value) in map {
        let list = texts(value).map_err(|error| format!("{kind}: {error}"))?;
        match kind.as_str() {
            "AWS" => principals.aws = list,
            "Service" => principals.service = list,
            "Federated" => principals.federated = list,
            "CanonicalUser" => principals.canonical_user = list,
            "*" => principals.anyone = true,
            other => return Err(format!("unknown kind {other}")),
        }
    }
    Ok(principals)
}

fn conditions(value: &Value) -> Result<Vec<Condition>, String> {
    let operators = value.as_object().ok_or("Condition is not an object")?;
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        let keys = keys.as_object().ok_or_else(|| format!("Condition.{operator} is not an object"))?;
        for (key, values) in keys {
            let values = condition_values(values).map_err(|error| format!("Condition.{operator}.{key}: {error}"))?;
            conditions.push(Condition { operator: operator.clone(), key: key.clone(), values });
        }
    }
    Ok(conditions)
}

/// Texts, numbers and truth values, alone or in a list; all become texts.
fn condition_values(value: &Value) -> Result<Vec<String>, String> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err("not a text, number or truth value".to_owned()),
    };
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        other => one(other).map(|text| vec![text]),
    }
}
